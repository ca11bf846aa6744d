"""Films: footage in, one file with its sound out, told as a generator of progress.

The generator is the job: asking it for the next step goes on, not asking pauses, closing it cancels
and leaves nothing behind. The film takes its name only when it is whole.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ganlab_core.errors import ExportError
from ganlab_core.export.encoder import (
    CODECS,
    ELSEWHERE,
    WAITING_FRAMES,
    Codec,
    Encoder,
    ffmpeg_path,
    no_ffmpeg,
)
from ganlab_core.export.film_json import FOLDER_JSON, beside, ffmetadata, film_json
from ganlab_core.export.footage import Footage
from ganlab_core.export.pictures import encode_plain_png
from ganlab_core.export.png import read_png, save_png
from ganlab_core.export.sheets import Pixels, check_size
from ganlab_core.files import atomic_path, scratch_folder, sweep, write_bytes_atomically
from ganlab_core.performance import Samples
from ganlab_core.rendering import on_white

# ------------------------------------------------------------------------------------------------
# How far a film is, and how long the work on it took so far.


@dataclass(frozen=True, slots=True)
class FilmProgress:
    """How far a film is.

    Attributes
    ----------
    frame, count
        Frames drawn so far, and all of them.
    seconds_left
        Of work, pauses not counted; None while unknown, 0 at the end.
    bytes_written
        On the disk so far.
    bytes_expected
        Of the finished film, guessed from the frames encoded; None while unknown.
    finished
        Whether the film lies under its name.
    """

    frame: int
    count: int
    seconds_left: float | None
    bytes_written: int
    bytes_expected: int | None
    finished: bool = False


class Clock:
    """Seconds of work: the time between giving a step away and being asked for the next is a pause."""

    def __init__(self) -> None:
        self._worked = 0.0
        self._since = time.perf_counter()

    def worked(self) -> float:
        """Seconds so far."""
        return self._worked + time.perf_counter() - self._since

    @contextlib.contextmanager
    def pausing(self) -> Iterator[None]:
        """While inside, no time passes."""
        self._worked = self.worked()
        yield
        self._since = time.perf_counter()


# ------------------------------------------------------------------------------------------------
# A film as a folder of PNGs, each with its Recipe, that can be stopped and taken up again.


def frame_path(folder: Path, frame: int) -> Path:
    """Where a frame lies."""
    return folder / f"frame{frame:06d}.png"


def write_sequence(folder: Path, footage: Footage) -> Iterator[FilmProgress]:
    """Write every frame that is not there yet; a frame lies under its name only when it is whole.

    While one frame is drawn, those before it are packed and written by a thread. Raises `ExportError`
    for a folder with frames of another film, or one that cannot be written.
    """
    clock = Clock()
    _claim(folder, film_json(footage))
    written = done = drawn = 0
    waiting: deque[Future[int]] = deque()
    with ThreadPoolExecutor(1, "png-writer") as writer:
        for frame in range(footage.count):
            path = frame_path(folder, frame)
            if _is_there(path, footage, frame):
                waiting.append(writer.submit(_size, path))
            else:
                waiting.append(writer.submit(_save, path, footage, frame, footage.picture(frame)))
                drawn += 1
            while len(waiting) > (WAITING_FRAMES if frame + 1 < footage.count else 0):
                written += waiting.popleft().result()
                done += 1
            expected = round(written / done * footage.count) if done else None
            each = clock.worked() / drawn if drawn else None
            left = None if each is None else each * (footage.count - frame - 1)
            step = FilmProgress(frame + 1, footage.count, left, written, expected)
            with clock.pausing():
                yield step
    yield FilmProgress(footage.count, footage.count, 0.0, written, written, finished=True)


def _claim(folder: Path, text: str) -> None:
    """Write what film this is, unless the folder says so already; raise for another film's folder."""
    note = folder / FOLDER_JSON
    try:
        folder.mkdir(exist_ok=True)
        sweep(folder)
        if note.is_file():
            if note.read_text(encoding="utf-8", errors="replace") != text:
                raise _other(folder)
            return
        if any(folder.glob("frame*.png")):
            raise _other(folder)
        write_bytes_atomically(note, text.encode())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ExportError(f"The folder {folder} cannot be used: {reason}.", ELSEWHERE) from None


def _other(folder: Path) -> ExportError:
    return ExportError(
        f"The folder {folder} holds frames of another film.", "Choose another, or empty it."
    )


def _is_there(path: Path, footage: Footage, frame: int) -> bool:
    """Whether a frame was written before, by this model from this Recipe."""
    if not path.is_file() or footage.recipe is None or footage.info is None:
        return False
    try:
        found = read_png(path)
    except ExportError:
        return False
    return found.recipe == footage.recipe(frame) and (found.fingerprint == footage.info.fingerprint)


def _size(path: Path) -> int:
    return path.stat().st_size


def _save(path: Path, footage: Footage, frame: int, pixels: Pixels) -> int:
    """Write a frame; tells its bytes."""
    try:
        _check_folder(path.parent)
        if footage.recipe is not None and footage.info is not None:
            save_png(path, pixels, footage.recipe(frame), footage.info)
        else:
            write_bytes_atomically(path, encode_plain_png(pixels), make_folder=False)
        return _size(path)
    except (OSError, ExportError) as error:
        _check_folder(path.parent)
        if isinstance(error, ExportError):
            raise
        reason = error.strerror or type(error).__name__
        raise ExportError(f"Saving {path.name} failed: {reason}.", ELSEWHERE) from None


def _check_folder(folder: Path) -> None:
    """Raise for a folder that has gone; writing into it would make it anew, without what it held."""
    if not folder.is_dir():
        raise ExportError(
            f"The folder {folder} was removed while the film was being written.",
            "Choose another folder.",
        ) from None


GOOD_QUALITY = 80
"""0 to 100: for H.264 a crf of 18, for VP9 one of 24."""

PLAIN = ("-fflags", "+bitexact", "-flags:v", "+bitexact")
"""The same bytes each time: no date, no version of the encoder."""

ESTIMATED_AFTER = 8
"""Encoded frames after which the size of the whole can be guessed."""


def write_film(
    path: Path, footage: Footage, codec: Codec, quality: int = GOOD_QUALITY
) -> Iterator[FilmProgress]:
    """Write a film with its sound, one step per frame; the last step is `finished`.

    A PNG sequence goes into the folder `path` and is taken up where it was left. Raises `ExportError`
    for a folder that is not there, a full disk, or an ffmpeg that is missing or fails.
    """
    if not 0 <= quality <= 100:
        raise ExportError("A film's quality is from 0 to 100.")
    if not path.absolute().parent.is_dir():
        raise ExportError(f"The folder {path.parent} does not exist.", "Choose another folder.")
    if footage.sound is not None and not codec.sound:
        raise ExportError(f"A {codec.title} has no sound.", "Choose .mp4, .webm, .mkv or .mov.")
    if codec.name == "png":
        return write_sequence(path, footage)
    return _write(path, footage, codec, quality)


def _write(path: Path, footage: Footage, codec: Codec, quality: int) -> Iterator[FilmProgress]:
    try:
        with (
            scratch_folder(path.absolute()) as scratch,
            atomic_path(path) as final,
        ):
            if codec.name == "gif":
                yield from _two_passes(final, footage, codec, scratch, path.name)
            else:
                arguments = partial(_arguments, final, footage, codec, quality, scratch)
                yield from _encode(final, footage, codec, path.name, arguments)
        if footage.timelines and not codec.embeds:
            write_bytes_atomically(beside(path), film_json(footage).encode())
        size = path.stat().st_size
    except (OSError, ExportError) as error:
        raise _failure_of(path, error) from None
    yield FilmProgress(footage.count, footage.count, 0.0, size, size, finished=True)


def _failure_of(path: Path, error: OSError | ExportError) -> ExportError:
    """The sentence for what went wrong; a folder that has gone is told before what followed from it."""
    folder = path.absolute().parent
    if not folder.is_dir():
        return ExportError(
            f"The folder {folder} was removed while {path.name} was being written.",
            "Choose another folder.",
        )
    if isinstance(error, ExportError):
        return error
    return ExportError(
        f"Writing {path.name} failed: {error.strerror or type(error).__name__}.", ELSEWHERE
    )


def _encode(
    final: Path, footage: Footage, codec: Codec, name: str, arguments: Callable[[Pixels], list[str]]
) -> Iterator[FilmProgress]:
    """Draw every frame and feed it to ffmpeg, which writes `final`."""
    clock = Clock()
    first = _fitted(footage.picture(0), codec)
    check_size(*first.shape[:2])
    encoder = Encoder(arguments(first), name)
    try:
        for frame in range(footage.count):
            pixels = first if frame == 0 else _fitted(footage.picture(frame), codec)
            if pixels.shape != first.shape:
                raise ExportError("The pictures of a film must be of one size.")
            encoder.put(pixels.tobytes())
            step = _progress(frame + 1, footage.count, clock, encoder, final)
            with clock.pausing():
                yield step
        yield from _ended(encoder, lambda: _progress(
            footage.count, footage.count, clock, encoder, final
        ))  # fmt: skip
        if encoder.frames_encoded != footage.count:
            raise ExportError(
                f"ffmpeg wrote {encoder.frames_encoded} of the film's {footage.count} frames.",
                "Try another kind of film.",
            )
    finally:
        encoder.abort()


def _ended(encoder: Encoder, progress: Callable[[], FilmProgress]) -> Iterator[FilmProgress]:
    """Steps until ffmpeg has done the rest, one at least, so that it can be given up meanwhile."""
    encoder.end()
    yield progress()
    while not encoder.done(0.1):
        yield progress()


def _frames(footage: Footage, first: Pixels) -> list[str]:
    """ffmpeg's arguments for raw frames as its first input."""
    height, width = first.shape[:2]
    rate = f"{footage.fps.numerator}/{footage.fps.denominator}"
    kind = "rgba" if first.shape[2] == 4 else "rgb24"
    return ["-f", "rawvideo", "-pixel_format", kind, "-video_size", f"{width}x{height}",
            "-framerate", rate, "-i", "pipe:0"]  # fmt: skip


def _arguments(
    final: Path, footage: Footage, codec: Codec, quality: int, scratch: Path, first: Pixels
) -> list[str]:
    """ffmpeg's arguments: raw frames in, the film out, the same bytes each time."""
    inputs, chosen = _frames(footage, first), ["-map", "0:v"]
    if footage.sound is not None:
        inputs += sound_arguments(footage.sound)
        chosen += ["-map", "1:a:0", *_sound_in_step(footage, codec)]
    if codec.embeds and footage.timelines:
        text = scratch / "film.ffmetadata"
        text.write_bytes(ffmetadata(film_json(footage)))
        chosen += ["-map_metadata", "1" if footage.sound is None else "2"]
        inputs += ["-f", "ffmetadata", "-i", str(text)]
    encoder = codec.clear if codec.clear is not None and first.shape[2] == 4 else codec.encoder
    output = [*encoder(quality), "-f", codec.muxer, str(final)]
    return [*inputs, *chosen, *PLAIN, *output]


def _sound_in_step(footage: Footage, codec: Codec) -> list[str]:
    """ffmpeg's arguments for a sound that begins with the first frame and ends with the last."""
    seconds = f"{float(footage.count / footage.fps):.6f}"
    fitted = f"aresample=async=0:first_pts=0,apad,atrim=end={seconds}"
    return ["-af", fitted, *codec.sound, "-flags:a", "+bitexact"]


def _two_passes(
    final: Path, footage: Footage, codec: Codec, scratch: Path, name: str
) -> Iterator[FilmProgress]:
    """A GIF: its one palette needs all frames, which wait losslessly on the disk, not in memory.

    The palette is found while the frames are drawn; painting with it is what is left to do then.
    """
    lossless, palette = scratch / "frames.mkv", scratch / "palette.png"
    waiting = CODECS["ffv1"]
    both = "[0:v]split[kept][counted];[counted]palettegen=stats_mode=full[palette]"

    def first_pass(first: Pixels) -> list[str]:
        kept = ["-map", "[kept]", *waiting.encoder(0), "-f", waiting.muxer, str(lossless)]
        found = ["-map", "[palette]", "-update", "1", str(palette)]
        return [*_frames(footage, first), "-filter_complex", both, *PLAIN, *kept, *found]

    opaque = replace(footage, picture=lambda frame: on_white(footage.picture(frame)))
    yield from _encode(lossless, opaque, waiting, name, first_pass)
    dither = ["-lavfi", "paletteuse=dither=sierra2_4a"]
    output = [*PLAIN, *codec.encoder(0), "-f", codec.muxer, str(final)]
    painter = Encoder(["-i", str(lossless), "-i", str(palette), *dither, *output], name)
    try:
        yield from _ended(painter, lambda: FilmProgress(
            footage.count, footage.count, None, final.stat().st_size, None
        ))  # fmt: skip
    finally:
        painter.abort()


def _fitted(pixels: Pixels, codec: Codec) -> Pixels:
    """The frame as the codec takes it: on white where it keeps no opacity, its sides even.

    The last row or column comes once more for that.
    """
    pixels = pixels if codec.clear is not None else on_white(pixels)
    height, width = pixels.shape[:2]
    written = codec.evened(height, width)
    if written == (height, width):
        return pixels
    more = ((0, written[0] - height), (0, written[1] - width), (0, 0))
    return np.pad(pixels, more, mode="edge")


def _progress(frame: int, count: int, clock: Clock, encoder: Encoder, file: Path) -> FilmProgress:
    try:
        size = file.stat().st_size
    except OSError:
        size = 0
    encoded = encoder.frames_encoded
    expected = round(size * count / encoded) if size and encoded >= ESTIMATED_AFTER else None
    return FilmProgress(frame, count, clock.worked() / frame * (count - frame), size, expected)


SOUND_RATE = 44100
"""Samples a second of what is analysed."""

LONGEST_SOUND = 3600
"""Seconds; more is not read."""

SOUND_PATIENCE = 120.0
"""Seconds that ffmpeg may take to read it."""

SOUND_FORMATS = "wav,w64,aiff,flac,mp3,ogg,aac,ac3,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,caf"
"""The demuxers a sound may be read with; none of them opens other files."""

_REMEDY = "Choose a .wav, .flac, .mp3, .ogg or .m4a of at most an hour."


def sound_arguments(path: Path) -> list[str]:
    """ffmpeg's arguments for a sound as its next input; nothing but the file itself is opened."""
    return ["-format_whitelist", SOUND_FORMATS, "-protocol_whitelist", "file",
            "-i", f"file:{path.absolute()}"]  # fmt: skip


def read_sound(path: Path) -> Samples:
    """A sound of one channel, float32 (N,), -1 to 1, at `SOUND_RATE`; raises `ExportError`."""
    if not path.is_file():
        raise ExportError(f"There is no sound {path.name}.", "Check the path.")
    arguments = [ffmpeg_path(), "-v", "error", "-nostdin", *sound_arguments(path),
                 "-vn", "-ac", "1", "-ar", str(SOUND_RATE), "-t", str(LONGEST_SOUND),
                 "-f", "f32le", "pipe:1"]  # fmt: skip
    data, said = _output(arguments)
    samples = np.frombuffer(data[: len(data) // 4 * 4], "<f4").astype(np.float32)
    if not len(samples):
        last = said.strip().splitlines()[-1:] or ["it holds no sound"]
        raise ExportError(f"{path.name} holds no sound that can be read.", _REMEDY, last[0])
    return np.clip(np.nan_to_num(samples), -1.0, 1.0)


def _output(arguments: list[str]) -> tuple[bytes, str]:
    """What ffmpeg writes, and what it says; given up after `SOUND_PATIENCE`."""
    try:
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        raise no_ffmpeg(str(error)) from None
    patience = threading.Timer(SOUND_PATIENCE, process.kill)
    patience.start()
    try:
        data, said = process.communicate()
    finally:
        patience.cancel()
    return data, said.decode(errors="replace")
