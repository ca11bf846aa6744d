"""A film as a folder of PNGs, each with its Recipe, that can be stopped and taken up again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ganlab_core.atomic import sweep, write_bytes_atomically
from ganlab_core.errors import ExportError
from ganlab_core.export.encoder import ROOM, WAITING_FRAMES
from ganlab_core.export.film_json import FOLDER_JSON, film_json
from ganlab_core.export.footage import Footage
from ganlab_core.export.layout import Pixels
from ganlab_core.export.pictures import encode_plain_png
from ganlab_core.export.png import read_png, save_png
from ganlab_core.export.progress import Clock, FilmProgress


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
        raise ExportError(f"The folder {folder} cannot be used: {reason}.", ROOM) from None


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
        raise ExportError(f"Saving {path.name} failed: {reason}.", ROOM) from None


def _check_folder(folder: Path) -> None:
    """Raise for a folder that has gone; writing into it would make it anew, without what it held."""
    if not folder.is_dir():
        raise ExportError(
            f"The folder {folder} was removed while the film was being written.",
            "Choose another folder.",
        ) from None
