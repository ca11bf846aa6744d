"""What was under way comes back: after closing, after an error, after a kill, beside another window."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QDockWidget, QMessageBox
from pytestqt.qtbot import QtBot

from ganlab.app import App, Start
from ganlab.session import History, Row
from ganlab.settings import Settings
from ganlab.window.window_dialogs import TextDialog
from ganlab.workspace import Journal, Workspace, _job_of
from ganlab_core.export import FilmJob, FilmPlan, PictureSize
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.timeline import Timeline

if TYPE_CHECKING:
    from tests.gui.conftest import GatedEngine

Open = Callable[..., App]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def open_app(engine: GatedEngine, settings: Settings, qtbot: QtBot) -> Iterator[Open]:
    """Open the program on the test's own settings; all windows are closed at the end."""
    apps: list[App] = []

    def open_(start: Start | None = None, folder: Path | None = None) -> App:
        app = App(start or Start(), Settings(folder or settings.folder), engine)
        apps.append(app)
        with qtbot.waitSignal(app.window.canvas.painted):
            app.show()
        return app

    yield open_
    engine.gate.set()
    for app in apps:
        app.leave()
        app.window.deleteLater()


@pytest.fixture
def app(open_app: Open, qtbot: QtBot, tmp_path: Path) -> App:
    """The program with a model on the desk."""
    (tmp_path / "first.safetensors").touch()
    app = open_app(Start(model=str(tmp_path / "first.safetensors")))
    qtbot.waitUntil(lambda: app.play.saver.frame is not None)
    return app


def seed(number: int) -> Recipe:
    return Recipe(latent=Latent(number))


def work(app: App) -> None:
    """Three steps with a branch, and a film of two keyframes whose second is selected."""
    session, filming = app.session, app.film.filming
    for number in (11, 12):
        session.edit(seed(number), f"seed {number}")
    filming.add_keyframe()
    session.undo()
    session.edit(seed(13), "seed 13")
    filming.add_keyframe()
    filming.select(1)


def tree(app: App) -> list[tuple[int, int | None, str, Recipe]]:
    """Every step: its number, its parent's, its label and its Recipe."""
    return [
        (step.number, None if step.parent is None else step.parent.number, step.label, step.recipe)
        for step in app.session.history.steps()
    ]


def dock_of(app: App, name: str) -> QDockWidget:
    dock = app.window.findChild(QDockWidget, f"{name}Dock")
    assert isinstance(dock, QDockWidget)
    return dock


def killed_copy(app: App, qtbot: QtBot, tmp_path: Path) -> Path:
    """The settings folder as a kill in this moment leaves it, once all that was done is written."""
    app.saver.save_now()
    app.saver._tasks._pool.waitForDone()
    copy = tmp_path / "killed"
    copy.mkdir()
    for path in app._settings.folder.rglob("*"):
        if path.is_file() and path.suffix != ".lock":
            target = copy / path.relative_to(app._settings.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return copy


# --- closing -----------------------------------------------------------------------------------------


def test_history_and_film_come_back_after_closing(app: App, open_app: Open) -> None:
    work(app)
    before, now = tree(app), app.session.history.now.number
    film = app.film.filming.film
    app.window.close()
    again = open_app()
    assert tree(again) == before
    assert again.session.history.now.number == now
    assert again.session.recipe == app.session.recipe
    assert again.film.filming.film == film
    assert again.film.panel.view.isEnabled()


def test_undo_and_redo_go_on_where_they_were(app: App, open_app: Open) -> None:
    work(app)
    app.window.actions_["undo"].trigger()
    app.window.close()
    again = open_app()
    actions, filming = again.window.actions_, again.film.filming
    twin = [app.film.filming.film.timeline, app.session.recipe]
    assert [filming.film.timeline, again.session.recipe] == twin
    while actions["undo"].isEnabled():
        actions["undo"].trigger()
    assert filming.film.empty
    assert again.session.history.now.parent is None
    while actions["redo"].isEnabled():
        actions["redo"].trigger()
    assert len(filming.film.timeline.keyframes) == 2
    assert again.session.recipe == seed(13)


def test_an_edit_after_the_start_still_edits_the_selected_keyframe(
    app: App, open_app: Open
) -> None:
    work(app)
    app.window.close()
    again = open_app()
    again.session.edit(seed(50), "seed")
    assert again.film.filming.film.timeline.keyframes[1].recipe == seed(50)
    again.window.actions_["undo"].trigger()
    assert again.film.filming.film.timeline.keyframes[1].recipe == seed(13)


def test_an_older_step_is_no_edit_of_the_selected_keyframe(app: App, open_app: Open) -> None:
    work(app)
    app.window.close()
    again = open_app()
    again.session.go_to(1)
    assert again.film.filming.film.timeline.keyframes[1].recipe == seed(13)
    assert again.film.filming.film.selected == -1


def test_panels_and_their_tabs_come_back(app: App, open_app: Open, qtbot: QtBot) -> None:
    for name in ("timeline", "inside", "favourites"):
        dock_of(app, name).show()
    app.inside.panel.tabs.setCurrentIndex(3)
    dock_of(app, "desk").hide()
    app.window.close()
    again = open_app()
    for name in ("timeline", "favourites"):
        assert not dock_of(again, name).isHidden()
    assert dock_of(again, "desk").isHidden()
    assert dock_of(again, "inside").isHidden()  # one at a time shares the place at the right
    assert again.inside.panel.tabs.currentIndex() == 3
    qtbot.waitUntil(lambda: not dock_of(again, "favourites").visibleRegion().isEmpty())


def test_a_recipe_of_the_command_line_is_a_step_after_those_of_the_last_time(
    app: App, open_app: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    work(app)
    app.window.close()
    (tmp_path / "r.json").write_text(seed(99).to_json())
    again = open_app(Start(recipe=tmp_path / "r.json"))
    qtbot.waitUntil(lambda: again.session.recipe == seed(99))
    assert again.film.filming.film.timeline.keyframes[1].recipe == seed(13)
    again.session.undo()
    assert again.session.recipe == seed(13)


def test_the_history_can_begin_anew(app: App, open_app: Open) -> None:
    work(app)
    app.window.actions_["forget_history"].trigger()
    box = app.window.findChild(QMessageBox)
    assert isinstance(box, QMessageBox)
    assert "3 steps" in box.text()
    next(button for button in box.buttons() if button.text() == "Forget").click()
    app.window.actions_["new_film"].trigger()
    app.window.close()
    again = open_app()
    assert again.session.history.count() == 0
    assert again.session.recipe == seed(13)
    assert again.film.filming.film.empty


# --- exports -----------------------------------------------------------------------------------------


def test_exports_come_back_and_unfinished_ones_can_be_made_again(
    app: App, open_app: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "a.mp4"
    export = FilmJob(models=("no such model",), out=target, timeline=Timeline())
    jobs = app.film.exporter.jobs
    jobs.add(export)
    jobs.add(FilmJob(models=("no such model",), out=target.with_name("b.mp4")))
    copy = killed_copy(app, qtbot, tmp_path)
    litter = target.with_name(".a.mp4.x1.part")
    litter.write_bytes(b"half a film")
    again = open_app(folder=copy)
    back = again.film.exporter.jobs.jobs
    assert [job.export for job in back] == [job.export for job in jobs.jobs]
    assert [job.state for job in back] == ["interrupted", "interrupted"]
    row = again.film.exporter.panel.rows[back[0].number]
    assert "Interrupted" in row.detail.text()
    assert not row.again.isHidden()
    qtbot.waitUntil(lambda: not litter.exists())
    row.again.click()
    newest = again.film.exporter.jobs.jobs[-1]
    qtbot.waitUntil(lambda: newest.state == "failed")
    assert newest.export == export


def test_exports_of_a_journal_from_before_job_files_come_back() -> None:
    line = Timeline(duration=2.5)
    words = ("video", "adventurer", "--timeline", "{files}/timeline.json", "--out", "a.mp4", "--codec",
             "h264", "--quality", "70", "--fps", "25", "--upscale", "nearest", "--size", "128")  # fmt: skip
    old = {"title": "Film a.mp4", "target": "a.mp4", "arguments": words, "keeps": "", "error": "",
           "files": [["timeline.json", line.to_json()]], "state": "running"}  # fmt: skip
    job = _job_of(3, json.dumps(old))
    assert job is not None
    assert (job.number, job.state) == (3, "interrupted")
    assert job.export == FilmJob(
        models=("adventurer",),
        out=Path("a.mp4"),
        timeline=line,
        codec="h264",
        quality=70,
        plan=FilmPlan(fps=Fraction(25)),
        size=PictureSize(side=128, method="nearest"),
    )
    for words in (["train", "--data", "x"], ["video", "--no-such-option"], [], "video"):
        assert _job_of(3, json.dumps({**old, "arguments": words})) is None


# --- kills and errors --------------------------------------------------------------------------------


def test_what_was_done_survives_without_closing(
    app: App, open_app: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    work(app)
    dock_of(app, "timeline").show()
    app.saver._on_layout_settled()
    again = open_app(folder=killed_copy(app, qtbot, tmp_path))
    assert tree(again) == tree(app)
    assert again.film.filming.film == app.film.filming.film
    assert not dock_of(again, "timeline").isHidden()
    assert again.saver.model == str(tmp_path / "first.safetensors")


def test_an_error_nobody_caught_leaves_everything_saved(
    app: App, open_app: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    work(app)
    app.messages.show_error(RuntimeError("boom"))
    app.saver._tasks._pool.waitForDone()
    report = app.window.findChild(TextDialog)
    assert isinstance(report, TextDialog)
    report.close()
    again = open_app(folder=killed_copy(app, qtbot, tmp_path))
    assert tree(again) == tree(app)


PROGRAM = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from ganlab.app import App, Start
from ganlab.window.window_dialogs import TextDialog
from ganlab.settings import Settings
from ganlab_core.recipe import Latent, Recipe
from tests.gui.conftest import GatedEngine

qt = QApplication([])
app = App(Start("first"), Settings(), GatedEngine())
app.show()
history, filming, timer = app.session.history, app.film.filming, QTimer(interval=5)

def step():
    app.session.edit(Recipe(latent=Latent(1000 + app.session.history.count())), "step")
    filming.add_keyframe()
    if app.session.history.count() == 30:
        timer.stop()
        QTimer.singleShot(200, shown)

def shown():
    app.saver._tasks._pool.waitForDone()  # writing began long ago; a busy disk may take its time
    print(len(filming.film.timeline.keyframes), flush=True)

timer.timeout.connect(step)
app.worker.loaded.connect(timer.start)
qt.exec()
"""


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL")
def test_a_killed_window_comes_back_with_every_step_and_keyframe(
    open_app: Open, tmp_path: Path
) -> None:
    home = tmp_path / "killed"
    environment = {
        **os.environ, "GANLAB_HOME": str(home), "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.DEVNULL,
    ) as program:  # fmt: skip
        assert program.stdout is not None
        assert program.stdout.readline() == "30\n"
        program.send_signal(signal.SIGKILL)
        program.wait(20)
    again = open_app(folder=home / "config")
    assert [step.recipe for step in again.session.history.steps()] == [
        Recipe(), *(seed(1000 + number) for number in range(30))
    ]  # fmt: skip
    line = again.film.filming.film.timeline
    assert [key.recipe for key in line.keyframes] == [seed(1000 + n) for n in range(30)]
    assert [path for path in home.rglob(".*") if path.is_file()] == []


# --- other windows -----------------------------------------------------------------------------------


def test_two_windows_keep_their_work_apart(app: App, open_app: Open, qtbot: QtBot) -> None:
    work(app)
    app.saver.save_now()
    app.saver._tasks._pool.waitForDone()
    second = open_app()
    assert tree(second) == tree(app)
    second.session.edit(seed(70), "second")
    app.session.edit(seed(60), "first")
    app.window.close()
    second.window.close()
    last = open_app()
    other = open_app()
    assert last.session.recipe == seed(70)
    assert other.session.recipe == seed(60)
    assert not [step for step in last.session.history.steps() if step.recipe == seed(60)]


def test_a_second_window_does_not_take_the_first_ones_exports(
    app: App, open_app: Open, tmp_path: Path
) -> None:
    app.film.exporter.jobs.add(FilmJob(models=("no such model",), out=tmp_path / "a.mp4"))
    app.saver._tasks._pool.waitForDone()
    assert open_app().film.exporter.jobs.jobs == []


# --- damage ------------------------------------------------------------------------------------------


def journal_file(app: App) -> Path:
    app.window.close()
    return max(app._settings.workspace.rglob("*.journal"), key=lambda path: path.name)


def test_a_damaged_line_costs_no_more_than_itself(app: App, open_app: Open, qtbot: QtBot) -> None:
    work(app)
    path = journal_file(app)
    lines = path.read_bytes().split(b"\n")
    at = max(index for index, line in enumerate(lines) if line[9:].startswith(b"step/2 "))
    lines[at] = lines[at].replace(b"seed", b"weed")
    path.write_bytes(b"\n".join(lines))
    again = open_app()
    assert again.session.recipe == seed(13)
    assert seed(12) not in [step.recipe for step in again.session.history.steps()]
    assert len(again.film.filming.film.timeline.keyframes) == 2
    assert path.name in again.window.banner.text
    again.saver._tasks._pool.waitForDone()
    assert path.with_name(f"{path.name}.damaged").read_bytes() == b"\n".join(lines)


def test_a_torn_last_line_is_passed_over_without_a_word(app: App, open_app: Open) -> None:
    work(app)
    path = journal_file(app)
    with path.open("ab") as file:
        file.write(b'01234567 desk {"now": 1, "tow')
    again = open_app()
    assert again.session.recipe == seed(13)
    assert again.window.banner.text == ""


@pytest.mark.parametrize("content", [b"", b"\xff\x00" * 5000 + b"{}\n[]\n\n"])
def test_a_foreign_file_is_put_aside_and_the_desk_is_still_there(
    app: App, open_app: Open, content: bytes
) -> None:
    work(app)
    path = journal_file(app)
    for old in path.parent.glob("*.journal"):
        old.write_bytes(content)
    again = open_app()
    assert again.session.recipe == seed(13)
    assert again.session.history.count() == 0


@pytest.mark.parametrize(
    "lines",
    [
        [
            ("step/1", '{"label": [1], "parent": "x", "stamp": "y"}\t{"ganlab_recipe": 99}'),
            ("step/2", "null"),
            ("step/999999999", '{"parent": 5}\t' + "[" * 3000),
            ("desk", '{"now": [], "towards": [[1], "x", [[], {}], [9, 9]]}'),
            ("film/1", '{"stamp": 1e400, "empty": 3}\t{"ganlab_timeline": 1}'),
            ("layout", '{"state": "AAAA", "geometry": 3, "inside": "x"}'),
        ],
        [
            ("playhead", '{"now": 1, "selected": 1000000, "place": -5.0}'),
            ("job/1", '{"arguments": ["rm", "-rf"], "target": "/"}'),
            ("job/2", '{"arguments": ["video"], "target": "x", "files": [["../x", ""]]}'),
            ("model", '{"path": [1]}'),
        ],
    ],
)
def test_lines_that_make_no_sense_do_no_harm(
    app: App, open_app: Open, qtbot: QtBot, lines: list[tuple[str, str]]
) -> None:
    work(app)
    app.window.close()
    workspace = Workspace(app._settings.workspace)
    assert workspace.journal is not None
    workspace.journal.write(lines)
    workspace.release()
    again = open_app()
    for step in again.session.history.steps():
        assert step.recipe in (Recipe(), seed(11), seed(12), seed(13))
    assert again.film.exporter.jobs.jobs == []
    qtbot.waitUntil(lambda: again.session.capabilities is not None)
    again.session.edit(seed(5), "goes on")
    again.film.filming.add_keyframe()
    assert seed(5) in [key.recipe for key in again.film.filming.film.timeline.keyframes]


# --- the journal -------------------------------------------------------------------------------------


def test_a_journal_stays_small_however_often_something_changes(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for number in range(300):
        journal.write([("same", "x" * 100_000), (f"own/{number % 7}", str(number))])
    journal.close()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 8 * 2**20
    texts = Journal(tmp_path).read()
    assert texts["same"] == "x" * 100_000
    assert texts["own/5"] == "299"
    assert len(texts) == 8


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9, 0.999])
def test_a_kill_while_a_new_file_is_begun_loses_nothing(tmp_path: Path, kept: float) -> None:
    journal = Journal(tmp_path)
    journal.write([("gone", "1"), ("a", "old"), ("b", "2")])
    journal.write([("gone", None), ("a", "new")])
    journal.close()
    before = Journal(tmp_path).read()
    again = Journal(tmp_path)
    again.read()
    again.write([])
    again.close()
    newest = max(tmp_path.glob("*.journal"))
    whole = newest.read_bytes()
    newest.write_bytes(whole[: int(kept * len(whole))])
    assert Journal(tmp_path).read() == before == {"a": "new", "b": "2"}


def test_after_a_failed_write_everything_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in the way" / "1"
    folder.parent.write_text("a file")
    journal = Journal(folder)
    with pytest.raises(OSError, match="in the way"):
        journal.write([("a", "1")])
    folder.parent.unlink()
    journal.write([("b", "2")])
    journal.close()
    assert Journal(folder).read() == {"a": "1", "b": "2"}


@pytest.mark.skipif(os.name != "posix", reason="there are no pipes with names")
def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "00000001.journal")
    journal = Journal(tmp_path)
    assert journal.read() == {}
    assert journal.damaged == ("00000001.journal",)


def test_steps_whose_parents_are_lost_hang_together() -> None:
    rows = [Row(3, 2, "a", "x"), Row(5, 3, "b", seed(5).to_json()), Row(9, 7, "c", "{}")]
    history = History.rebuilt(rows, 9, {3: 9})
    assert history is not None
    assert history.now.number == 9
    assert history.now.recipe == seed(5)
    assert history.undo()
    assert history.now.number == 5
    history.push(seed(1), "new")
    assert history.now.number == 10
    assert history.root.recipe == Recipe()
