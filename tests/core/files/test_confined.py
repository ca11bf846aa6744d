"""A folder from somebody else: nothing in it leads out of it, and nothing in it makes a reader wait."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ganlab_core.files import ConfinedFolder, UnsafePathError, confined

posix = pytest.mark.skipif(os.name != "posix", reason="makes pipes and links")
pytestmark = posix


@pytest.fixture(params=["by descriptor", "by path"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, used in each of the two ways."""
    monkeypatch.setattr(confined, "BY_DESCRIPTOR", request.param == "by descriptor")
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


def link_to_file(path: Path) -> None:
    path.symlink_to(path.parents[1] / "secret")


def link_to_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def subfolder(path: Path) -> None:
    path.mkdir()


Trap = Callable[[Path], None]
TRAPS = (link_to_file, link_to_nothing, pipe, device, subfolder)


def touching(files: ConfinedFolder, name: str) -> list[Callable[[], object]]:
    """Everything that opens or deletes a file that is there."""
    return [
        lambda: files.open(name),
        lambda: files.read(name),
        lambda: files.read_end(name, 10),
        lambda: files.stat(name),
        lambda: files.path(name),
        lambda: files.append(name),
        lambda: files.hold(name),
        lambda: files.cut(name, 0),
        lambda: files.touch(name),
        lambda: files.remove(name),
    ]


@pytest.mark.parametrize("trap", TRAPS)
def test_what_is_no_plain_file_is_neither_opened_nor_deleted(folder: Path, trap: Trap) -> None:
    secret = folder.parent / "secret"
    secret.write_bytes(b"of somebody else")
    trap(folder / "name")
    files = ConfinedFolder(folder)
    for attempt in touching(files, "name"):
        with pytest.raises(UnsafePathError):
            attempt()
    assert not files.is_file("name")
    assert os.path.lexists(folder / "name")
    assert secret.read_bytes() == b"of somebody else"


def test_no_folder_on_the_way_is_a_link(folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "name").write_bytes(b"x" * 20)
    (folder / "sub").symlink_to(outside)
    files = ConfinedFolder(folder)
    attempts = touching(files, "sub/name")
    attempts += [
        lambda: files.files("sub"),
        lambda: files.place("sub/name"),
        lambda: files.write("sub/name", b"y"),
        lambda: files.create("sub/name"),
        lambda: files.make_folder("sub"),
    ]
    for attempt in attempts:
        with pytest.raises(UnsafePathError):
            attempt()
    assert [path.name for path in outside.iterdir()] == ["name"]
    assert (outside / "name").read_bytes() == b"x" * 20


@pytest.mark.parametrize(
    "name",
    ["/etc/hostname", "../secret", "sub/../../secret", "..", ".", "", "a//b", "a/", "C:x", "a\\b",
     "a\0b", "\ud800", "x/" * 600 + "x"],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_on_any_system_is_refused(folder: Path, name: str) -> None:
    (folder.parent / "secret").write_bytes(b"of somebody else")
    files = ConfinedFolder(folder)
    for attempt in [
        *touching(files, name),
        lambda: files.write(name, b""),
        lambda: files.place(name),
    ]:
        with pytest.raises(UnsafePathError):
            attempt()
    assert not files.is_file(name)


@pytest.mark.parametrize("trap", [link_to_file, link_to_nothing, pipe, device])
def test_writing_a_file_whole_replaces_what_is_in_its_place(folder: Path, trap: Trap) -> None:
    secret = folder.parent / "secret"
    secret.write_bytes(b"of somebody else")
    files = ConfinedFolder(folder)
    trap(folder / "written")
    files.write("written", b"mine")
    trap(folder / "created")
    with files.create("created") as file:
        file.write(b"mine")
    for name in ("written", "created"):
        assert not (folder / name).is_symlink()
        assert (folder / name).read_bytes() == b"mine"
    assert secret.read_bytes() == b"of somebody else"
    assert sorted(path.name for path in folder.iterdir()) == ["created", "written"]


def test_what_is_changed_in_place_leaves_its_other_names_alone(folder: Path) -> None:
    copy = folder.parent / "backup"
    copy.write_bytes(b"0123456789")
    files = ConfinedFolder(folder)
    for name in ("log", "cut"):
        os.link(copy, folder / name)
    with files.append("log") as file:
        file.write(b"more")
    files.cut("cut", 4)
    assert (folder / "log").read_bytes() == b"0123456789more"
    assert (folder / "cut").read_bytes() == b"0123"
    assert copy.read_bytes() == b"0123456789"


def test_the_folder_itself_may_be_reached_through_a_link(folder: Path) -> None:
    (folder.parent / "link").symlink_to(folder)
    files = ConfinedFolder(folder.parent / "link")
    files.write("sub/name", b"hello")
    assert files.read("sub/name") == (folder / "sub" / "name").read_bytes() == b"hello"
    assert [(one.name, one.size) for one in files.files("sub")] == [("name", 5)]


def test_only_plain_files_that_are_not_hidden_are_listed(folder: Path) -> None:
    (folder / "sub").mkdir()
    for number, trap in enumerate(TRAPS):
        trap(folder / "sub" / f"{number}.png")
    for name in ("b.png", "a.png", ".hidden.png", "c.txt"):
        (folder / "sub" / name).write_bytes(b"1")
    files = ConfinedFolder(folder)
    assert [one.name for one in files.files("sub", ".png")] == ["a.png", "b.png"]
    assert files.files("missing") == []


def test_more_than_was_asked_for_is_not_read(folder: Path) -> None:
    with (folder / "huge").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(OSError, match="too large"):
        ConfinedFolder(folder).read("huge")
    assert ConfinedFolder(folder).read_end("huge", 100) == bytes(100)


def test_what_is_added_stands_after_what_was_there(folder: Path) -> None:
    files = ConfinedFolder(folder)
    for word in (b"one ", b"two"):
        with files.append("log") as file:
            file.write(word)
    files.cut("log", 100)
    assert files.read("log") == b"one two"
    files.cut("log", 3)
    assert files.read("log") == b"one"
    files.remove("log")
    with pytest.raises(FileNotFoundError):
        files.open("log")
