"""Workspaces: which panels stand around the picture for what a person does, and how large each is.

Each is one row of a table (`Arrangement`); what a person makes of it is remembered under its name.
The picture is served first: panels at the right get the width that a square picture leaves.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

LAYOUT_VERSION = 2
RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea

DESK, MASTER = "Desk", "Master"
"""What is played on: below each other, next to the window's edge."""

LEAST_DESK, MOST_DESK = 252, 640
LEAST_PANEL, MOST_PANEL = 300, 400
LEAST_PICTURE = 300
LOW = 580
"""A window less high than this leaves no such picture above a timeline."""
_GRIP = 12
"""Of a dock's height, above its panel."""

MASTER_STOPS = 148, 197
"""Heights of the master that cut none of its first controls in two: without growth, and with it."""
ROOM_FOR_GROWTH = 520
"""Height of master and desk from which on the master has the larger of them, though strips scroll then."""
ROOM_FOR_BOTH = LEAST_PICTURE + LEAST_DESK + LEAST_PANEL + 60
"""Widths in device-independent pixels."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How the window is arranged for what a person does.

    Attributes
    ----------
    name, tip
        What its tab says, and one sentence about it.
    panels
        The panels that are shown, by their names, besides the picture.
    wide
        The share of the window's width, 0 to 1, for the panel at the right; 0 leaves the picture first.
    page
        The page in the place of the picture; empty for the picture.
    stays
        The panel at the right above which no other comes: another stands below it; empty for none.
    low
        The panels shown instead where the window is low; those that else stand below the picture then
        stand at the right, below what is played on. Empty for the same ones.
    """

    name: str
    tip: str
    panels: tuple[str, ...] = ()
    wide: float = 0.0
    page: str = ""
    stays: str = ""
    low: tuple[str, ...] = ()


PLAY = Arrangement("Play", "The picture and the desk that makes it.", (MASTER, DESK))
ARRANGEMENTS = (
    Arrangement("Start", "Models, recent files, runs and lessons, as pictures.", page="start"),
    PLAY,
    Arrangement(
        "Explore",
        "Wander, vary and keep what is found.",
        (MASTER, DESK, "Wander", "History"),
        low=(MASTER, DESK, "Wander"),
    ),
    Arrangement(
        "Film",
        "Keyframes on a timeline become a film.",
        (MASTER, DESK, "Timeline"),
        low=(MASTER, "Timeline"),
    ),
    Arrangement("Train", "A run: what it draws, how it goes, its fade.", ("Run",), wide=0.64),
    Arrangement("Perform", "Play before others: devices, maps, tempo.", (MASTER, DESK, "Perform")),
    Arrangement(
        "Learn", "Lessons that are answered by doing.", (MASTER, DESK, "Learn"), stays="Learn"
    ),
)


def dock_name(panel: str) -> str:
    """How Qt calls the dock of a panel."""
    return f"{panel.lower()}Dock"


class Workspaces(QObject):
    """Goes from one arrangement to another, and remembers what a person made of each.

    Parameters
    ----------
    window
        Whose docks are arranged.
    picture
        The widget that is to be as large as can be.

    Signals
    -------
    added(Arrangement)
        There is one more.
    entered(Arrangement)
        The window is arranged for it now.
    """

    added = Signal(object)
    entered = Signal(object)

    def __init__(self, window: QMainWindow, picture: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._picture = picture
        self._table: dict[str, Arrangement] = {}
        self._states: dict[str, QByteArray] = {}
        self._by_hand: set[str] = set()
        self._low: dict[str, bool] = {}
        self._stood_in: list[QDockWidget] = []
        self._areas: dict[QDockWidget, Qt.DockWidgetArea] = {}
        self.current = PLAY
        self._settles = QTimer(self, singleShot=True, interval=0)
        self._settles.timeout.connect(self.fit)
        self._heights = QTimer(self, singleShot=True, interval=0)
        self._heights.timeout.connect(self._share_height)
        window.installEventFilter(self)
        for arrangement in ARRANGEMENTS:
            self.add(arrangement)

    # --- the table -------------------------------------------------------------------------------

    def add(self, arrangement: Arrangement) -> None:
        """Have one more arrangement, with a tab of its own."""
        self._table[arrangement.name] = arrangement
        self.added.emit(arrangement)

    @property
    def names(self) -> list[str]:
        """All of them, in the order of their tabs."""
        return list(self._table)

    def arrangement(self, name: str) -> Arrangement:
        """The one of this name."""
        return self._table[name]

    def join(self, dock: QDockWidget, area: Qt.DockWidgetArea) -> None:
        """Arrange this dock too; `area` is where it belongs."""
        self._areas[dock] = area
        dock.installEventFilter(self)
        dock.visibilityChanged.connect(self._settles.start)
        dock.toggleViewAction().toggled.connect(self._on_toggled)

    # --- going from one to another ---------------------------------------------------------------

    def enter(self, name: str) -> None:
        """Arrange the window for something else; it is found again as it was left."""
        if name == self.current.name:
            return
        self._states[self.current.name] = self._window.saveState(LAYOUT_VERSION)
        for dock in self._moved():  # restored where it is, it would want the height it has there
            dock.hide()
            self._window.addDockWidget(self._areas[dock], dock)
            dock.hide()
        self.current = self._table[name]
        kept = self._states.get(name)
        if kept is None or not self._window.restoreState(kept, LAYOUT_VERSION):
            self.arrange()
        self.entered.emit(self.current)
        self._settles.start()

    def reset(self) -> None:
        """Arrange the window for what is done now as it was meant to be."""
        self._states.pop(self.current.name, None)
        self._by_hand.discard(self.current.name)
        self.arrange()
        self.entered.emit(self.current)

    def arrange(self) -> None:
        """Put every dock in its place, and show those of the current arrangement."""
        self._stood_in = []  # or hiding what stands in for them would show them
        for dock in self._areas:
            dock.hide()
            dock.setFloating(False)
        self._low[self.current.name] = self._is_low
        self._place_at_right()
        for dock, area in self._areas.items():
            if area != RIGHT and dock not in self._moved():
                self._window.addDockWidget(area, dock)
        self._show_panels()
        self._settles.start()

    @property
    def _is_low(self) -> bool:
        """Whether the window is too low for a picture above a timeline."""
        return self._window.height() < LOW

    @property
    def _panels(self) -> tuple[str, ...]:
        """The names of those that the current arrangement shows in this window."""
        low = self.current.low and self._low.get(self.current.name, False)
        return self.current.low if low else self.current.panels

    def _moved(self) -> list[QDockWidget]:
        """Those that stand at the right now because the window is low."""
        if not self._low.get(self.current.name, False):
            return []
        return [dock for dock in self._at(BOTTOM) if dock.windowTitle() in self.current.low]

    def _place_at_right(self) -> None:
        """Panels in one place, one that stays above it, and right of them the master over the desk."""
        window = self._window
        stays = self.dock(self.current.stays)
        panels = [dock for dock in self._at(RIGHT) if not self._plays(dock) and dock is not stays]
        played = [dock for name in (MASTER, DESK) if (dock := self.dock(name)) is not None]
        row = [*([stays] if stays is not None else panels[:1]), *played, *self._moved()]
        for dock in (*row[:1], *self._moved()):  # being split off tells a dock of no other place
            window.addDockWidget(RIGHT, dock)
        for before, dock in pairwise(row):
            below = before in played
            orientation = Qt.Orientation.Vertical if below else Qt.Orientation.Horizontal
            window.splitDockWidget(before, dock, orientation)
        if stays is not None and panels:  # before there are tabs: what is split from one joins them
            window.splitDockWidget(stays, panels[0], Qt.Orientation.Vertical)
        for dock in panels[1:]:
            window.tabifyDockWidget(panels[0], dock)

    def _show_panels(self) -> None:
        self._stood_in = []
        for name in self._panels:
            found = self.dock(name)
            if found is not None:
                found.show()
        low = [
            dock for dock in self._at(BOTTOM) if not dock.isHidden() and dock not in self._moved()
        ]
        heights = [dock.minimumSizeHint().height() for dock in low]
        self._window.resizeDocks(low, heights, Qt.Orientation.Vertical)

    # --- widths ----------------------------------------------------------------------------------

    def fit_soon(self) -> None:
        """Fit the widths once the window has laid itself out."""
        self._settles.start()

    def fit(self) -> None:
        """Give the picture all the height there is and as much width, and the rest to the panels."""
        if self.current.name in self._by_hand or not self._window.isVisible():
            return
        if (
            self.current.low
            and self._low.setdefault(self.current.name, self._is_low) != self._is_low
        ):
            self.arrange()
            return
        docks = [dock for dock in self._areas if self._shares_width(dock)]
        panels = [dock for dock in docks if not self._plays(dock)]
        if self._stood_in and self._window.width() >= ROOM_FOR_BOTH:
            self._bring_back()
        plays = [dock for dock in docks if self._plays(dock)]
        room = self._room()
        widths: list[int] = []
        if panels:
            least = max(LEAST_PANEL, panels[0].minimumSizeHint().width())
            spare = room - (LEAST_DESK if plays else 0)
            panel = min(max(spare, least), MOST_PANEL) if plays else max(room, least)
            widths.append(panel)
        if plays:
            whole = len(plays) > 1  # strips use any width, the master by itself does not
            widths.append(max(LEAST_DESK, room - sum(widths)) if whole else LEAST_DESK)
        chosen = [*panels[:1], *plays[-1:]]
        if not chosen:
            return
        self._window.resizeDocks(chosen, widths, Qt.Orientation.Horizontal)
        self._heights.start()

    def _on_toggled(self, shown: bool) -> None:
        """One panel at a time stands at the right; in a narrow window it also stands in for the desk.

        One that stays keeps its place, and the other stands below it. Others can float, or be put below
        the picture or to the left of it.

        This is before the window lays itself out, so that it need not grow for what goes again.
        """
        action = self.sender()  # a dock's own action, also while it is taken down
        dock = next((one for one in self._areas if one.toggleViewAction() is action), None)
        if dock is None or not self._shares_place(dock):
            return
        if shown:
            stays = self._staying()
            for other in self._areas:
                if other not in (dock, stays) and self._shows(other):
                    other.hide()
            if self._window.width() < ROOM_FOR_BOTH:
                self._stood_in += [play for play in self._playing() if not play.isHidden()]
                for play in self._stood_in:
                    play.hide()
        elif self._stood_in and not any(self._shows(other) for other in self._areas):
            self._bring_back()

    def _bring_back(self) -> None:
        plays, self._stood_in = self._stood_in, []
        for play in plays:
            play.show()

    def _shares_place(self, dock: QDockWidget) -> bool:
        """Whether it stands at the right, and is nothing that is played on."""
        return (
            not self._plays(dock)
            and not dock.isFloating()
            and self._window.dockWidgetArea(dock) == RIGHT
        )

    def _shows(self, dock: QDockWidget) -> bool:
        return self._shares_place(dock) and not dock.isHidden()

    def _staying(self) -> QDockWidget | None:
        """The panel that stays at the right now; None where there is none, or it is not shown."""
        dock = self.dock(self.current.stays)
        return dock if dock is not None and self._shows(dock) else None

    def _playing(self) -> list[QDockWidget]:
        return [dock for dock in self._areas if self._plays(dock) and not dock.isFloating()]

    def _share_height(self) -> None:
        """The master gets what it needs in its width, the strips the rest; one that stays gets half."""
        if self.current.name in self._by_hand:
            return
        stays = self._staying()
        other = next(
            (dock for dock in self._areas if dock is not stays and self._shows(dock)), None
        )
        if stays is not None and other is not None:
            self._window.resizeDocks([stays, other], [1, 1], Qt.Orientation.Vertical)
        plays = [dock for dock in self._areas if self._plays(dock) and self._shares_width(dock)]
        if len(plays) == 2:
            needed, wanted = (play.widget().sizeHint().height() + _GRIP for play in plays)
            whole = plays[0].height() + plays[1].height()
            spare = whole - wanted
            height = min(needed, _master_height(whole, spare), whole)
            self._window.resizeDocks(
                plays, [height, max(60, whole - height)], Qt.Orientation.Vertical
            )

    def _room(self) -> int:
        """The width that is left for docks at the right."""
        width = self._window.width()
        if self.current.wide:
            return min(round(width * self.current.wide), width - LEAST_PICTURE - _BESIDE_PICTURE)
        spare = width - self._picture.height() - _AROUND
        return min(max(spare, LEAST_DESK), MOST_DESK)

    def _shares_width(self, dock: QDockWidget) -> bool:
        return (
            not dock.isFloating()
            and not dock.isHidden()
            and self._window.dockWidgetArea(dock) == RIGHT
        )

    def _plays(self, dock: QDockWidget) -> bool:
        """Whether it is played on, or stands with what is."""
        played = dock.objectName() in (dock_name(MASTER), dock_name(DESK))
        return played or dock in self._moved()

    def dock(self, name: str) -> QDockWidget | None:
        """The dock of a panel; None where there is none of this name."""
        wanted = dock_name(name)
        return next((dock for dock in self._areas if dock.objectName() == wanted), None)

    def _at(self, area: Qt.DockWidgetArea) -> Iterator[QDockWidget]:
        return (dock for dock, home in self._areas.items() if home == area)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit the widths again with the window; not where a hand has moved a border."""
        if event.type() == QEvent.Type.Resize:
            if watched is self._window:
                self._settles.start()
            elif QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton:
                self._by_hand.add(self.current.name)
        elif event.type() == QEvent.Type.LayoutRequest and watched in self._playing():
            self._heights.start()  # thin strips leave the master more than whole ones
        return False

    # --- remembering -----------------------------------------------------------------------------

    def kept(self) -> dict[str, object]:
        """What is remembered, as plain data."""
        self._states[self.current.name] = self._window.saveState(LAYOUT_VERSION)
        states = {
            name: base64.b64encode(state.data()).decode("ascii")
            for name, state in self._states.items()
        }
        return {
            "current": self.current.name,
            "states": states,
            "by_hand": sorted(self._by_hand),
            "low": sorted(name for name, low in self._low.items() if low),
        }

    def restore(self, kept: object) -> bool:
        """Take what was remembered; False where nothing of it can be used."""
        data = kept if isinstance(kept, dict) else {}
        states, by_hand = data.get("states"), data.get("by_hand")
        for name, text in (states if isinstance(states, dict) else {}).items():
            self._states[str(name)] = _bytes_of(text)
        self._by_hand = {str(name) for name in by_hand} if isinstance(by_hand, list) else set()
        low = data.get("low")
        self._low = {str(name): True for name in low} if isinstance(low, list) else {}
        self._low |= {name: False for name in self._states if name not in self._low}
        name = data.get("current")
        if not isinstance(name, str) or name not in self._table or self._table[name].page:
            return False
        self.current = self._table[name]
        state = self._states.get(name)
        if state is None or not self._window.restoreState(state, LAYOUT_VERSION):
            self.arrange()
        self.entered.emit(self.current)
        self._settles.start()
        return True


_AROUND = 8
"""What separates picture and panels."""

_BESIDE_PICTURE = 68
"""The rail, and the margins of the picture to both sides."""


def _bytes_of(text: object) -> QByteArray:
    try:
        return QByteArray(base64.b64decode(text if isinstance(text, str) else "", validate=True))
    except ValueError:
        return QByteArray()


def _master_height(whole: int, spare: int) -> int:
    """What the master may have of a height that it shares with the desk, which would leave it `spare`."""
    low, high = MASTER_STOPS
    if spare >= high:
        return spare
    return low if spare >= low or whole < ROOM_FOR_GROWTH else high
