"""Every act of the window in one table: its name, its keys, and one plain sentence about it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from ganlab.style import plain_tip
from ganlab_core.recipe import Capabilities

NEEDS_MODEL = (
    "save_png", "copy_picture", "copy_recipe", "copy_command", "copy_python", "model_info", "keep",
    "take_a", "wander", "walk_by_hand", "reroll_coarse", "reroll_middle", "reroll_fine", "move_noise",
    "second_model",
)  # fmt: skip
"""Acts outside the group Play that need a model on the desk."""

NO_MODEL = "Open a model first."
NO_PSI = "This model normalises its z, so there is nothing to truncate."
NO_NOISE = "This model adds no noise."
NO_FINE = "This model has no scales this fine."
NO_MIXING = "This model takes one latent for all scales."
NO_GROWTH = "This model does not grow: it was trained at one resolution."


@dataclass(frozen=True, slots=True)
class Act:
    """One thing the window can do.

    Attributes
    ----------
    name
        How the code calls it.
    group
        The heading it stands under in the menu and in the help.
    text
        How the menu calls it; `&` marks the letter for the keyboard.
    keys
        Its shortcuts, the first one is shown.
    tip
        What it does, in one sentence.
    checkable
        Whether it is on or off.
    on_picture
        Whether its keys only work while the picture has the keyboard.
    """

    name: str
    group: str
    text: str
    keys: tuple[str, ...]
    tip: str
    checkable: bool = False
    on_picture: bool = False


ACTS = (
    Act("open_model", "File", "&Open…", ("Ctrl+O",),
        "Open a model, a Recipe, or a picture that ganlab saved."),
    Act("open_run", "File", "Open &Run Folder…", ("Ctrl+Shift+O",),
        "Watch a training run: its newest model on the desk, its samples beside it."),
    Act("new_training", "File", "&New Training…", ("Ctrl+N",),
        "Train a network on pictures of your own."),
    Act("runs", "File", "R&uns…", ("Ctrl+R",),
        "All trainings with their newest samples: open one, go on, train longer, keep its model, remove."),
    Act("choose_model", "File", "Choose a &Model…", ("Ctrl+M",),
        "Choose among the bundled models, your own, and those opened last."),
    Act("second_model", "File", "Second &Model…", ("Ctrl+Shift+M",),
        "Choose a model of equal shape whose weights are blended into the one on the desk, by scale."),
    Act("keep_model", "File", "&Keep Model…", (),
        "Copy the model on the desk among your own models; runs can start from it."),
    Act("save_png", "File", "&Save PNG…", ("Ctrl+S",),
        "Save the picture; the file carries its Recipe, so it can be opened again."),
    Act("copy_picture", "File", "&Copy Picture", ("Ctrl+C",),
        "Copy the picture with its Recipe: into any program, or back here with Ctrl+V."),
    Act("copy_recipe", "File", "Copy &Recipe", (),
        "Copy everything that makes this picture, as text."),
    Act("copy_command", "File", "Copy as Co&mmand", ("Ctrl+Shift+C",),
        "Copy a command for a POSIX shell that makes the same picture."),
    Act("copy_python", "File", "Copy as P&ython", ("Ctrl+Alt+C",),
        "Copy a Python program that makes the same picture."),
    Act("paste_recipe", "File", "&Paste", ("Ctrl+V",),
        "Make the picture that was copied here, or that of a Recipe copied as text."),
    Act("quit", "File", "&Quit", ("Ctrl+Q",), "Close ganlab; the desk stays as it is."),
    Act("undo", "Edit", "&Undo", ("Ctrl+Z",), "Take the last change back."),
    Act("redo", "Edit", "&Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Make the change again."),
    Act("reset", "Edit", "Reset &All", ("Ctrl+Backspace",),
        "Go back to where this model starts, and keep the seed."),
    Act("preferences", "Edit", "Pre&ferences…", ("Ctrl+,",),
        "Device, precision, previews, folders, size of the interface, motion."),
    Act("forget_history", "Edit", "&Forget History…", (),
        "Begin the history with the picture on the desk; timeline and favourites stay."),
    Act("dice", "Play", "New &Seed", ("Space",), "Throw the dice: a picture nobody chose."),
    Act("random_class", "Play", "New &Class", ("C",), "Throw the dice for one class."),
    Act("next_seed", "Play", "Ne&xt Seed", ("Right",),
        "The picture of the next seed.", on_picture=True),
    Act("previous_seed", "Play", "Pre&vious Seed", ("Left",),
        "The picture of the seed before.", on_picture=True),
    Act("cycle_noise", "Play", "Cycle &Noise", ("N",),
        "Go on to the next noise: stored, random, off."),
    Act("psi_down", "Play", "Psi &Down", ("[",),
        "Lower the truncation psi: closer to the average picture."),
    Act("psi_up", "Play", "Psi &Up", ("]",),
        "Raise the truncation psi: further from the average picture."),
    Act("growth_down", "Play", "&Growth Down", ("G",),
        "Shrink the network by a quarter of a doubling."),
    Act("growth_up", "Play", "G&rowth Up", ("Shift+G",),
        "Grow the network by a quarter of a doubling."),
    Act("keep", "Explore", "&Keep as Favourite", ("Ctrl+D",),
        "Keep the picture among the favourites, with everything that makes it."),
    Act("take_a", "Explore", "Compare from &Here", ("A",),
        "Take the picture as A, and compare what you change with it."),
    Act("wander", "Explore", "&Wander", ("W",),
        "Walk from picture to picture, or stop where the walk is."),
    Act("walk_by_hand", "Explore", "Walk by &Dragging", ("D",),
        "Let dragging the picture, or Shift and the arrows, walk through the latent space."),
    Act("move_noise", "Explore", "Move the &Noise", ("M",),
        "Let the noise go round by itself, or stop it where it is."),
    Act("reroll_coarse", "Explore", "New &Coarse Styles", ("Ctrl+1",),
        "Throw the dice for the scales of 4 and 8 px only; locked strips stay."),
    Act("reroll_middle", "Explore", "New &Middle Styles", ("Ctrl+2",),
        "Throw the dice for the scales of 16 and 32 px only; locked strips stay."),
    Act("reroll_fine", "Explore", "New &Fine Styles", ("Ctrl+3",),
        "Throw the dice for the scales from 64 px only; locked strips stay."),
    Act("timeline", "Film", "&Timeline", ("T",),
        "Show the timeline, where keyframes become a film, or hide it.", checkable=True),
    Act("keyframe", "Film", "Add &Keyframe", ("K",),
        "Keep the picture on the desk as a keyframe of the film."),
    Act("play_film", "Film", "&Play", ("P",), "Play the film, or stop where it is."),
    Act("new_film", "Film", "&New Timeline", (),
        "Empty the timeline; the old one is one undo away."),
    Act("open_film", "Film", "&Open Timeline…", (),
        "Put a timeline that was saved, or that of a film, back on the timeline."),
    Act("save_film", "Film", "&Save Timeline…", (), "Save the timeline, to go on with it later."),
    Act("export_film", "Film", "&Export Film…", ("Ctrl+E",),
        "Write the film to a file while you go on."),
    Act("export_pictures", "Film", "Export P&ictures…", ("Ctrl+Shift+E",),
        "Write this picture in other formats, many seeds, contact sheets, comparisons, strips."),
    Act("perform", "Perform", "&Perform", ("Ctrl+P",),
        "Let MIDI, OSC, sound and keys move the desk, or stop it."),
    Act("record", "Perform", "&Record", ("Ctrl+Shift+R",),
        "Record everything that moves, or end it: it becomes a film."),
    Act("picture_window", "Perform", "Pro&jector…", ("Ctrl+J",),
        "Open a window with the picture and nothing else, for another screen."),
    Act("zoom_in", "View", "Zoom &In", ("+", "="), "Show the picture larger."),
    Act("zoom_out", "View", "Zoom &Out", ("-",), "Show the picture smaller."),
    Act("fit", "View", "&Fit", ("F", "0"), "Show the whole picture, as large as it fits."),
    Act("actual_size", "View", "&Actual Size", ("1",),
        "Show one pixel of the picture as one pixel of the screen."),
    Act("smooth", "View", "&Smooth", ("S",),
        "Smooth the pixels when the picture is enlarged, or show them as squares.",
        checkable=True),
    Act("picture_alone", "View", "Picture A&lone", ("F11",),
        "Fill the screen with the picture; Escape comes back.", checkable=True),
    Act("thin_desk", "View", "&Desk with the Picture Alone", ("Shift+F11",),
        "Let the picture alone keep the folded desk below it.", checkable=True),
    Act("reset_layout", "View", "&Reset Layout", (),
        "Arrange the panels of this workspace as they were meant to be."),
    Act("to_picture", "View", "Keyboard to the &Picture", ("Escape",),
        "Leave the control at hand, so that the keys speak to the picture."),
    Act("start_page", "View", "&Start Page", ("H",),
        "Models, recent files and runs as pictures; once more comes back."),
    Act("palette", "Help", "All &Commands…", ("Ctrl+K",),
        "Find anything by the word you have for it: commands, knobs, models, settings, terms."),
    Act("glossary", "Help", "&Words of the Field…", (),
        "Every word of the field in a short paragraph, with its paper."),
    Act("model_info", "Help", "&Model Info", ("I",),
        "Where the model comes from, its licence, and what it can do."),
    Act("help", "Help", "&Keys", ("F1",), "Every key and what it does."),
    Act("about", "Help", "&About ganlab", (), "What ganlab is, and its version."),
)  # fmt: skip


class Actions:
    """The acts as Qt actions of one window, found by name.

    Parameters
    ----------
    window
        Owns them, and hears their keys.
    picture
        The widget that hears the keys of the acts `on_picture`.
    """

    def __init__(self, window: QWidget, picture: QWidget) -> None:
        self._actions = {act.name: _action(act, window) for act in ACTS}
        for act in ACTS:
            (picture if act.on_picture else window).addAction(self._actions[act.name])

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def group(self, group: str) -> list[QAction]:
        """The actions under one heading, in their order."""
        return [self._actions[act.name] for act in ACTS if act.group == group]

    def offer(self, can: Capabilities | None) -> None:
        """Leave only those acts at hand that mean something to the model; None = no model."""
        for name in (*NEEDS_MODEL, *(action.objectName() for action in self.group("Play"))):
            lacks = NO_MODEL if can is None else _lacking(name, can)
            action = self._actions[name]
            action.setEnabled(not lacks)
            action.setToolTip(plain_tip(lacks or _tip_of(action)))

    def groups(self) -> list[str]:
        """The headings, in their order."""
        return list(dict.fromkeys(act.group for act in ACTS))


def _action(act: Act, owner: QWidget) -> QAction:
    action = QAction(act.text, owner)
    action.setObjectName(act.name)
    action.setShortcuts([QKeySequence(key) for key in act.keys])
    action.setShortcutContext(
        Qt.ShortcutContext.WidgetShortcut if act.on_picture else Qt.ShortcutContext.WindowShortcut
    )
    action.setStatusTip(act.tip)
    action.setToolTip(plain_tip(_tip_of(action)))
    action.setCheckable(act.checkable)
    return action


def _tip_of(action: QAction) -> str:
    """What it does, and its first key."""
    shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return f"{action.statusTip()}  ({shown})" if shown else action.statusTip()


def _lacking(name: str, can: Capabilities) -> str:
    """Why an act means nothing to a model; empty when it does."""
    lacks = {
        **dict.fromkeys(("cycle_noise", "move_noise"), "" if can.has_noise else NO_NOISE),
        "psi_down": "" if can.has_truncation else NO_PSI,
        "psi_up": "" if can.has_truncation else NO_PSI,
        **dict.fromkeys(("reroll_coarse", "reroll_middle"), "" if can.has_mixing else NO_MIXING),
        "reroll_fine": NO_FINE if can.resolution < 64 else "" if can.has_mixing else NO_MIXING,
        "growth_down": "" if can.has_growth else NO_GROWTH,
        "growth_up": "" if can.has_growth else NO_GROWTH,
        "random_class": "" if can.classes else "This model knows no classes.",
    }
    return lacks.get(name, "")
