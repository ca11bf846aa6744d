"""The weights follow one picture and leave others, and what is kept renders the same bytes again."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ganlab_core.errors import CheckpointError
from ganlab_core.files import canonical_json, user_models_dir
from ganlab_core.inspection import Effort, Tuning, psnr, tuning
from ganlab_core.inspection.own_picture import Pixels
from ganlab_core.models import (
    Model,
    add_discriminator,
    base_of,
    keep_tuning,
    load_model,
    read_discriminator,
    read_tensors,
    save_model,
)
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from tests.core.inspection.test_projection import _lively

pytestmark = pytest.mark.usefixtures("home")

PIVOT = Recipe(Latent(5), psi=1.0)


def _base(name: str) -> Model:
    """A tiny model that is among the person's own, as its file has it."""
    path = user_models_dir() / "base.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    model = _lively(name)
    if (
        name == "biggan"
    ):  # features of random weights lie far out on the tanh, which lets no gradient by
        model.network.module.output_conv.weight.data *= 0.02
    save_model(model, path)
    return load_model(path)


def _drawn(model: Model, recipe: Recipe = PIVOT) -> Pixels:
    return Renderer(copy.deepcopy(model), "cpu").render(recipe).pixels


def _target(model: Model) -> Pixels:
    """The pivot's picture with the left third grey: something that the model does not draw."""
    picture = _drawn(model).copy()
    picture[:, : picture.shape[1] // 3] = 128
    return picture


def _tuned(base: Model, steps: int = 30) -> Tuning:
    made = Tuning(base, PIVOT, _target(base))
    for _ in made.run(Effort(steps)):
        pass
    return made


@pytest.mark.parametrize("name", ["stylegan", "progan", "dcgan", "biggan", "biggan-deep"])
def test_the_picture_comes_nearer_and_its_bytes_come_back_from_the_file(name: str) -> None:
    base = _base(name)
    before = {key: one.clone() for key, one in base.network.module.state_dict().items()}
    made = Tuning(base, PIVOT, _target(base))
    told = list(made.run(Effort(25)))
    assert told[-1].psnr > told[0].psnr + 1.0
    kept = keep_tuning(base, made.change, "me")
    shown = _drawn(kept)
    assert np.abs(shown.astype(int) - told[-1].pixels).max() <= 2  # half precision
    again = load_model(kept.info.path)
    assert (_drawn(again) == shown).all()
    assert again.info == kept.info
    assert again.info.fingerprint != base.info.fingerprint
    assert base_of(again.info).path == base.info.path
    for key, one in base.network.module.state_dict().items():
        assert torch.equal(one, before[key])


def test_another_seed_s_picture_moves_less_than_the_picture_and_than_if_it_were_not_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base = _base("stylegan")
    others = [Recipe(Latent(seed), psi=1.0) for seed in range(20, 26)]
    before = [_drawn(base, one) for one in others]

    def kept_and_moved(name: str) -> tuple[Model, float]:
        kept = keep_tuning(base, _tuned(base, 20).change, name)
        pairs = zip(others, before, strict=True)
        return kept, float(np.mean([psnr(_drawn(kept, one), plain) for one, plain in pairs]))

    kept, held = kept_and_moved("held")
    monkeypatch.setattr(tuning, "LOCALITY", 0.0)
    assert held > psnr(_drawn(kept), _drawn(base)) + 1.0
    assert held > kept_and_moved("free")[1] + 1.0


def test_what_is_kept_is_small_and_says_where_it_comes_from() -> None:
    base = _base("progan")
    kept = keep_tuning(base, _tuned(base, 3).change, "me")
    assert set(read_tensors(kept.info.path, "g.")) == set()
    assert kept.info.tuned_from == (base.info.title, base.info.fingerprint)
    assert kept.info.title == "me"


def test_a_tuning_can_be_tuned_again() -> None:
    base = _base("progan")
    first = keep_tuning(base, _tuned(base, 10).change, "me")
    again = keep_tuning(first, _tuned(first, 10).change, "you")
    assert base_of(again.info).path == base.info.path
    first.info.path.unlink()
    assert (_drawn(load_model(again.info.path)) == _drawn(again)).all()
    assert (_drawn(again) != _drawn(first)).any()


def test_its_critic_is_that_of_the_model_it_was_made_of() -> None:
    base = _base("progan")
    add_discriminator(base.info.path, {"weight": torch.ones(3)})
    kept = keep_tuning(base, _tuned(base, 2).change, "me")
    assert read_discriminator(kept.info.path)["weight"].tolist() == [1.0, 1.0, 1.0]


def test_without_the_model_it_was_made_of_one_sentence_says_so(tmp_path: Path) -> None:
    base = _base("progan")
    kept = keep_tuning(base, _tuned(base, 2).change, "me")
    shown = _drawn(kept)
    beside = tmp_path / "elsewhere"
    beside.mkdir()
    for path in (kept.info.path, base.info.path):
        shutil.move(path, beside / path.name)
    moved = beside / kept.info.path.name
    assert (_drawn(load_model(moved)) == shown).all()  # found beside it
    (beside / base.info.path.name).unlink()
    with pytest.raises(CheckpointError, match=f"me is a tuning of {base.info.title}, which is not"):
        load_model(moved)


def test_a_model_that_is_no_one_s_own_is_not_tuned_into_the_library(tmp_path: Path) -> None:
    save_model(_lively("progan"), tmp_path / "loose.safetensors")
    loose = load_model(tmp_path / "loose.safetensors")
    with pytest.raises(CheckpointError, match="not among your models"):
        keep_tuning(loose, _tuned(loose, 2).change, "me")
    assert not (user_models_dir() / "me.safetensors").exists()


@pytest.mark.parametrize("damage", ["name", "shape", "half"])
def test_a_change_that_fits_no_weight_is_told_as_damage(damage: str) -> None:
    base = _base("progan")
    kept = keep_tuning(base, _tuned(base, 2).change, "me")
    tensors = read_tensors(kept.info.path)
    name = next(one for one in tensors if one.endswith(".rows"))
    broken = tensors.pop(name)
    if damage != "half":
        tensors["t.nothing.rows" if damage == "name" else name] = broken[:, :0]
    save_file(tensors, kept.info.path, {"ganlab": canonical_json(kept.info.to_header())})
    with pytest.raises(CheckpointError, match="damaged or incomplete"):
        load_model(kept.info.path)


def test_equal_tunings_give_equal_changes() -> None:
    base = _base("stylegan")
    ours, theirs = (_tuned(base, 5).change for _ in range(2))
    for name, pair in ours.items():
        assert all(torch.equal(a, b) for a, b in zip(pair, theirs[name], strict=True))
