"""Pictures in every format: their pixels, their Recipe, and how they fail."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image, ImageCms

from ganlab_core.errors import ExportError
from ganlab_core.export import ENCODERS, Scaled, read_picture, resized, resized_raw, save_picture
from ganlab_core.export.encoder import ffmpeg_path
from ganlab_core.export.pictures import encode_tiff, sixteen_bits
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from tests.films import psnr

RECIPE = Recipe(Latent(3), psi=0.4)


def save(path: Path, renderer: Renderer, recipe: Recipe = RECIPE, quality: int = 92) -> np.ndarray:
    pixels = renderer.render(recipe).pixels
    save_picture(path, pixels, recipe, renderer.model.info, quality, renderer.raw(recipe))
    return pixels


def as_16_bits(path: Path, side: int) -> np.ndarray:
    """A TIFF as ffmpeg reads it."""
    done = subprocess.run(
        [ffmpeg_path(), "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb48le", "pipe:1"],
        capture_output=True, check=True,
    )  # fmt: skip
    return np.frombuffer(done.stdout, "<u2").reshape(side, side, 3)


@pytest.mark.parametrize("suffix", ENCODERS)
def test_a_picture_carries_its_recipe_and_model(
    tmp_path: Path, renderer: Renderer, suffix: str
) -> None:
    path = tmp_path / f"picture{suffix}"
    save(path, renderer)
    found = read_picture(path)
    assert found.recipe == RECIPE
    assert found.model_name == "tiny"
    assert found.fingerprint == renderer.model.info.fingerprint


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_lossy_pictures_stay_near(tmp_path: Path, renderer: Renderer, suffix: str) -> None:
    pixels = resized(renderer.render(RECIPE).pixels, 256)
    sizes = []
    for quality, floor in ((95, 30.0), (5, 15.0)):
        path = tmp_path / f"picture{quality}{suffix}"
        save_picture(path, pixels, RECIPE, renderer.model.info, quality)
        sizes.append(path.stat().st_size)
        with Image.open(path) as image:
            assert psnr(np.asarray(image.convert("RGB")), pixels) > floor
    assert sizes[1] < sizes[0]


def test_a_webp_of_quality_100_is_lossless(tmp_path: Path, renderer: Renderer) -> None:
    pixels = save(tmp_path / "picture.webp", renderer, quality=100)
    with Image.open(tmp_path / "picture.webp") as image:
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), pixels)


def test_a_tiff_holds_16_bits_of_the_raw_picture(tmp_path: Path, renderer: Renderer) -> None:
    pixels = save(tmp_path / "picture.tif", renderer)
    found = as_16_bits(tmp_path / "picture.tif", 16)
    np.testing.assert_array_equal(found, sixteen_bits(renderer.raw(RECIPE)))
    assert len(np.unique(found % 257)) > 100, "no more than 8 bits"
    assert np.abs(found / 257.0 - pixels).max() <= 1.0
    with Image.open(tmp_path / "picture.tif") as image:
        assert np.abs(np.asarray(image).astype(int) - pixels).max() <= 1


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (7, 2)])
def test_tiffs_of_any_shape_are_read_back(tmp_path: Path, shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 65536, (*shape, 3), np.uint16)
    for words in ("", "abc", "abcd"):
        (tmp_path / "x.tif").write_bytes(encode_tiff(pixels, words))
        with Image.open(tmp_path / "x.tif") as image:
            assert image.size == shape[::-1]
            np.testing.assert_array_equal(np.asarray(image), pixels >> 8)
            assert image.tag_v2.get(270, "").strip("\0") == words
        np.testing.assert_array_equal(iio.imread(tmp_path / "x.tif"), pixels)


@pytest.mark.parametrize("suffix", ENCODERS)
def test_a_picture_made_larger_says_how(tmp_path: Path, renderer: Renderer, suffix: str) -> None:
    path = tmp_path / f"picture{suffix}"
    pixels = resized(renderer.render(RECIPE).pixels, 48, "nearest")
    raw = resized_raw(renderer.raw(RECIPE), Scaled(48, "nearest"))
    scaled = Scaled(48, "nearest")
    save_picture(path, pixels, RECIPE, renderer.model.info, raw=raw, scaled=scaled)
    assert b'"scaled": {"method": "nearest", "side": 48}' in path.read_bytes()
    assert read_picture(path).recipe == RECIPE
    if suffix == ".tif":
        small = sixteen_bits(renderer.raw(RECIPE))
        np.testing.assert_array_equal(as_16_bits(path, 48), small.repeat(3, 0).repeat(3, 1))


def test_a_tiff_is_tagged_as_srgb(tmp_path: Path, renderer: Renderer) -> None:
    save(tmp_path / "picture.tif", renderer)
    with Image.open(tmp_path / "picture.tif") as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)


@pytest.mark.parametrize(("side", "method"), [(0, "nearest"), (20_000, "lanczos"), (64, "magic")])
def test_an_impossible_size_is_refused_in_a_sentence(side: int, method: str) -> None:
    with pytest.raises(ExportError):
        Scaled(side, method)


def test_black_and_white_reach_the_ends_of_16_bits() -> None:
    raw = np.stack([np.full((1, 1), value, np.float32) for value in (-1.0, 1.0, 7.0)])
    assert sixteen_bits(raw).tolist() == [[[0, 65535, 65535]]]


@pytest.mark.parametrize("suffix", ENCODERS)
def test_twice_gives_the_same_bytes(tmp_path: Path, renderer: Renderer, suffix: str) -> None:
    for name in ("a", "b"):
        save(tmp_path / f"{name}{suffix}", renderer)
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_a_recipe_too_large_for_a_jpeg_is_left_out_and_the_picture_still_saved(
    tmp_path: Path, renderer: Renderer
) -> None:
    large = Recipe(extra=f'{{"x": "{"y" * 100_000}"}}')
    for suffix in (".jpg", ".webp", ".tif"):
        save(tmp_path / f"picture{suffix}", renderer, large)
    with pytest.raises(ExportError, match="carries no ganlab Recipe"):
        read_picture(tmp_path / "picture.jpg")
    assert read_picture(tmp_path / "picture.webp").recipe == large
    assert read_picture(tmp_path / "picture.tif").recipe == large


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff\xd8\xff", b"II*\0\x08\0\0\0\xff\xff", b"RIFF"]
)
@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif"])
def test_what_is_no_picture_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes, suffix: str
) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(content)
    with pytest.raises(ExportError, match=r"\.$"):
        read_picture(path)


def test_a_plain_photograph_carries_no_recipe(tmp_path: Path) -> None:
    for suffix in (".jpg", ".webp", ".tif"):
        Image.new("RGB", (4, 4)).save(tmp_path / f"plain{suffix}")
        with pytest.raises(ExportError, match="carries no ganlab Recipe"):
            read_picture(tmp_path / f"plain{suffix}")


def test_wrong_places_and_kinds_are_refused_in_a_sentence(
    tmp_path: Path, renderer: Renderer
) -> None:
    with pytest.raises(ExportError, match="no kind of picture"):
        save(tmp_path / "x.bmp", renderer)
    with pytest.raises(ExportError, match="does not exist"):
        save(tmp_path / "nowhere" / "x.jpg", renderer)
    with pytest.raises(ExportError, match="quality"):
        save(tmp_path / "x.jpg", renderer, quality=101)
    assert not list(tmp_path.iterdir())
