"""What the overview of runs shows of each: its facts, and the newest samples as its face."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from ganlab_core.training import RunFacts, Runs, read_sheet

FACE = QSize(480, 240)
"""Most pixels kept of a face: twice those of a card, for screens of twice the density."""

MOST_ACROSS = 4
"""Samples of a sheet that a face shows side by side; more would be too small to tell apart."""

LARGEST_PICTURE = 64 * 2**20


@dataclass(frozen=True, slots=True)
class RunCard:
    """One run in the overview; `face` is None while it has no samples."""

    facts: RunFacts
    face: QImage | None = None


class CardReader:
    """Reads cards, and again: only samples that are new are decoded. Used by one thread at a time."""

    def __init__(self) -> None:
        self._runs = Runs()
        self._faces: dict[tuple[str, int, int], QImage | None] = {}

    def read(self, places: Iterable[Path], listed: Iterable[Path] = ()) -> list[RunCard]:
        """The cards of all runs in these places, and of those in the listed folders."""
        known, self._faces = self._faces, {}
        found = self._runs.look(places, listed)
        return [RunCard(facts, self._face(facts, known)) for facts in found]

    def _face(
        self, facts: RunFacts, known: dict[tuple[str, int, int], QImage | None]
    ) -> QImage | None:
        if facts.sheet is None:
            return None
        try:
            about = facts.sheet.lstat()
        except OSError:
            return None
        stamp = (str(facts.sheet), about.st_mtime_ns, about.st_size)
        face = known[stamp] if stamp in known else face_of(facts)
        self._faces[stamp] = face
        return face


def face_of(facts: RunFacts) -> QImage | None:
    """A run's first samples, about twice as wide as high; None for what cannot be read."""
    image = _decoded(facts)
    if image.isNull():
        return None
    rows, columns = facts.grid
    if image.width() % columns == 0 and image.height() % rows == 0:
        wide, high = image.width() // columns, image.height() // rows
        across = min(columns, MOST_ACROSS)
        down = max(1, min(rows, across * wide // (2 * high)))
        image = image.copy(0, 0, across * wide, down * high)
    if image.width() <= FACE.width() and image.height() <= FACE.height():
        return image
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.scaled(FACE, keep, smooth)


def _decoded(facts: RunFacts) -> QImage:
    """The newest sheet; a null one for what is no picture, or one larger than any sheet."""
    if facts.sheet is None:
        return QImage()
    data = QBuffer()
    try:
        data.setData(read_sheet(facts.folder, facts.sheet.relative_to(facts.folder).as_posix()))
    except OSError:
        return QImage()
    data.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(data, QByteArray(b"png"))
    size = reader.size()
    if not size.isValid() or size.width() * size.height() > LARGEST_PICTURE:
        return QImage()
    return reader.read()
