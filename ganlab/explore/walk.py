"""Wandering: the latent walks by itself, at a speed in pictures per second, and so may the noise.

In the first minute the picture moves by itself until it is touched, and nothing of that is history. A
picture that is larger or wider than trained can be walked across.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import (
    DICE_LIMIT,
    Label,
    Readout,
    SeedBox,
    Segmented,
    Toggle,
    ValueSlider,
    WordButton,
    number_in,
    set_controls,
)
from ganlab.engine import RenderWorker
from ganlab.explore.latent_vectors import Vectors
from ganlab.recipe_widget import NO_MODEL, NO_NOISE, RecipeWidget, section_title
from ganlab.session import Session
from ganlab.style import COLOUR
from ganlab.window import MainWindow
from ganlab_core.recipe import Capabilities, Extent, Latent, Noise, Recipe, Space, Vector, along

NO_MIXING = "This model takes one latent for all scales."
NO_SCALES = "This model has no scales this fine."


class WalkPanel(QFrame):
    """The controls of walking.

    Signals
    -------
    walk_asked(bool)
        To walk, or to stop.
    hand_asked(bool)
        That dragging the picture walks, or no longer does.
    turn_asked()
        That the hand should walk in other directions.
    stir_asked(bool)
        That the noise moves, or stops.
    reroll_asked(str)
        New styles for one group of scales: "coarse", "middle" or "fine".
    """

    walk_asked = Signal(bool)
    hand_asked = Signal(bool)
    turn_asked = Signal()
    stir_asked = Signal(bool)
    reroll_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Wander")
        self._make_walks()
        self._make_noise()
        self.rerolls = {
            group: WordButton(
                group.capitalize(),
                f"New random styles for the {group} scales ({sizes} px); the others and locked"
                " strips stay (style mixing; StyleGAN, Karras et al. 2019, sec. 3.1).",
                f"New styles for the {group} scales",
            )
            for group, sizes in (("coarse", "4–8"), ("middle", "16–32"), ("fine", "64 and more"))
        }
        self.returns.set_value(True)
        self._build()
        self._connect()
        self.set_capabilities(None)

    def _make_walks(self) -> None:
        self.walk = Toggle(
            "Wander", COLOUR.STYLE,
            "Walk from picture to picture until you stop; where it stops is one step to undo.",
        )  # fmt: skip
        self.speed = ValueSlider(
            "speed", -2, 2, 0.25, 0.05, 2, COLOUR.STYLE,
            "Pictures passed per second, whatever the frame rate; below zero the walk goes back.",
            " /s", origin=0.0,
        )  # fmt: skip
        set_controls(self.speed, "walk.speed", "walk.direction")
        self.returns = Toggle(
            "Come back", COLOUR.STYLE,
            "Walk in a closed loop that ends where it began; off, the walk never ends.",
        )  # fmt: skip
        self.places = ValueSlider(
            "pictures in the loop", 2, 24, 6, 1, 0, COLOUR.STYLE,
            "How many pictures the closed loop goes through, the first included.",
        )  # fmt: skip
        self.hand = Toggle(
            "Drag picture", COLOUR.STYLE,
            "Walk by dragging the picture, or with Shift and the arrows; both directions are smooth and"
            " come back after one round.",
        )  # fmt: skip
        self.turn = WordButton(
            "Other directions", "Let dragging the picture lead in other directions from here."
        )

    def _make_noise(self) -> None:
        self.stir = Toggle(
            "Move the noise", COLOUR.NOISE,
            "Let random noise go round until you stop; layers with a noise of their own stand still"
            " (StyleGAN, Karras et al. 2019, sec. 3.2).",
        )  # fmt: skip
        self.rounds = ValueSlider(
            "rounds", -2, 2, 0.25, 0.05, 2, COLOUR.NOISE,
            "Rounds of the noise per second, whatever the frame rate; after one it is as it was.",
            " /s", origin=0.0,
        )  # fmt: skip

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 12)
        column.setSpacing(8)
        column.addWidget(section_title("WANDER", "A smooth walk through the latent space."))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.walk)
        row.addWidget(self.returns)
        column.addLayout(row)
        column.addWidget(self.speed)
        column.addWidget(self.places)
        column.addSpacing(4)
        column.addWidget(section_title("BY HAND", "Two directions, under the hand."))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.hand)
        row.addWidget(self.turn)
        column.addLayout(row)
        column.addSpacing(4)
        column.addWidget(section_title("NOISE", "The fine random detail, going round."))
        column.addWidget(self.stir)
        column.addWidget(self.rounds)
        column.addSpacing(4)
        column.addWidget(section_title("NEW STYLES FOR", "Dice for some scales only."))
        grid = QGridLayout()
        grid.setSpacing(8)
        for index, button in enumerate(self.rerolls.values()):
            grid.addWidget(button, 0, index)
        column.addLayout(grid)
        column.addStretch(1)
        self.setMinimumWidth(240)

    def _connect(self) -> None:
        self.walk.edited.connect(self.walk_asked)
        self.hand.edited.connect(self.hand_asked)
        self.stir.edited.connect(self.stir_asked)
        self.turn.clicked.connect(self.turn_asked)
        self.returns.edited.connect(self._on_returns)
        for group, button in self.rerolls.items():
            button.clicked.connect(lambda _=False, group=group: self.reroll_asked.emit(group))

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer what this model can do; None when no model is open."""
        reason = NO_MODEL if can is None else ""
        for part in (self.walk, self.speed, self.places, self.returns, self.hand, self.turn):
            part.set_available(reason)
        silent = reason or ("" if can is None or can.has_noise else NO_NOISE)
        self.stir.set_available(silent)
        self.rounds.set_available(silent)
        sides = () if can is None else can.resolutions
        for group, low in (("coarse", 4), ("middle", 16), ("fine", 64)):
            lacking = "" if any(side >= low for side in sides) else NO_SCALES
            mixing = "" if can is None or can.has_mixing else NO_MIXING
            self.rerolls[group].set_available(reason or mixing or lacking)

    def show_walking(self, walking: bool) -> None:
        """Show whether a walk is under way."""
        self.walk.set_value(walking)

    def show_noise_walk(self, moving: bool) -> None:
        """Show whether the noise moves."""
        self.stir.set_value(moving)

    def _on_returns(self, on: bool) -> None:
        self.places.set_available("" if on else "Only a loop that comes back has a length.")


# A motion by itself: how time passes in it, and how it enters the history.

TICK_MS = 16
WAIT_FOR_FRAME = 0.5
"""Seconds after which a motion goes on though its last picture has not come."""


class Motion(QObject):
    """What wandering and moving noise share.

    A motion's place depends on the time alone: a slow machine shows fewer pictures of the same way,
    because at most one is under way. All of a motion is one step of the history.

    Parameters
    ----------
    session, worker
        Whose Recipe moves, and who draws it.
    tick
        Called 60 times a second from `start` to `stop`.
    clock
        Tells the time in seconds.
    """

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        tick: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.begun = False
        """Whether it has moved the Recipe since `begin`."""
        self.timer = QTimer(self, interval=TICK_MS)
        self.timer.timeout.connect(tick)
        self._session = session
        self._clock = clock
        self._then = self._asked_at = 0.0
        self._shown = True
        worker.rendered.connect(self._on_rendered)

    def begin(self) -> None:
        """From here on, it is another step of the history."""
        self.begun = False

    def start(self) -> None:
        """Let time pass, from now."""
        self._then = self._clock()
        self._shown = True
        self.timer.start()

    def stop(self) -> None:
        """Let no more time pass."""
        self.timer.stop()

    def passed(self) -> float:
        """Seconds since it was last asked, or since the start."""
        before, self._then = self._then, self._clock()
        return self._then - before

    def due(self) -> bool:
        """Whether the last picture has come or is given up; then the next counts as asked for."""
        if not self._shown and self._then - self._asked_at <= WAIT_FOR_FRAME:
            return False
        self._shown, self._asked_at = False, self._then
        return True

    def move(self, recipe: Recipe, label: str) -> None:
        """Show the next Recipe: the first as a new step called `label`, the others within it."""
        if self.begun:
            self._session.drift(recipe)
            return
        self.begun = True
        self._session.end_drag()
        self._session.edit(recipe, label)

    def _on_rendered(self) -> None:
        self._shown = True


AHEAD = 6
"""How many pictures an endless walk knows in advance."""


class WalkByItself(QObject):
    """What goes on by itself from its start until it is stopped, or the desk goes another way.

    Parameters
    ----------
    session, worker, clock
        What is moved, who draws it, what tells the time in seconds.
    show
        Lets the panel show whether it goes on.
    """

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        clock: Callable[[], float],
        show: Callable[[bool], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._show = show
        self._running = False
        self.motion = Motion(session, worker, self.tick, clock, parent=self)
        session.recipe_changed.connect(self._on_recipe_changed)
        session.model_changed.connect(self.stop)

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self._running

    def toggle(self) -> None:
        """Begin from what is on the desk, or stop there."""
        self.set_running(not self._running)

    def set_running(self, on: bool) -> None:
        """Begin or stop."""
        if on and not self._running:
            self._start()
        elif not on:
            self.stop()

    def stop(self) -> None:
        """Stay where it is."""
        self._running = False
        self.motion.stop()
        self._show(False)

    def tick(self) -> None:
        """Go on to where it is by now."""
        raise NotImplementedError

    def _start(self) -> None:
        raise NotImplementedError

    def _on_recipe_changed(self) -> None:
        raise NotImplementedError


class LatentWalk(WalkByItself):
    """Walks the session's latent along a smooth way through seeds.

    Whatever moves the latent otherwise ends the walk.

    Parameters
    ----------
    session, worker, vectors
        What is walked, who draws it, and who knows the places.
    panel
        The controls.
    source
        Where the seeds come from; unpredictable when None.
    clock
        Tells the time in seconds.
    """

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        vectors: Vectors,
        panel: WalkPanel,
        source: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(session, worker, clock, panel.show_walking, parent)
        self._vectors = vectors
        self._panel = panel
        self._source = source or random.SystemRandom()
        self._space: Space | None = None
        self._points: list[Vector] = []
        self._closed = True
        self._asking = False
        self._place = 0.0
        self._latent = Latent()
        panel.walk_asked.connect(self.set_running)

    def _start(self) -> None:
        self._closed = self._panel.returns.isChecked()
        self._latent = self._session.fitted.latent
        self._running, self._place = True, 0.0
        self._points = []
        self.motion.begin()
        self._show(True)
        count = round(self._panel.places.value) if self._closed else AHEAD
        self._ask([self._latent, *self._seeds(count - 1)])

    def _seeds(self, count: int) -> list[Latent]:
        return [Latent(self._source.randrange(DICE_LIMIT)) for _ in range(count)]

    def _ask(self, latents: list[Latent]) -> None:
        self._asking = True
        self._vectors.when_known(latents, self._on_known)

    def _on_known(self, space: Space, vectors: list[Vector]) -> None:
        self._asking = False
        if not self._running:
            return
        self._space = space
        if not self._points:
            self.motion.start()
        self._points += vectors

    def tick(self) -> None:
        """Go on to where the walk is by now."""
        self._place += self._panel.speed.value * self.motion.passed()
        if not self._closed:
            self._look_ahead()
        if self.motion.due():
            self._step()

    def _look_ahead(self) -> None:
        """Know the next pictures of an endless walk in time; it waits at the last until they come."""
        last = len(self._points) - 2
        if self._place > last - AHEAD / 2 and not self._asking:
            self._ask(self._seeds(AHEAD))
        self._place = min(max(self._place, 0.0), float(last))

    def _step(self) -> None:
        assert self._space is not None
        vector = along(self._space, self._point, self._place)
        recipe = self._session.recipe
        self._latent = self._space.latent(vector, recipe.latent.seed)
        self.motion.move(replace(recipe, latent=self._latent), "wander")

    def _point(self, index: int) -> Vector:
        if self._closed:
            return self._points[index % len(self._points)]
        return self._points[min(max(index, 0), len(self._points) - 1)]

    def _on_recipe_changed(self) -> None:
        if self._running and self._session.recipe.latent != self._latent:
            self.stop()


# Stirring: the noise moves by itself, at a speed in rounds per second.


def moving(noise: Noise, other: int, turn: float) -> Noise:
    """Random noise at a place of the circle through its own seed and another."""
    kept = noise.other if noise.mode == "random" and noise.other is not None else other
    return replace(noise, mode="random", other=kept, turn=turn % 1.0)


class NoiseWalk(WalkByItself):
    """Turns the session's noise round the circle through two seeds.

    Layers with a noise of their own stand still. Whatever changes the noise otherwise ends it, but for
    its strength.

    Parameters
    ----------
    session, worker, panel
        Whose noise moves, who draws it, and the controls.
    source, clock
        Where the other seed comes from, unpredictable when None; tells the time in seconds.
    """

    def __init__(
        self,
        session: Session,
        worker: RenderWorker,
        panel: WalkPanel,
        source: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(session, worker, clock, panel.show_noise_walk, parent)
        self._panel = panel
        self._source = source or random.SystemRandom()
        self._turn = 0.0
        self._other = 0
        self._noise = Noise()
        panel.stir_asked.connect(self.set_running)

    def _start(self) -> None:
        can, noise = self._session.capabilities, self._session.recipe.noise
        if can is None or not can.has_noise:
            self._show(False)
            return
        self._other = self._source.randrange(DICE_LIMIT)
        self._turn = noise.turn
        self._running = True
        self._show(True)
        self.motion.begin()
        self.motion.start()

    def tick(self) -> None:
        """Go on to where the noise is by now."""
        self._turn = (self._turn + self._panel.rounds.value * self.motion.passed()) % 1.0
        if self.motion.due():
            self._step()

    def _step(self) -> None:
        recipe = self._session.recipe
        self._noise = moving(recipe.noise, self._other, self._turn)
        self.motion.move(replace(recipe, noise=self._noise), "moving noise")

    def _on_recipe_changed(self) -> None:
        noise = self._session.recipe.noise
        if self._running and self.motion.begun and replace(noise, strength=1.0) != self._plain():
            self.stop()

    def _plain(self) -> Noise:
        return replace(self._noise, strength=1.0)


FIRST_TICK_MS = 33
FIRST_SPEED = 0.16
"""Pictures passed a second: slow enough to look at each."""

LONGEST_FIRST_WALK = 180.0
"""Seconds after which it rests where it is: nobody looks."""

FIRST_PICTURES = 8
NO_DRAFTS = 3600.0
"""Seconds that a frame may take: nobody's hand waits, so that every picture is a whole one."""

TOUCHES = (QEvent.Type.MouseButtonPress, QEvent.Type.KeyPress, QEvent.Type.Wheel, QEvent.Type.Drop,
           QEvent.Type.TouchBegin, QEvent.Type.ShortcutOverride)  # fmt: skip
FIRST_WALK_BADGE = "first walk"


class FirstWalk(QObject):
    """Shows a closed walk from the picture on the desk through seeds, without editing anything.

    It asks the worker for pictures and leaves the session alone. The first touch ends it; the picture
    that is seen then is where the history begins.

    Parameters
    ----------
    session, window, worker, vectors
        What is on the desk, where it is seen and touched, who draws, who knows the places.
    source, clock
        Where seeds come from, unpredictable when None; tells the time in seconds.
    """

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        worker: RenderWorker,
        vectors: Vectors,
        source: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._window = session, window
        self._worker, self._vectors = worker, vectors
        self._source = source or random.SystemRandom()
        self._clock = clock
        self._shown = True
        self._draft_time = worker.draft_time
        self._began = 0.0
        self._space: Space | None = None
        self._points: list[Vector] = []
        self._recipe = Recipe()
        self._timer = QTimer(self, interval=FIRST_TICK_MS)
        self._timer.timeout.connect(self.tick)
        worker.rendered.connect(self._on_rendered)
        session.recipe_changed.connect(self._on_edited)
        session.model_changed.connect(self._on_edited)

    @property
    def running(self) -> bool:
        """Whether the picture moves."""
        return self._timer.isActive()

    def start(self) -> None:
        """Move as soon as the places are known; only from a desk that nobody has touched."""
        if self._session.history.count() or self._session.capabilities is None:
            return
        start = self._session.fitted.latent
        seeds = [Latent(self._source.randrange(DICE_LIMIT)) for _ in range(FIRST_PICTURES - 1)]
        self._vectors.when_known([start, *seeds], self._on_known)

    def _on_known(self, space: Space, vectors: list[Vector]) -> None:
        if self._session.history.count():
            return
        self._space, self._points = space, vectors
        self._recipe = self._session.fitted
        self._began = self._clock()
        self._shown = True
        self._draft_time = self._worker.draft_time
        self._worker.set_draft_time(NO_DRAFTS)
        self._timer.start()
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)
        self._window.canvas.badges.show_badge(
            FIRST_WALK_BADGE, "\N{BLACK CIRCLE} wandering \N{MIDDLE DOT} touch to stay",
            "The picture walks through the latent space until you touch anything.", self.stop,
        )  # fmt: skip

    def tick(self) -> None:
        """Ask for the picture of this moment; not while one is under way."""
        passed = self._clock() - self._began
        if passed > LONGEST_FIRST_WALK:
            self.stop()
        elif self._shown and self._space is not None:
            self._shown = False
            vector = along(self._space, self._point, passed * FIRST_SPEED)
            latent = self._space.latent(vector, self._recipe.latent.seed)
            self._recipe = replace(self._recipe, latent=latent)
            self._worker.request(self._recipe)

    def _point(self, index: int) -> Vector:
        return self._points[index % len(self._points)]

    def stop(self) -> None:
        """Stay; what is seen is where the history begins."""
        if not self.running:
            return
        self._end()
        self._session.begin_with(self._recipe)

    def _end(self) -> None:
        self._timer.stop()
        self._worker.set_draft_time(self._draft_time)
        self._window.canvas.badges.hide_badge(FIRST_WALK_BADGE)
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The first touch of the window ends it, and then does what it does."""
        touch = event.type() in TOUCHES and isinstance(watched, QWidget)
        if touch and watched.window() is self._window:  # type: ignore[attr-defined]
            self.stop()
        return False

    def _on_rendered(self) -> None:
        self._shown = True

    def _on_edited(self) -> None:
        """Something else moved the desk: that counts."""
        if self.running:
            self._end()


PAPER = "(from a larger constant; StyleGAN, Karras et al. 2019, fig. 1)"
NO_CONSTANT = "Only StyleGAN and StyleGAN2 start from a constant that can be larger."
ONE_STYLE = "The whole picture has one style."
LARGEST = 4.0


def _times() -> Readout:
    return Readout(lambda value: f"{value:.2f} ×", number_in)


class ExtentPanel(RecipeWidget):
    """How wide and high the picture is, what its larger start is made of, its edges, and styles across."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Picture size")
        self._can: Capabilities | None = None
        self.wide = ValueSlider(
            "Width", 1, LARGEST, 1.0, 0.25, 2, COLOUR.STYLE,
            f"Make the picture so many times as wide as trained {PAPER}.", readout=_times(),
        )  # fmt: skip
        self.high = ValueSlider(
            "Height", 1, LARGEST, 1.0, 0.25, 2, COLOUR.STYLE,
            f"Make the picture so many times as high as trained {PAPER}.", readout=_times(),
        )  # fmt: skip
        self._build_choices()
        self.plain = WordButton("As trained", f"Let the picture be as it was trained {PAPER}.")
        self.facts = Label()
        self.facts.setFont(style.font("small"))
        self.facts.setWordWrap(True)
        style.set_tone(self.facts, "muted")
        self._build()
        self._connect()
        self.set_capabilities(None)

    def _build_choices(self) -> None:
        self.fill = Segmented(
            "Larger start",
            (
                ("mirror", f"The learned start in the middle, mirrored at its edges {PAPER}."),
                ("repeat", f"The learned start again and again {PAPER}."),
                ("stretch", f"The learned start pulled to the larger size {PAPER}."),
            ),
            COLOUR.STYLE,
        )
        self.seamless = Segmented(
            "Seamless",
            (
                ("no", f"The picture ends at its edges, as trained {PAPER}."),
                ("across", f"The left edge goes on at the right one: a band that tiles {PAPER}."),
                ("down", f"The top edge goes on at the bottom one {PAPER}."),
                ("both", f"All edges go on at the opposite ones: a tile {PAPER}."),
            ),
            COLOUR.STYLE,
        )
        across = "the style goes over to it from left to right, column by column (in W)."
        self.walk = Segmented(
            "Across",
            (
                ("one style", "The same style everywhere."),
                ("walk", f"Another latent at the right edge: {across}"),
            ),
            COLOUR.STYLE,
        )
        self.seed = SeedBox(
            "Seed at the right", f"The latent at the right edge: {across}",
            "Throw the dice for another latent at the right edge.", prefix="seed ",
        )  # fmt: skip

    def _build(self) -> None:
        top = QHBoxLayout()
        top.addWidget(section_title("PICTURE SIZE", f"Larger than trained {PAPER}."), 1)
        top.addWidget(self.plain)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        column.addLayout(top)
        for part in (self.wide, self.high, self.facts):
            column.addWidget(part)
        for title, tip, choice in (
            ("LARGER START", f"What the larger constant is made of {PAPER}.", self.fill),
            ("SEAMLESS", f"Which edges go on at the opposite ones {PAPER}.", self.seamless),
            ("ACROSS", "Styles that change from left to right.", self.walk),
        ):
            column.addWidget(section_title(title, tip))
            column.addWidget(choice)
        column.addWidget(self.seed)
        column.addStretch(1)

    def _connect(self) -> None:
        for slider in (self.wide, self.high):
            self.forward_drags(slider)
        self.wide.edited.connect(self._on_wide)
        self.high.edited.connect(self._on_high)
        self.fill.edited.connect(self._on_fill)
        self.seamless.edited.connect(self._on_seamless)
        self.walk.edited.connect(self._on_walk)
        self.seed.edited.connect(self._on_seed)
        self.plain.clicked.connect(self._on_plain)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Be grey for a model that has no constant, and say so."""
        self._can = can
        self.refresh()

    def refresh(self) -> None:
        """Show the extent, and the pixels that it comes to."""
        can, recipe = self._can, self.recipe
        extent, across = recipe.extent, recipe.across
        missing = NO_MODEL if can is None else "" if can.has_extent else NO_CONSTANT
        self.wide.set_value(extent.wide)
        self.high.set_value(extent.high)
        self.fill.set_value(extent.fill)
        self.seamless.set_value(extent.seamless)
        self.walk.set_value("walk" if across else "one style")
        if across:
            self.seed.set_value(across[-1].seed)
        for part in (self.wide, self.high, self.fill, self.seamless, self.walk):
            part.set_available(missing)
        self.seed.set_available(missing or ("" if across else ONE_STYLE))
        self.plain.setEnabled(not missing and (extent != Extent() or bool(across)))
        if missing or can is None:
            self.facts.setText(missing)
            return
        height, width = extent.size_at(can.resolution, can)
        self.facts.setText(f"{width} × {height} px")

    def _on_wide(self, value: float) -> None:
        self._propose_extent(replace(self.recipe.extent, wide=value), "width")

    def _on_high(self, value: float) -> None:
        self._propose_extent(replace(self.recipe.extent, high=value), "height")

    def _on_fill(self, fill: str) -> None:
        self._propose_extent(replace(self.recipe.extent, fill=fill), "larger start")

    def _on_seamless(self, seamless: str) -> None:
        self._propose_extent(replace(self.recipe.extent, seamless=seamless), "seamless")

    def _propose_extent(self, extent: Extent, label: str) -> None:
        self.propose(replace(self.recipe, extent=extent), label)

    def _on_walk(self, word: str) -> None:
        there = (Latent(self.recipe.latent.seed + 1),) if word == "walk" else ()
        self.propose(replace(self.recipe, across=there), "styles across")

    def _on_seed(self, seed: int | None) -> None:
        if seed is not None and self.recipe.across:
            across = (*self.recipe.across[:-1], Latent(seed))
            self.propose(replace(self.recipe, across=across), "styles across")

    def _on_plain(self) -> None:
        self.propose(replace(self.recipe, extent=Extent(), across=()), "size as trained")
