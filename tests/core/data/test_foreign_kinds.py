"""Kinds of pictures and of data sets that other programs make: read, or named with a way out."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from ganlab_core.data import PrepareOptions, check_source, prepare, survey
from ganlab_core.data.decode import class_folders, pillow_warnings_tamed
from ganlab_core.data.decode import decode as decoded
from ganlab_core.data.folder import Reason, Unusable, heic_is_read
from ganlab_core.data.source import open_source
from ganlab_core.errors import DatasetError

PLAIN = PrepareOptions()


def colours(side: int = 8) -> np.ndarray:
    """uint8 (side, side, 3) of every colour."""
    return np.random.default_rng(5).integers(0, 256, (side, side, 3), np.uint8)


def decode(data: bytes, resolution: int) -> np.ndarray:
    with pillow_warnings_tamed():  # as every preparation has it
        return decoded(data, resolution, PLAIN)


def tiff(pixels: np.ndarray, **words: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **{"photometric": "rgb", **words})  # type: ignore[arg-type]
    return buffer.getvalue()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (colours(), {}),
        (colours().astype(np.uint16) * 257, {}),
        (colours().astype(np.uint16) * 257, {"compression": "zlib"}),
        (colours().transpose(2, 0, 1).astype(np.uint16) * 257, {"planarconfig": "separate"}),
        (colours().astype(np.float32) / np.float32(255), {}),
        (colours().astype(np.float32), {}),
        (colours().astype(np.uint16) * 257, {"bigtiff": True}),
    ],
    ids=["8", "16", "16 packed", "16 planes", "fractions", "floats", "16 big"],
)
def test_a_tiff_of_any_depth_and_order_is_read(
    pixels: np.ndarray, words: dict[str, object], order: str
) -> None:
    found = decode(tiff(pixels, byteorder=order, **words), 8)
    np.testing.assert_array_equal(found.transpose(1, 2, 0), colours())


def test_a_grey_tiff_whose_zero_is_white() -> None:
    grey = colours()[..., 0].astype(np.uint16) * 257
    found = decode(tiff(grey, photometric="miniswhite", byteorder=">"), 8)
    assert found[0].tolist() in ((255 - colours()[..., 0]).tolist(), colours()[..., 0].tolist())


@pytest.mark.parametrize("data", [b"II*\0", b"MM\0*\0\0\0\x08\0\xff", b"II+\0" + bytes(40)])
def test_a_tiff_of_nothing_is_refused(data: bytes) -> None:
    with pytest.raises(Unusable) as caught:
        decode(data, 8)
    assert caught.value.reason in (Reason.FOREIGN, Reason.DAMAGED)


def test_a_tiff_of_absurd_size_is_refused_unread() -> None:
    data = tiff(np.zeros((4, 4, 3), np.float32), byteorder=">")
    for tag in (b"\x01\0", b"\x01\x01"):
        side = tag + b"\0\x04\0\0\0\x01\0\0\0\x04"
        assert side in data
        data = data.replace(side, side[:-4] + b"\0\0\xff\xff")
    with pytest.raises(Unusable) as caught:
        decode(data, 4)
    assert caught.value.reason is Reason.TOO_BIG


@pytest.mark.parametrize("kind", ["AVIF", "WEBP"])
def test_pictures_of_the_web_are_read(kind: str, tmp_path: Path) -> None:
    Image.fromarray(colours(16)).save(tmp_path / f"a.{kind.lower()}", kind, quality=100)
    images = prepare(tmp_path, 16, cache_root=tmp_path / "cache")
    assert np.abs(images.batch(np.array([0]), 16)[0].astype(int).mean() - colours(16).mean()) < 6


def test_heic_is_read_where_the_extra_is_installed(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    heif = pillow_heif.from_pillow(Image.new("RGB", (64, 64), (250, 20, 30)))
    heif.save(tmp_path / "photo.heic", quality=95)
    red, green, blue = prepare(tmp_path, 8, cache_root=tmp_path / "c").batch(np.array([0]), 4)[0]
    assert red.min() > 230
    assert max(green.max(), blue.max()) < 60


def test_heic_without_the_extra_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    heic_is_read.cache_clear()
    (tmp_path / "photo.heic").write_bytes(b"x")
    try:
        with pytest.raises(DatasetError, match=r"pip install 'ganlab-desk\[heic\]'"):
            prepare(tmp_path, 8)
    finally:
        heic_is_read.cache_clear()


@pytest.mark.parametrize(
    ("name", "words"),
    [("set.tfrecords", "TFRecords"), ("a.lmdb", "LMDB"), ("set.h5", "HDF5"), ("x.npz", "numpy"),
     ("x.tar.gz", "Unpack it")],
)  # fmt: skip
def test_sets_of_other_programs_are_named_with_a_way_out(
    tmp_path: Path, name: str, words: str
) -> None:
    (tmp_path / "set").mkdir()
    path = tmp_path / "set" / name
    path.write_bytes(b"PK\x05\x06" + bytes(18))
    for source in (path, path.parent):
        for look in (survey, lambda one: check_source(one, 8)):
            with pytest.raises(DatasetError, match=words) as caught:
                look(source)
            assert caught.value.remedy


def test_an_lmdb_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "church.lmdb").mkdir()
    (tmp_path / "church.lmdb" / "data.mdb").write_bytes(b"x")
    with pytest.raises(DatasetError, match="LMDB"):
        survey(tmp_path / "church.lmdb")


def test_folders_of_a_thousand_numbered_pictures_are_no_classes() -> None:
    nvidia = ["00000/img00000000.png", "00000/img00000999.png", "00001/img00001000.png"]
    ffhq = ["images/00000/00000.png", "images/01000/01999.png"]
    assert class_folders(nvidia) is None
    assert class_folders(ffhq) is None
    assert class_folders(["00000/img00000000.png", "00001/img00000001.png"]) is not None
    assert class_folders(["00000/a.png", "00001/b.png"]) == ("00000", "00001")
    assert class_folders(["2019/00002019.png", "2020/00002020.png"]) is not None


@pytest.mark.parametrize("labels", ["null", "none", "classes"])
def test_nvidias_zips_have_the_classes_that_their_labels_say(
    tmp_path: Path, png: object, labels: str
) -> None:
    files = [f"0000{n // 2}/img0000{n // 2}00{n}.png" for n in range(4)]
    for name in files:
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_bytes(png())  # type: ignore[operator]
    said = {"null": None, "classes": [[name, n % 2] for n, name in enumerate(files)]}
    if labels in said:
        (tmp_path / "set" / "dataset.json").write_text(json.dumps({"labels": said[labels]}))
    found = survey(tmp_path / "set").classes
    assert found == ((("0", 2), ("1", 2)) if labels == "classes" else ())
    with open_source(tmp_path / "set") as listing:
        assert len(listing.pictures) == 4
