"""Readings tell something true of the networks, and leave the run as it is."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from ganlab_core.data import prepare
from ganlab_core.training import TrainConfig, train, with_settings
from ganlab_core.training.loop import distance_to_data, spectral_norms
from ganlab_core.training.state import TrainState


def events(run: Path, kind: str) -> list[dict[str, object]]:
    lines = (run / "events.jsonl").read_text().splitlines()
    return [event for line in lines if (event := json.loads(line))["event"] == kind]


def test_gains_are_the_largest_singular_values(tiny: TrainConfig) -> None:
    state = TrainState.start(tiny, 0, torch.device("cpu"))
    gains = spectral_norms(state.generator, "g")
    layers = {f"g.{name}": layer for name, layer in state.generator.named_modules()}
    assert len(gains) > 10
    for name, value in gains.items():
        layer = layers[name]
        exact = torch.linalg.matrix_norm(layer.weight.flatten(1), 2) * layer.scale
        torch.testing.assert_close(value, exact, rtol=0.05, atol=1e-4)


def test_the_distance_falls_when_the_samples_become_the_data(
    tiny: TrainConfig, pictures: Path
) -> None:
    images = prepare(pictures, 16)
    state = TrainState.start(with_settings(tiny, {"sheet_psi": 0.7}), 0, torch.device("cpu"))
    fresh = distance_to_data(state, images, 4.0)
    assert fresh == distance_to_data(state, images, 4.0)

    class Copying:
        """Shows the data itself."""

        def sample_grid(
            self, _average: object, config: TrainConfig, _growth: float
        ) -> torch.Tensor:
            count = min(config.sheet_rows * config.sheet_columns, len(images))
            pixels = torch.from_numpy(images.batch(torch.arange(count).numpy(), 16))
            return pixels.float() / 127.5 - 1.0

    state_type = type("State", (), {"adapter": Copying(), "average": None, "config": state.config})
    assert distance_to_data(state_type(), images, 4.0) < 0.3 * fresh  # type: ignore[arg-type]


def test_measuring_changes_nothing_of_the_run(tiny: TrainConfig, tmp_path: Path) -> None:
    config = with_settings(tiny, {"images": 96, "distance_kimg": 0.008, "spectra_kimg": 0.008})
    never = with_settings(config, {"distance_kimg": 0, "spectra_kimg": 1000})
    list(train(config, tmp_path / "measured"))
    list(train(never, tmp_path / "left"))
    assert len(events(tmp_path / "measured", "Measured")) == 12
    assert len(events(tmp_path / "measured", "LayerGains")) == 12
    assert not events(tmp_path / "left", "Measured")
    one, other = (tmp_path / name / "model.safetensors" for name in ("measured", "left"))
    assert one.read_bytes() == other.read_bytes()
