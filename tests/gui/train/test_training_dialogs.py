"""The windows around a training: every setting reachable, bad input one sentence, nothing lost."""

from __future__ import annotations

import contextlib
import dataclasses
import io
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from ganlab.controls import ResettableLine
from ganlab.engine import launcher
from ganlab.train.new_training_dialog import (
    ELSEWHERE,
    NO_PICTURES,
    RESOLUTIONS,
    Draft,
    NewTrainingDialog,
    SettingsForm,
    SteerDialog,
    daunting_text,
    estimate_text,
)
from ganlab.train.train_room import ClosingDialog
from ganlab_core.data import Survey, SurveyedPicture
from ganlab_core.errors import DatasetError, TrainingError
from ganlab_core.files import bundled_models_dir
from ganlab_core.training import TrainConfig, preset, whole_work, with_settings
from ganlab_core.training.training_presets import PRESETS
from tests.gui.conftest import model_info


def survey(pictures: int = 100) -> Survey:
    copies = (("a.png", "b.png"), ("c.png", "b.png"))
    alike = (("d.png", "e.png"),)
    tiles = tuple(tile(name) for name in ("a.png", "b.png", "d.png", "f.png"))
    classes = (("cats", 60), ("dogs", 40))
    return Survey(pictures, classes, (), copies, alike, 60, 64, 80, 200, 3, 0, tiles)


def tile(name: str) -> SurveyedPicture:
    """Twice as wide as high, its left half red."""
    image = Image.new("RGB", (128, 64), "blue")
    image.paste((255, 0, 0), (0, 0, 64, 64))
    file = io.BytesIO()
    image.save(file, "PNG")
    return SurveyedPicture(name, file.getvalue())


@pytest.fixture
def dialog(qtbot: QtBot, tmp_path: Path) -> NewTrainingDialog:
    dialog = NewTrainingDialog(tmp_path / "runs")
    qtbot.addWidget(dialog)
    return dialog


def test_nothing_can_be_started_before_there_are_pictures(
    dialog: NewTrainingDialog, tmp_path: Path
) -> None:
    assert not dialog.start.isEnabled()
    assert dialog.start.toolTip() == NO_PICTURES
    dialog.choose(tmp_path / "cats")
    assert not dialog.start.isEnabled()
    dialog.show_survey(survey())
    assert dialog.start.isEnabled()
    assert dialog.folder.text() == "cats"
    assert "2 classes: cats (60), dogs (40)" in dialog.pictures.facts.text()
    dialog.show_failure(DatasetError("Gone.", "Choose others."))
    assert not dialog.start.isEnabled()


def test_a_started_run_carries_every_choice(
    dialog: NewTrainingDialog, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey())
    dialog.network.preset_button("evening").click()
    dialog._on_setting("batch_size", "4")
    dialog.network.preset_button("progan").click()
    with qtbot.waitSignal(dialog.start_wanted) as told:
        dialog.start.click()
    config, folder = told.args
    assert folder == tmp_path / "runs" / "cats"
    assert (config.architecture, config.batch_size, config.resolution) == ("progan", 4, 64)
    assert config.images == PRESETS["progan"]["evening"]["images"]


def test_few_pictures_are_augmented_until_a_person_says_otherwise(
    dialog: NewTrainingDialog, tmp_path: Path
) -> None:
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey(600))
    assert dialog.draft.config().augment == "ada"
    assert dialog.pictures.how.boxes["ada"].isChecked()
    dialog.choose(tmp_path / "dogs")
    dialog.show_survey(survey(60_000))
    assert dialog.draft.config().augment == "none"
    dialog.pictures.how.boxes["color"].click()
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey(600))
    assert dialog.draft.config().augment == "color"
    dialog.pictures.how.boxes["color"].click()
    assert dialog.draft.config().augment == "none"


def test_how_pictures_are_taken_is_chosen_beside_them(
    dialog: NewTrainingDialog, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey())
    how = dialog.pictures.how
    how.mirror.click()
    how.fit.textActivated.emit("pad")
    how.ground.textActivated.emit("black")
    dialog._on_setting("background", "#102030")
    assert how.ground.currentText() == "#102030"
    with qtbot.waitSignal(dialog.start_wanted) as told:
        dialog.start.click()
    config = told.args[0]
    assert (config.mirror, config.fit, config.background) == (True, "pad", "#102030")


def test_a_name_that_is_taken_is_told_in_a_sentence(
    dialog: NewTrainingDialog, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey())
    taken = tmp_path / "runs" / "cats" / "config.json"
    taken.parent.mkdir(parents=True)
    taken.touch()
    with qtbot.assertNotEmitted(dialog.start_wanted):
        dialog.start.click()
    assert "already a run called cats" in dialog.words.text()


def test_every_field_of_the_config_is_within_reach(qtbot: QtBot) -> None:
    form = SettingsForm()
    qtbot.addWidget(form)
    names = {item.name for item in dataclasses.fields(TrainConfig)}
    assert set(form.editors) | set(ELSEWHERE) == names
    assert all(editor.accessibleName() and editor.toolTip() for editor in form.editors.values())


def test_a_general_value_wins_over_the_presets_own_for_a_resolution() -> None:
    draft = Draft(Path("x"), "stylegan", "minutes", 64)
    config = draft.with_own("batch_size", "5").with_own("r1_gamma", "2").config()
    for side in (4, 8, 16, 32):
        assert (config.at("batch_size", side), config.at("r1_gamma", side)) == (5, 2)


def test_a_setting_that_cannot_be_is_told_and_the_text_stays(qtbot: QtBot) -> None:
    form = SettingsForm()
    qtbot.addWidget(form)
    form.show_config(TrainConfig())
    line = form.editors["learning_rate"]
    line.setText("much")  # type: ignore[union-attr]
    with qtbot.waitSignal(form.refused) as told, qtbot.assertNotEmitted(form.changed):
        line.editingFinished.emit()  # type: ignore[union-attr]
    assert "learning_rate" in told.args[0]
    assert line.text() == "much"
    rates = form.editors["learning_rate_at"]
    rates.setText("8=0.001, 16=0.002")  # type: ignore[union-attr]
    with qtbot.waitSignal(form.changed) as changed:
        rates.editingFinished.emit()  # type: ignore[union-attr]
    config = with_settings(TrainConfig(), dict([changed.args]))
    assert config.learning_rate_at == ((8, 0.001), (16, 0.002))


def test_a_setting_goes_back_to_what_the_choices_make_of_it(
    dialog: NewTrainingDialog, qtbot: QtBot
) -> None:
    line = dialog.settings.editors["batch_size"]
    assert isinstance(line, ResettableLine)
    planned = line.text()
    for wrong in ("7", "no number"):
        line.setText(wrong)
        line.editingFinished.emit()
        assert (dialog.draft.config().batch_size == 7) or dialog.words.text()
        line.selectAll()
        qtbot.keyClick(line, Qt.Key.Key_Delete)
        assert (line.text(), dialog.words.text()) == (planned, "")
    assert "batch_size" not in dict(dialog.draft.own)  # so another preset may still change it
    dialog.network.preset_button("paper").click()
    assert line.text() == f"{dialog.draft.config().batch_size}"


def test_augmentation_goes_back_to_what_so_many_pictures_want(
    dialog: NewTrainingDialog, tmp_path: Path
) -> None:
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey())
    line = dialog.settings.editors["augment"]
    assert isinstance(line, ResettableLine)
    wanted = line.text()
    line.setText("cutout")
    line.editingFinished.emit()
    assert dialog.draft.config().augment == "cutout" != wanted
    line.ask_default()
    assert dialog.draft.config().augment == line.text() == wanted


@pytest.mark.parametrize("architecture", sorted(PRESETS))
@pytest.mark.parametrize("name", sorted(PRESETS["stylegan"]))
def test_every_choice_makes_a_config_or_a_sentence(architecture: str, name: str) -> None:
    for resolution in (8, 64, 256):
        with contextlib.suppress(TrainingError):
            config = Draft(Path("x"), architecture, name, resolution).config()
            assert (config.architecture, config.resolution) == (architecture, resolution)
    assert Draft(Path("x"), architecture, name, 128).config().snapshot_kimg > 0


def test_choices_that_do_not_go_together_leave_a_sentence_and_the_choices(
    dialog: NewTrainingDialog, tmp_path: Path
) -> None:
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey())
    dialog._on_setting("initial_resolution", "64")
    dialog._on_draft(dataclasses.replace(dialog.draft, resolution=32))
    assert "initial_resolution" in dialog.words.text()
    assert dialog.draft.resolution == 32
    dialog._on_draft(dataclasses.replace(dialog.draft, resolution=128))
    assert not dialog.words.text()


def test_starting_from_a_model_begins_at_its_resolution(
    dialog: NewTrainingDialog, tmp_path: Path
) -> None:
    dialog._on_draft(dataclasses.replace(dialog.draft, resolution=64))
    info = model_info(tmp_path / "a.safetensors")
    dialog.start_from(info.path, info)
    config = dialog.draft.config()
    assert (config.initial_resolution, config.resolution) == (32, 64)
    assert config.start_from == str(tmp_path / "a.safetensors")


def test_smaller_pictures_than_the_start_models_are_no_dead_end(
    dialog: NewTrainingDialog, tmp_path: Path
) -> None:
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey())
    info = dataclasses.replace(model_info(tmp_path / "a.safetensors"), resolution=64)
    dialog.start_from(info.path, info)
    dialog.network._on_resolution(RESOLUTIONS.index(32))
    assert dialog.words.text() == ""
    assert dialog.start.isEnabled()
    config = dialog.draft.config()
    assert (config.initial_resolution, config.resolution) == (32, 32)


def test_a_start_model_of_another_kind_is_refused_before_the_start(
    dialog: NewTrainingDialog, tmp_path: Path
) -> None:
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey())
    info = model_info(tmp_path / "a.safetensors")
    dialog.start_from(info.path, info)
    dialog.network.preset_button("biggan").click()
    assert "A is a StyleGAN, and the run trains a BigGAN." in dialog.words.text()
    assert not dialog.start.isEnabled()
    dialog.network._on_nothing()
    assert dialog.words.text() == ""
    assert dialog.start.isEnabled()


def test_the_settings_shown_are_those_of_the_start_model(
    dialog: NewTrainingDialog, tmp_path: Path
) -> None:
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey())
    header = {"channels": 12, "z_dim": 64, "attention": [16], "hierarchical": True}
    info = dataclasses.replace(
        model_info(tmp_path / "a.safetensors"), architecture="biggan", config=header
    )
    dialog.start_from(info.path, info)
    config = dialog.draft.config()
    assert (config.channels, config.z_dim, config.attention) == (12, 64, 16)
    dialog._on_setting("channels", "16")
    assert "channels is 12 in A" in dialog.words.text()
    assert not dialog.start.isEnabled()


def test_a_biggan_is_offered_only_the_sizes_it_can_have(
    dialog: NewTrainingDialog, tmp_path: Path
) -> None:
    def offered() -> list[int]:
        sizes = dialog.network.resolution.model()
        assert isinstance(sizes, QStandardItemModel)
        return [side for row, side in enumerate(RESOLUTIONS) if sizes.item(row).isEnabled()]

    assert offered() == list(RESOLUTIONS)
    dialog.network.preset_button("biggan").click()
    assert offered() == [32, 64, 128, 256, 512]
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey())
    dialog.network._on_resolution(RESOLUTIONS.index(16))
    assert "32 to 512 px" in dialog.words.text()
    assert not dialog.start.isEnabled()


def test_a_conflict_is_settled_by_a_click(dialog: NewTrainingDialog, tmp_path: Path) -> None:
    def ways() -> list[QPushButton]:
        found = (dialog.ways.itemAt(n).widget() for n in range(dialog.ways.count()))
        return [one for one in found if isinstance(one, QPushButton)]

    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey())
    info = model_info(tmp_path / "a.safetensors")
    dialog.start_from(info.path, info)
    assert ways() == []
    dialog.network.preset_button("biggan").click()
    assert [way.text() for way in ways()] == ["Train a StyleGAN", "Start from random numbers"]
    ways()[0].click()
    assert dialog.start.isEnabled()
    assert dialog.draft.architecture == "stylegan"
    dialog.network.preset_button("biggan").click()
    ways()[1].click()
    assert dialog.start.isEnabled()
    dialog.network._on_resolution(RESOLUTIONS.index(16))
    assert [way.text() for way in ways()] == ["Pictures of 32 px"]
    ways()[0].click()
    assert (dialog.draft.resolution, dialog.words.text()) == (32, "")


def test_enter_never_starts_a_run(dialog: NewTrainingDialog, tmp_path: Path, qtbot: QtBot) -> None:
    dialog.show()
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey())
    buttons = dialog.findChildren(QPushButton)
    with qtbot.assertNotEmitted(dialog.start_wanted):
        for widget in (dialog, dialog.folder, dialog.start, dialog.network.resolution):
            widget.setFocus()
            qtbot.keyClick(widget, Qt.Key.Key_Return)
    assert not any(button.isDefault() or button.autoDefault() for button in buttons)
    assert dialog.isVisible()


def test_a_run_for_other_machines_asks_twice(
    dialog: NewTrainingDialog, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey())
    with qtbot.waitSignal(dialog.cost_wanted) as asked:
        dialog.network.preset_button("paper").click()
    assert asked.args[0].images == PRESETS["stylegan"]["paper"]["images"]
    dialog.show_daunting(daunting_text(4e8))
    assert "13 years" in dialog.network.daunting.text()
    with qtbot.assertNotEmitted(dialog.start_wanted):
        dialog.start.click()
    assert dialog.start.text() == "Start all the same"
    with qtbot.waitSignal(dialog.start_wanted):
        dialog.start.click()
    assert daunting_text(3600.0) == daunting_text(None) == ""


def test_a_click_leaves_a_picture_out_and_copies_go_together(
    dialog: NewTrainingDialog, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog.resize(760, 560)
    dialog.show()
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey())
    page = dialog.pictures
    assert (page.grid.count(), page.doubles.count()) == (2, 2)
    middle = page.grid.box(1).center().toPoint()
    qtbot.mouseClick(page.grid, Qt.MouseButton.LeftButton, pos=middle)
    assert dialog.draft.config().left_out == {"f.png"}
    assert page.grid.cell(1).caption == "left out"
    page.copies_out.click()
    assert dialog.draft.config().left_out == {"a.png", "c.png", "f.png"}
    page.alike_out.click()
    assert "4 left out" in page.out.text()
    page.take_in.click()
    assert dialog.draft.config().left_out == frozenset()
    assert page.grid.cell(1).caption == ""


def test_the_pictures_are_shown_as_the_chosen_fit_takes_them(
    dialog: NewTrainingDialog, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey())
    grid = dialog.pictures.grid

    def colours() -> list[str]:
        image = grid.cell(0).image
        if image is None:
            return []
        return [image.pixelColor(x, y).name() for x, y in ((8, 32), (32, 4), (56, 32))]

    qtbot.waitUntil(lambda: colours() == ["#ff0000", "#0000ff", "#0000ff"])
    dialog.pictures.how.fit.textActivated.emit("pad")
    qtbot.waitUntil(lambda: colours() == ["#ff0000", "#ffffff", "#0000ff"])


def test_whether_classes_are_learned_is_asked(dialog: NewTrainingDialog, tmp_path: Path) -> None:
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(dataclasses.replace(survey(), classes=()))
    assert dialog.pictures.how.classes.isHidden()
    dialog.show_survey(survey())
    box = dialog.pictures.how.classes
    assert (box.isHidden(), box.text(), box.isChecked()) == (False, "learn the 2 classes", True)
    box.click()
    assert not dialog.draft.config().conditional


def test_the_three_minutes_are_small_and_every_preset_says_how_much_it_shows(
    dialog: NewTrainingDialog, tmp_path: Path
) -> None:
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey())
    dialog.network.preset_button("three-minutes").click()
    assert dialog.draft.config().resolution == 32
    assert "12\N{NO-BREAK SPACE}000 pictures" in dialog.network._said["three-minutes"].text()
    assert dialog.network._said["stylegan2"].text().startswith("Draws best")
    assert dialog.network._said["stylegan"].text().startswith("Shows growing")


def test_steering_tells_only_what_was_changed(qtbot: QtBot) -> None:
    config = with_settings(TrainConfig(), {"augment": "color"})
    dialog = SteerDialog(config)
    qtbot.addWidget(dialog)
    dialog.lines["learning_rate"].setText("0.0005")
    dialog.boxes["cutout"].setChecked(True)
    with qtbot.waitSignal(dialog.chosen) as told:
        dialog._on_apply()
    assert told.args[0] == {"learning_rate": 0.0005, "augment": "color,cutout"}


def test_a_value_that_is_steered_goes_back_to_the_runs_own(qtbot: QtBot) -> None:
    dialog = SteerDialog(TrainConfig())
    qtbot.addWidget(dialog)
    line = dialog.lines["learning_rate"]
    before = line.text()
    line.setText("0.0005")
    qtbot.mouseDClick(line, Qt.MouseButton.LeftButton)
    assert line.text() == before
    with qtbot.assertNotEmitted(dialog.chosen):
        dialog._on_apply()


@pytest.mark.parametrize("text", ["fast", "-1", "7"])
def test_a_rate_that_cannot_be_is_told_in_the_dialog(qtbot: QtBot, text: str) -> None:
    dialog = SteerDialog(TrainConfig())
    qtbot.addWidget(dialog)
    dialog.lines["learning_rate"].setText(text)
    with qtbot.assertNotEmitted(dialog.chosen):
        dialog._on_apply()
    assert "rate" in dialog.words.text()


def test_closing_can_be_answered_for_good(qtbot: QtBot) -> None:
    dialog = ClosingDialog("cats")
    qtbot.addWidget(dialog)
    dialog.always.setChecked(True)
    with qtbot.waitSignal(dialog.chosen) as told:
        dialog.stop.click()
    assert told.args == ["stop", True]


def test_an_estimate_is_told_in_sentences() -> None:
    words = estimate_text(
        {"parameters_g": 1_234_567, "parameters_d": 2, "memory_bytes": 2**30, "device": "cpu",
         "seconds": 7300.0, "seconds_per_kimg": [[4, 1.0], [64, 30.0]]}
    )  # fmt: skip
    assert "1000 images at 64" in words
    assert "about 2\N{NO-BREAK SPACE}h on cpu" in words
    assert "1.0 GiB" in words


def test_only_a_large_run_on_a_processor_is_reckoned(monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[str] = []

    def rate(device: str) -> float | None:
        rates.append(device)
        return None if device == "cuda" else 1e11

    monkeypatch.setattr(launcher, "_processors_rate", rate)
    small = with_settings(TrainConfig(), {**preset("minutes"), "device": "cpu"})
    assert launcher.least_seconds(small) is None
    assert rates == []
    paper = with_settings(TrainConfig(), {**preset("paper"), "device": "cpu"})
    assert launcher.least_seconds(paper) == whole_work(paper) / 1e11
    assert launcher.least_seconds(dataclasses.replace(paper, device="cuda")) is None


def test_what_a_run_starts_from_is_opened_before_it_starts(tmp_path: Path) -> None:
    known = bundled_models_dir() / "adventurer.safetensors"
    found = launcher.start_facts(str(known))
    assert not isinstance(found, str)
    assert (found.architecture, found.resolution, found.path) == ("stylegan", 64, known)
    broken = tmp_path / "model.pkl"
    broken.write_bytes(b"nothing")
    assert isinstance(launcher.start_facts(str(broken)), str)
    assert isinstance(launcher.start_facts(str(tmp_path)), str)


def test_a_start_that_is_typed_is_looked_at_first(
    dialog: NewTrainingDialog, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog.choose(tmp_path / "cats")
    dialog.show_survey(survey())
    line = dialog.network.start
    line.setText("nothing.pkl")
    with qtbot.waitSignal(dialog.start_named) as named:
        line.editingFinished.emit()
    assert named.args == ["nothing.pkl"]
    dialog.look_at_start("nothing.pkl")
    assert not dialog.start.isEnabled()
    dialog.show_start("nothing.pkl", "There is no nothing.pkl.")
    assert (dialog.words.text(), line.text()) == ("There is no nothing.pkl.", "")
    assert dialog.start.isEnabled()
    info = dataclasses.replace(model_info(tmp_path / "big.pth"), architecture="biggan")
    dialog.look_at_start("big.pth")
    dialog.show_start("nothing.pkl", "late")
    dialog.show_start("big.pth", info)
    assert (dialog.draft.architecture, dialog.draft.started_with) == ("biggan", info)
    line.setText("")
    line.editingFinished.emit()
    assert dialog.draft.start_from == ""
