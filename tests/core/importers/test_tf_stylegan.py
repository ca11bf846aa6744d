"""TensorFlow pickles: which network is taken, what its settings mean, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ganlab_core.errors import CheckpointError
from ganlab_core.importers import open_published
from ganlab_core.importers.published import import_model
from tests.core.importers.conftest import Networks, Save
from tests.hostile import GOLDEN

WHOLE = GOLDEN / "stylegan_tf_64" / "network.pkl"


def variable(network: Any, name: str) -> int:
    """Where a variable stands in its network's list."""
    return next(index for index, pair in enumerate(network.variables) if pair[0] == name)


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as raised:
        import_model(path)
    return raised.value.what


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_gives_the_same_model(
    networks: Networks, save_tf: Save, protocol: int
) -> None:
    again = import_model(save_tf(networks, protocol))
    assert again.info.fingerprint == import_model(WHOLE).info.fingerprint


def test_a_single_network_is_taken_as_it_is(networks: Networks, save_tf: Save) -> None:
    path = save_tf(networks[2])
    assert import_model(path).info.fingerprint == import_model(WHOLE).info.fingerprint
    with pytest.raises(CheckpointError, match="no discriminator"):
        open_published(path).discriminator()


def test_the_averaged_generator_is_taken_of_three() -> None:
    published = open_published(WHOLE)
    averaged, plain = published.generator(), published.generator(averaged=False)
    assert averaged.info.fingerprint != plain.info.fingerprint


def test_the_level_of_detail_of_the_top_network_wins() -> None:
    model = import_model(GOLDEN / "stylegan_tf_64" / "network-snapshot.pkl")
    assert model.info.growth == pytest.approx(4.7)


@pytest.mark.parametrize(
    ("psi", "cutoff", "kept"),
    [
        (0.5, 3, {"psi": 0.5, "cutoff": 3}),
        (None, 8, {"psi": 1.0, "cutoff": None}),
        (0.5, None, {"psi": 1.0, "cutoff": None}),
    ],
)
def test_its_own_truncation_is_kept(
    networks: Networks, save_tf: Save, psi: float, cutoff: int, kept: dict[str, object]
) -> None:
    networks[2].static_kwargs.update(truncation_psi=psi, truncation_cutoff=cutoff)
    assert import_model(save_tf(networks)).info.provenance["truncation"] == kept


def test_another_learning_rate_of_the_mapping_is_folded_in(
    networks: Networks, save_tf: Save
) -> None:
    z = torch.randn(3, 32, generator=torch.Generator().manual_seed(1))
    before = import_model(WHOLE).network.map(z, None)
    networks[2].static_kwargs["mapping_lrmul"] = 0.02
    mapping = networks[2].components["mapping"]
    mapping.variables = [(name, array / 2) for name, array in mapping.variables]
    torch.testing.assert_close(import_model(save_tf(networks)).network.map(z, None), before)


@pytest.mark.parametrize(("value", "kind"), [(True, "always"), (False, "never"), ("auto", "auto")])
def test_fused_layers_are_a_setting(
    networks: Networks, save_tf: Save, value: object, kind: str
) -> None:
    networks[2].static_kwargs["fused_scale"] = value
    assert import_model(save_tf(networks)).info.config["fused_scale"] == kind


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("resolution", 128, "lacks the weights"),
        ("resolution", 32, "of the shape"),
        ("resolution", 2**40, "makes no sense"),
        ("resolution", 48, "pictures of 48 px"),
        ("fmap_max", 16, "of the shape"),
        ("latent_size", 64, "of the shape"),
        ("label_size", 3, "lacks the weights"),
        ("fmap_base", "many", "makes no sense"),
        ("num_channels", 1, "num_channels"),
        ("use_pixel_norm", True, "use_pixel_norm"),
        ("blur_filter", [1, 3, 3, 1], "blur_filter"),
    ],
)
def test_settings_that_the_weights_deny_are_refused(
    networks: Networks, save_tf: Save, name: str, value: object, words: str
) -> None:
    networks[2].static_kwargs[name] = value
    assert words in refusal(save_tf(networks))


def test_a_missing_and_a_surplus_weight_are_named(networks: Networks, save_tf: Save) -> None:
    synthesis = networks[2].components["synthesis"]
    taken = synthesis.variables.pop(variable(synthesis, "8x8/Conv1/weight"))
    assert "lacks the weights '8x8/Conv1/weight'" in refusal(save_tf(networks))
    synthesis.variables += [taken, ("8x8/Conv9/weight", taken[1].copy())]
    assert "no place for: '8x8/Conv9/weight'" in refusal(save_tf(networks))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(
    networks: Networks, save_tf: Save, value: float
) -> None:
    synthesis = networks[2].components["synthesis"]
    synthesis.variables[variable(synthesis, "8x8/Conv1/bias")][1][0] = value
    assert "not finite" in refusal(save_tf(networks))


@pytest.mark.parametrize(
    "variables",
    [
        None,
        [("lod",)],
        [("lod", 0.0)],
        [("lod", (("x", np.zeros(1)),))],
        [("lod", np.zeros(())), ("lod", np.zeros(()))],
    ],
)
def test_variables_that_are_no_arrays_by_name_are_refused(
    networks: Networks, save_tf: Save, variables: object
) -> None:
    networks[2].variables = variables
    assert "not arrays by name" in refusal(save_tf(networks))


@pytest.mark.parametrize("value", [7, [], (1, 2, 3), {"G": 1}])
def test_a_pickle_of_something_else_is_called_that(save_tf: Save, value: object) -> None:
    assert "no generator that ganlab can play" in refusal(save_tf(value))


def test_a_discriminator_alone_is_no_generator(networks: Networks, save_tf: Save) -> None:
    assert "no generator" in refusal(save_tf(networks[1]))


def test_one_array_may_not_stand_for_many_variables(networks: Networks, save_tf: Save) -> None:
    large = np.zeros(100_000, np.float32)
    networks[2].variables += [(f"more{index}", large) for index in range(1000)]
    assert "not arrays by name" in refusal(save_tf(networks))
