"""Models come and go, and each takes its memory with it."""

from __future__ import annotations

import dataclasses
import gc
import json
import shutil
import threading
import weakref
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

from ganlab.app import App, Start
from ganlab.engine.threads import Garbage
from ganlab.engine.torch_engine import TorchEngine
from ganlab.play.strip import ChannelStrip
from ganlab.settings import Settings
from ganlab_core.files import write_bytes_atomically
from ganlab_core.models import ModelInfo, from_generator, save_model
from ganlab_core.networks import StyleGANConfig, StyleGANGenerator
from tests.gui.conftest import GatedEngine, take_apart

BUNDLED = sorted((Path(__file__).parents[2] / "resources" / "models").glob("*.safetensors"))
ALLOWED = 5 * 2**20
needs_statm = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="asks Linux for its memory"
)


def resident() -> int:
    """Bytes of memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def heavy(path: Path, resolution: int = 16) -> Path:
    """A model with 9 MB of weights, most of them in its mapping network."""
    shape = StyleGANConfig(resolution=resolution, fmap_base=64, fmap_max=8)
    config = dataclasses.asdict(shape)
    info = ModelInfo("", "", "stylegan", resolution, (), "", "", "", config, {}, 4.0, path)
    save_model(from_generator(StyleGANGenerator(shape).eval(), info), path)
    return path


def show(app: App, path: Path, qtbot: QtBot) -> None:
    """Put a model on the desk and wait for its picture."""
    app.worker.open_model(str(path))
    qtbot.waitUntil(
        lambda: (
            app.session.info is not None
            and app.session.info.path == path
            and app.play.saver.frame is not None
            and app.play.saver.frame.fingerprint == app.session.info.fingerprint
        )
    )


def switched(app: App, models: list[Path], count: int, qtbot: QtBot) -> int:
    """Bytes by which memory grew over so many switches."""
    before = resident()
    for turn in range(count):
        show(app, models[turn % len(models)], qtbot)
    return resident() - before


def reloaded(app: App, run: Path, models: list[Path], count: int, qtbot: QtBot) -> int:
    """Bytes by which memory grew while a run saved so many models."""
    before = resident()
    for turn in range(count):
        loads: list[object] = []
        app.worker.loaded.connect(loads.append)
        write_bytes_atomically(run / "model.safetensors", models[turn % len(models)].read_bytes())
        app.train.run.watcher.look()
        qtbot.waitUntil(lambda loads=loads: bool(loads))
        app.worker.loaded.disconnect(loads.append)
        shown = app.session.info.fingerprint
        qtbot.waitUntil(lambda shown=shown: app.play.saver.frame.fingerprint == shown)
    return resident() - before


def a_run(folder: Path, model: Path) -> Path:
    """The folder of a run that has begun and has a model."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"ganlab_train_config": 1, "images": 2000}))
    (folder / "events.jsonl").write_text('{"event": "Progress", "images": 500}\n')
    shutil.copy(model, folder / "model.safetensors")
    return folder


@pytest.fixture
def app(tmp_path: Path, qtbot: QtBot) -> Iterator[App]:
    """A program that waits for a model; a run is looked at when it is told to."""
    app = App(Start(), Settings(tmp_path / "config"), TorchEngine("cpu"))
    app.train.run.watcher._timer.setInterval(3_600_000)
    app.show()
    yield app
    app.window.close()
    app.window.deleteLater()


def outliving() -> Counter[str]:
    """How many there are of each kind of Python object whose widget, or other object of Qt's, has gone."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    known = [found for found in gc.get_objects() if issubclass(type(found), QObject)]
    return Counter(type(found).__name__ for found in known if not Shiboken.isValid(found))


def test_no_python_object_outlives_its_widget(app: App, tmp_path: Path, qtbot: QtBot) -> None:
    """Shiboken keeps some that it makes for Qt's own widgets, as long as the process lasts."""
    models = [heavy(tmp_path / f"{side}.safetensors", side) for side in (8, 16)]
    strips = weakref.WeakSet[ChannelStrip]()

    def switch(count: int) -> Counter[str]:
        for turn in range(count):
            show(app, models[turn % len(models)], qtbot)
            strips.update(app.play.desk.strips.values())
        shown = len(app.play.desk.strips)
        qtbot.waitUntil(lambda: sum(map(Shiboken.isValid, strips)) == shown)
        return outliving()

    before = switch(2)
    assert not switch(4) - before


@needs_statm
def test_a_model_that_was_put_away_takes_its_memory_with_it(
    app: App, tmp_path: Path, qtbot: QtBot
) -> None:
    models = [heavy(tmp_path / f"{name}.safetensors") for name in ("a", "b")]
    switched(app, models, 4, qtbot)
    assert switched(app, models, 6, qtbot) < ALLOWED
    app.opener.open(a_run(tmp_path / "run", models[0]))
    reloaded(app, tmp_path / "run", models, 3, qtbot)
    assert reloaded(app, tmp_path / "run", models, 5, qtbot) < ALLOWED


@needs_statm
@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_bundled_models_and_a_run_that_saves_models_leave_no_memory_behind(
    app: App, tmp_path: Path, qtbot: QtBot
) -> None:
    assert len(BUNDLED) >= 4
    switched(app, BUNDLED, 2 * len(BUNDLED), qtbot)
    rounds = -(-25 // len(BUNDLED))  # whole ones: the last model is the one it began with
    assert switched(app, BUNDLED, rounds * len(BUNDLED), qtbot) < ALLOWED
    app.opener.open(a_run(tmp_path / "run", BUNDLED[0]))
    # the heap takes some rounds to fit models of 1 to 17 MB; then 140 more were seen to add 0.5 MB
    reloaded(app, tmp_path / "run", BUNDLED, 4 * len(BUNDLED), qtbot)
    rounds = -(-50 // len(BUNDLED))
    assert reloaded(app, tmp_path / "run", BUNDLED, rounds * len(BUNDLED), qtbot) < ALLOWED


def test_a_program_that_was_taken_apart_is_forgotten(
    settings: Settings, engine: GatedEngine, qtbot: QtBot
) -> None:
    """Nothing outside it holds it: neither the application, nor a thread, nor a list of the program's."""
    app = App(Start("first"), settings, engine)
    with qtbot.waitSignal(app.worker.rendered):
        app.show()
    app.window.close()
    known = weakref.ref(app)
    take_apart(app)
    del app

    def is_forgotten() -> bool:
        gc.collect()
        return known() is None

    qtbot.waitUntil(is_forgotten)


def test_garbage_is_collected_on_the_windows_thread_alone(app: App, qtbot: QtBot) -> None:
    threads: list[threading.Thread] = []

    class Knot:
        """Garbage that tells where it is taken apart."""

        def __init__(self) -> None:
            self.itself = self
            weakref.finalize(self, lambda: threads.append(threading.current_thread()))

    def litter() -> None:
        for _ in range(20_000):
            Knot()

    garbage = Garbage()
    garbage.start()
    app.tasks.start(litter, lambda _: None)
    app.tasks.finish()
    assert not threads
    qtbot.waitUntil(lambda: len(threads) == 20_000)
    garbage.stop()
    assert set(threads) == {threading.main_thread()}


def test_python_collects_by_itself_again_after_the_window(qapp: QObject) -> None:
    gc.enable()
    garbage = Garbage()
    garbage.start()
    assert not gc.isenabled()
    garbage.stop()
    assert gc.isenabled()
