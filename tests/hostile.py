"""Files that mean harm or are broken, made anew; all are harmless even to a careless reader's machine.

Whatever runs in them would set `builtins.GANLAB_CANARY` or write to the path of the canary.
"""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import struct
import zipfile
from pathlib import Path

import torch

from ganlab_core.importers.recognition import LEGACY_TORCH

GOLDEN = Path(__file__).parent / "data" / "golden"
SAFETY = GOLDEN / "safety"
CANARY = "import builtins; builtins.GANLAB_CANARY = True"
TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n"
HEAD = b"\x80\x02"


class Call:
    """Pickles as a call of `function`."""

    def __init__(self, function: object, *arguments: object) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self._call


class Network:
    """Stands in for the published class; see `as_tf`."""


class OldNetwork:
    """Stands in for the class that ProGAN's own code pickled."""


OldNetwork.__qualname__ = "Network"


class BaseConfig:
    """Stands in for the GAN zoo's config."""


def text(word: str) -> bytes:
    data = word.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def hostile_files() -> dict[str, bytes]:
    """Name -> content."""
    return _calling() | _twisted() | _squares() | _claiming() | _torch_files() | _cut() | _sizes()


def _calling() -> dict[str, bytes]:
    """Calls of code by all the ways a pickle has."""
    run = text(CANARY)
    network = HEAD + b"cdnnlib.tflib.network\nNetwork\n)\x81"
    progan = HEAD + b"ctfutil\nNetwork\n)\x81"
    return {
        "exec.pkl": pickle.dumps(Call(exec, CANARY), 2),
        "exec-stack-global.pkl": pickle.dumps(Call(exec, CANARY), 4),
        "system-proto5.pkl": pickle.dumps([Call(os.system, "true")], 5),
        "inst.pkl": HEAD + b"(" + run + b"ibuiltins\nexec\n.",
        "obj.pkl": HEAD + b"(cbuiltins\nexec\n" + run + b"o.",
        "newobj.pkl": HEAD + b"cbuiltins\nexec\n" + run + b"\x85\x81.",
        "newobj-ex.pkl": b"\x80\x04cbuiltins\nexec\n" + run + b"\x85}\x92.",
        "extension.pkl": HEAD + b"\x82\x01.",
        "getattr.pkl": pickle.dumps(Call(getattr, "x", "join"), 2),
        "import.pkl": pickle.dumps(Call(__import__, "os"), 2),
        "network-subclass.pkl": b"\x80\x04\x8c\x14dnnlib.tflib.network\x8c\x10Network.__init__\x93.",
        "network-called-with-code.pkl": HEAD
        + b"cdnnlib.tflib.network\nNetwork\n"
        + run
        + b"\x85R.",
        "network-state-is-code.pkl": network + pickle.dumps(Call(exec, CANARY), 2)[2:-1] + b"b.",
        "progan-state-is-code.pkl": progan + pickle.dumps(Call(exec, CANARY), 2)[2:-1] + b"b.",
        "progan-called-with-code.pkl": HEAD + b"ctfutil\nNetwork\n" + run + b"\x85R.",
        "progan-other-name.pkl": HEAD + b"ctfutil\nrun\n" + run + b"\x85R.",
        "ndarray-called.pkl": HEAD + b"cnumpy\nndarray\nK\x08\x85\x85R.",
        "codec-other.pkl": HEAD + b"c_codecs\nencode\n" + text("x") + text("rot13") + b"\x86R.",
        "numpy-load.pkl": HEAD + b"cnumpy\nload\n" + text("x") + b"\x85R.",
        "torch-in-tf.pkl": HEAD + b"ctorch.storage\n_load_from_bytes\nC\x00\x85R.",
        "persistent.pkl": HEAD + text("id") + b"Q.",
        "persistent-text.pkl": HEAD + b"Pid\n.",
        "persistent-nested.pkl": HEAD + text("id") + b"QQ.",
    }


def _twisted() -> dict[str, bytes]:
    """Structures that would cost more than they weigh."""
    doubled = b")" + b"2\x86" * 60
    return {
        "deep-list.pkl": b"\x80\x04" + b"]" * 200_000 + b"a" * 199_999 + b".",
        "deep-tuple.pkl": b"\x80\x04)" + b"\x85" * 200_000 + b".",
        "hash-bomb.pkl": b"\x80\x04}" + doubled + b"Ns.",
        "set-bomb.pkl": b"\x80\x04\x8f(" + doubled + b"\x90.",
        "many-steps.pkl": b"\x80\x04" + b"N0" * 600_000 + b"N.",
        "self-containing.pkl": b"\x80\x04]\x94h\x00a.",
        "empty-stack.pkl": b"\x80\x040.",
        "no-mark.pkl": b"\x80\x04t.",
        "memo-missing.pkl": b"\x80\x04h\x07.",
        "protocol-9.pkl": b"\x80\x09N.",
        "nothing.pkl": b"\x80\x04.",
    }


def _squares() -> dict[str, bytes]:
    """Small files that ask for the square of their size: one value, looked through again and again."""
    ordered = b"ccollections\nOrderedDict\n"
    many = 6000
    pairs = b"](" + (text("a") + b"N\x86") * many + b"e\x94"  # one list of pairs, remembered as 0
    named = b"}(" + b"".join(text(f"{n:x}") + b"N" for n in range(many)) + b"u\x94"
    config = b"cmodels.utils.config\nBaseConfig\n)\x81"
    long = text("x" * 1_000_000) + b"\x94"
    latin = b"c_codecs\nencode\n"
    tensor = b"\x80\x04}" + text("a") + TENSOR + b"(" + _storage(250_000) + b"K\0"
    tensor += b"J\x90\xd0\x03\0\x85K\x01\x85\x89" + ordered + b")RtR\x94"
    filled = tensor + b"NK\0s" * many + b"s."
    return {
        "pairs-square.pth": _zip(
            {"a/data.pkl": b"\x80\x04" + pairs + (ordered + b"h\0\x85R0") * many + b"0}."}
        ),
        "state-square.pth": _zip(
            {"a/data.pkl": b"\x80\x04" + named + (config + b"h\0b0") * many + b"0}."}
        ),
        "bytes-square.pkl": b"\x80\x04"
        + long
        + (latin + b"h\0" + text("latin1") + b"\x86R") * many,
        "tensor-as-dict.pth": _zip({"a/data.pkl": filled, "a/data/0": bytes(1_000_000)}),
        "legacy-key-bomb.pth": _legacy(b"}", b"]" + text("a") + b"2\x86" * 60 + b"a"),
        "legacy-odd-keys.pth": _legacy(b"}", b"]K\x01a"),
    }


def _legacy(value: bytes, keys: bytes) -> bytes:
    """An old PyTorch file that holds one pickled value, and claims to have storages of these keys."""
    version, system = HEAD + b"M\xe9\x03.", HEAD + b"}."
    return LEGACY_TORCH + version + system + HEAD + value + b"." + HEAD + keys + b"."


def _sizes() -> dict[str, bytes]:
    """Published networks with a byte or two changed in their settings, to sizes that none can have."""
    whole = (GOLDEN / "stylegan_tf_64/network.pkl").read_bytes()
    grown = (GOLDEN / "progan_tf_32_fused_cond/network.pkl").read_bytes()
    return {
        "no-maps.pkl": _changed(whole, "fmap_base", b"M\x00\x02", b"M\x01\x00"),
        "no-maps-at-most.pkl": _changed(whole, "fmap_max", b"K\x20", b"K\x00"),
        "no-maps-progan.pkl": _changed(grown, "fmap_base", b"M\x00\x01", b"M\x01\x00"),
    }


def _changed(whole: bytes, key: str, value: bytes, other: bytes) -> bytes:
    """A pickle with another value under a key, wherever it comes."""
    memo = 0
    for opcode, argument, _ in pickletools.genops(whole):
        memo += opcode.name == "MEMOIZE"
        if argument == key:
            break
    again = b"h%c" % memo if memo < 256 else b"j" + struct.pack("<I", memo)
    named = b"\x8c%c" % len(key) + key.encode() + b"\x94"
    assert again + value in whole
    return whole.replace(named + value, named + other).replace(again + value, again + other)


def _claiming() -> dict[str, bytes]:
    """Claims of sizes that are not there."""
    huge = struct.pack("<Q", 1 << 45)
    return {
        "bytes-claim.pkl": b"\x80\x04\x8e" + huge + b"x.",
        "text-claim.pkl": b"\x80\x04\x8d" + huge + b"x.",
        "buffer-claim.pkl": b"\x80\x05\x96" + huge + b"x.",
        "frame-claim.pkl": b"\x80\x04\x95" + huge + b"N.",
        "long-claim.pkl": HEAD + b"\x8b" + struct.pack("<i", 2**31 - 1) + b"x.",
        "memo-claim.pkl": HEAD + b"Nr" + struct.pack("<I", 2**31) + b".",
        "out-of-band.pkl": b"\x80\x05\x97.",
        "dtype-claim.pkl": HEAD + b"cnumpy\ndtype\n" + text("V99999999999") + b"\x85R.",
        "header-claim.safetensors": struct.pack("<Q", 2**62) + b"{}",
        "deep-header.safetensors": struct.pack("<Q", 100_000) + b"{" + b"[" * 100_000,
    }


def _torch_files() -> dict[str, bytes]:
    good = saved({"generator": {"synthesis.layer0.const": torch.zeros(1, 4, 4, 4)}})
    lying = _zip({"a/data.pkl": HEAD + _storage(10**12) + b".", "a/data/0": b"\0" * 16})
    wide = _zip({"a/data.pkl": HEAD + _view(1 << 40, 0) + b".", "a/data/0": b"\0" * 16})
    beyond = _zip({"a/data.pkl": HEAD + _view(64, 1) + b".", "a/data/0": b"\0" * 16})
    return {
        "torch-exec.pth": _zip({"a/data.pkl": pickle.dumps(Call(exec, CANARY), 2)}),
        "torch-module.pth": _zip(
            {"a/data.pkl": HEAD + b"ctorch.nn.modules.linear\nLinear\n)\x81}b."}
        ),
        "torch-legacy-exec.pth": LEGACY_TORCH
        + HEAD
        + b"M\xe9\x03."
        + HEAD
        + b"}."
        + pickle.dumps(Call(exec, CANARY), 2)
        + HEAD
        + b"].",
        "torch-legacy-exec-first.pth": LEGACY_TORCH + pickle.dumps(Call(exec, CANARY), 2),
        "torch-legacy-cut.pth": LEGACY_TORCH + HEAD + b"M\xe9\x03.",
        "torch-lying-storage.pth": lying,
        "torch-wide-view.pth": wide,
        "torch-view-beyond.pth": beyond,
        "torch-no-object.pth": _zip({"a/other": b""}),
        "torch-script.pth": _zip({"a/data.pkl": HEAD + b"}.", "a/code/x.py": CANARY.encode()}),
        "torch-bomb.pth": _zip(
            {"a/data.pkl": HEAD + b"}.", "a/data/0": bytes(10**7)}, deflated=True
        ),
        "torch-twice.pth": good + good[:-10],
        "torch-number.pth": _zip({"a/data.pkl": HEAD + b"K\x01."}),
    }


def _storage(count: int) -> bytes:
    kind = b"ctorch\nFloatStorage\n"
    size = b"\x8a\x08" + struct.pack("<q", count)
    return b"(" + text("storage") + kind + text("0") + text("cpu") + size + b"tQ"


def _view(size: int, stride: int) -> bytes:
    """A dict of one weight that is a view of four numbers."""
    sides = b"\x8a\x08" + struct.pack("<q", size) + b"\x85" + b"K" + bytes([stride]) + b"\x85"
    ordered = b"ccollections\nOrderedDict\n)R"
    tensor = TENSOR + b"(" + _storage(4) + b"K\0" + sides + b"\x89" + ordered + b"tR"
    return b"}" + text("generator") + b"}" + text("synthesis.layer0.const") + tensor + b"ss"


def _cut() -> dict[str, bytes]:
    """Published pickles and PyTorch files, cut at every power of two."""
    files = {}
    for folder, name in (
        ("stylegan_tf_64", "network.pkl"),
        ("progan_tf_32_fused_cond", "network.pkl"),
        ("stylegan_zoo_32", "model.pth"),
    ):
        whole = (GOLDEN / folder / name).read_bytes()
        for power in range(1, len(whole).bit_length()):
            files[f"cut-{2**power}-{folder}-{name}"] = whole[: 2**power]
    zipped = (GOLDEN / "stylegan_zoo_32/model_zip.pth").read_bytes()
    for power in range(1, len(zipped).bit_length()):
        files[f"cut-{2**power}-zip.pth"] = zipped[: 2**power]
    return files


def saved(value: object, *, legacy: bool = False) -> bytes:
    """What torch.save writes."""
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=not legacy)
    return buffer.getvalue()


def _zip(entries: dict[str, bytes], *, deflated: bool = False) -> bytes:
    buffer = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()
