"""Changing valid files so that most of their structure stays: JSON, pickles, zips, headers, bytes."""

from __future__ import annotations

import io
import json
import pickletools
import random
import struct
import zipfile
from collections.abc import Sequence
from typing import Any

RAW = "\x00raw:"
"""Begins a text that is written into JSON as it is, without quotation marks."""

NUMBERS = (
    *(
        "NaN",
        "Infinity",
        "-Infinity",
        "1e400",
        "-1e400",
        "1e308",
        "5e-324",
        "-0.0",
        "1" + "0" * 400,
    ),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775809", "4294967296", "1e15"),
)
TEXTS = (
    *(
        "",
        "\ud800",
        "\udfff\ud800",
        "\x1b]0;x\x07",
        "a\nb",
        "\u202e",
        "x" * 10_000,
        "NaN",
        "../..",
        "/",
    ),
    *("<img src=x>", "\x00", "1e400", "-1", "true", "\ufffe", "9" * 400, "9" * 5000),
)
GROWABLE = 100_000
"""Letters of a list that may be repeated: changes upon changes would make gigabytes."""

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 3, 64, 65536, 2**31, 2**63, -(2**63), 0.5, -0.5, 1e-300),
    *([], {}, [[]], [None], {"": None}, [0] * 1000, [[0, 1]] * 50),
)


def values_of(data: Any) -> list[tuple[Any, Any]]:
    """Every place in parsed JSON, as its holder and the key there."""
    found: list[tuple[Any, Any]] = []
    waiting = [data]
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])
    return found


def strange(source: random.Random) -> Any:
    """A value that few would expect."""
    kind = source.randrange(5)
    if kind == 0:
        return RAW + source.choice(NUMBERS)
    if kind == 1:
        return source.choice(TEXTS)
    if kind == 2:
        depth = source.choice((5, 30, 70, 300, 3000, 100_000))
        return RAW + source.choice(("[" * depth + "]" * depth, '{"a":' * depth + "0" + "}" * depth))
    if kind == 3:
        return source.randint(-10, 70000) if source.random() < 0.5 else source.uniform(-2, 2)
    return json.loads(json.dumps(source.choice(VALUES)))


def json_mutated(text: str, others: Sequence[str], source: random.Random) -> bytes:
    """A JSON text with one to four changes of structure, or of its letters."""
    if source.random() < 0.1:
        return bytes_mutated(text.encode(), [one.encode() for one in others], source)
    root = [json.loads(text)]
    for _ in range(source.choice((1, 1, 1, 2, 4))):
        _change_value(root, others, source)
    return written(root[0])


def _change_value(root: list[Any], others: Sequence[str], source: random.Random) -> None:
    holder, key = source.choice(values_of(root))
    kind = source.randrange(8)
    if kind <= 3:
        holder[key] = strange(source)
    elif kind == 4 and holder is not root:
        del holder[key]
    elif kind == 5 and isinstance(holder, dict):
        name = source.choice(TEXTS[:8] + tuple(str(n) for n in (0, -1, 7, 99999, 10**9)))
        holder[name] = holder.get(key)
    elif kind == 6:
        other = [json.loads(source.choice(list(others)))] if others else root
        place, at = source.choice(values_of(other))
        holder[key] = json.loads(json.dumps(place[at]))
    elif isinstance(holder[key], list) and holder[key] and len(json.dumps(holder[key])) < GROWABLE:
        holder[key] = holder[key] * source.choice((2, 40))


def written(value: Any) -> bytes:
    """JSON with raw parts as they are; halves of characters are written as escapes."""
    text = json.dumps(value)
    pieces = text.split('"\\u0000raw:')
    out = [pieces[0]]
    for piece in pieces[1:]:
        raw, _, rest = piece.replace('\\"', "\0").partition('"')
        out += [raw.replace("\0", '"'), rest.replace("\0", '\\"')]
    return "".join(out).encode()


def bytes_mutated(data: bytes, others: Sequence[bytes], source: random.Random) -> bytes:
    """The bytes with a few flips, cuts, copies or splices."""
    made = bytearray(data)
    for _ in range(source.choice((1, 1, 2, 5, 20))):
        if not made:
            break
        at, kind = source.randrange(len(made)), source.randrange(7)
        if kind <= 1:
            made[at] ^= 1 << source.randrange(8)
        elif kind == 2:
            made[at] = source.choice((0, 1, 0x7F, 0x80, 0xFF, source.randrange(256)))
        elif kind == 3:
            del made[at : at + source.choice((1, 4, 100, len(made)))]
        elif kind == 4:
            piece = made[at : at + source.choice((1, 8, 200))]
            made[at:at] = piece * source.choice((1, 3, 50))
        elif kind == 5 and others:
            other = source.choice(list(others))
            start = source.randrange(max(1, len(other)))
            made[at:] = other[start : start + 100_000]
        else:
            size = source.choice((1, 2, 4, 8))
            value = source.choice(
                (0, 1, 2 ** (8 * size - 1), 2 ** (8 * size) - 1, source.getrandbits(8))
            )
            made[at : at + size] = (value % 2 ** (8 * size)).to_bytes(
                size, source.choice(("little", "big"))
            )
    return bytes(made)


# --- pickles ----------------------------------------------------------------------------------------

SNIPPETS = (
    *(
        b"2",
        b"0",
        b"N",
        b"]",
        b"}",
        b")",
        b"\x85",
        b"\x86",
        b"\x87",
        b"(",
        b"t",
        b"a",
        b"e",
        b"s",
        b"u",
    ),
    *(
        b"R",
        b"b",
        b"\x81",
        b"Q",
        b"\x94",
        b"2\x86" * 40,
        b"]2a",
        b"K\x00",
        b"K\xff",
        b"J\xff\xff\xff\xff",
    ),
    *(
        b"\x8a\x08" + b"\xff" * 7 + b"\x7f",
        b"\x8a\xff" + b"\x7f" * 255,
        b"G\x7f\xf8" + b"\0" * 6,
        b"\x88",
    ),
    *(
        b"X\x00\x00\x00\x00",
        b"X\x03\x00\x00\x00\xed\xa0\x80",
        b"h\x00",
        b"h\x01",
        b"q\x00",
        b"B\0\0\0\0",
    ),
)


def operations(data: bytes) -> tuple[list[bytes], int]:
    """The instructions of a pickle, and where it ends; what cannot be told apart is one piece."""
    file = io.BytesIO(data)
    starts = []
    try:
        starts = [at for _, _, at in pickletools.genops(file) if at is not None]
    except (ValueError, IndexError, UnicodeDecodeError):
        file.seek(0, 2)
    end = file.tell()
    edges = [*starts, end]
    return [data[a:b] for a, b in zip(edges, edges[1:], strict=False)], end


def pickle_mutated(data: bytes, others: Sequence[bytes], source: random.Random) -> bytes:
    """A pickle with instructions taken out, doubled, swapped, put in, or with other numbers."""
    pieces, end = operations(data)
    if len(pieces) < 3 or source.random() < 0.15:
        return bytes_mutated(data, others, source)
    for _ in range(source.choice((1, 1, 1, 2, 3, 8))):
        at = source.randrange(len(pieces))
        kind = source.randrange(6)
        if kind == 0:
            del pieces[at : at + source.choice((1, 1, 2, 10))]
        elif kind == 1:
            pieces[at:at] = pieces[at : at + source.choice((1, 2, 20))] * source.choice((1, 2, 30))
        elif kind == 2:
            other = source.randrange(len(pieces))
            pieces[at], pieces[other] = pieces[other], pieces[at]
        elif kind == 3:
            pieces.insert(at, source.choice(SNIPPETS))
        else:
            pieces[at] = _other_argument(pieces[at], source)
        if not pieces:
            break
    return b"".join(pieces) + data[end:]


def _other_argument(piece: bytes, source: random.Random) -> bytes:
    """An instruction with another argument of the same length, numbers near by mostly."""
    code, rest = piece[:1], piece[1:]
    if code in b"KMJ" and rest:
        value = int.from_bytes(rest, "little")
        near = (0, 1, value + 1, max(0, value - 1), value * 2, 2 ** (8 * len(rest)) - 1)
        return code + (source.choice(near) % 2 ** (8 * len(rest))).to_bytes(len(rest), "little")
    if not rest or len(rest) > 100_000:
        return piece
    changed = bytearray(rest)
    changed[source.randrange(len(changed))] = source.randrange(256)
    return code + bytes(changed)


def legacy_mutated(data: bytes, others: Sequence[bytes], source: random.Random) -> bytes:
    """An old PyTorch file: one of its five pickles changed, or the numbers behind them."""
    parts, rest = [], data
    for _ in range(5):
        _, end = operations(rest)
        parts.append(rest[:end])
        rest = rest[end:]
    at = source.choice((0, 1, 2, 3, 3, 3, 3, 3, 4, 4))
    parts[at] = pickle_mutated(parts[at], [], source)
    return b"".join(parts) + (bytes_mutated(rest, [], source) if source.random() < 0.1 else rest)


def zip_mutated(data: bytes, others: Sequence[bytes], source: random.Random) -> bytes:
    """A zip with an entry changed, taken out, doubled, renamed or compressed, or with other bytes."""
    if source.random() < 0.25:
        return bytes_mutated(data, others, source)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [(info.filename, archive.read(info)) for info in archive.infolist()]
    at = source.randrange(len(entries))
    name, content = entries[at]
    kind = source.randrange(10)
    packed = zipfile.ZIP_STORED
    pickled = [i for i, (one, _) in enumerate(entries) if one.endswith((".pkl", ".json"))]
    if kind <= 5 and pickled:
        at = source.choice(pickled)
        name, content = entries[at]
        changed = json_mutated(content.decode(), [], source) if name.endswith("json") else None
        entries[at] = (name, pickle_mutated(content, [], source) if changed is None else changed)
    elif kind == 6:
        del entries[at]
    elif kind == 7:
        other = source.choice(("../x", "/x", "a" * 300, "", name + "/", "x/data.pkl", "é.png"))
        entries[at] = (other, content)
    elif kind == 8:
        packed = zipfile.ZIP_DEFLATED
        entries[at] = (name, source.choice((content, bytes(30_000_000))))
    else:
        entries[at] = (name, bytes_mutated(content, [], source))
    return zipped(entries, packed)


def zipped(entries: Sequence[tuple[str, bytes]], packed: int = zipfile.ZIP_STORED) -> bytes:
    """A zip of these entries; names may come twice."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packed) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content, packed)
    return buffer.getvalue()


def safetensors_mutated(data: bytes, others: Sequence[bytes], source: random.Random) -> bytes:
    """A safetensors file with another header: claims, offsets, kinds, or what ganlab wrote there."""
    if source.random() < 0.15:
        return bytes_mutated(data, others, source)
    length = struct.unpack("<Q", data[:8])[0]
    header, numbers = json.loads(data[8 : 8 + length]), data[8 + length :]
    ours = header.get("__metadata__", {}).get("ganlab")
    if ours is not None and source.random() < 0.6:
        changed = json_mutated(ours, [], source).decode("utf-8", "replace")
        header["__metadata__"]["ganlab"] = changed
        packed = json.dumps(header).encode()
    else:
        names = [name for name in header if name != "__metadata__"]
        name = source.choice(names)
        kind = source.randrange(6)
        if kind == 0:
            header[name]["dtype"] = source.choice(
                ("F64", "F16", "BF16", "I64", "U8", "BOOL", "F8_E4M3", "C64", "X")
            )
        elif kind == 1:
            header[name]["shape"] = source.choice(
                ([], [0], [1] * 70, [2**40, 2**40], header[name]["shape"][::-1])
            )
        elif kind == 2:
            header[source.choice(names) + source.choice(("", "x", ".0"))] = header.pop(name)
        elif kind == 3:
            header[name]["data_offsets"] = header[source.choice(names)]["data_offsets"]
        packed = (
            json.dumps(header).encode()
            if kind < 4
            else json_mutated(json.dumps(header), [], source)
        )
    claimed = (
        len(packed) if source.random() < 0.97 else source.choice((0, 1, 2**63, len(packed) * 2))
    )
    return struct.pack("<Q", claimed) + packed + numbers


def png_mutated(data: bytes, others: Sequence[bytes], source: random.Random) -> bytes:
    """A PNG with chunks changed, their checksums right again, or with other bytes."""
    import zlib

    if source.random() < 0.2:
        return bytes_mutated(data, others, source)
    chunks, at = [], 8
    while at + 8 <= len(data):
        size = struct.unpack(">I", data[at : at + 4])[0]
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    for _ in range(source.choice((1, 1, 2, 3))):
        at = source.randrange(len(chunks))
        kind, body = chunks[at]
        choice = source.randrange(6)
        if choice == 0:
            del chunks[at]
        elif choice == 1:
            chunks.insert(at, chunks[source.randrange(len(chunks))])
        elif choice == 2:
            bomb = zlib.compress(bytes(source.choice((10**5, 30 * 10**6))), 9)
            chunks.insert(at, source.choice((
                (b"zTXt", b"ganlab\0\0" + bomb), (b"iTXt", b"ganlab\0\1\0\0\0" + bomb),
                (b"iCCP", b"x\0\0" + bomb), (b"tEXt", b"ganlab\0" + b"[" * 5000), (b"eXIf", b"II*\0"),
                (b"IHDR", struct.pack(">IIBBBBB", 65535, 65535, 8, 2, 0, 0, 0)),
            )))  # fmt: skip
        else:
            chunks[at] = (kind, bytes_mutated(body, [], source)[: 10**6])
        if not chunks:
            break
    out = [data[:8]]
    for kind, body in chunks:
        check = zlib.crc32(kind + body)
        out.append(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check))
    return b"".join(out)
