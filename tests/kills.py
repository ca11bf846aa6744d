"""SIGKILL at random moments: `python -m tests.kills [--runs 150] [--windows 50] [--seed 0]`.

Runs: each architecture is trained once undisturbed and once under kills, taken up again after each.
No checkpoint may go, and at the end weights, snapshots, sheets and the log's events are those of the
undisturbed run, with nothing else in the folder. Windows: a real window is killed while it makes
history steps, keyframes and favourites and films in the background; whatever was shown for a third of
a second has to be there on the next start, which leaves no litter. Exit status 1 on any loss.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import torch

from ganlab_core.cli import main as ganlab
from tests.same_bits import Hashes, config, pictures, weights

ARCHITECTURES = ("stylegan", "progan", "biggan")
CADENCE = {"checkpoint_kimg": 0.032, "snapshot_kimg": 0.064, "sheet_kimg": 0.064}
UNTIMED = ("SheetSaved", "CheckpointSaved", "PhaseBegan", "Ended", "Spectra", "Distance")
SHOWN_SECONDS = 0.34
LITTER = ("*.part", ".*.part", ".tmp*", "*.tmp")


@dataclass(slots=True)
class Verdict:
    """What was done to a victim, and what it lost."""

    kills: int = 0
    starts: int = 0
    losses: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


# --- runs --------------------------------------------------------------------------------------------


def command(words: list[str]) -> None:
    """One command of the program, in a child of its own whose end is its status."""
    os.setsid()
    torch.set_num_threads(1)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        status = ganlab(words)
    os._exit(status)


def names_for(run: Path, start: Path) -> list[str]:
    """Begin the run, or take it up where there is one."""
    if (run / "config.json").exists():
        return ["train", "--resume", str(run)]
    return ["train", "--config", str(start), "--out", str(run)]


def trained(run: Path, start: Path) -> float:
    """Train undisturbed; how many seconds it took."""
    began = time.monotonic()
    child = multiprocessing.get_context("fork").Process(
        target=command, args=(names_for(run, start),)
    )
    child.start()
    child.join()
    if child.exitcode != 0:
        raise SystemExit(f"{run.name}: the undisturbed run ended with {child.exitcode}")
    return time.monotonic() - began


def killed_on_the_way(
    run: Path, start: Path, seconds: float, kills: int, dice: random.Random
) -> Verdict:
    """Train to the end under kills, watching that no finished checkpoint goes."""
    verdict, kept = Verdict(), set[str]()
    while True:
        child = multiprocessing.get_context("fork").Process(
            target=command, args=(names_for(run, start),)
        )
        child.start()
        verdict.starts += 1
        patience = dice.uniform(0.02, 0.7 * seconds) if verdict.kills < kills else None
        child.join(patience)
        if child.exitcode is None:
            os.kill(child.pid or 0, signal.SIGKILL)
            child.join()
            verdict.kills += 1
        elif child.exitcode != 0:
            verdict.losses.append(f"a start ended with status {child.exitcode}")
            return verdict
        there = {path.name for path in (run / "checkpoints").glob("0*.safetensors")}
        verdict.losses += [f"checkpoint {name} went" for name in sorted(kept - there)]
        kept = there
        if child.exitcode == 0 and verdict.kills >= kills:
            return verdict
        if child.exitcode == 0:  # it ended before its kills: another life from the beginning
            verdict.losses += differences(run.with_name("whole"), run)
            run = run.with_name(f"{run.name}x")
            kept = set()


def told(run: Path) -> Counter[str]:
    """The log's events without what the clock decides."""
    lines = (run / "events.jsonl").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    return Counter(
        json.dumps(event, sort_keys=True) for event in events if event["event"] in UNTIMED
    )


def differences(whole: Path, run: Path) -> list[str]:
    """In what a killed run differs from the whole one."""
    wanted: Hashes = dict(weights(whole))
    found: Hashes = dict(weights(run))
    lost = [
        f"{run.name}: {name} differs" for name in sorted(wanted) if found.get(name) != wanted[name]
    ]
    lost += [f"{run.name}: {name} is too much" for name in sorted(found.keys() - wanted.keys())]
    lost += [f"{run.name}: not in the log: {line}" for line in (told(whole) - told(run))]
    lost += [f"{run.name}: twice in the log: {line}" for line in (told(run) - told(whole))]
    return lost + [f"{run.name}: left {path.name}" for path in litter(run)]


def litter(folder: Path) -> list[Path]:
    """Files that a kill left half written."""
    return sorted({path for pattern in LITTER for path in folder.rglob(pattern)})


def kill_runs(count: int, seed: int, folder: Path) -> list[str]:
    """All architectures in turn; the losses."""
    data = pictures(folder / "pictures")
    losses = []
    for number, architecture in enumerate(ARCHITECTURES):
        home = folder / architecture
        home.mkdir()
        start = home / "start.json"
        start.write_text(_cadenced(architecture, data), encoding="utf-8")
        seconds = trained(home / "whole", start)
        shard = count // len(ARCHITECTURES) + (number < count % len(ARCHITECTURES))
        dice = random.Random(f"{seed} {architecture}")
        verdict = killed_on_the_way(home / "victim", start, seconds, shard, dice)
        last = sorted(path for path in home.iterdir() if path.name.startswith("victim"))[-1]
        verdict.losses += differences(home / "whole", last)
        lives = len([path for path in home.iterdir() if path.name.startswith("victim")])
        sys.stdout.write(
            f"{architecture}: {verdict.kills} kills in {verdict.starts} starts of {lives} runs,"
            f" {len(verdict.losses)} losses\n"
        )
        losses += verdict.losses
    return losses


def _cadenced(architecture: str, data: Path) -> str:
    from ganlab_core.training import with_settings

    return with_settings(config(architecture, data), CADENCE).to_json()


# --- windows -----------------------------------------------------------------------------------------

PROGRAM = """
import json, os, sys, time
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from ganlab.app import App, Start
from ganlab.settings import Settings
from ganlab.style import apply_style

qt = QApplication([])
apply_style(qt)
app = App(Start(sys.argv[1]), Settings())
app.show()
films, timer = app.film, QTimer(interval=25)
favourites = Path(os.environ["GANLAB_HOME"]) / "data" / "favourites"

def state():
    return {
        "history": app.session.history.count(),
        "keyframes": len(films.filming.film.timeline.keyframes) if not films.filming.film.empty else 0,
        "favourites": len(list(favourites.glob("*.png"))),
        "jobs": len(films.exporter.jobs.jobs),
        "time": time.monotonic(),
    }

def say(**words):
    os.write(1, (json.dumps({**state(), **words}) + "\\n").encode())

turn = 0
def step():
    global turn
    turn += 1
    if films.filming.film.empty or len(films.filming.film.timeline.keyframes) < 60:
        if turn % 3 == 0:
            app.window.actions_["keyframe"].trigger()
    if turn % 7 == 0:
        app.window.actions_["keep"].trigger()
    app.window.actions_["next_seed"].trigger()
    if turn == 10:
        film()
    say()

def film():
    from ganlab_core.export import FilmJob, FilmPlan
    out = Path(os.environ["GANLAB_HOME"]) / f"film-{os.getpid()}.mp4"
    plan = FilmPlan(seconds=30.0)
    films.exporter.jobs.add(FilmJob(models=(sys.argv[1],), out=out, seeds=(1, 2, 3), plan=plan))

def begin():
    say(begun=True)
    timer.start()

timer.timeout.connect(step)
started = []
def first(_):
    if not started:
        started.append(1)
        QTimer.singleShot(300, begin)
app.worker.rendered.connect(first)
qt.exec()
"""


def kill_windows(count: int, seed: int, folder: Path) -> list[str]:
    """One person's window, killed again and again; the losses."""
    from ganlab_core.files import bundled_models_dir

    model = str(bundled_models_dir() / "adventurer.safetensors")
    environment = {
        **os.environ,
        "GANLAB_HOME": str(folder / "home"),
        "QT_QPA_PLATFORM": "offscreen",
        "OMP_NUM_THREADS": "1",
    }
    dice, losses, before, totals = (
        random.Random(f"{seed} window"),
        [],
        Counter[str](),
        Counter[str](),
    )
    for life in range(count + 1):
        back, made = _life(model, environment, dice.uniform(0.3, 3.0))
        for kind in ("history", "keyframes", "favourites", "jobs"):
            if back.get(kind, 0) < before[kind]:
                losses.append(f"life {life}: {before[kind]} {kind} became {back.get(kind, 0)}")
        totals += Counter({kind: made[kind] - back.get(kind, 0) for kind in made})
        before = made
    last, _ = _life(model, environment, 2.0)
    losses += [f"left {path}" for path in litter(folder / "home") if _is_dead(path)]
    sys.stdout.write(
        f"window: {count + 2} kills, {dict(totals)} made, {last} at the end, {len(losses)} losses\n"
    )
    return losses


def _is_dead(path: Path) -> bool:
    """Whether nothing living can be writing it: the window was killed, its exports end by themselves."""
    age = time.time() - path.stat().st_mtime
    return age > 5


def _life(
    model: str, environment: dict[str, str], seconds: float
) -> tuple[dict[str, float], Counter[str]]:
    """What the window has when it begins, and what was shown long enough before it was killed."""
    said = []
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, model], env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    ) as program:  # fmt: skip
        assert program.stdout is not None
        said.append(json.loads(program.stdout.readline()))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            said.append(json.loads(program.stdout.readline()))
        killed = time.monotonic()
        program.send_signal(signal.SIGKILL)
        for line in program.stdout:
            with contextlib.suppress(ValueError):
                said.append(json.loads(line))
        program.wait()
    shown = [state for state in said if state["time"] < killed - SHOWN_SECONDS] or said[:1]
    return said[0], Counter(
        {kind: int(shown[-1][kind]) for kind in shown[-1] if kind not in ("time", "begun")}
    )


def main(arguments: list[str]) -> int:
    """Kill and tell; 1 on any loss."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=150, help="kills of training runs")
    parser.add_argument("--windows", type=int, default=50, help="kills of a window")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["GANLAB_HOME"] = str(folder / "home-of-runs")
        losses = kill_runs(chosen.runs, chosen.seed, folder) if chosen.runs else []
        losses += kill_windows(chosen.windows, chosen.seed, folder) if chosen.windows else []
    for loss in losses[:60]:
        sys.stdout.write(f"LOST {loss}\n")
    return 1 if losses else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
