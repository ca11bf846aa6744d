"""Answers as the render thread would send them, and the panel that shows them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from ganlab.inside.inside_room import InsidePanel
from ganlab_core.inspection import (
    AttentionHeat,
    Direction,
    DirectionSet,
    Effects,
    LayerDifferences,
    Maps,
    NetworkFacts,
    NoiseComparison,
    PsiStrip,
    SeeMaps,
    Spectrum,
    StageFacts,
)
from ganlab_core.inspection.questions import LayerDifference, PsiPicture
from ganlab_core.recipe import Capabilities, Recipe
from ganlab_core.rendering import Frame


def flat(side: int, level: int) -> np.ndarray:
    return np.full((side, side, 3), level, np.uint8)


def frame_of(recipe: Recipe | None = None, stages: tuple[str, ...] = ("4x4/conv",)) -> Frame:
    return Frame(recipe or Recipe(), flat(32, 90), {}, stages, 4, 1.0, "cpu", "fp32", "fingerprint")


def maps_of(asked: SeeMaps, count: int = 6, side: int = 4) -> Maps:
    """Map k is as bright as k; its magnitudes fall with k."""
    grey = np.stack([np.full((side, side), 10 * k, np.uint8) for k in range(count)])
    facts = np.array([[count - k, 0.5, count] for k in range(count)], np.float32)
    large = None if asked.large is None else (grey[asked.large], grey[asked.large])
    return Maps(asked, grey, grey, facts, side, large)


def directions_of(size: int = 16, count: int = 3, kind: str = "pca") -> DirectionSet:
    found = tuple(
        Direction(f"component {k + 1}", (float(k + 1),) + (0.0,) * (size - 1), 0.5 / (k + 1))
        for k in range(count)
    )
    return DirectionSet("fingerprint", kind, found)


def answer_to(question: Any) -> Any:
    """A plain answer of the right kind."""
    name = type(question).__name__
    if name == "FindDirections":
        return directions_of()
    if name == "SeeMaps":
        return maps_of(question)
    if name == "MeasureEffects":
        return Effects(question, np.array([0.0, 3.0, 1.0, 5.0, 2.0, 0.5]))
    if name == "SeeAttention":
        heat = np.zeros((8, 8), np.uint8)
        heat[2, 5] = 255
        return AttentionHeat(question, heat, 0.25, 16, 0.844)
    if name == "CompareNoise":
        return NoiseComparison(
            flat(32, 1), flat(32, 2), flat(32, 3), flat(32, 4)[..., 0], 4.0, 12.5, 0.8
        )
    if name == "LeaveOut":
        layers = tuple(
            LayerDifference(k, f"layer {k}", flat(32, k), flat(32, 50 + k), float(k))
            for k in range(4)
        )
        return LayerDifferences(question, flat(32, 9), 2.0, layers)
    if name == "TryPsis":
        return PsiStrip(tuple(PsiPicture(psi, flat(32, 60), 5 * psi) for psi in question.psis))
    if name == "SeeSpectrum":
        return Spectrum(question, np.linspace(100.0, 1.0, 17) * (1 + question.recipe.latent.seed))
    stages = tuple(StageFacts(f"{r}x{r}/conv", (8, r, r), "float32", r / 10, 100 * r) for r in
                   (4, 8, 16, 32))  # fmt: skip
    return NetworkFacts(stages, 10_000)


class Desk:
    """The panel with a person before it: edits come back to it, and questions are answered."""

    def __init__(self, panel: InsidePanel) -> None:
        self.panel = panel
        self.edits: list[tuple[Recipe, str]] = []
        self.asked: list[Any] = []
        self.dropped: list[str] = []
        panel.edited.connect(self._take)
        panel.asked.connect(self._answer)
        panel.dropped.connect(self.dropped.append)
        self.answering = True

    def _take(self, recipe: Recipe, label: str) -> None:
        self.edits.append((recipe, label))
        self.panel.show_recipe(recipe)
        self.panel.show_frame(frame_of(recipe))

    def _answer(self, topic: str, question: Any) -> None:
        self.asked.append(question)
        if self.answering:
            self.panel.show_answer(topic, answer_to(question))

    def kinds(self) -> list[str]:
        return [type(question).__name__ for question in self.asked]


@pytest.fixture
def panel(qtbot: QtBot, can: Capabilities) -> InsidePanel:
    panel = InsidePanel()
    qtbot.addWidget(panel)
    panel.set_capabilities(can)
    panel.show_recipe(Recipe())
    panel.resize(360, 640)
    panel.show()
    return panel


@pytest.fixture(name="frame_of")
def _frame_of() -> Any:
    return frame_of


@pytest.fixture(name="directions_of")
def _directions_of() -> Any:
    return directions_of


@pytest.fixture
def desk(panel: InsidePanel) -> Desk:
    return Desk(panel)
