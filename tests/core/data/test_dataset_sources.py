"""Folders and zips are walked safely: litter is ignored, tricks are refused, errors are told."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from ganlab_core.data import folder as zips
from ganlab_core.data.folder import Listing, Reason, Unusable
from ganlab_core.data.source import open_source
from ganlab_core.errors import DatasetError

LITTER = {
    "README.md": b"words",
    "LICENSE": b"words",
    "labels.json": b"{}",
    "Thumbs.db": b"x",
    ".DS_Store": b"x",
    ".hidden.png": b"x",
    "._a.png": b"x",
    ".git/a.png": b"x",
    "__MACOSX/._a.png": b"x",
    "__MACOSX/a.png": b"x",
}


def refusals(listing: Listing) -> dict[str, Reason]:
    return {name: unusable.reason for name, unusable in listing.refused}


def names(listing: Listing) -> list[str]:
    return [picture.name for picture in listing.pictures]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_litter_is_ignored_in_silence(kind, make_folder, make_zip, png):
    make = make_folder if kind == "folder" else make_zip
    files = {**LITTER, "B.PNG": png(), "a.jpeg": png(), "c/d.webp": png()}
    with open_source(make(files)) as listing:
        assert names(listing) == ["B.PNG", "a.jpeg", "c/d.webp"]
        assert listing.refused == ()
        assert listing.read(listing.pictures[0]) == png()


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_empty_and_foreign_files_are_refused_by_reason(kind, make_folder, make_zip):
    make = make_folder if kind == "folder" else make_zip
    with open_source(make({"a.png": b"", "b.svg": b"<", "c.psd": b"x"})) as listing:
        assert names(listing) == []
        assert refusals(listing) == {
            "a.png": Reason.DAMAGED,
            "b.svg": Reason.FOREIGN,
            "c.psd": Reason.FOREIGN,
        }


def test_links_out_of_the_folder_and_links_that_loop_are_refused(make_folder, png, tmp_path):
    folder = make_folder({"a.png": png(), "sub/b.png": png()})
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.png").write_bytes(png())
    try:
        (folder / "file.png").symlink_to(outside / "secret.png")
    except OSError:
        pytest.skip("this account may not make links")
    (folder / "dir").symlink_to(outside, target_is_directory=True)
    (folder / "sub" / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "self.png").symlink_to("self.png")
    (folder / "gone.png").symlink_to("nothing.png")
    (folder / "inside.png").symlink_to("a.png")
    with open_source(folder) as listing:
        assert names(listing) == ["a.png", "inside.png", "sub/b.png"]
        assert refusals(listing) == dict.fromkeys(
            ["dir", "file.png", "gone.png", "self.png", "sub/loop"], Reason.LINK
        )


def test_a_folder_reached_through_a_link_is_read(make_folder, png, tmp_path):
    folder = make_folder({"sub/a.png": png()})
    link = tmp_path / "link"
    try:
        link.symlink_to(folder, target_is_directory=True)
    except OSError:
        pytest.skip("this account may not make links")
    with open_source(link) as listing:
        assert names(listing) == ["sub/a.png"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(make_folder, png):
    folder = make_folder({"a.png": png()})
    os.mkfifo(folder / "b.png")
    with open_source(folder) as listing:
        assert refusals(listing) == {"b.png": Reason.UNREADABLE}


def test_a_file_that_vanishes_is_told_when_read(make_folder, png):
    folder = make_folder({"a.png": png()})
    with open_source(folder) as listing:
        (folder / "a.png").unlink()
        with pytest.raises(Unusable, match="cannot be read"):
            listing.read(listing.pictures[0])


@pytest.mark.parametrize(
    "name", ["../a.png", "/etc/a.png", "x/../../a.png", "C:\\a.png", "c:/a.png", "..\\a.png"]
)
def test_names_that_leave_the_zip_are_refused(name, make_zip, png):
    with open_source(make_zip({name: png(), "ok.png": png()})) as listing:
        assert names(listing) == ["ok.png"]
        assert list(refusals(listing).values()) == [Reason.PATH]


def test_backslashes_of_old_zips_are_folders(make_zip, png):
    with open_source(make_zip({"cat\\a.png": png(), "./dog/b.png": png()})) as listing:
        assert names(listing) == ["cat/a.png", "dog/b.png"]
        assert listing.read(listing.pictures[0]) == png()


def test_a_link_in_a_zip_is_refused(tmp_path):
    info = zipfile.ZipInfo("a.png")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = tmp_path / "links.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with open_source(path) as listing:
        assert refusals(listing) == {"a.png": Reason.LINK}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_is_taken_once(tmp_path, png):
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", png())
        archive.writestr("a.png", png((0, 0, 0)))
    with open_source(path) as listing:
        assert names(listing) == ["a.png"]
        assert refusals(listing) == {"a.png": Reason.TWICE}
        assert listing.read(listing.pictures[0]) == png()


def test_a_bomb_of_zeros_is_refused_unread(make_zip):
    path = make_zip({"bomb.bmp": bytes(zips.FREE_BYTES + 1)})
    assert path.stat().st_size < 20_000
    with open_source(path) as listing:
        assert names(listing) == []
        assert refusals(listing) == {"bomb.bmp": Reason.BOMB}


def test_a_flat_bitmap_may_shrink_well(make_zip, png):
    flat = png(size=(512, 512), kind="BMP")
    path = make_zip({"flat.bmp": flat})
    assert len(flat) > 200 * path.stat().st_size
    with open_source(path) as listing:
        assert listing.read(listing.pictures[0]) == flat


def test_a_lie_about_the_size_does_not_fill_the_memory(make_zip):
    path = make_zip({"liar.png": bytes(2**20)})
    claimed = path.read_bytes().replace(struct.pack("<I", 2**20), struct.pack("<I", 100))
    path.write_bytes(claimed)
    with open_source(path) as listing, pytest.raises(Unusable, match="damaged inside the zip"):
        listing.read(listing.pictures[0])


def test_a_member_that_claims_gigabytes_is_refused(make_zip, png):
    path = make_zip({"giant.png": png()})
    data = path.read_bytes()
    true_size = struct.pack("<I", len(png()))
    path.write_bytes(data.replace(true_size, struct.pack("<I", 2**31)))
    with open_source(path) as listing:
        assert refusals(listing) == {"giant.png": Reason.TOO_BIG}


def test_a_zip_that_unpacks_to_absurd_sizes_is_refused_whole(make_zip, png, monkeypatch):
    monkeypatch.setattr(zips, "FREE_TOTAL_BYTES", 2**20)
    path = make_zip({f"{index}.bmp": png(size=(256, 256), kind="BMP") for index in range(9)})
    with pytest.raises(DatasetError, match="100 times its size"), open_source(path):
        pass


def test_a_locked_member_is_told(make_zip, png):
    path = make_zip({"a.png": png()})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    with open_source(path) as listing:
        assert refusals(listing) == {"a.png": Reason.LOCKED}


def test_a_member_with_flipped_bytes_is_told(make_zip, png):
    path = make_zip({"a.png": png(seed=1, size=(32, 32))})
    data = bytearray(path.read_bytes())
    data[500] ^= 0xFF
    path.write_bytes(bytes(data))
    with open_source(path) as listing, pytest.raises(Unusable, match="damaged inside the zip"):
        listing.read(listing.pictures[0])


def write_text(path: Path) -> None:
    path.write_text("not a zip")


def write_half_a_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", bytes(1000))
    path.write_bytes(path.read_bytes()[:500])


def write_a_zip_with_a_broken_directory(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", bytes(1000))
    path.write_bytes(path.read_bytes().replace(b"PK\x01\x02", b"PK\xff\xff"))


def write_nothing(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    "spoil",
    [write_text, write_half_a_zip, write_a_zip_with_a_broken_directory, write_nothing],
)
def test_what_is_no_zip_is_told_with_a_remedy(spoil, tmp_path):
    path = tmp_path / "thing.zip"
    spoil(path)
    with pytest.raises(DatasetError) as caught, open_source(path):
        pass
    assert "thing.zip" in caught.value.what
    assert caught.value.remedy


def test_nothing_there_is_told(tmp_path):
    with pytest.raises(DatasetError, match="no folder or zip"), open_source(tmp_path / "gone"):
        pass
