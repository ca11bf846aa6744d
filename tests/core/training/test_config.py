"""TrainConfig: JSON, settings from a command line, and refusals in a sentence."""

from __future__ import annotations

import dataclasses
import json

import pytest

from ganlab_core.errors import TrainingError
from ganlab_core.training import TRAINABLE, TrainConfig, adapters, preset, with_settings
from ganlab_core.training.state import build
from ganlab_core.training.training_presets import PRESETS


def test_a_config_survives_json() -> None:
    config = with_settings(
        TrainConfig(), {"batch_size_at.8": "64", "fade_kimg": "2.5", "mirror": "yes", "seed": "3"}
    )
    assert TrainConfig.from_json(config.to_json()) == config
    assert config.at("batch_size", 8) == 64
    assert config.at("batch_size", 16) == config.batch_size


@pytest.mark.parametrize("architecture", TRAINABLE)
@pytest.mark.parametrize("name", ["minutes", "evening", "gpu", "paper"])
def test_every_preset_is_a_valid_config(name: str, architecture: str) -> None:
    config = with_settings(TrainConfig(), preset(name, architecture))
    assert config.architecture == architecture


@pytest.mark.parametrize("here", ["bf16", "fp32"])
def test_the_machine_decides_the_precision_that_was_left_to_it(
    here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters, "fastest_precision", lambda device: here)
    config = TrainConfig(device="cpu")
    assert adapters.with_precision(dataclasses.replace(config, precision="auto")).precision == here
    for said in ("fp32", "bf16"):
        assert (
            adapters.with_precision(dataclasses.replace(config, precision=said)).precision == said
        )


def test_presets_set_nothing_that_does_not_concern_their_architecture() -> None:
    concerns = {
        field.name: field.metadata["only"] or TRAINABLE for field in dataclasses.fields(TrainConfig)
    }
    for architecture, named in PRESETS.items():
        for settings in named.values():
            strangers = {k for k in settings if architecture not in concerns[k.partition(".")[0]]}
            assert not strangers, architecture


def test_an_unknown_preset_or_architecture_is_refused_in_a_sentence() -> None:
    with pytest.raises(TrainingError, match="no preset 'weeks'"):
        preset("weeks", "biggan")
    with pytest.raises(TrainingError, match="no architecture 'vae'"):
        preset("minutes", "vae")


def test_every_field_says_what_it_is() -> None:
    assert all(
        field.metadata["help"].endswith((".", ":")) for field in dataclasses.fields(TrainConfig)
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"nonsense": "1"}, "no setting 'nonsense'"),
        ({"resolution": "48"}, "power of two"),
        ({"resolution": "a lot"}, "resolution cannot be"),
        ({"images": "1e99"}, "images"),
        ({"learning_rate": "nan"}, "learning_rate must be from"),
        ({"loss": "mean"}, "loss is one of"),
        ({"augment": "glitter"}, "does not know glitter"),
        ({"mirror": "maybe"}, "mirror cannot be"),
        ({"batch_size_at": "8"}, "needs a resolution"),
        ({"accumulate": "3"}, "multiple of accumulate"),
        ({"initial_resolution": "128"}, "larger than resolution"),
    ],
)
def test_a_wrong_setting_is_refused_in_a_sentence(settings: dict[str, object], words: str) -> None:
    with pytest.raises(TrainingError, match=words):
        with_settings(TrainConfig(), settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not readable JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "not the config of a ganlab run"),
        ("{}", "not the config of a ganlab run"),
        ('{"ganlab_train_config": "1"}', "not the config of a ganlab run"),
        ('{"ganlab_train_config": 99}', "config was saved by a newer ganlab"),
    ],
)
def test_rubbish_is_told_from_the_config_of_a_newer_ganlab(text: str, words: str) -> None:
    with pytest.raises(TrainingError, match=words):
        TrainConfig.from_json(text)


@pytest.mark.parametrize(
    ("architecture", "settings"),
    [
        ("biggan", {"resolution": 16}),
        ("biggan", {"z_dim": 3}),
        ("biggan-deep", {"channels": 1, "attention": 16}),
        ("progan", {"fmap_base": 16, "resolution": 1024}),
        ("biggan", {"resolution": 64, "channels": 7, "attention": 32}),
        ("biggan-deep", {"resolution": 64, "channels": 3, "attention": 32}),
    ],
)
def test_networks_that_cannot_be_are_refused_in_a_sentence(
    architecture: str, settings: dict[str, object]
) -> None:
    config = with_settings(TrainConfig(), {**preset("minutes", architecture), **settings})
    with pytest.raises(TrainingError, match=f"No {architecture} can be built"):
        build(config, 2)


def test_a_config_of_an_earlier_version_has_the_new_settings_at_rest() -> None:
    old = {
        "ganlab_train_config": 1,
        "architecture": "stylegan",
        "d_steps": 2,
        "learning_rate": 0.002,
    }
    config = TrainConfig.from_json(json.dumps(old))
    assert (config.adam_beta2, config.adam_epsilon, config.learning_rate_d) == (0.99, 1e-8, None)
    assert (config.fresh_reals, config.keep_phases) == (False, False)
    assert (config.ortho_reg, config.ema_start_kimg) == (0.0, 0.0)
    assert config.accumulate == 1


@pytest.mark.parametrize("channels", [7, 8])
def test_attention_needs_eight_feature_maps_in_the_discriminator_too(channels: int) -> None:
    """At 32 px of 64 it has a quarter of the generator's."""
    settings = {"resolution": 64, "channels": channels, "attention": 32}
    config = with_settings(TrainConfig(), {**preset("minutes", "biggan"), **settings})
    if channels >= 8:
        assert build(config, 2)
        return
    with pytest.raises(TrainingError) as caught:
        build(config, 2)
    assert (
        "discriminator has 7 feature maps at 32 px, and self-attention needs 8" in caught.value.what
    )
    assert "channels or attention" in caught.value.remedy
