"""What lists of models show of each."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColor, QImage

from ganlab.library.open_controller import SIDE, face_of, read_cards
from ganlab_core.models import ModelInfo

RED, BLUE = QColor("red"), QColor("blue")


def picture(width: int, height: int, left: QColor = RED, rest: QColor = BLUE) -> QImage:
    """Its first 32 px square is of one colour, all else of another."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(rest)
    for y in range(32):
        for x in range(32):
            image.setPixelColor(x, y, left)
    return image


def colour_of(image: QImage | None) -> QColor:
    assert image is not None
    return image.pixelColor(image.width() // 2, image.height() // 2)


def test_the_first_tile_of_a_sheet_beside_the_file_is_its_face(info: ModelInfo) -> None:
    picture(32 * 10, 32 * 4).save(str(info.path.with_suffix(".png")))
    face = face_of(info)
    assert face is not None
    assert (face.width(), face.height()) == (32, 32)
    assert colour_of(face) == RED


def test_a_square_picture_beside_the_file_is_taken_whole(info: ModelInfo) -> None:
    picture(320, 320).save(str(info.path.with_suffix(".png")))
    face = face_of(info)
    assert face is not None
    assert face.width() == SIDE
    assert colour_of(face) == BLUE


def test_the_face_in_the_header_wins(info: ModelInfo) -> None:
    picture(32 * 10, 32 * 4).save(str(info.path.with_suffix(".png")))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture(64, 64, BLUE).save(buffer, "PNG")
    kept = base64.b64encode(bytes(buffer.data().data())).decode()
    assert colour_of(face_of(replace(info, provenance={"thumbnail": kept}))) == BLUE


@pytest.mark.parametrize("kept", [None, 3, "", "no base64!", "aGVsbG8="])
def test_a_face_that_cannot_be_read_is_none(info: ModelInfo, kept: object) -> None:
    assert face_of(replace(info, provenance={"thumbnail": kept})) is None


def test_a_broken_picture_beside_the_file_is_none(info: ModelInfo) -> None:
    info.path.with_suffix(".png").write_bytes(b"\x89PNG but no more")
    assert face_of(info) is None


def test_the_library_comes_first_then_what_was_opened_last(
    tmp_path: Path, write_header, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ganlab.library.open_controller.bundled_models_dir", lambda: tmp_path / "bundled"
    )
    own = write_header(tmp_path / "models" / "own.safetensors")
    bundled = write_header(tmp_path / "bundled" / "given.safetensors")
    other = write_header(tmp_path / "elsewhere" / "other.safetensors")
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"?")
    recent = [own.path, other.path, broken, tmp_path / "a.png", tmp_path / "published.pkl"]
    cards = read_cards([bundled, own], recent)
    assert [(card.title, card.group) for card in cards] == [
        ("Given", "bundled"),
        ("Own", "yours"),
        ("Other", "opened last"),
        ("published", "opened last"),
    ]
    assert cards[0].line == "StyleGAN · 32 px · CC0-1.0"


def test_classes_are_counted(info: ModelInfo, tmp_path: Path) -> None:
    (card,) = read_cards([replace(info, classes=("a", "b"), architecture="biggan")], [])
    assert card.line == "BigGAN · 32 px · 2 classes · CC0-1.0"
