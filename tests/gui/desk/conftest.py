"""Hands, a model and Recipes for the tests: a real press, move and release."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from ganlab_core.capabilities import Capabilities, Layer
from ganlab_core.recipe import Latent, LayerNoise, Mix, Noise, Recipe

Points = list[tuple[float, float]]
Drag = Callable[..., None]


def pytest_itemcollected(item: pytest.Item) -> None:
    """The hidden screen knows no size hints and says so for every small window."""
    item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))


@pytest.fixture
def drag() -> Drag:
    """Press at the first point, move through the others, release at the last."""

    def move_through(
        widget: QWidget,
        points: Points,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        kinds = [(QEvent.Type.MouseButtonPress, left, left, points[0])]
        kinds += [(QEvent.Type.MouseMove, none, left, point) for point in points[1:]]
        kinds += [(QEvent.Type.MouseButtonRelease, left, none, points[-1])]
        for kind, button, held, point in kinds:
            at = QPointF(*point)
            event = QMouseEvent(kind, at, widget.mapToGlobal(at), button, held, modifiers)
            QApplication.sendEvent(widget, event)

    return move_through


@pytest.fixture
def can64() -> Capabilities:
    """What a StyleGAN of 64 px can do: ten layers, two at each resolution."""
    layers = []
    for resolution in (4, 8, 16, 32, 64):
        for name in ("const", "conv") if resolution == 4 else ("conv0", "conv1"):
            full = f"{resolution}x{resolution}/{name}"
            layers.append(Layer(len(layers), full, resolution, noise=True))
    return Capabilities("stylegan", 64, tuple(layers), (), 512, 512, True, True, True, False)


@pytest.fixture
def some_recipe() -> st.SearchStrategy[Recipe]:
    """Recipes of all kinds, also with values that no slider reaches."""
    seeds = st.integers(0, 2**32 - 1)
    strengths = st.floats(0, 10)
    psis = st.floats(-10, 10)
    latents = st.one_of(
        st.builds(Latent, seed=seeds),
        st.builds(Latent, seed=seeds, vector=st.just((0.5,) * 512), space=st.sampled_from("zw")),
    )
    mixes = st.builds(Mix, latents, st.floats(0, 1))
    places = st.sampled_from([4, 8, 16, 32, 64, 1024])
    layers = st.integers(0, 17)
    own = st.builds(
        LayerNoise, st.booleans(), strengths, st.sampled_from(["master", "stored", "random"]), seeds
    )
    return st.builds(
        Recipe,
        latent=latents,
        psi=psis,
        psi_at=st.dictionaries(places, psis, max_size=3).map(lambda d: tuple(d.items())),
        cutoff=st.none() | st.integers(0, 64),
        mix_at=st.dictionaries(places, mixes, max_size=3).map(lambda d: tuple(d.items())),
        mix_layers=st.dictionaries(layers, mixes, max_size=3).map(lambda d: tuple(d.items())),
        noise=st.builds(Noise, st.sampled_from(["stored", "random", "off"]), seeds, strengths),
        noise_layers=st.dictionaries(layers, own, max_size=3).map(lambda d: tuple(d.items())),
        growth=st.none() | st.floats(2, 10),
    )
