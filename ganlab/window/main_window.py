"""The window: where everything stands, and which signals leave it. No logic lives here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QMenu,
    QSizePolicy,
    QStackedLayout,
    QStatusBar,
    QWidget,
)

from ganlab.controls import (
    Canvas,
    CurvePad,
    FillBar,
    KeySharing,
    NumberBox,
    ScrollBox,
    SeedBox,
    SeedField,
    Stops,
    Track,
    ValueSlider,
    XYPad,
    add_dock,
    controls_at,
    hide_lone_tabs,
)
from ganlab.recipe_widget import Followers, RecipeWidget
from ganlab.slices import Slices
from ganlab.style import STEP, menu_text, plain_tip
from ganlab.window.actions import Actions
from ganlab.window.bars import Banner, Menus, Rail, StatusLine, TopBar, picture_menu
from ganlab.window.glossary import TERMS, Term, term_in
from ganlab.window.palette import CommandList
from ganlab.window.start_page import StartPage
from ganlab.window.window_dialogs import (
    REPORT_SENTENCE,
    FactsDialog,
    Section,
    TermCard,
    TextDialog,
)
from ganlab.window.workspaces import DESK, MASTER, PLAY, RIGHT, Arrangement, Workspaces
from ganlab_core.models import ModelInfo, Pick
from ganlab_core.plain_text import plain_text
from ganlab_core.recipe import Capabilities, Recipe
from ganlab_core.rendering import DraftPicture, Frame

# How large the window is before a person has chosen a size.

FIRST_SIZE = QSize(1440, 900)
"""The size the desk was drawn for, in device-independent pixels."""

FRAME_HEIGHT = 40
"""What a desktop's title bar takes at most, in device-independent pixels: no part of our size."""


def first_size(screen: QSize) -> QSize:
    """What the window was drawn for, or as much of it as the screen has."""
    return FIRST_SIZE.boundedTo(screen - QSize(0, FRAME_HEIGHT))


class PictureAlone:
    """Takes away what stands around a window's picture, and brings just that back.

    Parameters
    ----------
    window
        The window; its docks go.
    bars
        What else goes.
    """

    def __init__(self, window: QMainWindow, bars: tuple[QWidget, ...]) -> None:
        self._window = window
        self._bars = bars
        self._hidden: list[QWidget] = []

    def show(self, alone: bool) -> None:
        """Leave the picture alone on the screen, or bring back what was seen before."""
        around = [*self._bars, *self._window.findChildren(QDockWidget)]
        if alone:
            self._hidden = [widget for widget in around if widget.isVisible()]
        for widget in self._hidden:
            widget.setVisible(not alone)
        state = self._window.windowState()
        full = Qt.WindowState.WindowFullScreen
        self._window.setWindowState(state | full if alone else state & ~full)


MARGIN = 4 * STEP
"""Between a message and the edges of the picture it lies on."""

WIDEST_MESSAGE = 180 * STEP


class Middle(QWidget):
    """The pages of which one fills the middle of the window, and the messages that lie on it.

    A message takes no room from the page: it neither moves the picture nor makes the window larger.
    """

    def __init__(self, picture: QWidget, banner: Banner) -> None:
        super().__init__()
        self._pages = {"": picture}
        self._banner = banner
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(picture)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        banner.setParent(self)
        banner.resized.connect(self._place_banner)

    def add_page(self, name: str, page: QWidget) -> None:
        """Have another page."""
        self._pages[name] = page
        self._stack.addWidget(page)
        self._banner.raise_()

    def show_page(self, name: str) -> None:
        """Show a page; the picture where there is none of this name."""
        self._stack.setCurrentWidget(self._pages.get(name, self._pages[""]))
        self._banner.raise_()

    @property
    def page(self) -> str:
        """The page that is shown; empty for the picture."""
        shown = self._stack.currentWidget()
        return next(name for name, page in self._pages.items() if page is shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the message at the lower edge."""
        super().resizeEvent(event)
        self._place_banner()

    def _place_banner(self) -> None:
        width = max(1, min(WIDEST_MESSAGE, self.width() - 2 * MARGIN))
        self._banner.resize(width, self._banner.height())
        height = min(self._banner.needed_height, self.height() - 2 * MARGIN)
        left = (self.width() - width) // 2
        self._banner.setGeometry(left, self.height() - height - MARGIN, width, height)
        self._banner.raise_()


class MainWindow(QMainWindow):
    """The picture in the middle, a bar above it, a line of status below, and docks for the rooms' panels.

    Attributes
    ----------
    canvas, banner, status, top_bar, menus, actions_, commands
        What rooms show things in, and by what they are asked.
    workspaces
        How the window is arranged for what a person does; a room may add an `Arrangement`.
    middle, start_page
        The pages in the place of the picture, and the one to begin on.

    Signals
    -------
    recipe_edited(Recipe, str), drag_started(), drag_finished()
        What a person did with the controls of any panel.
    model_shown(ModelInfo or None, Capabilities or None)
        Every panel offers what this model can do.
    paths_dropped(list of Path), path_chosen(Path)
        Files to open; rooms emit them as well.
    card_opened(TermCard, tuple of str)
        A word of the field is explained, at a control of these names; pictures are welcome.
    controls_asked(tuple of str, QMenu)
        A right click on a control that maps know by these names; others may add to its menu.
    closing()
        The window is about to go.
    """

    recipe_edited = Signal(object, str)
    drag_started = Signal()
    drag_finished = Signal()
    model_shown = Signal(object, object)
    paths_dropped = Signal(object)
    path_chosen = Signal(object)
    controls_asked = Signal(object, object)
    card_opened = Signal(object, object)
    closing = Signal()

    def __init__(self) -> None:
        super().__init__()
        KeySharing(self)
        self.setWindowTitle("ganlab")
        # At 150 % Qt tells X that windows grow by 2 pixels; a window manager counts these from the least
        # size where there is no other, and would cut the window whenever a panel changes that.
        self.setBaseSize(1, 1)
        self.setAcceptDrops(True)
        self.canvas = Canvas()
        self.banner = Banner()
        self.status = StatusLine()
        self.actions_ = Actions(self, self.canvas)
        self.commands = CommandList(self)
        self.may_close: Callable[[], bool] | None = None
        self._can: Capabilities | None = None
        self._report: TextDialog | None = None
        self._panels = Followers(self)
        self._right: QDockWidget | None = None
        self._on_picture: list[QAction] = []
        self._came_from = PLAY.name
        self._place()
        self._alone = PictureAlone(self, (self.top_bar, self._foot, self.rail))
        self._connect()
        self.show_model(None, None)

    # --- building --------------------------------------------------------------------------------

    def _place(self) -> None:
        self.middle = Middle(self.canvas, self.banner)
        self.start_page = StartPage()
        self.middle.add_page("start", self.start_page)
        self.setCentralWidget(self.middle)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.rail = Rail()
        self.addToolBar(Qt.ToolBarArea.RightToolBarArea, self.rail)
        self.workspaces = Workspaces(self, self.canvas)
        self.top_bar = TopBar(self.actions_, self.workspaces)
        self.setMenuWidget(self.top_bar)
        self.menus = Menus(self.top_bar.menus, self.actions_)
        self.top_bar.show_menus()
        # Of a bar that Qt makes itself, what Python holds can become invalid while the bar lives on.
        self._foot = QStatusBar()
        self._foot.setSizeGripEnabled(False)
        self._foot.addWidget(self.status, 1)
        self.setStatusBar(self._foot)
        self.resize(first_size(self.screen().availableSize()))

    def add_panel(
        self,
        name: str,
        content: QWidget,
        area: Qt.DockWidgetArea,
        *,
        shown: bool = False,
        on_picture: bool = False,
    ) -> QDockWidget:
        """Give a panel a dock that a person can show, move and hide; the View menu lists it.

        A `RecipeWidget`, also one in a `ScrollBox`, is kept in step with the Recipe and the model,
        and its edits are heard. Panels at the right share their place: one is shown at a time, chosen
        by its sign on the rail. One `on_picture` is also in the picture's own menu. Call before the
        layout is restored.
        """
        dock = add_dock(self, name, content, area)
        plays = name in (MASTER, DESK)
        if area == RIGHT and not plays:
            if self._right is not None and self.dockWidgetArea(self._right) == area:
                self.tabifyDockWidget(self._right, dock)
            self._right = self._right or dock
        dock.setVisible(shown)
        dock.visibilityChanged.connect(self._on_panel_visible)
        self.workspaces.join(dock, area)
        self.menus.add_dock(dock)
        self.rail.add_panel(name, dock)
        if on_picture:
            self._on_picture.append(dock.toggleViewAction())
        panel = content.widget() if isinstance(content, ScrollBox) else content
        if isinstance(panel, RecipeWidget):
            self._panels.add(panel)
        return dock

    def _connect(self) -> None:
        self._panels.edited.connect(self.recipe_edited)
        self._panels.drag_started.connect(self.drag_started)
        self._panels.drag_finished.connect(self.drag_finished)
        self.canvas.zoomed.connect(self.status.show_zoom)
        self.canvas.picture_painted.connect(self.status.note_painted)
        self.workspaces.entered.connect(self._on_workspace)
        self.actions_["start_page"].triggered.connect(self._on_start_page)
        self.actions_["glossary"].triggered.connect(self._on_glossary)
        self.actions_["reset_layout"].triggered.connect(self.workspaces.reset)
        self.canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.canvas.customContextMenuRequested.connect(self._on_picture_menu)
        self.banner.details_wanted.connect(self._on_details)
        self.menus.path_chosen.connect(self.path_chosen)
        self.top_bar.models_wanted.connect(self.actions_["choose_model"].trigger)
        self.top_bar.pick_chosen.connect(self._on_pick)
        for name, slot in {
            "zoom_in": self.canvas.zoom_in,
            "zoom_out": self.canvas.zoom_out,
            "fit": self.canvas.fit,
            "actual_size": self.canvas.actual_size,
            "to_picture": self._on_to_picture,
            "palette": self.commands.open,
            "quit": self.close,
        }.items():
            self.actions_[name].triggered.connect(slot)
        self.actions_["smooth"].toggled.connect(self.canvas.set_smooth)
        self.actions_["picture_alone"].toggled.connect(self._on_picture_alone)

    def _on_panel_visible(self) -> None:
        QTimer.singleShot(0, self, partial(hide_lone_tabs, self))

    def _on_start_page(self) -> None:
        """Go to the start page, or back to where one came from."""
        spaces = self.workspaces
        spaces.enter(self._came_from if spaces.current.page else "Start")

    def _on_glossary(self) -> None:
        rows = tuple((one.name, f"{one.text}  ({one.paper})") for one in TERMS)
        self.show_facts("Words of the field", [Section("Glossary", rows)])

    def _on_workspace(self, entered: Arrangement) -> None:
        self.middle.show_page(entered.page)
        if not entered.page:
            self._came_from = entered.name
        for around in (self.rail, self._foot):  # both are about the picture
            around.setVisible(not entered.page and not self.actions_["picture_alone"].isChecked())
        if not entered.page:
            self.canvas.setFocus()

    # --- what is shown ---------------------------------------------------------------------------

    def make_ready(self, can: Capabilities) -> Iterator[None]:
        """Make what a model with such capabilities needs, a slice at each step, before it is shown."""
        if can != self._can:
            yield from self._panels.making_ready(can)

    def show_model(self, info: ModelInfo | None, can: Capabilities | None) -> None:
        """Put a model's name in the bar, and let the controls offer what it can do."""
        self.top_bar.show_model(info)
        title = plain_text(info.title or info.name).replace("[*]", "[ * ]") if info else ""
        self.setWindowTitle(f"{title} - ganlab" if info else "ganlab")
        if info is None or can != self._can:
            self._can = can
            self._panels.set_capabilities(can)
        self.model_shown.emit(info, can)
        self.actions_.offer(can)
        self.status.offer(can)

    def _on_picture_menu(self, place: QPoint) -> None:
        """Offer what one does with a picture, where the pointer is."""
        menu = picture_menu(self.actions_, self._on_picture, self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.canvas.mapToGlobal(place))

    def _on_pick(self, pick: Pick) -> None:
        self.recipe_edited.emit(pick.recipe, f"pick {pick.name}")

    def show_recipe(self, recipe: Recipe) -> None:
        """Let every control show this Recipe."""
        self._panels.show_recipe(recipe)

    def follow(self, recipe: Recipe) -> None:
        """Let the controls follow a hand that moves, not more often than pictures come."""
        self._panels.follow(recipe)

    def catch_up(self) -> None:
        """Let the controls show what they know: the hand has let go."""
        self._panels.catch_up()

    def show_frame(self, frame: Frame) -> None:
        """Show a picture, and what it took; controls that are behind a moving hand are shown with it."""
        self._panels.catch_up_with_picture()
        self.canvas.show_pixels(frame.pixels)
        self.status.show_frame(frame)

    def show_draft(self, draft: DraftPicture) -> None:
        """Show a picture read early in the place of the one that follows."""
        width, height = self.canvas.image.width(), self.canvas.image.height()
        if width:
            note = f"preview, {draft.resolution} px"
            self.canvas.show_draft(draft.pixels, QSize(width, height), note)
            self.status.show_draft(draft)

    def show_history(self, undo: str, redo: str) -> None:
        """What Undo and Redo would change; empty where there is nothing."""
        for name, label in (("undo", undo), ("redo", redo)):
            action = self.actions_[name]
            action.setEnabled(bool(label))
            words = filter(None, (action.statusTip().rstrip("."), label))
            action.setToolTip(plain_tip(": ".join(words)))

    def show_notice(self, text: str, details: str = "", *, passing: bool = False) -> None:
        """Say a sentence over the picture; a `passing` one goes away by itself."""
        self.banner.show_text(text, details, passing=passing)

    def show_report(self, report: str) -> None:
        """Show what went wrong unexpectedly; one window at a time, however often it happens."""
        if self._report is None:
            self._report = TextDialog("ganlab met an error", REPORT_SENTENCE, report, self)
            self._report.finished.connect(self._on_report_closed)
            self._report.open()

    def show_facts(self, title: str, sections: Sequence[Section]) -> None:
        """Show facts under headings in a window of their own."""
        dialog = FactsDialog(title, sections, self)
        Slices(dialog).start(dialog.filling(), dialog.open)

    def reveal(self, panel: str, control: QWidget) -> None:
        """Show a panel and give the keyboard to a control in it."""
        dock = self.workspaces.dock(panel)
        if dock is not None:
            dock.show()
            dock.raise_()
        control.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_term(self, shown: Term, names: tuple[str, ...] = ()) -> None:
        """Say what a word of the field means, by a control of these names where it was asked at one."""
        card = TermCard(shown, self)
        self.card_opened.emit(card, names)
        card.open()

    # --- keys ------------------------------------------------------------------------------------

    def _on_to_picture(self) -> None:
        self.actions_["picture_alone"].setChecked(False)
        self.canvas.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _on_picture_alone(self, alone: bool) -> None:
        self._alone.show(alone)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """A right click that nothing else had a use for: on a control it opens that control's menu."""
        under = self.childAt(self.mapFromGlobal(event.globalPos()))
        names, menu = controls_at(under), knob_menu(under, self.actions_, self.show_term, self)
        if names:
            self.controls_asked.emit(names, menu)
        if menu.isEmpty():
            super().contextMenuEvent(event)
            return
        event.accept()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    # --- windows and files -----------------------------------------------------------------------

    def _on_details(self, sentence: str, details: str) -> None:
        TextDialog("Details", sentence, details, self).open()

    def _on_report_closed(self) -> None:
        self._report = None

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self.canvas.badges.show_badge(
                "drop", "\N{DOWNWARDS ARROW} let go to open", "What is dropped here is opened."
            )
            self.start_page.show_aimed(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """What was carried over the window has left it."""
        self.canvas.badges.hide_badge("drop")
        self.start_page.show_aimed(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell which files were dropped."""
        self.canvas.badges.hide_badge("drop")
        self.start_page.show_aimed(False)
        urls = event.mimeData().urls()
        paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.paths_dropped.emit(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leave the screen as it was, and tell that the window goes, if it may."""
        if self.may_close is not None and not self.may_close():
            event.ignore()
            return
        self.actions_["picture_alone"].setChecked(False)
        self.closing.emit()
        super().closeEvent(event)


Knob = ValueSlider | Track | FillBar | Stops | XYPad | CurvePad | NumberBox | SeedBox | SeedField
"""What shows a number, and can be reset."""


def knob_menu(
    under: QWidget | None,
    actions: Actions,
    show_term: Callable[[Term, tuple[str, ...]], object],
    parent: QWidget,
) -> QMenu:
    """The menu of the knob at a widget, or of the nearest around it; empty where there is none.

    Other controls, which can be pressed or chosen from, only say what they are.
    """
    menu = QMenu(parent)
    knob = _knob_at(under)
    if knob is not None and knob.isEnabled():
        menu.addAction("Reset").triggered.connect(knob.ask_default)
    if isinstance(knob, ValueSlider):
        menu.addAction("Type a value\N{HORIZONTAL ELLIPSIS}").triggered.connect(knob.type_value)
    if knob is not None:
        menu.addAction(actions["keyframe"])
    control: QWidget | None = knob if knob is not None else _control_at(under)
    found = None if control is None else term_of(control)
    if control is not None and found is not None:
        names = controls_at(control)
        words = menu_text(f"What is {found.name}?")
        menu.addAction(words).triggered.connect(lambda: show_term(found, names))
    return menu


def term_of(control: QWidget) -> Term | None:
    """The word of the field that a control is about, by its name and tooltip."""
    return term_in(f"{control.accessibleName()} {control.toolTip()}")


def _knob_at(widget: QWidget | None) -> Knob | None:
    """The control of a number here; the track and the entry of one belong to it."""
    while widget is not None and not isinstance(widget, Knob):
        widget = widget.parentWidget()
    whole = None if widget is None else widget.parentWidget()
    return whole if isinstance(whole, ValueSlider | SeedBox) else widget


def _control_at(widget: QWidget | None) -> QWidget | None:
    """The button, choice or picture here that has a name and a tooltip."""
    while widget is not None and not (widget.accessibleName() and widget.toolTip()):
        widget = widget.parentWidget()
    return widget
