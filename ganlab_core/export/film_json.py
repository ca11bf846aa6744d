"""What a film says about its making: its Timelines and the model, in its metadata or beside it."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganlab_core.errors import ExportError
from ganlab_core.export.encoder import ffmpeg_path, no_ffmpeg
from ganlab_core.export.footage import Footage
from ganlab_core.files import Fields, canonical_json, parse_json, read_up_to
from ganlab_core.models import ModelInfo
from ganlab_core.timeline import LARGEST_TIMELINE, MADE_WITH, Timeline
from ganlab_core.version import ganlab_version

FOLDER_JSON = "film.json"
"""What lies in the folder of a PNG sequence."""

CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
"""The demuxers a film may be read with; none of them opens other files."""

SECONDS = 30.0

_LINE = r"(?:[^\\\n]++|\\.)*+"
"""A line of a metadata file, in which a backslash takes the next letter as it is."""

_COMMENT = re.compile(rf"(?:{_LINE}\n)*?comment=({_LINE})", re.IGNORECASE | re.DOTALL)

_REMEDY = "Choose a film saved by ganlab, with its .json beside it where there was one."


def film_json(footage: Footage) -> str:
    """The text a film carries; equal for equal footage."""
    look = footage.look
    known: dict[str, Any] = {
        "ganlab_film": 1,
        "timelines": [json.loads(timeline.to_json()) for timeline in footage.timelines],
        **_made_with(footage.info, footage.timelines),
        "frames": footage.count,
        "look": {
            "side": look.side,
            "method": look.method,
            "columns": look.columns,
            "gap": look.gap,
            "caption": look.caption,
        },
        "ganlab": ganlab_version(),
    }
    return canonical_json(known)


def timeline_json(timeline: Timeline, info: ModelInfo | None) -> str:
    """The text of a Timeline's own file, with the models on which it was made."""
    return canonical_json(
        {**json.loads(timeline.to_json()), MADE_WITH: _made_with(info, (timeline,))}
    )


def _made_with(info: ModelInfo | None, timelines: Iterable[Timeline]) -> dict[str, Any]:
    """The model, and the second one where a keyframe blends it in."""
    if info is None:
        return {"model": None}
    model = {
        "name": info.name,
        "title": info.title,
        "fingerprint": info.fingerprint,
        "architecture": info.architecture,
    }
    second = info.second
    keys = (key for timeline in timelines for key in timeline.keyframes)
    if second is None or not any(key.recipe.asks_for_second for key in keys):
        return {"model": model}
    told = {"name": second.name, "fingerprint": second.fingerprint}
    return {"model": model, "second": told}


def beside(path: Path) -> Path:
    """Where the JSON of a film lies whose container cannot hold it."""
    return path.with_name(f"{path.name}.json")


def ffmetadata(text: str) -> bytes:
    """A metadata file for ffmpeg whose comment is `text`."""
    escaped = "".join(f"\\{letter}" if letter in "=;#\\\n" else letter for letter in text)
    return f";FFMETADATA1\ncomment={escaped}\n".encode()


@dataclass(frozen=True, slots=True)
class FilmNote:
    """What a film says about its making.

    Attributes
    ----------
    timeline
        The first one.
    fingerprint, model_name
        Of the first model; empty when the film does not say.
    second_fingerprint
        Of the second model that it blends in; empty for none.
    """

    timeline: Timeline
    fingerprint: str = ""
    model_name: str = ""
    second_fingerprint: str = ""


def timeline_from_film(path: Path) -> Timeline:
    """The first Timeline a film carries; see `note_of_film`."""
    return note_of_film(path).timeline


def note_of_film(path: Path) -> FilmNote:
    """What a film carries in its file, beside it, or in the folder of a PNG sequence.

    A Timeline's own .json is read as well. Nothing in a film is run, and no more than 64 MB of text
    are read. Raises `ExportError` when there is none, and `RecipeError` for a broken one.
    """
    text = _text_of(path)
    data = parse_json(text, "Timeline", ExportError, _REMEDY)
    if not (isinstance(data, dict) and "ganlab_film" in data):
        made_with = data.get(MADE_WITH) if isinstance(data, dict) else None
        return _noted(data, Fields("models of the Timeline", made_with or {}, ExportError))
    fields = Fields("film", data, ExportError)
    timelines = fields.items("timelines", lambda item: item, 4096)
    if not timelines:
        raise _without(path)
    return _noted(timelines[0], fields)


def _noted(timeline: object, fields: Fields) -> FilmNote:
    """A Timeline from JSON with the models that these fields tell of."""
    model = Fields("model of the film", fields.take("model", None) or {}, ExportError)
    second = Fields("second model of the film", fields.take("second", None) or {}, ExportError)
    return FilmNote(
        Timeline.from_json(json.dumps(timeline)),
        model.text("fingerprint", ""),
        model.text("name", ""),
        second.text("fingerprint", ""),
    )


def _text_of(path: Path) -> str:
    if path.is_dir():
        return _read(path / FOLDER_JSON, path)
    if not path.exists():
        raise ExportError(f"There is no file {path.name}.")
    if path.suffix.lower() == ".json":
        return _read(path, path)
    comment = _comment(path)
    return _read(beside(path), path) if comment is None else comment


def _read(path: Path, film: Path) -> str:
    try:
        return read_up_to(path, LARGEST_TIMELINE).decode("utf-8-sig")
    except FileNotFoundError:
        raise _without(film) from None
    except OSError as error:
        raise ExportError(f"{path.name} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        return ""


def _comment(path: Path) -> str | None:
    """The comment in a film's metadata, as ffmpeg tells it; None when it has none."""
    arguments = ["-v", "error", "-nostdin", "-format_whitelist", CONTAINERS,
                 "-protocol_whitelist", "file,pipe", "-i", f"file:{path.absolute()}",
                 "-f", "ffmetadata", "pipe:1"]  # fmt: skip
    data = _output_of(arguments)
    found = _COMMENT.match(data.decode("utf-8", "replace"))
    return None if found is None else re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL)


def _output_of(arguments: list[str]) -> bytes:
    """What ffmpeg writes to stdout: at most as much as a Timeline may be, and for half a minute."""
    try:
        process = subprocess.Popen(
            [ffmpeg_path(), *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        raise no_ffmpeg(str(error)) from None
    patience = threading.Timer(SECONDS, process.kill)
    patience.start()
    try:
        with process:
            data: bytes = b"" if process.stdout is None else process.stdout.read(LARGEST_TIMELINE)
            process.kill()
    finally:
        patience.cancel()
    return data


def _without(path: Path) -> ExportError:
    return ExportError(
        f"{path.name} carries no ganlab Timeline.",
        _REMEDY,
    )
