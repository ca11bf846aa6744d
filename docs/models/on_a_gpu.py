"""A model trained on a borrowed GPU within so many seconds, and brought home in parts.

    python docs/models/on_a_gpu.py train OUT --seconds 400 [--data PICTURES.zip] [--set key=value ...]
    python docs/models/on_a_gpu.py join OUT MODEL.safetensors

`train` draws planets on the device unless pictures are given, trains the `gpu` preset on them, stops in
time, and leaves in OUT what is to come home: the newest model with its discriminator, cut into parts of
15 MiB, the newest sheet, the log and the config. `join` makes the model file of these parts.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from ganlab_core.models import add_discriminator, read_tensors
from ganlab_core.training import RunFolder, TrainConfig, preset, train, with_settings

PART = 15 * 2**20
"""Bytes of a part."""

LAST_SECONDS = 15.0
"""Kept back for the last checkpoint, the model file and its parts."""


def config_for(given: argparse.Namespace, data: Path) -> TrainConfig:
    """The `gpu` preset at the wanted size, with what the settings' file and `--set` change."""
    kept = json.loads(given.settings.read_text()) if given.settings else {}
    kept.pop("ganlab_train_config", None)  # as a run's config.json begins
    settings: dict[str, object] = {
        **preset("gpu", "stylegan"),
        "kid_samples": 0,
        "readout_samples": 0,
        "checkpoint_kimg": 50,
        "sheet_kimg": 50,
        "snapshot_kimg": 1e6,
        **kept,
        "data": str(data),
        "resolution": given.side,
        "device": given.device,
        **dict(pair.split("=", 1) for pair in given.set),
    }
    return with_settings(TrainConfig(), settings)


def train_until(config: TrainConfig, run: Path, end: float) -> None:
    """Train until the monotonic clock says `end`; closing the run keeps what it has reached."""
    events = train(config, run)
    for event in events:
        print(event, flush=True)
        if time.monotonic() > end:
            break
    events.close()


def leave_parts(run: Path, out: Path) -> None:
    """The model with its discriminator in parts, and what tells of the run."""
    folder = RunFolder(run)
    whole = out / "whole.safetensors"
    shutil.copy(folder.model, whole)
    tensors = read_tensors(folder.checkpoints()[-1], "d.")
    add_discriminator(whole, {name.removeprefix("d."): t for name, t in tensors.items()})
    data = whole.read_bytes()
    whole.unlink()
    for number, at in enumerate(range(0, len(data), PART)):
        (out / f"model.{number}").write_bytes(data[at : at + PART])
    sheets = sorted(run.rglob("*.png"), key=lambda path: path.stat().st_mtime)
    shutil.copy(sheets[-1], out / "sheet.png")
    for name in ("config.json", "events.jsonl"):
        shutil.copy(run / name, out / name)


def planets_for(given: argparse.Namespace) -> Path:
    """Planets of the wanted size, drawn on the device."""
    data: Path = given.run.with_suffix(".zip")
    drawing = [sys.executable, str(Path(__file__).with_name("worlds.py")), str(data), "--classes"]
    drawing += ["--count", str(given.count), "--side", str(given.side), "--device", given.device]
    began = time.monotonic()
    subprocess.run(drawing, check=True)
    print(f"{given.count} planets in {time.monotonic() - began:.0f} s", flush=True)
    return data


def train_there(given: argparse.Namespace) -> None:
    """Draw, train, leave the parts; each piece of work is told with its seconds."""
    end = time.monotonic() + given.seconds - LAST_SECONDS
    given.out.mkdir(parents=True, exist_ok=True)
    train_until(config_for(given, given.data or planets_for(given)), given.run, end)
    leave_parts(given.run, given.out)


def join_here(given: argparse.Namespace) -> None:
    """The model file of the parts, written as RUN; `ganlab RUN` opens it, `--from RUN` goes on with it."""
    parts = sorted(given.out.glob("model.*"), key=lambda part: int(part.suffix[1:]))
    given.run.write_bytes(b"".join(part.read_bytes() for part in parts))


def main() -> None:
    """Train there, or join here."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=("train", "join"))
    parser.add_argument("out", type=Path)
    parser.add_argument("run", type=Path, nargs="?", default=Path("/tmp/worlds"))
    parser.add_argument("--seconds", type=float, default=400.0)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--count", type=int, default=14_000)
    parser.add_argument("--data", type=Path, help="pictures; planets are drawn without")
    parser.add_argument("--settings", type=Path, help="a JSON file of settings of the training")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--set", action="append", default=[], metavar="key=value")
    given = parser.parse_args()
    train_there(given) if given.what == "train" else join_here(given)


if __name__ == "__main__":
    main()
