"""A performance that is recorded: to the disk as it happens, and frame for frame the same as a film."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import wave
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from ganlab_core.errors import GanlabError, PerformanceError
from ganlab_core.performance import (
    RECORDING_SUFFIX,
    BankScene,
    Mapping,
    Modulator,
    PerformanceMap,
    Performer,
    Signal,
    TakeWriter,
    Transform,
    WavWriter,
    read_take,
    sound_beside,
    thinned,
)
from ganlab_core.recipe import DECLARED, Capabilities, Latent, Noise, Recipe, fit
from ganlab_core.rendering import Renderer
from ganlab_core.timeline import Timeline
from tests.every_model import MODELS, edited, edits
from tests.quick import ARCHITECTURES, quick

FPS = Fraction(30)


EDITS = {
    field: recipe
    for make in MODELS.values()
    for field, recipe in edits(replace(make().capabilities, blendable=(8, 16))).items()
}
"""Every field of the Recipe, edited."""


def jam(can: Capabilities, seconds: float = 60.0) -> list[tuple[float, Recipe]]:
    """What was on the desk: knobs that turn, a walk, strikes, scenes and a hand, at uneven times."""
    source = random.Random(5)
    own = PerformanceMap(
        modulators=(Modulator(name="slow", seconds=9.0),),
        mappings=(
            Mapping(source="midi/1/cc/1", control="psi", transform=Transform(attack=0.3, release=0.3)),
            Mapping(source="midi/1/cc/2", control="noise.strength"),
            Mapping(source="midi/1/cc/3", control="class@1"),
            Mapping(source="midi/1/cc/4", control="walk.speed", transform=Transform(high=1.0)),
            Mapping(source="mod/slow", control="growth"),
            Mapping(source="midi/1/note/36", control="seed.step"),
            Mapping(source="midi/1/note/37", control="scene.next"),
        ),
        scenes=(BankScene(name="a", recipe=Recipe(Latent(3))), BankScene(name="b", recipe=Recipe(psi=1.0))),
    )  # fmt: skip
    performer = Performer(own, can, Recipe())
    moments, time = [], 0.0
    while time < seconds:
        if source.random() < 0.01:
            performer.moved_by_hand(
                fit(edited(moments[-1][1] if moments else Recipe(), can, source), can)
            )
        signals = []
        if source.random() < 0.1:
            name = f"midi/1/cc/{source.randrange(1, 5)}"
            signals.append(Signal(name, round(source.random() * 127) / 127, time))
        if source.random() < 0.01:
            note = source.choice([36, 37])
            signals += [Signal(f"midi/1/note/{note}", value, time) for value in (1.0, 0.0)]
        moments.append((time, fit(performer.frame(time, signals).recipe, can)))
        time += source.uniform(0.012, 0.05)
    return moments


def recorded(moments: list[tuple[float, Recipe]], path: Path, seconds: float) -> Path:
    writer = TakeWriter(path, "tiny", "abc")
    for time, recipe in moments:
        writer.write(time, recipe)
    writer.close(seconds)
    return path


def digest(pixels: np.ndarray) -> str:
    return hashlib.sha256(pixels.tobytes()).hexdigest()


@pytest.fixture(scope="module", params=quick(MODELS, *ARCHITECTURES))
def model(request: pytest.FixtureRequest):
    return MODELS[request.param]()


@pytest.mark.timeout(600)  # seconds of work, which a busy machine gives slowly
def test_a_minute_comes_back_bit_for_bit(model, tmp_path: Path) -> None:
    """Unthinned, every frame hashes as the Recipe that was played; from the file on the disk."""
    can, renderer = model.capabilities, Renderer(model)
    moments = jam(can)
    take = read_take(recorded(moments, tmp_path / f"jam{RECORDING_SUFFIX}", 60.0))
    assert take.moments == tuple(moments)
    played = take.frames(FPS)
    film = thinned(played, FPS, can, tolerance=0.0)
    assert film.error == 0.0
    assert film.timeline.frame_count == 1800
    again = Timeline.from_json(film.timeline.to_json())
    for frame in range(1800):
        assert again.frame_recipe(frame) == played[frame], frame
    for frame in range(0, 1800, 60):
        before = digest(renderer.render(played[frame]).pixels)
        assert digest(renderer.render(again.frame_recipe(frame)).pixels) == before


@pytest.mark.timeout(600)
def test_thinned_it_is_as_near_as_it_says(model) -> None:
    """Fewer keyframes; at each the hash is that of what was played, between them it is nearly so."""
    can, renderer = model.capabilities, Renderer(model)
    moments = jam(can, 20.0)
    played = [frames[1] for frames in moments][:600]
    exact, film = thinned(played, FPS, can, 0.0), thinned(played, FPS, can, 0.01)
    assert film.kept < 0.9 * exact.kept
    assert 0.0 < film.error <= 0.01 + 1e-9
    assert f"{film.kept} keyframes for {film.frames} frames" in film.sentence
    at = {round(key.time * FPS) for key in film.timeline.keyframes}
    for frame, recipe in enumerate(played):
        own = film.timeline.frame_recipe(frame)
        assert own == recipe or frame not in at
        for name in ("psi", "growth"):
            before, after = getattr(recipe, name), getattr(own, name)
            if before is not None and after is not None:
                assert abs(before - after) <= film.error + 1e-9
        assert own.latent.seed == recipe.latent.seed or own.latent.blend
    for frame in range(7, len(played), 97):
        before = renderer.render(played[frame]).pixels.astype(int)
        after = renderer.render(fit(film.timeline.frame_recipe(frame), can)).pixels.astype(int)
        jumps = can.architecture == "cyclegan"  # the nearest z chooses among real pictures
        assert jumps or np.abs(before - after).mean() < 6.0


def frames_of(make: Callable[[int], Recipe], count: int = 300) -> list[Recipe]:
    return [make(frame) for frame in range(count)]


@pytest.fixture(scope="module")
def can() -> Capabilities:
    return MODELS["stylegan"]().capabilities


@pytest.mark.parametrize(
    ("make", "most"),
    [
        (lambda k: Recipe(), 2),
        (lambda k: Recipe(psi=k / 400), 2),
        (lambda k: Recipe(Latent(k // 100)), 4),
        (lambda k: Recipe(psi=0.2 if k < 150 else 0.9), 3),
        (lambda k: Recipe(Latent(k // 100), psi=k / 400), 6),
        (lambda k: Recipe(noise=Noise("random", 1, other=2, turn=(k / 100) % 1.0)), 8),
        (lambda k: Recipe(Latent(space="w", blend=((Latent(1), 1 - k / 400), (Latent(2), k / 400)))), 4),
        (lambda k: Recipe(turn=3.0 * k), 2),
        (lambda k: Recipe(psi=0.5 + 0.5 * np.sin(k / 20)), 60),
    ],
)  # fmt: skip
def test_only_what_is_needed_is_kept(
    make: Callable[[int], Recipe], most: int, can: Capabilities
) -> None:
    played = frames_of(make)
    film = thinned(played, FPS, can)
    assert film.kept <= most
    for frame in (0, 77, 149, 150, 151, 299):
        own, recipe = film.timeline.frame_recipe(frame), played[frame]
        assert own.psi == pytest.approx(recipe.psi, abs=film.error + 1e-9)
        assert own.noise.turn == pytest.approx(recipe.noise.turn, abs=film.error + 1e-9)
        if recipe.latent.is_seed:
            assert own.latent == recipe.latent


def test_noise_that_goes_round_does_not_turn_back_at_the_end_of_a_round(can: Capabilities) -> None:
    """Between the last frame of a round and the first of the next it holds, at any rate."""
    played = frames_of(lambda k: Recipe(noise=Noise("random", 1, other=2, turn=(k / 100) % 1.0)))
    line = thinned(played, FPS, can).timeline
    assert line.recipe_at(99.5 / 30).noise.turn == 0.99
    assert line.recipe_at(150.5 / 30).noise.turn == pytest.approx(0.505)


def test_a_film_has_room_for_an_hour(can: Capabilities) -> None:
    """Where the tolerance needs more keyframes than a film may have it grows, and says so."""
    source = random.Random(1)
    played = [Recipe(psi=source.random()) for _ in range(6000)]
    film = thinned(played, FPS, can, 0.0)
    assert film.kept <= 4000
    assert 0.0 < film.error <= 1.0
    assert "within" in film.sentence


def test_more_choices_than_a_film_can_hold_are_told(can: Capabilities) -> None:
    with pytest.raises(PerformanceError, match="fewer frames a second"):
        thinned([Recipe(Latent(seed)) for seed in range(4500)], FPS, can)


def test_nothing_makes_no_film(can: Capabilities) -> None:
    with pytest.raises(PerformanceError):
        thinned([], FPS, can)


# --- the file ----------------------------------------------------------------------------------------


def few() -> list[tuple[float, Recipe]]:
    return [(0.0, Recipe()), (0.5, Recipe(psi=0.5)), (1.25, Recipe(Latent(4), psi=0.5))]


def test_a_recording_that_was_broken_off_is_there_to_the_last_line(tmp_path: Path) -> None:
    path = recorded(few(), tmp_path / "a.ganlab-take", 2.0)
    whole = path.read_bytes()
    lines = whole.split(b"\n")
    for end in range(len(lines[0]) + len(lines[1]) + 2, len(whole)):
        path.write_bytes(whole[:end])
        take = read_take(path)
        complete = whole[:end].count(b"\n") - 1
        assert take.moments == tuple(few()[:complete])
        assert not take.whole


KILLED = """
import os, sys, time
from pathlib import Path
from ganlab_core.performance import TakeWriter
from ganlab_core.recipe import Recipe
from tests.quick import ARCHITECTURES, quick
writer = TakeWriter(Path(sys.argv[1]))
for number in range(50):
    writer.write(number / 10, Recipe(psi=number / 100))
while writer._lines.qsize():
    time.sleep(0.001)
time.sleep(0.05)
os.kill(os.getpid(), 9)
"""


def test_a_kill_takes_nothing_that_is_older_than_a_second(tmp_path: Path) -> None:
    path = tmp_path / "killed.ganlab-take"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode == -9
    take = read_take(path)
    assert len(take.moments) == 50
    assert not take.whole


@pytest.mark.parametrize(
    "text",
    [b"", b"{}\n", b"[]\n", b'{"ganlab_take": 9}\n', b'{"ganlab_take": 1}\n', b"\xff\xfe",
     b'{"ganlab_take": 1}\n{"t": "now", "recipe": {}}\n',
     b'{"ganlab_take": 1}\n{"t": 1e99, "recipe": {}}\n',
     b'{"ganlab_take": 1}\n{"t": 0, "recipe": {"psi": "much"}}\n',
     b'{"ganlab_take": 1}\n{"t": 0, "recipe": [' + b"[" * 9000 + b"\n"],
)  # fmt: skip
def test_a_hostile_recording_is_refused_in_a_sentence(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.ganlab-take"
    path.write_bytes(text)
    with pytest.raises(GanlabError) as caught:
        read_take(path)
    assert caught.value.what.endswith(".")


def test_time_never_goes_back_and_an_old_recording_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.ganlab-take"
    writer = TakeWriter(path)
    writer.write(1.0, Recipe())
    writer.write(0.5, Recipe(psi=0.1))
    writer.close(0.7)
    writer.write(9.0, Recipe())
    take = read_take(path)
    assert [time for time, _ in take.moments] == [1.0, 1.0]
    assert take.seconds == 1.0
    with pytest.raises(PerformanceError, match="Choose another place"):
        TakeWriter(path)
    with pytest.raises(PerformanceError):
        TakeWriter(tmp_path / "none" / "a.ganlab-take")


def test_lines_hold_only_what_changed(tmp_path: Path) -> None:
    path = recorded(few(), tmp_path / "a.ganlab-take", 2.0)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert list(lines[2]["recipe"]) == ["psi"]
    assert list(lines[3]["recipe"]) == ["latent"]
    assert lines[4] == {"t": 2.0, "end": True}


def test_the_recipe_of_a_frame_is_the_newest_at_its_time(tmp_path: Path) -> None:
    take = read_take(recorded(few(), tmp_path / "a.ganlab-take", 2.0))
    frames = take.frames(Fraction(4))
    assert len(frames) == 8
    assert [recipe.psi for recipe in frames] == [0.7, 0.7] + [0.5] * 6
    assert [recipe.latent.seed for recipe in frames] == [0] * 5 + [4] * 3


def test_sound_that_is_broken_off_can_be_read(tmp_path: Path) -> None:
    path = recorded(few(), tmp_path / "a.ganlab-take", 2.0)
    assert read_take(path).sound is None
    writer = WavWriter(sound_beside(path), 8000)
    writer.write(np.linspace(-2.0, 2.0, 4000, dtype=np.float32))
    broken = sound_beside(path).read_bytes()
    assert broken[40:44] == b"\xff\xff\xff\xff"
    writer.close()
    writer.close()
    with wave.open(str(sound_beside(path))) as file:
        assert (file.getnframes(), file.getframerate(), file.getnchannels()) == (4000, 8000, 1)
    assert read_take(path).sound == sound_beside(path)
    with pytest.raises(PerformanceError):
        WavWriter(sound_beside(path), 8000)


@pytest.mark.parametrize("name", DECLARED)
def test_what_is_put_back_to_plain_is_so_in_the_recording(name: str, tmp_path: Path) -> None:
    """Some fields are written only where they say something."""
    own = EDITS[name]
    moments = [(0.0, own), (0.5, replace(own, attention=0.11)), (1.0, Recipe())]
    take = read_take(recorded(moments, tmp_path / "a.ganlab-take", 2.0))
    assert take.moments == tuple(moments)


def test_a_recipe_of_a_later_version_is_kept(tmp_path: Path) -> None:
    recipe = replace(Recipe(), extra='{"later": 1}')
    take = read_take(recorded([(0.0, recipe)], tmp_path / "a.ganlab-take", 1.0))
    assert take.moments == ((0.0, recipe),)
