"""The plane: D as a field, G's points with where they are pulled, real points, step by step or running."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QRectF, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ganlab import style
from ganlab.controls import Label, WordButton
from ganlab.engine import BackgroundTasks
from ganlab.recipe_widget import section_title
from ganlab.style import COLOUR, STEP

if TYPE_CHECKING:
    import pyqtgraph

    from ganlab_core.lessons import PlaneGame, PlaneSettings, PlaneSnapshot

SHAPES = ("clusters", "ring", "grid", "spiral")
LOSSES = ("logistic-r1", "logistic", "wgan", "wgan-gp", "hinge")
PACE = 40
"""Milliseconds between two pictures of a running game."""

AT_ONCE = 10
"""Steps between two pictures."""


class PlanePanel(QFrame):
    """Chooses a game, and shows it.

    Signals
    -------
    begun()
        Another game is wanted, by the choices as they are.
    stepped(int, int)
        So many steps of D and of G are wanted.
    run_toggled(bool)
        The game shall run, or stand still.
    """

    begun = Signal()
    stepped = Signal(int, int)
    run_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Plane")
        self.shape = self._choice("Real points", SHAPES)
        self.loss = self._choice("Loss", LOSSES)
        self.rate = self._choice("G's pace", ("1x", "2x", "5x"))
        self.step_d = WordButton("D step", "One step of the discriminator alone.")
        self.step_g = WordButton("G step", "One step of the generator alone.")
        self.run = WordButton("Run", "Let both take steps in turn, or stop.")
        self.run.setCheckable(True)
        self.again = WordButton("Again", "Begin this game anew.")
        self.text = Label("")
        self.text.setWordWrap(True)
        style.set_tone(self.text, "muted")
        self._plot: pyqtgraph.PlotWidget | None = None
        self._build()
        self.step_d.clicked.connect(lambda: self.stepped.emit(1, 0))
        self.step_g.clicked.connect(lambda: self.stepped.emit(0, 1))
        self.run.toggled.connect(self.run_toggled)
        self.again.clicked.connect(self.begun)

    def _choice(self, name: str, items: tuple[str, ...]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        style.set_tip(box, f"{name} of the next game.")
        box.addItems(items)
        box.activated.connect(self.begun)
        return box

    def _build(self) -> None:
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(3 * STEP, 2 * STEP, 3 * STEP, 3 * STEP)
        self._column.addWidget(
            section_title("PLANE", "The whole game on points (GAN Lab, Kahng et al. 2018).")
        )
        for widgets in (
            (self.shape, self.loss, self.rate),
            (self.step_d, self.step_g, self.run, self.again),
        ):
            row = QHBoxLayout()
            for widget in widgets:
                row.addWidget(widget, 1)
            self._column.addLayout(row)
        self._column.addWidget(self.text)

    def settings(self) -> PlaneSettings:
        """The game that the choices describe."""
        from ganlab_core.lessons import PlaneSettings

        faster = float(self.rate.currentText().rstrip("x"))
        return PlaneSettings(
            shape=self.shape.currentText(), loss=self.loss.currentText(), rate_g=1e-3 * faster
        )

    def show_snapshot(self, now: PlaneSnapshot) -> None:
        """Draw a game as it is."""
        if self._plot is None:
            self._make_plot()
        top = max(1e-6, float(np.percentile(np.abs(now.field - np.median(now.field)), 90)))
        self._field.setImage((now.field.T - np.median(now.field)) / top, levels=(-1.0, 1.0))
        self._real.setData(now.real[:, 0], now.real[:, 1])
        self._fake.setData(now.fake[:, 0], now.fake[:, 1])
        lengths = np.linalg.norm(now.slopes, axis=1, keepdims=True)
        arrows = now.fake + 0.15 * now.slopes / np.maximum(lengths, 1e-9)
        lines = np.stack([now.fake, arrows], axis=1).reshape(-1, 2)
        self._pulls.setData(lines[:, 0], lines[:, 1], connect="pairs")
        modes = f", {now.modes} of 8 clusters" if self.shape.currentText() == "clusters" else ""
        self.text.setText(
            f"Step {now.steps}: loss of D {now.loss_d:.3f}, of G {now.loss_g:.3f}; distance "
            f"{now.distance:.3f}{modes}. Green: real. Cyan: G's, with where D pulls them. The ground is "
            "lighter where D says real."
        )

    def _make_plot(self) -> None:
        import pyqtgraph as pg

        from ganlab_core.lessons import REACH

        self._plot = plot = pg.PlotWidget(background=COLOUR.GROUND)
        plot.setAccessibleName("The plane")
        plot.setAspectLocked(lock=True)
        plot.hideAxis("left")
        plot.hideAxis("bottom")
        plot.setMouseEnabled(x=False, y=False)
        plot.setMenuEnabled(enableMenu=False)
        plot.setMinimumHeight(60 * STEP)
        plot.setRange(QRectF(-REACH, -REACH, 2 * REACH, 2 * REACH), padding=0)
        self._field = pg.ImageItem()
        self._field.setColorMap(pg.ColorMap([0.0, 0.5, 1.0], ["#08090b", COLOUR.STRIP, "#5b626c"]))
        self._field.setRect(QRectF(-REACH, -REACH, 2 * REACH, 2 * REACH))
        self._pulls = pg.PlotDataItem(pen=pg.mkPen(COLOUR.STYLE, width=1))
        self._real = pg.ScatterPlotItem(size=5, pen=None, brush=COLOUR.CLASS, symbol="o")
        self._fake = pg.ScatterPlotItem(size=6, pen=None, brush=COLOUR.STYLE, symbol="d")
        for item in (self._field, self._pulls, self._real, self._fake):
            plot.addItem(item)
        self._column.addWidget(plot, 1)


class PlanePlayer(QObject):
    """Plays the game beside the window's thread, a few steps for each picture."""

    def __init__(
        self, panel: PlanePanel, tasks: BackgroundTasks, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._panel, self._tasks = panel, tasks
        self._game: PlaneGame | None = None
        self._busy = False
        self._timer = QTimer(self, interval=PACE)
        self._timer.timeout.connect(lambda: self.step(AT_ONCE, AT_ONCE))
        panel.begun.connect(self.begin)
        panel.stepped.connect(self.step)
        panel.run_toggled.connect(self._on_run)

    @property
    def busy(self) -> bool:
        """Whether steps are being taken."""
        return self._busy

    def begin(self) -> None:
        """Begin the game that is chosen, and show it."""
        self._game = None
        self.step(0, 0)

    def step(self, steps_d: int, steps_g: int) -> None:
        """So many steps; nothing while others are being taken."""
        if not self._busy:
            self._busy = True
            work = partial(_advanced, self._game, self._panel.settings(), steps_d, steps_g)
            self._tasks.start(work, self._on_done)

    def stop(self) -> None:
        """Take no more steps."""
        self._timer.stop()

    def _on_run(self, on: bool) -> None:
        if on:
            self._timer.start()
        else:
            self._timer.stop()

    def _on_done(self, found: tuple[PlaneGame, PlaneSnapshot]) -> None:
        self._busy = False
        game, now = found
        if self._game is None or self._game is game:
            wanted = self._panel.settings()
            if game.settings == wanted:
                self._game = game
                self._panel.show_snapshot(now)
            else:  # another game was chosen meanwhile
                self._game = None
                self.step(0, 0)


def _advanced(
    game: PlaneGame | None, settings: PlaneSettings, steps_d: int, steps_g: int
) -> tuple[PlaneGame, PlaneSnapshot]:
    from ganlab_core.lessons import PlaneGame, advance

    game = PlaneGame(settings) if game is None else game
    return game, advance(game, steps_d, steps_g)
