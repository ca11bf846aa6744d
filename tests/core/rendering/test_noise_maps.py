"""Random noise: normal, independent between places, stages and seeds, and what it was in older Recipes."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from ganlab_core.models import Model
from ganlab_core.recipe import COUNTED_NOISE, TORCH_NOISE, Extent, LayerNoise, Noise, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.rendering.noise import (
    CountedNoise,
    NoiseMaps,
    circled_noise,
    counts,
    key_of,
    normal_pairs,
    random_noise,
    scrambled,
)

CPU = torch.device("cpu")
SEEDS = (*range(24), 2**16, 2**31, 2**32 - 1)
"""Also those whose bits differ least."""

BOUND = 5.0
"""Deviations of chance that a mean may lie off: all of this file's stay within four."""


def maps(
    seed: int, sizes: dict[int, tuple[int, int]], row: int = 0, column: int = 0
) -> list[Tensor]:
    source = CountedNoise(sizes, CPU)
    source.take(seed, row, column)
    return [one[0, 0].double() for one in source.draw().values()]


def key(seed: int) -> Tensor:
    return torch.tensor(key_of(seed), dtype=torch.int32)


@pytest.fixture(scope="module")
def numbers() -> Tensor:
    """Eight million of one seed, of 8 stages, (8, 1024, 1024)."""
    return torch.stack(maps(0, dict.fromkeys(range(8), (1024, 1024))))


# --- normal -------------------------------------------------------------------------------------------


def test_the_moments_are_those_of_a_normal_distribution(numbers: Tensor) -> None:
    x, n = numbers.flatten(), numbers.numel()
    expected = ((1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0))
    for power, mean, variance in expected:
        off = (float((x**power).mean()) - mean) / math.sqrt(variance / n)
        assert abs(off) < BOUND, (power, off)


def test_the_distribution_is_normal_all_along(numbers: Tensor) -> None:
    """Kolmogorov and Smirnov's largest distance; 1.95 is passed by chance once in a thousand times."""
    for one in numbers:
        x = one.flatten().sort().values
        below = 0.5 * (1.0 + torch.erf(x / math.sqrt(2.0)))
        steps = torch.arange(len(x) + 1, dtype=torch.float64) / len(x)
        distance = max(float((below - steps[:-1]).max()), float((steps[1:] - below).max()))
        assert distance * math.sqrt(len(x)) < 1.95


@pytest.mark.parametrize("bound", [2.0, 3.0, 4.0, 4.5, 5.0])
def test_the_tails_are_there_at_the_right_rate(numbers: Tensor, bound: float) -> None:
    for found in (numbers > bound, numbers < -bound):
        expected = 0.5 * math.erfc(bound / math.sqrt(2.0)) * numbers.numel()
        assert abs(int(found.sum()) - expected) < 4.0 * math.sqrt(expected)


def test_the_farthest_numbers_are_finite() -> None:
    """Whatever the two words of a pair are."""
    ends = torch.tensor([0, -1, 1, 2**31 - 1, -(2**31)], dtype=torch.int32)
    out = torch.empty(len(ends) ** 2, 2)
    radius, angle = torch.cartesian_prod(ends, ends).unbind(1)
    before = _counts_of(radius, angle)
    for each in range(len(out)):
        normal_pairs(before[each, :1], before[each, 1:], out[each : each + 1])
    assert out.isfinite().all()
    assert 6.5 < float(out.abs().max()) < 6.7


def _counts_of(radius: Tensor, angle: Tensor) -> Tensor:
    """Rows (count, key, key) that give these words, with the hash taken backwards: (n, 3)."""
    rows = []
    for r, a in zip(radius.tolist(), angle.tolist(), strict=True):
        x = _unfolded(r % 2**32, 16)
        x = _unfolded(x * pow(0xC2B2AE35, -1, 2**32) % 2**32, 13) * pow(0x85EBCA6B, -1, 2**32)
        y = _unfolded(a * pow(0xD35A2D97, -1, 2**32) % 2**32, 15) * pow(0x21F0AAAD, -1, 2**32)
        rows.append([x % 2**32, 0, (y ^ r) % 2**32])
    return torch.tensor(rows, dtype=torch.int64).to(torch.int32)


def _unfolded(x: int, bits: int) -> int:
    found = x
    for _ in range(32 // bits):
        found = x ^ (found >> bits)
    return found


# --- independent --------------------------------------------------------------------------------------


def off_by_chance(a: Tensor, b: Tensor) -> float:
    """How many deviations the correlation of two lists of normal numbers lies off 0; squares count too."""
    squares = ((a**2 - 1.0) * (b**2 - 1.0)).mean() / 2.0
    sizes = (a.abs() - math.sqrt(2.0 / math.pi)) * b / math.sqrt(1.0 - 2.0 / math.pi)
    worst = max(abs(float(one)) for one in ((a * b).mean(), squares, sizes.mean()))
    return worst * math.sqrt(a.numel())


@pytest.mark.parametrize(
    ("down", "right"),
    [(0, 1), (0, 2), (0, 3), (0, 4), (0, 16), (0, 512), (1, 0), (1, 1), (2, 0), (3, 5), (512, 0)],
)
def test_neighbours_say_nothing_of_each_other(numbers: Tensor, down: int, right: int) -> None:
    x = numbers[:2]
    other = x[:, down:, right:]
    assert off_by_chance(x[:, : other.shape[1], : other.shape[2]], other) < BOUND


def test_stages_say_nothing_of_each_other(numbers: Tensor) -> None:
    for stage in range(1, len(numbers)):
        assert off_by_chance(numbers[stage - 1], numbers[stage]) < BOUND


def test_seeds_say_nothing_of_each_other() -> None:
    drawn = torch.stack([maps(seed, {3: (128, 128)})[0].flatten() for seed in SEEDS])
    for x in (drawn, (drawn**2 - 1.0) / math.sqrt(2.0)):
        correlations = (x @ x.T / math.sqrt(x.shape[1])).fill_diagonal_(0.0)
        assert float(correlations.abs().max()) < BOUND


def test_every_bit_is_random_and_says_nothing_of_its_neighbours_or_the_next_seed() -> None:
    counted = counts(5, 2**12, CPU)
    both = [scrambled(counted, key(seed)) for seed in SEEDS]
    radius, angle = (torch.stack([pair[which] for pair in both]) for which in (0, 1))
    places = torch.arange(32, dtype=torch.int32)
    for drawn, bits in ((radius, places), (angle, places[8:])):  # a float keeps 24 bits
        set_ = (drawn[:, :, None] >> bits) & 1
        along, across = set_[:, 1:] ^ set_[:, :-1], set_[1:] ^ set_[:-1]
        within = set_[:, :, 1:] ^ set_[:, :, :-1]
        for one in (set_, along, across, within):
            off = (one.double().mean(dim=(0, 1)) - 0.5) * 2.0 * math.sqrt(one[:, :, 0].numel())
            assert float(off.abs().max()) < BOUND


def test_one_bit_of_a_place_or_a_key_moves_half_of_all_bits() -> None:
    counted = counts(0, 2**12, CPU)
    plain = torch.stack(scrambled(counted, key(1)))
    for bit in range(32):
        flip = torch.tensor(1 << bit, dtype=torch.int64).to(torch.int32)
        other = torch.stack(scrambled(counted ^ flip, key(1)))
        moved = torch.stack([(plain ^ other) >> place & 1 for place in range(8, 32)]).double()
        assert 0.45 < float(moved.mean()) < 0.55, bit


def test_nothing_is_drawn_twice() -> None:
    pairs = {
        (stage, seed): scrambled(counts(stage, 2**16, CPU), key(seed))
        for stage in range(3)
        for seed in SEEDS
    }
    whole = torch.cat([a.long() * 2**32 + b.long() % 2**32 for a, b in pairs.values()])
    assert len(whole.unique()) == len(whole)
    assert len(counts(4, 2**20, CPU).unique()) == 2**20
    assert (
        len(
            {
                key_of(seed, row, column)
                for seed in range(999)
                for row in (-1, 0)
                for column in (0, 1)
            }
        )
        == 3996
    )


# --- the same everywhere and for ever -----------------------------------------------------------------


def reference(seed: int, stage: int, pair: int) -> tuple[int, int]:
    """The two words of a pair in plain whole numbers, without a sign."""
    digest = hashlib.sha256(f"ganlab counted noise {seed} 0 0".encode()).digest()
    first, second = (int.from_bytes(digest[at : at + 4], "little") for at in (0, 4))
    x = pair + (stage << 24)
    x ^= x >> 16
    x = x * 0x7FEB352D % 2**32
    x ^= x >> 15
    x = x * 0x846CA68B % 2**32
    x ^= x >> 16
    x = (x ^ first) * 0x85EBCA6B % 2**32
    x ^= x >> 13
    x = x * 0xC2B2AE35 % 2**32
    x ^= x >> 16
    y = (x ^ second) * 0x21F0AAAD % 2**32
    y ^= y >> 15
    return x, y * 0xD35A2D97 % 2**32


def unsigned(drawn: tuple[Tensor, Tensor]) -> list[tuple[int, int]]:
    return [(a % 2**32, b % 2**32) for a, b in zip(*(one.tolist() for one in drawn), strict=True)]


@pytest.mark.parametrize("stage", [0, 1, 17, 127, 130])
@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_the_words_are_those_of_the_reference(seed: int, stage: int) -> None:
    found = unsigned(scrambled(counts(stage, 40, CPU), key(seed)))
    assert found == [reference(seed, stage, pair) for pair in range(40)]


KNOWN = {
    (0, 0): [(0x649725DB, 0x3B2B66B4), (0xE930B3A6, 0x8D03428C), (0x57B88134, 0xFB70FC40)],
    (1, 0): [(0xF6B2C6D4, 0xA7D21F8C), (0x8DC76009, 0x3931AB97), (0xDF54F4AA, 0x0477F730)],
    (0, 9): [(0x1EF2BF4B, 0x35428C1D), (0x2982B78B, 0xE7C75B6A), (0x0E77DC3D, 0x31FED9BA)],
    (4294967295, 17): [(0xD2D1DBC5, 0x0771A877), (0xE8421D29, 0xB945D70B), (0x5586C266, 0x3F7F72E3)],
}  # fmt: skip
"""Seed and stage -> the first words. They are in every Recipe's picture and never change."""


@pytest.mark.parametrize(("of", "expected"), KNOWN.items())
def test_the_first_words_never_change(of: tuple[int, int], expected: list[tuple[int, int]]) -> None:
    seed, stage = of
    assert unsigned(scrambled(counts(stage, len(expected), CPU), key(seed))) == expected


def test_numbers_are_what_their_words_say_to_the_last_roundings() -> None:
    counted = counts(2, 2**16, CPU)
    radius, angle = scrambled(counted, key(3))
    u = ((radius & 0x7FFFFFFF).float() + 0.5) * 2.0**-31
    r, turned = (-2.0 * u.double().log()).sqrt(), (angle.float() * (math.pi * 2.0**-31)).double()
    out = torch.empty(len(counted), 2)
    normal_pairs(counted, key(3), out)
    exact = torch.stack((r * turned.cos(), r * turned.sin()), dim=1)
    torch.testing.assert_close(out.double(), exact, rtol=4e-7, atol=2e-7)


def test_a_map_is_the_same_whichever_way_it_is_drawn() -> None:
    """Alone, among others, in parts: of any size, odd ones too."""
    sizes = {0: (4, 4), 1: (5, 3), 2: (64, 96), 7: (300, 301)}
    together = CountedNoise(sizes, CPU)
    together.take(8)
    drawn = together.draw()
    for stage, size in sizes.items():
        alone = CountedNoise({stage: size}, CPU)
        alone.take(8)
        assert torch.equal(alone.draw()[stage], drawn[stage])
        assert drawn[stage].shape == (1, 1, *size)
    together._part = 1000
    assert all(torch.equal(again, drawn[stage]) for stage, again in together.draw().items())


def test_what_was_recorded_reads_the_key_where_it_lies() -> None:
    """A recorded graph repeats its arithmetic in the same memory; only the key's numbers are others."""
    source = CountedNoise({0: (8, 8), 3: (16, 16)}, CPU)
    place = source.key.data_ptr()
    source.take(1)
    first = source.draw()
    source.take(2, 0, 1)
    assert source.key.data_ptr() == place
    assert not torch.equal(source.draw()[3], first[3])
    source.take(1)
    assert all(torch.equal(again, first[stage]) for stage, again in source.draw().items())
    assert all(
        again.data_ptr() != first[stage].data_ptr() for stage, again in source.draw().items()
    )


# --- in a model ---------------------------------------------------------------------------------------


@pytest.fixture
def of_model(model: Model) -> NoiseMaps:
    return NoiseMaps(model.network, model.capabilities, CPU)


def stages(model: Model) -> list[int]:
    return [layer.index for layer in model.capabilities.layers if layer.noise]


@pytest.mark.parametrize("generator", [TORCH_NOISE, COUNTED_NOISE])
def test_noise_differs_between_layers_and_between_seeds(
    of_model: NoiseMaps, model: Model, generator: int
) -> None:
    found = {
        tuple(
            of_model.of(stage, Noise("random", seed, generator=generator), Extent())
            .flatten()
            .tolist()[:16]
        )
        for seed in (0, 1, 2, 2**32 - 1)
        for stage in stages(model)
    }
    assert len(found) == 4 * len(stages(model))


@pytest.mark.parametrize("generator", [TORCH_NOISE, COUNTED_NOISE])
def test_noise_on_a_circle_meets_its_seeds_and_keeps_its_spread(generator: int) -> None:
    def draw(seed: int, row: int, column: int) -> Tensor:
        if generator == TORCH_NOISE:
            return random_noise(seed, 3, (64, 64), row, column)
        return maps(seed, {3: (64, 64)}, row, column)[0][None, None].float()

    first, other = draw(1, 0, 0), draw(2, 0, 0)
    at = {
        turn: circled_noise(Noise("random", 1, 1.0, 2, turn, generator), draw)
        for turn in (0.0, 0.25, 0.4, 0.5, 1.0)
    }
    assert torch.equal(at[0.0], first)
    torch.testing.assert_close(at[0.25], other, atol=1e-6, rtol=0)
    torch.testing.assert_close(at[0.5], -first, atol=1e-6, rtol=0)
    torch.testing.assert_close(at[1.0], first, atol=1e-6, rtol=0)
    assert float(at[0.4].std()) == pytest.approx(1.0, abs=0.05)


def test_a_recipe_of_before_has_the_noise_of_before(of_model: NoiseMaps, model: Model) -> None:
    """Its JSON names no generator; torch's numbers for its seed are known."""
    old = Recipe.from_json('{"ganlab_recipe": 1, "noise": {"mode": "random", "seed": 7}}')
    for layer in (model.capabilities.layers[stage] for stage in stages(model)):
        found = of_model.of(layer.index, old.noise_of(layer), Extent())
        size = model.capabilities.size_at(layer.resolution)
        assert torch.equal(found, random_noise(7, layer.index, size))
    known = [-2.1928153, -1.2062153, 1.0961694, 1.395541]
    np.testing.assert_allclose(random_noise(7, 2, (8, 8)).flatten()[:4], known, rtol=1e-6)


def test_a_layers_own_noise_is_its_own_generators(model: Model) -> None:
    layer = model.capabilities.layers[stages(model)[-1]]
    new, old = (
        Recipe().with_noise_layer(layer.index, LayerNoise(mode="random", seed=4, generator=one))
        for one in (COUNTED_NOISE, TORCH_NOISE)
    )
    renderer = Renderer(model, "cpu")
    assert not np.array_equal(renderer.raw(new), renderer.raw(old))
    again = Recipe.from_json(old.to_json())
    np.testing.assert_array_equal(renderer.raw(again), renderer.raw(old))


def test_a_larger_pictures_maps_side_by_side_are_all_different(
    of_model: NoiseMaps, model: Model
) -> None:
    stage = stages(model)[-1]
    side = model.capabilities.layers[stage].resolution
    whole = of_model.of(stage, Noise("random", 3), Extent(3.0, 3.0))[0, 0]
    assert whole.shape == (3 * side, 3 * side)
    middle = of_model.of(stage, Noise("random", 3), Extent())[0, 0]
    assert torch.equal(whole[side : 2 * side, side : 2 * side], middle)
    assert whole.unique().numel() > 0.99 * whole.numel()


def test_noise_drawn_while_rendering_can_be_part_of_a_gradient(
    of_model: NoiseMaps, model: Model
) -> None:
    stage = stages(model)[0]
    with torch.inference_mode():
        rendered = of_model.of(stage, Noise("random", 6), Extent())
    found = of_model.of(stage, Noise("random", 6), Extent())
    weight = torch.ones(1, requires_grad=True)
    (weight * found).sum().backward()
    assert torch.equal(found, rendered)
    assert float(weight.grad) == pytest.approx(float(found.sum()))
