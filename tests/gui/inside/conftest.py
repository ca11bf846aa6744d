"""Answers as the render thread would send them, and the panel that shows them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from ganlab.inside.inside_room import InsidePanel
from ganlab_core.inspection import (
    AttentionHeat,
    ChannelStyles,
    ClassPictures,
    CriticMaps,
    CriticReport,
    Direction,
    DirectionSet,
    Effects,
    LayerDifferences,
    MappingActivations,
    Maps,
    NetworkFacts,
    NoiseComparison,
    NoiseStrengths,
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
        power = np.linspace(100.0, 1.0, 17) * (1 + question.recipe.latent.seed)
        return Spectrum(question, power, np.linspace(-3, 3, 1024, dtype=np.float32).reshape(32, 32))
    if name in (
        "SeeMapping",
        "SeeStyles",
        "SeeNoiseStrengths",
        "SeeCritic",
        "AskCritic",
        "SeeClasses",
    ):
        return _of_styles_and_critic(question, name)
    stages = tuple(StageFacts(f"{r}x{r}/conv", (8, r, r), "float32", r / 10, 100 * r) for r in
                   (4, 8, 16, 32))  # fmt: skip
    return NetworkFacts(stages, 10_000)


def _of_styles_and_critic(question: Any, name: str) -> Any:
    if name == "SeeMapping":
        layers = tuple((f"layer {k}", np.linspace(-1, k, 16, dtype=np.float32)) for k in range(3))
        cloud = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
        place = cloud[0]
        shares = np.array([0.4, 0.3, 0.2, 0.1], np.float32)
        return MappingActivations(question, layers, cloud, place, 0.5 * place, shares)
    if name == "SeeStyles":
        channels = np.arange(24, dtype=np.float32).reshape(4, 6)
        pictures = tuple(flat(32, 10 * k + question.other) for k in range(4))
        return ChannelStyles(question, "AdaIN", "8x8/conv1", channels, pictures)
    if name == "SeeNoiseStrengths":
        values = np.array([0.5, -0.2, 0.1], np.float32)
        return NoiseStrengths(((1, "4x4/conv", values), (2, "8x8/conv", 2 * values)))
    if name == "SeeCritic":
        maps = maps_of(SeeMaps(question.recipe, question.block))
        return CriticMaps(question, ((6, 32), (12, 16)), maps, 1.25, (-0.5, 0.25, 0.0))
    if name == "AskCritic":
        slope = np.zeros((32, 32, 3), np.float32)
        slope[3, 4] = 1.0
        return CriticReport(1.25, np.array([-1, 0, 2, 1], np.float32), np.empty(0), slope)
    return ClassPictures(question, (("red", flat(32, 9)), ("green", flat(32, 99))), "One latent.")


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
