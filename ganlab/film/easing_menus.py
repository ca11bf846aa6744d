"""Menus of how a keyframe, or one lane of it, goes on to the next, and where latents blend."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMenu, QWidget

from ganlab.style import plain_tip
from ganlab.views.film_lanes import SPACE_WORDS, TITLES
from ganlab.views.timeline_paint import EASING_TIPS
from ganlab_core.capabilities import Capabilities
from ganlab_core.timeline import Timeline
from ganlab_core.timeline_lanes import moving_lanes

AS_KEYFRAME = ""
"""The easing of a lane that has none of its own."""

SPACED = ("latent", "mix")
"""The lanes in which latents blend."""

Choose = Callable[[int, str, str], None]
"""Of (keyframe, -1 for all; lane, empty for all of them; easing)."""


def easing_menu(line: Timeline, index: int, choose: Choose, parent: QWidget) -> QMenu:
    """The ways in which a keyframe can go on, each of them for all keyframes, and lanes apart."""
    menu = _menu("Go On to the Next", parent)
    _add_easings(menu, line.keyframes[index].easing, lambda name: choose(index, "", name))
    menu.addSeparator()
    everywhere = menu.addMenu("All Keyframes")
    _add_easings(everywhere, None, lambda name: choose(-1, "", name))
    for lane in moving_lanes(line):
        own = menu.addMenu(f"Only {TITLES[lane].capitalize()}")
        own.setToolTipsVisible(True)
        _add_lane(own, line, lane, index, choose)
    return menu


def lane_menu(
    line: Timeline, lane: str, index: int, choose: Choose, choose_space: Callable[[str, str], None],
    can: Capabilities | None, parent: QWidget,
) -> QMenu:  # fmt: skip
    """The ways in which a lane can go on, from one keyframe or (-1) from all, and its space."""
    menu = _menu(TITLES[lane].capitalize(), parent)
    where = "from all keyframes" if index < 0 else f"from keyframe {index + 1} to the next"
    _add_heading(menu, f"{TITLES[lane].capitalize()}, {where}")
    _add_lane(menu, line, lane, index, choose)
    if lane in SPACED:
        menu.addSeparator()
        _add_heading(menu, "Latents blend")
        now = line.latent_space if lane == "latent" else line.mix_space
        for space, title in (("w", "In W, Straight"), ("z", "In Z, Along the Sphere")):
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(space == now)
            action.setToolTip(
                plain_tip(f"{TITLES[lane].capitalize()}: latents {SPACE_WORDS[space]}")
            )
            if space == "w" and can is not None and not can.has_w:
                action.setEnabled(False)
                action.setToolTip("This model has no W; its latents blend in Z.")
            action.triggered.connect(_told(choose_space, lane, space))
    return menu


def _add_lane(menu: QMenu, line: Timeline, lane: str, index: int, choose: Choose) -> None:
    keyframes = line.keyframes if index < 0 else (line.keyframes[index],)
    found = {dict(keyframe.lanes).get(lane, AS_KEYFRAME) for keyframe in keyframes}
    now = found.pop() if len(found) == 1 else None
    plain = menu.addAction("As the Keyframe" if index >= 0 else "As the Keyframes")
    plain.setToolTip("Go on as everything else does.")
    plain.setCheckable(True)
    plain.setChecked(now == AS_KEYFRAME)
    plain.triggered.connect(lambda: choose(index, lane, AS_KEYFRAME))
    _add_easings(menu, now, lambda name: choose(index, lane, name))


def _add_easings(menu: QMenu, now: str | None, choose: Callable[[str], None]) -> None:
    menu.setToolTipsVisible(True)
    for name, tip in EASING_TIPS.items():
        action = menu.addAction(name.capitalize())
        action.setToolTip(plain_tip(f"Go on {tip}."))
        action.setCheckable(True)
        action.setChecked(name == now)
        action.triggered.connect(_told(choose, name))


def _add_heading(menu: QMenu, words: str) -> None:
    """Words that cannot be chosen; the style sheet shows no words of sections."""
    menu.addAction(words).setEnabled(False)


def _told(choose: Callable[..., None], *values: str) -> Callable[[], None]:
    return lambda: choose(*values)


def _menu(title: str, parent: QWidget) -> QMenu:
    menu = QMenu(title, parent)
    menu.setToolTipsVisible(True)
    return menu
