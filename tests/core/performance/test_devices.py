"""Devices: what their messages say, and what happens when they or their libraries are not there."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import mido
import numpy as np
import pytest
from pythonosc.udp_client import SimpleUDPClient

from ganlab_core.errors import PerformanceError
from ganlab_core.performance import (
    AudioInput,
    DeviceHub,
    MidiInputs,
    OscInput,
    OscOutput,
    SignalBoard,
)
from ganlab_core.performance.devices import osc_signals


class PatchedMidi:
    """Stands for mido with rtmidi, which finds no sequencer on machines without ALSA's."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self.callbacks: dict[str, Callable[[Any], None]] = {}
        self.broken = False

    def get_input_names(self) -> list[str]:
        if self.broken:
            raise SystemError(
                "MidiInAlsa::initialize: error creating ALSA sequencer client object."
            )
        return self.names

    def open_input(self, name: str, callback: Callable[[Any], None]) -> Any:
        if "broken" in name:
            raise OSError("unknown port")
        self.callbacks[name] = callback
        return SimpleNamespace(close=lambda: self.callbacks.pop(name, None))


def now() -> float:
    return 1.5


def heard(*messages: Any) -> list[tuple[str, float]]:
    board, backend = SignalBoard(), PatchedMidi("Knobs")
    MidiInputs(board, now, backend).poll()
    for message in messages:
        backend.callbacks["Knobs"](message)
    return [(signal.name, signal.value) for signal in board.take()]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (mido.Message("control_change", channel=0, control=7, value=127), [("midi/1/cc/7", 1.0)]),
        (mido.Message("note_on", channel=9, note=36, velocity=0), [("midi/10/note/36", 0.0)]),
        (mido.Message("note_off", channel=9, note=36, velocity=64), [("midi/10/note/36", 0.0)]),
        (mido.Message("pitchwheel", channel=0, pitch=8191), [("midi/1/bend", 1.0)]),
        (mido.Message("pitchwheel", channel=0, pitch=-8192), [("midi/1/bend", 0.0)]),
        (mido.Message("aftertouch", channel=2, value=0), [("midi/3/pressure", 0.0)]),
        (mido.Message("polytouch", note=60, value=127), [("midi/1/key-pressure/60", 1.0)]),
        (mido.Message("program_change", program=127), [("midi/1/program", 1.0)]),
        (mido.Message("clock"), [("clock/tick", 1.0)]),
        (mido.Message("start"), [("clock/start", 1.0)]),
        (mido.Message("sysex", data=(1, 2)), []),
    ],
)
def test_what_a_midi_message_says(message: Any, said: list[tuple[str, float]]) -> None:
    assert heard(message) == said


def test_a_struck_note_says_how_hard_and_how_high() -> None:
    said = dict(heard(mido.Message("note_on", note=64, velocity=127)))
    assert said == {"midi/1/note/64": 1.0, "midi/1/pitch": 64 / 127, "midi/1/velocity": 1.0}


def test_midi_devices_come_and_go() -> None:
    board, backend = SignalBoard(), PatchedMidi("Knobs", "Keys")
    inputs = MidiInputs(board, now, backend)
    inputs.poll()
    assert [(state.name, state.open) for state in inputs.states()] == [
        ("Keys", True),
        ("Knobs", True),
    ]
    backend.names.remove("Knobs")
    inputs.poll()
    gone = {state.name: state for state in inputs.states()}["Knobs"]
    assert not gone.open
    assert "pulled out" in gone.sentence
    assert list(backend.callbacks) == ["Keys"]
    backend.names.append("Knobs")
    inputs.poll()
    assert all(state.open for state in inputs.states())
    inputs.close()
    assert backend.callbacks == {}
    inputs.poll()
    assert backend.callbacks == {}


def test_a_device_that_cannot_be_opened_is_told_and_tried_again() -> None:
    inputs = MidiInputs(SignalBoard(), now, PatchedMidi("broken"))
    inputs.poll()
    (state, *_) = inputs.states()
    assert (state.open, "unknown port" in state.sentence) == (False, True)


def test_a_machine_without_midi_says_so() -> None:
    backend = PatchedMidi()
    inputs = MidiInputs(SignalBoard(), now, backend)
    inputs.poll()
    assert inputs.states()[0].sentence == "No MIDI device is connected."
    backend.broken = True
    inputs.poll()
    assert "sequencer" in inputs.states()[0].sentence


def test_a_real_driver_that_finds_nothing_is_a_sentence() -> None:
    """Without a sequencer rtmidi raises an error of its own kind; with one there is nothing to tell."""
    inputs = MidiInputs(SignalBoard(), now)
    inputs.poll()
    assert all(state.open or state.sentence.endswith(".") for state in inputs.states())
    inputs.close()


def test_midi_goes_through_a_virtual_port_where_the_machine_has_them() -> None:
    try:
        out = mido.Backend("mido.backends.rtmidi").open_output("ganlab-test", virtual=True)
    except Exception as error:  # noqa: BLE001 - rtmidi has errors of its own, SystemError among them
        pytest.skip(f"no virtual MIDI ports here: {error}")
    board, heard_it = SignalBoard(), threading.Event()
    inputs = MidiInputs(board, now)
    inputs.poll()
    out.send(mido.Message("control_change", control=3, value=127))
    for _ in range(100):
        if ("midi/1/cc/3", 1.0) in [(signal.name, signal.value) for signal in board.take()]:
            heard_it.set()
            break
        threading.Event().wait(0.02)
    inputs.close()
    out.close()
    assert heard_it.is_set()


@pytest.mark.parametrize("library", ["mido", "rtmidi"])
def test_without_its_library_midi_says_what_to_install(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    inputs = MidiInputs(SignalBoard(), now)
    inputs.poll()
    assert f"the library {library}" in inputs.states()[0].sentence
    assert "pip install 'ganlab-desk[stage]'" in inputs.states()[0].sentence


# --- OSC ---------------------------------------------------------------------------------------------


@pytest.fixture
def osc() -> Iterator[tuple[OscInput, SignalBoard]]:
    board = SignalBoard()
    listening = OscInput(board, now, port=0)
    listening.poll()
    yield listening, board
    listening.close()


def until(board: SignalBoard, count: int) -> list[tuple[str, float]]:
    """What has come once so many signals have, or after five seconds."""
    said: list[tuple[str, float]] = []
    for _ in range(500):
        said += [(signal.name, signal.value) for signal in board.take()]
        if len(said) >= count:
            break
        threading.Event().wait(0.01)
    return said


def test_osc_messages_come_whole_and_in_order(osc: tuple[OscInput, SignalBoard]) -> None:
    listening, board = osc
    with SimpleUDPClient("127.0.0.1", listening.port) as client:
        for number in range(3000):
            client.send_message("/fader/1", number / 3000)
    assert until(board, 3000) == [("osc/fader/1", pytest.approx(n / 3000)) for n in range(3000)]


def test_every_number_of_a_message_is_a_signal() -> None:
    said = list(osc_signals("/xy", [0.5, "red", 2, True, float("nan")]))
    assert said == [("osc/xy", 0.5), ("osc/xy#3", 2.0), ("osc/xy#4", 1.0)]
    assert list(osc_signals("/go", [])) == [("osc/go", 1.0)]
    assert list(osc_signals("/" + "a" * 500, [1])) == []
    assert list(osc_signals("/a\u202eb", [1])) == []


def test_what_is_no_osc_is_counted_and_passed_over(osc: tuple[OscInput, SignalBoard]) -> None:
    listening, board = osc
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wild:
        for data in (
            b"",
            b"nonsense",
            b"#bundle\0" + b"\xff" * 40,
            b"\xff" * 9000,
        ):
            wild.sendto(data, ("127.0.0.1", listening.port))
    with SimpleUDPClient("127.0.0.1", listening.port) as client:
        client.send_message("/well", 1.0)
    assert until(board, 1) == [("osc/well", 1.0)]
    assert listening.wrong >= 3


def test_a_port_that_is_taken_is_told(osc: tuple[OscInput, SignalBoard]) -> None:
    for port in (osc[0].port, 99_999):
        second = OscInput(SignalBoard(), now, port=port)
        second.poll()
        (state,) = second.states()
        assert not state.open
        assert f"port {port}" in state.sentence


def test_without_its_library_osc_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pythonosc.osc_packet", None)
    listening = OscInput(SignalBoard(), now, port=0)
    listening.poll()
    assert "pip install" in listening.states()[0].sentence
    monkeypatch.setitem(sys.modules, "pythonosc.udp_client", None)
    with pytest.raises(PerformanceError, match="pip install"):
        OscOutput("127.0.0.1", 9001)


def test_what_moves_here_is_told_to_others(osc: tuple[OscInput, SignalBoard]) -> None:
    listening, board = osc
    output = OscOutput("127.0.0.1", listening.port)
    output.send("psi@8", 0.25)
    output.close()
    assert until(board, 1) == [("osc/ganlab/psi/8", 0.25)]


# --- sound -------------------------------------------------------------------------------------------


class PatchedSound:
    """Stands for sounddevice: a card that can be pulled out."""

    def __init__(self) -> None:
        self.streams: list[Any] = []
        self.there = True

    def query_devices(self, _device: str | None, _kind: str) -> dict[str, float]:
        if not self.there:
            raise ValueError("No input device matching 'card'")
        return {"default_samplerate": 44100.0}

    def InputStream(self, callback: Callable[..., None], **_: Any) -> Any:  # noqa: N802
        stream = SimpleNamespace(active=False, callback=callback, close=lambda: None)
        stream.start = lambda: setattr(stream, "active", True)
        self.streams.append(stream)
        return stream


def test_sound_is_heard_kept_and_goes_on_after_the_card_was_pulled() -> None:
    board, library = SignalBoard(), PatchedSound()
    kept: list[int] = []
    sound = AudioInput(
        board, now, "card", library, keep=lambda samples, rate: kept.append(len(samples))
    )
    sound.poll()
    assert sound.states()[0].open
    tone = np.sin(np.arange(4410) * 0.1).astype(np.float32)[:, None]
    library.streams[0].callback(tone, 4410, None, None)
    assert ("audio/level", pytest.approx(1.0, abs=0.05)) in until(board, 70)
    library.streams[0].active = False
    library.there = False
    sound.poll()
    assert not sound.states()[0].open
    assert "No input device" in sound.states()[0].sentence
    library.there = True
    sound.poll()
    assert sound.states()[0].open
    library.streams[1].callback(tone, 4410, None, None)
    assert until(board, 70)
    sound.close()
    assert kept == [4410, 4410]


def test_without_its_library_or_any_card_sound_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    real = AudioInput(SignalBoard(), now, "a card that nobody has")
    real.poll()
    assert real.states()[0].sentence.endswith(".")
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    sound = AudioInput(SignalBoard(), now)
    sound.poll()
    assert "pip install" in sound.states()[0].sentence


# --- all of them -------------------------------------------------------------------------------------


class Slow:
    """A device whose driver takes its time."""

    def __init__(self) -> None:
        self.polled, self.go, self.closed = threading.Event(), threading.Event(), False

    def poll(self) -> None:
        self.polled.set()
        self.go.wait(5.0)

    def states(self) -> list[Any]:
        return ["ready"]

    def close(self) -> None:
        self.closed = True


def test_the_hub_waits_for_drivers_so_that_nobody_else_does() -> None:
    told = threading.Event()
    hub, device = DeviceHub(told.set), Slow()
    hub.add(device)
    assert device.polled.wait(5.0)
    assert hub.states() == []
    device.go.set()
    assert told.wait(5.0)
    assert hub.states() == ["ready"]
    hub.remove(device)
    assert device.closed
    hub.stop()


def test_signals_wait_in_order_and_beyond_measure_the_oldest_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ganlab_core.performance.signal_board.MOST_WAITING", 10)
    board = SignalBoard()
    for number in range(14):
        board.put("key/a", number, 0.0)
    assert [signal.value for signal in board.take()] == list(range(4, 14))
    assert (board.taken, board.lost) == (10, 4)
    assert board.take() == []
