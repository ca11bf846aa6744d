"""What frames the window: menus and model above the picture, the line of status and the banner below.

The signs of the panels on its rail are drawn in lines on a grid of 24.
"""

from __future__ import annotations

import functools
import hashlib
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QPoint, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QIcon,
    QImage,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import (
    QBoxLayout,
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLayout,
    QMenu,
    QMenuBar,
    QPushButton,
    QSizePolicy,
    QTabBar,
    QToolBar,
    QToolButton,
    QWidget,
)

from ganlab.controls import ElidedLabel, Label, NameButton
from ganlab.style import COLOUR, STEP, font, menu_text, plain_tip, set_surface, set_tip, set_tone
from ganlab.window.actions import Actions
from ganlab.window.workspaces import Arrangement, Workspaces
from ganlab_core.models import ModelInfo, Pick, architecture_name, picks
from ganlab_core.recipe import Capabilities, Recipe
from ganlab_core.rendering import CHOICES, DraftPicture, Frame, GreyError, counts_in

ON_PICTURE = (
    ("copy_picture", "copy_recipe", "paste_recipe"),
    ("save_png", "export_pictures"),
    ("keep", "keyframe", "take_a"),
    ("dice", "random_class", "reroll_coarse", "reroll_middle", "reroll_fine"),
    ("undo", "redo", "reset"),
    ("fit", "actual_size", "smooth", "picture_alone"),
)
"""What one does with a picture, by its own menu."""


def picture_menu(actions: Actions, panels: Sequence[QAction], parent: QWidget) -> QMenu:
    """The menu of the picture; `panels` show what is made of it, such as variations."""
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    for index, names in enumerate(ON_PICTURE):
        if index:
            menu.addSeparator()
        menu.addActions([actions[name] for name in names])
        if "take_a" in names:
            menu.addActions(list(panels))
    return menu


class Menus(QObject):
    """Fills a menu bar, and keeps the lists of models and recent files up to date.

    Signals
    -------
    path_chosen(Path)
        A model or a recent file was chosen.
    """

    path_chosen = Signal(object)

    def __init__(self, bar: QMenuBar, actions: Actions) -> None:
        super().__init__(bar)
        self._models = QMenu("&Models", bar)
        self._models.setToolTipsVisible(True)
        self._recent = QMenu("Rece&nt", bar)
        self._view = QMenu(bar)
        for group in actions.groups():
            menu = bar.addMenu(f"&{group}")
            menu.setToolTipsVisible(True)
            for action in actions.group(group):
                menu.addAction(action)
            if group == "File":
                before = actions["save_png"]
                menu.insertMenu(before, self._models)
                menu.insertMenu(before, self._recent)
                menu.insertSeparator(before)
                menu.insertSeparator(actions["copy_picture"])
                menu.insertSeparator(actions["quit"])
            if group == "View":
                menu.addSeparator()
                self._view = menu
        self.show_models([])
        self.show_recent([])

    def add_dock(self, dock: QDockWidget) -> None:
        """List a panel that can be shown and hidden."""
        self._view.addAction(dock.toggleViewAction())

    @property
    def recent_names(self) -> list[str]:
        """What the list of recent files offers."""
        return [action.text() for action in self._recent.actions() if action.data()]

    def show_models(self, models: Sequence[ModelInfo]) -> None:
        """List the models of the library."""
        _fill(self._models, "No models found")
        for info in models:
            title = f"{info.title or info.name}  ({info.resolution} px)"
            self._add(self._models, title, info.path).setToolTip(plain_tip(info.attribution))

    def show_recent(self, paths: Sequence[Path]) -> None:
        """List the files that were opened last."""
        _fill(self._recent, "Nothing opened yet")
        for path in paths:
            self._add(self._recent, path.name, path).setToolTip(plain_tip(str(path)))

    def _add(self, menu: QMenu, title: str, path: Path) -> QAction:
        menu.actions()[0].setVisible(False)
        action = menu.addAction(menu_text(title))
        action.setData(str(path))
        action.triggered.connect(self._on_chosen)
        return action

    def _on_chosen(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.path_chosen.emit(Path(action.data()))


def _fill(menu: QMenu, otherwise: str) -> None:
    """Empty a menu but for one line that says why it is empty."""
    menu.clear()
    menu.addAction(otherwise).setEnabled(False)


ROOM_FOR_SEARCH, ROOM_FOR_BUTTONS, ROOM_FOR_NAME = 1240, 980, 860
"""Bars this wide have room for these beside tabs and model, in device-independent pixels."""


class TopBar(QFrame):
    """All menus under one button, the workspaces as tabs, the model, the search and a few buttons.

    Parameters
    ----------
    actions, workspaces
        What its buttons do, and what its tabs go to.

    Signals
    -------
    models_wanted()
        The model's name was pressed: others are to be offered.
    pick_chosen(Pick)
        One of the model's hand-picked Recipes was chosen.
    picks_opened(list of Recipe)
        These are looked at; answer with `show_pick`.
    """

    models_wanted = Signal()
    pick_chosen = Signal(object)
    picks_opened = Signal(object)

    def __init__(
        self, actions: Actions, workspaces: Workspaces, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        set_surface(self, "panel")
        self._workspaces = workspaces
        self._make_menu()
        self._make_tabs()
        self._make_model()
        self._make_search(actions)
        self._build(actions)
        for name in workspaces.names:
            self._on_added(workspaces.arrangement(name))
        self._on_entered(workspaces.current)
        workspaces.added.connect(self._on_added)
        workspaces.entered.connect(self._on_entered)
        self.tabs.currentChanged.connect(self._on_tab)

    def _make_menu(self) -> None:
        self.menus = QMenuBar(self)
        self.menus.hide()
        self._menu = QMenu(self)
        self.menu_button = QToolButton()
        self.menu_button.setText("\N{TRIGRAM FOR HEAVEN}  ganlab")
        self.menu_button.setFont(font("body", bold=True))
        self.menu_button.setMenu(self._menu)
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.menu_button.setAccessibleName("Menu")
        self.menu_button.setShortcut("F10")
        set_tip(self.menu_button, "Everything the window can do, by groups (F10).")

    def _make_tabs(self) -> None:
        self.tabs = QTabBar()
        self.tabs.setProperty("rooms", "true")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self.tabs.setAccessibleName("Workspaces")
        set_tip(
            self.tabs, "Arrange the window for what you do; each is found again as it was left."
        )

    def _make_model(self) -> None:
        self._text = ""
        self.model = NameButton()
        self.model.setProperty("centred", "true")
        self.model.setProperty("framed", "true")
        self.model.setFont(font("body"))
        self.model.set_tail("  \N{BLACK DOWN-POINTING SMALL TRIANGLE}")
        self.model.setMaximumWidth(90 * STEP)
        self.model.clicked.connect(self.models_wanted)
        self._picks = QMenu(self)
        self._picks.setProperty("pictures", "true")
        self._picks.aboutToShow.connect(self._on_picks_opened)
        self.picks = QToolButton()
        self.picks.setText("Picks")
        self.picks.setMenu(self._picks)
        self.picks.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.picks.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.picks.setAccessibleName("Picks of this model")
        set_tip(self.picks, "Pictures that were chosen to show what this model can do.")

    def _make_search(self, actions: Actions) -> None:
        self.search = NameButton()
        self.search.setProperty("framed", "true")
        self.search.setFont(font("small"))
        self.search.setText("Find anything …   Ctrl+K")
        self.search.setAccessibleName("Search everything")
        self.search.setFixedWidth(46 * STEP)
        self.search.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        set_tone(self.search, "muted")
        set_tip(self.search, "Find commands, knobs, models and words of the field (Ctrl+K).")
        self.search.clicked.connect(actions["palette"].trigger)

    def _build(self, actions: Actions) -> None:
        undo = ActionButton(actions["undo"], "\N{ANTICLOCKWISE TOP SEMICIRCLE ARROW}")
        redo = ActionButton(actions["redo"], "\N{CLOCKWISE TOP SEMICIRCLE ARROW}")
        self._steps = (undo, redo)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * STEP, STEP, 3 * STEP, STEP)
        layout.setSpacing(2 * STEP)
        layout.addWidget(self.menu_button, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self.tabs, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self.model, 20, Qt.AlignmentFlag.AlignVCenter)
        for part in (self.picks, self.search, undo, redo, ActionButton(actions["save_png"])):
            layout.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.insertStretch(3, 1)
        layout.insertStretch(2, 1)

    def show_menus(self) -> None:
        """Let the button offer all menus of the bar."""
        self._menu.clear()
        self._menu.addActions(self.menus.actions())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what has no room beside tabs and model; each is also in the menus."""
        width = event.size().width()
        self.search.setVisible(width >= ROOM_FOR_SEARCH)
        for button in self._steps:
            button.setVisible(width >= ROOM_FOR_BUTTONS)
        roomy = width >= ROOM_FOR_NAME
        self.menu_button.setText("\N{TRIGRAM FOR HEAVEN}" + ("  ganlab" if roomy else ""))
        self.picks.setVisible(roomy and bool(self._picks.actions()))
        super().resizeEvent(event)

    # --- workspaces ------------------------------------------------------------------------------

    def _on_added(self, arrangement: Arrangement) -> None:
        index = self.tabs.addTab(arrangement.name)
        self.tabs.setTabToolTip(index, plain_tip(arrangement.tip))

    def _on_entered(self, arrangement: Arrangement) -> None:
        names = [self.tabs.tabText(index) for index in range(self.tabs.count())]
        with QSignalBlocker(self.tabs):
            self.tabs.setCurrentIndex(names.index(arrangement.name))

    def _on_tab(self, index: int) -> None:
        self._workspaces.enter(self.tabs.tabText(index))

    # --- the model -------------------------------------------------------------------------------

    @property
    def model_text(self) -> str:
        """What is told about the model."""
        return self._text

    def show_model(self, info: ModelInfo | None) -> None:
        """Tell which model is on the desk, and offer its picks."""
        self._text = describe_model(info) if info else ""
        shown = self._text or "Choose a model"
        self.model.setText(shown)
        self.model.set_short((info.title or info.name) if info else "")
        self.model.setAccessibleName(f"Model: {shown}. Choose another")
        credit = f"{info.attribution} " if info and info.attribution else ""
        set_tip(self.model, f"{credit}Press to choose among the models (Ctrl+M).")
        self._show_picks(picks(info) if info else ())

    def _show_picks(self, found: tuple[Pick, ...]) -> None:
        self._picks.clear()
        for pick in found:
            action = self._picks.addAction(menu_text(pick.name))
            action.setData(pick)
            action.triggered.connect(self._on_pick)
        self.picks.setVisible(bool(found) and self.width() >= ROOM_FOR_NAME)

    def _on_picks_opened(self) -> None:
        missing = [action for action in self._picks.actions() if action.icon().isNull()]
        self.picks_opened.emit([action.data().recipe for action in missing])

    def show_pick(self, recipe: Recipe, picture: QImage) -> None:
        """Show what a pick looks like."""
        for action in self._picks.actions():
            if action.data().recipe == recipe:
                action.setIcon(QIcon(QPixmap.fromImage(picture)))

    @property
    def pick_actions(self) -> list[QAction]:
        """What the menu of picks offers."""
        return self._picks.actions()

    def _on_pick(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.pick_chosen.emit(action.data())


def describe_model(info: ModelInfo) -> str:
    """Name, architecture and size: `"Adventurers  ·  StyleGAN  ·  64 px"`."""
    return "  \N{MIDDLE DOT}  ".join(
        (info.title or info.name, architecture_name(info.architecture), f"{info.resolution} px")
    )


class ActionButton(QToolButton):
    """A button for an action, with its own text or a sign in its place."""

    def __init__(self, action: QAction, sign: str = "") -> None:
        super().__init__()
        self.setDefaultAction(action)
        plain = action.text().replace("&", "").replace("\N{HORIZONTAL ELLIPSIS}", "")
        self._shown = sign or plain
        action.changed.connect(self._keep_text)
        self._keep_text()
        self.setAccessibleName(plain)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if sign:
            self.setFont(font("large"))
            self.setFixedSize(8 * STEP, 7 * STEP)
            self.setProperty("sign", "true")

    def _keep_text(self) -> None:
        self.setText(self._shown)  # Qt takes the action's own at each of its changes


RAIL = (
    ("Master", "Desk"),
    ("Wander", "Variations", "Pad", "Psi curve", "Picture size", "Map"),
    ("History", "Favourites", "Presets", "Compare"),
    ("Timeline", "Exports"),
    ("Inside", "Own picture", "Drag", "Critic"),
    ("Run", "Fade"),
    ("Perform",),
    ("Learn", "Ideas", "Plane"),
)
"""The panels as they follow each other on the rail: played on, explored with, kept, filmed, and so on."""

LOW_SIGN, HIGH_SIGN, APART = 27, 35, 9
"""Heights of a sign in a low and in a high window, and between two groups, in device-independent pixels."""


class Rail(QToolBar):
    """A sign for every panel at the window's edge, in groups: a press shows it, another puts it away.

    In a low window the signs come closer; those that have no room even so are listed by a last sign.

    Attributes
    ----------
    signs, more
        By the names of their panels; the last one.
    """

    def __init__(self) -> None:
        super().__init__("Panels")
        self.setObjectName("rail")
        self.setProperty("rail", "true")
        self.setMovable(False)
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.toggleViewAction().setVisible(False)
        self.signs: dict[str, QToolButton] = {}
        self._column = QWidget()
        self._column.setProperty("plain", "true")
        self._column.setFixedWidth(SIDE + 12)
        self._column.setMinimumHeight(2 * LOW_SIGN)
        self._column.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._rest = QMenu(self)
        self._rest.setToolTipsVisible(True)
        self.more = _sign(
            "More panels", "Panels that have no room here; a higher window shows all."
        )
        self.more.setIcon(panel_icon("More"))
        self.more.setMenu(self._rest)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setParent(self._column)
        self.addWidget(self._column)

    def add_panel(self, name: str, dock: QDockWidget) -> None:
        """Have a sign for a panel, in its group; one that no group knows comes last."""
        action = dock.toggleViewAction()
        action.setIcon(panel_icon(name))
        action.setToolTip(plain_tip(f"Show {name}, or put it away."))
        sign = _sign(f"Panel {name}", "")
        sign.setDefaultAction(action)
        sign.setParent(self._column)
        self.signs[name] = sign
        before: QWidget | None = None
        for _, other in self._in_order():  # Tab goes from sign to sign as they are seen
            if before is not None:
                QWidget.setTabOrder(before, other)
            before = other
        if before is not None:
            QWidget.setTabOrder(before, self.more)
        self._lay_out()

    @property
    def left_out(self) -> list[str]:
        """The panels that stand in the list of the last sign."""
        return [action.text() for action in self._rest.actions()]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many signs as there is room for."""
        super().resizeEvent(event)
        self._lay_out()

    def _in_order(self) -> list[tuple[int, QToolButton]]:
        """Number of the group and sign, from the top."""
        place = {name: (at, row) for at, group in enumerate(RAIL) for row, name in enumerate(group)}
        last = (len(RAIL), 0)
        names = sorted(self.signs, key=lambda name: place.get(name, last))
        return [(place.get(name, last)[0], self.signs[name]) for name in names]

    def _lay_out(self) -> None:
        signs = self._in_order()
        room = self.height() - 3 * STEP
        gaps = APART * max(0, len({group for group, _ in signs}) - 1)
        pitch = min(HIGH_SIGN, max(LOW_SIGN, (room - gaps) // max(1, len(signs))))
        whole = gaps + pitch * len(signs) <= room
        self._rest.clear()
        top, before = 0, signs[0][0] if signs else 0
        for group, sign in signs:
            at = top + (APART if group != before else 0)
            fits = not self._rest.actions() and at + pitch * (1 if whole else 2) <= room
            sign.setVisible(fits)
            if fits:
                sign.setGeometry(0, at, self._column.width(), pitch - 2)
                top, before = at + pitch, group
            else:
                self._rest.addAction(sign.defaultAction())
        self.more.setVisible(bool(self._rest.actions()))
        self.more.setGeometry(0, top, self._column.width(), pitch - 2)


def _sign(name: str, tip: str) -> QToolButton:
    sign = QToolButton()
    sign.setIconSize(QSize(SIDE, SIDE))
    sign.setAccessibleName(name)
    sign.setToolTip(plain_tip(tip))
    sign.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return sign


GAP = "   \N{MIDDLE DOT}   "
SPARE = 0.05
"""Seconds that a frame may come later than it took to draw and still belong to a movement."""


TELLING_MS = 100
"""Between two changes of the words about pictures that come one after the other."""

EDITS_NOTED = 32
"""Of which no picture has come yet; a hand that is faster than the network leaves some behind."""

LEAST_HINT = 24 * STEP
"""Of the keys, when everything else is told, in device-independent pixels."""

GRAPHED, GRAPH_MS = 40, 100.0
"""Pictures in the graph, and what its height stands for."""


class FrameTimes(QWidget):
    """A small graph: how long after the hand each of the last pictures was on the screen."""

    def __init__(self) -> None:
        super().__init__()
        self._values: deque[float] = deque(maxlen=GRAPHED)
        self.setFixedSize(2 * GRAPHED, 4 * STEP)
        self.setAccessibleName("Times of the last pictures")
        self.setToolTip(
            plain_tip(f"From the hand to the screen; the whole height is {GRAPH_MS:.0f} ms.")
        )

    def add(self, milliseconds: float) -> None:
        """One more picture, at the right; seen with the next `update`."""
        self._values.append(milliseconds)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A bar for each picture."""
        with QPainter(self) as painter:
            colour = QColor(COLOUR.MUTED)
            left = self.width() - 2 * len(self._values)
            for number, value in enumerate(self._values):
                height = max(1, round(self.height() * min(1.0, value / GRAPH_MS)))
                painter.fillRect(left + 2 * number, self.height() - height, 1, height, colour)


HASH_DIGITS = 6
RESTED_MS = 300
"""Without a new picture for so long, the one that is shown is hashed."""

EXACT_TIP = (
    "Bit-exact: 32 bits on a processor give the same picture from the same Recipe every time. Its "
    "SHA-256 begins so, and render --json prints it."
)
NEAR_TIP = (
    "Not bit-exact: {precision} on {device} may differ from 32 bits on a processor by some grey levels. "
    "The SHA-256 of this picture begins so."
)


class SteadyLabel(Label):
    """As wide as its widest text so far: words that change with every picture move nothing beside them.

    Qt lays the whole window out anew for a text of a label that may have any size, not for one of a fixed.
    """

    def setText(self, text: str) -> None:
        """Show other words."""
        super().setText(text)
        if not text:  # asking for a size before the font is chosen lets Qt keep the wrong one
            return
        wanted = self.sizeHint()
        if wanted.width() > self.minimumWidth() or wanted.height() > self.minimumHeight():
            self.setFixedSize(wanted)


class PictureHash(SteadyLabel):
    """The badge of a picture that rests: how its SHA-256 begins, and whether it is bit-exact here."""

    def __init__(self) -> None:
        super().__init__()
        self.setFont(font("small"))
        set_tone(self, "muted")
        self._frame: Frame | None = None
        self._timer = QTimer(self, singleShot=True, interval=RESTED_MS)
        self._timer.timeout.connect(self.tell)

    def show_frame(self, frame: Frame) -> None:
        """Tell about this one once it rests."""
        self._frame = frame
        self.setText("")
        self._timer.start()

    def tell(self) -> None:
        """Hash the picture now."""
        self._timer.stop()
        frame = self._frame
        if frame is None:
            return
        exact = is_exact(frame)
        digits = hashlib.sha256(frame.pixels.tobytes()).hexdigest()[:HASH_DIGITS]
        self.setText(f"{'exact' if exact else 'near'} {digits}")
        near = NEAR_TIP.format(precision=frame.precision, device=frame.device)
        self.setToolTip(plain_tip(EXACT_TIP if exact else near))


def is_exact(frame: Frame) -> bool:
    """Whether a picture is what the same Recipe gives on any day."""
    return frame.device == "cpu" and frame.precision == "fp32"


class PrecisionButton(QPushButton):
    """Where the network runs and with which numbers; its menu changes the numbers, and says their cost.

    Signals
    -------
    wanted(str)
        One of `CHOICES` was chosen.
    """

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("quiet", "true")
        set_tone(self, "muted")
        self.setFont(font("small"))
        self.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._kind = ""
        self._choice = ""
        self._told = ""
        self.clicked.connect(self._open)
        self.show_cost(None)
        self.hide()

    @property
    def cost(self) -> str:
        """What the precision in use costs, in words."""
        return self._told

    def show_choice(self, name: str) -> None:
        """Mark what was asked for."""
        self._choice = name

    def show_frame(self, frame: Frame) -> None:
        """Tell where a picture was drawn; what that device has not cannot be chosen."""
        self._kind = frame.device.partition(":")[0]
        self.setText(f"{frame.device} {frame.precision}")

    def show_cost(self, error: GreyError | None) -> None:
        """Tell how far the picture is from the exact one; None = it is that, as far as is known."""
        self._told = "32 bits: the picture itself"
        if error is not None:
            most, mean = error.largest, f"{error.mean:.2f}"
            self._told = f"this picture is at most {most} grey levels off, {mean} on average"
        tip = "Where the network runs, and with which numbers; press to choose others."
        set_tip(self, f"{tip} {self._told[0].upper()}{self._told[1:]}.")

    def choices(self) -> QMenu:
        """A menu of the precisions, each action with its name as data; first what the one in use costs."""
        menu = QMenu(self)
        menu.addAction(self._told).setEnabled(False)
        menu.addSeparator()
        for name, words in CHOICES.items():
            action = menu.addAction(words)
            action.setData(name)
            action.setCheckable(True)
            action.setChecked(name == self._choice)
            action.setEnabled(counts_in(name, self._kind))
        menu.triggered.connect(self._on_chosen)
        return menu

    def _on_chosen(self, action: QAction) -> None:
        self.wanted.emit(action.data())

    def _open(self) -> None:
        menu = self.choices()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.mapToGlobal(QPoint(0, -menu.sizeHint().height())))


class StatusLine(QWidget):
    """Tells about the last frame, in muted words.

    Signals
    -------
    precision_wanted(str)
        The network is to count in this precision.

    Parameters
    ----------
    clock
        Seconds that go on; `time.perf_counter` unless a test says otherwise.
    """

    precision_wanted = Signal(str)

    def __init__(
        self, parent: QWidget | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._times: deque[float] = deque(maxlen=30)
        self._frame: Frame | None = None
        self._told: Recipe | None = None
        self._took = 0.0
        self._seen_after = self._ran = ""
        self._untold = False
        self._telling = QTimer(self, singleShot=True, interval=TELLING_MS)
        self._telling.timeout.connect(self._on_telling)
        self._edits: OrderedDict[Recipe, float] = OrderedDict()
        self._graph = FrameTimes()
        self._hint = _label("What the keys do; F1 shows all of them.", ElidedLabel(GAP))
        self._keys = ""
        self._said = ""
        self._speed = _label(
            "Frames per second while something moves, the time of one frame, and how long after the hand "
            "its picture was on the screen.",
            SteadyLabel(),
        )
        self.place = PrecisionButton()
        self.place.wanted.connect(self.precision_wanted)
        self.hash = PictureHash()
        self._stages = _label(
            "How many stages of the network the last change had to run again.", SteadyLabel()
        )
        self._zoom = _label("How large the picture is shown.")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4 * STEP, STEP, 4 * STEP, STEP)
        layout.setSpacing(5 * STEP)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        layout.addWidget(self._hint, 1)
        for part in (self._zoom, self._graph, self._speed, self.place, self.hash, self._stages):
            layout.addWidget(part)
        self.offer(None)

    def minimumSizeHint(self) -> QSize:
        """It never makes the window wider: what has no room is left out."""
        return QSize(LEAST_HINT, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show what there is room for."""
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Beside the keys the place of counting, then the times, and so on as far as they fit."""
        layout = self.layout()
        room = self.width() - LEAST_HINT - (2 * 4 * STEP)
        for part in (self.place, self._speed, self._zoom, self.hash, self._graph, self._stages):
            wanted = part.sizeHint().width() + (0 if layout is None else layout.spacing())
            told = part.text() != "" if isinstance(part, Label | QPushButton) else bool(self._times)
            fits = told and wanted <= room
            part.setVisible(fits)
            room -= wanted if fits else 0

    def offer(self, can: Capabilities | None) -> None:
        """Tell the keys that mean something to the model; None = no model."""
        keys = (
            ("Space: new seed", True),
            ("C: class", can is not None and bool(can.classes)),
            ("N: noise", can is None or can.has_noise),
            ("[ ]: psi", can is None or can.has_truncation),
            ("G: growth", can is not None and can.has_growth and not can.has_noise),
            ("F1: all keys", True),
        )
        self._keys = GAP.join(words for words, there in keys if there)
        self._hint.setText(self._said or self._keys)

    def note_edit(self, recipe: Recipe) -> None:
        """The hand has asked for the picture of a Recipe just now."""
        self._edits[recipe] = self._clock()
        while len(self._edits) > EDITS_NOTED:
            self._edits.popitem(last=False)

    def note_painted(self) -> None:
        """The picture told about last is on the screen: tell how long that took the hand's edit."""
        asked = None if self._told is None else self._edits.pop(self._told, None)
        if asked is not None:
            waited = 1000.0 * (self._clock() - asked)
            self._graph.add(waited)
            self._seen_after = f", seen after {waited:.0f} ms"
            self._tell_soon()

    def show_frame(self, frame: Frame) -> None:
        """Tell about a frame; one that only adds previews to the last is no new frame."""
        known = self._frame is not None and self._frame.pixels is frame.pixels
        self._frame = frame
        if known:
            return
        now = self._clock()
        if self._times and now - self._times[-1] > frame.milliseconds / 1000 + SPARE:
            self._times.clear()  # the hand has rested, the network was not the slow one
        self._times.append(now)
        self.place.show_frame(frame)
        self.hash.show_frame(frame)
        self._note_picture(frame.recipe, frame.milliseconds, describe_stages(frame))

    def show_choice(self, name: str) -> None:
        """Mark the precision that was asked for."""
        self.place.show_choice(name)

    def show_cost(self, error: GreyError | None) -> None:
        """Tell what the precision in use costs the picture."""
        self.place.show_cost(error)

    def show_draft(self, draft: DraftPicture) -> None:
        """Tell about a picture read early."""
        self._times.append(self._clock())
        words = f"preview at {draft.resolution} px"
        self._note_picture(draft.recipe, draft.milliseconds, words)

    def _note_picture(self, recipe: Recipe, milliseconds: float, stages: str) -> None:
        self._told, self._seen_after = recipe, ""
        self._took, self._ran = milliseconds, stages
        self._tell_soon()

    def _tell_soon(self) -> None:
        """Change the words, but no more often than an eye can follow: each change is painted."""
        self._untold = True
        if not self._telling.isActive():
            self._on_telling()

    def tell(self) -> None:
        """Write what there is to tell now."""
        self._untold = False
        self._speed.setText(f"{self._rate()}{self._took:.1f} ms{self._seen_after}")
        self._stages.setText(self._ran)
        self._graph.update()
        self._make_room()

    def _on_telling(self) -> None:
        if self._untold:
            self.tell()
            self._telling.start()

    def show_zoom(self, words: str) -> None:
        """Tell how large the picture is shown."""
        self._zoom.setText(words)
        self._make_room()

    def show_hint(self, words: str) -> None:
        """Say something in the place of the keys; empty brings them back."""
        self._said = words
        self._hint.setText(words or self._keys)

    def _rate(self) -> str:
        """Frames per second of this burst; nothing before there are enough to tell."""
        if len(self._times) < 4:
            return ""
        return f"{(len(self._times) - 1) / (self._times[-1] - self._times[0]):.0f} fps   "


def describe_stages(frame: Frame) -> str:
    """How much was run again, and at which resolutions: `"stages re-run: 3 of 10 (64x64)"`."""
    told = f"stages re-run: {len(frame.stages_run)} of {frame.stages_total}"
    if not frame.stages_run:
        return told
    first, last = (name.partition("/")[0] for name in (frame.stages_run[0], frame.stages_run[-1]))
    return f"{told} ({first})" if first == last else f"{told} ({first} to {last})"


def _label(tip: str, label: Label | None = None) -> Label:
    label = label or Label()
    label.setFont(font("small"))
    label.setToolTip(plain_tip(tip))
    label.setAlignment(Qt.AlignmentFlag.AlignVCenter)
    set_tone(label, "muted")
    return label


# What floats over the lower edge of the picture and says one sentence, and more behind a button.

PASSING_MS = 8000
NARROW = 72 * STEP
MOST_LINES = 4
"""Of a sentence; the tooltip says all of a longer one."""


class Banner(QFrame):
    """One sentence with a Close button, and a Details button where there is more.

    One that does not pass by itself comes back after a passing one that was shown over it.

    Signals
    -------
    details_wanted(str, str)
        The sentence and its details; the person asked to read them.
    resized()
        It needs another height.
    """

    details_wanted = Signal(str, str)
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_surface(self, "strip")
        self._details = ""
        self._standing: tuple[str, str] | None = None
        self._timer = QTimer(self, singleShot=True, interval=PASSING_MS)
        self._timer.timeout.connect(self.pass_by)
        self._text = Label()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._more = _button("Details", "Show what lies behind this message.")
        self._close = _button("Close", "Put this message away.")
        self._more.clicked.connect(self._on_more)
        self._close.clicked.connect(self._on_close)
        buttons = QHBoxLayout()
        buttons.setSpacing(2 * STEP)
        buttons.addStretch(1)
        buttons.addWidget(self._more)
        buttons.addWidget(self._close)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(3 * STEP, STEP, 2 * STEP, STEP)
        self._row.setSpacing(STEP)
        self._row.addWidget(self._text, 1)
        self._row.addLayout(buttons)
        self.hide()

    @property
    def needed_height(self) -> int:
        """In which everything can be read at its width."""
        self._make_room()
        return self._row.totalMinimumSize().height()

    @property
    def text(self) -> str:
        """The sentence that is, or was last, shown."""
        return self._text.text()

    def show_text(self, text: str, details: str = "", *, passing: bool = False) -> None:
        """Say a sentence, in the place of the one before; a `passing` one goes away by itself."""
        if not passing:
            self._standing = (text, details)
        self._say(text, details)
        if passing:
            self._timer.start()
        else:
            self._timer.stop()

    def _say(self, text: str, details: str) -> None:
        self._text.setText(text)
        self._details = details
        self._more.setVisible(bool(details))
        self.setAccessibleDescription(text)
        self._make_room()
        self.show()
        self.resized.emit()

    def pass_by(self) -> None:
        """A passing sentence goes; one that was to stay comes back."""
        self._timer.stop()
        if self._standing is None:
            self.hide()
        else:
            self._say(*self._standing)

    def withdraw(self, text: str) -> None:
        """Put a sentence away that no longer holds; another one stays."""
        if self._standing is not None and self._standing[0] == text:
            self._standing = None
        if text and self.text == text:
            self._on_close()

    def put_away(self) -> None:
        """Put away what was said before something else was done with success."""
        self._standing = None
        if not self._timer.isActive():
            self.hide()

    def _on_close(self) -> None:
        if self._standing is not None and self._standing[0] == self.text:
            self._standing = None
        self.pass_by()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the sentence whole."""
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """The whole sentence is to be read; where there is little room the buttons go below it."""
        narrow = self.width() < NARROW
        directions = QBoxLayout.Direction
        self._row.setDirection(directions.TopToBottom if narrow else directions.LeftToRight)
        self._row.setSpacing(0 if narrow else STEP)
        self._text.setFont(font("small" if narrow else "body"))
        margins = self._row.contentsMargins()
        width = self.width() - margins.left() - margins.right()
        if not narrow:
            width -= self._more.sizeHint().width() + self._close.sizeHint().width() + 4 * STEP
        whole = self._text.heightForWidth(max(1, width))
        most = MOST_LINES * self._text.fontMetrics().lineSpacing()
        self._text.setMinimumHeight(min(most, max(0, whole)))
        self._text.setToolTip(plain_tip(self._text.text() if whole > most else ""))

    def _on_more(self) -> None:
        self.details_wanted.emit(self.text, self._details)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(plain_tip(tip))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


SIDE = 20
_SCALE = 4
"""Drawn this many times larger, so that it is sharp on every screen."""

_PATHS = {
    "Master": "M5 7h9M18 7h1M5 12h3M12 12h7M5 17h11M19 17h0M16 5v4M10 10v4M17 15v4",
    "Desk": "M4 5h4v14H4zM10 5h4v14h-4zM16 5h4v14h-4zM4 11h4M10 15h4M16 9h4",
    "Wander": "M4 17c4-9 6 4 9-3s4-6 7-4M18 8l2.5 2-2 2.500",
    "Variations": "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
    "Pad": "M4 4h16v16H4zM12 4v16M4 12h16M15.500 8.500a1 1 0 1 0 .1 0z",
    "Psi curve": "M4 20V4M4 20h16M5 16c5 0 6-9 14-9",
    "Picture size": "M4 9h6v6H4zM13 5h7v14h-7M10 9h3M10 15h3M16 12h3M17.500 10.500l1.500 1.500-1.500 1.500",
    "Map": "M4 6l5-2 6 2 5-2v14l-5 2-6-2-5 2zM9 4v14M15 6v14",
    "Favourites": "M12 4l2.400 5.200 5.600.7-4.100 3.900 1.100 5.600L12 16.600 7 19.400"
    "l1.100-5.600L4 9.900l5.600-.7z",
    "Compare": "M4 5h16v14H4zM12 3v18M15 9l2 3-2 3",
    "Presets": "M5 5h14v4H5zM5 12h14M5 16h14M5 20h8",
    "History": "M5 5v5h5M5.600 10A7.500 7.500 0 1 1 4.600 14M12 8v5l3.500 2",
    "Timeline": "M3 12h18M6 9v6M12 6v12M18 9v6M12 6l-2-2h4z",
    "Exports": "M12 3v11M8 10l4 4 4-4M4 16v4h16v-4",
    "Inside": "M4 12c3-5 5-6.500 8-6.500s5 1.500 8 6.500c-3 5-5 6.500-8 6.500S7 17 4 12z"
    "M12 9.500a2.500 2.500 0 1 0 .1 0z",
    "Own picture": "M4 5h16v14H4zM4 16l5-5 4 4 3-2 4 3M15.500 8a1.200 1.200 0 1 0 .1 0z",
    "Drag": "M6 17a2 2 0 1 0 .1 0zM8 15.500L17 7M12 6.500h5.500v5.500M4 8V5h3M20 16v3h-3",
    "Critic": "M3 11c2.500-4 5.500-6 9-6s6.500 2 9 6c-2.500 4-5.500 6-9 6s-6.500-2-9-6z"
    "M9 11l2.200 2.200L15.500 9M7 20.500h10",
    "Run": "M4 19V5M4 19h16M6 8c3 6 5 8 13 8.500M8 5h0M6 16c4-1 6-3 12-3.500",
    "Fade": "M4 6h10v10H4zM10 10h10v10H10z",
    "Perform": "M4 17h16M7 17V9M12 17V5M17 17v-6M4 20h16",
    "Learn": "M3 8l9-4 9 4-9 4zM7 10v5c3 3 7 3 10 0v-5M21 8v6",
    "Ideas": "M4 19h16M5 15l4-4 3 2 7-8M9 11h0M12 13h0M15 5h4v4",
    "Folder": "M3 7h6l2 2h10v10H3zM9 14h6M12 11v6",
    "Open": "M12 15V4M8 8l4-4 4 4M4 14v6h16v-6",
    "More": "M5 12h.100M12 12h.100M19 12h.100",
    "Plane": "M4 4v16h16M9 8.500a1.300 1.300 0 1 0 .1 0zM16 7a1.300 1.300 0 1 0 .1 0z"
    "M13 13.500a1.300 1.300 0 1 0 .1 0z",
}


def panel_icon(name: str) -> QIcon:
    """The sign of a panel, muted, and bright while it is shown; its first letter where none is known."""
    icon = QIcon()
    for state, colour in ((QIcon.State.Off, COLOUR.MUTED), (QIcon.State.On, COLOUR.TEXT)):
        icon.addPixmap(QPixmap.fromImage(_drawn(name, colour)), QIcon.Mode.Normal, state)
    return icon


@functools.cache
def _drawn(name: str, colour: str) -> QImage:
    path = _PATHS.get(name)
    sign = (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6"'
        ' stroke-linecap="round" stroke-linejoin="round"/>'
        if path
        else f'<text x="12" y="18" font-size="16" text-anchor="middle" fill="{colour}">'
        f"{name[:1]}</text>"
    )
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{sign}</svg>'
    image = QImage(QSize(SIDE, SIDE) * _SCALE, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        QSvgRenderer(QByteArray(svg.encode())).render(painter)
    image.setDevicePixelRatio(_SCALE)
    return image
