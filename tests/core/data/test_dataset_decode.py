"""From bytes to a square: every kind of file, and every way it can be unusable."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from ganlab_core.data import PrepareOptions
from ganlab_core.data.decode import decode, pillow_warnings_tamed, pyramid
from ganlab_core.data.folder import Reason, Unusable
from ganlab_core.errors import DatasetError

PLAIN = PrepareOptions()
QUADRANTS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "grey": (90, 90, 90)}


def encoded(image: Image.Image, kind: str = "PNG", **words: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **words)
    return buffer.getvalue()


def quadrants() -> Image.Image:
    """16 x 16: red | green over blue | grey."""
    image = Image.new("RGB", (16, 16))
    for index, colour in enumerate(QUADRANTS.values()):
        left, top = 8 * (index % 2), 8 * (index // 2)
        image.paste(colour, (left, top, left + 8, top + 8))
    return image


def corner_pixels(square: np.ndarray) -> list[tuple[int, ...]]:
    last = square.shape[1] - 1
    return [tuple(int(v) for v in square[:, y, x]) for y in (0, last) for x in (0, last)]


def raw_png(width: int, height: int, depth: int, colour_type: int, rows: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    ("kind", "words", "tolerance"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("GIF", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("JPEG", {"quality": 100, "subsampling": 0}, 4),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
    ],
)
def test_every_file_kind_gives_its_pixels(kind, words, tolerance):
    square = decode(encoded(quadrants(), kind, **words), 16, PLAIN)
    assert square.shape == (3, 16, 16)
    assert square.dtype == np.uint8
    assert square.flags.c_contiguous
    expected = np.asarray(quadrants()).transpose(2, 0, 1)
    np.testing.assert_allclose(square.astype(int), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA"])
def test_every_opaque_colour_mode_gives_its_grey(mode):
    image = Image.new("L", (8, 8), 255).convert(mode)
    assert (decode(encoded(image), 8, PrepareOptions(background="black")) == 255).all()


def test_sixteen_bit_grey_is_scaled_and_not_clipped():
    values = np.array([[0, 257, 1000, 32768], [40000, 65535, 128, 129]] * 2, np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    square = decode(raw_png(4, 4, 16, 0, rows), 4, PLAIN)
    np.testing.assert_array_equal(square[0], np.rint(values / 65535 * 255))
    assert (square[0] == square[2]).all()


def test_sixteen_bit_colour_is_scaled():
    pixel = struct.pack(">HHH", 65535, 32896, 0)
    square = decode(raw_png(4, 4, 16, 2, (b"\0" + pixel * 4) * 4), 4, PLAIN)
    np.testing.assert_array_equal(square[:, 0, 0], [255, 128, 0])


def test_cmyk_jpeg_becomes_rgb():
    data = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)
    np.testing.assert_allclose(decode(data, 16, PLAIN)[:, 8, 8], [255, 0, 0], atol=4)


@pytest.mark.parametrize(
    ("background", "expected"),
    [("white", (255, 255, 255)), ("black", (0, 0, 0)), ("#20A0ff", (32, 160, 255))],
)
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_shows_the_background(mode, background, expected):
    if mode == "P":
        image = Image.new("P", (8, 8), 1)
        image.putpalette([9, 9, 9, 200, 0, 0])
        image.putpixel((0, 0), 0)
        data = encoded(image, transparency=1)
    else:
        image = Image.new("RGBA", (8, 8), (200, 0, 0, 0))
        image.putpixel((0, 0), (9, 9, 9, 255))
        data = encoded(image.convert(mode))
    square = decode(data, 8, PrepareOptions(background=background))
    assert tuple(square[:, 3, 3]) == expected


def test_half_transparency_is_mixed_before_shrinking():
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    image.paste((255, 0, 0, 128), (0, 0, 4, 8))
    square = decode(encoded(image), 8, PrepareOptions(background="black"))
    np.testing.assert_allclose(square[:, 0, 0], [128, 0, 0], atol=1)
    assert (square[:, 0, 7] == 0).all()


@pytest.mark.parametrize(
    ("orientation", "corners"),
    [
        (1, ("red", "green", "blue", "grey")),
        (2, ("green", "red", "grey", "blue")),
        (3, ("grey", "blue", "green", "red")),
        (4, ("blue", "grey", "red", "green")),
        (5, ("red", "blue", "green", "grey")),
        (6, ("blue", "red", "grey", "green")),
        (7, ("grey", "green", "blue", "red")),
        (8, ("green", "grey", "red", "blue")),
        (99, ("red", "green", "blue", "grey")),
    ],
)
def test_exif_orientation_turns_the_pixels(orientation, corners):
    exif = Image.Exif()
    exif[0x0112] = orientation
    square = decode(encoded(quadrants(), exif=exif), 16, PLAIN)
    assert corner_pixels(square) == [QUADRANTS[name] for name in corners]


def test_a_broken_exif_block_costs_no_picture():
    data = encoded(quadrants(), "JPEG", exif=b"Exif\0\0MM\0\x2a\xff\xff\xff\xff", quality=95)
    with pillow_warnings_tamed():
        assert decode(data, 16, PLAIN).shape == (3, 16, 16)


def bars(width: int, height: int) -> Image.Image:
    """Green, with a red third at either end of the longer side."""
    image = Image.new("RGB", (width, height), (0, 255, 0))
    long, short = max(width, height) // 3, min(width, height)
    first = (0, 0, long, short) if width > height else (0, 0, short, long)
    second = (2 * long, 0, width, short) if width > height else (0, 2 * long, short, height)
    image.paste((255, 0, 0), first)
    image.paste((255, 0, 0), second)
    return image


@pytest.mark.parametrize("size", [(24, 8), (8, 24)])
def test_crop_keeps_the_centred_square(size):
    square = decode(encoded(bars(*size)), 8, PrepareOptions(fit="crop"))
    assert (square[1] == 255).all()
    assert (square[0] == 0).all()


@pytest.mark.parametrize(("size", "axis"), [((24, 8), 1), ((8, 24), 2)])
def test_pad_adds_background_on_both_sides_of_the_shorter_axis(size, axis):
    square = decode(encoded(bars(*size)), 8, PrepareOptions(fit="pad", background="#0000ff"))
    blue = (square[2] == 255).all(axis=2 - axis)
    np.testing.assert_array_equal(blue, [True, True, False, False, False, False, True, True])


def test_stretch_keeps_everything():
    square = decode(encoded(bars(24, 8)), 8, PrepareOptions(fit="stretch"))
    assert square[0, 0, 0] == 255
    assert square[1, 4, 4] == 255
    assert square[0, 7, 7] == 255


@pytest.mark.parametrize(("factor", "worst"), [(2, 0.5), (3, 0.6), (4, 0.5)])
def test_a_whole_factor_gives_box_means(factor, worst):
    side = 8 * factor
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    square = decode(encoded(Image.fromarray(noise)), 8, PLAIN)
    means = noise.reshape(8, factor, 8, factor, 3).mean(axis=(1, 3)).transpose(2, 0, 1)
    assert np.abs(square - means).max() <= worst


def test_another_factor_is_antialiased():
    stripes = np.zeros((30, 30, 3), np.uint8)
    stripes[:, ::2] = 255
    square = decode(encoded(Image.fromarray(stripes)), 8, PLAIN)
    assert np.abs(square[:, :, 1:-1].astype(int) - 127).max() < 30


@given(arrays(np.uint8, (3, 16, 16)))
def test_each_level_is_the_rounded_mean_of_the_top_one(top):
    levels = pyramid(top, 16)
    assert sorted(levels) == [4, 8, 16]
    for size, level in levels.items():
        factor = 16 // size
        means = top.reshape(3, size, factor, size, factor).mean(axis=(2, 4), dtype=np.float64)
        np.testing.assert_array_equal(level, np.rint(means))
        assert level.flags.c_contiguous


@given(st.binary(max_size=64), st.integers(0, 200), st.integers(0, 255))
def test_no_damage_escapes_as_another_error(tail, place, value):
    data = bytearray(encoded(quadrants()) + tail)
    data[place % len(data)] = value
    with pillow_warnings_tamed(), contextlib.suppress(Unusable):
        assert decode(bytes(data), 16, PLAIN).shape == (3, 16, 16)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_a_file_cut_short_is_told(kind):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    with pillow_warnings_tamed(), pytest.raises(Unusable) as caught:
        decode(data[: len(data) // 2], 16, PLAIN)
    assert caught.value.reason is Reason.DAMAGED


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_a_picture_that_is_see_through_everywhere_is_told(mode: str) -> None:
    image = Image.new("RGBA", (16, 16), (200, 0, 0, 0))
    if mode == "P":
        image = Image.new("P", (16, 16), 1)
        image.putpalette([9, 9, 9, 200, 0, 0])
        data = encoded(image, transparency=1)
    else:
        data = encoded(image.convert(mode))
    with pytest.raises(Unusable, match="see-through everywhere") as caught:
        decode(data, 16, PLAIN)
    assert caught.value.reason is Reason.INVISIBLE


@pytest.mark.parametrize("white", [1.0, 255.0])
def test_floating_point_grey_is_graded_by_its_white(white: float) -> None:
    grey = np.full((16, 16), 0.0, np.float32)
    grey[:, 8:] = white
    square = decode(encoded(Image.fromarray(grey), "TIFF"), 16, PLAIN)
    assert (square[:, :, :8] == 0).all()
    assert (square[:, :, 8:] == 255).all()


@pytest.mark.parametrize("wrong", [-1.0, 300.0, float("nan"), float("inf")])
def test_floating_point_grey_without_a_known_white_is_told(wrong: float) -> None:
    with pytest.raises(Unusable, match="no brightness"):
        decode(encoded(Image.fromarray(np.full((16, 16), wrong, np.float32)), "TIFF"), 16, PLAIN)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_of_very_many_pixels_is_read_upright(kind: str) -> None:
    image = Image.new("RGB", (6000, 6400), (255, 255, 255))
    image.paste((255, 0, 0), (0, 0, 6000, 3200))
    exif = Image.Exif()
    exif[0x0112] = 6
    square = decode(encoded(image, kind, exif=exif), 16, PLAIN)
    assert square[1, :, 12].max() < 20  # the red half, turned to the right
    assert square[1, :, 3].min() > 235


def test_a_text_file_is_told():
    with pytest.raises(Unusable, match="damaged or not a picture"):
        decode(b"these are words", 16, PLAIN)


def test_a_small_picture_is_told_with_its_size():
    with pytest.raises(Unusable, match="15 x 40 pixels, below the 16") as caught:
        decode(encoded(Image.new("L", (15, 40))), 16, PLAIN)
    assert (caught.value.reason, caught.value.side) == (Reason.TOO_SMALL, 15)


@pytest.mark.parametrize("side", [12700, 14000, 60000])
def test_a_bomb_of_pixels_is_refused_before_decoding(side):
    data = raw_png(side, side, 1, 0, b"")
    with pillow_warnings_tamed(), pytest.raises(Unusable, match="160 million pixels"):
        decode(data, 16, PLAIN)


def test_a_bomb_of_pixels_is_refused_whatever_the_warning_filters():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(Unusable, match="million pixels"):
            decode(raw_png(13000, 13000, 1, 0, b""), 16, PLAIN)


def test_pillow_warnings_are_tamed_only_inside():
    before = list(warnings.filters)
    with pillow_warnings_tamed():
        pass
    assert warnings.filters == before


@pytest.mark.parametrize(
    "words", [{"fit": "zoom"}, {"background": "whit"}, {"background": "#12345"}]
)
def test_unknown_options_are_refused_in_words(words):
    with pytest.raises(DatasetError) as caught:
        PrepareOptions(**words)
    assert caught.value.remedy
