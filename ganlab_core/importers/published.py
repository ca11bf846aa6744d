"""Which layout a published checkpoint has, told by its content."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.ada_stylegan2 import ADAStyleGAN2
from ganlab_core.importers.ajbrock import AjbrockBigGAN
from ganlab_core.importers.building import Published
from ganlab_core.importers.genforce_progan import GenforceProGAN
from ganlab_core.importers.genforce_stylegan import GenforceStyleGAN
from ganlab_core.importers.hf_biggan import HFBigGAN
from ganlab_core.importers.pickled import PACKAGE, PersistentModule, read_persistent_pickle
from ganlab_core.importers.recognition import Container, recognise
from ganlab_core.importers.tf_network import TFNetwork, read_tf_pickle
from ganlab_core.importers.tf_progan import TFProGAN
from ganlab_core.importers.tf_stylegan import TFStyleGAN
from ganlab_core.importers.tf_stylegan2 import TFStyleGAN2
from ganlab_core.importers.torch_files import load_torch_file, tensors_of
from ganlab_core.importers.zoo_progan import ZooProGAN
from ganlab_core.importers.zoo_stylegan import ZooStyleGAN
from ganlab_core.models import Model, load_model

_FOREIGN = (
    ("generator.progression", "a StyleGAN of style-based-gan-pytorch"),
    ("progression.", "a StyleGAN of style-based-gan-pytorch"),
    ("synthesis.early_layer", "a StyleGAN2 of genforce"),
    ("formatLayer.", "a DCGAN of the PyTorch GAN zoo"),
    ("main.0.weight", "a DCGAN"),
    ("main.1.weight", "a DCGAN"),
)
"""Beginnings of weights' names, and whose they are."""


def import_model(path: Path) -> Model:
    """The averaged generator of a published checkpoint; raises `CheckpointError`."""
    return open_published(path).generator()


def open_published(path: Path) -> Published:
    """A published checkpoint of any known layout; raises `CheckpointError` that names others."""
    container = recognise(path)
    if container is Container.PICKLE:
        if _mentions(path, PACKAGE):
            return _from_modules(path, read_persistent_pickle(path))
        return _from_pickle(path, read_tf_pickle(path))
    if container is Container.TORCH:
        return _from_torch(path, load_torch_file(path))
    raise CheckpointError(f"{path.name} is {container.value}, no published checkpoint.")


def _mentions(path: Path, name: bytes) -> bool:
    """Whether a name is among the first bytes."""
    with path.open("rb") as file:
        return name in file.read(65536)


def _from_pickle(path: Path, networks: tuple[TFNetwork, ...]) -> Published:
    top = networks[-1]
    parts = top.parts
    if "synthesis" in parts:
        names = parts["synthesis"].variables(path.name)
        if any(name.endswith("/mod_weight") for name in names):
            return TFStyleGAN2(path, networks)
        return TFStyleGAN(path, networks)
    if "4x4/Dense/weight" in top.variables(path.name):
        return TFProGAN(path, networks)
    raise CheckpointError(
        f"{path.name} holds no generator that ganlab knows.",
        "Choose a ProGAN or StyleGAN .pkl with one generator or the three networks (G, D, Gs).",
    )


def _from_modules(path: Path, modules: Mapping[str, PersistentModule]) -> Published:
    top = modules.get("G_ema")
    if top is not None and top.part("synthesis", "input") is not None:
        raise _foreign(path, "a StyleGAN3")
    if top is not None and top.part("synthesis", "b4") is not None:
        return ADAStyleGAN2(path, modules)
    raise CheckpointError(
        f"{path.name} holds no generator that ganlab knows.",
        "Choose a StyleGAN2 .pkl that holds G_ema.",
    )


def _from_torch(path: Path, content: Mapping[str, Any]) -> Published:
    names = _names(content)
    if "config" in content and any(name.startswith("mapping.FC.0.") for name in names):
        return ZooStyleGAN(path, content)
    if "config" in content and any(name.startswith("groupScale0.") for name in names):
        return ZooProGAN(path, content)
    if "synthesis.layer0.const" in names:
        return GenforceStyleGAN(path, content)
    if {"layer0.weight", "output0.weight"} <= names:
        return GenforceProGAN(path, content)
    if "generator.gen_z.weight_orig" in names:
        return HFBigGAN(path, content)
    if "blocks.0.0.conv1.weight" in names:
        return AjbrockBigGAN(path, content)
    _refuse_companions(path, content)
    for beginning, whose in _FOREIGN:
        if any(name.startswith(beginning) for name in names):
            raise _foreign(path, whose)
    raise CheckpointError(
        f"{path.name} is a PyTorch file whose weights are of no network that ganlab knows.",
        "Choose a ProGAN or StyleGAN .pth of genforce or the PyTorch GAN zoo, or a BigGAN's G_ema.pth.",
    )


def _refuse_companions(path: Path, content: Mapping[str, Any]) -> None:
    """Raise `CheckpointError` for files that are saved beside a generator."""
    if "param_groups" in content:
        what = "the state of an optimizer"
    elif isinstance(content.get("config"), Mapping) and "save_num" in content:
        what = "the settings of a training run"
    else:
        return
    raise CheckpointError(
        f"{path.name} holds {what}, no network.",
        "Choose the generator beside it: G_ema.pth, or G.pth.",
    )


def _names(content: Mapping[str, Any]) -> set[str]:
    """Names of all weights, those of state dicts within included."""
    inner = content.get("models")
    groups = [content, *content.values()]
    groups += inner.values() if isinstance(inner, Mapping) else []
    once = {id(group): group for group in groups}  # a file may hold the same one many times
    return {name.removeprefix("module.") for group in once.values() for name in tensors_of(group)}


def _foreign(path: Path, whose: str) -> CheckpointError:
    return CheckpointError(
        f"{path.name} is {whose}, which this ganlab cannot open.",
        "Choose a ProGAN, StyleGAN or StyleGAN2: NVIDIA's .pkl, or a .pth of genforce or the GAN zoo.",
    )


# ------------------------------------------------------------------------------------------------
# Opening any model file: our own, or a published checkpoint, told apart by content.


def open_model(path: Path) -> Model:
    """The model in a file of any kind that ganlab knows.

    Nothing in the file runs. Raises `CheckpointError` with a sentence for everything else.
    """
    if recognise(path) is Container.NATIVE:
        return load_model(path)
    return import_model(path)
