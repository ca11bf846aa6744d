"""Files that mean harm, opened in the program: nothing runs, one sentence each, the model stays."""

from __future__ import annotations

import builtins
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.settings import Settings
from ganlab.window.messages import Notice
from ganlab_core.recipe import Latent, Recipe
from tests.every_model import saved
from tests.hostile import hostile_files
from tests.hostile_ada import hostile_ada_files

ROOT = Path(__file__).parents[2]
HOSTILE = {
    name: data
    for name, data in (hostile_files() | hostile_ada_files()).items()
    if not name.startswith(("cut-", "ada-cut-")) or name.endswith(("-zip.pth", "8192.pkl"))
}
PATIENCE = 60_000


@pytest.fixture
def app(tmp_path: Path, qtbot: QtBot) -> Iterator[App]:
    """The program with torch and a small model on the desk."""
    model = saved("stylegan", tmp_path / "models")
    app = App(Start(model=str(model.info.path)), Settings(tmp_path / "config"))
    app.show()
    qtbot.waitUntil(lambda: app.play.saver.frame is not None, timeout=PATIENCE)
    yield app
    app.window.close()
    app.deleteLater()
    app.window.deleteLater()


def test_there_are_files_of_many_kinds() -> None:
    assert len(HOSTILE) >= 25
    assert {Path(name).suffix for name in HOSTILE} >= {".pkl", ".pth", ".safetensors"}


def test_every_hostile_file_is_refused_in_a_sentence_and_the_model_stays(
    app: App, tmp_path: Path, qtbot: QtBot
) -> None:
    notices: list[Notice] = []
    reports: list[str] = []
    app.messages.noticed.connect(notices.append)
    app.messages.crashed.connect(reports.append)
    before = app.session.info
    for name, data in HOSTILE.items():
        path = tmp_path / name
        path.write_bytes(data)
        notices.clear()
        app.opener.open(path)
        qtbot.waitUntil(lambda: bool(notices or reports), timeout=PATIENCE)
        assert not reports, (name, reports)
        assert len(notices) == 1, (name, notices)
        assert "\n" not in notices[0].text, name
        assert notices[0].text.endswith("."), name
        assert app.window.banner.text == notices[0].text
        assert app.session.info is before, name
        assert not hasattr(builtins, "GANLAB_CANARY"), name
        path.unlink()
    app.session.edit(Recipe(Latent(77)), "seed")  # and the model still draws
    qtbot.waitUntil(lambda: app.play.saver.frame.recipe.latent.seed == 77, timeout=PATIENCE)  # type: ignore[union-attr]
    assert app.play.saver.frame is not None
    assert app.play.saver.frame.fingerprint == before.fingerprint  # type: ignore[union-attr]


def test_a_file_that_claims_to_be_huge_costs_no_more_memory_than_it_weighs(tmp_path: Path) -> None:
    model = saved("stylegan", tmp_path / "models")
    claims = [name for name in HOSTILE if any(word in name for word in CLAIMING)]
    assert len(claims) >= 10
    for name in claims:
        (tmp_path / name).write_bytes(HOSTILE[name])
    environment = {**os.environ, "GANLAB_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(model.info.path), *(str(tmp_path / n) for n in claims)],
        cwd=ROOT, env=environment, capture_output=True, check=True, text=True, timeout=110,
    )  # fmt: skip
    told = json.loads(done.stdout.splitlines()[-1])
    assert len(told["grown"]) == len(claims)
    for name, grown in zip(claims, told["grown"], strict=True):
        assert grown <= 4 * len(HOSTILE[name]) + SLACK, (name, grown)


CLAIMING = ("claim", "huge", "wide", "lying", "count", "beyond", "memo", "bomb")
SLACK = 8 * 2**20
"""Bytes: Python takes memory from the system in pieces of this order."""

PROGRAM = """
import json, resource, sys, tempfile
from pathlib import Path
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication
from ganlab.app import App, Start
from ganlab.settings import Settings

qt = QApplication([])
app = App(Start(model=sys.argv[1]), Settings(Path(tempfile.mkdtemp())))
notices, grown = [], []
app.messages.noticed.connect(notices.append)
app.messages.crashed.connect(lambda report: sys.exit(report))
app.show()

def wait(done):
    loop = QEventLoop()
    timer = QTimer(interval=5)
    timer.timeout.connect(lambda: done() and loop.quit())
    timer.start()
    loop.exec()

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

def open_(name):
    notices.clear()
    app.opener.open(Path(name))
    wait(lambda: notices)

wait(lambda: app.play.saver.frame is not None and not app.worker.findChildren(QTimer))
open_(sys.argv[2])  # what the readers import
for name in sys.argv[2:]:
    before = most()
    open_(name)
    grown.append(most() - before)
print(json.dumps({"grown": grown}))
app.stop()
"""
