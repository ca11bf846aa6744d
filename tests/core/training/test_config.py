"""TrainConfig: JSON, settings from a command line, and refusals in a sentence."""

from __future__ import annotations

import dataclasses

import pytest

from ganlab_core.errors import TrainingError
from ganlab_core.training.config import TrainConfig, with_settings
from ganlab_core.training.presets import PRESETS, preset


def test_a_config_survives_json() -> None:
    config = with_settings(
        TrainConfig(), {"batch_size_at.8": "64", "fade_kimg": "2.5", "mirror": "yes", "seed": "3"}
    )
    assert TrainConfig.from_json(config.to_json()) == config
    assert config.at("batch_size", 8) == 64
    assert config.at("batch_size", 16) == config.batch_size


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_valid_config(name: str) -> None:
    with_settings(TrainConfig(), preset(name))


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
        ({"loss": "hinge"}, "loss is one of"),
        ({"augment": "glitter"}, "does not know glitter"),
        ({"mirror": "maybe"}, "mirror cannot be"),
        ({"batch_size_at": "8"}, "needs a resolution"),
        ({"initial_resolution": "128"}, "larger than resolution"),
    ],
)
def test_a_wrong_setting_is_refused_in_a_sentence(settings: dict[str, object], words: str) -> None:
    with pytest.raises(TrainingError, match=words):
        with_settings(TrainConfig(), settings)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"ganlab_train_config": 99}', "[" * 100_000])
def test_rubbish_is_not_a_config(text: str) -> None:
    with pytest.raises(TrainingError):
        TrainConfig.from_json(text)
