"""A disk that is really full: a file system of a few kilobytes, mounted where only the test sees it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.every_model import saved
from tests.quick import quick

ROOT = Path(__file__).parents[3]

NAMES = ("film.mp4", "film.gif", "film.webp", "film.mkv", "frames")

SCRIPT = """
mount -t tmpfs -o size=48k none "$1" || exit 77
"$2" -m ganlab_core video "$3" --seeds 1,2,3 --seconds 2 --noise-moves fresh --size 128 --out "$1/$4"
echo "status $?"
ls -A "$1"
"""


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
@pytest.mark.parametrize("name", quick(NAMES, "film.mp4", "frames"))
def test_a_full_disk_leaves_no_half_film_and_says_so(tmp_path: Path, name: str) -> None:
    model = saved("stylegan", tmp_path / "models")
    disk = tmp_path / "disk"
    disk.mkdir()
    words = [
        "unshare",
        "-rm",
        "sh",
        "-c",
        SCRIPT,
        "sh",
        disk,
        sys.executable,
        model.info.path,
        name,
    ]
    try:
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("needs unshare")
    if "status" not in done.stdout:
        pytest.skip("this system lets nobody mount")
    status, *left = done.stdout.splitlines()
    assert status == "status 1"
    assert left == ([name] if name == "frames" else [])
    complaint = done.stderr.strip().splitlines()[-1]
    assert complaint.startswith("ganlab: ")
    assert "room" in complaint
    assert "Traceback" not in done.stderr
