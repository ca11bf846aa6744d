"""The room where films are made: builds the timeline and the exports, and joins them to the window."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDockWidget

from ganlab.controllers.exporting import Exporter
from ganlab.controllers.film_files import FilmFiles
from ganlab.controllers.filming import Filming
from ganlab.controllers.opening import Opener
from ganlab.controllers.undoing import Undoing
from ganlab.film.timeline_panel import TimelinePanel
from ganlab.main_window import MainWindow
from ganlab.messages import Messages
from ganlab.session import Session
from ganlab.settings import Settings
from ganlab.views.dock import join_where_low
from ganlab.workers.errands import Errands
from ganlab.workers.render_worker import RenderWorker
from ganlab_core.timeline import Timeline

HEIGHT = 212


class FilmRoom(QObject):
    """Everything about films in the window; the timeline is hidden until it is wanted.

    Parameters
    ----------
    session, window, worker, opener, errands, messages, settings
        What films are made of, shown in, drawn by, and told through.
    """

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        worker: RenderWorker,
        opener: Opener,
        errands: Errands,
        messages: Messages,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._placed = False
        self.panel = TimelinePanel()
        self._dock = window.add_panel(
            "Timeline", self.panel, Qt.DockWidgetArea.BottomDockWidgetArea
        )
        self.filming = Filming(session, worker, errands, messages, self.panel, parent=self)
        self.undoing = Undoing(session, self.filming, window, self)
        self.files = FilmFiles(
            session, self.filming, opener, window, errands, messages, settings, self
        )
        self.exporter = Exporter(session, self.filming, opener, window, messages, settings, self)
        opener.film_opened.connect(self._on_film_opened)
        self._connect_actions()

    def _on_shown(self, shown: bool) -> None:
        """Find a place the first time: above the desk, or where the window is low a tab beside it."""
        desk = self._window.findChild(QDockWidget, "deskDock")
        if not shown or self._placed or not isinstance(desk, QDockWidget):
            return
        self._placed = True
        if not join_where_low(self._window, self._dock):
            self._window.splitDockWidget(self._dock, desk, Qt.Orientation.Vertical)
            self._window.resizeDocks([self._dock], [HEIGHT], Qt.Orientation.Vertical)

    def _connect_actions(self) -> None:
        actions = self._window.actions_
        actions["timeline"].toggled.connect(self._dock.setVisible)
        self._dock.toggleViewAction().toggled.connect(actions["timeline"].setChecked)
        self._dock.toggleViewAction().toggled.connect(self._on_shown)
        actions["keyframe"].triggered.connect(self._on_keyframe)
        actions["play_film"].triggered.connect(self.filming.toggle)
        actions["new_film"].triggered.connect(self.filming.clear)

    def stop(self) -> None:
        """End everything that runs."""
        self.filming.stop()
        self.exporter.stop()

    def _on_keyframe(self) -> None:
        self._dock.show()
        self.filming.add_keyframe()

    def _on_film_opened(self, line: Timeline) -> None:
        self._dock.show()
        self.filming.open(line)
