"""Exploring: builds the panels of wandering and keeping, and those who move them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt

from ganlab.controllers.blending import Blender
from ganlab.controllers.locking import Locker
from ganlab.controllers.stirring import Stirrer
from ganlab.controllers.strolling import Stroller
from ganlab.controllers.varying import Varier
from ganlab.controllers.vectors import Vectors
from ganlab.controllers.walking import Walker
from ganlab.main_window import MainWindow
from ganlab.panels.map_panel import MapPanel
from ganlab.panels.pad import PadPanel
from ganlab.panels.psi_curve import PsiCurvePanel
from ganlab.panels.variations import VariationsPanel
from ganlab.panels.walk import WalkPanel
from ganlab.session import Session
from ganlab.views.dock import ScrollBox
from ganlab.workers.errands import Errands
from ganlab.workers.render_worker import RenderWorker

RIGHT = Qt.DockWidgetArea.RightDockWidgetArea


class Explorer(QObject):
    """Everything that makes the desk a place to stay in; all of it is hidden at first.

    Parameters
    ----------
    session, window, worker, errands
        What is explored, where the panels go, who draws, and who reads files.
    """

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        worker: RenderWorker,
        errands: Errands,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._window = window
        self.walk_panel = WalkPanel()
        self.map_panel = MapPanel()
        self.variations_panel = VariationsPanel()
        self.pad_panel = PadPanel()
        self.psi_panel = PsiCurvePanel()
        for name, panel in {
            "Wander": self.walk_panel,
            "Variations": self.variations_panel,
            "Pad": self.pad_panel,
            "Psi curve": self.psi_panel,
            "Map": self.map_panel,
        }.items():
            window.add_panel(name, ScrollBox(panel), RIGHT)
        self.vectors = vectors = Vectors(session, worker, self)
        self.walker = Walker(session, worker, vectors, self.walk_panel, parent=self)
        self.stirrer = Stirrer(session, worker, self.walk_panel, parent=self)
        self.stroller = Stroller(
            session, worker, vectors, window.canvas, self.walk_panel, self.map_panel, parent=self
        )
        self.locker = Locker(session, vectors, window.desk, self)
        self.varier = Varier(
            session, worker, vectors, self.variations_panel, self._locked, parent=self
        )
        self.blender = Blender(
            session, worker, vectors, errands, self.pad_panel, self._locked, self
        )
        self._connect()

    def _locked(self) -> frozenset[int]:
        return self.locker.locked

    def _connect(self) -> None:
        actions = self._window.actions_
        actions["wander"].triggered.connect(self.walker.toggle)
        actions["move_noise"].triggered.connect(self.stirrer.toggle)
        actions["walk_by_hand"].triggered.connect(self.walk_panel.hand.click)
        for group in ("coarse", "middle", "fine"):
            actions[f"reroll_{group}"].triggered.connect(
                lambda _=False, group=group: self.locker.reroll(group)
            )
        self.walk_panel.reroll_asked.connect(self.locker.reroll)
        self._session.model_changed.connect(self._on_model_changed)

    def _on_model_changed(self) -> None:
        self.walk_panel.set_capabilities(self._session.capabilities)
