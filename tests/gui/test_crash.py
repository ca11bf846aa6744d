"""The desk after the program was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ganlab.settings import Settings
from ganlab_core.recipe import Recipe

ROOT = Path(__file__).parents[2]

PROGRAM = '''
import itertools
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from ganlab.app import App, Start
from ganlab.settings import Settings
from ganlab_core.recipe import Latent, Recipe
from tests.gui.conftest import GatedEngine

qt = QApplication([])
settings = Settings()
app = App(Start("first"), settings, GatedEngine())
app.show()
app.session.edit(Recipe(latent=Latent(1), psi=0.1), "before")
wander = QTimer(interval=16)
seeds = itertools.count(100)
wander.timeout.connect(lambda: app.session.drift(Recipe(latent=Latent(next(seeds)), psi=0.3)))
app.worker.loaded.connect(wander.start)

def look():
    """The walk never pauses, and is saved all the same."""
    if settings.recipe_file.exists() and "0.3" in settings.recipe_file.read_text():
        print("saved", flush=True)

timer = QTimer(interval=20)
timer.timeout.connect(look)
timer.start()
qt.exec()
'''


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL")
def test_a_killed_program_comes_back_with_its_desk(tmp_path: Path) -> None:
    home = tmp_path / "killed"
    environment = {
        **os.environ,
        "GANLAB_HOME": str(home),
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": str(ROOT),
    }
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.DEVNULL,
    ) as program:  # fmt: skip
        assert program.stdout is not None
        assert program.stdout.readline() == "saved\n"
        program.send_signal(signal.SIGKILL)
        program.wait(20)
    kept = Settings(home / "config").recipe_file
    recipe = Recipe.from_json(kept.read_text())
    assert recipe.latent.seed >= 100
    assert recipe.psi == 0.3
    assert [path.name for path in kept.parent.glob(".*")] == []
