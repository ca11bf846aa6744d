"""What is see-through stays so in the kinds of files that keep it, and lies on white in the others."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from ganlab_core.cli import main
from ganlab_core.export import (
    CODECS,
    FilmLook,
    Footage,
    read_picture,
    save_picture,
    write_film,
)
from ganlab_core.export.encoder import ffmpeg_path
from ganlab_core.export.footage import arranged, captioned
from ganlab_core.export.pictures import encode_tiff
from ganlab_core.importers import open_model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer, on_white

CLEAR = Path(__file__).parents[2] / "data" / "golden" / "luc-rgba" / "model_12.pt"
SIDE = 32


def frame(number: int) -> np.ndarray:
    """A red disc that moves over nothing, with a soft edge and a hole."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    away = np.hypot(rows - 16, columns - 12 - 2 * number)
    opacity = np.clip((11 - away) * 64, 0, 255) * (away > 3)
    colours = np.broadcast_to(np.array([210, 40, 60]), (SIDE, SIDE, 3))
    return np.dstack([colours, opacity]).astype(np.uint8)


FRAMES = [frame(number) for number in range(4)]
FOOTAGE = Footage(len(FRAMES), Fraction(10), lambda number: FRAMES[number])


def read_back(path: Path, size: tuple[int, int], decoder: tuple[str, ...] = ()) -> np.ndarray:
    """What ffmpeg finds in a film: uint8 (frames, h, w, 4)."""
    said = subprocess.run(
        [
            ffmpeg_path(),
            "-v",
            "error",
            *decoder,
            "-i",
            str(path),
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgba",
            "-",
        ],
        capture_output=True,
        check=True,
    )
    return np.frombuffer(said.stdout, np.uint8).reshape(-1, *size, 4)


@pytest.mark.parametrize(
    ("name", "decoder", "most"),
    [("prores4444", (), 8), ("vp9", ("-c:v", "libvpx-vp9"), 24), ("ffv1", (), 0)],
)
def test_opacity_comes_back_out_of_a_film(name, decoder, most, tmp_path):
    path = tmp_path / f"film{CODECS[name].suffix}"
    list(write_film(path, FOOTAGE, CODECS[name], 100))
    found = read_back(path, (SIDE, SIDE), decoder)
    assert len(found) == len(FRAMES)
    for got, made in zip(found.astype(int), FRAMES, strict=True):
        assert np.abs(got[..., 3] - made[..., 3]).max() <= most
        inside = made[..., 3] == 255
        assert np.abs(got[inside, :3] - made[inside, :3].astype(int)).mean() <= 4


@pytest.mark.parametrize("name", [name for name, codec in CODECS.items() if codec.clear is None])
def test_other_films_lay_it_on_white(name, tmp_path):
    path = tmp_path / f"film{CODECS[name].suffix}"
    list(write_film(path, FOOTAGE, CODECS[name], 100))
    if name == "webp":  # which ffmpeg does not read when it moves
        found = iio.imread(path, plugin="pillow", index=..., mode="RGBA").astype(int)
    else:
        found = read_back(path, (SIDE, SIDE)).astype(int)
    gap = np.abs(found[0, ..., :3] - on_white(FRAMES[0]).astype(int))
    assert gap[:4].max() <= 6
    assert gap[14:18, 4:8].mean() <= 24  # chroma of half the resolution
    said = CODECS[name].said_of(transparent=True)
    assert "white" in said
    assert "ProRes 4444" in said
    assert not CODECS[name].said_of(transparent=False)


def test_a_sequence_of_pngs_keeps_it(tmp_path):
    list(write_film(tmp_path / "film", FOOTAGE, CODECS["png"]))
    for number, made in enumerate(FRAMES):
        with Image.open(tmp_path / "film" / f"frame{number:06d}.png") as file:
            np.testing.assert_array_equal(np.asarray(file), made)


def test_frames_side_by_side_and_with_words_keep_it():
    opaque = on_white(FRAMES[1])
    whole = captioned(arranged([FRAMES[0], opaque], FilmLook(columns=2, gap=2)), "words")
    assert whole.shape[2] == 4
    np.testing.assert_array_equal(whole[:SIDE, :SIDE], FRAMES[0])
    np.testing.assert_array_equal(whole[:SIDE, SIDE + 2 :, :3], opaque)
    assert (whole[:, SIDE:, 3] == 255).all()


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(open_model(CLEAR), "cpu")


@pytest.mark.parametrize("ending", [".png", ".webp", ".tif"])
def test_opacity_comes_back_out_of_a_picture(ending, renderer, tmp_path):
    recipe = Recipe(latent=Latent(3))
    drawn = renderer.render(recipe)
    assert drawn.channels is not None
    path = tmp_path / f"one{ending}"
    save_picture(path, drawn.transparent, recipe, renderer.model.info, 100, renderer.raw(recipe))
    found = iio.imread(path)
    found = found // 257 if found.dtype == np.uint16 else found
    gap = np.abs(found.astype(int) - drawn.channels.astype(int))
    seen = drawn.channels[..., 3] > 0
    assert found.shape == drawn.channels.shape
    assert gap[..., 3].max() <= 1
    assert gap[seen].max() <= (1 if ending == ".tif" else 0)
    assert read_picture(path).recipe == recipe


def test_a_jpeg_lays_it_on_white(renderer, tmp_path):
    recipe = Recipe(latent=Latent(3))
    drawn = renderer.render(recipe)
    save_picture(tmp_path / "a.jpg", drawn.transparent, recipe, renderer.model.info, 100)
    found = iio.imread(tmp_path / "a.jpg").astype(int)
    assert np.abs(found - drawn.pixels.astype(int)).mean() < 3


def test_a_tiff_says_that_colours_are_not_multiplied_by_it():
    import io

    import tifffile

    data = encode_tiff(np.zeros((4, 5, 4), np.uint16))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        assert [int(kind) for kind in file.pages.first.extrasamples] == [2]


def test_a_film_of_a_transparent_model_on_the_command_line(renderer, tmp_path, capsys):
    out = tmp_path / "film.mov"
    walk = ["--kind", "walk", "--seeds", "1,2", "--seconds", "0.2", "--fps", "10"]
    common = ["video", str(CLEAR), *walk, "--device", "cpu"]
    assert main([*common, "--codec", "prores4444", "--out", str(out)]) == 0
    can = renderer.model.capabilities
    found = read_back(out, can.size)
    assert found[..., 3].min() < 250
    assert main([*common, "--out", str(tmp_path / "film.mp4")]) == 0
    assert "lies on white" in capsys.readouterr().err
