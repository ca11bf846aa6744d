"""Pickles of NVIDIA's PyTorch layout that mean harm or are broken; see `tests.hostile`."""

from __future__ import annotations

import functools
import io
import pickle
import struct

import torch

from tests.ada_pickles import Module, ada_discriminator, ada_generator, ada_pickle
from tests.hostile import CANARY, HEAD, Call, text
from tests.stylegan2_models import discriminator, generator

MODULE = b"ctorch_utils.persistence\n_reconstruct_persistent_obj\n"
LOAD = b"ctorch.storage\n_load_from_bytes\n"
TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n"
PROTOCOL = b"\x80\x03"
MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."


@functools.cache
def hostile_ada_files() -> dict[str, bytes]:
    """Name -> content."""
    return _calling() | _storages() | _views() | _shapes() | _cut()


def described(state: bytes) -> bytes:
    """A module whose source would set the canary, with a state by hand."""
    words = b"".join(map(text, ("type", "class", "class_name", "Generator", "module_src", CANARY)))
    return MODULE + b"}(" + words + text("state") + state + b"u\x85R"


def file_of(value: bytes) -> bytes:
    """A file that holds a value by hand as G_ema."""
    return PROTOCOL + b"}" + text("G_ema") + value + b"s."


def weights(value: bytes) -> bytes:
    """A file whose only module has one parameter by hand."""
    return file_of(described(b"}" + text("_parameters") + b"}" + text("w") + value + b"ss"))


def stored(data: bytes) -> bytes:
    """A call that reads a storage."""
    return LOAD + b"B" + struct.pack("<I", len(data)) + data + b"\x85R"


def little(claim: bytes, key: str = "0", numbers: bytes = b"", count: int = 0) -> bytes:
    """A storage's own file, with the pickle that names the storage by hand."""
    head = MAGIC + HEAD + b"M\xe9\x03." + HEAD + b"}."
    return head + HEAD + claim + b"." + keys_of(key) + struct.pack("<q", count) + numbers


def keys_of(key: str) -> bytes:
    """The list of a storage's keys."""
    return HEAD + b"](" + text(key) + b"e."


def claimed(count: int, kind: bytes = b"FloatStorage") -> bytes:
    """The persistent id of a storage."""
    size = b"\x8a\x08" + struct.pack("<q", count)
    return (
        b"("
        + text("storage")
        + b"ctorch\n"
        + kind
        + b"\n"
        + text("0")
        + text("cpu")
        + size
        + b"NtQ"
    )


def view(offset: int, side: int, step: int) -> bytes:
    """A tensor over a storage of four numbers."""
    data = little(claimed(4), numbers=bytes(16), count=4)
    numbers = [b"\x8a\x08" + struct.pack("<q", number) for number in (offset, side, step)]
    where = numbers[0] + numbers[1] + b"\x85" + numbers[2] + b"\x85"
    return TENSOR + b"(" + stored(data) + where + b"\x89}tR"


def _calling() -> dict[str, bytes]:
    run = pickle.dumps(Call(exec, CANARY), 2)[2:-1]
    small = little(claimed(4), numbers=bytes(16), count=4)
    return {
        "ada-exec.pkl": file_of(run),
        "ada-exec-in-state.pkl": file_of(described(b"}" + text("x") + run + b"s")),
        "ada-exec-as-state.pkl": file_of(described(run)),
        "ada-exec-in-storage.pkl": weights(stored(little(run))),
        "ada-exec-as-keys.pkl": weights(stored(small.replace(keys_of("0"), HEAD + run + b"."))),
        "ada-exec-for-magic.pkl": weights(stored(pickle.dumps(Call(exec, CANARY), 2))),
        "ada-source-only.pkl": file_of(described(b"}")),
        "ada-module-called.pkl": file_of(MODULE + text(CANARY) + b"\x85R"),
        "ada-module-of-function.pkl": ada_pickle(Module("Generator")).replace(b"class", b"funct"),
        "ada-load.pkl": file_of(b"ctorch\nload\n" + text("x") + b"\x85R" + MODULE + b"0"),
        "ada-set-of-code.pkl": file_of(b"cbuiltins\nset\n](" + run + b"e\x85R" + MODULE + b"0"),
        "ada-torch-file.pkl": weights(stored(_zipped())),
    }  # fmt: skip


def _zipped() -> bytes:
    """A PyTorch file of the new kind has no place in a storage."""
    buffer = io.BytesIO()
    torch.save({"x": torch.zeros(4)}, buffer)
    return buffer.getvalue()


def _storages() -> dict[str, bytes]:
    deep = stored(b"")
    for _ in range(5):
        deep = weights(deep)
    return {
        "ada-storage-claims.pkl": weights(stored(little(claimed(1 << 40), numbers=bytes(16)))),
        "ada-storage-count.pkl": weights(
            stored(little(claimed(4), numbers=bytes(16), count=1 << 40))
        ),
        "ada-storage-negative.pkl": weights(stored(little(claimed(-4), count=-4))),
        "ada-storage-longer.pkl": weights(stored(little(claimed(4), numbers=bytes(17), count=4))),
        "ada-storage-other-key.pkl": weights(
            stored(little(claimed(4), key="1", numbers=bytes(16), count=4))
        ),
        "ada-storage-kind.pkl": weights(stored(little(claimed(4, b"QUInt8Storage"), count=4))),
        "ada-storage-empty.pkl": weights(stored(b"")),
        "ada-storage-is-a-file.pkl": weights(stored(file_of(b"N"))),
        "ada-storage-nested.pkl": weights(stored(deep)),
        "ada-storage-twice.pkl": weights(stored(little(claimed(4) + b"0" + claimed(4)))),
        "ada-storage-text.pkl": weights(LOAD + text("x") + b"\x85R"),
        "ada-storage-many-steps.pkl": weights(stored(little(b"N0" * 5000 + claimed(0)))),
        "ada-storage-read-again.pkl": weights(read_again(20_000)),
    }


def read_again(times: int) -> bytes:
    """The same storage read over and over from one copy of its bytes."""
    data = little(claimed(0))
    first = b"B" + struct.pack("<I", len(data)) + data + b"\x85q\x02"
    return LOAD + b"q\x03" + first + b"R0" + b"h\x03h\x02R0" * times + b"N"


def _views() -> dict[str, bytes]:
    return {
        "ada-view-wide.pkl": weights(view(0, 1 << 38, 0)),
        "ada-view-beyond.pkl": weights(view(0, 4, 2)),
        "ada-view-offset.pkl": weights(view(4, 1, 1)),
        "ada-view-before.pkl": weights(view(-1, 1, 1)),
        "ada-view-backwards.pkl": weights(view(3, 4, -1)),
        "ada-view-of-nothing.pkl": weights(TENSOR + b"(NK\0))tR"),
        "ada-view-uneven.pkl": weights(
            TENSOR + b"(" + stored(little(claimed(0))) + b"K\0)K\1\x85tR"
        ),
        "ada-parameter-of-code.pkl": weights(
            b"ctorch._utils\n_rebuild_parameter\n" + text(CANARY) + b"\x85R"
        ),
    }


def _shapes() -> dict[str, bytes]:
    state, module = b"}", described(b"}")
    for _ in range(3000):
        state = b"}" + text("_modules") + b"}" + text("a") + state + b"ss"
        module = described(b"}" + text("_modules") + b"}" + text("b4") + module + b"ss")
    return {
        "ada-deep-state.pkl": file_of(described(state)),
        "ada-deep-modules.pkl": file_of(module),
        "ada-many-steps.pkl": file_of(described(b"}")) [:-1] + b"N0" * 600_000 + b".",
        "ada-no-dict.pkl": PROTOCOL + described(b"]") + b".",
        "ada-list.pkl": PROTOCOL + b"](" + described(b"}") + b"e.",
    }  # fmt: skip


def _cut() -> dict[str, bytes]:
    content = {"G": ada_generator(generator()), "D": ada_discriminator(discriminator())}
    whole = ada_pickle({**content, "G_ema": content["G"]})
    return {
        f"ada-cut-{2**power}.pkl": whole[: 2**power] for power in range(1, len(whole).bit_length())
    }
