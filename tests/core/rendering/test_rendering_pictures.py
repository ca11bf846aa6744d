"""What Recipes mean in pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from ganlab_core.errors import RenderError
from ganlab_core.models import Model
from ganlab_core.recipe import EditDirection, Latent, LayerNoise, Mix, Noise, Recipe
from ganlab_core.rendering import (
    PRECISIONS,
    Chain,
    Conditioner,
    Renderer,
    arithmetic,
    w_from_latent,
)
from tests import stylegan2_models, stylegan_models, tiny_progan
from tests.biggan_models import make_biggan

MakeModel = Callable[..., Model]

MODELS: dict[str, Callable[[], Model]] = {
    "progan": lambda: tiny_progan.tiny_model(tiny_progan.small()),
    "stylegan": stylegan_models.tiny_stylegan,
    "stylegan2": stylegan2_models.model,
    "biggan": make_biggan,
}


def straight(
    model: Model, psi: float, seed: int = 0, growth: float | None = None, strength: float = 1.0
) -> np.ndarray:
    """The same picture by one call of the network, without stages, specs or cache."""
    z = torch.randn(1, 16, generator=torch.Generator().manual_seed(seed))
    generator = model.network.module
    synthesis = generator.synthesis
    with torch.inference_mode():
        w = torch.lerp(generator.w_avg, generator.mapping(z), psi)
        layers = generator.config.num_layers
        noises = [synthesis.stored_noise(index) * strength for index in range(layers)]
        image = synthesis(w[:, None].expand(-1, layers, -1), noises, growth)
        side = generator.config.resolution
        return F.interpolate(image, size=(side, side))[0].numpy()


def assert_near(raw: np.ndarray, wanted: np.ndarray) -> None:
    """A prepared network adds up in another order than the plain one."""
    np.testing.assert_allclose(raw, wanted, atol=1e-4, rtol=0)


@pytest.mark.parametrize("psi", [-0.4, 0.0, 0.5, 1.0])
def test_a_picture_is_what_the_network_gives(model: Model, psi: float) -> None:
    raw = Renderer(model, "cpu").raw(Recipe(latent=Latent(7), psi=psi))
    assert_near(raw, straight(model, psi, 7))


@pytest.mark.parametrize("growth", [2.0, 2.25, 3.0, 3.9])
def test_a_growth_without_readouts_is_what_the_network_gives(model: Model, growth: float) -> None:
    raw = Renderer(model, "cpu").raw(Recipe(psi=0.5, growth=growth))
    assert_near(raw, straight(model, 0.5, growth=growth))


def test_a_model_exported_while_fading_is_shown_as_training_saw_it(make_model: MakeModel) -> None:
    model = make_model(growth=3.4)
    renderer = Renderer(model, "cpu")
    model.readouts = dict.fromkeys((4, 8), (torch.zeros(3, 16), torch.zeros(3)))
    assert_near(renderer.raw(Recipe(psi=0.5)), straight(model, 0.5, growth=3.4))
    np.testing.assert_array_equal(
        renderer.raw(Recipe(psi=0.5)), renderer.raw(Recipe(psi=0.5, growth=3.4))
    )


def test_no_growth_goes_beyond_what_training_has_reached(make_model: MakeModel) -> None:
    renderer = Renderer(make_model(growth=3.0), "cpu")
    np.testing.assert_array_equal(renderer.raw(Recipe(growth=4.0)), renderer.raw(Recipe()))
    assert max(renderer.render(Recipe(), previews=True).previews) == 8


def test_a_picture_always_has_the_full_size(model: Model) -> None:
    frame = Renderer(model, "cpu").render(Recipe(growth=2.5), previews=True)
    assert frame.pixels.shape == (16, 16, 3)
    assert {side: preview.pixels.shape for side, preview in frame.previews.items()} == {
        4: (4, 4, 3),
        8: (8, 8, 3),
    }


def test_at_whole_growth_a_block_of_pixels_is_one(model: Model) -> None:
    pixels = Renderer(model, "cpu").render(Recipe(growth=2.0)).pixels
    np.testing.assert_array_equal(pixels, pixels[::4, ::4].repeat(4, axis=0).repeat(4, axis=1))


@pytest.mark.parametrize("noise", [Noise(), Noise("off")])
def test_at_psi_0_every_seed_gives_the_same_picture(model: Model, noise: Noise) -> None:
    renderer = Renderer(model, "cpu")
    mixed = Recipe(psi=0.0, noise=noise).with_mix_at(8, Mix(Latent(77), 0.4))
    first = renderer.raw(Recipe(psi=0.0, noise=noise))
    for seed in (1, 2, 2**32 - 1):
        recipe = replace(mixed, latent=Latent(seed))
        np.testing.assert_array_equal(Renderer(model, "cpu").raw(recipe), first)


def test_psi_leads_to_the_centre_that_is_asked_for(model: Model) -> None:
    renderer, centre = Renderer(model, "cpu"), Latent(9)
    at_it = renderer.raw(Recipe(latent=Latent(5), psi=0.0, centre=centre))
    np.testing.assert_array_equal(at_it, renderer.raw(Recipe(latent=centre, psi=1.0)))
    whole = renderer.raw(Recipe(latent=Latent(5), psi=1.0, centre=centre))
    np.testing.assert_array_equal(whole, renderer.raw(Recipe(latent=Latent(5), psi=1.0)))
    between = Latent(blend=((centre, 0.7), (Latent(5), 0.3)), space="w")
    np.testing.assert_allclose(
        renderer.raw(Recipe(latent=Latent(5), psi=0.3, centre=centre)),
        renderer.raw(Recipe(latent=between, psi=1.0)),
        atol=1e-5,
    )


def test_psi_at_0_everywhere_is_psi_0(model: Model) -> None:
    everywhere = Recipe(latent=Latent(5), psi_at=((4, 0.0), (8, 0.0), (16, 0.0)))
    renderer = Renderer(model, "cpu")
    np.testing.assert_array_equal(renderer.raw(everywhere), renderer.raw(Recipe(psi=0.0)))


def test_the_cutoff_leaves_finer_layers_untruncated(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    cut = renderer.raw(Recipe(psi=0.3, cutoff=2))
    same = renderer.raw(Recipe(psi=1.0, psi_at=((4, 0.3),)))
    np.testing.assert_array_equal(cut, same)
    assert not np.array_equal(cut, renderer.raw(Recipe(psi=0.3)))


def test_mixing_by_nothing_is_no_mixing(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    mixed = Recipe().with_mix_at(8, Mix(Latent(3), 0.0))
    np.testing.assert_array_equal(renderer.raw(mixed), renderer.raw(Recipe()))


def test_mixing_everything_in_fully_is_the_other_picture(model: Model) -> None:
    renderer, mixed = Renderer(model, "cpu"), Recipe()
    for side in (4, 8, 16):
        mixed = mixed.with_mix_at(side, Mix(Latent(3)))
    np.testing.assert_array_equal(renderer.raw(mixed), renderer.raw(Recipe(latent=Latent(3))))


def test_mixing_halfway_is_halfway_in_w(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    with torch.inference_mode():
        a, b = (model.network.map(torch.randn(1, 16, generator=g), None) for g in map(
            lambda seed: torch.Generator().manual_seed(seed), (0, 3)))  # fmt: skip
        halfway = tuple(torch.lerp(a, b, 0.5)[0].double().tolist())
    mixed = Recipe()
    for side in (4, 8, 16):
        mixed = mixed.with_mix_at(side, Mix(Latent(3), 0.5))
    explicit = Recipe(latent=Latent(vector=halfway, space="w"))
    np.testing.assert_array_equal(renderer.raw(mixed), renderer.raw(explicit))


def test_a_coarse_mix_keeps_no_stage_and_a_fine_mix_keeps_the_coarse_features(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    mixed = Recipe().with_mix_at(16, Mix(Latent(3)))
    np.testing.assert_array_equal(renderer.features(mixed, 3), renderer.features(Recipe(), 3))
    assert not np.array_equal(renderer.features(mixed, 4), renderer.features(Recipe(), 4))


def test_a_seed_is_its_own_z_vector(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    z = torch.randn(1, 16, generator=torch.Generator().manual_seed(11))
    vector = Latent(vector=tuple(z[0].double().tolist()))
    np.testing.assert_array_equal(
        renderer.raw(Recipe(latent=Latent(11))), renderer.raw(Recipe(latent=vector))
    )


def test_a_vector_of_another_model_is_refused_in_a_sentence(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    for space in ("z", "w"):
        with pytest.raises(RenderError, match="16 numbers"):
            renderer.render(Recipe(latent=Latent(vector=(0.0, 1.0), space=space)))
    assert renderer.render(Recipe()).stages_run != ()


def test_settings_that_this_model_lacks_change_nothing(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    foreign = Recipe(
        psi_at=((1024, 0.1),),
        mix_at=((512, Mix(Latent(3))),),
        mix_layers=((17, Mix(Latent(vector=(1.0, 2.0)))),),
        noise_layers=((16, LayerNoise(on=False)),),
        growth=10.0,
    )
    np.testing.assert_array_equal(renderer.raw(foreign), renderer.raw(Recipe()))


def test_noise_strength_0_is_noise_off(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    silent = renderer.raw(Recipe(noise=Noise("stored", 0, 0.0)))
    np.testing.assert_array_equal(silent, renderer.raw(Recipe(noise=Noise("off"))))
    assert not np.array_equal(silent, renderer.raw(Recipe()))


@pytest.mark.parametrize("strength", [0.5, 2.0])
def test_noise_is_multiplied_by_its_strength(model: Model, strength: float) -> None:
    raw = Renderer(model, "cpu").raw(Recipe(psi=0.5, noise=Noise("stored", 0, strength)))
    assert_near(raw, straight(model, 0.5, strength=strength))


def test_random_noise_is_multiplied_by_its_strength(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    mixed = Recipe(noise=Noise("random", 5, 2.0))
    whole = [renderer.features(replace(mixed, noise=Noise("random", 5, s)), 0) for s in (1.0, 2.0)]
    assert not np.array_equal(*whole)


def test_random_noise_depends_on_its_seed_alone(model: Model) -> None:
    first = Renderer(model, "cpu").raw(Recipe(noise=Noise("random", 5)))
    np.testing.assert_array_equal(
        first, Renderer(model, "cpu").raw(Recipe(noise=Noise("random", 5)))
    )
    assert not np.array_equal(first, Renderer(model, "cpu").raw(Recipe(noise=Noise("random", 6))))


def test_one_layers_noise_leaves_the_stages_before_it_alone(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    quiet = Recipe().with_noise_layer(3, LayerNoise(on=False))
    np.testing.assert_array_equal(renderer.features(quiet, 2), renderer.features(Recipe(), 2))
    assert not np.array_equal(renderer.features(quiet, 3), renderer.features(Recipe(), 3))


def test_features_are_there_whatever_the_growth(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    features = renderer.features(Recipe(growth=2.0), 5)
    assert features.shape == (16, 16, 16)
    np.testing.assert_array_equal(features, renderer.features(Recipe(), 5))
    with pytest.raises(RenderError, match="no stage 6"):
        renderer.features(Recipe(), 6)


def test_pixels_are_the_raw_picture_rounded_as_published(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    expected = np.clip(renderer.raw(Recipe()) * 127.5 + 128.0, 0, 255).astype(np.uint8)
    np.testing.assert_array_equal(renderer.render(Recipe()).pixels, expected.transpose(1, 2, 0))


def test_a_class_mix_acts_through_the_mapping(make_model: MakeModel) -> None:
    model = make_model(classes=("cat", "dog"))
    z = torch.randn(1, 16, generator=torch.Generator().manual_seed(0))
    w = model.network.map(z, torch.tensor([[0.25, 0.75]]))
    explicit = Recipe(latent=Latent(vector=tuple(w[0].double().tolist()), space="w"))
    renderer = Renderer(model, "cpu")
    mixed = Recipe(classes=((0, 0.25), (1, 0.75)))
    np.testing.assert_array_equal(renderer.raw(mixed), renderer.raw(explicit))


def test_a_class_at_one_resolution_leaves_the_others(make_model: MakeModel) -> None:
    renderer = Renderer(make_model(classes=("cat", "dog")), "cpu")
    renderer.render(Recipe())
    frame = renderer.render(Recipe(classes_at=((16, ((1, 1.0),)),)))
    assert frame.stages_run == ("16x16/conv0", "16x16/conv1")


def test_an_ablated_map_is_a_zeroed_map(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    whole = renderer.features(Recipe(), 2)
    without = renderer.features(Recipe().with_gain(2, 3, 0.0), 2)
    assert not without[3].any()
    np.testing.assert_array_equal(np.delete(without, 3, 0), np.delete(whole, 3, 0))


def test_a_push_moves_w_at_its_layers_only(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    w = w_from_latent(model, Latent(5), torch.device("cpu"))
    step = torch.linspace(-1, 1, 16)
    edited_along = Recipe(
        latent=Latent(5), psi=1.0, pushes=(EditDirection(tuple(step.double().tolist()), 2.0, 2, 3),)
    )
    moved = Latent(vector=tuple((w[0] + 2.0 * step).double().tolist()), space="w")
    mixes = tuple((index, Mix(moved)) for index in (2, 3))
    by_hand = Recipe(latent=Latent(5), psi=1.0, mix_layers=mixes)
    np.testing.assert_allclose(renderer.raw(edited_along), renderer.raw(by_hand), atol=1e-5)


@pytest.mark.parametrize("side", [4, 12, 16, 64])
def test_a_thumbnail_has_the_side_asked_for(model: Model, side: int) -> None:
    assert Renderer(model, "cpu").small(Recipe(Latent(2)), side).shape == (side, side, 3)


def test_a_thumbnail_at_full_size_is_the_picture(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    expected = renderer.render(Recipe(latent=Latent(2))).pixels
    np.testing.assert_array_equal(renderer.small(Recipe(Latent(2)), 16), expected)


def test_unknown_devices_and_precisions_are_refused_in_a_sentence(model: Model) -> None:
    with pytest.raises(RenderError, match="precision 'fp8'"):
        Renderer(model, "cpu", "fp8")
    with pytest.raises(RenderError, match="device"):
        Renderer(model, "abacus")


@pytest.mark.parametrize("precision", ["tf32", "fp16"])
def test_what_only_a_gpu_counts_in_is_refused_on_a_processor(model: Model, precision: str) -> None:
    with pytest.raises(
        RenderError, match=f"{precision} is for a GPU, and this is the cpu. Use fp32"
    ):
        Renderer(model, "cpu", precision)


def test_only_tf32_lets_products_be_shortened() -> None:
    gpu, allowed = torch.device("cuda"), {}
    for precision in PRECISIONS:
        with arithmetic(gpu, precision):
            allowed[precision] = torch.backends.cudnn.allow_tf32
    assert allowed == {"fp32": False, "tf32": True, "bf16": False, "fp16": False}


@pytest.mark.parametrize("architecture", ["progan", "stylegan", "stylegan2", "biggan"])
def test_float16_gives_nearly_the_same_picture(architecture: str) -> None:
    model, cpu = MODELS[architecture](), torch.device("cpu")
    exact = Renderer(model, "cpu").raw(Recipe())
    chain = Chain(model, Conditioner(model, cpu), "fp16")
    chain.reach_level(Recipe(), int(model.capabilities.resolution).bit_length() - 1)
    picture = chain.picture(int(model.capabilities.resolution).bit_length() - 1)[0].numpy()
    assert chain.features(2).dtype is torch.float16
    assert np.abs(picture - exact).mean() < 0.02 * np.abs(exact).mean()


def test_numbers_too_large_for_float16_give_a_sentence_and_no_picture(model: Model) -> None:
    renderer = Renderer(model, "cpu")
    renderer._precision = "fp16"
    image = torch.zeros(1, 3, 4, 4)
    assert renderer._within_range(image) is image
    image[0, 0, 0, 0] = torch.inf
    with pytest.raises(RenderError, match="too large for fp16"):
        renderer._within_range(image)


def test_bf16_gives_nearly_the_same_picture(make_model: MakeModel) -> None:
    exact = Renderer(make_model(), "cpu").raw(Recipe())
    frame = Renderer(make_model(), "cpu", "bf16")
    assert frame.render(Recipe()).precision == "bf16"
    assert np.abs(frame.raw(Recipe()) - exact).mean() < 0.1 * np.abs(exact).mean()
