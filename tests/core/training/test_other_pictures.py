"""Grey, see-through and oblong pictures: trained, resumed to the same bytes, opened and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab_core.cli import main
from ganlab_core.data import PrepareOptions, fitting_channels, prepare, survey
from ganlab_core.errors import TrainingError
from ganlab_core.export import read_png
from ganlab_core.importers import open_model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.training import (
    BIGGANS,
    TRAINABLE,
    CheckpointSaved,
    RunFolder,
    TrainConfig,
    Warned,
    chosen,
    estimate,
    train,
    with_settings,
)
from ganlab_core.training.config import DOMAINS
from tests.core.training.conftest import TINY, hashes
from tests.core.training.test_adapters import small

KINDS = {"grey": 1, "colours": 3, "see-through": 4}


def painted(folder: Path, kind: str, size: tuple[int, int] = (40, 40), count: int = 8) -> Path:
    """Pictures of a blob on a ground: grey, coloured, or with nothing around the blob."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(3)
    rows, columns = np.mgrid[: size[1], : size[0]]
    for index in range(count):
        near = np.hypot(rows - size[1] / 2, columns - size[0] / 2) < 12 + index % 4
        pixels = np.where(near[..., None], random.integers(0, 256, 3), 240).astype(np.uint8)
        if kind == "grey":
            pixels = pixels[..., 0]
        if kind == "see-through":
            pixels = np.dstack([pixels, np.where(near, 255, 0).astype(np.uint8)])
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


def run_to_the_end(config: TrainConfig, folder: Path) -> list[str]:
    """Train; gives the sentences that were said."""
    return [event.message for event in train(config, folder) if isinstance(event, Warned)]


@pytest.mark.parametrize("architecture", DOMAINS)
def test_two_domains_are_of_colours_alone(architecture):
    with pytest.raises(TrainingError, match="draws in colours"):
        with_settings(TrainConfig(), {"architecture": architecture, "img_channels": 1})


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("architecture", sorted(set(TRAINABLE) - {"cgan", *DOMAINS}))
def test_every_architecture_learns_other_channels(architecture, channels, tmp_path):
    kind = "grey" if channels == 1 else "see-through"
    data = painted(tmp_path / "data", kind)
    config = small(architecture, data, img_channels=channels, images=16, augment="color,ada")
    run_to_the_end(with_settings(config, {"augment_p": 0.8}), tmp_path / "run")
    model = open_model(RunFolder(tmp_path / "run").model)
    frame = Renderer(model, "cpu").render(Recipe(latent=Latent(1)))
    assert model.capabilities.img_channels == channels
    assert frame.pixels.shape == (config.resolution, config.resolution, 3)
    assert frame.channels is not None
    assert frame.channels.shape[2] == channels


@pytest.mark.parametrize(
    ("architecture", "channels", "aspect"),
    [
        ("stylegan", 4, "2:1"),
        ("stylegan2", 1, "3:4"),
        ("stylegan2", 4, "16:9"),
        ("progan", 4, "1:1"),
    ],
)
def test_a_stopped_run_of_other_pictures_ends_with_the_same_bytes(
    architecture, channels, aspect, tmp_path
):
    kind = "grey" if channels == 1 else "see-through"
    data = painted(tmp_path / "data", kind, (60, 70))
    changes: dict[str, object] = {
        "architecture": architecture, "img_channels": channels, "aspect": aspect,
        "augment": "color,translation,cutout,ada", "augment_p": 0.8, "resolution": 8, "data": str(data),
        "images": 96, "mirror": True, "kid_samples": 0, "readout_samples": 8,
    }  # fmt: skip
    config = with_settings(TrainConfig(), {**TINY, **changes})
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    run_to_the_end(config, whole)
    events = train(config, broken)
    next(event for event in events if isinstance(event, CheckpointSaved))
    events.close()  # type: ignore[attr-defined]
    list(train(config, broken, resume=True))
    assert hashes(whole)["model.safetensors"] == hashes(broken)["model.safetensors"]
    can = open_model(RunFolder(broken).model).capabilities
    assert can.const_size == config.const_size
    assert can.size == config.picture_shape(8)[1:]


@pytest.mark.parametrize("kind", KINDS)
def test_the_pictures_decide_the_channels_and_it_is_said(kind, tmp_path):
    data = painted(tmp_path / "data", kind)
    settings = {**TINY, "data": str(data), "img_channels": 0, "images": 8, "resolution": 8}
    said = run_to_the_end(with_settings(TrainConfig(), settings), tmp_path / "run")
    assert fitting_channels(data) == KINDS[kind]
    assert RunFolder(tmp_path / "run").config().img_channels == KINDS[kind]
    words = {"grey": "All pictures are grey", "see-through": "All pictures are see-through"}
    assert [words.get(kind, "?") in sentence for sentence in said].count(True) == (
        kind != "colours"
    )


def test_one_other_picture_makes_the_set_coloured(tmp_path):
    data = painted(tmp_path / "data", "grey")
    painted(tmp_path / "more", "colours", count=1)
    (tmp_path / "more" / "0.png").rename(data / "coloured.png")
    assert fitting_channels(data) == 3
    painted(tmp_path / "clear", "see-through", count=2)
    (tmp_path / "clear" / "0.png").rename(data / "clear.png")
    assert fitting_channels(data) == 3


def test_what_is_not_seen_does_not_shine_through_smaller_pictures(tmp_path):
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[:, ::2] = (200, 40, 90, 255)
    pixels[:, 1::2] = (0, 255, 0, 0)  # nothing is seen of this green
    (tmp_path / "data").mkdir()
    Image.fromarray(pixels).save(tmp_path / "data" / "0.png")
    images = prepare(tmp_path / "data", 16, PrepareOptions(channels=4), tmp_path / "cache")
    for resolution in (8, 4):
        (small_one,) = images.batch(np.array([0]), resolution)
        np.testing.assert_array_equal(small_one[:, 1, 1], (200, 40, 90, 128))


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_oblong_pictures_keep_their_shape(fit, tmp_path):
    data = painted(tmp_path / "data", "see-through", (96, 48))
    options = PrepareOptions(fit=fit, channels=4, const_size=(4, 8))
    images = prepare(data, 16, options, tmp_path / "cache")
    (one,) = images.batch(np.array([0]), 16)
    with Image.open(data / "0.png") as file:
        alone = np.asarray(file.reduce(3)).transpose(2, 0, 1)
    assert one.shape == (4, 16, 32)
    np.testing.assert_array_equal(one[3], alone[3])


def test_padding_is_see_through(tmp_path):
    data = painted(tmp_path / "data", "see-through", (32, 64))
    images = prepare(data, 32, PrepareOptions(fit="pad", channels=4), tmp_path / "cache")
    (one,) = images.batch(np.array([0]), 32)
    assert not one[3, :, :8].any()
    assert one[3, 12:20, 15].all()


def test_from_pictures_to_a_png_with_opacity_on_the_command_line(tmp_path):
    data = painted(tmp_path / "data", "see-through")
    common = [
        "--set",
        "fmap_base=64",
        "--set",
        "fmap_max=8",
        "--set",
        "w_dim=8",
        "--set",
        "z_dim=8",
    ]
    common += [
        "--set",
        "batch_size_at.4=8",
        "--set",
        "batch_size_at.8=8",
        "--set",
        "readout_samples=0",
    ]
    size = ["--images", "16", "--resolution", "8", "--set", "device=cpu", "--set", "batch_size=8"]
    run, out = tmp_path / "run", tmp_path / "out.png"
    done = main(
        ["train", "--data", str(data), "--out", str(run), "--set", "channels=4", *size, *common]
    )
    assert done == 0
    assert main(["render", str(RunFolder(run).model), "--seeds", "5", "--out", str(out)]) == 0
    with Image.open(out) as file:
        assert file.mode == "RGBA"
        pixels = np.asarray(file)
    renderer = Renderer(open_model(RunFolder(run).model), "cpu")
    np.testing.assert_array_equal(pixels, renderer.render(read_png(out).recipe).channels)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"img_channels": 2}, "1, 3 or 4"),
        ({"aspect": "wide"}, "width:height"),
        ({"aspect": "40:1"}, "between 1:16 and 16:1"),
        ({"aspect": "2:1", "architecture": "progan"}, "squares alone"),
    ],
)
def test_what_cannot_be_trained_is_said(changes, words):
    with pytest.raises(TrainingError, match=words):
        with_settings(TrainConfig(), changes)


def test_channels_are_a_width_where_there_is_one():
    assert chosen(TrainConfig(), {"channels": "1"}).img_channels == 1
    big = chosen(TrainConfig(), {"channels": "4", "architecture": BIGGANS[0]})
    assert (big.img_channels, big.channels) == (3, 4)


def test_a_run_of_other_pictures_is_estimated(tmp_path):
    data = painted(tmp_path / "data", "see-through")
    changes = {"img_channels": 4, "aspect": "2:1", "data": str(data), "resolution": 8}
    found = estimate(with_settings(TrainConfig(), {**TINY, **changes}), seconds=0.01)
    assert [resolution for resolution, _ in found.seconds_per_kimg] == [4, 8]


def test_a_run_begins_with_a_model_of_its_channels(tmp_path):
    data = painted(tmp_path / "data", "see-through")
    settings = {
        **TINY,
        "architecture": "stylegan2",
        "data": str(data),
        "resolution": 8,
        "images": 8,
    }
    first = with_settings(TrainConfig(), {**settings, "img_channels": 4, "aspect": "1:2"})
    data_high = painted(tmp_path / "high", "see-through", (40, 80))
    run_to_the_end(with_settings(first, {"data": str(data_high)}), tmp_path / "first")
    start = {"start_from": str(RunFolder(tmp_path / "first").model), "data": str(data_high)}
    run_to_the_end(with_settings(TrainConfig(), {**settings, **start}), tmp_path / "second")
    config = RunFolder(tmp_path / "second").config()
    assert (config.img_channels, config.const_size) == (4, (8, 4))


def test_the_doctor_says_what_training_will_do(tmp_path):
    assert any("grey" in line for line in survey(painted(tmp_path / "a", "grey")).advice)
    assert any("opacity" in line for line in survey(painted(tmp_path / "b", "see-through")).advice)
