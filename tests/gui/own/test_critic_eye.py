"""What the discriminator says of the desk's picture, where it looks, and a person against it."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot
from torch import Tensor, nn

from ganlab.app import App
from ganlab.controls import to_pixels
from ganlab.engine import Moved
from ganlab.own.own_panels import CriticPanel, attention_wash
from ganlab.own.own_room import CriticEye
from ganlab_core.inspection import Critic, CriticReport, LineUp, NearestReals
from ganlab_core.recipe import Latent, Recipe


class CornerCritic(nn.Module):
    """Finds real what is bright in the upper left corner, and looks nowhere else."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.Identity()])

    def forward(self, pictures: Tensor, _labels: Tensor | None = None) -> Tensor:
        return self.blocks[0](pictures)[:, :, :4, :4].mean((1, 2, 3))


@pytest.fixture(autouse=True)
def _corner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every model's critic looks at the upper left corner alone; the ProGAN's file has none."""

    def read(info: object) -> Critic | None:
        found = getattr(info, "architecture", "")
        return Critic(copy.deepcopy(CornerCritic()), 4.0) if found == "stylegan" else None

    for module in ("ganlab_core.inspection.inspector", "ganlab_core.inspection"):
        monkeypatch.setattr(f"{module}.read_critic", read)


@pytest.fixture
def eye(app: App, qtbot: QtBot) -> CriticEye:
    """The panel is open and the critic has spoken."""
    found = app.own.critic_eye
    with qtbot.waitSignal(app.worker.seen):
        found.dock.show()
        found.dock.raise_()
    return found


def test_its_score_stands_among_fakes_and_its_eye_lies_over_the_corner(
    app: App, eye: CriticEye, qtbot: QtBot
) -> None:
    panel, canvas = eye.panel, app.window.canvas
    assert "% of 32 fresh fakes" in panel.score.text()
    assert panel.histogram.bars()[0].sum() == 32
    assert canvas.wash.isNull()
    panel.eye.click()
    wash = canvas.wash
    side = wash.width()
    alphas = np.array([[wash.pixelColor(x, y).alpha() for x in range(side)] for y in range(side)])
    corner = 4 * side // 16
    assert alphas[: corner * 3 // 4, : corner * 3 // 4].max() == 0  # the picture as it is
    assert alphas[corner * 3 // 2 :].min() > 200
    assert alphas[:, corner * 3 // 2 :].min() > 200
    told = panel.score.text()
    with qtbot.waitSignal(app.worker.seen):
        app.session.edit(Recipe(Latent(9)), "seed")
    assert panel.score.text() != told
    eye.dock.hide()
    assert canvas.wash.isNull()


PICTURES = {
    "light": (250, 248, 245),
    "dark": (8, 9, 14),
    "orange": (232, 140, 60),
    "grey": (62, 66, 74),
}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("side", [16, 64, 1024])
def test_where_it_looks_is_seen_on_any_picture(name: str, side: int) -> None:
    heat = np.random.default_rng(3).uniform(0.0, 0.02, (side, side)).astype(np.float32)
    part = slice(side // 4, side // 2)
    heat[part, part] += 0.2
    heat[side // 3, side // 3] = 1.0  # a grain alone does not hide the rest
    wash = attention_wash(heat)
    shown = QImage(wash.size(), QImage.Format.Format_RGB32)
    shown.fill(QColor(*PICTURES[name]))
    with QPainter(shown) as painter:
        painter.drawImage(0, 0, wash)
    pixels = to_pixels(shown)
    assert pixels is not None
    unit = len(pixels) / 16
    middle, border = round(6 * unit), round(4 * unit)
    clear, fog = pixels[middle, middle].astype(int), pixels[round(12 * unit), middle].astype(int)
    assert np.abs(clear - PICTURES[name]).max() <= 12
    row = pixels[middle, border - round(unit) : border + round(unit)].astype(int)
    contour = row[np.argmax(row.sum(1))]
    assert contour.min() > 180  # a light line, and a dark one beside it
    assert np.abs(contour - row[np.argmin(row.sum(1))]).max() > 80
    if name != "grey":  # which is as the fog is: there the line alone tells
        assert np.abs(clear - fog).max() > 40


def test_a_score_that_listens_nowhere_is_fog_all_over() -> None:
    wash = attention_wash(np.zeros((16, 16), np.float32))
    assert {wash.pixelColor(x, 100).alpha() for x in range(wash.width())} == {204}


def test_pleasing_it_is_one_step_up_the_score(app: App, eye: CriticEye, qtbot: QtBot) -> None:
    before, steps = app.session.recipe, app.session.history.count()
    moves: list[Moved] = []
    eye.mover.moved.connect(moves.append)
    with qtbot.waitSignal(eye.mover.ended):
        eye.panel.please.click()
    assert len(moves) == 40
    assert moves[-1].score > moves[0].score
    assert app.session.recipe == moves[-1].recipe
    assert (app.session.history.count(), app.session.history.undo_label) == (
        steps + 1, "please the critic",
    )  # fmt: skip
    app.session.undo()
    assert app.session.recipe == before


def test_undo_while_it_is_being_pleased_ends_that(app: App, eye: CriticEye, qtbot: QtBot) -> None:
    before = app.session.recipe
    with qtbot.waitSignal(eye.mover.moved):
        eye.panel.please.click()
    app.session.undo()
    assert (app.session.recipe, eye.mover.is_running) == (before, False)


def test_you_against_the_critic(app: App, eye: CriticEye, qtbot: QtBot, tmp_path: Path) -> None:
    panel = eye.panel
    assert not panel.row.isEnabled()
    assert not panel.tell.isVisible()
    for index in range(8):
        pixels = np.full((16, 16, 3), 40, np.uint8)
        pixels[:4, :4] = 240 + index
        (tmp_path / "real").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "real" / f"{index}.png")
    eye.use_folder(str(tmp_path / "real"))
    qtbot.waitUntil(panel.row.isEnabled)
    assert panel.reals.text() == "8 pictures of real"
    rows: list[LineUp] = []
    app.worker.seen.connect(
        lambda _topic, answer: rows.append(answer) if isinstance(answer, LineUp) else None
    )
    panel.row.click()
    qtbot.waitUntil(lambda: bool(rows))
    row = rows[0]
    assert (panel.row_grid.count(), int(row.real.sum())) == (8, 4)
    fakes = [int(index) for index in np.flatnonzero(~row.real)]
    for index in fakes[:2]:
        panel.row_grid.chosen.emit(index)
    assert panel.tell.isVisible()
    panel.row_grid.chosen.emit(int(row.real.argmax()))  # a real one called fake
    panel.tell.click()
    said = panel.row_said.text()
    assert said.startswith("You: sensitivity 50 % (fakes found), specificity 75 % (reals left).")
    assert "The critic: sensitivity" in said
    captions = [panel.row_grid.cell(index).caption for index in (fakes[0], fakes[-1])]
    assert captions == ["fake ✓", "fake ✗"]
    assert not panel.tell.isVisible()


def test_the_nearest_real_pictures_are_shown(
    app: App, eye: CriticEye, qtbot: QtBot, tmp_path: Path
) -> None:
    frame = app.play.saver.frame
    assert frame is not None
    (tmp_path / "real").mkdir()
    Image.fromarray(frame.pixels).save(tmp_path / "real" / "itself.png")
    noise = np.random.default_rng(1).integers(0, 255, (5, *frame.pixels.shape), np.uint8)
    for index, pixels in enumerate(noise):
        Image.fromarray(pixels).save(tmp_path / "real" / f"noise{index}.png")
    eye.use_folder(str(tmp_path / "real"))
    qtbot.waitUntil(eye.panel.nearest.isEnabled)
    found: list[NearestReals] = []
    app.worker.seen.connect(
        lambda _topic, answer: found.append(answer) if isinstance(answer, NearestReals) else None
    )
    eye.panel.nearest.click()
    qtbot.waitUntil(lambda: bool(found))
    assert (found[0].pictures[0] == frame.pixels).all()
    assert eye.panel.nearest_grid.cell(0).caption == "0.000"
    assert eye.panel.nearest_grid.count() == 4


def test_a_model_without_a_critic_says_so_once(
    app: App, eye: CriticEye, qtbot: QtBot, tmp_path: Path
) -> None:
    reports: list[CriticReport] = []
    with qtbot.waitSignal(app.session.model_changed):
        app.opener.open_model(str(tmp_path / "other.safetensors"))
    app.worker.seen.connect(lambda _topic, answer: reports.append(answer))
    with qtbot.waitSignal(app.worker.rendered):
        app.session.edit(Recipe(Latent(2)), "seed")
    qtbot.waitUntil(lambda: "no discriminator" in eye.panel.score.text())
    assert not eye.panel.please.isVisible()
    assert not eye.panel.histogram.isVisible()
    assert not app.window.banner.isVisible()
    assert reports == []
    assert not eye.panel._halves.isVisible()


def test_the_pictures_of_a_half_step_say_which_were_before(qtbot: QtBot) -> None:
    panel = CriticPanel()
    qtbot.addWidget(panel)
    panel.set_model("", runs=True)
    panel.show()
    assert not any(title.isVisible() for title in panel.titles)
    pictures = [np.zeros((8, 8, 3), np.uint8)] * 2
    panel.show_half("D of step 1: …", pictures, pictures)
    assert [title.text() for title in panel.titles] == ["Fakes before", "Fakes after"]
    for title, grid in zip(panel.titles, (panel.before, panel.after), strict=True):
        assert title.isVisible()
        assert title.geometry().bottom() <= grid.geometry().top()
    panel.show_half("", [], [])
    assert not any(title.isVisible() for title in panel.titles)
