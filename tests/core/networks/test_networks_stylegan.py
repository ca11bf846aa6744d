"""StyleGAN's published shape, and its quirks that change pixels."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from ganlab_core.models import Model
from ganlab_core.networks import (
    StyleGANConfig,
    StyleGANDiscriminator,
    StyleGANGenerator,
    downscale,
    split_growth,
    stylegan,
    upscale,
)
from ganlab_core.networks.layers import leaky_relu, pixel_norm
from ganlab_core.networks.stylegan import (
    StyleGANLayer,
    StyleGANMapping,
    instance_norm_with_style,
    stylegan_layers,
)

MakeModel = Callable[..., Model]


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def small(resolution: int = 16, **settings: int) -> StyleGANConfig:
    sizes = {"fmap_base": 64, "fmap_max": 8, "z_dim": 8, "w_dim": 8, "mapping_fmaps": 8}
    return StyleGANConfig(resolution=resolution, **(sizes | settings))


@pytest.mark.parametrize("kind", ["conv", "up"])
@pytest.mark.parametrize("settings", [{}, {"blur": False}, {"bias_blurred": True}])
@pytest.mark.parametrize("stored", [False, True], ids=["fresh noise", "stored noise"])
def test_a_layer_in_training_is_the_layer_that_is_looked_at(
    kind: str, settings: dict[str, bool], *, stored: bool
) -> None:
    """Channels last and the pictures side by side: the same numbers, and the same gradients."""
    config = StyleGANConfig(resolution=16, fmap_base=64, fmap_max=8, w_dim=8, **settings)  # type: ignore[arg-type]
    torch.manual_seed(0)
    layer = StyleGANLayer(kind, 6, 3, config).double()
    for weight in (layer.noise_weight, layer.bias):
        torch.nn.init.normal_(weight)
    side = 4 if kind == "up" else 8
    x, w = normal(3, 6, side, side).double(), normal(3, 8, seed=1).double()
    noise = normal(1 if stored else 3, 1, 8, 8, seed=2).double()
    ends = normal(3, config.channels(3), 8, 8, seed=3).double()
    found = []
    for training in (False, True):
        inputs = [one.clone().requires_grad_() for one in (x, w)]
        y = layer.train(training)(*inputs, noise)
        leaves = [*inputs, *layer.parameters()]
        gradients = torch.autograd.grad((y * ends).sum(), leaves, create_graph=True)
        penalty = sum(gradient.square().sum() for gradient in gradients)
        found.append((y, *gradients, *torch.autograd.grad(penalty, leaves)))
    assert found[1][0].is_contiguous(memory_format=torch.channels_last)
    for plain, fast in zip(*found, strict=True):
        torch.testing.assert_close(fast, plain, rtol=1e-6, atol=1e-8)


def test_a_discriminator_that_activates_in_place_has_the_same_derivatives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(0)
    critic = StyleGANDiscriminator(small()).double()
    image = normal(4, 3, 16, 16).double().requires_grad_()
    found = []
    for activation in (stylegan.leaky_relu_, leaky_relu):
        monkeypatch.setattr(stylegan, "leaky_relu_", activation)
        scores = critic(image, growth=3.4)
        (slope,) = torch.autograd.grad(scores.sum(), image, create_graph=True)
        (scores.mean() + slope.square().sum()).backward()
        gradients = [weight.grad for weight in critic.parameters() if weight.grad is not None]
        found.append((scores.detach(), slope.detach(), *gradients))
        critic.zero_grad()
    assert len(found[0]) == len(found[1]) > 10
    for quick, plain in zip(*found, strict=True):
        torch.testing.assert_close(quick, plain, rtol=1e-9, atol=1e-12)


def test_styles_and_scores_stay_in_float32_under_autocast() -> None:
    config = small()
    generator, critic = StyleGANGenerator(config), StyleGANDiscriminator(config)
    styles: list[torch.Tensor] = []
    for layer in generator.synthesis.layers:
        assert isinstance(layer, StyleGANLayer)
        layer.style.register_forward_hook(lambda _module, _given, made: styles.append(made))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        image = generator.synthesis(normal(2, 6, 8), [None] * 6)
        score = critic(image)
    assert image.dtype == torch.bfloat16
    assert {style.dtype for style in styles} == {torch.float32} == {score.dtype}


def test_the_published_channels() -> None:
    config = StyleGANConfig()
    sides = {2**level: config.channels(level) for level in range(2, 11)}
    assert sides == {
        4: 512, 8: 512, 16: 512, 32: 512, 64: 256, 128: 128, 256: 64, 512: 32, 1024: 16
    }  # fmt: skip


def test_channels_are_cut_off_not_rounded() -> None:
    config = StyleGANConfig(fmap_base=1000, fmap_decay=1.5, fmap_max=4096)
    assert [config.channels(level) for level in (2, 3, 4)] == [353, 125, 44]


@pytest.mark.parametrize("level", range(3, 11))
def test_there_are_two_layers_per_resolution(level: int) -> None:
    config = StyleGANConfig(resolution=2**level)
    with torch.device("meta"):
        generator = StyleGANGenerator(config)
    layers = stylegan_layers(config)
    assert len(generator.synthesis.layers) == len(layers) == 2 * level - 2
    for layer, described in zip(generator.synthesis.layers, layers, strict=True):
        assert layer.resolution == described.resolution
        assert generator.synthesis.stored_noise(described.index).shape[-1] == layer.resolution
    assert layers[0].name == "4x4/const"
    assert layers[-1].name == f"{2**level}x{2**level}/conv1"


def test_the_1024_px_networks_have_the_published_number_of_parameters() -> None:
    with torch.device("meta"):
        generator, discriminator = (
            StyleGANGenerator(StyleGANConfig()),
            StyleGANDiscriminator(StyleGANConfig()),
        )
    assert sum(parameter.numel() for parameter in generator.parameters()) == 26_219_627
    assert sum(parameter.numel() for parameter in discriminator.parameters()) == 23_087_249


def test_only_layers_that_end_at_128_px_and_above_are_fused() -> None:
    fused = [level for level in range(3, 11) if StyleGANConfig().is_fused(level)]
    assert fused == [7, 8, 9, 10]


def test_the_mapping_norms_z_then_has_a_leaky_relu_after_every_layer() -> None:
    config = small(mapping_layers=3)
    mapping, z = StyleGANMapping(config), normal(2, 8)
    expected = pixel_norm(z)
    for layer in mapping.dense:
        expected = leaky_relu(layer(expected))
    torch.testing.assert_close(mapping(z), expected)
    torch.testing.assert_close(mapping(100.0 * z), expected, rtol=1e-4, atol=1e-5)


def test_labels_are_normed_together_with_z() -> None:
    mapping, z = StyleGANMapping(small(label_size=3)), normal(2, 8)
    labels = torch.eye(3)[:2]
    embedded = torch.cat([z, mapping.label_weight[:2]], dim=1)
    expected = leaky_relu(mapping.dense[0](pixel_norm(embedded)))
    for layer in mapping.dense[1:]:
        expected = leaky_relu(layer(expected))
    torch.testing.assert_close(mapping(z, labels), expected)


def test_adain_is_the_instance_norm_times_scale_plus_bias() -> None:
    x, scale, bias = normal(3, 4, 5, 5), normal(3, 4, seed=1), normal(3, 4, seed=2)
    mean = x.mean(dim=(2, 3), keepdim=True)
    variance = x.var(dim=(2, 3), keepdim=True, correction=0)
    expected = (x - mean) / (variance + 1e-8).sqrt()
    expected = scale[:, :, None, None] * expected + bias[:, :, None, None]
    found = instance_norm_with_style(x, scale, bias)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_a_style_of_zero_scales_by_one() -> None:
    layer = StyleGANLayer("const", 0, 2, small())
    with torch.no_grad():
        layer.const.copy_(normal(1, 8, 4, 4))
    features = layer(None, torch.zeros(1, 8), None)
    torch.testing.assert_close(features.var(dim=(2, 3), correction=0), torch.ones(1, 8))


def test_noise_enters_before_the_activation_by_its_channels_weight() -> None:
    layer = StyleGANLayer("const", 0, 2, small())
    with torch.no_grad():
        layer.noise_weight[0] = 1.0
    noise = normal(1, 1, 4, 4)
    silent, noisy = layer(None, torch.zeros(1, 8), None), layer(None, torch.zeros(1, 8), noise)
    torch.testing.assert_close(noisy[:, 1:], silent[:, 1:])
    before_style = leaky_relu(1.0 + noise)
    expected = (before_style - before_style.mean()) / before_style.std(correction=0)
    torch.testing.assert_close(noisy[:, :1], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("growth", "level", "alpha"),
    [(2.0, 2, 1.0), (2.25, 3, 0.25), (4.0, 4, 1.0), (4.37, 5, 0.37), (10.0, 10, 1.0)],
)
def test_growth_names_the_newest_block_and_its_alpha(
    growth: float, level: int, alpha: float
) -> None:
    found_level, found_alpha = split_growth(growth)
    assert found_level == level
    assert found_alpha == pytest.approx(alpha)


def test_a_fading_generator_blends_the_upscaled_old_picture_with_the_new(model: Model) -> None:
    synthesis = model.network.module.synthesis
    ws = normal(2, 6, 16)
    noises = [synthesis.stored_noise(index) for index in range(6)]
    old, new = (synthesis(ws, noises, growth) for growth in (3.0, 4.0))
    blended = synthesis(ws, noises, 3.25)
    torch.testing.assert_close(blended, torch.lerp(upscale(old), new, 0.25))


def test_the_stages_together_are_the_synthesis(make_model: MakeModel) -> None:
    from ganlab_core.networks import Condition

    network = make_model(32).network
    synthesis, w = network.module.synthesis, normal(1, 16)
    noises = [synthesis.stored_noise(index) for index in range(8)]
    features = None
    for stage in range(8):
        features = network.run_stage(stage, features, Condition(w, noises[stage]))
    assert features is not None
    whole = synthesis(w[:, None].expand(-1, 8, -1), noises)
    assert torch.equal(network.to_rgb(32, features), whole)


def test_rounding_cuts_off_as_published() -> None:
    from ganlab_core.networks import StyleGANStages

    stages = StyleGANStages(StyleGANGenerator(small()))
    image = torch.tensor([-2.0, -1.0, -1 / 255, 0.0, 0.99609, 1.0, 7.0])
    assert stages.to_uint8(image).tolist() == [0, 0, 127, 128, 255, 255, 255]


def test_a_fading_discriminator_blends_in_the_downscaled_picture() -> None:
    torch.manual_seed(3)
    discriminator, image = StyleGANDiscriminator(small()), normal(4, 3, 16, 16)
    full, lower = discriminator(image), discriminator(downscale(image), growth=3.0)
    almost_full, almost_lower = (discriminator(image, growth=g) for g in (4.0 - 1e-6, 3.0 + 1e-6))
    torch.testing.assert_close(almost_full, full, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(almost_lower, lower, rtol=1e-3, atol=1e-4)


def test_a_conditional_score_is_the_one_of_the_label() -> None:
    discriminator, image = StyleGANDiscriminator(small(label_size=3)), normal(2, 3, 16, 16)
    each = [discriminator(image, torch.eye(3)[[label, label]]) for label in range(3)]
    mixed = discriminator(image, torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]))
    torch.testing.assert_close(mixed[0], (each[0][0] + each[1][0]) / 2)
    torch.testing.assert_close(mixed[1], each[2][1])


def test_stacked_batches_score_as_separate_ones() -> None:
    discriminator = StyleGANDiscriminator(small())
    a, b = normal(4, 3, 16, 16), normal(4, 3, 16, 16, seed=1)
    together = discriminator(torch.cat([a, b]), batches=2)
    torch.testing.assert_close(together, torch.cat([discriminator(a), discriminator(b)]))
