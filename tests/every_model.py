"""A tiny model of every architecture, and Recipes with every kind of edit that there is."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import torch

from ganlab_core.models import Model, load_model, save_model
from ganlab_core.networks import (
    CoGANConfig,
    CycleGANConfig,
    DCGANConfig,
    DenseGANConfig,
    SAGANConfig,
)
from ganlab_core.recipe import (
    Bend,
    Capabilities,
    Centres,
    EditDirection,
    Extent,
    Latent,
    LayerNoise,
    Mix,
    Noise,
    Recipe,
)
from tests import ancestors, stylegan2_models, stylegan3_models
from tests.biggan_models import make_biggan, make_deep
from tests.stylegan_models import tiny_stylegan
from tests.tiny_progan import small, tiny_model

MODELS: dict[str, Callable[[], Model]] = {
    "progan": lambda: tiny_model(small(16, label_size=3)),
    "stylegan": lambda: tiny_stylegan(16, ("red", "green", "blue")),
    "stylegan2": lambda: stylegan2_models.model(stylegan2_models.LABELLED),
    "stylegan3": lambda: stylegan3_models.model(stylegan3_models.LABELLED),
    "biggan": make_biggan,
    "biggan-deep": make_deep,
    "cgan": lambda: ancestors.model("cgan", DenseGANConfig(16, 4, 12, 3)),
    "dcgan": lambda: ancestors.model("dcgan", DCGANConfig(16, 4, 12)),
    "sagan": lambda: ancestors.model("sagan", SAGANConfig(16, 8, 12, 3, 8)),
    "cogan": lambda: ancestors.model("cogan", CoGANConfig(16, 4, 12, 3)),
    "cyclegan": lambda: ancestors.model("cyclegan", CycleGANConfig(16, 4, 19)),
}
"""All that know classes have three, but for the CycleGAN, which has two."""


def saved(name: str, folder: Path) -> Model:
    """The model as it comes back from its file in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.safetensors"
    save_model(MODELS[name](), path)
    return load_model(path)


def numbers(count: int, seed: int) -> tuple[float, ...]:
    """Normal numbers that a 32-bit float holds exactly."""
    drawn = torch.randn(count, generator=torch.Generator().manual_seed(seed))
    return tuple(drawn.tolist())


def blend(can: Capabilities) -> Latent:
    """A blend of a seed, a vector and another blend, in the space the model blends in."""
    space, size = ("w", can.w_dim) if can.has_w else ("z", can.z_dim)
    inner = Latent(blend=((Latent(4), 0.5), (Latent(5), 0.5)))
    vector = Latent(0, numbers(size, 6), space)
    return Latent(space=space, blend=((Latent(1), 0.5), (vector, 0.2), (inner, 0.3)))


def bends(last: int) -> tuple[Bend, ...]:
    """Bends at the first and the last stages, with every choice of maps."""
    return (
        Bend(1, "rotate", 30.0, strength=0.75, region=("0f", "84")),
        Bend(1, "noise", 0.5, maps="share", share=0.3, seed=4),
        Bend(min(2, last), "freeze", maps="cluster", cluster=1, clusters=2, latent=Latent(8)),
        Bend(last, "invert", 0.5, maps="chosen", chosen=(0, 2, 400)),
    )


def edits(can: Capabilities) -> dict[str, Recipe]:
    """Field of the Recipe -> a Recipe in which it alone differs from the plain one."""
    space, size = ("w", can.w_dim) if can.has_w else ("z", can.z_dim)
    last = len(can.layers) - 1
    other = Latent(0, numbers(size, 7), space)
    noise = [layer.index for layer in can.layers if layer.noise]
    own = [LayerNoise(on=False), LayerNoise(strength=2.0, mode="random", seed=9, other=4, turn=0.2)]
    placement = {
        "shift_x": Recipe(shift_x=0.25),
        "shift_y": Recipe(shift_y=-0.1),
        "turn": Recipe(turn=33.0),
    }
    found = {
        "latent": Recipe(blend(can)),
        "psi": Recipe(psi=0.4),
        "psi_at": Recipe(psi_at=((8, 1.3), (can.resolution, -0.4))),
        "centre": Recipe(centre=other),
        "centres": Recipe(centres=Centres(clusters=3)),
        "cutoff": Recipe(cutoff=1),
        "mix_at": Recipe(mix_at=((can.resolutions[1], Mix(Latent(2), 0.6)),)),
        "mix_layers": Recipe(mix_layers=((can.style_count - 1, Mix(other)), (0, Mix(blend(can))))),
        "noise": Recipe(noise=Noise("random", 3, 1.5, other=8, turn=0.3)),
        "noise_layers": Recipe(noise_layers=tuple(zip(noise[:2] or [0, 1], own, strict=True))),
        "growth": Recipe(growth=3.4),
        "threshold": Recipe(threshold=0.7),
        "classes": Recipe(classes=((0, 0.5), (1, 0.5))),
        "classes_at": Recipe(classes_at=((16, ((1, 1.0),)),)),
        "pushes": Recipe(
            pushes=(
                EditDirection(numbers(can.direction_dim, 1), 1.5, 0, 2, "it's a 'name' with $HOME"),
                EditDirection(numbers(can.direction_dim, 2), -0.5, 1, 64),
            )
        ),
        "gains": Recipe(gains=((1, ((0, 0.0), (2, 3.0))), (last, ((1, -1.0),)))),
        "attention": Recipe(attention=4.0),
        "bends": Recipe(bends=bends(last)),
    }
    second = {
        "second": Recipe(second=0.3),
        "second_at": Recipe(second_at=((can.resolution, 0.6),)),
        "second_mapping": Recipe(second_mapping=1.0),
    }
    found |= second if can.blendable else {}
    larger = {
        "extent": Recipe(extent=Extent(seamless="both")),  # of the trained size, as a film wants it
        "across": Recipe(across=(Latent(5), Latent(6))),
    }
    found |= placement if can.has_placement else {}
    return found | (larger if can.has_extent else {})


def everything(can: Capabilities) -> Recipe:
    """A Recipe in which every field has been edited."""
    found = edits(can)
    return replace(Recipe(), **{name: getattr(recipe, name) for name, recipe in found.items()})


def edited(recipe: Recipe, can: Capabilities, source: random.Random) -> Recipe:
    """One field put on, taken off, or set to something else."""
    on = edits(can)
    name = source.choice(list(on))
    if source.random() < 0.6:
        kept = source.choice([on[name], Recipe()])
        return replace(recipe, **{name: getattr(kept, name)})
    side = source.choice(can.resolutions)
    layer = source.randrange(len(can.layers))
    latent = source.choice([Latent(source.randrange(3)), blend(can)])
    changes = (
        lambda: replace(recipe, latent=latent),
        lambda: replace(recipe, psi=source.choice([-0.5, 0.0, 0.3, 1.0])),
        lambda: replace(recipe, centre=source.choice([None, latent])),
        lambda: replace(
            recipe, centres=Centres((latent, Latent(3)), softness=source.choice([0.0, 1.0]))
        ),
        lambda: recipe.with_psi_at(side, source.choice([None, 0.0, 1.5])),
        lambda: replace(recipe, cutoff=source.choice([None, 0, 2])),
        lambda: recipe.with_mix_at(side, Mix(latent, source.choice([0.0, 0.4, 1.0]))),
        lambda: recipe.with_mix_layer(layer, source.choice([None, Mix(latent, 0.7)])),
        lambda: replace(recipe, noise=Noise(source.choice(["stored", "random", "off"]), 1, 0.5)),
        lambda: recipe.with_noise_layer(layer, LayerNoise(strength=source.choice([0.0, 1.0, 2.0]))),
        lambda: replace(recipe, growth=source.choice([None, 2.0, 3.0, 3.7])),
        lambda: replace(recipe, threshold=source.choice([None, 0.5, 2.0])),
        lambda: recipe.with_classes_at(side, source.choice([None, ((0, 1.0), (1, 0.5))])),
        lambda: recipe.with_gain(layer, source.randrange(4), source.choice([0.0, 1.0, 2.0])),
        lambda: replace(recipe, attention=source.choice([0.0, 1.0, 2.0])),
        lambda: replace(recipe, bends=(Bend(layer, "freeze", maps="share", latent=latent),)),
        lambda: recipe.with_bend(1, Bend(layer, source.choice(["blur", "erode"]), 1.5)),
    )
    return source.choice(changes)()


def has(can: Capabilities) -> set[str]:
    """The fields that change the picture of such a model."""
    telling = {
        "psi": can.has_truncation,
        "psi_at": can.has_truncation
        and any(
            layer.resolution in (8, can.resolution) and (layer.style or layer.statistics)
            for layer in can.layers
        ),
        "centre": can.has_w,
        "centres": can.has_w,
        "cutoff": can.has_truncation and (can.style_count > 1 or can.layers[-1].statistics),
        "classes": bool(can.classes),
        "mix_at": can.has_mixing,
        "mix_layers": can.has_mixing,
        "noise": can.has_noise,
        "noise_layers": can.has_noise,
        "growth": can.has_growth,
        "threshold": not can.has_w,
        "attention": can.has_attention,
        **dict.fromkeys(("shift_x", "shift_y", "turn"), can.has_placement),
        **dict.fromkeys(("second", "second_at", "second_mapping"), bool(can.blendable)),
        **dict.fromkeys(("extent", "across"), can.has_extent),
        "classes_at": any(layer.classes and layer.resolution == 16 for layer in can.layers),
    }
    fixed = {field.name for field in fields(Recipe)} - {"extra"}
    return {name for name in fixed if telling.get(name, True)}
