"""The native model file: it gives back what was saved, and is refused when it is not whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from ganlab_core.errors import CheckpointError
from ganlab_core.files import canonical_json
from ganlab_core.models import Model, load_model, read_info, save_model

MakeModel = Callable[..., Model]


def rewrite(
    path: Path, change: Callable[[dict[str, Any], dict[str, torch.Tensor]], object]
) -> None:
    """Change the header and the tensors of a model file in place."""
    header = read_info(path).to_header()
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    change(header, tensors)
    save_file(tensors, path, {"ganlab": canonical_json(header)})


def test_a_model_comes_back_with_every_weight(model: Model, loaded: Model) -> None:
    before, after = (each.network.module.state_dict() for each in (model, loaded))
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert loaded.capabilities == model.capabilities
    assert not any(parameter.requires_grad for parameter in loaded.network.module.parameters())


def test_saving_twice_gives_the_same_bytes(tmp_path: Path, model: Model) -> None:
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    save_model(model, first)
    save_model(model, second)
    assert first.read_bytes() == second.read_bytes()


def test_readouts_are_saved_and_leave_the_fingerprint_alone(tmp_path: Path, model: Model) -> None:
    path = tmp_path / "model.safetensors"
    plain = save_model(model, path).fingerprint
    model.readouts[4] = (torch.ones(3, 16), torch.zeros(3))
    assert save_model(model, path).fingerprint == plain
    assert torch.equal(load_model(path).readouts[4][0], torch.ones(3, 16))


def test_the_fingerprint_depends_on_every_weight(tmp_path: Path, model: Model) -> None:
    path = tmp_path / "model.safetensors"
    found = {save_model(model, path).fingerprint}
    state = model.network.module.state_dict()
    for tensor in state.values():
        with torch.no_grad():
            tensor.view(-1)[-1] += 0.5
        found.add(save_model(model, path).fingerprint)
    assert len(found) == len(state) + 1


def test_a_failed_save_leaves_the_old_file(model_file: Path, model: Model) -> None:
    before = model_file.read_bytes()
    model.readouts[4] = (torch.ones(3, 16), torch.zeros(3).to("meta"))
    with pytest.raises(NotImplementedError):
        save_model(model, model_file)
    assert model_file.read_bytes() == before
    assert [path.name for path in model_file.parent.iterdir()] == [model_file.name]


@pytest.mark.parametrize("kept", [0.0, 0.05, 0.5, 0.999])
def test_a_cut_file_is_refused_in_a_sentence(model_file: Path, kept: float) -> None:
    data = model_file.read_bytes()
    model_file.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(CheckpointError, match=r"tiny\.safetensors is"):
        load_model(model_file)


BROKEN: dict[str, Callable[[dict[str, Any], dict[str, torch.Tensor]], object]] = {
    "a weight is missing": lambda header, tensors: tensors.pop("g.w_avg"),
    "a weight is too many": lambda header, tensors: tensors.update({"g.extra": torch.zeros(1)}),
    "a weight has another shape": lambda header, tensors: tensors.update(
        {"g.w_avg": torch.zeros(3)}
    ),
    "no config": lambda header, tensors: header.update(config={}),
    "an unknown setting": lambda header, tensors: header["config"].update(colour="red"),
    "a setting of the wrong type": lambda header, tensors: header["config"].update(w_dim="16"),
    "a list for a number": lambda header, tensors: header["config"].update(mapping_layers=[3]),
    "a fraction": lambda header, tensors: header["config"].update(mapping_fmaps=1.5),
    "a negative size": lambda header, tensors: header["config"].update(z_dim=-1),
    "an absurd size": lambda header, tensors: header["config"].update(fmap_max=10**9),
    "an absurd decay": lambda header, tensors: header["config"].update(fmap_decay=-1e308),
    "channels that vanish": lambda header, tensors: header["config"].update(fmap_decay=100.0),
    "another resolution": lambda header, tensors: header.update(resolution=32),
    "classes the network lacks": lambda header, tensors: header.update(classes=["cat", "dog"]),
    "half a read-out": lambda header, tensors: tensors.update(
        {"readout.4.weight": torch.zeros(3, 16)}
    ),
    "a read-out of another network": lambda header, tensors: tensors.update(
        {"readout.4.weight": torch.zeros(3, 7), "readout.4.bias": torch.zeros(3)}
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_contradicts_itself_is_refused(model_file: Path, what: str) -> None:
    rewrite(model_file, BROKEN[what])
    with pytest.raises(CheckpointError, match="damaged or incomplete"):
        load_model(model_file)


def test_a_read_out_of_an_unknown_place_is_passed_over(model_file: Path) -> None:
    rewrite(model_file, lambda _, tensors: tensors.update({"readout.x.weight": torch.zeros(1)}))
    assert load_model(model_file).readouts == {}


def test_another_architecture_is_told_by_name(model_file: Path) -> None:
    rewrite(model_file, lambda header, _: header.update(architecture="vqgan"))
    with pytest.raises(CheckpointError, match="vqgan"):
        load_model(model_file)


def test_half_precision_weights_are_read_as_fp32(model_file: Path) -> None:
    def halve(_: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
        tensors.update({name: tensor.half() for name, tensor in tensors.items()})

    rewrite(model_file, halve)
    dtypes = {t.dtype for t in load_model(model_file).network.module.state_dict().values()}
    assert dtypes == {torch.float32}


def test_a_conditional_model_keeps_its_classes(tmp_path: Path, make_model: MakeModel) -> None:
    path = tmp_path / "pets.safetensors"
    save_model(make_model(classes=("cat", "dog")), path)
    assert load_model(path).capabilities.classes == ("cat", "dog")


def test_a_model_kept_while_fading_says_how_far_it_is(
    tmp_path: Path, make_model: MakeModel
) -> None:
    path = tmp_path / "fading.safetensors"
    model = make_model(growth=3.4)
    save_model(dataclasses.replace(model), path)
    assert load_model(path).info.growth == 3.4
