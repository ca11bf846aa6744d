"""Wrapping: whatever a network is wrapped in, and however its numbers lie, the same weights come out."""

from __future__ import annotations

import argparse
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.published import import_model
from tests.core.importers.conftest import Save
from tests.core.importers.test_torch_layouts import as_genforce, tiny
from tests.hostile import CANARY, Call

State = dict[str, Tensor]


def prefixed(state: State, prefix: str) -> State:
    return {prefix + name: tensor for name, tensor in state.items()}


def strided(state: State) -> State:
    """The same numbers in another order in memory."""
    turned = {}
    for name, tensor in state.items():
        if tensor.ndim == 4:
            turned[name] = tensor.contiguous(memory_format=torch.channels_last)
        elif tensor.ndim == 2:
            turned[name] = tensor.t().contiguous().t()
        else:
            turned[name] = torch.stack([tensor, tensor], dim=-1)[..., 0]
    return turned


class Averaged:
    """A wrapper for averaging of some project's own."""

    def __init__(self, state: State) -> None:
        self.decay, self.shadow = 0.999, state


class Net(nn.Module):
    """A network of some project's own, saved whole."""

    def __init__(self, state: State) -> None:
        super().__init__()
        for name, tensor in state.items():
            *places, last = name.split(".")
            module: nn.Module = self
            for place in places:
                if place not in module._modules:
                    module.add_module(place, nn.Module())
                module = module.get_submodule(place)
            module.register_buffer(last, tensor)


WRAPPERS: dict[str, Callable[[State], Any]] = {
    "bare": lambda state: state,
    "module": lambda state: prefixed(state, "module."),
    "compiled": lambda state: prefixed(state, "_orig_mod."),
    "both": lambda state: prefixed(state, "module._orig_mod."),
    "compiled parts": lambda s: {n.replace("is.", "is._orig_mod.", 1): t for n, t in s.items()},
    "state_dict": lambda state: {"epoch": 3, "state_dict": prefixed(state, "generator.")},
    "model_state_dict": lambda state: {"model_state_dict": state, "loss": [0.5, 0.25]},
    "netG": lambda state: {"netG": prefixed(state, "module."), "netD": {}},
    "G_ema": lambda state: {"G_ema": state, "G": {n: t * 2 for n, t in state.items()}},
    "g_ema last": lambda state: {"g": {n: t * 2 for n, t in state.items()}, "g_ema": state},
    "optimiser": lambda state: {
        "generator": state,
        "optim": {"state": {0: {"exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 0.1}]},
        "args": argparse.Namespace(size=64, path=Path("x"), device=torch.device("cpu")),
    },
    "an object's attribute": lambda state: {"ema": Averaged(state)},
    "a whole module": Net,
    "a list": lambda state: [{"generator": state}, 7],
    "strided": strided,
    "double": lambda state: {name: tensor.double() for name, tensor in state.items()},
    "parameters": lambda state: {name: nn.Parameter(tensor) for name, tensor in state.items()},
    "on one another": lambda state: {"generator": state, "again": {"generator": state}},
}


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_the_same_weights_come_out(save_torch: Save, wrapper: str, legacy: bool) -> None:
    generator = tiny()
    path = save_torch(WRAPPERS[wrapper](as_genforce(generator)), legacy=legacy)
    found = import_model(path).network.module.state_dict()
    for name, tensor in generator.state_dict().items():
        assert torch.equal(found[name], tensor), name


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_halves_come_out_as_what_they_are(save_torch: Save, kind: torch.dtype) -> None:
    generator = tiny()
    state = {name: tensor.to(kind) for name, tensor in as_genforce(generator).items()}
    found = import_model(save_torch(state)).network.module.state_dict()
    for name, tensor in generator.state_dict().items():
        assert torch.equal(found[name], tensor.to(kind).float()), name


@pytest.mark.parametrize("prefix", ["", "module.", "generator_smooth."])
def test_safetensors_of_others_are_read_alike(tmp_path: Path, prefix: str) -> None:
    generator, path = tiny(), tmp_path / "g.safetensors"
    save_file(
        {n: t.contiguous() for n, t in prefixed(as_genforce(generator), prefix).items()}, path
    )
    found = import_model(path).network.module.state_dict()
    for name, tensor in generator.state_dict().items():
        assert torch.equal(found[name], tensor), name


def test_a_plain_pickle_of_tensors_is_read_alike(tmp_path: Path) -> None:
    generator, path = tiny(), tmp_path / "g.pkl"
    path.write_bytes(pickle.dumps({"G": as_genforce(generator)}, 2))
    found = import_model(path).network.module.state_dict()
    assert torch.equal(found["w_avg"], generator.w_avg)


@pytest.mark.parametrize(
    "sneaky",
    [
        Call(exec, CANARY),
        Call(getattr, "x", "join"),
        Call(print, CANARY),
        Call(pickle.loads, b"N."),
        [exec],
        Call(torch.load, "x"),
        Call(torch.hub.load, "x", "y"),
    ],
)
def test_a_good_network_beside_code_stays_shut(save_torch: Save, sneaky: object) -> None:
    path = save_torch({"generator": as_genforce(tiny()), "more": sneaky})
    with pytest.raises(CheckpointError, match="wants to run"):
        import_model(path)


def test_settings_of_another_program_are_sensitivity_specificity(tmp_path: Path) -> None:
    for value in (
        {"psi": 0.7, "seeds": [1, 2]},
        (True, [0.5], "address"),
        {"x": np.zeros((1, 512))},
    ):
        (tmp_path / "latent.pkl").write_bytes(pickle.dumps(value))
        with pytest.raises(CheckpointError, match="settings, as in a preset of Autolume"):
            import_model(tmp_path / "latent.pkl")


def test_what_holds_no_generator_is_told_by_what_it_holds(save_torch: Save) -> None:
    with pytest.raises(CheckpointError, match=r"holds 1 tensors, such as 'a\.b' \(2 x 3\)"):
        import_model(save_torch({"a": {"b": torch.zeros(2, 3)}}))
    with pytest.raises(CheckpointError, match=r"of the class '\S+\.Averaged'"):
        import_model(save_torch(Averaged({"b": torch.zeros(2)})))
    with pytest.raises(CheckpointError, match="no weights by name"):
        import_model(save_torch({"best": 3}))
