"""Any picture becomes the square a model draws: transparent, not square, tiny, turned or cropped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.inspection import Crop, OwnPictureError, cut_square, read_own_picture

WHITE = (255, 255, 255)


def _saved(image: Image.Image, path: Path) -> Path:
    image.save(path)
    return path


def test_what_shows_through_is_the_models_ground(tmp_path: Path) -> None:
    image = Image.new("RGBA", (32, 32), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 16, 32))
    square = cut_square(read_own_picture(_saved(image, tmp_path / "a.png"), 16), 16, (10, 20, 30))
    assert (square[:, :8] == (0, 0, 255)).all()
    assert (square[:, 8:] == (10, 20, 30)).all()


def test_the_middle_square_is_taken_unless_told_otherwise() -> None:
    wide = np.zeros((16, 48, 4), np.uint8)
    wide[..., 3] = 255
    wide[:, 16:32, 0], wide[:, 32:, 1] = 255, 255
    assert (cut_square(wide, 16, WHITE) == (255, 0, 0)).all()
    assert (cut_square(wide, 16, WHITE, Crop(1.0)) == (0, 255, 0)).all()


def test_what_lies_outside_the_picture_is_ground() -> None:
    red = np.full((16, 16, 4), (255, 0, 0, 255), np.uint8)
    square = cut_square(red, 16, (0, 0, 9), Crop(0.0, 0.0, 2.0))
    assert (square[4:12, 4:12] == (255, 0, 0)).all()
    assert (square[:4] == (0, 0, 9)).all()
    far = cut_square(red, 16, (0, 0, 9), Crop(50.0, 0.0, 1.0))
    assert (far == (0, 0, 9)).all()


def test_reducing_takes_means_as_the_trainers_data_does() -> None:
    random = np.random.default_rng(0).integers(0, 256, (32, 32, 4)).astype(np.uint8)
    random[..., 3] = 255
    means = random[..., :3].reshape(16, 2, 16, 2, 3).mean((1, 3))
    assert np.abs(cut_square(random, 16, WHITE) - means).max() <= 0.5


def test_a_tiny_picture_is_enlarged_and_a_turned_one_is_upright(tmp_path: Path) -> None:
    tiny = read_own_picture(_saved(Image.new("RGB", (3, 2), (9, 9, 9)), tmp_path / "t.png"), 16)
    assert (cut_square(tiny, 16, WHITE) == 9).all()
    turned = Image.new("RGB", (20, 10))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "r.jpg", exif=exif)
    assert read_own_picture(tmp_path / "r.jpg", 16).shape == (20, 10, 4)


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_what_is_no_picture_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.png"
    path.write_bytes(content)
    with pytest.raises(OwnPictureError, match="no.png is"):
        read_own_picture(path, 16)


def test_a_picture_that_cannot_be_seen_or_is_not_there_is_refused(tmp_path: Path) -> None:
    clear = _saved(Image.new("RGBA", (8, 8), (1, 2, 3, 0)), tmp_path / "clear.png")
    with pytest.raises(OwnPictureError, match="see-through"):
        read_own_picture(clear, 16)
    with pytest.raises(OwnPictureError, match="Reading nowhere"):
        read_own_picture(tmp_path / "nowhere.png", 16)


@pytest.mark.parametrize("crop", [(0.0, 0.0, 0.0), (0.0, 0.0, 9.0), (float("nan"), 0.0, 1.0)])
def test_a_square_that_is_none_is_refused(crop: tuple[float, float, float]) -> None:
    with pytest.raises(OwnPictureError, match="not a part"):
        Crop(*crop)
