"""The command palette: actions, panels, and what the rooms add, found by a few letters.

It knows what people call the things that the window can do, and how well what they type fits each.
Whole words win over beginnings of words, names over other words for a thing, and letters that only
stand there in order come last.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QColor, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QDockWidget,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import Label
from ganlab.style import COLOUR, STEP, plain_tip
from ganlab.window.glossary import TERMS
from ganlab_core.plain_text import plain_text

if TYPE_CHECKING:
    from ganlab.window.main_window import MainWindow

MOST_SHOWN = 60
NOT_NOW = "This cannot be done now: open a model first, or change something."
ASIDE = Qt.ItemDataRole.UserRole
KEYS_WIDTH = 30 * STEP
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
WALKING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """One thing to do.

    Attributes
    ----------
    text
        What it is called.
    kind
        What sort of thing it is: a menu's name, "Panel", "Model", "Favourite".
    keys
        Its shortcut in words, empty for none.
    run
        Does it.
    reason
        Why it cannot be done now; empty when it can.
    also
        Other words that people have for it.
    """

    text: str
    kind: str
    keys: str
    run: Callable[[], object]
    reason: str = ""
    also: str = ""


def ranked(typed: str, commands: Sequence[Command]) -> list[Command]:
    """The commands that fit what is typed, best first; all of them, in their order, for nothing typed.

    Whole words first; where no command has them, letters that stand there in order.
    """
    if not typed.strip():
        return list(commands)
    asked = asked_text(typed)
    found = [
        (fit, command)
        for command in commands
        if (fit := fit_of_text(asked, command.text, command.kind, command.also)) is not None
    ]
    if not found:
        found = [
            (fit, command)
            for command in commands
            if (fit := score(typed, f"{command.text} {command.kind}")) is not None
            and fit > LEAST_FIT * len("".join(typed.split()))
        ]
    meaning = asks_for_meaning(typed)
    found.sort(
        key=lambda pair: (_is_late(pair[1], asked), meaning and pair[1].kind != TERM, -pair[0])
    )
    return [command for _, command in found]


def _is_late(command: Command, asked: Sequence[str]) -> bool:
    """Whether it cannot be done now, or is a setting of a run to come that only its description fits."""
    if command.reason or command.kind != SETTING:
        return bool(command.reason)
    name = split_text(command.text)
    return not any(one.startswith(word) for one in name for word in asked)


TERM = "Term"
"""The kind of the field's words."""

SETTING = "Training setting"
"""The kind of what is set for a run to come."""

LEAST_FIT = 1.0
"""Of each letter: letters strewn over a text are no fit."""


def score(letters: str, text: str) -> float | None:
    """How well typed letters fit a text, higher is better; None when they are not all there in order."""
    wanted, text = "".join(letters.lower().split()), text.lower()
    by_words = _score(wanted, text, _best_place)
    return _score(wanted, text, _first_place) if by_words is None else by_words


def _score(wanted: str, text: str, place_of: Callable[[str, str, int, int], int]) -> float | None:
    """The fit when each letter is looked for in one way.

    Letters at the beginning of words and letters in a row count most; short texts win among equals.
    """
    total, at, before = 0.0, 0, -2
    for letter in wanted:
        found = place_of(letter, text, at, before)
        if found < 0:
            return None
        starts = found == 0 or not text[found - 1].isalnum()
        total += 3.0 if found == before + 1 else 2.0 if starts else 0.5
        before, at = found, found + 1
    return total - len(text) / 200


def _best_place(letter: str, text: str, at: int, before: int) -> int:
    """Right after the letter before, else where a word begins with it, else anywhere further on."""
    if before >= 0 and text[at : at + 1] == letter:
        return at
    place = text.find(letter, at)
    first = place
    while place >= 0:
        if place == 0 or not text[place - 1].isalnum():
            return place
        place = text.find(letter, place + 1)
    return first


def _first_place(letter: str, text: str, at: int, _before: int) -> int:
    """Wherever it comes first; what is there in order is then always found."""
    return text.find(letter, at)


class Palette(QDialog):
    """A line to type into and the commands that fit, best first; Enter runs one, Escape closes."""

    def __init__(self, commands: Sequence[Command], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Commands")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._commands = commands
        self._shown: list[Command] = []
        self.line = QLineEdit()
        self.line.setPlaceholderText("truncation, video, two models, collapse …")
        self.line.setAccessibleName("Search all commands")
        style.set_tip(
            self.line,
            "Type what you would call it: a command, a knob, a model, a favourite, a setting, a word.",
        )
        self.list = QListWidget()
        self.list.setAccessibleName("Commands")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setItemDelegate(_Line(self.list))
        style.set_tip(self.list, "Up and Down choose, Enter does it.")
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * STEP, 3 * STEP, 3 * STEP, 3 * STEP)
        column.setSpacing(2 * STEP)
        column.addWidget(self.line)
        column.addWidget(self.list, 1)
        self.nothing = Label()
        self.nothing.setWordWrap(True)
        style.set_tone(self.nothing, "muted")
        self.nothing.hide()
        column.addWidget(self.nothing, 1, Qt.AlignmentFlag.AlignTop)
        self.resize(130 * STEP, 100 * STEP)
        self.line.textChanged.connect(self.search)
        self.line.returnPressed.connect(self._on_run)
        self.list.itemClicked.connect(self._on_run)
        self.line.installEventFilter(self)
        self.search("")

    @property
    def shown(self) -> list[Command]:
        """The commands that fit what is typed, best first."""
        return self._shown

    def search(self, letters: str) -> None:
        """Show what fits these letters."""
        self._shown = ranked(letters, self._commands)[:MOST_SHOWN]
        self.list.clear()
        for command in self._shown:
            self.list.addItem(_item(command))
        self.list.setCurrentRow(0)
        self.list.setVisible(bool(self._shown))
        self.nothing.setVisible(not self._shown)
        self.nothing.setText(FOUND_NOTHING.format(plain_text(letters.strip(), 40)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Up and Down walk through the list while the line keeps the keyboard."""
        if (
            watched is self.line
            and event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() in WALKING
        ):
            page = event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
            down = event.key() in (Qt.Key.Key_Down, Qt.Key.Key_PageDown)
            row = self.list.currentRow() + (10 if page else 1) * (1 if down else -1)
            self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))
            return True
        return super().eventFilter(watched, event)

    def _on_run(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self._shown) and not self._shown[row].reason:
            command = self._shown[row]
            self.accept()
            command.run()


class _Line(QStyledItemDelegate):
    """A command's name at the left; quietly at the right its kind and keys, one below the other."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one line of the list."""
        super().paint(painter, option, index)
        painter.save()
        painter.setFont(style.font("small"))
        painter.setPen(QColor(COLOUR.MUTED))
        kind, keys = index.data(ASIDE)
        box = option.rect.adjusted(0, 0, -2 * STEP, 0)
        painter.drawText(box, _RIGHT, keys)
        painter.drawText(box.adjusted(0, 0, -KEYS_WIDTH, 0), _RIGHT, kind)
        painter.restore()


def _item(command: Command) -> QListWidgetItem:
    item = QListWidgetItem(command.text)
    item.setData(ASIDE, (command.kind, command.keys))
    said = f"{command.text}, {command.kind}"
    if command.reason:
        item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
        item.setToolTip(plain_tip(command.reason))
        said = f"{said}, {command.reason}"
    item.setData(Qt.ItemDataRole.AccessibleTextRole, said)
    return item


class CommandList:
    """All that can be done in a window: its actions, its panels, then what each room adds.

    Parameters
    ----------
    window
        Has the actions and the docks.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._sources: list[Callable[[], Iterable[Command]]] = []

    def add(self, source: Callable[[], Iterable[Command]]) -> None:
        """Let the palette also offer what `source` gives each time it is opened."""
        self._sources.append(source)

    def open(self) -> None:
        """Show the palette; it goes by itself."""
        Palette(self.commands(), self._window).open()

    def commands(self) -> list[Command]:
        """Everything there is, actions first."""
        added = [command for source in self._sources for command in source()]
        return [*self._actions(), *self._panels(), *self._workspaces(), *added, *self._terms()]

    def _actions(self) -> Iterator[Command]:
        actions = self._window.actions_
        for group in actions.groups():
            for action in actions.group(group):
                if action.objectName() != "palette":
                    yield _of(action, group)

    def _terms(self) -> Iterator[Command]:
        """Every word of the glossary, with the way to its paragraph."""
        for one in TERMS:
            run = partial(self._window.show_term, one)
            yield Command(f"What is {one.name}?", TERM, "", run, also=one.also)

    def _panels(self) -> Iterator[Command]:
        for dock in self._window.findChildren(QDockWidget):
            name = dock.windowTitle()
            text = f"Hide {name}" if dock.isVisible() else f"Show {name}"
            also = f"{dock.toggleViewAction().text()} {PANELS.get(name, '')}"
            yield Command(text, "Panel", "", partial(self._toggle, dock), also=also)

    def _workspaces(self) -> Iterator[Command]:
        spaces = self._window.workspaces
        for name in spaces.names:
            also = f"{spaces.arrangement(name).tip} room tab layout arrangement"
            run = partial(spaces.enter, name)
            yield Command(f"Go to {name}", "Workspace", "", run, also=also)

    def _toggle(self, dock: QDockWidget) -> None:
        """Show a panel and put the keyboard into it, or hide it and give it to the picture."""
        shown = not dock.isVisible()
        dock.setVisible(shown)
        if shown:
            dock.raise_()
            inside = dock.widget().nextInFocusChain()
            if inside is not None and dock.isAncestorOf(inside):
                inside.setFocus()
        else:
            self._window.canvas.setFocus()


def _of(action: QAction, group: str) -> Command:
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    text = action.text().replace("&", "").replace("…", "")
    reason = "" if action.isEnabled() else NOT_NOW
    return Command(text, group, keys, action.trigger, reason, ALSO.get(action.objectName(), ""))


ALSO = {
    "open_model": "load file import pkl checkpoint pth safetensors browse",
    "open_run": "watch training folder",
    "new_training": "train learn own pictures data dataset folder finetune fine-tune my photos start",
    "runs": "trainings list overview manage continue resume",
    "choose_model": "models network switch change pick another gallery stylegan biggan progan",
    "second_model": "model b blend layer swapping toonify interpolate weights snapshot time machine",
    "keep_model": "store library",
    "save_png": "save picture export image png download photo write still jpeg jpg",
    "copy_picture": "clipboard image",
    "copy_recipe": "json parameters settings text",
    "copy_command": "shell terminal cli script",
    "copy_python": "code notebook script api",
    "paste_recipe": "clipboard insert",
    "quit": "exit close leave",
    "undo": "back revert mistake",
    "redo": "again forward",
    "reset": "default defaults start over clear",
    "forget_history": "clear delete steps",
    "dice": "dice throw random new picture another seed surprise generate shuffle",
    "random_class": "category label",
    "next_seed": "following",
    "previous_seed": "before",
    "cycle_noise": "switch noise off grain",
    "psi_down": "less truncation average tame",
    "psi_up": "more truncation wild",
    "growth_down": "shrink fewer blocks resolution",
    "growth_up": "bigger more blocks resolution",
    "keep": "favourite favorite star bookmark like love save for later",
    "take_a": "compare before after a/b wipe side by side difference two pictures",
    "wander": "animate walk move drift automatic screensaver",
    "walk_by_hand": "drag mouse move explore",
    "move_noise": "animate grain shimmer",
    "reroll_coarse": "pose shape randomise",
    "reroll_middle": "features randomise",
    "reroll_fine": "colour color texture randomise",
    "timeline": "film animation animate keyframes sequence interpolate interpolation morph between",
    "keyframe": "add frame key pose",
    "play_film": "playback preview animation stop",
    "new_film": "empty clear",
    "open_film": "load",
    "save_film": "store",
    "export_film": "video mp4 render movie gif webm animation record to file",
    "export_pictures": "grid contact sheet many seeds batch tile print jpeg tiff",
    "perform": "midi live osc sound audio music concert controller",
    "record": "capture performance",
    "picture_window": "second screen beamer monitor output",
    "zoom_in": "larger magnify closer",
    "zoom_out": "smaller",
    "fit": "whole picture zoom to window",
    "actual_size": "100 % pixel one to one",
    "smooth": "interpolation pixels nearest bilinear blocky squares pixelated blur",
    "picture_alone": "fullscreen full screen presentation hide everything distraction",
    "thin_desk": "fullscreen desk strips over the picture",
    "reset_layout": "layout panels windows arrangement default lost panel workspace",
    "to_picture": "focus keyboard",
    "preferences": "settings options configuration device gpu cpu precision fp16 theme interface size"
    " font scale folders reduce motion language",
    "start_page": "home welcome start gallery",
    "glossary": "words dictionary terms explain help learn meaning what is",
    "model_info": "licence license about model details card parameters",
    "help": "keys shortcuts keyboard hotkeys manual",
    "about": "version credits",
    "fold_strips": "thin small desk compact minimise",
}
"""Other words for the acts, by their names."""

PANELS = {
    "Master": "seed truncation growth noise global",
    "Desk": "strips mixer channels style mixing layers",
    "Wander": "walk animate speed loop",
    "Variations": "mutations children evolve similar neighbours siblings",
    "Pad": "blend corners xy four pictures interpolate mix",
    "Psi curve": "truncation per layer curve",
    "Picture size": "extent width height wide aspect panorama banner tile seamless larger resolution",
    "Map": "latent map two dimensions projection overview tsne",
    "Favourites": "favorites kept stars bookmarks gallery collection shelf",
    "Compare": "a/b two models difference",
    "Own picture": "projection project photo invert inversion encode upload my face",
    "Drag": "draggan drag points move pull handle warp mask liquify",
    "Critic": "discriminator real fake score histogram line-up saliency adversarial",
    "Presets": "looks styles partial recipes",
    "History": "undo tree steps branches versions",
    "Timeline": "film keyframes",
    "Exports": "jobs queue progress rendering files",
    "Inside": "directions feature maps attention ganspace sefa dissection lab layers neurons",
    "Run": "training progress samples losses curves",
    "Fade": "alpha block growing old new path",
    "Perform": "stage midi osc live sound mapping",
    "Learn": "lessons course tutorial exercises questions teach",
    "Plane": "two dimensions points game toy gan lab",
    "Ideas": "ancestors dcgan wgan sagan comparison years papers lineage",
}
"""Other words for the panels."""

FOUND_NOTHING = (
    "Nothing here is called “{}”. Try another word for it, such as seed, film, training or compare;"
    " F1 shows every key."
)

_WORD = re.compile(r"[\w/%+-]+")
_SMALL = {
    "explain",
    "define",
    "meaning",
    "are",
    "a",
    "the",
    "of",
    "to",
    "in",
    "is",
    "what",
    "how",
    "do",
    "i",
    "my",
    "an",
    "for",
    "with",
}


def split_text(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return _WORD.findall(text.casefold())


_WHAT_IS = re.compile(r"\s*(what('s| is| are)|explain|define|meaning of)\b", re.IGNORECASE)


def asks_for_meaning(typed: str) -> bool:
    """Whether a person wants to know what a word means, rather than to do something."""
    return _WHAT_IS.match(typed) is not None


def asked_text(typed: str) -> list[str]:
    """The words a person asks for: without those that say nothing, unless there are no others."""
    words = split_text(typed)
    telling = [word for word in words if word not in _SMALL]
    return telling or words


def fit_of_text(asked: Iterable[str], text: str, kind: str, also: str) -> float | None:
    """How well words fit a thing's name, kind and other words; None when one fits nothing."""
    name, kinds, other = _telling(split_text(text)), split_text(kind), split_text(also)
    total = 0.0
    for word in asked:
        best = max(_fit(word, name, 10.0), _fit(word, other, 8.5), _fit(word, kinds, 3.0))
        if not best:
            return None
        total += best
    return total + _worth_of(kind, name) - len(name) / 10.0


_LEADING = {"show", "hide", "go", "to", "what", "is"}


def _telling(name: list[str]) -> list[str]:
    """A name without the words that only say what is done with it."""
    rest = [word for word in name if word not in _LEADING]
    return rest or name


def _worth_of(kind: str, name: list[str]) -> float:
    """What one can do at once comes before what one can read about, or set for another day."""
    if kind == "Training setting":
        return -1.2 if len(name) > 1 else -3.0
    return {"Knob": 2.0, "Term": -1.2, "Panel": 0.5}.get(kind, 1.0)


def _fit(word: str, words: list[str], worth: float) -> float:
    """All of the worth for the word itself, less for its beginning, a little more where it comes first."""
    if word in words:
        return worth + (0.5 if words[0] == word else 0.0)
    begun = [one for one in words if len(word) > 1 and one.startswith(word)]
    if begun:
        return worth * (0.6 + 0.3 * len(word) / len(min(begun, key=len)))
    stem = word.rstrip("s")
    near = [one for one in words if _stands_for(stem, one)]
    return worth * 0.6 if near else 0.0


def _stands_for(stem: str, word: str) -> bool:
    """Whether one is the beginning of the other, and long enough to say so."""
    return len(stem) > 3 and (word.startswith(stem) or (len(word) > 4 and stem.startswith(word)))
