"""Devices that play: MIDI, OSC, sound, cameras and game pads, each free to come and go, or to be absent.

A device runs on threads of its own and leaves signals on the board. What is wrong with one is a
sentence in its state, never an error on somebody else's thread.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import math
import os
import queue
import re
import select
import socket
import struct
import subprocess
import sys
import threading
import time as times
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganlab_core.errors import PerformanceError, explain_os_error
from ganlab_core.files import write_bytes_atomically
from ganlab_core.performance.audio_features import AudioAnalyser, Samples
from ganlab_core.performance.signals import SignalBoard
from ganlab_core.plain_text import plain_text

HOW_TO_INSTALL = "Run `pip install 'ganlab-desk[perform]'`."
OSC_PORT = 9000
RECEIVE_BUFFER = 4 * 2**20
"""Bytes that the system keeps for us while we are busy: minutes of messages."""

SEQUENCER = Path("/dev/snd/seq")
"""What rtmidi needs on Linux; without it ALSA complains on the terminal at every look."""

LONGEST_ADDRESS = 120
PATIENCE = 1.0
"""Seconds between two looks at which devices there are."""

Now = Callable[[], float]
"""Tells the time of the performance in seconds."""


@dataclass(frozen=True, slots=True)
class DeviceState:
    """How a device is.

    Attributes
    ----------
    name
        As people call it.
    kind
        `"midi"`, `"osc"`, `"audio"`, `"camera"`, `"pad"` or `"output"`.
    open
        Whether it is heard.
    sentence
        What is wrong with it, or what it waits for; empty while all is well.
    """

    name: str
    kind: str
    open: bool
    sentence: str = ""


class Device(Protocol):
    """What can be opened, looked after, and closed."""

    def poll(self) -> None:
        """Open what has come and close what has gone; called once a second, may take its time."""

    def states(self) -> list[DeviceState]:
        """How it is."""

    def close(self) -> None:
        """End it; may be called twice."""


def load_library(name: str, what: str) -> ModuleType:
    """A library of the extra `stage`; raises `PerformanceError` with what to do where it is absent."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise PerformanceError(f"{what} needs the library {name}.", HOW_TO_INSTALL) from None
    except OSError as error:  # the library is there, the system's own part of it is not
        raise PerformanceError(
            f"{what} does not work on this machine: {error}.", "Install what it asks for."
        ) from None


@contextlib.contextmanager
def refused_in_a_sentence(what: str, remedy: str = "Connect it again.") -> Iterator[None]:
    """Whatever a driver raises becomes a `PerformanceError`; each has errors of its own kinds."""
    try:
        yield
    except PerformanceError:
        raise
    except Exception as error:  # noqa: BLE001 - the drivers' edge
        said = plain_text(str(error) or type(error).__name__, 200).rstrip(".")
        raise PerformanceError(f"{what} does not work: {said}.", remedy) from None


# ------------------------------------------------------------------------------------------------
# MIDI.


def midi_signals(message: Any) -> Iterator[tuple[str, float]]:
    """What a message of `mido` says, as pairs (signal, value); nothing for what is no control."""
    match message.type:
        case "note_on" | "note_off":
            channel = f"midi/{message.channel + 1}"
            value = message.velocity / 127 if message.type == "note_on" else 0.0
            yield f"{channel}/note/{message.note}", value
            if value:
                yield f"{channel}/pitch", message.note / 127
                yield f"{channel}/velocity", value
        case "control_change":
            yield f"midi/{message.channel + 1}/cc/{message.control}", message.value / 127
        case "pitchwheel":
            yield f"midi/{message.channel + 1}/bend", (message.pitch + 8192) / 16383
        case "aftertouch":
            yield f"midi/{message.channel + 1}/pressure", message.value / 127
        case "polytouch":
            key = f"midi/{message.channel + 1}/key-pressure/{message.note}"
            yield key, message.value / 127
        case "program_change":
            yield f"midi/{message.channel + 1}/program", message.program / 127
        case "clock":
            yield "clock/tick", 1.0
        case "start" | "continue":
            yield "clock/start", 1.0


class MidiInputs:
    """Every MIDI input there is, opened as it comes.

    Parameters
    ----------
    board, now
        Where signals go, and what time it is.
    backend
        What `mido` offers: `get_input_names()` and `open_input(name, callback=...)`; None = mido with
        rtmidi.
    """

    def __init__(self, board: SignalBoard, now: Now, backend: Any = None) -> None:
        self._board = board
        self._now = now
        self._backend = backend
        self._ports: dict[str, Any] = {}
        self._gone: dict[str, str] = {}
        self._wrong = ""
        self._closed = False

    def poll(self) -> None:
        """Open the inputs that have come, close those that have gone."""
        try:
            with refused_in_a_sentence("MIDI"):
                names = set(self._library().get_input_names())
        except PerformanceError as error:
            self._wrong, names = str(error), set()
        else:
            self._wrong = ""
        if self._closed:
            return
        for name in set(self._ports) - names:
            self._shut(name)
            self._gone[name] = f"{plain_text(name)} was pulled out; it goes on when it is back."
        for name in names - set(self._ports):
            self._open(name)

    def states(self) -> list[DeviceState]:
        """The inputs that are heard, those that went, and what is wrong with MIDI as a whole."""
        found = [DeviceState(plain_text(name), "midi", True) for name in sorted(self._ports)]
        found += [
            DeviceState(plain_text(name), "midi", False, why)
            for name, why in sorted(self._gone.items())
        ]
        if self._wrong or not found:
            sentence = self._wrong or "No MIDI device is connected."
            found.append(DeviceState("MIDI", "midi", False, sentence))
        return found

    def close(self) -> None:
        """Close every input."""
        self._closed = True
        for name in list(self._ports):
            self._shut(name)

    def _library(self) -> Any:
        if self._backend is None:
            mido = load_library("mido", "MIDI")
            load_library("rtmidi", "MIDI")
            if sys.platform == "linux" and not SEQUENCER.exists():
                raise PerformanceError(
                    "This machine has no MIDI sequencer.", "Load the kernel's module snd-seq."
                )
            self._backend = mido.Backend("mido.backends.rtmidi")
        return self._backend

    def _open(self, name: str) -> None:
        try:
            with refused_in_a_sentence(name):
                self._ports[name] = self._backend.open_input(name, callback=self._hear)
        except PerformanceError as error:
            self._gone[name] = str(error)
        else:
            self._gone.pop(name, None)

    def _shut(self, name: str) -> None:
        port = self._ports.pop(name)
        with contextlib.suppress(PerformanceError), refused_in_a_sentence(name):
            port.close()

    def _hear(self, message: Any) -> None:
        """On the driver's thread."""
        time = self._now()
        for name, value in midi_signals(message):
            self._board.put(name, value, time)


# ------------------------------------------------------------------------------------------------
# OSC.


def osc_signals(address: str, values: list[Any]) -> Iterator[tuple[str, float]]:
    """What an OSC message says: its first number is `osc/address`, the n-th `osc/address#n`."""
    name = f"osc/{address.strip('/')}"
    if len(name) > LONGEST_ADDRESS or plain_text(name) != name or name == "osc/":
        return
    if not values:
        yield name, 1.0
    for number, value in enumerate(values[:16], 1):
        if isinstance(value, int | float) and math.isfinite(value):
            yield name if number == 1 else f"{name}#{number}", float(value)


class OscInput:
    """Listens for OSC messages on a UDP port.

    Parameters
    ----------
    board, now
        Where signals go, and what time it is.
    host, port
        Where to listen; `"127.0.0.1"` hears this machine alone, `"0.0.0.0"` the whole network. Port 0
        takes any that is free; `port` then tells which.

    Attributes
    ----------
    packets, wrong
        Datagrams that came, and those that were no OSC.
    """

    def __init__(
        self, board: SignalBoard, now: Now, host: str = "127.0.0.1", port: int = OSC_PORT
    ) -> None:
        self.host, self.port = host, port
        self.packets = self.wrong = 0
        self._board = board
        self._now = now
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._sentence = ""
        self._closed = False

    def poll(self) -> None:
        """Begin to listen, if it does not yet."""
        if self._socket is not None or self._closed:
            return
        try:
            self._begin(load_library("pythonosc.osc_packet", "OSC").OscPacket)
        except PerformanceError as error:
            self._sentence = str(error)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self._sentence = (
                f"OSC cannot listen on port {self.port}: {reason}. Choose another port."
            )

    def states(self) -> list[DeviceState]:
        """Whether it listens."""
        name = f"OSC on {self.host}:{self.port}"
        return [DeviceState(name, "osc", self._socket is not None, self._sentence)]

    def close(self) -> None:
        """Stop listening."""
        self._closed = True
        own, self._socket = self._socket, None
        if own is not None:
            own.close()
        if self._thread is not None:
            self._thread.join(2.0)

    def _begin(self, packet: Callable[[bytes], Any]) -> None:
        own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            own.bind((self.host, self.port))
        except (OSError, OverflowError):
            own.close()
            raise
        own.settimeout(0.2)
        self.port = own.getsockname()[1]
        self._socket, self._sentence = own, ""
        self._thread = threading.Thread(
            target=self._listen, args=(own, packet), name="osc-input", daemon=True
        )
        self._thread.start()

    def _listen(self, own: socket.socket, packet: Callable[[bytes], Any]) -> None:
        while not self._closed:
            try:
                data = own.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            self.packets += 1
            try:
                self._hear(packet(data))
            except Exception:  # noqa: BLE001 - anybody may send anything
                self.wrong += 1
        own.close()

    def _hear(self, packet: Any) -> None:
        time = self._now()
        for timed in packet.messages:
            for name, value in osc_signals(timed.message.address, timed.message.params):
                self._board.put(name, value, time)


class OscOutput:
    """Tells others over OSC what moves here; what cannot be sent is dropped.

    Parameters
    ----------
    host, port
        Whom to tell. Raises `PerformanceError` without python-osc or with a wrong address.
    """

    def __init__(self, host: str, port: int) -> None:
        library = load_library("pythonosc.udp_client", "OSC")
        with refused_in_a_sentence(f"Sending OSC to {host}:{port}"):
            self._client = library.SimpleUDPClient(host, port)

    def send(self, name: str, value: float) -> None:
        """Send `/ganlab/<name>` with one number; `psi@8` is sent as `/ganlab/psi/8`."""
        with contextlib.suppress(OSError):
            self._client.send_message(f"/ganlab/{name.replace('@', '/')}", float(value))

    def close(self) -> None:
        """Send no more."""
        self._client.close()


# ------------------------------------------------------------------------------------------------
# Sound.


class AudioInput:
    """Listens to a sound card, or to a loopback that is one.

    Parameters
    ----------
    board, now
        Where signals go, and what time it is.
    device
        Name, or a part of it; empty = the system's own input.
    library
        What `sounddevice` offers; loaded when None.
    keep
        Called, on the analysing thread, with every piece of sound, float32 (N,), and its rate; to record.
    """

    def __init__(
        self,
        board: SignalBoard,
        now: Now,
        device: str = "",
        library: Any = None,
        keep: Callable[[Samples, int], None] | None = None,
    ) -> None:
        self.device = device
        self.keep = keep
        self._board = board
        self._now = now
        self._library = library
        self._stream: Any = None
        self._pieces: queue.SimpleQueue[tuple[Samples, float] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._sentence = ""
        self._closed = False

    def poll(self) -> None:
        """Open the device, or open it again after it was pulled out."""
        if self._closed or (self._stream is not None and self._stream.active):
            return
        if self._stream is not None:
            self._shut()
        try:
            if self._library is None:
                self._library = load_library("sounddevice", "Sound")
            with refused_in_a_sentence("The sound input"):
                self._begin()
        except PerformanceError as error:
            self._sentence = str(error)

    def states(self) -> list[DeviceState]:
        """Whether it is heard."""
        heard = self._stream is not None and bool(self._stream.active)
        waiting = "" if heard else self._sentence or "The sound input is not there."
        return [DeviceState(self.device or "Sound input", "audio", heard, waiting)]

    def close(self) -> None:
        """Stop listening."""
        self._closed = True
        self._shut()

    def _begin(self) -> None:
        device = self.device or None
        rate = int(self._library.query_devices(device, "input")["default_samplerate"])
        stream = self._library.InputStream(
            samplerate=rate, device=device, channels=1, dtype="float32", blocksize=0,
            callback=self._on_sound,
        )  # fmt: skip
        stream.start()
        self._stream, self._sentence = stream, ""
        self._thread = threading.Thread(
            target=self._analyse, args=(rate,), name="audio-input", daemon=True
        )
        self._thread.start()

    def _shut(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with contextlib.suppress(PerformanceError), refused_in_a_sentence("The sound input"):
                stream.close()
        if self._thread is not None:
            self._pieces.put(None)
            self._thread.join(2.0)
            self._thread = None

    def _on_sound(self, sound: Any, _frames: int, _time: object, _status: object) -> None:
        """On the driver's thread, which must not wait: keep a copy, and go."""
        self._pieces.put((np.array(sound[:, 0], np.float32), self._now()))

    def _analyse(self, rate: int) -> None:
        analyser = AudioAnalyser(rate)
        while (piece := self._pieces.get()) is not None:
            samples, time = piece
            for heard in analyser.feed(samples):
                for signal in heard.signals(time):
                    self._board.put(*signal)
            if self.keep is not None:
                self.keep(samples, rate)


# ------------------------------------------------------------------------------------------------
# Cameras.

CAMERA_SIDE = 512
"""Pixels of the square in the middle of a camera's picture that is looked at."""

GREY_SIDE = 32
"""Pixels of the small grey picture in which movement is looked for."""

CHANGED = 0.03
"""A place of the grey picture, 0 to 1, has changed when it differs by more: above a camera's own noise."""

CAMERA_PATIENCE = 5.0
"""Seconds without a picture after which a camera is opened again, or another is tried."""

NO_CAMERA = "No camera is connected."

CameraSources = Callable[[], list[tuple[str, tuple[str, ...]]]]
"""Tells which cameras there are: pairs of a name and ffmpeg's arguments for it as an input."""


def camera_sources(platform: str = sys.platform) -> list[tuple[str, tuple[str, ...]]]:
    """The cameras that the system tells of; on a Mac the one it prefers."""
    if platform == "linux":
        nodes = sorted(Path("/dev").glob("video*"))
        return [(node.name, ("-f", "v4l2", "-i", str(node))) for node in nodes]
    if platform == "darwin":
        return [("camera", ("-f", "avfoundation", "-framerate", "30", "-i", "0:none"))]
    if platform == "win32":
        return [(name, ("-f", "dshow", "-i", f"video={name}")) for name in _windows_cameras()]
    return []


def _windows_cameras() -> list[str]:
    arguments = ["-list_devices", "true", "-f", "dshow", "-i", "dummy"]
    with _ffmpeg(arguments) as process:
        try:
            _, said = process.communicate(timeout=CAMERA_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            return []
    return re.findall(r'"([^"]+)" \(video\)', said.decode(errors="replace"))


def _ffmpeg(arguments: list[str]) -> subprocess.Popen[bytes]:
    """ffmpeg at work, away from the terminal's Ctrl-C; raises `PerformanceError`."""
    library = load_library("imageio_ffmpeg", "A camera")
    with refused_in_a_sentence("A camera", "Run `pip install imageio-ffmpeg`."):
        return subprocess.Popen(
            [library.get_ffmpeg_exe(), "-hide_banner", "-nostdin", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )


def small_grey(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A picture, uint8 (512, 512, 3), as a grey one, (32, 32), 0 to 1."""
    every = picture[::4, ::4].astype(np.float32)
    side = every.shape[0] // GREY_SIDE
    blocks = every.reshape(GREY_SIDE, side, GREY_SIDE, side, 3).mean(axis=(1, 3))
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32) / 255.0
    grey: NDArray[np.float32] = blocks @ weights
    return grey


def movement(before: NDArray[np.float32], now: NDArray[np.float32]) -> float:
    """How much of a grey picture has changed, 0 to 1."""
    return float(np.mean(np.abs(now - before) > CHANGED))


class CameraInput:
    """Looks through the first camera that gives pictures.

    ffmpeg reads it in a process of its own. The newest picture alone counts, so that nobody waits for a
    camera, nor a camera for anybody.

    Parameters
    ----------
    board, now
        Where signals go, and what time it is.
    sources
        Which cameras there are; asked again whenever there is none that works.
    """

    def __init__(
        self, board: SignalBoard, now: Now, sources: CameraSources = camera_sources
    ) -> None:
        self._board = board
        self._now = now
        self._sources = sources
        self._name = ""
        self._tried = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._threads: list[threading.Thread] = []
        self._picture: NDArray[np.uint8] | None = None
        self._seen = 0.0
        self._said = ""
        self._sentence = ""
        self._closed = threading.Event()

    def picture(self) -> NDArray[np.uint8] | None:
        """The newest picture, uint8 (512, 512, 3); None while there is none."""
        return self._picture

    def poll(self) -> None:
        """Open a camera, or the next one where this one gives no pictures, or has gone."""
        process = self._process
        silent = times.monotonic() - self._seen > CAMERA_PATIENCE
        if self._closed.is_set() or (process is not None and process.poll() is None and not silent):
            return
        if process is not None:
            self._give_up(silent)
        try:
            sources = self._sources()
            if not sources:
                self._sentence = NO_CAMERA
            else:
                self._begin(*sources[self._tried % len(sources)])
        except PerformanceError as error:
            self._sentence = str(error)
        if self._closed.is_set():  # it was, while a camera was being opened
            self._shut()

    def states(self) -> list[DeviceState]:
        """Whether it is seen, or why not."""
        name = f"Camera {plain_text(self._name)}".strip()
        if self._picture is not None:
            return [DeviceState(name, "camera", True)]
        return [
            DeviceState(name, "camera", False, self._sentence or f"{name} gives no picture yet.")
        ]

    def close(self) -> None:
        """Look no more."""
        self._closed.set()
        self._shut()

    def _begin(self, name: str, arguments: tuple[str, ...]) -> None:
        side = CAMERA_SIDE
        square = f"scale={side}:{side}:force_original_aspect_ratio=increase,crop={side}:{side}"
        out = ["-an", "-vf", square, "-pix_fmt", "rgb24", "-fps_mode", "passthrough",
               "-f", "rawvideo", "pipe:1"]  # fmt: skip
        process = _ffmpeg(["-v", "error", *arguments, *out])
        self._name, self._process, self._said = name, process, ""
        self._seen = times.monotonic()
        self._threads = [
            threading.Thread(
                target=work, args=(process,), name=f"camera-{work.__name__}", daemon=True
            )
            for work in (self._look, self._listen)
        ]
        for thread in self._threads:
            thread.start()

    def _give_up(self, silent: bool) -> None:
        """One that gave pictures is tried again; of one that never did, the next."""
        gone = self._picture is not None
        self._shut()
        name = f"Camera {plain_text(self._name)}"
        why = "no picture comes" if silent or not self._said else self._said
        self._tried += not gone
        self._sentence = (
            f"{name} was pulled out; it goes on when it is back."
            if gone
            else f"{name} does not work: {why}. Connect it again."
        )

    def _shut(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
        for thread in self._threads:
            thread.join(2.0)
        self._threads = []
        self._picture = None

    def _look(self, process: subprocess.Popen[bytes]) -> None:
        before: NDArray[np.float32] | None = None
        side = CAMERA_SIDE
        size = side * side * 3
        with process.stdout or io.BytesIO() as pipe:
            while len(data := pipe.read(size)) == size:
                picture = np.frombuffer(data, np.uint8).reshape(side, side, 3)
                grey, time = small_grey(picture), self._now()
                self._picture, self._seen = picture, times.monotonic()
                self._board.put("camera/brightness", float(grey.mean()), time)
                if before is not None:
                    self._board.put("camera/motion", movement(before, grey), time)
                before = grey
        if before is not None:  # where nothing is seen nothing moves
            self._board.put("camera/motion", 0.0, self._now())

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """Keep the first thing ffmpeg says: what follows comes of it."""
        with process.stderr or io.BytesIO() as pipe:
            for line in pipe:
                said = re.sub(r"^\[[^]]*\] ", "", line.decode(errors="replace").strip())
                self._said = self._said or plain_text(said, 200).rstrip(".")


def write_picture(path: Path, pixels: NDArray[np.uint8]) -> Path:
    """Write a camera's picture, uint8 (H, W, 3), as PNG, making its folder; raises `PerformanceError`."""
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "PNG")
    try:
        write_bytes_atomically(path, data.getvalue())
    except OSError as error:
        raise PerformanceError(
            explain_os_error(error, f"writing {path.name}"), "Choose another place."
        ) from None
    return path


# ------------------------------------------------------------------------------------------------
# Game pads.

PADS = Path("/dev/input")
PAD_EVENT = struct.Struct("<IhBB")
"""Of Linux' joystick API: milliseconds, value, kind and number."""

PAD_BUTTON, PAD_AXIS = 1, 2
NO_PAD = "No game pad is connected."


def pad_signals(data: bytes, prefix: str = "pad") -> Iterator[tuple[str, float]]:
    """What a joystick device says, as pairs (signal, value), but for how it stood when opened."""
    whole = len(data) // PAD_EVENT.size * PAD_EVENT.size
    for _, value, kind, number in PAD_EVENT.iter_unpack(data[:whole]):
        if kind == PAD_BUTTON:
            yield f"{prefix}/button/{number}", float(value != 0)
        elif kind == PAD_AXIS:
            yield f"{prefix}/axis/{number}", min(1.0, max(0.0, (value + 32767) / 65534))


class GamePads:
    """Every game pad there is, read from the devices that Linux makes for them, without a library.

    The first is `pad/axis/0`, `pad/button/3`, the second `pad/2/axis/0`; one that comes back has the
    lowest number that is free.

    Parameters
    ----------
    board, now
        Where signals go, and what time it is.
    folder, platform
        Where the devices are, and on what system.
    """

    def __init__(
        self, board: SignalBoard, now: Now, folder: Path = PADS, platform: str = sys.platform
    ) -> None:
        self._board = board
        self._now = now
        self._folder = folder
        self._platform = platform
        self._pads: dict[Path, tuple[int, str, threading.Thread]] = {}
        self._gone: dict[str, str] = {}
        self._closed = False

    def poll(self) -> None:
        """Open the pads that have come, forget those that have gone."""
        if self._platform != "linux" or self._closed:
            return
        for path, (_, name, thread) in list(self._pads.items()):
            if not thread.is_alive():
                del self._pads[path]
                self._gone[name] = f"{name} was pulled out; it goes on when it is back."
        for path in sorted(self._folder.glob("js*")):
            if path not in self._pads:
                self._open(path)

    def states(self) -> list[DeviceState]:
        """The pads that are heard, those that went, or why there is none."""
        if self._platform != "linux":
            return [DeviceState("Game pads", "pad", False, "Game pads are heard on Linux alone.")]
        found = [DeviceState(name, "pad", True) for _, name, _ in self._pads.values()]
        found += [DeviceState(name, "pad", False, why) for name, why in sorted(self._gone.items())]
        return found or [DeviceState("Game pads", "pad", False, NO_PAD)]

    def close(self) -> None:
        """Hear nothing any more."""
        self._closed = True
        for _, _, thread in self._pads.values():
            thread.join(2.0)
        self._pads = {}

    def _open(self, path: Path) -> None:
        taken = {number for number, _, _ in self._pads.values()}
        number = next(number for number in range(1, len(taken) + 2) if number not in taken)
        try:
            with refused_in_a_sentence(path.name):
                own = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except PerformanceError as error:
            self._gone[path.name] = str(error)
            return
        name = _pad_name(own) or path.name
        self._gone.pop(path.name, None)
        self._gone.pop(name, None)
        prefix = "pad" if number == 1 else f"pad/{number}"
        thread = threading.Thread(
            target=self._listen, args=(own, prefix), name="game-pad", daemon=True
        )
        self._pads[path] = number, name, thread
        thread.start()

    def _listen(self, own: int, prefix: str) -> None:
        with contextlib.suppress(OSError), open(own, "rb", buffering=0) as pad:
            while not self._closed:
                if not select.select([pad], [], [], 0.2)[0]:
                    continue
                data = pad.read(64 * PAD_EVENT.size)
                if data == b"":
                    break
                time = self._now()
                for name, value in pad_signals(data or b"", prefix):
                    self._board.put(name, value, time)


def _pad_name(own: int) -> str:
    """What a pad calls itself; empty where it does not say."""
    import fcntl

    said = bytearray(80)
    with contextlib.suppress(OSError):  # JSIOCGNAME of linux/joystick.h
        fcntl.ioctl(own, 0x80006A13 | (len(said) << 16), said)
    return plain_text(said.split(b"\0")[0].decode(errors="replace"))


# ------------------------------------------------------------------------------------------------
# A virtual camera.

VIRTUAL_SIZE = (1280, 720)
"""Width and height of what others get; the picture stands in the middle, on black."""

VIRTUAL_FPS = 30.0


class VirtualCamera:
    """The picture as a camera that OBS and others can take, by pyvirtualcam, on a thread of its own.

    Parameters
    ----------
    changed
        Called, on that thread, when it is there, and when it has gone.
    library
        What `pyvirtualcam` offers; loaded when None.

    Attributes
    ----------
    black
        Whether it shows nothing.
    """

    def __init__(self, changed: Callable[[], None] = lambda: None, library: Any = None) -> None:
        self.black = False
        self._changed = changed
        self._library = library
        self._pixels: NDArray[np.uint8] | None = None
        self._state = DeviceState("Virtual camera", "output", False)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="virtual-camera", daemon=True)
        self._thread.start()

    def show(self, pixels: NDArray[np.uint8]) -> None:
        """Send this picture, uint8 (H, W, 3), from now on; it must not change any more."""
        self._pixels = pixels

    def state(self) -> DeviceState:
        """Whether others can see it, under which name, or why not."""
        return self._state

    def close(self) -> None:
        """End it."""
        self._closed.set()
        self._thread.join(2.0)

    def _run(self) -> None:
        sentence = ""
        try:
            if self._library is None:
                self._library = load_library("pyvirtualcam", "The virtual camera")
            remedy = "Install OBS Studio, or load v4l2loopback on Linux."
            with refused_in_a_sentence("The virtual camera", remedy):
                self._send()
        except PerformanceError as error:
            sentence = str(error)
        self._state = DeviceState("Virtual camera", "output", False, sentence)
        self._changed()

    def _send(self) -> None:
        width, height = VIRTUAL_SIZE
        black = np.zeros((height, width, 3), np.uint8)
        with self._library.Camera(width=width, height=height, fps=VIRTUAL_FPS) as camera:
            self._state = DeviceState(plain_text(str(camera.device)), "output", True)
            self._changed()
            fitted, last = black, None
            while not self._closed.is_set():
                pixels = self._pixels
                if pixels is not None and pixels is not last:
                    fitted, last = _fitted(pixels), pixels
                camera.send(black if self.black else fitted)
                camera.sleep_until_next_frame()


def _fitted(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture in the middle of black, as large as it can be."""
    width, height = VIRTUAL_SIZE
    scale = min(width / pixels.shape[1], height / pixels.shape[0])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    image = Image.new("RGB", VIRTUAL_SIZE)
    resized = Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.BICUBIC)
    image.paste(resized, ((width - size[0]) // 2, (height - size[1]) // 2))
    return np.asarray(image)


# ------------------------------------------------------------------------------------------------
# All of them.


class DeviceHub:
    """Looks after devices on a thread of its own, for a driver may take seconds to answer.

    Parameters
    ----------
    changed
        Called, on that thread, when any device's state is another than before.
    """

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._changed = changed
        self._devices: list[Device] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._ended = False
        self._told: list[DeviceState] = []
        self._thread: threading.Thread | None = None

    def add(self, device: Device) -> None:
        """Look after a device from now on."""
        with self._lock:
            self._devices.append(device)
        self._wake.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="device-hub", daemon=True)
            self._thread.start()

    def remove(self, device: Device) -> None:
        """Close a device and forget it."""
        with self._lock:
            if device in self._devices:
                self._devices.remove(device)
        device.close()
        self._wake.set()

    def states(self) -> list[DeviceState]:
        """How every device was when it was looked at last."""
        return self._told

    def stop(self) -> None:
        """Close everything; a driver that hangs is left behind."""
        self._ended = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(2.0)
        for device in self._devices:
            device.close()

    def _run(self) -> None:
        while not self._ended:
            self._wake.clear()
            with self._lock:
                devices = list(self._devices)
            for device in devices:
                device.poll()
            states = [state for device in devices for state in device.states()]
            if states != self._told:
                self._told = states
                self._changed()
            self._wake.wait(PATIENCE)


def performance_clock() -> Now:
    """A clock that begins now and never goes back."""
    began = times.monotonic()
    return lambda: times.monotonic() - began
