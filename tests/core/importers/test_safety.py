"""Safety: opening a file runs nothing, costs no more than the file, and always ends in a sentence."""

from __future__ import annotations

import builtins
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ganlab_core.errors import CheckpointError
from ganlab_core.importers import open_model
from ganlab_core.importers.published import import_model
from tests.hostile import GOLDEN, SAFETY, hostile_files
from tests.hostile_ada import hostile_ada_files

ROOT = Path(__file__).parents[3]
SAMPLES = json.loads((SAFETY / "index.json").read_text())
HOSTILE = hostile_files() | hostile_ada_files()


def refusal(path: Path) -> str:
    """What a person is told."""
    with pytest.raises(CheckpointError) as raised:
        open_model(path)
    assert not hasattr(builtins, "GANLAB_CANARY")
    return raised.value.what


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["file"])
def test_every_sample_is_refused_in_one_sentence(sample: dict[str, str]) -> None:
    what = refusal(SAFETY / sample["file"])
    assert what.endswith(".")
    assert "\n" not in what


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("tf_eval_in_variables.pkl", "builtins.eval"),
        ("tf_os_getpid_proto2.pkl", "posix.getpid"),
        ("numpy_prefix_runstring.pkl", "numpy.testing._private.utils.runstring"),
        ("torch_prefix_load.pkl", "torch.serialization.load"),
        ("dotted_name.pkl", "torch.storage.io.os.getpid"),
        ("nested_load_from_bytes.pkl", "torch.storage._load_from_bytes"),
        ("zoo_config_function.pth", "posix.getpid"),
    ],
)
def test_what_wanted_to_run_is_named(file: str, name: str) -> None:
    assert name in refusal(SAFETY / file)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("html_error_page.pkl", "web page"),
        ("git_lfs_pointer.pth", "Git LFS pointer"),
        ("truncated.pkl", "damaged or incomplete"),
    ],
)
def test_a_failed_download_is_called_one(file: str, words: str) -> None:
    assert words in refusal(SAFETY / file)


@pytest.mark.parametrize("name", HOSTILE)
def test_every_hostile_file_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(HOSTILE[name])
    what = refusal(path)
    assert what.endswith(".")
    assert "\n" not in what
    with pytest.raises(CheckpointError):
        import_model(path)


@pytest.mark.long
def test_memory_stays_near_the_size_of_the_file(tmp_path: Path) -> None:
    for name, content in HOSTILE.items():
        (tmp_path / name).write_bytes(content)
    code = f"""
import resource
from pathlib import Path
from ganlab_core.errors import CheckpointError
from ganlab_core.importers.published import open_model
open_model(Path({str(GOLDEN / "stylegan_zoo_32" / "model.pth")!r}))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sorted([*Path({str(tmp_path)!r}).iterdir(), *Path({str(SAFETY)!r}).glob("*.p*")]):
    try:
        open_model(path)
    except CheckpointError:
        continue
    raise SystemExit(path.name)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True, text=True, env=environment, check=False, timeout=100,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) < 200_000  # kilobytes; the largest file is 1.3 MB
