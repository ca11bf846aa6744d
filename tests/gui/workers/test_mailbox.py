"""The mailbox: the newest of a kind wins."""

from __future__ import annotations

from ganlab.workers.mailbox import Draw, Load, Mailbox, Source, Stop
from ganlab_core.recipe import Latent, Recipe


def draw(seed: int) -> Draw:
    return Draw(1, Recipe(latent=Latent(seed)))


def test_a_newer_recipe_takes_the_place_of_the_one_that_waits() -> None:
    box = Mailbox()
    box.put(draw(1))
    box.put(draw(2))
    assert box.take(0) == draw(2)
    assert box.take(0) is None


def test_jobs_come_out_by_urgency() -> None:
    box = Mailbox()
    source = Source(1, Latent(5))
    box.put(source)
    box.put(draw(1))
    assert box.take(0) == draw(1)
    assert box.take(0) == source
    box.put(draw(2))
    box.put(Load(2, "next"))
    box.put(Stop())
    assert box.take(0) == Stop()


def test_a_latent_waits_only_once() -> None:
    box = Mailbox()
    box.put(Source(1, Latent(5)))
    box.put(Source(1, Latent(6)))
    box.put(Source(1, Latent(5)))
    assert box.take(0) == Source(1, Latent(5))
    assert box.take(0) == Source(1, Latent(6))
    assert not box.waiting()


def test_another_model_makes_waiting_sources_pointless() -> None:
    box = Mailbox()
    box.put(Source(1, Latent(5)))
    box.put(Load(2, "next"))
    assert box.take(0) == Load(2, "next")
    assert not box.waiting()


def test_a_source_is_not_pressing() -> None:
    box = Mailbox()
    box.put(Source(1, Latent(5)))
    assert box.waiting()
    assert not box.pressing()
    box.put(draw(1))
    assert box.pressing()


def test_a_stop_stays() -> None:
    box = Mailbox()
    box.put(Stop())
    assert box.take(0) == Stop()
    assert box.take(0) == Stop()
