"""pytorch-pretrained-BigGAN's files: with and without their config, and wrong ones are told why."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from ganlab_core.errors import CheckpointError
from ganlab_core.importers import open_published
from ganlab_core.importers.published import import_model
from ganlab_core.models import load_model, save_model
from ganlab_core.recipe import Recipe
from ganlab_core.rendering import Renderer
from tests.core.importers.biggan_files import (
    hf_files,
    refusal,
    save,
    save_hf,
)
from tests.hostile import GOLDEN


def test_without_its_config_a_published_pattern_is_assumed(tmp_path: Path) -> None:
    with_config = import_model(save_hf(tmp_path / "a", hf_files()[1]))
    prefixed = import_model(save_hf(tmp_path / "b", hf_files()[1], "biggan-deep-128-"))
    alone = import_model(save(hf_files()[0], tmp_path / "c", "renamed.bin"))
    assert with_config.info.fingerprint == prefixed.info.fingerprint == alone.info.fingerprint
    can = alone.capabilities
    assert (can.architecture, can.threshold, can.has_attention) == ("biggan-deep", 2.0, True)
    with pytest.raises(CheckpointError, match="no discriminator"):
        open_published(tmp_path / "c" / "renamed.bin").discriminator()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"output_dim": 64}, "disagree about output_dim"),
        ({"layers": [[True, 4, 4]]}, "disagree about layers"),
        ({"layers": [[False, 4, 4], [True, 4, 4]] * 3}, "disagree about layers"),
        ({"layers": [[0, 4, 4]] * 6}, "disagree about layers"),
        ({"layers": "six"}, "disagree about layers"),
        ({"eps": -1}, "'eps'"),
        ({"eps": None}, "'eps'"),
    ],
)
def test_a_config_is_held_against_the_weights(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    assert words in refusal(save_hf(tmp_path, hf_files()[1] | changes))


@pytest.mark.parametrize("text", ["", "[1]", "{", "[" * 100_000])
def test_a_broken_config_is_told(tmp_path: Path, text: str) -> None:
    path = save_hf(tmp_path, {})
    (tmp_path / "config.json").write_text(text)
    assert "config.json" in refusal(path) or "does not say" in refusal(path)


def test_where_blocks_up_sample_the_config_decides(tmp_path: Path) -> None:
    config = hf_files()[1]
    config["layers"] = [[not up, before, after] for up, before, after in config["layers"]]
    names = import_model(save_hf(tmp_path, config)).network.stage_names
    assert names[1:4] == ("8x8/block0", "8x8/block1", "16x16/block2")


@pytest.mark.parametrize(
    ("name", "tensor", "words"),
    [
        ("generator.gen_z.weight_u", torch.ones(7), "spectral normalisation"),
        ("generator.gen_z.weight_v", torch.ones(7), "spectral normalisation"),
        ("generator.layers.0.conv_0.weight_orig", torch.ones(8, 8, 1, 1), "spectral normalisation"),
        ("generator.bn.running_vars", torch.full((5, 8), torch.inf), "not finite"),
        ("generator.extra", torch.ones(1), "no place for"),
        ("generator.bn.bias", torch.ones(9), "of the shape 9"),
    ],
)
def test_a_wrong_published_weight_is_named(
    tmp_path: Path, name: str, tensor: torch.Tensor, words: str
) -> None:
    path = save_hf(tmp_path, hf_files()[1])
    save(hf_files()[0] | {name: tensor}, tmp_path, path.name)
    assert words in refusal(path)


def test_an_imported_biggan_survives_its_own_file(tmp_path: Path) -> None:
    for number, model in enumerate(
        (
            import_model(GOLDEN / "biggan_ajbrock_32_unshared" / "G_ema.pth"),
            import_model(GOLDEN / "biggandeep_ajbrock_32" / "G_ema.pth"),
            import_model(save_hf(tmp_path, hf_files()[1])),
        )
    ):
        path = tmp_path / f"{number}.safetensors"
        save_model(model, path)
        again = load_model(path)
        assert again.info.fingerprint == model.info.fingerprint
        assert again.capabilities == model.capabilities
        recipe = Recipe(psi=0.5, classes=((1, 0.5), (2, 1.5)))
        first, second = (Renderer(each, "cpu").render(recipe).pixels for each in (model, again))
        assert (first == second).all()


def test_a_model_file_of_impossible_blocks_is_refused(tmp_path: Path) -> None:
    model = import_model(save_hf(tmp_path, hf_files()[1]))
    wrong = {**model.info.config, "block_list": [[True, 1 << 40, 1]] * 3}
    model.info = dataclasses.replace(model.info, config=wrong)
    save_model(model, tmp_path / "wrong.safetensors")
    with pytest.raises(CheckpointError, match="damaged"):
        load_model(tmp_path / "wrong.safetensors")
