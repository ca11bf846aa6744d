"""Recorded stages, on the CPU: a recorder that computes again into the same memory stands for CUDA's."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch

from ganlab_core.prepared import GraphedStages, StageMaps, prepared
from ganlab_core.recipe import Latent, Noise, Recipe
from ganlab_core.rendering import Renderer
from tests.core.prepared.test_prepared_stages import conditions
from tests.every_model import MODELS, edited, everything


class FakeRecorder:
    """What a CUDA graph does: the same operators on the same memory; `recorded` counts."""

    def __init__(self) -> None:
        self.recorded = self.replayed = 0

    def record(self, work: Callable[[], StageMaps]) -> tuple[StageMaps, Callable[[], None]]:
        self.recorded += 1
        maps = work()

        def replay() -> None:
            self.replayed += 1
            again = work()
            maps.features.copy_(again.features)
            if maps.image is not None and again.image is not None:
                maps.image.copy_(again.image)

        return maps, replay


class BrokenRecorder:
    def record(self, work: Callable[[], StageMaps]) -> tuple[StageMaps, Callable[[], None]]:
        raise RuntimeError("operation not permitted when stream is capturing")


@pytest.mark.parametrize("name", MODELS)
def test_replayed_frames_equal_those_that_are_run(name: str) -> None:
    model = MODELS[name]()
    plain, graphed, recorder = Renderer(model, "cpu"), Renderer(model, "cpu"), FakeRecorder()
    graphed._chain._make_recorder = lambda: recorder
    graphed.forget()
    source, can = random.Random(1), model.capabilities
    recipe = Recipe()
    for number in range(60):
        if number % 20 == 0:
            recipe = everything(can) if number % 40 == 0 else Recipe(Latent(number))
        recipe = edited(recipe, can, source)
        np.testing.assert_array_equal(graphed.raw(recipe), plain.raw(recipe))
        if number % 7 == 0:
            last = len(can.layers) - 1
            np.testing.assert_array_equal(
                graphed.features(recipe, last), plain.features(recipe, last)
            )
    assert recorder.recorded >= len(can.layers) / 2
    assert recorder.replayed > recorder.recorded


@pytest.mark.parametrize("name", ["stylegan", "stylegan2"])
def test_noise_drawn_anew_replays_what_was_recorded(name: str) -> None:
    model = MODELS[name]()
    plain, graphed, recorder = Renderer(model, "cpu"), Renderer(model, "cpu"), FakeRecorder()
    graphed._chain._make_recorder = lambda: recorder
    graphed.forget()
    for seed in range(6):
        recipe = Recipe(noise=Noise("random", seed))
        np.testing.assert_array_equal(graphed.raw(recipe), plain.raw(recipe))
    assert recorder.recorded == len(model.capabilities.layers)
    assert recorder.replayed == 4 * recorder.recorded


def test_a_stage_is_recorded_once_and_reads_where_the_one_below_writes() -> None:
    model = MODELS["stylegan"]()
    recorder = FakeRecorder()
    stages = GraphedStages(prepared(model.network), recorder)
    with torch.inference_mode():
        for _ in range(4):
            maps = None
            for stage, condition in enumerate(conditions(model, Recipe())):
                maps = stages.run(stage, maps, condition)
    count = len(model.capabilities.layers)
    assert recorder.recorded == count
    assert recorder.replayed == 2 * count
    places = [stages._recorded[stage] for stage in range(count)]
    for below, above in zip(places, places[1:], strict=False):
        assert above.before is not None
        assert above.before.features.data_ptr() == below.maps.features.data_ptr()


def test_what_cannot_be_recorded_is_run() -> None:
    model = MODELS["stylegan"]()
    plain, graphed = Renderer(model, "cpu"), Renderer(model, "cpu")
    graphed._chain._make_recorder = BrokenRecorder
    graphed.forget()
    for seed in range(4):
        recipe = Recipe(Latent(seed))
        np.testing.assert_array_equal(graphed.raw(recipe), plain.raw(recipe))
