"""What is seen of a performance: the panel of those who play, and the window for the projector.

The panel has devices, what they move, scenes, the beat, and recording; the window the picture and
nothing else, on any screen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, QPointF, QRectF, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QScreen,
)
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ganlab import style
from ganlab.controls import (
    Cell,
    PictureGrid,
    ResettableLine,
    SaidLabel,
    Segmented,
    Toggle,
    ValueSlider,
    WordButton,
    muted,
)
from ganlab.recipe_widget import NO_MODEL, section_title
from ganlab.style import COLOUR
from ganlab_core.errors import PerformanceError
from ganlab_core.performance import (
    CURVES,
    DeviceState,
    Mapping,
    Modulator,
    PerformanceMap,
    Transform,
    Transition,
    controls_of,
    find_control,
)
from ganlab_core.recipe import Capabilities

NONE_CHOSEN = "Choose a mapping above."
CONFLICT = COLOUR.TRUNCATION
QUANTISES = (
    ("off", "A scene begins when it is struck."),
    ("beat", "A scene begins with the next beat."),
    ("bar", "A scene begins with the next bar."),
)
CLOCKS = (
    ("fixed", "The tempo is the number, or as it is tapped."),
    ("midi", "The tempo is that of a MIDI clock."),
    ("audio", "The tempo is heard in the sound."),
)

SELF_MOVING = (
    ("sound: level", "audio/level"), ("sound: low", "audio/low"), ("sound: mid", "audio/mid"),
    ("sound: high", "audio/high"), ("sound: onset", "audio/onset"),
    ("camera: motion", "camera/motion"), ("camera: brightness", "camera/brightness"),
    ("beat", "clock/beat"), ("bar", "clock/bar"), ("wave of 8 seconds", "mod/wave"),
    ("wandering", "mod/wandering"), ("fall after an onset", "mod/fall"),
)  # fmt: skip
"""Sources that nobody can teach with, for they move by themselves: pairs of text and signal."""

WAVES = (
    Modulator(name="wave"),
    Modulator(name="wandering", kind="noise", seconds=4.0),
    Modulator(name="fall", kind="envelope", trigger="audio/onset"),
)
"""What a map gets that lacks a modulator chosen among them."""


def source_text(source: str) -> str:
    """A signal as people say it: `"cc 7 (ch 1)"`, `"osc /fader"`, `"key a"`."""
    kind, _, rest = source.partition("/")
    parts = rest.split("/")
    if kind == "midi" and len(parts) > 1:
        return f"{' '.join(parts[1:])} (ch {parts[0]})"
    return f"osc /{rest}" if kind == "osc" else f"{kind} {' '.join(parts)}"


def control_text(control: str, can: Capabilities | None) -> str:
    """A control as the desk calls it, or its own name where the model has none."""
    found = None if can is None else find_control(control, can)
    return control if found is None else found.label


class MappingEditor(QFrame):
    """What happens to one mapping's value on its way.

    `edited(Mapping)` carries another one, `wave_edited(Modulator)` another wave that it hears.
    """

    edited = Signal(object)
    wave_edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mapping: Mapping | None = None
        self._wave: Modulator | None = None
        self.seconds = ValueSlider(
            "round", 0.1, 60, 8, 0.1, 1, COLOUR.TEXT, "Seconds of one round of the wave.", " s"
        )
        self.low = self._line(
            "from", "What the source's lowest value becomes; empty = the control's own."
        )
        self.high = self._line(
            "to", "What the source's highest value becomes; empty = the control's own."
        )
        self.expression = self._line(
            "x", "A formula of the value x, such as x * x or if(x > 0.5, 1, 0)."
        )
        self.curve = QComboBox()
        self.curve.setAccessibleName("Curve")
        self.curve.addItems(list(CURVES))
        style.set_tip(self.curve, "How the value goes from its lowest to its highest.")
        self.attack = self._slider("up", "Seconds that the control takes to follow upwards.")
        self.release = self._slider("down", "Seconds that the control takes to follow downwards.")
        self.steps = ValueSlider(
            "steps", 0, 32, 0, 1, 0, COLOUR.TEXT, "How many values the control takes; 0 = all."
        )
        self.gate = ValueSlider(
            "gate", 0, 1, 0, 0.05, 2, COLOUR.TEXT, "Below this part of its range the value is 0."
        )
        self.adds = Toggle("Add", COLOUR.STYLE, "Add the value to the control while it lasts.")
        self.on = Toggle("On", COLOUR.STYLE, "Whether this mapping works.")
        self.wrong = SaidLabel()
        style.set_tone(self.wrong, "truncation")
        self._build()
        self._connect()
        self.show_mapping(None)

    def _line(self, name: str, tooltip: str) -> ResettableLine:
        line = ResettableLine(f"Mapping: {name}", tooltip)
        line.setPlaceholderText(name)
        return line

    def _slider(self, name: str, tooltip: str) -> ValueSlider:
        return ValueSlider(name, 0, 5, 0, 0.05, 2, COLOUR.TEXT, tooltip, " s")

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for parts in (
            (self.on, self.adds), (self.low, self.high, self.curve), (self.expression,),
            (self.attack, self.release), (self.gate, self.steps), (self.seconds,), (self.wrong,),
        ):  # fmt: skip
            column.addLayout(_row(*parts))

    def _connect(self) -> None:
        for line in (self.low, self.high, self.expression):
            line.editingFinished.connect(self._on_edited)
            line.reset.connect(self._on_edited)
        for part in (self.attack, self.release, self.steps, self.gate, self.adds, self.on):
            part.edited.connect(self._on_edited)
        self.curve.activated.connect(self._on_edited)
        self.seconds.edited.connect(self._on_seconds)

    def show_mapping(self, mapping: Mapping | None, wave: Modulator | None = None) -> None:
        """Show this one, and the wave it hears, if it does; None = there is none to edit."""
        self._mapping = mapping
        self._wave = None if wave is None or wave.kind == "envelope" else wave
        self.seconds.setVisible(self._wave is not None)
        if self._wave is not None:
            self.seconds.set_value(self._wave.seconds)
        self.setEnabled(mapping is not None)
        how = Transform() if mapping is None else mapping.transform
        self.low.setText("" if how.low is None else f"{how.low:g}")
        self.high.setText("" if how.high is None else f"{how.high:g}")
        self.expression.setText(how.expression)
        self.curve.setCurrentText(how.curve)
        for slider, value in (
            (self.attack, how.attack), (self.release, how.release),
            (self.steps, float(how.steps)), (self.gate, how.gate),
        ):  # fmt: skip
            slider.set_value(value)
        self.adds.set_value(mapping is not None and mapping.mode == "add")
        self.on.set_value(mapping is not None and mapping.on)
        self.wrong.setText("")

    def _on_edited(self) -> None:
        if self._mapping is None:
            return
        try:
            made = self._made(self._mapping)
        except (PerformanceError, ValueError) as error:
            text = (
                str(error) if isinstance(error, PerformanceError) else "Write a number, or nothing."
            )
            self.wrong.setText(text)
            return
        self.wrong.setText("")
        if made != self._mapping:
            self._mapping = made
            self.edited.emit(made)

    def _on_seconds(self) -> None:
        if self._wave is not None:
            seconds = self.seconds.value
            self._wave = msgspec.structs.replace(self._wave, seconds=seconds, beats=0.0)
            self.wave_edited.emit(self._wave)

    def _made(self, mapping: Mapping) -> Mapping:
        steps = round(self.steps.value)
        how = Transform(
            in_low=mapping.transform.in_low,
            in_high=mapping.transform.in_high,
            hysteresis=mapping.transform.hysteresis,
            gate=self.gate.value,
            curve=self.curve.currentText(),
            expression=self.expression.text().strip(),
            steps=steps if steps != 1 else 2,
            attack=self.attack.value,
            release=self.release.value,
            low=_number(self.low.text()),
            high=_number(self.high.text()),
        )
        mode = "add" if self.adds.isChecked() else "set"
        return msgspec.structs.replace(mapping, transform=how, mode=mode, on=self.on.isChecked())


def _pictures(mime: QMimeData) -> list[Path]:
    urls = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    return [path for path in urls if path.suffix.lower() == ".png"]


def _number(text: str) -> float | None:
    return float(text.replace(",", ".")) if text.strip() else None


def _row(*parts: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for part in parts:
        row.addWidget(part, 1)
    return row


NO_MAPPING = (
    "Nothing is mapped yet. Right-click a control on the desk, or choose one here and press Learn."
)


class PerformPanel(QFrame):
    """Shows a map and proposes another.

    Signals
    -------
    map_edited(PerformanceMap)
        What a person wants.
    play_asked(bool), record_asked(bool), learn_asked(str or "")
        To hear devices or not; to record or to stop; to learn a control by its name, or to give up.
    window_asked(), screen_asked(), tapped(), scene_added(), scene_chosen(int)
        The projector's window, and that it goes to the next screen; a tap on the beat; the desk as a
        scene; to go to one.
    pictures_dropped(list of Path)
        Favourites or saved pictures that are to be scenes.
    black_asked(bool), freeze_asked(bool), caption_asked(bool), fit_asked(str)
        How the projector's window shows its picture.
    picture_asked(), virtual_asked(bool)
        What the camera sees as an own picture; the picture for other programs, or no more.
    open_asked(), save_asked()
        Files of maps.
    """

    map_edited = Signal(object)
    play_asked = Signal(bool)
    record_asked = Signal(bool)
    learn_asked = Signal(str)
    window_asked = Signal()
    screen_asked = Signal()
    pictures_dropped = Signal(object)
    black_asked = Signal(bool)
    freeze_asked = Signal(bool)
    caption_asked = Signal(bool)
    fit_asked = Signal(str)
    picture_asked = Signal()
    virtual_asked = Signal(bool)
    tapped = Signal()
    scene_added = Signal()
    scene_chosen = Signal(int)
    open_asked = Signal()
    save_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        style.set_surface(self, "panel")
        self.setAccessibleName("Perform")
        self.setAcceptDrops(True)
        self._map = PerformanceMap()
        self._can: Capabilities | None = None
        self._make_devices()
        self._make_output()
        self._make_beat()
        self._make_mappings()
        self._make_scenes()
        self._build()
        self._connect()
        self.set_capabilities(None)
        self.show_map(self._map)

    # --- building --------------------------------------------------------------------------------

    def _make_devices(self) -> None:
        self.play = Toggle("Play", COLOUR.STYLE, "Let the devices below move the desk, or stop it.")
        self.record = Toggle(
            "Record", COLOUR.TRUNCATION, "Record everything that moves, into a film."
        )
        self.tell = QLineEdit()
        self.tell.setPlaceholderText("send OSC to host:port")
        self.tell.setAccessibleName("Send OSC to")
        style.set_tip(self.tell, "Whom to tell what moves, as 127.0.0.1:9001; empty = nobody.")
        self.midi = Toggle("MIDI", COLOUR.TEXT, "Hear every MIDI device there is.")
        self.osc = Toggle(
            "OSC", COLOUR.TEXT, "Hear OSC messages sent to port 9000 of this machine."
        )
        self.sound = Toggle(
            "Sound", COLOUR.TEXT, "Hear the sound card: loudness, bands, onsets, tempo."
        )
        self.pads = Toggle("Pads", COLOUR.TEXT, "Hear every game pad there is (on Linux).")
        self.camera = Toggle(
            "Camera", COLOUR.TEXT, "Look through a camera: how bright it is, how much moves."
        )
        self.take_picture = WordButton(
            "Take picture",
            "Bring what the camera sees now into the model, as a picture of your own.",
        )
        for toggle in (self.midi, self.osc, self.pads):
            toggle.set_value(True)
        self.devices = SaidLabel()
        style.set_tone(self.devices, "muted")
        self.pace = SaidLabel()
        style.set_tone(self.pace, "muted")

    def _make_output(self) -> None:
        self.window_button = WordButton(
            "Projector", "Open the window for the projector: the picture and nothing else."
        )
        self.next_screen = WordButton(
            "Next screen", "Let the projector's window go to the next screen."
        )
        self.black = Toggle("Black", COLOUR.TEXT, "Show nothing on the projector.")
        self.freeze = Toggle("Freeze", COLOUR.TEXT, "Keep the projector's picture as it is.")
        self.caption = Toggle(
            "Caption", COLOUR.TEXT, "Say below the projector's picture what it is."
        )
        self.fit = Segmented(
            "Projector",
            (("fit", "The whole picture."), ("fill", "The whole screen, the picture cut."),
             ("pixels", "One pixel as one pixel.")),
            COLOUR.TEXT,
        )  # fmt: skip
        self.virtual = Toggle(
            "Virtual camera", COLOUR.TEXT,
            "Let other programs, such as OBS, take the picture from a camera of this name.",
        )  # fmt: skip

    def _make_beat(self) -> None:
        self.tempo = ValueSlider(
            "tempo", 40, 240, 120, 1, 1, COLOUR.GROWTH, "Beats a minute.", " bpm"
        )
        self.tap = WordButton("Tap", "Tap the beat: the tempo is the mean of the last eight.")
        self.clock = Segmented("Tempo by", CLOCKS, COLOUR.GROWTH)

    def _make_mappings(self) -> None:
        self.mappings = QListWidget()
        self.mappings.setAccessibleName("Mappings")
        self.mappings.setMinimumHeight(96)
        self._no_mapping = muted(NO_MAPPING)
        self._no_mapping.setAlignment(Qt.AlignmentFlag.AlignCenter)
        within = QVBoxLayout(self.mappings)
        within.addWidget(self._no_mapping)
        style.set_tip(self.mappings, "What moves what; Delete takes the chosen one away.")
        self.controls = QComboBox()
        self.controls.setAccessibleName("Control to learn")
        style.set_tip(self.controls, "A control; or right-click it on the desk.")
        self.learn = Toggle(
            "Learn", COLOUR.GROWTH, "Then move a knob, strike a pad or press a key."
        )
        self.sources = QComboBox()
        self.sources.setAccessibleName("Source that moves by itself")
        style.set_tip(
            self.sources, "What no hand moves and cannot be learned: sound, camera, waves."
        )
        for text, source in SELF_MOVING:
            self.sources.addItem(text, source)
        self.connect_source = WordButton("Connect", "Let this source move the control above.")
        self.remove = WordButton("Remove", "Take the chosen mapping away.")
        self.open = WordButton("Open", "Open a map that was saved.")
        self.save = WordButton("Save", "Save the map: mappings, scenes and tempo.")
        self.editor = MappingEditor()
        self.notice = SaidLabel()
        style.set_tone(self.notice, "muted")

    def _make_scenes(self) -> None:
        self.scenes = PictureGrid(
            "Scenes",
            "Click to go to a scene; Delete takes it away; drop favourites to add them.",
            captions=True,
            side=64,
        )  # fmt: skip
        self.add = WordButton("Add", "Keep what is on the desk as a scene.", "Add a scene")
        self.seconds = ValueSlider(
            "transition",
            0,
            20,
            2,
            0.1,
            1,
            COLOUR.STYLE,
            "Seconds from one scene to the next.",
            " s",
        )
        self.curve = Segmented(
            "Transition",
            (("smooth", "Begins and ends slowly."), ("linear", "Goes evenly."),
             ("hold", "Cuts at the end.")),
            COLOUR.STYLE,
        )  # fmt: skip
        self.quantise = Segmented("Begins with", QUANTISES, COLOUR.GROWTH)
        self.fade = ValueSlider(
            "cross-fade", 0, 5, 0, 0.1, 1, COLOUR.STYLE,
            "Seconds that the projector's picture shines through when a scene begins.", " s",
        )  # fmt: skip

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 12)
        column.setSpacing(8)
        parts: tuple[QWidget | QLayout, ...] = (
            section_title("PERFORM", "Play before others: devices, scenes, a second screen."),
            _row(self.play, self.record),
            _row(self.midi, self.osc, self.sound),
            _row(self.pads, self.camera, self.take_picture),
            self.tell,
            self.devices,
            self.pace,
            section_title("PROJECTOR", "The window with the picture and nothing else."),
            _row(self.window_button, self.next_screen),
            _row(self.black, self.freeze, self.caption),
            self.fit,
            self.virtual,
            section_title("BEAT", "What scenes and waves keep time with."),
            _row(self.tempo, self.tap),
            self.clock,
            section_title("MAPPINGS", "Which knob moves which control."),
            self.mappings,
            self.notice,
            _row(self.controls, self.learn),
            _row(self.sources, self.connect_source),
            self.editor,
            _row(self.remove, self.open, self.save),
            section_title("SCENES", "Places of the desk to go to, by pads, keys or a click."),
            self.scenes,
            _row(self.add, self.seconds),
            self.curve,
            self.quantise,
            self.fade,
        )
        for part in parts:
            if isinstance(part, QLayout):
                column.addLayout(part)
            else:
                column.addWidget(part)
        column.addStretch(1)
        self.setMinimumWidth(280)

    def _connect(self) -> None:
        self.play.edited.connect(self.play_asked)
        self.record.edited.connect(self.record_asked)
        self.window_button.clicked.connect(self.window_asked)
        self.next_screen.clicked.connect(self.screen_asked)
        self.black.edited.connect(self.black_asked)
        self.freeze.edited.connect(self.freeze_asked)
        self.caption.edited.connect(self.caption_asked)
        self.fit.edited.connect(self.fit_asked)
        self.take_picture.clicked.connect(self.picture_asked)
        self.virtual.edited.connect(self.virtual_asked)
        self.tap.clicked.connect(self.tapped)
        self.open.clicked.connect(self.open_asked)
        self.save.clicked.connect(self.save_asked)
        self.learn.edited.connect(self._on_learn)
        self.connect_source.clicked.connect(self._on_connect)
        self.remove.clicked.connect(self._on_remove)
        self.mappings.currentRowChanged.connect(self._on_row)
        self.editor.edited.connect(self._on_mapping_edited)
        self.editor.wave_edited.connect(self._on_wave_edited)
        self.add.clicked.connect(self.scene_added)
        self.scenes.chosen.connect(self.scene_chosen)
        self.scenes.deleted.connect(self._on_scene_deleted)
        for signal in (self.tempo.edited, self.clock.edited, self.seconds.edited, self.curve.edited,
                       self.quantise.edited):  # fmt: skip
            signal.connect(self._on_edited)

    # --- what is shown ---------------------------------------------------------------------------

    @property
    def wanted_devices(self) -> frozenset[str]:
        """Which of midi, osc, audio, camera and pad are to be heard."""
        toggles = {
            "midi": self.midi, "osc": self.osc, "audio": self.sound, "camera": self.camera,
            "pad": self.pads,
        }  # fmt: skip
        return frozenset(kind for kind, toggle in toggles.items() if toggle.isChecked())

    def whom_to_tell(self) -> tuple[str, int] | None:
        """Host and port; None for nobody, `ValueError` for what is neither."""
        text = self.tell.text().strip()
        if not text:
            return None
        host, _, port = text.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ValueError(text)
        return host, int(port)

    def show_window(self, *, there: bool, black: bool, frozen: bool, captioned: bool) -> None:
        """Show how the projector's window is; without one there is nothing to choose."""
        reason = "" if there else "Open the projector's window first."
        for toggle, on in ((self.black, black), (self.freeze, frozen), (self.caption, captioned)):
            toggle.set_available(reason)
            toggle.set_value(on)
        self.next_screen.set_available(reason)
        self.fit.setEnabled(there)

    def set_capabilities(self, can: Capabilities | None) -> None:
        """Offer this model's controls; None when no model is open."""
        self._can = can
        self.controls.clear()
        for control in () if can is None else controls_of(can):
            self.controls.addItem(control.label, control.name)
        for button in (self.play, self.record, self.add, self.learn, self.connect_source):
            button.set_available(NO_MODEL if can is None else "")
        self.show_map(self._map)

    def show_map(self, own: PerformanceMap) -> None:
        """Show a map, its conflicts, and what waits for another model."""
        row = self.mappings.currentRow()
        self._map = own
        conflicts = own.conflicts()
        waiting = own.waiting(self._can) if self._can is not None else ()
        self.mappings.blockSignals(True)
        self.mappings.clear()
        for mapping in own.mappings:
            self.mappings.addItem(
                self._item(mapping, mapping.control in conflicts, mapping in waiting)
            )
        self.mappings.setCurrentRow(min(row, len(own.mappings) - 1))
        self.mappings.blockSignals(False)
        self._no_mapping.setVisible(not own.mappings)
        self._on_row(self.mappings.currentRow())
        names = ", ".join(control_text(control, self._can) for control in conflicts)
        self.notice.setText(
            f"Several sources move {names}: the last one moved wins." if names else ""
        )
        self.tempo.set_value(own.tempo)
        self.clock.set_value(own.clock)
        self.seconds.set_value(own.transition.seconds)
        self.curve.set_value(own.transition.curve)
        self.quantise.set_value(own.transition.quantise)

    def _item(self, mapping: Mapping, conflict: bool, waiting: bool) -> QListWidgetItem:
        text = f"{source_text(mapping.source)}  →  {control_text(mapping.control, self._can)}"
        if not mapping.on:
            text += "  (off)"
        if waiting:
            text += "  (not in this model)"
        item = QListWidgetItem(text)
        if conflict:
            item.setForeground(QColor(CONFLICT))
        elif waiting or not mapping.on:
            item.setForeground(QColor(COLOUR.MUTED))
        return item

    def show_scenes(self, images: Sequence[QImage | None], marked: int = -1) -> None:
        """Show the pictures of the scenes, as far as they are known."""
        self.scenes.set_cells(
            [
                Cell(f"{number}  {scene.name}", image)
                for number, (scene, image) in enumerate(
                    zip(self._map.scenes, images, strict=True), 1
                )
            ]
        )
        self.scenes.set_marked(marked)

    def show_devices(self, states: Sequence[DeviceState]) -> None:
        """Say which devices are heard, and what is wrong with others."""
        lines = [
            f"● {state.name}" if state.open else f"○ {state.sentence or state.name}"
            for state in states
        ]
        self.devices.setText("\n".join(lines[:12]))

    def show_learning(self, control: str) -> None:
        """Say that a control waits to be taught; empty = none does."""
        self.learn.set_value(bool(control))
        if control:
            label = control_text(control, self._can)
            self.notice.setText(
                f"{label}: move a knob, strike a pad or press a key. Escape gives up."
            )
        else:
            self.show_map(self._map)

    # --- what a person does ----------------------------------------------------------------------

    def _on_learn(self, on: bool) -> None:
        name = self.controls.currentData()
        self.learn_asked.emit(str(name) if on and name else "")

    def _on_row(self, row: int) -> None:
        chosen = 0 <= row < len(self._map.mappings)
        self.remove.set_available("" if chosen else NONE_CHOSEN)
        mapping = self._map.mappings[row] if chosen else None
        waves = (own for own in self._map.modulators if mapping and own.signal == mapping.source)
        self.editor.show_mapping(mapping, next(waves, None))

    def _on_connect(self) -> None:
        """A mapping of the chosen source to the chosen control, with the wave it may need."""
        source, control = self.sources.currentData(), self.controls.currentData()
        own = self._map
        if not control or (source, control) in [(one.source, one.control) for one in own.mappings]:
            return
        known = {modulator.signal for modulator in own.modulators}
        made = tuple(one for one in WAVES if one.signal == source and source not in known)
        mapping = Mapping(source=source, control=control)
        self._propose(modulators=own.modulators + made, mappings=(*own.mappings, mapping))
        self.mappings.setCurrentRow(len(own.mappings))
        needed = self.camera if source.startswith("camera/") else self.sound
        if source.startswith(("camera/", "audio/", "mod/fall")) and not needed.isChecked():
            needed.click()

    def _on_remove(self) -> None:
        row = self.mappings.currentRow()
        rest = tuple(own for place, own in enumerate(self._map.mappings) if place != row)
        self._propose(mappings=rest)

    def _on_mapping_edited(self, mapping: Mapping) -> None:
        row = self.mappings.currentRow()
        mappings = list(self._map.mappings)
        mappings[row] = mapping
        self._propose(mappings=tuple(mappings))

    def _on_wave_edited(self, wave: Modulator) -> None:
        waves = [wave if own.name == wave.name else own for own in self._map.modulators]
        self._propose(modulators=tuple(waves))

    def _on_scene_deleted(self, index: int) -> None:
        rest = tuple(own for place, own in enumerate(self._map.scenes) if place != index)
        self._propose(scenes=rest)

    def _on_edited(self) -> None:
        transition = Transition(
            seconds=self.seconds.value, curve=self.curve.value, quantise=self.quantise.value
        )
        self._propose(tempo=self.tempo.value, clock=self.clock.value, transition=transition)

    def _propose(self, **fields: object) -> None:
        own = msgspec.structs.replace(self._map, **fields)
        if own != self._map:
            self.map_edited.emit(own)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome pictures: they become scenes."""
        if _pictures(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell which pictures were let go here."""
        paths = _pictures(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.pictures_dropped.emit(paths)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete takes the chosen mapping away."""
        asked = event.key() == Qt.Key.Key_Delete and self.mappings.hasFocus()
        if asked and self.remove.isEnabled():
            self._on_remove()
        else:
            super().keyPressEvent(event)


FITS = ("fit", "fill", "pixels")
"""The whole picture; the whole screen, cut where it does not fit; one pixel as one pixel."""

FADE_MS = 16


def placed(fit: str, picture: QSizeF, room: QSizeF, ratio: float) -> QRectF:
    """Where a picture lies in a room, in device-independent pixels, `ratio` of the screen's each."""
    across, down = room.width() / picture.width(), room.height() / picture.height()
    scale = {"fit": min(across, down), "fill": max(across, down), "pixels": 1.0 / ratio}[fit]
    size = picture * scale
    corner = QPointF((room.width() - size.width()) / 2, (room.height() - size.height()) / 2)
    return QRectF(corner, size)


class PictureWindow(QWidget):
    """Shows the picture as it comes; black, frozen or faded over when asked to.

    Escape leaves the full screen, and from there closes it; B makes it black, F freezes, T shows the
    caption, a double click fills the screen or comes back.

    Parameters
    ----------
    clock
        Tells the time in seconds.

    Signals
    -------
    changed()
        It is black, frozen, captioned or placed otherwise than before.
    closed()
        The window has gone.
    """

    changed = Signal()
    closed = Signal()

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self.setWindowTitle("ganlab projector")
        self.setAccessibleName("Projector")
        self.resize(640, 640)
        self.setMinimumSize(64, 64)
        self._windowed = self.geometry()
        self._clock = clock
        self._image = QImage()
        self._before = QImage()
        self._fade_began = self._fade_seconds = 0.0
        self._fading = QTimer(self, interval=FADE_MS)
        self._fading.timeout.connect(self._on_fading)
        self.fit = "fit"
        self.smooth = True
        self.black = self.frozen = False
        self.caption = ""
        self.captioned = False

    # --- what is shown ---------------------------------------------------------------------------

    @property
    def image(self) -> QImage:
        """The picture that is shown, black and fading aside."""
        return self._image

    @property
    def fading(self) -> bool:
        """Whether one picture still shines through the other."""
        return self._fading.isActive()

    def show_pixels(self, pixels: NDArray[np.uint8]) -> None:
        """Show a picture, uint8 (height, width, 3), unless frozen."""
        height, width, _ = pixels.shape
        data = np.ascontiguousarray(pixels)
        shared = QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self.show_image(shared.convertToFormat(QImage.Format.Format_RGB32))

    def show_image(self, image: QImage) -> None:
        """Show a picture, unless frozen."""
        if not self.frozen:
            self._image = image
            self.update()

    def fade_over(self, seconds: float) -> None:
        """Let what is shown now shine through for so long while other pictures come."""
        if seconds <= 0.0 or self._image.isNull() or self.frozen:
            return
        self._before = self._image
        self._fade_began, self._fade_seconds = self._clock(), seconds
        self._fading.start()

    def set_black(self, on: bool) -> None:
        """Show nothing, or the picture again."""
        self.black = on
        self._on_changed()

    def set_frozen(self, on: bool) -> None:
        """Keep the picture that is shown, whatever comes."""
        self.frozen = on
        self._on_changed()

    def set_fit(self, fit: str) -> None:
        """One of `FITS`."""
        self.fit = fit
        self._on_changed()

    def set_caption(self, words: str) -> None:
        """What stands below, where a caption is shown."""
        self.caption = words
        self.update()

    def set_captioned(self, on: bool) -> None:
        """Whether the caption is shown."""
        self.captioned = on
        self._on_changed()

    def set_full_screen(self, on: bool) -> None:
        """Fill the screen that the window is on, or come back."""
        if on and not self.isFullScreen():
            self._windowed = self.geometry()
        if on:  # the place first: not every window manager knows of full screens
            self.setGeometry(self.screen().geometry())
            self.showFullScreen()
        else:
            self.showNormal()
            self.setGeometry(self._windowed)
        self.setCursor(Qt.CursorShape.BlankCursor if on else Qt.CursorShape.ArrowCursor)
        self._on_changed()

    def go_to(self, screen: QScreen) -> None:
        """Move to a screen, in its middle, and fill it if this one was filled."""
        full = self.isFullScreen()
        if full:
            self.set_full_screen(False)
        area = screen.availableGeometry()
        self.setScreen(screen)
        size = self.size().boundedTo(area.size())
        self.resize(size)
        self.move(area.center() - self.rect().center())
        if full:
            self.set_full_screen(True)
        self._on_changed()

    def _on_changed(self) -> None:
        self.update()
        self.changed.emit()

    def _on_fading(self) -> None:
        if self._share() >= 1.0:
            self._fading.stop()
            self._before = QImage()
        self.update()

    def _share(self) -> float:
        """How much of the new picture is seen, 0 to 1."""
        if self._before.isNull():
            return 1.0
        return min(1.0, (self._clock() - self._fade_began) / self._fade_seconds)

    # --- painting --------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the picture on black."""
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(0, 0, 0))
            if self.black or self._image.isNull():
                return
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.smooth)
            share = self._share()
            if share < 1.0:
                self._paint(painter, self._before)
                painter.setOpacity(share)
            self._paint(painter, self._image)
            painter.setOpacity(1.0)
            if self.captioned and self.caption:
                self._paint_caption(painter)

    def _paint(self, painter: QPainter, image: QImage) -> None:
        room, size = QSizeF(self.size()), QSizeF(image.size())
        painter.drawImage(placed(self.fit, size, room, self.devicePixelRatioF()), image)

    def _paint_caption(self, painter: QPainter) -> None:
        painter.setFont(style.font("body"))
        place = self.rect().adjusted(24, 24, -24, -24)
        corner = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
        for step, colour in ((1, QColor(0, 0, 0)), (0, QColor(255, 255, 255))):
            painter.setPen(colour)
            painter.drawText(place.translated(step, step), corner, self.caption)

    # --- keys ------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The few keys that are needed while one performs."""
        match event.key():
            case Qt.Key.Key_Escape if self.isFullScreen():
                self.set_full_screen(False)
            case Qt.Key.Key_Escape:
                self.close()
            case Qt.Key.Key_B:
                self.set_black(not self.black)
            case Qt.Key.Key_F:
                self.set_frozen(not self.frozen)
            case Qt.Key.Key_T:
                self.set_captioned(not self.captioned)
            case _:
                super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Fill the screen, or come back."""
        self.set_full_screen(not self.isFullScreen())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell that it goes."""
        self._fading.stop()
        super().closeEvent(event)
        self.closed.emit()


def other_screen(of: QWidget) -> QScreen:
    """The first screen that a window is not on; its own where there is no other."""
    return next((one for one in QGuiApplication.screens() if one is not of.screen()), of.screen())
