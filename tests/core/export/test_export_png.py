"""PNGs that carry their Recipe: round trip, exact bytes, and hostile files."""

from __future__ import annotations

import contextlib
import json
import signal
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from ganlab_core.errors import ExportError
from ganlab_core.export import read_png, save_png
from ganlab_core.export.png import encode_png
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Latent, Mix, Noise, Recipe

PIXELS = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
RECIPE = Recipe(Latent(7), psi=-0.25, noise=Noise("random", 3)).with_mix_at(8, Mix(Latent(9), 0.5))
INFO = ModelInfo(
    "tiny", "Tiny ☃", "stylegan", 16, (), "", "", "0123456789abcdef" * 2, {}, {}, 4.0, Path("tiny")
)


@pytest.fixture
def png(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    save_png(path, PIXELS, RECIPE, INFO)
    return path


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, place = [], 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        found.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += length + 12
    return found


def with_text(path: Path, text: str) -> Path:
    """A PNG with any text where the Recipe should be."""
    info = PngImagePlugin.PngInfo()
    info.add_itxt("ganlab", text)
    Image.fromarray(PIXELS).save(path, pnginfo=info)
    return path


def test_the_recipe_and_the_model_come_back(png: Path) -> None:
    embedded = read_png(png)
    assert embedded.recipe == RECIPE
    assert embedded.fingerprint == INFO.fingerprint
    assert embedded.model_name == "tiny"


def test_the_pixels_come_back(png: Path) -> None:
    with Image.open(png) as image:
        np.testing.assert_array_equal(np.asarray(image), PIXELS)


def test_a_recipe_with_full_vectors_comes_back(tmp_path: Path) -> None:
    vector = tuple(float(x) for x in np.random.default_rng(1).normal(size=2048))
    recipe = Recipe(Latent(vector=vector))
    save_png(tmp_path / "long.png", PIXELS, recipe, INFO)
    assert read_png(tmp_path / "long.png").recipe == recipe


def test_equal_pictures_give_equal_bytes(png: Path) -> None:
    assert encode_png(PIXELS.copy(), RECIPE, INFO) == png.read_bytes()


def test_the_file_says_that_its_colours_are_srgb_and_names_the_architecture(png: Path) -> None:
    found = dict(chunks(png.read_bytes()))
    assert found[b"sRGB"] == b"\x00"
    keyword, _, text = found[b"iTXt"].partition(b"\x00")
    assert keyword == b"ganlab"
    assert json.loads(text[4:].decode())["model"]["architecture"] == "stylegan"
    assert b"tIME" not in found


def test_a_missing_folder_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="does not exist"):
        save_png(tmp_path / "nowhere" / "a.png", PIXELS, RECIPE, INFO)


def test_a_picture_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    with pytest.raises(ExportError, match=r"Saving a\.png failed"):
        save_png(tmp_path / "a.png", PIXELS, RECIPE, INFO)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_full_disk_is_told_in_a_sentence_and_leaves_nothing_behind(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(ExportError, match="make room on the disk"):
            save_png(tmp_path / "a.png", PIXELS, RECIPE, INFO)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert list(tmp_path.iterdir()) == []


def test_a_png_of_another_program_carries_no_recipe(tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    Image.fromarray(PIXELS).save(path)
    with pytest.raises(ExportError, match="carries no ganlab Recipe"):
        read_png(path)


def test_a_jpeg_is_no_png(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    Image.fromarray(PIXELS).save(path, "JPEG")
    with pytest.raises(ExportError, match="not a readable PNG"):
        read_png(path)


def test_a_missing_file_and_a_folder_are_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="There is no file"):
        read_png(tmp_path / "nothing.png")
    with pytest.raises(ExportError, match="cannot be read"):
        read_png(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "NaN",
        "{" * 100_000,
        '{"recipe": null}',
        '{"recipe": {"ganlab_recipe": 2}}',
        '{"recipe": {"ganlab_recipe": 1, "psi": "x"}}',
        '{"recipe": {"ganlab_recipe": 1, "psi": 1e308}}',
        '{"recipe": {"ganlab_recipe": 1}, "model": 3}',
        '{"recipe": {"ganlab_recipe": 1}, "model": {"name": []}}',
    ],
)
def test_a_wrong_text_in_the_place_of_the_recipe_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ExportError):
        read_png(with_text(tmp_path / "wrong.png", text))


def test_the_smallest_proper_text_is_enough(tmp_path: Path) -> None:
    path = with_text(tmp_path / "small.png", '{"recipe": {"ganlab_recipe": 1}}')
    assert read_png(path).recipe == Recipe()


def test_a_text_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    bomb = b"ganlab\x00\x01\x00\x00\x00" + zlib.compress(b" " * 100_000_000, 9)
    data = encode_png(PIXELS, Recipe(), INFO)
    chunk = b"iTXt" + bomb
    packed = struct.pack(">I", len(bomb)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    path = tmp_path / "bomb.png"
    path.write_bytes(data[:33] + packed + data[33:])
    with pytest.raises(ExportError, match="not a readable PNG"):
        read_png(path)


def test_a_picture_of_absurd_size_is_not_unpacked(tmp_path: Path) -> None:
    data = bytearray(encode_png(PIXELS, Recipe(), INFO))
    data[16:24] = struct.pack(">II", 2**31 - 1, 2**31 - 1)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    path = tmp_path / "vast.png"
    path.write_bytes(data)
    with pytest.raises(ExportError, match="not a readable PNG"):
        read_png(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.data())
def test_a_damaged_file_is_refused_or_read_but_never_crashes(
    tmp_path: Path, data: st.DataObject
) -> None:
    good = bytearray(encode_png(PIXELS, RECIPE, INFO))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.png"
    path.write_bytes(good[: data.draw(st.integers(0, len(good)))])
    with contextlib.suppress(ExportError):
        read_png(path)
