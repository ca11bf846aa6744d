"""Resuming a run: what does not fit is refused before a byte of the run has changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from ganlab_core.cli import main
from ganlab_core.errors import GanlabError, TrainingError
from ganlab_core.models import load_model
from ganlab_core.training import (
    Changes,
    CheckpointSaved,
    Event,
    RunFolder,
    SheetSaved,
    TrainConfig,
    Warned,
    adapters,
    open_run,
    train,
    with_settings,
)
from ganlab_core.training.distributed import DistributedContext
from ganlab_core.training.resume import resume_run
from ganlab_core.training.state import TrainState
from tests.core.training.conftest import TINY, Trained, hashes

SIZES = {"floor": 3, "monster": 4, "wall": 5, "weapon": 6}
Header = dict[str, object]


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    """Four class folders, each with another number of pictures."""
    for shade, (name, count) in enumerate(SIZES.items()):
        (tmp_path / "data" / name).mkdir(parents=True)
        for index in range(count):
            pixels = np.full((8, 8, 3), 60 * shade + index, np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / name / f"{index}.png")
    return tmp_path / "data"


@pytest.fixture
def stopped(classes: Path, tmp_path: Path) -> Path:
    """A run of theirs that was stopped on its way."""
    settings = {**TINY, "resolution": 8, "images": 96, "data": str(classes)}
    stop(with_settings(TrainConfig(), settings), tmp_path / "run", images=40)
    return tmp_path / "run"


@pytest.fixture
def whole(tiny: TrainConfig, trained: Trained, tmp_path: Path) -> Path:
    """A copy of a run of 160 images that has ended."""
    shutil.copytree(trained(tiny), tmp_path / "whole")
    return tmp_path / "whole"


def stop(config: TrainConfig, folder: Path, images: int) -> None:
    run = train(config, folder)
    next(event for event in run if event.images >= images)
    run.close()


def resume(folder: Path, **changes: object) -> list[Event]:
    return list(train(TrainConfig(), folder, resume=True, changes=Changes(**changes)))  # type: ignore[arg-type]


def refused(folder: Path, error: type[GanlabError] = TrainingError) -> GanlabError:
    """The refusal to go on with a run that it leaves as it was, to the byte."""
    before = hashes(folder)
    with pytest.raises(error) as caught:
        resume(folder)
    assert hashes(folder) == before
    assert caught.value.remedy
    return caught.value


def edit_config(folder: Path, **fields: object) -> None:
    """Set fields of a config by hand; one that is None is taken out."""
    path = folder / "config.json"
    data = {**json.loads(path.read_text()), **fields}
    path.write_text(json.dumps({name: value for name, value in data.items() if value is not None}))


def edit_checkpoint(path: Path, change: Callable[[Header, dict[str, Tensor]], None]) -> None:
    with safe_open(path, framework="pt") as file:
        header = json.loads(file.metadata()["ganlab"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    change(header, tensors)
    save_file(tensors, path, {"ganlab": json.dumps(header)})


def forget_config(header: Header, _: dict[str, Tensor]) -> None:
    """Make the header that of a version that wrote neither config nor data into it."""
    for name in ("config", "data", "tensors", "checkpoint_images", "snapshot"):
        header.pop(name, None)


def checkpoints(folder: Path) -> list[Path]:
    return RunFolder(folder).checkpoints()


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def log(folder: Path) -> list[dict[str, object]]:
    """The event log but for what depends on the clock, and for where lives of the run began."""
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    clock = {"seconds", "watt_hours"}
    return [
        {key: value for key, value in line.items() if key not in clock}
        for line in lines
        if line["event"] not in ("Started", "Progress")
    ]


# --- the data set --------------------------------------------------------------------------------------


def remove_wall(data: Path) -> None:
    shutil.rmtree(data / "wall")


def empty_wall(data: Path) -> None:
    for path in (data / "wall").iterdir():
        path.unlink()


def spoil_wall(data: Path) -> None:
    for path in (data / "wall").iterdir():
        path.write_bytes(b"no picture")


def add_door(data: Path) -> None:
    shutil.copytree(data / "wall", data / "door")


def rename_wall(data: Path) -> None:
    (data / "wall").rename(data / "mauer")


def flatten(data: Path) -> None:
    for path in data.glob("*/*.png"):
        path.rename(data / f"{path.parent.name}{path.name}")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (remove_wall, "missing: wall"),
        (empty_wall, "missing: wall"),
        (spoil_wall, "missing: wall"),
        (add_door, "new: door"),
        (rename_wall, "missing: wall; new: mauer"),
        (flatten, "missing: floor, monster, wall, weapon"),
    ],
)
def test_other_classes_are_refused_with_the_choices_there_are(
    stopped: Path, classes: Path, change: Callable[[Path], None], words: str
) -> None:
    change(classes)
    error = refused(stopped)
    assert words in error.what
    assert "Put the folders back" in error.remedy
    assert f"ganlab train --from {stopped}" in error.remedy


def test_a_data_set_that_is_gone_is_refused(stopped: Path, classes: Path) -> None:
    classes.rename(classes.with_name("elsewhere"))
    refused(stopped, GanlabError)


def test_a_refused_run_goes_on_once_the_folder_is_back(stopped: Path, classes: Path) -> None:
    (classes / "wall").rename(classes.parent / "aside")
    refused(stopped)
    (classes.parent / "aside").rename(classes / "wall")
    assert resume(stopped)[-1].images == 96


def test_a_renamed_class_keeps_its_place_when_told(
    stopped: Path, classes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rename_wall(classes)
    assert main(["train", "--resume", str(stopped), "--rename-class", "wall=mauer"]) == 0
    names = ("floor", "monster", "mauer", "weapon")
    assert load_model(stopped / "model.safetensors").capabilities.classes == names
    taken = resume_run(
        RunFolder(stopped), DistributedContext(), Changes()
    )  # nothing need be said again
    assert taken.pictures.classes == names
    assert np.bincount(taken.pictures.labels).tolist() == list(SIZES.values())

    (classes / "floor").rename(classes / "wall")  # a name that is free again
    assert main(["train", "--resume", str(stopped), "--rename-class", "floor=wall"]) == 0
    taken = resume_run(RunFolder(stopped), DistributedContext(), Changes())
    assert taken.pictures.classes == ("wall", "monster", "mauer", "weapon")
    assert np.bincount(taken.pictures.labels).tolist() == list(SIZES.values())


def test_a_class_is_renamed_only_into_one_that_is_there(stopped: Path, classes: Path) -> None:
    rename_wall(classes)
    before = hashes(stopped)
    for renamed in ({"wall": "maur"}, {"door": "mauer"}, {"wall": "floor"}):
        with pytest.raises(TrainingError):
            resume(stopped, renamed=renamed)
    assert hashes(stopped) == before


def test_other_pictures_of_the_same_classes_are_told_and_taken(
    stopped: Path, classes: Path
) -> None:
    Image.new("RGB", (8, 8), "red").save(classes / "wall" / "0.png")
    told = [event.message for event in resume(stopped) if isinstance(event, Warned)]
    assert len(told) == 1
    assert "pictures have changed" in told[0]


@pytest.mark.parametrize("here", ["fp32", "bf16"])
def test_a_machine_without_fast_bfloat16_is_told_of_a_run_in_it(
    here: str, classes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {**TINY, "resolution": 8, "images": 48, "data": str(classes), "precision": "bf16"}
    stop(with_settings(TrainConfig(), settings), tmp_path / "run", images=40)
    monkeypatch.setattr(adapters, "fastest_precision", lambda device: here)
    told = [event.message for event in resume(tmp_path / "run") if isinstance(event, Warned)]
    assert [("bfloat16" in one, "precision=fp32" in one) for one in told] == (
        [(True, True)] if here == "fp32" else []
    )


# --- the config ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("old", [False, True], ids=["from-the-checkpoint", "from-the-model"])
def test_a_network_setting_that_is_missing_is_what_the_weights_say(
    tiny: TrainConfig, trained: Trained, tmp_path: Path, old: bool
) -> None:
    stop(tiny, tmp_path / "run", images=70)
    if old:
        for path in checkpoints(tmp_path / "run"):
            edit_checkpoint(path, forget_config)
    edit_config(tmp_path / "run", fmap_max=None, w_dim=None)
    told = [event.message for event in resume(tmp_path / "run") if isinstance(event, Warned)]
    assert any("lacked fmap_max, w_dim" in message for message in told)
    assert weights(tmp_path / "run") == weights(trained(tiny))


def test_a_network_that_nothing_tells_of_is_refused(whole: Path) -> None:
    for path in checkpoints(whole):
        edit_checkpoint(path, forget_config)
    edit_config(whole, fmap_max=None)
    (whole / "model.safetensors").unlink()
    shutil.rmtree(whole / "snapshots")
    assert "another network" in refused(whole).what


@pytest.mark.parametrize(
    "fields", [{"fmap_max": 16}, {"seed": 5}, {"resolution": 32}, {"architecture": "progan"}]
)
def test_a_config_of_another_run_is_refused(whole: Path, fields: dict[str, object]) -> None:
    edit_config(whole, **fields)
    error = refused(whole)
    assert next(iter(fields)) in error.what
    assert "Put config.json back" in error.remedy


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e400", "1" + "0" * 400, "[[1]]", '"a"'])
@pytest.mark.parametrize("name", ["learning_rate", "images", "later_field"])
def test_numbers_that_are_none_are_refused_in_a_sentence(
    whole: Path, name: str, value: str
) -> None:
    text = (whole / "config.json").read_text()
    data = json.loads(text) | {name: "HERE"}
    (whole / "config.json").write_text(json.dumps(data).replace('"HERE"', value))
    if name == "later_field" and value in ("[[1]]", '"a"'):
        assert RunFolder(whole).config().unknown_fields == ("later_field",)
    elif name != "later_field" or not value.startswith("1000"):
        refused(whole)


def test_a_field_of_a_newer_version_is_watched_kept_and_told(whole: Path) -> None:
    edit_config(whole, dreams={"deep": [1, 2.5]}, images=168)
    assert open_run(whole).status().images == 160
    config = TrainConfig.from_json((whole / "config.json").read_text())
    assert json.loads(config.to_json())["dreams"] == {"deep": [1, 2.5]}
    told = [event.message for event in resume(whole, images=176) if isinstance(event, Warned)]
    assert any("dreams" in message for message in told)
    assert json.loads((whole / "config.json").read_text())["dreams"] == {"deep": [1, 2.5]}


def test_a_setting_changed_by_hand_holds_and_is_told(whole: Path) -> None:
    edit_config(whole, learning_rate=0.0005, images=168)
    told = [event.message for event in resume(whole) if isinstance(event, Warned)]
    assert told == ["config.json has other settings than before: learning_rate."]


def test_a_run_without_its_config_is_no_place_for_another(whole: Path, tiny: TrainConfig) -> None:
    (whole / "config.json").unlink()
    assert "Put it back" in refused(whole).remedy
    before = hashes(whole)
    with pytest.raises(TrainingError, match="config.json is missing"):
        list(train(tiny, whole))
    assert hashes(whole).items() >= before.items() - {("alive.json", before["alive.json"])}


# --- checkpoints ---------------------------------------------------------------------------------------


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def without_a_moment(path: Path) -> None:
    edit_checkpoint(path, lambda _, tensors: forget(tensors, "adam_g.", ".step"))


def without_a_weight(path: Path) -> None:
    edit_checkpoint(path, lambda _, tensors: forget(tensors, "g.", "bias"))


def forget(tensors: dict[str, Tensor], begins: str, ends: str) -> None:
    del tensors[next(name for name in tensors if name.startswith(begins) and name.endswith(ends))]


def misshapen(path: Path) -> None:
    def change(_: Header, tensors: dict[str, Tensor]) -> None:
        name = next(name for name in tensors if name.endswith("exp_avg"))
        tensors[name] = tensors[name].flatten()[:1].clone()

    edit_checkpoint(path, change)


def negative(path: Path) -> None:
    edit_checkpoint(path, lambda header, _: header.update(images=-160))


def infinite(path: Path) -> None:
    edit_checkpoint(path, lambda _, tensors: tensors["ema.w_avg"].fill_(float("inf")))


DAMAGES = [cut, without_a_moment, without_a_weight, misshapen, negative, infinite]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_passed_over_for_an_older_one_and_told(
    whole: Path, tiny: TrainConfig, trained: Trained, damage: Callable[[Path], None]
) -> None:
    damage(checkpoints(whole)[-1])
    events = resume(whole)
    told = [event.message for event in events if isinstance(event, Warned)]
    assert len(told) == 1
    assert "000000160.safetensors" in told[0]
    assert "goes on from 128 images" in told[0]
    assert weights(whole) == weights(trained(tiny))
    assert log(whole)[-1] == log(trained(tiny))[-1]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_run_without_a_checkpoint_that_can_be_used_is_refused(
    whole: Path, damage: Callable[[Path], None]
) -> None:
    for path in checkpoints(whole):
        damage(path)
    error = refused(whole)
    assert "cannot go on from any of its checkpoints" in error.what
    assert f"ganlab train --from {whole / 'model.safetensors'}" in error.remedy


@pytest.mark.parametrize("problem", [PermissionError(13, "Permission denied"), OSError(5, "I/O")])
def test_a_checkpoint_that_cannot_be_read_now_is_not_taken_for_a_damaged_one(
    whole: Path, problem: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Path) -> object:
        raise problem

    monkeypatch.setattr("ganlab_core.training.state.open_tensors", fails)
    error = refused(whole)
    assert str(problem.strerror) in error.what
    assert "Nothing was changed" in error.remedy


def test_a_checkpoint_of_another_run_is_refused(
    whole: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    other = with_settings(tiny, {"seed": 7, "images": 176})
    list(train(other, tmp_path / "other"))
    shutil.copy(checkpoints(tmp_path / "other")[-1], whole / "checkpoints")
    assert "000000176.safetensors" in refused(whole).what


def test_checkpoints_that_are_gone_are_refused(whole: Path) -> None:
    shutil.rmtree(whole / "checkpoints")
    assert "checkpoints are gone" in refused(whole).what
    (whole / "events.jsonl").unlink()  # the models alone tell it as well
    assert "ganlab train --from" in refused(whole).remedy


def test_a_run_that_never_had_a_checkpoint_starts_over(
    tiny: TrainConfig, trained: Trained, whole: Path, tmp_path: Path
) -> None:
    config = with_settings(tiny, {"start_from": str(whole), "images": 48})
    list(train(config, tmp_path / "unbroken"))
    run = train(config, tmp_path / "broken")
    next(event for event in run if isinstance(event, SheetSaved))
    killed = tmp_path / "killed"
    shutil.copytree(tmp_path / "broken", killed)  # what a kill at this moment would leave
    run.close()
    assert not checkpoints(killed)
    resume(killed)
    assert weights(killed) == weights(tmp_path / "unbroken")
    assert log(killed) == log(tmp_path / "unbroken")


@pytest.mark.parametrize("lost", ["events.jsonl", "model.safetensors", "sheets", "alive.json"])
def test_what_is_not_needed_to_go_on_may_be_missing(
    tiny: TrainConfig, trained: Trained, tmp_path: Path, lost: str
) -> None:
    stop(tiny, tmp_path / "run", images=70)
    path = tmp_path / "run" / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    resume(tmp_path / "run")
    assert weights(tmp_path / "run") == weights(trained(tiny))


@pytest.mark.parametrize("log_text", [b"", b"{}\n", b'{"event": "Prog', b"\xff\xfe\n\n[[[[\n"])
def test_a_log_that_was_changed_is_cut_between_lines(
    tiny: TrainConfig, tmp_path: Path, log_text: bytes
) -> None:
    stop(tiny, tmp_path / "run", images=70)
    path = tmp_path / "run" / "events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]) + log_text)
    resume(tmp_path / "run")
    for line in path.read_bytes().splitlines():
        if line and line not in log_text:
            json.loads(line)


# --- younger and older weights -------------------------------------------------------------------------


def test_a_model_trained_further_stays_until_the_run_has_passed_it(
    whole: Path, tiny: TrainConfig, trained: Trained
) -> None:
    for path in checkpoints(whole)[-2:]:
        cut(path)
    further = weights(whole)
    run = train(TrainConfig(), whole, resume=True)
    first = next(event for event in run if isinstance(event, CheckpointSaved))
    assert first.images == 128
    assert weights(whole) == further
    run.close()
    assert weights(whole) == further
    resume(whole)
    assert weights(whole) == weights(trained(tiny))


def test_every_moment_a_kill_may_leave_ends_in_the_same_files_and_the_same_log(
    tiny: TrainConfig, trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, kept = TrainState.save, []

    def saved_and_killed(state: TrainState, path: Path) -> None:
        save(state, path)
        shutil.copytree(tmp_path / "run", tmp_path / f"killed-{state.images}")
        kept.append(tmp_path / f"killed-{state.images}")

    with monkeypatch.context() as patched:
        patched.setattr(TrainState, "save", saved_and_killed)
        list(train(tiny, tmp_path / "run"))
    assert [path.name for path in kept] == [f"killed-{at}" for at in (32, 64, 96, 128, 160)]
    whole = trained(tiny)
    assert sorted(path.name for path in (whole / "snapshots").iterdir()) == [
        "000000096.safetensors",
        "000000160.safetensors",
    ]
    for killed in kept[1:]:
        resume(killed)
        assert log(killed) == log(whole)
        for name in ("snapshots", "sheets"):
            assert hashes(killed / name) == hashes(whole / name)
        assert weights(killed) == weights(whole)


def test_a_run_closed_at_any_event_tells_the_same_as_one_that_was_not(
    tiny: TrainConfig, tmp_path: Path
) -> None:
    config = with_settings(tiny, {"images": 40, "sheet_kimg": 0.016, "checkpoint_kimg": 0.016})
    list(train(config, tmp_path / "whole"))
    lives = 0
    while not lives or log(tmp_path / "run")[-1]["event"] != "Ended":
        run = train(config, tmp_path / "run", resume=lives > 0)
        for _ in zip(run, range(2 + lives), strict=False):
            pass
        run.close()
        lives += 1
    assert lives > 3
    told = [line for line in log(tmp_path / "run") if line["event"] != "CheckpointSaved"]
    assert told == [line for line in log(tmp_path / "whole") if line["event"] != "CheckpointSaved"]
    assert weights(tmp_path / "run") == weights(tmp_path / "whole")


def test_a_new_run_begins_with_the_weights_of_one_that_is_refused(
    whole: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    for path in checkpoints(whole):
        cut(path)
    config = with_settings(tiny, {"start_from": str(whole), "images": 8})
    list(train(config, tmp_path / "next"))
    assert (tmp_path / "next" / "model.safetensors").is_file()
