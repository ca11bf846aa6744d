"""The stepper: takes a run's steps in order; every process of a team has one, and they keep pace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from ganlab_core.dataset.images import Images
from ganlab_core.dataset.options import PrepareOptions
from ganlab_core.dataset.prepare import check_source, prepare
from ganlab_core.device import use_threads
from ganlab_core.errors import TrainingError
from ganlab_core.networks.layers import split_growth
from ganlab_core.training import memory
from ganlab_core.training.config import TrainConfig
from ganlab_core.training.events import Event, PhaseBegan
from ganlab_core.training.randomness import data_order, seed_for
from ganlab_core.training.schedule import phase_at
from ganlab_core.training.share import Share
from ganlab_core.training.state import TrainState
from ganlab_core.training.steering import applied, changes_from
from ganlab_core.training.step import StepResult, run_step
from ganlab_core.training.team import Team


def check_batches(config: TrainConfig, team: Team) -> None:
    """Raise `TrainingError` unless every batch can be dealt out to the processes and their parts."""
    parts = team.size * config.accumulate
    for name, batch in (("batch_size", config.batch_size), *config.batches_at()):
        if batch % parts:
            raise TrainingError(
                f"{name} is {batch:g}, which {team.size} processes with {config.accumulate} parts"
                " each cannot share evenly.",
                f"Make it a multiple of {parts}.",
            )


def prepared(
    config: TrainConfig, team: Team, preparing: Callable[[int, int], None] | None
) -> Images:
    """The prepared pictures; the leader prepares, the others find what it has kept."""
    use_threads(team.threads(config.threads))
    _check_settings(config, team)
    options = PrepareOptions(fit=config.fit, background=config.background)
    if not team.leads:
        team.wait()
    images = prepare(Path(config.data), config.resolution, options, progress=preparing)
    if team.leads:
        team.wait()
    return images if config.conditional else images.without_classes()


def check_start(config: TrainConfig) -> tuple[str, ...]:
    """Raise what a run of this config is refused for before its networks are built; names its classes."""
    _check_settings(config, Team())
    options = PrepareOptions(fit=config.fit, background=config.background)
    return check_source(Path(config.data), config.resolution, options)


def _check_settings(config: TrainConfig, team: Team) -> None:
    if not config.data:
        raise TrainingError(
            "The config does not say where the pictures are.",
            "Say their folder or zip with --data.",
        )
    check_batches(config, team)


def follow(stepper: Stepper) -> Iterator[Event]:
    """Take every step together with the leader, who alone tells events, until it says to end.

    What a person has changed holds from the same step on in every process.
    """
    state = stepper.state
    while (words := state.team.hear(state.device)) is not None:
        for change in changes_from(words):
            state.config = applied(state.config, change)
        stepper.enter_phase()
        stepper.step()
    yield from ()


class Stepper:
    """Shows the networks the right pictures at the right growth."""

    def __init__(self, state: TrainState, images: Images) -> None:
        self.state, self.data = state, images

    def enter_phase(self) -> PhaseBegan | None:
        """Take up the phase that the next step belongs to; tells if it is a new one."""
        state = self.state
        number, phase = phase_at(state.config, state.images)
        if number == state.phase and state.step > 0:
            return None
        if number != state.phase and state.config.reset_optimizers:
            state.reset_optimizers()
        state.phase = number
        return PhaseBegan(state.images, phase.resolution, phase.fading)

    def step(self) -> StepResult:
        """One step on the next pictures of the run."""
        state, config = self.state, self.state.config
        _, phase = phase_at(config, state.images)
        rate = config.at("learning_rate", phase.resolution)
        state.set_learning_rate(rate, config.learning_rate_d)
        batch = int(config.at("batch_size", phase.resolution))
        shown = batch * (config.d_steps if config.fresh_reals else 1)
        result = self._on_batch(batch, shown, phase.growth(state.images))
        state.images += shown
        state.step += 1
        return result

    def _on_batch(self, batch: int, shown: int, growth: float) -> StepResult:
        """A step on this process's share of every batch shown."""
        state, config = self.state, self.state.config
        resolution = 2 ** split_growth(growth)[0]
        rows = self._my_rows(batch, shown)
        order = data_order(config.seed, state.images, shown, len(self.data))[rows]
        pixels = self.data.batch(order, resolution)
        if config.mirror:
            coin = np.random.default_rng(seed_for(config.seed, "mirror", state.step))
            flipped = coin.random(shown)[rows] < 0.5
            pixels[flipped] = pixels[flipped, :, :, ::-1]
        result: StepResult | None = None
        try:
            result = run_step(state, pixels, self.data.labels[order], growth)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not memory.is_out_of_memory(error):
                raise
        if result is None:  # outside the handler, which would keep the failed step's tensors alive
            raise memory.advice(state, resolution, batch, growth)
        return result

    def _my_rows(self, batch: int, shown: int) -> np.ndarray:
        """Which of the `shown` pictures this process works on."""
        team, group = self.state.team, self.state.players.group_size(self.state.discriminator)
        rows = Share(group).cut(team.size, team.rank).rows(batch)
        return np.concatenate([start + rows for start in range(0, shown, batch)])
