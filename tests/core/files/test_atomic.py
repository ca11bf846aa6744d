"""Files that are whole or not there, and folders that are not made behind a person's back."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganlab_core.files import atomic_path, litter_in, sweep, write_bytes_atomically
from ganlab_core.files.atomic import ABANDONED_SECONDS, own_mark


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


def test_an_interrupt_right_after_the_file_was_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make_and_break_off(path: Path) -> int:
        path.touch()
        raise KeyboardInterrupt

    monkeypatch.setattr("ganlab_core.files.atomic._make", make_and_break_off)
    with pytest.raises(KeyboardInterrupt):
        write_bytes_atomically(tmp_path / "a", b"1")
    assert list(tmp_path.iterdir()) == []


def test_the_end_of_the_process_removes_what_an_interrupt_left(tmp_path: Path) -> None:
    """An interrupt may also fall into the removing; here nobody is left who would do it."""
    code = (
        "import sys; from pathlib import Path; from ganlab_core.files import atomic\n"
        "final = Path(sys.argv[1])\n"
        "lent = atomic.atomic_path(final)\n"
        "lent.__enter__()\n"
        "atomic.clear_away_before, atomic.clear_away = atomic.clear_away, lambda paths: None\n"
        "try: lent.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)\n"
        "except KeyboardInterrupt: pass\n"
        "atomic.clear_away = atomic.clear_away_before\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a")], check=True)
    assert list(tmp_path.iterdir()) == []


# --- litter ------------------------------------------------------------------------------------------

WRITES = (
    "import os, signal, sys\n"
    "from pathlib import Path\n"
    "from ganlab_core.files.atomic import atomic_path, scratch_folder\n"
    "final = Path(sys.argv[1])\n"
    "with atomic_path(final) as path, scratch_folder(final) as scratch,"
    " atomic_path(final, in_scratch=True) as other:\n"
    "    path.write_bytes(b'half')\n"
    "    (scratch / 'frames').write_bytes(b'half')\n"
    "    (other.parent / '.tmpAbCdEf').write_bytes(b'half')\n"
    "    print('writing', flush=True)\n"
    "    sys.stdin.read()\n"
)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is half-way through writing `film.mp4` in three ways."""
    final = tmp_path / "film.mp4"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITES, str(final)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        yield process
        process.kill()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_what_a_killed_process_left_goes_with_the_next_start_and_not_before(
    writer: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    begun = names(tmp_path)
    assert len(begun) == 3
    assert all(name.startswith(".film.mp4.") and name.endswith(".part") for name in begun)
    sweep(tmp_path)
    sweep(tmp_path, "me")
    assert names(tmp_path) == begun
    writer.kill()
    writer.wait()
    assert len(litter_in(tmp_path)) == 3
    starts = "from pathlib import Path; import sys; from ganlab_core.files.atomic import *;"
    subprocess.run(
        [sys.executable, "-c", f"{starts} write_bytes_atomically(Path(sys.argv[1]), b'new')",
         str(tmp_path / "other")], check=True,
    )  # fmt: skip
    assert names(tmp_path) == ["other"]


def test_nothing_is_swept_that_is_not_ours_by_name_or_whose_process_cannot_be_told(
    tmp_path: Path,
) -> None:
    mark = own_mark()
    pid, when, where = mark.split("-")
    foreign = f".a.{pid}-{when}-{int(where, 16) ^ 1:08x}-00000000.part"
    kept = [
        f".a.{mark}-00000000.part",  # this process writes it
        foreign,  # of another machine: its processes cannot be seen from here
        ".a.part", "a.part", "film.mp4.part", ".tmp", ".tmpAbCdEfG", "tmpAbCdEf", ".a.1-2-3.part",
        f"a.{pid}-00000000-{where}-00000000.part",
    ]  # fmt: skip
    for name in kept:
        (tmp_path / name).write_bytes(b"")
    dead = f".a.{pid}-{int(when, 16) ^ 1:08x}-{where}-00000000.part"
    (tmp_path / dead).write_bytes(b"")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a").write_bytes(b"")
    (tmp_path / dead.replace(".a.", ".link.")).symlink_to(tmp_path / "outside")
    sweep(tmp_path, "ganlab")
    assert names(tmp_path) == sorted([*kept, "outside", dead.replace(".a.", ".link.")])
    assert names(tmp_path / "outside") == ["a"]
    a_day_ago = time.time() - ABANDONED_SECONDS - 60
    os.utime(tmp_path / foreign, (a_day_ago, a_day_ago))
    sweep(tmp_path)
    assert foreign not in names(tmp_path)


def test_litter_of_older_versions_goes_when_it_is_old_and_at_once_where_nobody_else_writes(
    tmp_path: Path,
) -> None:
    older = [".000000560.safetensors.k3_9abcd.part", ".tmpAbCdEf"]
    a_day_ago = time.time() - ABANDONED_SECONDS - 60
    for name in older:
        (tmp_path / name).write_bytes(b"")
    sweep(tmp_path, "ganlab")
    assert names(tmp_path) == older
    os.utime(tmp_path / older[0], (a_day_ago, a_day_ago))
    sweep(tmp_path)
    assert names(tmp_path) == older
    sweep(tmp_path, "ganlab")
    assert names(tmp_path) == older[1:]
    sweep(tmp_path, "me")
    assert names(tmp_path) == []


def test_a_name_as_long_as_the_system_allows_can_be_written(tmp_path: Path) -> None:
    for letter in "a\N{GREEK SMALL LETTER ALPHA}":
        name = letter * (255 // len(letter.encode()))
        write_bytes_atomically(tmp_path / name, b"1")
        assert names(tmp_path)[-1] == name
