"""ffmpeg in its own process, fed by a thread, so that rendering and encoding go on at once."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import BinaryIO, NoReturn

from ganlab_core.errors import ExportError

WAITING_FRAMES = 4
"""Frames that may wait for the encoder; the memory a film takes does not grow with its length."""

ELSEWHERE = "Choose another place, or make room on the disk."


def ffmpeg_path() -> str:
    """The ffmpeg that comes with imageio-ffmpeg; raises `ExportError` when there is none."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        found: str = get_ffmpeg_exe()
    except (ImportError, RuntimeError, OSError) as error:
        raise no_ffmpeg(str(error)) from None
    return found


def no_ffmpeg(details: str) -> ExportError:
    """The sentence for an ffmpeg that is not there."""
    return ExportError(
        "The program ffmpeg, which writes films, was not found.",
        "Run `pip install imageio-ffmpeg`, or write a PNG sequence, which needs none.",
        details,
    )


class Encoder:
    """One run of ffmpeg that takes raw frames and writes a file.

    Parameters
    ----------
    arguments
        Of ffmpeg, without the program; the input is `pipe:0`, the output a file.
    what
        What is being written, for sentences: `"film.mp4"`.
    """

    def __init__(self, arguments: Sequence[str], what: str) -> None:
        self._what = what
        self._frames: queue.Queue[bytes | None] = queue.Queue(WAITING_FRAMES)
        self._said: deque[str] = deque(maxlen=20)
        self._broken = threading.Event()
        self.frames_encoded = 0
        self._process = _started(arguments)
        self._feeder = _thread("ffmpeg-feed", self._feed)
        self._others = (
            _thread("ffmpeg-listen", self._listen),
            _thread("ffmpeg-follow", self._follow),
        )

    def put(self, frame: bytes) -> None:
        """Hand over one frame, waiting while enough wait; raises `ExportError` if ffmpeg has failed."""
        if self._broken.is_set():
            self._fail()
        self._frames.put(frame)

    def end(self) -> None:
        """Say that no more frames come."""
        self._frames.put(None)

    def done(self, seconds: float) -> bool:
        """Wait so long for ffmpeg to end, once `end` was called; tells whether it has.

        Raises `ExportError` if it failed.
        """
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._join()
        if self._process.returncode != 0 or self._broken.is_set():
            self._fail()
        return True

    def abort(self) -> None:
        """End ffmpeg at once, if it still runs, and every thread."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._feeder.is_alive():
            self._frames.put(None)
        self._join()

    # --- threads -----------------------------------------------------------------------------------

    def _feed(self) -> None:
        """Write what comes; after a failure throw it away, so that `put` never waits in vain."""
        with contextlib.suppress(OSError), _pipe(self._process.stdin) as pipe:
            while (frame := self._frames.get()) is not None:
                try:
                    pipe.write(frame)
                except OSError:
                    self._broken.set()

    def _listen(self) -> None:
        with _pipe(self._process.stderr) as pipe:
            for line in pipe:
                self._said.append(line.decode(errors="replace").strip())

    def _follow(self) -> None:
        with _pipe(self._process.stdout) as pipe:
            for line in pipe:
                key, _, value = line.decode(errors="replace").strip().partition("=")
                if key == "frame" and value.isdecimal():
                    self.frames_encoded = int(value)

    def _join(self) -> None:
        self._feeder.join()
        for thread in self._others:
            thread.join()

    def _fail(self) -> NoReturn:
        """Raise what ffmpeg said, as a sentence."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5.0)
            self._others[0].join()
        said = "\n".join(self._said)
        raise ExportError(f"Writing {self._what} failed: {self._reason(said)}.", ELSEWHERE, said)

    def _reason(self, said: str) -> str:
        if "No space left" in said:
            return "no space is left on the disk"
        code = self._process.poll()
        if os.name == "posix" and code == -signal.SIGXFSZ:
            return "the file would grow larger than the system allows"
        if code is not None and code < 0:
            return f"ffmpeg was ended by signal {-code}"
        last = self._said[-1] if self._said else f"ffmpeg ended with status {code}"
        return f"ffmpeg says {last.rstrip('.')!r}"


def _started(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """ffmpeg, away from the terminal's Ctrl-C: whoever feeds it decides when it ends."""
    common = ["-hide_banner", "-nostdin", "-y", "-loglevel", "error", "-progress", "pipe:1",
              "-stats_period", "0.25"]  # fmt: skip
    program = ffmpeg_path()
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        return subprocess.Popen(
            [program, *common, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=os.name == "posix",
            creationflags=flags,
        )
    except OSError as error:
        raise no_ffmpeg(f"{Path(program).name}: {error.strerror}") from None


def _thread(name: str, target: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread


def _pipe(pipe: object) -> BinaryIO:
    """A pipe that was asked for and is therefore there."""
    if pipe is None:
        raise ValueError("the process was started without this pipe")
    return pipe  # type: ignore[return-value]


# ------------------------------------------------------------------------------------------------
# The kinds of film: which encoder writes them, with what quality, and what they can hold.


BT709 = (
    "scale=flags=bicubic+accurate_rnd+full_chroma_int:out_color_matrix=bt709:out_range=tv,"
    "format={pixels},"
    "setparams=colorspace=bt709:color_primaries=bt709:color_trc=iec61966-2-1:range=tv"
)
"""From sRGB pixels to the luma and chroma that players expect, and the tags that say so."""

Arguments = Callable[[int], list[str]]
"""Quality from 0 to 100 -> ffmpeg's arguments."""


@dataclass(frozen=True, slots=True)
class Codec:
    """A kind of film.

    Attributes
    ----------
    name, title
        On the command line; for people.
    suffix
        Of its file; empty for a folder of PNGs.
    muxer
        ffmpeg's name of the container.
    encoder
        Of opaque frames.
    clear
        Of frames with an opacity; None = it keeps none, and what is see-through lies on white.
    even
        Whether both sides must be even, because chroma is kept at half the resolution. An odd side
        gets its last row or column of pixels once more.
    embeds
        Whether the container can hold the Timeline; else it lies beside the film as .json.
    lossy
        Whether quality means something.
    fastest
        Beyond so many frames a second players slow the film down; None = no limit.
    sound
        ffmpeg's arguments for the sound; empty = such a film is silent.
    """

    name: str
    title: str
    suffix: str
    muxer: str
    encoder: Arguments
    clear: Arguments | None = None
    even: bool = False
    embeds: bool = False
    lossy: bool = False
    fastest: int | None = None
    sound: tuple[str, ...] = ()

    def note(self, fps: Fraction) -> str:
        """What a person should know before choosing it at this rate; mostly nothing."""
        if self.fastest is None or fps <= self.fastest:
            return ""
        return f"Many players slow a {self.title} of more than {self.fastest} frames a second down."

    def said_of(self, *, transparent: bool) -> str:
        """What becomes of opacity in such a film; nothing of pictures that have none."""
        if not transparent:
            return ""
        if self.clear is not None:
            return f"The {self.title} keeps what is see-through."
        kept = ", ".join(codec.title for codec in CODECS.values() if codec.clear is not None)
        return f"In a {self.title} what is see-through lies on white; {kept} keep it."

    def evened(self, height: int, width: int) -> tuple[int, int]:
        """The height and width that are written of frames of this size."""
        return (height + height % 2, width + width % 2) if self.even else (height, width)


def _h264(quality: int) -> list[str]:
    crf = str(round(40 - 0.28 * quality))
    colour = ["-vf", BT709.format(pixels="yuv420p")]
    return [*colour, "-c:v", "libx264", "-crf", crf, "-preset", "medium", "-movflags", "+faststart"]


def _vp9(quality: int, pixels: str = "yuv420p") -> list[str]:
    crf = str(round(60 - 0.45 * quality))
    speed = ["-deadline", "good", "-cpu-used", "4", "-row-mt", "1"]
    colour = ["-vf", BT709.format(pixels=pixels)]
    return [*colour, "-c:v", "libvpx-vp9", "-crf", crf, "-b:v", "0", *speed]


def _prores(_quality: int) -> list[str]:
    colour = ["-vf", BT709.format(pixels="yuv422p10le")]
    kind = ["-c:v", "prores_ks", "-profile:v", "3", "-vendor", "apl0"]
    return [*colour, *kind, "-movflags", "use_metadata_tags"]


def _prores_4444(_quality: int, pixels: str = "yuv444p10le") -> list[str]:
    colour = ["-vf", BT709.format(pixels=pixels)]
    kind = ["-c:v", "prores_ks", "-profile:v", "4", "-vendor", "apl0", "-alpha_bits", "16"]
    return [*colour, *kind, "-movflags", "use_metadata_tags"]


def _ffv1(_quality: int, pixels: str = "bgr0") -> list[str]:
    return ["-c:v", "ffv1", "-level", "3", "-slices", "4", "-pix_fmt", pixels]


def _webp(quality: int) -> list[str]:
    """Each frame whole: libwebp's own animations drop frames that are like the one before.

    Opaque, because ffmpeg has each frame laid over the one before.
    """
    colour = ["-vf", "scale=out_color_matrix=bt601:out_range=tv,format=yuv420p"]  # as WebP has it
    return [*colour, "-c:v", "libwebp", "-loop", "0", "-quality", str(quality)]


def _gif(_quality: int) -> list[str]:
    return ["-c:v", "gif", "-loop", "0"]


_AAC = ("-c:a", "aac", "-b:a", "192k")
_OPUS = ("-c:a", "libopus", "-b:a", "160k")
_FLAC = ("-c:a", "flac")
_PCM = ("-c:a", "pcm_s16le")

CODECS: dict[str, Codec] = {
    codec.name: codec
    for codec in (
        Codec(
            "h264",
            "MP4 (H.264)",
            ".mp4",
            "mp4",
            _h264,
            even=True,
            embeds=True,
            lossy=True,
            sound=_AAC,
        ),
        Codec(
            "vp9",
            "WebM (VP9)",
            ".webm",
            "webm",
            _vp9,
            partial(_vp9, pixels="yuva420p"),
            even=True,
            embeds=True,
            lossy=True,
            sound=_OPUS,
        ),
        Codec("gif", "GIF", ".gif", "gif", _gif, fastest=50),
        Codec(
            "webp",
            "animated WebP",
            ".webp",
            "webp",
            _webp,
            lossy=True,
        ),
        Codec(
            "ffv1",
            "MKV (FFV1, lossless)",
            ".mkv",
            "matroska",
            _ffv1,
            partial(_ffv1, pixels="bgra"),
            embeds=True,
            sound=_FLAC,
        ),
        Codec(
            "prores",
            "MOV (ProRes 422 HQ)",
            ".mov",
            "mov",
            _prores,
            even=True,
            embeds=True,
            sound=_PCM,
        ),
        Codec(
            "prores4444",
            "MOV (ProRes 4444)",
            ".mov",
            "mov",
            _prores_4444,
            partial(_prores_4444, pixels="yuva444p10le"),
            even=True,
            embeds=True,
            sound=_PCM,
        ),
        Codec("png", "PNG sequence", "", "", lambda _: [], lambda _: []),
    )
}
"""Name -> kind of film."""


def codec_for(name: str | None, suffix: str) -> Codec:
    """The kind of film meant by a name, or without one by the ending of its file.

    Raises `ExportError` for an ending of no film, or one that is another kind's.
    """
    chosen = CODECS.get(name) if name else _by_suffix(suffix)
    if chosen is None:
        raise ExportError(
            f"{name or suffix!r} is no kind of film.",
            f"Kinds are {', '.join(CODECS)}; endings are"
            f" {', '.join(codec.suffix for codec in CODECS.values() if codec.suffix)}, or none for"
            " a folder of PNGs.",
        )
    if chosen.suffix != suffix.lower():
        wanted = f"ends in {chosen.suffix}" if chosen.suffix else "is a folder"
        raise ExportError(f"A film of kind {chosen.name} {wanted}.", "Change its name.")
    return chosen


def _by_suffix(suffix: str) -> Codec | None:
    """The first kind of films with this ending."""
    return next((codec for codec in CODECS.values() if codec.suffix == suffix.lower()), None)
