"""Good published files wrapped, prefixed, re-typed, strided, mangled: `python -m tests.variants [COUNT]`.

Every variant is a file that some training script could have written, or a damaged copy of one. Whole ones
must open with the weights they had (to half precision where they were made halves), or be refused by what
they are; none may be called dangerous. Copies with code hidden in them must all be refused as such.
"""

from __future__ import annotations

import argparse
import collections
import io
import pickle
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.contents import read_contents
from ganlab_core.importers.published import import_model
from tests.hostile import CANARY, GOLDEN, Call

State = dict[str, Tensor]
DANGER = "wants to run"
HOSTILE = (exec, eval, getattr, __import__, pickle.loads, torch.load, io.open)


@dataclass(frozen=True, slots=True)
class Source:
    """A generator's tensors by name, the file they came from, and what wraps them there for good."""

    name: str
    state: State
    around: Callable[[State], Any]
    expected: State


def sources() -> list[Source]:
    """One of every layout that is a dict of tensors."""
    found = []
    for folder, file, root in (
        ("genforce-sg2", "stylegan2_64.pth", "generator_smooth."),
        ("ros-nonoises", "550000.pt", "g_ema."),
        ("akan-progan", "depth_4_epoch_8.bin", "shadow_generator.state_dict."),
        ("biggan_ajbrock_32_unshared", "G_ema.pth", ""),
        ("big-deep-depth1", "G_ema.pth", ""),
        ("sg3-r", "network.pkl", "G_ema."),
        ("ada-gray", "network.pkl", "G_ema."),
    ):
        path = GOLDEN / folder / file
        state = read_contents(path).below(root)
        expected = weights_of(_written({"state": state}, "zip"))
        found.append(Source(folder, state, lambda state: state, expected))
    return found


def weights_of(data: bytes, name: str = "model.pt") -> State:
    """What the product makes of a file; raises `CheckpointError`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return dict(import_model(path).network.module.state_dict())


class Shadow:
    """An averaging wrapper of some project's own."""

    def __init__(self, state: State) -> None:
        self.shadow, self.decay = state, 0.99


Wrap = Callable[[Any, random.Random], Any]
WRAPS: tuple[Wrap, ...] = (
    lambda value, _: {"state_dict": value},
    lambda value, _: {"model_state_dict": value, "epoch": 3, "loss": [0.1] * 5},
    lambda value, _: {"g_ema": value, "args": argparse.Namespace(size=64, path=Path("x"))},
    lambda value, _: {"G_ema": value, "optim": {"param_groups": [{"lr": 1e-3}], "state": {}}},
    lambda value, _: {"netG": value, "netD": {"linear.weight": torch.zeros(2, 2)}},
    lambda value, _: {"generator": value, "step": torch.tensor(5)},
    lambda value, _: [value, 7],
    lambda value, _: (3, value),
    lambda value, _: collections.defaultdict(int, {"ema": value}),
    lambda value, _: collections.OrderedDict(model=value),
    lambda value, _: {"ema": Shadow(value), "when": __import__("datetime").date(2024, 1, 2)},
    lambda value, source: {"seed": source.random(), "rng": torch.arange(10), "model": value},
)
PREFIXES = ("", "module.", "_orig_mod.", "module._orig_mod.", "generator.", "G.", "g_ema.module.")
KINDS = (torch.float32, torch.float32, torch.float64, torch.float16, torch.bfloat16)
CONTAINERS = ("zip", "zip", "legacy", "pickle", "safetensors")


def varied(state: State, source: random.Random) -> tuple[State, torch.dtype]:
    """The same numbers under other names, of another type, and in another order in memory."""
    prefix, kind, turn = source.choice(PREFIXES), source.choice(KINDS), source.random() < 0.5
    names = list(state)
    if source.random() < 0.5:
        source.shuffle(names)
    return {prefix + name: _turned(state[name].to(kind), turn) for name in names}, kind


def _turned(tensor: Tensor, turn: bool) -> Tensor:
    if not turn or tensor.ndim < 2:
        return tensor
    if tensor.ndim == 4:
        return tensor.contiguous(memory_format=torch.channels_last)
    return tensor.transpose(0, 1).contiguous().transpose(0, 1)


def _written(value: Any, container: str) -> bytes:
    if container == "safetensors":
        return save({name: tensor.contiguous() for name, tensor in value.items()})
    if container == "pickle":
        return pickle.dumps(value, 3)
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=container == "zip")
    return buffer.getvalue()


def mangled(data: bytes, source: random.Random) -> bytes:
    """Cut short, with a byte or a stretch changed, or with something behind."""
    at = source.randrange(len(data))
    match source.randrange(4):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + bytes([source.randrange(256)]) + data[at + 1 :]
        case 2:
            return data[:at] + source.randbytes(min(40, len(data) - at)) + data[at + 40 :]
        case _:
            return data + source.randbytes(16)


def whole_ones(count: int, known: list[Source], seed: int = 0) -> Iterator[str]:
    """Sentences on every whole variant that did not come out right; empty where all did."""
    source = random.Random(seed)
    for number in range(count):
        one = known[number % len(known)]
        state, kind = varied(one.state, source)
        container, value = source.choice(CONTAINERS), state
        if container != "safetensors":
            for _ in range(source.randrange(3)):
                value = source.choice(WRAPS)(value, source)
        told = f"{number} {one.name} as {container} of {kind}"
        try:
            found = weights_of(_written(value, container), source.choice(("a.pt", "b", "c.pkl")))
        except CheckpointError as error:
            yield f"{told}: {error.what}"
            continue
        if not _alike(found, one.expected, kind):
            yield f"{told}: other weights"


def _alike(found: State, expected: State, kind: torch.dtype) -> bool:
    rough = {torch.float16: 2e-2, torch.bfloat16: 2e-1}.get(kind, 1e-5)
    return found.keys() == expected.keys() and all(
        torch.allclose(found[name], tensor, rtol=rough, atol=rough * float(tensor.abs().max()))
        for name, tensor in expected.items()
        if not name.startswith("synthesis.noise")
    )


def broken_ones(count: int, known: list[Source], seed: int = 0) -> Iterator[str]:
    """Sentences on every mangled variant that was called dangerous or ended in anything but a sentence."""
    source = random.Random(seed)
    for number in range(count):
        one = known[number % len(known)]
        whole = _written({"g": one.state}, source.choice(("zip", "legacy")))
        try:
            weights_of(mangled(whole, source))
        except CheckpointError as error:
            named = error.what.partition("'")[2].partition("'")[0].rpartition(".")[2]
            if (
                DANGER in error.what and named.encode() in whole
            ):  # else the mangling wrote that name
                yield f"{number} {one.name}: {error.what}"


def hostile_ones(count: int, known: list[Source], seed: int = 0) -> Iterator[str]:
    """Sentences on every variant with code in it that was not refused as such."""
    source = random.Random(seed)
    for number in range(count):
        one = known[number % len(known)]
        state, _ = varied(one.state, source)
        code = Call(source.choice(HOSTILE), CANARY)
        value: Any = {"g_ema": state, source.choice(("args", "aaa", "zzz")): code}
        for _ in range(source.randrange(2)):
            value = source.choice(WRAPS)(value, source)
        try:
            weights_of(_written(value, source.choice(("zip", "legacy", "pickle"))))
        except CheckpointError as error:
            if DANGER in error.what:
                continue
            yield f"{number} {one.name}: {error.what}"
        else:
            yield f"{number} {one.name}: was opened"


def main(arguments: list[str]) -> int:
    """Make so many variants and print what went wrong."""
    count, known = int(arguments[0]) if arguments else 1000, sources()
    wrong = [
        *whole_ones(count // 2, known),
        *broken_ones(count // 4, known),
        *hostile_ones(count // 4, known),
    ]
    sys.stdout.write("".join(f"{sentence}\n" for sentence in wrong))
    sys.stdout.write(f"{count} variants, {len(wrong)} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
