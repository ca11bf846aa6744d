"""What frames cost beside their bare products, on tiny networks: the figures are right, not good."""

from __future__ import annotations

import json

import pytest
import torch

from ganlab_core.cli import main
from ganlab_core.errors import GanlabError
from ganlab_core.recipe import Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.speed import (
    BareConvolutions,
    BareProducts,
    edits,
    expect,
    measure,
    products_of,
    published_size,
    training_rates,
)
from ganlab_core.speed.frame_rates import MAPPING, READ
from tests.every_model import MODELS

CPU = torch.device("cpu")


def test_every_convolution_and_product_of_a_frame_is_found_once() -> None:
    model = published_size("progan-8")
    found = products_of(model, CPU)
    # 4x4/dense, 4x4/conv, 8x8/conv0 (4x4 kernels), 8x8/conv1, toRGB
    assert {place: len(products) for place, products in found.items()} == {
        MAPPING: 0, READ: 1, 0: 1, 1: 1, 2: 1, 3: 1
    }  # fmt: skip
    work = [found[stage][0].operations for stage in range(4)]
    assert work == [
        2 * 512 * 512 * 16,
        2 * 512 * 512 * 9 * 16,
        2 * 512 * 512 * 16 * 16,
        2 * 512 * 512 * 9 * 64,
    ]
    assert found[READ][0].operations == 2 * 512 * 3 * 64


def test_a_filter_of_each_map_is_no_product() -> None:
    found = products_of(published_size("stylegan-8"), CPU)
    names = [str(product.operator) for product in found[2]]
    assert len(names) == 2  # the style's, and the up-scaling convolution; not the blur
    assert len(found[MAPPING]) == 8


def test_products_can_be_repeated_alone() -> None:
    model = published_size("biggan-deep-32")
    floor = BareProducts(products_of(model, CPU), CPU, "bf16")
    floor.run([MAPPING, 0, 1, READ])


@pytest.mark.parametrize("name", MODELS)
def test_each_edit_asks_for_another_picture_every_time(name: str) -> None:
    can = MODELS[name]().capabilities
    found = edits(can)
    assert found[0].what == "full frame"
    for edit in found:
        assert edit.recipe(0) != edit.recipe(1)
    assert any(edit.what == f"edit at {can.resolution} px" for edit in found)


def test_timings_tell_what_ran_and_what_it_stands_above() -> None:
    renderer = Renderer(MODELS["stylegan"](), "cpu")
    timings = {one.what: one for one in measure("tiny", renderer, 2)}
    full, finest = timings["full frame"], timings["edit at 16 px"]
    assert (full.stages, finest.stages) == (6, 2)
    assert full.ms > 0
    assert full.floor_ms > 0
    assert full.ratio is not None
    assert full.p95_ms >= full.ms
    assert (full.precision, full.device, full.grey_error) == ("fp32", "cpu", None)
    assert timings["growth scrub"].ratio is None


def test_bfloat16_tells_its_error() -> None:
    renderer = Renderer(MODELS["stylegan"](), "cpu", "bf16")
    (full,) = measure("tiny", renderer, 1, "full frame")
    assert full.grey_error is not None
    assert 0 < full.grey_error < 64


def test_a_name_that_is_no_network_is_refused_with_a_way_out() -> None:
    for name in ("stylegan-77", "vqgan-256", "stylegan", "biggan-deep-1024"):
        with pytest.raises(GanlabError):
            published_size(name)


def test_a_published_size_is_the_same_each_time() -> None:
    one, other = (Renderer(published_size("progan-16"), "cpu").raw(Recipe()) for _ in range(2))
    assert (one == other).all()


def test_the_command_prints_objects(capsys: pytest.CaptureFixture[str]) -> None:
    line = [
        "bench",
        "--models",
        "stylegan-16,progan-8",
        "--rounds",
        "1",
        "--json",
        "--only",
        "full",
    ]
    assert main(line) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["model"] for one in found] == ["stylegan-16", "progan-8"]
    keys = {"what", "ms", "p95_ms", "floor_ms", "ratio", "stages", "precision", "device"}
    assert keys <= found[0].keys()
    assert main(["bench", "--models", "progan-8", "--rounds", "1"]) == 0
    assert "edit at 8 px" in capsys.readouterr().out


def test_convolutions_are_found_with_their_gradients_and_in_their_precision() -> None:
    layers = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3),
        torch.nn.Conv2d(4, 4, 3, groups=4),  # a filter of each map
        torch.nn.Conv2d(4, 2, 3),
    )
    images = torch.randn(2, 3, 8, 8)

    def work() -> None:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = layers(images)
        scores.float().sum().backward()

    floor = BareConvolutions(work, CPU)
    assert len(floor.calls) == 4
    assert len(BareConvolutions(floor.run, CPU).calls) == 4
    seen: list[torch.dtype] = []
    for call in floor.calls:
        made = call()
        seen += [
            one.dtype for one in (made if isinstance(made, tuple) else (made,)) if one is not None
        ]
    assert set(seen) == {torch.bfloat16}


TINY_TRAINING = {
    "fmap_base": 64, "fmap_max": 8, "z_dim": 8, "w_dim": 8, "batch_size": 8, "batch_size_at.8": 8,
    "device": "cpu", "precision": "fp32",
}  # fmt: skip


def test_training_is_told_beside_its_bare_convolutions() -> None:
    rates = training_rates(
        "stylegan", ("minutes",), settings=TINY_TRAINING, rounds=1, only="at 8 px"
    )
    (rate,) = rates
    assert (rate.what, rate.batch, rate.precision) == ("training at 8 px (minutes)", 8, "fp32")
    assert 0.0 < rate.floor_ms < rate.ms
    assert rate.ratio == pytest.approx(rate.ms / rate.floor_ms, rel=0.05)
    assert rate.per_second == pytest.approx(1000.0 / rate.ms, rel=0.01)
    (dense,) = training_rates("gan", ("minutes",), settings={"device": "cpu"}, rounds=1)
    assert dense.ratio is None


def test_the_command_measures_training_alone(capsys: pytest.CaptureFixture[str]) -> None:
    line = ["bench", "--models", "stylegan-8", "--train", "--only", "training at 8 px (minutes)"]
    line += ["--rounds", "1", "--threads", "1", "--device", "cpu", "--precision", "fp32"]
    assert main([*line, "--json"]) == 0
    (rate,) = json.loads(capsys.readouterr().out)
    assert (rate["model"], rate["precision"], rate["threads"]) == ("stylegan", "fp32", 1)
    assert main(line) == 0
    told = capsys.readouterr().out
    assert "PICTURES/S" in told
    assert "training at 8 px (minutes)" in told


def test_what_to_expect_follows_from_what_the_machine_convolves() -> None:
    found = expect(CPU)
    assert found.giga_operations > 0
    assert found.seconds["StyleGAN at 1024 px"] > found.seconds["StyleGAN at 256 px"]
