"""Films and pictures written in the background by real processes with a real, tiny network."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.engine.torch_engine import TorchEngine
from ganlab.film.export_dialogs import (
    ExportFilmDialog,
    ExportPicturesDialog,
)
from ganlab.film.film_room import Exporter
from ganlab.settings import Settings
from ganlab_core.device import leave_a_core
from ganlab_core.export import FilmJob, FilmPlan, SheetJob
from ganlab_core.importers import open_model
from ganlab_core.models import ModelInfo, from_generator, save_model
from ganlab_core.networks import StyleGANConfig, StyleGANGenerator
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from tests.films import decoded

LONG = 60_000
"""Milliseconds; a process begins by loading torch."""


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A StyleGAN of 16 px with random weights."""
    shape = StyleGANConfig(
        resolution=16, fmap_max=8, z_dim=8, w_dim=8, mapping_layers=2, mapping_fmaps=8
    )
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    info = ModelInfo(
        "tiny", "Tiny", "stylegan", 16, (), "", "", "", dataclasses.asdict(shape), {}, 4.0, path
    )
    save_model(from_generator(StyleGANGenerator(shape).eval(), info), path)
    return path


@pytest.fixture
def app(settings: Settings, qtbot: QtBot, model_file: Path, out: Path) -> Iterator[App]:
    """The program with a film of two seeds, 0.4 s long."""
    app = App(Start(str(model_file)), Settings(settings.folder), TorchEngine("cpu"))
    for kind in ("pictures", "videos"):
        app._settings.keep_saving_folder(kind, out)
    with qtbot.waitSignal(app.worker.rendered, timeout=30_000):
        app.show()
    for seed in (3, 8):
        app.session.edit(Recipe(latent=Latent(seed)), "seed")
        app.film.filming.add_keyframe()
    app.film.panel.settings.length_asked.emit(0.4)
    yield app
    app.leave()
    app.window.deleteLater()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where exports go."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def exporter(app: App) -> Exporter:
    return app.film.exporter


def export(app: App, path: Path) -> None:
    """Put the film that the window plays on the list."""
    assert app.session.info is not None
    model, line = str(app.session.info.path), app.film.filming.playable
    plan = FilmPlan(fps=Fraction(30))
    app.film.exporter.add(FilmJob(models=(model,), out=path, timeline=line, plan=plan))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_frame_on_the_canvas_is_the_films_own_and_so_is_the_exported_one(
    app: App, exporter: Exporter, qtbot: QtBot, model_file: Path, out: Path
) -> None:
    """Canvas, core and a lossless film agree on every pixel, and on what each of them has measured."""
    export(app, out / "film.mkv")
    assert app.film.filming.playable.unmeasured == (0, 1)
    qtbot.waitUntil(lambda: not app.film.filming.playable.unmeasured, timeout=LONG)
    line = app.film.filming.playable
    leave_a_core()
    renderer = Renderer(open_model(model_file), "cpu")
    expected = [renderer.render(line.frame_recipe(frame)).pixels for frame in range(12)]
    for frame in (0, 4, 7):
        app.film.filming.scrub(line.frame_time(frame))
        wanted = line.recipe_at(line.frame_time(frame))
        qtbot.waitUntil(lambda wanted=wanted: app.play.saver.frame.recipe == wanted)
        np.testing.assert_array_equal(app.play.saver.frame.pixels, expected[frame])
    qtbot.waitUntil(lambda: exporter.jobs.jobs[0].state == "done", timeout=LONG)
    np.testing.assert_array_equal(decoded(out / "film.mkv", 16, 16), np.stack(expected))
    assert names(out) == ["film.mkv"]
    app.film.filming.clear()
    app.opener.open(out / "film.mkv")
    qtbot.waitUntil(lambda: not app.film.filming.film.empty, timeout=20_000)
    assert app.film.filming.playable == line


def test_export_in_the_dialog_makes_a_playable_film(
    app: App, exporter: Exporter, qtbot: QtBot, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.window.actions_["export_film"].trigger()
    dialog = app.window.findChild(ExportFilmDialog)
    assert dialog is not None
    assert dialog.place.path == out / "tiny-seed0003-film.mp4"
    dialog.sides.set_value(32)
    dialog.sides.edited.emit(32)
    assert "12 frames, 0.4 s, 32 × 32 px" in dialog.summary.text()
    qtbot.mouseClick(dialog.do, Qt.MouseButton.LeftButton)
    job = exporter.jobs.jobs[0]
    assert exporter.panel.isVisible()
    qtbot.waitUntil(lambda: job.state == "done", timeout=LONG)
    assert len(decoded(out / "tiny-seed0003-film.mp4", 32, 32)) == 12
    row = exporter.panel.rows[job.number]
    assert row.folder.isVisibleTo(exporter.panel)
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url) or True)
    qtbot.mouseClick(row.open, Qt.MouseButton.LeftButton)
    assert [Path(url.toLocalFile()) for url in opened] == [job.export.target]
    job.export.target.unlink()
    qtbot.mouseClick(row.open, Qt.MouseButton.LeftButton)
    assert len(opened) == 1
    assert not row.cancel.isVisibleTo(exporter.panel)


@pytest.mark.long
def test_several_exports_wait_their_turn_and_failures_are_one_sentence(
    app: App, exporter: Exporter, qtbot: QtBot, model_file: Path, out: Path
) -> None:
    export(app, out / "gone" / "film.mkv")
    exporter.add(SheetJob(models=(str(model_file),), out=out / "sheet.png", seeds=(0, 1, 2, 3)))
    first, second = exporter.jobs.jobs
    assert (first.state, second.state) == ("running", "waiting")
    qtbot.waitUntil(lambda: first.state == "failed", timeout=LONG)
    assert first.error == f"The folder {out / 'gone'} does not exist. Choose another folder."
    assert exporter.panel.rows[first.number].detail.text() == first.error
    qtbot.waitUntil(lambda: second.state == "done", timeout=LONG)
    with Image.open(out / "sheet.png") as sheet:
        assert sheet.width == 16 * 2 + 4
    exporter.panel.forget_asked.emit(first.number)
    assert list(exporter.panel.rows) == [second.number]


def test_a_cancelled_film_leaves_nothing(
    app: App, exporter: Exporter, qtbot: QtBot, out: Path
) -> None:
    app.film.panel.settings.length_asked.emit(600.0)
    export(app, out / "film.mp4")
    job = exporter.jobs.jobs[0]
    qtbot.waitUntil(lambda: job.progress.done >= 3, timeout=LONG)
    assert names(out) != []
    exporter.panel.pause_asked.emit(job.number)
    assert exporter.panel.rows[job.number].pause.text() == "Go On"
    exporter.panel.cancel_asked.emit(job.number)
    qtbot.waitUntil(lambda: job.state == "cancelled", timeout=LONG)
    assert names(out) == []


def test_closing_asks_and_then_leaves_nothing(
    app: App, exporter: Exporter, qtbot: QtBot, out: Path
) -> None:
    app.film.panel.settings.length_asked.emit(600.0)
    export(app, out / "film.mp4")
    export(app, out / "other.mp4")
    job = exporter.jobs.jobs[0]
    qtbot.waitUntil(lambda: job.progress.done >= 1, timeout=LONG)
    assert not app.window.close()
    box = app.window.findChild(QMessageBox)
    assert box is not None
    assert "2 exports" in box.text()
    stay, leave = (
        next(b for b in box.findChildren(QPushButton) if b.text() == text)
        for text in ("Keep Working", "End and Close")
    )
    qtbot.mouseClick(stay, Qt.MouseButton.LeftButton)
    assert app.window.isVisible()
    assert job.state == "running"
    assert not app.window.close()
    box = app.window.findChildren(QMessageBox)[-1]
    leave = next(b for b in box.findChildren(QPushButton) if b.text() == "End and Close")
    qtbot.mouseClick(leave, Qt.MouseButton.LeftButton)
    assert not app.window.isVisible()
    assert [own.state for own in exporter.jobs.jobs] == ["cancelled", "cancelled"]
    assert names(out) == []


def test_pictures_are_exported_in_the_format_chosen(
    app: App, exporter: Exporter, qtbot: QtBot, out: Path
) -> None:
    app.window.actions_["export_pictures"].trigger()
    dialog = app.window.findChild(ExportPicturesDialog)
    assert dialog is not None
    dialog.format.set_value("webp")
    dialog.format.edited.emit("webp")
    assert dialog.place.path == out / "tiny-seed0008.webp"
    qtbot.mouseClick(dialog.do, Qt.MouseButton.LeftButton)
    wanted = app.session.recipe
    qtbot.waitUntil(lambda: exporter.jobs.jobs[0].state == "done", timeout=LONG)
    app.session.edit(replace(wanted, psi=0.1), "psi")
    app.opener.open(out / "tiny-seed0008.webp")
    qtbot.waitUntil(lambda: app.session.recipe == wanted)
