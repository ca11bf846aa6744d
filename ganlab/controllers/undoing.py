"""Undo and redo over the desk and the film: the last thing done is taken back, wherever it was."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox

from ganlab.controllers.filming import Filming
from ganlab.main_window import MainWindow
from ganlab.session import Session


class Undoing(QObject):
    """Takes back what was done last; an edit of a keyframe on the desk is one thing with two halves.

    Parameters
    ----------
    session, filming
        Whose histories are walked.
    window
        Has the actions, and shows what they would do.
    """

    def __init__(
        self,
        session: Session,
        filming: Filming,
        window: MainWindow,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._filming = filming
        self._window = window
        window.actions_["undo"].triggered.connect(self.undo)
        window.actions_["redo"].triggered.connect(self.redo)
        window.actions_["forget_history"].triggered.connect(self.ask_to_forget)
        session.history_changed.connect(self._on_changed)
        filming.history_changed.connect(self._on_changed)
        self._on_changed()

    def undo(self) -> None:
        """Take the last thing done back."""
        desk, film = self._undo_stamps()
        newest = max(desk, film)
        if newest:
            self._walk(desk == newest, film == newest, back=True)

    def redo(self) -> None:
        """Make again what was taken back last."""
        desk, film = self._redo_stamps()
        known = [stamp for stamp in (desk, film) if stamp]
        if known:
            self._walk(desk == min(known), film == min(known), back=False)

    def ask_to_forget(self) -> None:
        """Ask before every step of the desk is forgotten."""
        count = self._session.history.count()
        if not count:
            return
        box = QMessageBox(self._window)
        box.setWindowTitle("Forget the history?")
        box.setText(f"{count} step{'s' * (count != 1)} will be gone for good.")
        box.setInformativeText("The picture, the timeline and the favourites stay.")
        keep = box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        forget = box.addButton("Forget", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        forget.clicked.connect(self.forget)
        box.finished.connect(box.deleteLater)
        box.open()

    def forget(self) -> None:
        """Begin the history with what is on the desk; the film keeps its own."""
        self._filming.stop()
        with self._filming.showing.quietly():
            self._session.forget_history()
        self._filming.showing.begin_again()

    def _walk(self, desk: bool, film: bool, *, back: bool) -> None:
        """Go a step back or on in one history, or in both."""
        session, history = self._session, self._filming.history
        self._filming.stop()
        if film:
            history.undo() if back else history.redo()
            with self._filming.showing.quietly():
                if desk:
                    session.undo() if back else session.redo()
            self._filming.restored()
        else:
            session.undo() if back else session.redo()
        self._on_changed()

    def _undo_stamps(self) -> tuple[int, int]:
        """When the last step on the desk, and of the film, was made; 0 where there is none."""
        now = self._session.history.now
        desk = self._filming.stamps.of_desk(now.number) if now.parent is not None else 0
        return desk, self._filming.history.undo_stamp

    def _redo_stamps(self) -> tuple[int, int]:
        """The same of the steps that would come next; the film's only if nothing was done since."""
        towards = self._session.history.now.towards
        desk = 0 if towards is None else self._filming.stamps.of_desk(towards.number)
        film = self._filming.history.redo_stamp
        return desk, film if film > max(self._undo_stamps()) else 0

    def _on_changed(self) -> None:
        """Say in the menu what undo and redo would do."""
        session, film = self._session.history, self._filming.history
        desk_back, film_back = self._undo_stamps()
        desk_on, film_on = self._redo_stamps()
        undo = film.undo_label if film_back > desk_back else session.undo_label
        takes_film = film_on and (not desk_on or film_on < desk_on)
        self._window.show_history(undo, film.redo_label if takes_film else session.redo_label)
