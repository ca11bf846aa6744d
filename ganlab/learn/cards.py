"""Pictures on the cards of words: the picture on the desk, with a control at one end and at the other."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from ganlab.controls import to_image
from ganlab.engine import RenderWorker
from ganlab.session import Session
from ganlab.window import MainWindow, TermCard
from ganlab_core.performance import DeskControl, find_control
from ganlab_core.recipe import Capabilities, Latent, LayerNoise, Mix, Noise, Recipe, fit

OWNER = "card"
SIDE = 160
"""Of the pictures asked for, in pixels."""

Pair = tuple[tuple[str, Recipe], tuple[str, Recipe]]
"""(words, Recipe) before and after."""

ENDS = {"turn": (0.0, 60.0), "seed": (0.0, 1.0)}
"""Where a control's own ends look alike, others."""


def pair_of(term: str, names: tuple[str, ...], recipe: Recipe, can: Capabilities) -> Pair | None:
    """Two Recipes that differ by what a word means, at a control of these names; None where none do."""
    control = next(
        (one for name in names if (one := find_control(name, can)) is not None and one.put), None
    )
    pair = _of_control(control, recipe) if control is not None else None
    if pair is None and term in BY_TERM:
        pair = BY_TERM[term](recipe, can)
    if pair is None:
        return None
    (before, first), (after, second) = pair
    first, second = fit(first, can), fit(second, can)
    return None if first == second else ((before, first), (after, second))


def _of_control(control: DeskControl, recipe: Recipe) -> Pair | None:
    if control.put is None:
        return None
    if control.kind == "trigger":
        return ("now", recipe), (control.label.lower(), control.put(recipe, 1.0))
    low, high = ENDS.get(control.name, (control.low, control.high))
    name = control.label.lower()
    return (
        (f"{name} {low:g}", control.put(recipe, low)),
        (f"{name} {high:g}", control.put(recipe, high)),
    )


def _seeds(recipe: Recipe, can: Capabilities) -> Pair:
    other = replace(recipe, latent=Latent(recipe.latent.seed + 1))
    return (f"seed {recipe.latent.seed}", recipe), (f"seed {other.latent.seed}", other)


def _cutoff(recipe: Recipe, can: Capabilities) -> Pair:
    low = replace(recipe, psi=0.0, psi_at=())
    half = max(1, can.style_count // 2)
    return ("psi 0 in all layers", replace(low, cutoff=None)), (
        f"in the first {half} alone",
        replace(low, cutoff=half),
    )


def _psi(recipe: Recipe, can: Capabilities) -> Pair:
    plain = replace(recipe, psi_at=())
    return ("psi 0", replace(plain, psi=0.0)), ("psi 1", replace(plain, psi=1.0))


def _noise(recipe: Recipe, can: Capabilities) -> Pair:
    on = recipe if recipe.noise.mode != "off" else replace(recipe, noise=Noise())
    return ("without noise", replace(on, noise=Noise("off"))), ("with noise", on)


def _growth(recipe: Recipe, can: Capabilities) -> Pair:
    small = float(can.full_growth - 2)
    return (f"grown to {2 ** int(small)} px", replace(recipe, growth=small)), (
        "grown to the end",
        replace(recipe, growth=None),
    )


def _alpha(recipe: Recipe, can: Capabilities) -> Pair:
    last = float(can.full_growth)
    return ("alpha 0", replace(recipe, growth=last - 1.0)), (
        "alpha 1",
        replace(recipe, growth=last),
    )


def _mixing(recipe: Recipe, can: Capabilities) -> Pair:
    mixed, other = recipe, Latent(recipe.latent.seed + 1)
    for side in can.resolutions[len(can.resolutions) // 2 :]:
        mixed = mixed.with_mix_at(side, Mix(other))
    return ("one style", recipe), ("finer layers of another", mixed)


def _attention(recipe: Recipe, can: Capabilities) -> Pair:
    return ("without attention", replace(recipe, attention=0.0)), (
        "as trained",
        replace(recipe, attention=1.0),
    )


def _classes(recipe: Recipe, can: Capabilities) -> Pair | None:
    if len(can.classes) < 2:
        return None
    first, second = (replace(recipe, classes=((index, 1.0),), classes_at=()) for index in (0, 1))
    return (can.classes[0], first), (can.classes[1], second)


def _threshold(recipe: Recipe, can: Capabilities) -> Pair:
    return ("z cut at 0.2", replace(recipe, threshold=0.2)), (
        "z cut at 2",
        replace(recipe, threshold=2.0),
    )


def _map(recipe: Recipe, can: Capabilities) -> Pair:
    early = can.layers[min(2, len(can.layers) - 1)].index
    return ("as it is", recipe), ("first map of a layer out", recipe.with_gain(early, 0, 0.0))


def _layer_noise(recipe: Recipe, can: Capabilities) -> Pair | None:
    noisy = [layer.index for layer in can.layers if layer.noise]
    if not noisy:
        return None
    return ("as it is", recipe), (
        "without the finest noise",
        recipe.with_noise_layer(noisy[-1], LayerNoise(on=False)),
    )


BY_TERM: dict[str, Callable[[Recipe, Capabilities], Pair | None]] = {
    "Seed": _seeds,
    "Latent z": _seeds,
    "Truncation psi": _psi,
    "Cutoff layer": _cutoff,
    "Noise": _noise,
    "Growth": _growth,
    "Alpha": _alpha,
    "Style mixing": _mixing,
    "W+": _mixing,
    "Skip-z": _mixing,
    "Attention": _attention,
    "Class": _classes,
    "Threshold": _threshold,
    "Feature map": _map,
}
"""Word of the glossary -> what differs by it."""


class CardPictures(QObject):
    """Draws the pictures of the card that was opened last, with the model on the desk."""

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        worker: RenderWorker,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._worker = session, worker
        self._card: TermCard | None = None
        self._pair: Pair | None = None
        window.card_opened.connect(self._on_opened)
        worker.thumbnail_rendered.connect(self._on_drawn)

    def _on_opened(self, card: TermCard, names: tuple[str, ...]) -> None:
        can = self._session.capabilities
        self._card, self._pair = card, None
        card.finished.connect(functools.partial(self._on_closed, card))
        if can is not None:
            self._pair = pair_of(card.term.name, names, self._session.recipe, can)
        if self._pair is not None:
            self._worker.request_thumbnails(OWNER, [recipe for _, recipe in self._pair], SIDE)

    def _on_drawn(self, owner: str, recipe: Recipe, pixels: NDArray[np.uint8]) -> None:
        if owner != OWNER or self._card is None or self._pair is None:
            return
        for place, (words, asked) in enumerate(self._pair):
            if recipe == asked:
                self._card.show_picture(place, to_image(pixels), words)

    def _on_closed(self, card: TermCard, _result: int) -> None:
        if self._card is card:
            self._card = self._pair = None
            self._worker.request_thumbnails(OWNER, ())
