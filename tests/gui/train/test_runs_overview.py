"""The overview of runs: what it lists, live, and what its buttons do to real runs."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QInputDialog, QMessageBox
from pytestqt.qtbot import QtBot

from ganlab.app import App
from ganlab.train.run_overview import RunsDialog, TrainLongerDialog, lines, suggested_end
from ganlab_core.files import runs_dir
from ganlab_core.training import RunFacts, TrainConfig, remember_run, train, with_settings
from ganlab_core.training.run_folder import pid_file
from ganlab_core.training.run_list import looks_like_a_run
from tests.gui.train.conftest import Open, state
from tests.hands import press

TINY: dict[str, object] = {
    "resolution": 8,
    "images": 64,
    "batch_size": 8,
    "fmap_base": 64,
    "fmap_max": 8,
    "z_dim": 8,
    "w_dim": 8,
    "mapping_layers": 2,
    "sheet_kimg": 0.032,
    "checkpoint_kimg": 0.032,
    "sheet_columns": 2,
    "sheet_rows": 2,
    "readout_samples": 0,
    "threads": 1,
    "device": "cpu",
}

posix = pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX, and its trash")

Put = Callable[[str], Path]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has ended; copy it before changing anything."""
    home = tmp_path_factory.mktemp("made")
    pictures = home / "squares"
    pictures.mkdir()
    random = np.random.default_rng(0)
    for index in range(16):
        Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8)).save(
            pictures / f"{index}.png"
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_HOME", str(home / "home"))
        list(train(with_settings(TrainConfig(), {**TINY, "data": str(pictures)}), home / "run"))
    return home / "run"


@pytest.fixture
def put(trained: Path, tmp_path: Path) -> Put:
    """Copy the run among the person's own under a name."""
    return lambda name: Path(shutil.copytree(trained, runs_dir() / name))


@pytest.fixture
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the system puts what is thrown away."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "system"))
    (tmp_path / "system").mkdir()
    return tmp_path / "system/Trash/files"


def stop_early(folder: Path) -> None:
    lines = (folder / "events.jsonl").read_text().splitlines(keepends=True)
    (folder / "events.jsonl").write_text("".join(lines[:-1]))


def show(app: App, qtbot: QtBot, count: int) -> RunsDialog:
    """Open the overview and wait until it lists so many runs."""
    app.train.overview.lister._timer.setInterval(50)
    app.window.actions_["runs"].trigger()
    dialog = app.train.overview.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.begin.isVisible() if not count else len(listed(dialog)) == count)
    return dialog


def listed(dialog: RunsDialog) -> dict[str, RunFacts]:
    return {card.facts.name: card.facts for card in dialog.list.cards}


def answer(app: App, word: str) -> None:
    """Press the button with this word in the question."""
    question = app.train.overview.question
    assert isinstance(question, QMessageBox)
    next(button for button in question.buttons() if button.text() == word).click()


def test_every_run_is_shown_with_its_samples(open_app: Open, put: Put, qtbot: QtBot) -> None:
    first, stopped = put("first"), put("stopped")
    stop_early(stopped)
    (put("broken") / "config.json").write_text("{")
    dialog = show(open_app(), qtbot, 3)
    cards = {card.facts.name: card for card in dialog.list.cards}
    assert {name: card.facts.state for name, card in cards.items()} == {
        "first": "ended",
        "stopped": "stopped",
        "broken": "unreadable",
    }
    assert cards["first"].face is not None
    assert cards["broken"].face is None
    assert lines(cards["first"].facts)[1:] == ("64 of 64 images", "StyleGAN  ·  8 px  ·  squares")
    dialog.list.choose(first)
    assert str(first) in dialog.about.text()


def test_each_state_offers_what_can_be_done_and_says_why_the_rest_cannot(
    open_app: Open, put: Put, qtbot: QtBot
) -> None:
    stop_early(put("stopped"))
    (put("broken") / "config.json").write_text("{")
    stop_early(put("alive"))
    put("ended")
    with pid_file(runs_dir() / "alive"):
        dialog = show(open_app(), qtbot, 4)
        buttons = (dialog.open_, dialog.go_on, dialog.longer, dialog.keep, dialog.remove)
        offered = {}
        for name in listed(dialog):
            dialog.list.choose(runs_dir() / name)
            offered[name] = "".join("X" if button.isEnabled() else "." for button in buttons)
            usable = [button.text() for button in buttons if button.isEnabled()]
            assert [action.text() for action in dialog.menu().actions()] == usable
            assert all(button.toolTip() for button in buttons)
    assert offered == {"stopped": "XX.XX", "broken": "....X", "alive": "X..X.", "ended": "X.XXX"}


def test_without_runs_it_says_how_to_begin_and_does(open_app: Open, qtbot: QtBot) -> None:
    app = open_app()
    dialog = show(app, qtbot, 0)
    assert "No runs yet" in dialog._empty.text()
    assert not dialog.remove.isVisible()
    press(qtbot, dialog.begin)
    assert not dialog.isVisible()
    qtbot.waitUntil(lambda: app.train.starter.dialog is not None)
    new = app.train.starter.dialog
    assert new is not None
    qtbot.waitUntil(new.isVisible)


def test_it_follows_what_happens_and_keeps_the_run_at_hand(
    open_app: Open, put: Put, qtbot: QtBot
) -> None:
    for index in range(30):
        put(f"run {index}")
    dialog = show(open_app(), qtbot, 30)
    chosen = runs_dir() / "run 17"
    dialog.list.choose(chosen)
    place = dialog.list.verticalScrollBar().value()
    assert place > 0
    resets = []
    dialog.list.model().modelReset.connect(lambda: resets.append(1))
    stop_early(chosen)
    qtbot.waitUntil(lambda: listed(dialog)["run 17"].state == "stopped")
    assert dialog.go_on.isEnabled()
    shutil.rmtree(runs_dir() / "run 3")
    qtbot.waitUntil(lambda: len(listed(dialog)) == 29)
    put("new")
    qtbot.waitUntil(lambda: "new" in listed(dialog))
    late = runs_dir() / "run 20/config.json"
    os.utime(late, (late.stat().st_atime, late.stat().st_mtime + 100))
    qtbot.waitUntil(lambda: next(iter(listed(dialog))) == "run 20")
    assert dialog.list.current is not None
    assert dialog.list.current.folder == chosen
    assert not resets
    shutil.rmtree(chosen)
    qtbot.waitUntil(lambda: "run 17" not in listed(dialog))
    assert dialog.list.current is not None


def test_nobody_looks_while_it_is_closed(open_app: Open, put: Put, qtbot: QtBot) -> None:
    put("one")
    app = open_app()
    dialog = show(app, qtbot, 1)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert not app.train.overview.lister.is_following


def test_runs_elsewhere_are_found_again(
    open_app: Open, trained: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    elsewhere = Path(shutil.copytree(trained, tmp_path / "far/away"))
    app = open_app()
    app.opener.open(elsewhere)
    qtbot.waitUntil(lambda: app.train.run.watcher.folder == elsewhere)
    app.window.close()
    dialog = show(open_app(), qtbot, 1)
    assert listed(dialog)["away"].folder == elsewhere


def test_enter_opens_a_run(open_app: Open, put: Put, qtbot: QtBot) -> None:
    folder = put("mine")
    app = open_app()
    dialog = show(app, qtbot, 1)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Return)
    assert not dialog.isVisible()
    qtbot.waitUntil(lambda: app.train.run.watcher.folder == folder)
    qtbot.waitUntil(lambda: state(app) == "ended")
    header = app.train.view.header
    assert header.pause.text() == "Train longer…"
    assert header.pause.isEnabled()


def test_a_screen_reader_hears_all_of_a_run(open_app: Open, put: Put, qtbot: QtBot) -> None:
    put("mine")
    dialog = show(open_app(), qtbot, 1)
    index = dialog.list.model().index(0, 0)
    said = dialog.list.model().data(index, Qt.ItemDataRole.AccessibleTextRole)
    assert "mine" in said
    assert "Ended" in said
    assert "64 of 64 images" in said
    for control in (dialog.list, dialog.open_, dialog.remove, dialog.begin, dialog.new):
        interface = QAccessible.queryAccessibleInterface(control)
        assert interface is not None
        assert interface.text(QAccessible.Text.Name)


@posix
def test_a_name_is_shown_as_it_is_and_not_as_markup(open_app: Open, put: Put, qtbot: QtBot) -> None:
    put('<img src="x" width=900>\x1b\n')
    app = open_app()
    dialog = show(app, qtbot, 1)
    assert dialog.about.textFormat() == Qt.TextFormat.PlainText
    assert "\x1b" not in dialog.about.text()
    press(qtbot, dialog.remove)
    assert app.train.overview.question is not None
    assert app.train.overview.question.textFormat() == Qt.TextFormat.PlainText
    assert "\x1b" not in app.train.overview.question.text()
    answer(app, "Keep It")


# --- training on -------------------------------------------------------------------------------------


def test_an_ended_run_is_trained_longer(open_app: Open, put: Put, qtbot: QtBot) -> None:
    folder = put("mine")
    app = open_app()
    dialog = show(app, qtbot, 1)
    press(qtbot, dialog.longer)
    (asked,) = dialog.findChildren(TrainLongerDialog)
    assert asked.end.value() == 96
    asked.end.setValue(72)
    press(qtbot, asked.do)
    assert not dialog.isVisible()
    qtbot.waitUntil(lambda: "72" in app.train.view.header.where.text())
    qtbot.waitUntil(lambda: state(app) == "ended" and app.train.run.watcher.status.images == 72)
    assert json.loads((folder / "config.json").read_text())["images"] == 72


@pytest.mark.long
def test_a_run_that_stopped_goes_on_to_its_end(open_app: Open, put: Put, qtbot: QtBot) -> None:
    folder = put("mine")
    stop_early(folder)
    (folder / "checkpoints/000000064.safetensors").unlink()
    app = open_app()
    dialog = show(app, qtbot, 1)
    press(qtbot, dialog.go_on)
    qtbot.waitUntil(lambda: state(app) == "ended")
    assert (folder / "checkpoints/000000064.safetensors").exists()


def test_a_run_that_is_trained_elsewhere_says_by_whom(
    open_app: Open, put: Put, qtbot: QtBot
) -> None:
    folder = put("mine")
    stop_early(folder)
    app = open_app()
    with pid_file(folder):
        app.train.go_on(folder)
        qtbot.waitUntil(lambda: "already" in app.window.banner.text)
        assert f"Process {os.getpid()}" in app.window.banner.text
        assert not (folder / "training.log").exists()


def test_a_run_that_went_meanwhile_is_not_made_anew(open_app: Open, put: Put, qtbot: QtBot) -> None:
    folder = put("mine")
    app = open_app()
    dialog = show(app, qtbot, 1)
    press(qtbot, dialog.longer)
    shutil.rmtree(folder)
    (asked,) = dialog.findChildren(TrainLongerDialog)
    press(qtbot, asked.do)
    qtbot.waitUntil(lambda: "mine" in app.window.banner.text)
    app.tasks.finish()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("images", "end"), [(1, 2), (64, 96), (1234567, 1_900_000), (10**9, 10**9), (0, 1)]
)
def test_the_suggested_end_is_half_as_long_again_and_round(images: int, end: int) -> None:
    assert suggested_end(images) == end


def test_the_new_end_is_typed_with_or_without_gaps(qtbot: QtBot) -> None:
    dialog = TrainLongerDialog("mine", 160_000)
    qtbot.addWidget(dialog)
    told: list[int] = []
    dialog.chosen.connect(told.append)
    assert dialog.end.text() == "240\xa0000 images"
    dialog.end.lineEdit().setText("")
    qtbot.keyClicks(dialog.end, "300 000")
    dialog.end.interpretText()
    assert dialog.end.value() == 300_000
    assert "140\xa0000 more" in dialog.more.text()
    for nonsense in ("12", "x", "-1", "99999999999999"):
        dialog.end.lineEdit().setText(nonsense)
        dialog.end.interpretText()
        assert 160_000 < dialog.end.value() <= 10**9
    press(qtbot, dialog.do)
    assert len(told) == 1


# --- keeping, removing -------------------------------------------------------------------------------


def test_its_model_is_kept_under_a_name(open_app: Open, put: Put, qtbot: QtBot) -> None:
    put("mine")
    app = open_app()
    dialog = show(app, qtbot, 1)
    press(qtbot, dialog.keep)
    (asked,) = app.window.findChildren(QInputDialog)
    assert asked.textValue() == "mine"
    asked.accept()
    qtbot.waitUntil(lambda: any(info.name == "mine" for info in app.opener.library))
    assert "Kept" in dialog.words.text()


@posix
def test_a_removed_run_lies_in_the_trash(
    open_app: Open, put: Put, trash: Path, qtbot: QtBot
) -> None:
    folder, other = put("mine"), put("other")
    app = open_app()
    app.opener.open(folder)
    qtbot.waitUntil(lambda: app.train.run.watcher.folder == folder)
    dialog = show(app, qtbot, 2)
    dialog.list.choose(folder)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Delete)
    answer(app, "Keep It")
    assert folder.exists()
    press(qtbot, dialog.remove)
    answer(app, "Remove")
    qtbot.waitUntil(lambda: set(listed(dialog)) == {"other"})
    assert not folder.exists()
    assert (trash / "mine/model.safetensors").exists()
    assert app.train.run.watcher.folder is None
    assert other.exists()


@posix
def test_without_a_trash_it_asks_again_and_deletes(
    open_app: Open, put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "nowhere"))
    folder = put("mine")
    app = open_app()
    dialog = show(app, qtbot, 1)
    press(qtbot, dialog.remove)
    first = app.train.overview.question
    answer(app, "Remove")
    qtbot.waitUntil(lambda: app.train.overview.question is not first)
    assert folder.exists()
    answer(app, "Delete for Good")
    qtbot.waitUntil(lambda: dialog.begin.isVisible())
    qtbot.waitUntil(lambda: list(runs_dir().iterdir()) == [])


@posix
def test_a_run_that_begins_to_train_while_one_is_asked_stays(
    open_app: Open, put: Put, trash: Path, qtbot: QtBot
) -> None:
    folder = put("mine")
    app = open_app()
    dialog = show(app, qtbot, 1)
    press(qtbot, dialog.remove)
    with pid_file(folder):
        answer(app, "Remove")
        qtbot.waitUntil(lambda: "is training" in dialog.words.text())
    assert (folder / "model.safetensors").exists()
    assert not trash.exists()


def test_a_run_that_goes_while_it_is_at_hand_is_told(
    open_app: Open, put: Put, qtbot: QtBot
) -> None:
    folder = put("mine")
    app = open_app()
    dialog = show(app, qtbot, 1)
    press(qtbot, dialog.remove)
    shutil.rmtree(folder)
    answer(app, "Remove")
    qtbot.waitUntil(lambda: dialog.begin.isVisible())
    qtbot.waitUntil(lambda: "not the folder of a training run" in dialog.words.text())


def test_a_place_that_does_not_answer_keeps_nobody_from_the_others(
    open_app: Open, put: Put, trained: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    put("near")
    remember_run(trained)
    asked, answers = threading.Event(), threading.Event()

    def stuck(folder: Path) -> bool:
        if folder == trained:  # as on a share whose server is gone
            asked.set()
            answers.wait(60)
        return looks_like_a_run(folder)

    monkeypatch.setattr("ganlab_core.training.run_list.looks_like_a_run", stuck)
    app = open_app()
    try:
        dialog = show(app, qtbot, 1)
        assert asked.is_set()
        assert set(listed(dialog)) == {"near"}
    finally:
        answers.set()
    qtbot.waitUntil(lambda: set(listed(dialog)) == {"near", "run"})
