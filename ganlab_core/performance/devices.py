"""Devices that play: MIDI, OSC and sound, each by a library that may be absent, each free to come and go.

A device runs on threads of its own and leaves signals on the board. What is wrong with one is a
sentence in its state, never an error on somebody else's thread.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import queue
import socket
import sys
import threading
import time as times
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from ganlab_core.errors import PerformanceError
from ganlab_core.performance.audio_features import AudioAnalyser, Samples
from ganlab_core.performance.signal_board import SignalBoard
from ganlab_core.plain_text import plain_text

HOW_TO_INSTALL = "Run `pip install 'ganlab-desk[stage]'`."
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
        `"midi"`, `"osc"` or `"audio"`.
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
def refused_in_a_sentence(what: str) -> Iterator[None]:
    """Whatever a driver raises becomes a `PerformanceError`; each has errors of its own kinds."""
    try:
        yield
    except PerformanceError:
        raise
    except Exception as error:  # noqa: BLE001 - the drivers' edge
        said = plain_text(str(error) or type(error).__name__, 200).rstrip(".")
        raise PerformanceError(f"{what} does not work: {said}.", "Connect it again.") from None


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
