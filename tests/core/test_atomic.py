"""Files that are whole or not there, and folders that are not made behind a person's back."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganlab_core.atomic import atomic_path, write_bytes_atomically


def test_a_folder_removed_meanwhile_is_not_made_anew(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    write_bytes_atomically(tmp_path / "folder" / "a", b"1", make_folder=False)
    (tmp_path / "folder").rename(tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError):
        write_bytes_atomically(tmp_path / "folder" / "b", b"2", make_folder=False)
    assert [path.name for path in tmp_path.iterdir()] == ["elsewhere"]
    write_bytes_atomically(tmp_path / "folder" / "b", b"2")
    assert (tmp_path / "folder" / "b").read_bytes() == b"2"


def break_off(final: Path) -> None:
    with atomic_path(final) as temporary:
        temporary.write_bytes(b"new")
        temporary.write_bytes(bytes([1 // 0]))


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    final = tmp_path / "a"
    final.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError):
        break_off(final)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"old")]
