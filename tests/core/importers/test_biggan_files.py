"""BigGAN's published files: every variant gives the same pictures, and wrong ones are told why."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ganlab_core.checkpoint import load_model, save_model
from ganlab_core.errors import CheckpointError
from ganlab_core.importers.ajbrock_rules import ajbrock_rules
from ganlab_core.importers.published import import_model, open_published
from ganlab_core.networks import biggan, biggan_deep
from ganlab_core.networks.biggan import BigGANConfig
from ganlab_core.networks.biggan_base import SharedConfig
from ganlab_core.networks.biggan_deep import BigGANDeepConfig
from ganlab_core.networks.biggan_layers import BatchNorm
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering.renderer import Renderer
from tests.hostile import GOLDEN

State = dict[str, torch.Tensor]
TINY = {"resolution": 32, "channels": 4, "shared_dim": 5, "label_size": 3}


def random_network(make: Callable[[], Any]) -> Any:
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(11)
        network = make()
        for name, parameter in network.named_parameters():
            if name.endswith(("bias", "gamma", "norm.gain")):
                parameter.normal_(0.0, 0.5)
        for layer in network.modules():
            if isinstance(layer, BatchNorm):
                layer.mean.normal_()
                layer.variance.uniform_(0.5, 2.0)
    return network.eval()


def as_published(network: Any, make: Callable[[], Any]) -> State:
    """The same weights under BigGAN-PyTorch's names."""
    ours, theirs = network.state_dict(), {}
    for rule in ajbrock_rules(make):
        kind = rule.theirs.rpartition(".")[2]
        stem = rule.theirs.removesuffix(kind)
        tensor = ours[rule.ours]
        if kind in ("mean", "var"):
            theirs[f"{stem}stored_{kind}"] = tensor[0]
        elif kind == "u0":
            theirs[rule.theirs] = 3.0 * tensor[None]  # of no particular length
            theirs[f"{stem}sv0"] = torch.tensor([17.0])
        else:
            theirs[rule.theirs] = tensor
    return theirs


def make_of(config: SharedConfig, kind: str = "Generator") -> Callable[[], Any]:
    module = biggan_deep if isinstance(config, BigGANDeepConfig) else biggan
    return partial(getattr(module, kind), config)


def generator_of(config: SharedConfig) -> tuple[Any, State]:
    make = make_of(config)
    network = random_network(make)
    return network, as_published(network, make)


def save(state: object, folder: Path, name: str = "G_ema.pth", *, legacy: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(state, folder / name, _use_new_zipfile_serialization=not legacy)
    return folder / name


def pictures(path: Path) -> torch.Tensor:
    renderer = Renderer(import_model(path), "cpu")
    can = renderer.model.capabilities
    recipes = (
        Recipe(latent=Latent(seed), psi=1.0, classes=((seed % len(can.classes), 1.0),))
        for seed in range(2)
    )
    return torch.stack([torch.from_numpy(renderer.raw(recipe)) for recipe in recipes])


def wanted(network: Any) -> torch.Tensor:
    z = [torch.randn(1, network.config.z_dim, generator=seeded(seed)) for seed in range(2)]
    with torch.inference_mode():
        pictures: torch.Tensor = network(torch.cat(z), torch.eye(network.config.label_size)[:2])
    return pictures


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def agree(path: Path, network: Any) -> None:
    torch.testing.assert_close(pictures(path), wanted(network), atol=2e-5, rtol=0)


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as raised:
        import_model(path)
    return str(raised.value)


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    "config",
    [
        BigGANConfig(z_dim=12, **TINY),
        BigGANConfig(z_dim=12, attention_after=(1, 3), **TINY),
        BigGANConfig(z_dim=12, attention_after=(2,), hierarchical=False, **TINY),
        BigGANConfig(z_dim=12, hierarchical=False, shared=False, attention_after=(), **TINY),
        BigGANConfig(z_dim=20, **(TINY | {"resolution": 64, "channels": 3, "attention_after": ()})),
        BigGANDeepConfig(z_dim=7, attention_after=(2, 4), **TINY),
        BigGANDeepConfig(z_dim=7, attention_after=(6,), **TINY),
    ],
)
def test_every_variant_tells_its_own_shape(
    tmp_path: Path, config: SharedConfig, legacy: bool
) -> None:
    network, state = generator_of(config)
    path = save(state, tmp_path, legacy=legacy)
    agree(path, network)
    deep = isinstance(config, BigGANDeepConfig)
    assert import_model(path).info.architecture == ("biggan-deep" if deep else "biggan")


def tiny_state() -> tuple[Any, State]:
    return generator_of(BigGANConfig(z_dim=12, attention_after=(2,), **TINY))


def test_several_gpus_and_more_singular_values_change_nothing(tmp_path: Path) -> None:
    network, state = tiny_state()
    more = {
        name.replace("u0", "u1").replace("sv0", "sv1"): torch.full_like(tensor, torch.nan)
        for name, tensor in state.items()
        if name.endswith(("u0", "sv0"))
    }
    whole = {f"module.{name}": tensor for name, tensor in (state | more).items()}
    agree(save(whole, tmp_path), network)


@pytest.mark.parametrize(
    ("inner", "passes"), [("bn.stored_", 0.0), ("bn.stored_", 16.0), ("bn.running_", None)]
)
def test_all_three_kinds_of_batch_norm_are_read(
    tmp_path: Path, inner: str, passes: float | None
) -> None:
    network, state = tiny_state()
    changed: State = {}
    for name, tensor in state.items():
        if ".stored_" not in name:
            changed[name] = tensor
            continue
        stem = name.partition("stored_")[0]
        changed[name.replace("stored_", inner)] = tensor * (passes or 1.0)
        counter = "num_batches_tracked" if passes is None else "accumulation_counter"
        changed[f"{stem}bn.{counter}"] = torch.tensor([passes or 0.0])
    agree(save(changed, tmp_path), network)


def test_ports_of_tensorflow_hub_have_an_epsilon_of_their_own(tmp_path: Path) -> None:
    config = BigGANConfig(z_dim=12, bn_eps=1e-4, attention_after=(2,), **TINY)
    network, state = generator_of(config)
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, BatchNorm):
                layer.variance *= 1e-3  # so that the epsilon shows
    state = as_published(network, make_of(config))
    state = {name: tensor for name, tensor in state.items() if not name.endswith("sv0")}
    path = save(state, tmp_path, "biggan-128.pth")
    torch.testing.assert_close(pictures(path), wanted(network), atol=1e-4, rtol=0)
    config = import_model(path).network.module.config
    assert (config.bn_eps, config.output_eps) == (1e-4, 1e-5)


def settings(**changes: object) -> dict[str, Any]:
    config = {
        "resolution": 32, "n_classes": 3, "G_ch": 4, "BN_eps": 1e-3, "SN_eps": 1e-8, "z_var": 1.0,
        "norm_style": "bn", "G_nl": "inplace_relu", "G_activation": torch.nn.ReLU(inplace=True),
    }  # fmt: skip
    return {"itr": 5, "save_num": 1, "best_IS": np.float64(9.5), "config": config | changes}


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("suffix", ["", "_best0", "_copy1"])
@pytest.mark.parametrize("name", ["G", "G_ema"])
@pytest.mark.filterwarnings("ignore")  # old files hold sources, which torch looks up in vain
def test_companions_are_found_by_the_names_they_are_saved_under(
    tmp_path: Path, name: str, suffix: str, legacy: bool
) -> None:
    config = BigGANConfig(z_dim=12, attention_after=(1,), **TINY)
    _, state = tiny_state()
    critic = random_network(make_of(config, "Discriminator"))
    judged = as_published(critic, make_of(config, "Discriminator"))
    path = save(state, tmp_path, f"{name}{suffix}.pth")
    save(judged, tmp_path, f"D{suffix}.pth", legacy=legacy)
    save(settings(), tmp_path, f"state_dict{suffix}.pth", legacy=legacy)
    published = open_published(path)
    assert published.generator().network.module.config.bn_eps == 1e-3
    x, labels = torch.randn(2, 3, 32, 32, generator=seeded(0)), torch.eye(3)[:2]
    opened = published.discriminator()
    torch.testing.assert_close(opened(x, labels), critic(x, labels), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "config",
    [
        BigGANConfig(wide=False, attention_after=(), **TINY),
        BigGANConfig(attention_after=(1, 2, 3, 4), **TINY),
        BigGANConfig(**(TINY | {"resolution": 64, "channels": 8, "attention_after": (1, 2)})),
        BigGANDeepConfig(attention_after=(1, 2, 3), **TINY),
        BigGANDeepConfig(**(TINY | {"resolution": 64, "channels": 8, "attention_after": (1,)})),
    ],
)
def test_every_discriminator_tells_its_own_shape(tmp_path: Path, config: SharedConfig) -> None:
    make = make_of(config, "Discriminator")
    critic = random_network(make)
    path = save(tiny_state()[1], tmp_path)
    save(as_published(critic, make), tmp_path, "D.pth")
    side = config.resolution
    x, labels = torch.randn(2, 3, side, side, generator=seeded(0)), torch.eye(3)[:2]
    opened = open_published(path).discriminator()
    torch.testing.assert_close(opened(x, labels), critic(x, labels), atol=1e-4, rtol=1e-4)


def test_other_files_of_a_run_point_to_the_generator(tmp_path: Path) -> None:
    make = make_of(BigGANConfig(attention_after=(), **TINY), "Discriminator")
    critic = as_published(random_network(make), make)
    assert "discriminator of a BigGAN" in refusal(save(critic, tmp_path, "D.pth"))
    assert "settings of a training run" in refusal(save(settings(), tmp_path, "state_dict.pth"))
    optimizer = {"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": [{"lr": 1e-4}]}
    assert "state of an optimizer" in refusal(save(optimizer, tmp_path, "G_optim.pth"))
    with pytest.raises(CheckpointError, match="no discriminator"):
        open_published(save(tiny_state()[1], tmp_path / "alone")).discriminator()
    (tmp_path / "config.json").write_text('{"layers": []}')
    assert "pytorch_model.bin" in refusal(tmp_path / "config.json")


@pytest.mark.parametrize(
    ("name", "tensor", "words"),
    [
        ("blocks.0.0.conv1.weight", torch.zeros(16, 16, 5, 5), "shape 16 x 16 x 5 x 5"),
        ("blocks.0.0.bn1.stored_mean", torch.full((16,), torch.nan), "not finite"),
        ("blocks.0.0.conv1.u0", torch.zeros(1, 16), "not finite"),
        ("blocks.0.0.conv1.u0", torch.ones(1, 7), "spectral normalisation"),
        ("blocks.0.0.extra", torch.zeros(1), "no place for"),
        ("blocks.0.0.bn2.stored_var", torch.zeros(1).expand(16), "lacks the weights"),
        ("linear.weight", torch.zeros(256), "spectral normalisation"),
        ("linear.weight", torch.ones(256, 9), "which its settings do not allow"),
        ("blocks.3.0.conv1.weight", torch.zeros(16, 16, 3, 3), "which its settings do not allow"),
        ("output_layer.2.weight", torch.ones(3, 6, 3, 3), "impossible shape"),
        ("shared.weight", torch.ones(0, 5), "impossible shape"),
    ],
)
def test_a_wrong_weight_is_named(
    tmp_path: Path, name: str, tensor: torch.Tensor, words: str
) -> None:
    state = tiny_state()[1] | {name: tensor}
    assert words in refusal(save(state, tmp_path))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("resolution", 64, "disagree about resolution"),
        ("G_ch", 96, "disagree about G_ch"),
        ("n_classes", 1000, "disagree about n_classes"),
        ("norm_style", "gn", "norm_style"),
        ("G_nl", "leaky_relu", "G_nl"),
        ("BN_eps", "small", "'BN_eps'"),
        ("z_var", -1.0, "'z_var'"),
    ],
)
def test_settings_beside_are_held_against_the_weights(
    tmp_path: Path, name: str, value: object, words: str
) -> None:
    path = save(tiny_state()[1], tmp_path)
    save(settings(**{name: value}), tmp_path, "state_dict.pth")
    assert words in refusal(path)


class Sneaky(torch.nn.Module):
    """Some other module among the settings."""


def test_other_objects_among_the_settings_are_refused(tmp_path: Path) -> None:
    path = save(tiny_state()[1], tmp_path)
    save(settings(G_activation=Sneaky()), tmp_path, "state_dict.pth")
    assert "wants to run" in refusal(path)


def test_a_thousand_classes_have_imagenets_names(tmp_path: Path) -> None:
    config = BigGANConfig(z_dim=12, **(TINY | {"label_size": 1000}))
    classes = import_model(save(generator_of(config)[1], tmp_path)).capabilities.classes
    assert (classes[0], classes[207], classes[999]) == (
        "tench",
        "golden retriever",
        "toilet tissue",
    )
    few = import_model(save(tiny_state()[1], tmp_path / "few")).capabilities.classes
    assert few == ("class 0", "class 1", "class 2")


# --- pytorch-pretrained-BigGAN ---------------------------------------------------------------------


def hf_files() -> tuple[State, dict[str, Any]]:
    """A random network's weights under the published names, and its config."""
    width, dim, classes, rows, draw = 8, 6, 4, 5, seeded(3)
    layers = [[False, 4, 4], [True, 4, 2], [False, 2, 2], [True, 2, 2], [False, 2, 2], [True, 2, 1]]
    state: State = {}

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=draw)

    def spectral(name: str, *shape: int, bias: bool = True) -> None:
        state[f"{name}.weight_orig"] = normal(*shape)
        state[f"{name}.weight_u"] = normal(shape[0])
        state[f"{name}.weight_v"] = normal(int(np.prod(shape[1:])))
        if bias:
            state[f"{name}.bias"] = normal(shape[0])

    def norm(name: str, channels: int) -> None:
        state[f"{name}.running_means"] = normal(rows, channels)
        state[f"{name}.running_vars"] = normal(rows, channels).abs() + 0.5

    state["embeddings.weight"] = normal(dim, classes)
    spectral("generator.gen_z", 16 * 4 * width, 2 * dim)
    number = 0
    for index, (_, before, after) in enumerate(layers):
        if index == 3:
            name, channels = f"generator.layers.{number}", before * width
            state[f"{name}.gamma"] = normal(1)
            for part, out, into in (("theta", 8, 1), ("phi", 8, 1), ("g", 2, 1), ("o_conv", 1, 2)):
                shape = (channels // out, channels // into, 1, 1)
                spectral(f"{name}.snconv1x1_{part}", *shape, bias=False)
            number += 1
        name, hidden = f"generator.layers.{number}", before * width // 4
        inside = (before * width, hidden, hidden, hidden)
        outside = (hidden, hidden, hidden, after * width)
        for layer, (into, out, kernel) in enumerate(
            zip(inside, outside, (1, 3, 3, 1), strict=True)
        ):
            norm(f"{name}.bn_{layer}", into)
            for part in ("scale", "offset"):
                spectral(f"{name}.bn_{layer}.{part}", into, 2 * dim, bias=False)
            spectral(f"{name}.conv_{layer}", out, into, kernel, kernel)
        number += 1
    norm("generator.bn", width)
    state |= {"generator.bn.weight": normal(width), "generator.bn.bias": normal(width)}
    spectral("generator.conv_to_rgb", width, width, 3, 3)
    config = {
        "output_dim": 32, "z_dim": dim, "class_embed_dim": dim, "channel_width": width,
        "num_classes": classes, "layers": layers, "attention_layer_position": 3, "eps": 1e-4,
        "n_stats": rows,
    }  # fmt: skip
    return state, config


def save_hf(folder: Path, config: object, beginning: str = "") -> Path:
    path = save(hf_files()[0], folder, f"{beginning}pytorch_model.bin", legacy=True)
    (folder / f"{beginning}config.json").write_text(json.dumps(config))
    return path


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
