"""The engine: published files open like our own, hostile ones end in a sentence."""

from __future__ import annotations

import builtins
from pathlib import Path

import pytest

from ganlab.engine.torch_engine import TorchEngine
from ganlab_core.errors import GanlabError
from ganlab_core.recipe import Recipe
from tests.hostile import GOLDEN, SAFETY, hostile_files


def test_a_published_file_opens_and_draws() -> None:
    engine = TorchEngine("cpu")
    info, can = engine.load(str(GOLDEN / "stylegan_zoo_32" / "model.pth"))
    assert (info.name, can.resolution, can.has_noise) == ("model", 32, True)
    assert engine.draw(Recipe(), previews=True).pixels.shape == (32, 32, 3)


def test_no_hostile_file_opens_and_the_last_model_stays(tmp_path: Path) -> None:
    engine = TorchEngine("cpu")
    engine.load(str(GOLDEN / "stylegan_zoo_32" / "model.pth"))
    for name, content in hostile_files().items():
        (tmp_path / name).write_bytes(content)
    for path in [*tmp_path.iterdir(), *SAFETY.glob("*.p*")]:
        with pytest.raises(GanlabError):
            engine.load(str(path))
    assert not hasattr(builtins, "GANLAB_CANARY")
    assert engine.draw(Recipe(), previews=False).pixels.shape == (32, 32, 3)
