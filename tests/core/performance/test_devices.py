"""Devices: what their messages say, and what happens when they or their libraries are not there."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mido
import numpy as np
import pytest
from PIL import Image
from pythonosc.udp_client import SimpleUDPClient

from ganlab_core.errors import PerformanceError
from ganlab_core.performance import (
    AudioInput,
    CameraInput,
    DeviceHub,
    GamePads,
    MidiInputs,
    OscInput,
    OscOutput,
    SignalBoard,
    VirtualCamera,
    write_picture,
)
from ganlab_core.performance.devices import (
    NO_CAMERA,
    NO_PAD,
    PAD_EVENT,
    camera_sources,
    movement,
    osc_signals,
    small_grey,
)
from tests.performing_devices import PatchedCamera, PatchedMidi, blinking


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
    assert "pip install 'ganlab-desk[perform]'" in inputs.states()[0].sentence


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


# --- cameras -----------------------------------------------------------------------------------------


def reached(condition: Callable[[], bool], device: Any = None) -> bool:
    """Whether it came true, within half a minute, while the device is looked after."""
    for _ in range(600):
        if condition():
            return True
        if device is not None:
            device.poll()
        threading.Event().wait(0.05)
    return False


def test_a_camera_says_how_bright_it_is_and_what_moves(tmp_path: Path) -> None:
    board = SignalBoard()
    camera = CameraInput(board, now, lambda: [blinking(tmp_path / "blinks")])
    assert camera.picture() is None
    camera.poll()
    heard: list[tuple[str, float]] = []
    while ("camera/motion", 0.0) not in heard:  # which it says when it has gone
        heard += until(board, 1)
    said = [value for name, value in heard if name == "camera/brightness"]
    assert said == pytest.approx([0.0, 0.5] * 4, abs=0.04)
    moved = [value for name, value in heard if name == "camera/motion"]
    assert moved[:-1] == pytest.approx([0.5] * 7, abs=0.04)
    camera.close()


def test_a_camera_comes_and_goes_and_gives_its_newest_picture(tmp_path: Path) -> None:
    """The file ends after its last picture, as a camera that is pulled out; then it is back."""
    board, path = SignalBoard(), tmp_path / "blinks"
    source = blinking(path, 40)
    cameras = [source]
    camera = CameraInput(board, now, lambda: list(cameras))
    camera.poll()
    assert reached(lambda: camera.states()[0].open)
    assert camera.states()[0].name == "Camera blinks"
    picture = camera.picture()
    assert picture is not None
    assert picture.shape == (512, 512, 3)
    written = write_picture(tmp_path / "new" / "picture.png", picture)
    with Image.open(written) as image:
        assert np.array_equal(np.asarray(image), picture)
    cameras.clear()
    assert reached(lambda: not camera.states()[0].open, camera)
    assert camera.picture() is None
    assert camera.states()[0].sentence == NO_CAMERA
    cameras.append(source)
    assert reached(lambda: camera.states()[0].open, camera)
    camera.close()
    camera.poll()
    assert not camera.states()[0].open


def test_a_camera_that_does_not_work_is_told_and_the_next_is_tried(tmp_path: Path) -> None:
    broken = ("broken", ("-f", "v4l2", "-i", str(tmp_path / "video9")))
    camera = CameraInput(SignalBoard(), now, lambda: [broken])
    assert reached(lambda: "No such file" in camera.states()[0].sentence, camera)
    camera.close()
    both = CameraInput(SignalBoard(), now, lambda: [broken, blinking(tmp_path / "well", 40)])
    assert reached(lambda: both.states()[0].open, both)
    both.close()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes in folders")
def test_a_camera_that_says_nothing_is_left_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its driver holds on; nobody waits for it."""
    monkeypatch.setattr("ganlab_core.performance.devices.CAMERA_PATIENCE", 0.2)
    os.mkfifo(tmp_path / "hangs")
    name, raw = blinking(tmp_path / "well", 40)
    hangs = ("hangs", (*raw[:-1], str(tmp_path / "hangs")))
    camera = CameraInput(SignalBoard(), now, lambda: [hangs, (name, raw)])
    camera.poll()
    assert "gives no picture yet" in camera.states()[0].sentence
    threading.Event().wait(0.3)
    monkeypatch.setattr("ganlab_core.performance.devices.CAMERA_PATIENCE", 20.0)
    camera._seen -= 20.0
    assert reached(lambda: camera.states()[0].open, camera)
    camera.close()


def test_a_camera_cannot_be_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = CameraInput(SignalBoard(), now, list)
    none.poll()
    assert none.states()[0].sentence == NO_CAMERA
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    camera = CameraInput(SignalBoard(), now, lambda: [blinking(tmp_path / "well")])
    camera.poll()
    assert "imageio_ffmpeg" in camera.states()[0].sentence
    with pytest.raises(PerformanceError, match="Choose another place"):
        write_picture(Path("/dev/null/picture.png"), np.zeros((4, 4, 3), np.uint8))


def test_where_cameras_are_looked_for() -> None:
    assert all(arguments[:2] == ("-f", "v4l2") for _, arguments in camera_sources("linux"))
    assert camera_sources("darwin")[0][1][1] == "avfoundation"
    assert camera_sources("win32") == []  # ffmpeg's dshow is on Windows alone
    assert camera_sources("plan9") == []


def test_the_noise_of_a_camera_is_no_movement() -> None:
    noise = np.random.default_rng(1)
    pictures = [noise.normal(128, 5, (512, 512, 3)).clip(0, 255).astype(np.uint8) for _ in range(2)]
    before, after = map(small_grey, pictures)
    assert before.mean() == pytest.approx(0.5, abs=0.01)
    assert movement(before, after) < 0.01
    pictures[1][:256] = 255
    assert movement(before, small_grey(pictures[1])) == pytest.approx(0.5, abs=0.01)


# --- game pads ---------------------------------------------------------------------------------------


def event(kind: int, number: int, value: int) -> bytes:
    return PAD_EVENT.pack(1000, value, kind, number)


@pytest.mark.skipif(sys.platform != "linux", reason="they are heard on Linux alone")
def test_game_pads_come_and_go(tmp_path: Path) -> None:
    """A named pipe stands for the kernel's joystick device, which speaks the same."""
    board = SignalBoard()
    pads = GamePads(board, now, tmp_path)
    pads.poll()
    assert pads.states()[0].sentence == NO_PAD
    writers = []
    for name in ("js3", "js4"):
        os.mkfifo(tmp_path / name)
        writers.append(os.open(tmp_path / name, os.O_RDWR))
    pads.poll()
    assert [(state.name, state.open) for state in pads.states()] == [("js3", True), ("js4", True)]
    stood = event(0x80 | 2, 0, 1000)
    os.write(writers[0], stood + event(2, 0, -32767) + event(2, 1, 32767) + event(1, 3, 1))
    assert until(board, 3) == [("pad/axis/0", 0.0), ("pad/axis/1", 1.0), ("pad/button/3", 1.0)]
    os.write(writers[1], event(2, 5, 0) + event(1, 0, 0))
    assert until(board, 2) == [("pad/2/axis/5", 0.5), ("pad/2/button/0", 0.0)]
    os.close(writers[0])
    (tmp_path / "js3").unlink()
    assert reached(lambda: not all(state.open for state in pads.states()), pads)
    assert "js3 was pulled out" in pads.states()[1].sentence
    os.mkfifo(tmp_path / "js7")
    back = os.open(tmp_path / "js7", os.O_RDWR)
    pads.poll()
    os.write(back, event(1, 1, 1))
    assert until(board, 1) == [("pad/button/1", 1.0)]
    pads.close()
    os.close(back)
    os.close(writers[1])


def test_a_pad_that_may_not_be_read_and_a_system_without_are_told(tmp_path: Path) -> None:
    elsewhere = GamePads(SignalBoard(), now, tmp_path, "darwin")
    elsewhere.poll()
    assert "Linux" in elsewhere.states()[0].sentence
    (tmp_path / "js0").symlink_to(tmp_path / "nothing")
    pads = GamePads(SignalBoard(), now, tmp_path, "linux")
    pads.poll()
    assert "js0 does not work: " in pads.states()[0].sentence
    pads.close()


# --- the virtual camera ------------------------------------------------------------------------------


def test_others_can_take_the_picture_from_a_virtual_camera() -> None:
    told = threading.Event()
    library = PatchedCamera()
    output = VirtualCamera(told.set, library)
    assert told.wait(10.0)
    assert output.state().open
    assert output.state().name == "OBS Virtual Camera"
    assert library.asked == {"width": 1280, "height": 720, "fps": 30.0}
    output.show(np.full((64, 64, 3), 200, np.uint8))
    assert reached(lambda: bool(library.sent) and library.sent[-1].any())
    frame = library.sent[-1]
    assert frame.shape == (720, 1280, 3)
    assert frame[:, 290:990].min() == 200
    assert frame[:, :270].max() == frame[:, 1010:].max() == 0
    output.black = True
    assert reached(lambda: not library.sent[-1].any())
    output.close()
    assert not library.open
    assert not output.state().open


def test_without_its_library_or_its_driver_the_virtual_camera_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    output = VirtualCamera()
    assert reached(lambda: "pip install" in output.state().sentence)

    class Lacking:
        def Camera(self, **_: float) -> Any:  # noqa: N802
            raise RuntimeError("'obs' backend: virtual camera output could not be started")

    other = VirtualCamera(library=Lacking())
    assert reached(lambda: "OBS Studio" in other.state().sentence)
    other.show(np.zeros((8, 8, 3), np.uint8))
    other.close()


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
    monkeypatch.setattr("ganlab_core.performance.signals.MOST_WAITING", 10)
    board = SignalBoard()
    for number in range(14):
        board.put("key/a", number, 0.0)
    assert [signal.value for signal in board.take()] == list(range(4, 14))
    assert (board.taken, board.lost) == (10, 4)
    assert board.take() == []
