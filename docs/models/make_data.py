"""Makes the data sets of the bundled models from public packages, as zips that `ganlab train` reads.

    npm pack @dicebear/core@9.4.3 @dicebear/toon-head@9.4.3 @dicebear/adventurer@9.4.3
    npm pack @lobehub/fluent-emoji-3d@1.1.0
    apt-get download dataset-fashion-mnist fonts-noto-core unicode-data

    python docs/models/make_data.py toon-head OUT.zip dicebear-core-9.4.3.tgz dicebear-toon-*.tgz
    python docs/models/make_data.py adventurer OUT.zip dicebear-core-9.4.3.tgz dicebear-adv*.tgz
    python docs/models/make_data.py fashion-mnist OUT.zip dataset-fashion-mnist_*.deb
    python docs/models/make_data.py scripts       OUT.zip fonts-noto-core_*.deb
    python docs/models/make_data.py capped        OUT.zip IN.zip --most 1200
    python docs/models/make_data.py portraits     OUT.zip lobehub-fluent-*.tgz unicode-data_*.deb

`toon-head` and `adventurer` need node, and PySide6 to draw. Equal packages give equal pictures.
`capped` keeps at most so many pictures of each class folder, evenly spaced through its sorted names.
`--numbers 10000 10020` draws the twenty heads after those that the models were trained on.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageFont

GROUNDS = ["f4d9c6", "cfe3f2", "d8ecd4", "efe3b8", "e3d6ee", "f3cfd6", "dcdfe4", "c9e6e3"]
"""Soft grounds behind the toon heads."""

GARMENTS = (
    "T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
)  # fmt: skip

SCRIPTS: dict[str, tuple[str, tuple[tuple[int, int], ...]]] = {
    "AnatolianHieroglyphs": ("NotoSansAnatolianHieroglyphs", ((0x14400, 0x14646),)),
    "Bamum": ("NotoSansBamum", ((0xA6A0, 0xA6F7), (0x16800, 0x16A38))),
    "CanadianAboriginal": ("NotoSansCanadianAboriginal", ((0x1400, 0x167F), (0x18B0, 0x18F5))),
    "Cuneiform": ("NotoSansCuneiform", ((0x12000, 0x12399), (0x12480, 0x12543))),
    "EgyptianHieroglyphs": ("NotoSansEgyptianHieroglyphs", ((0x13000, 0x1342E),)),
    "Ethiopic": ("NotoSansEthiopic", ((0x1200, 0x137C), (0x2D80, 0x2DDE))),
    "LinearA": ("NotoSansLinearA", ((0x10600, 0x10767),)),
    "LinearB": ("NotoSansLinearB", ((0x10000, 0x1005D), (0x10080, 0x100FA))),
    "Nushu": ("NotoSansNushu", ((0x1B170, 0x1B2FB),)),
    "Tangut": ("NotoSerifTangut", ((0x17000, 0x187F7), (0x18800, 0x18AF2))),
    "Vai": ("NotoSansVai", ((0xA500, 0xA62B),)),
    "Yi": ("NotoSansYi", ((0xA000, 0xA4C6),)),
}
"""Class -> font, and first and last code points."""

GLYPH_SHARE = 0.86
"""Longer side of a glyph, of the frame's."""

PORTRAIT_GROUPS = ("person-role", "person-fantasy", "person-gesture")
"""Unicode's subgroups of emoji that show one bust each, from the front."""

NO_PORTRAITS = (
    "feeding", "farmer", "turban", "skullcap", "pregnant", "Santa", "Mrs.", "angel", "fairy",
    "zombie", "merm", "merperson", "troll", "deaf", "bowing", "technologist",
)  # fmt: skip
"""Words in the names of those left out: whole bodies, other frames, other faces; technologist because
it is not under the free licence of the rest."""

AVATARS = """
import { createAvatar } from '@dicebear/core';
import * as style from '@dicebear/%s';
for (let i = %d; i < %d; i++)
  console.log(JSON.stringify(createAvatar(style, {seed: '%s' + i, size: 128, %s}).toString()));
"""


def avatars(core: Path, style: Path, name: str, numbers: range, options: str) -> Iterator[str]:
    """SVG texts of the avatars of these numbers, drawn by node from the two packages."""
    with tempfile.TemporaryDirectory() as folder:
        for package, place in ((core, "core"), (style, name)):
            target = Path(folder, "node_modules", "@dicebear", place)
            with tarfile.open(package) as archive:
                for member in archive.getmembers():
                    inner = member.name.partition("/")[2]
                    if member.isfile() and inner:
                        path = target / inner
                        path.parent.mkdir(parents=True, exist_ok=True)
                        path.write_bytes(archive.extractfile(member).read())  # type: ignore[union-attr]
        script = Path(folder, "draw.mjs")
        script.write_text(
            AVATARS % (name, numbers.start, numbers.stop, name.replace("-", ""), options)
        )
        node = subprocess.Popen(
            ["node", str(script)], cwd=folder, stdout=subprocess.PIPE, text=True
        )
        assert node.stdout is not None
        for line in node.stdout:
            yield json.loads(line)
        if node.wait():
            raise SystemExit("node failed")


def drawn(svgs: Iterator[str], side: int) -> Iterator[Image.Image]:
    """Each SVG at twice the size, reduced by a box filter."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QByteArray
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    app = QGuiApplication.instance() or QGuiApplication([])
    for svg in svgs:
        canvas = QImage(2 * side, 2 * side, QImage.Format.Format_RGB888)
        canvas.fill(0xFFFFFF)
        painter = QPainter(canvas)
        QSvgRenderer(QByteArray(svg.encode())).render(painter)
        painter.end()
        rows = np.frombuffer(canvas.constBits(), np.uint8).reshape(2 * side, canvas.bytesPerLine())
        pixels = rows[:, : 6 * side].reshape(2 * side, 2 * side, 3)
        yield Image.fromarray(pixels.copy()).resize((side, side), Image.Resampling.BOX)
    del app


def write(out: Path, pictures: Iterator[tuple[str, Image.Image]]) -> None:
    """A zip of PNGs; times are fixed, so that equal pictures give equal files."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        count = 0
        for name, picture in pictures:
            buffer = io.BytesIO()
            picture.save(buffer, "PNG", optimize=True)
            archive.writestr(zipfile.ZipInfo(name), buffer.getvalue())
            count += 1
    sys.stdout.write(f"{out}: {count} pictures\n")


def toon_head(out: Path, packages: list[Path], numbers: range) -> None:
    """Front busts at 64 px on soft grounds."""
    options = f"backgroundColor: {json.dumps(GROUNDS)}"
    svgs = avatars(packages[0], packages[1], "toon-head", numbers, options)
    write(out, ((f"{i:05d}.png", p) for i, p in zip(numbers, drawn(svgs, 64), strict=True)))


def adventurer(out: Path, packages: list[Path], numbers: range) -> None:
    """Three-quarter heads at 128 px on white."""
    svgs = avatars(packages[0], packages[1], "adventurer", numbers, "")
    write(out, ((f"{i:05d}.png", p) for i, p in zip(numbers, drawn(svgs, 128), strict=True)))


def _deb_files(deb: Path, marks: tuple[str, ...]) -> dict[str, bytes]:
    """The files in a Debian package that have one of these marks in their names, by name."""
    data = subprocess.run(
        ["dpkg-deb", "--fsys-tarfile", str(deb)], check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {
            Path(member.name).name: archive.extractfile(member).read()  # type: ignore[union-attr]
            for member in archive.getmembers()
            if member.isfile() and any(mark in member.name for mark in marks)
        }


def _idx(data: bytes) -> np.ndarray:
    raw = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    dimensions = raw[3]
    shape = struct.unpack(f">{dimensions}I", raw[4 : 4 + 4 * dimensions])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def fashion_mnist(out: Path, packages: list[Path], part: str) -> None:
    """28 px photographs of garments in 10 class folders, padded to 32 px with their black ground."""
    files = _deb_files(packages[0], ("ubyte",))
    pick = {kind: next(v for k, v in files.items() if k.startswith(part) and kind in k)
            for kind in ("images", "labels")}  # fmt: skip
    images, labels = _idx(pick["images"]), _idx(pick["labels"])
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    write(
        out,
        (
            (f"{GARMENTS[label]}/{index:05d}.png", Image.fromarray(picture))
            for index, (picture, label) in enumerate(zip(padded, labels, strict=True))
        ),
    )


def scripts(out: Path, packages: list[Path]) -> None:
    """Glyphs of 12 writing systems in class folders, black on white, 64 px."""
    marks = tuple(f"{font}-Regular.ttf" for font, _ in SCRIPTS.values())
    files = _deb_files(packages[0], marks)

    def pictures() -> Iterator[tuple[str, Image.Image]]:
        for name, (font, ranges) in SCRIPTS.items():
            for index, picture in _glyphs(files[f"{font}-Regular.ttf"], ranges, 64):
                yield f"{name}/{index:05d}.png", picture

    write(out, pictures())


def _glyphs(
    font: bytes, ranges: tuple[tuple[int, int], ...], side: int
) -> Iterator[tuple[int, Image.Image]]:
    """The font's glyphs with their numbers; missing, empty and repeated ones are left out."""
    size = 4 * side
    face = ImageFont.truetype(io.BytesIO(font), size)
    missing = face.getmask(chr(0x10FFFE))
    seen, index = {(missing.size, bytes(missing))}, -1
    for code in (code for first, last in ranges for code in range(first, last + 1)):
        mask = face.getmask(chr(code))
        known = (mask.size, bytes(mask)) in seen
        index += 1
        if known or not any(mask.size) or not any(mask):
            continue
        seen.add((mask.size, bytes(mask)))
        ink = Image.frombytes("L", mask.size, bytes(mask))
        scale = GLYPH_SHARE * side / max(mask.size)
        fitted = ink.resize(
            tuple(max(1, round(length * scale)) for length in mask.size), Image.Resampling.BOX
        )
        picture = Image.new("L", (side, side), 255)
        corner = ((side - fitted.width) // 2, (side - fitted.height) // 2)
        picture.paste(0, corner, fitted)
        yield index, picture


def capped(out: Path, packages: list[Path], most: int) -> None:
    """A zip with class folders, at most `most` pictures of each."""
    with zipfile.ZipFile(packages[0]) as archive:
        classes = defaultdict(list)
        for name in sorted(n for n in archive.namelist() if not n.endswith("/")):
            classes[str(Path(name).parent)].append(name)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
            for names in classes.values():
                chosen = np.unique(np.linspace(0, len(names) - 1, min(most, len(names))).round())
                for index in chosen.astype(int):
                    target.writestr(zipfile.ZipInfo(names[index]), archive.read(names[index]))


def portraits(out: Path, packages: list[Path]) -> None:
    """633 glossy busts of 256 px with transparent ground, as the package has them."""
    lists = _deb_files(packages[1], ("emoji-test.txt",))["emoji-test.txt"].decode()
    with tarfile.open(packages[0]) as package, zipfile.ZipFile(out, "w") as archive:
        wanted = {f"{code}.webp" for code in _portrait_codes(lists)}
        files = {Path(m.name).name: m for m in package.getmembers() if m.isfile()}
        names = sorted(wanted & set(files))
        for name in names:
            data = package.extractfile(files[name]).read()  # type: ignore[union-attr]
            archive.writestr(zipfile.ZipInfo(name), data)
    sys.stdout.write(f"{out}: {len(names)} pictures\n")


def _portrait_codes(lists: str) -> Iterator[str]:
    """Code points of the busts, joined by hyphens, from Unicode's list of emoji."""
    group = ""
    for line in lists.splitlines():
        if line.startswith("# subgroup:"):
            group = line.partition(":")[2].strip()
        elif ";" in line and group in PORTRAIT_GROUPS and not any(w in line for w in NO_PORTRAITS):
            yield "-".join(line.partition(";")[0].lower().split())


def main() -> None:
    """Make one set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "what",
        choices=("toon-head", "adventurer", "fashion-mnist", "scripts", "capped", "portraits"),
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("packages", type=Path, nargs="+")
    parser.add_argument("--most", type=int, default=1200)
    parser.add_argument("--numbers", type=int, nargs=2, default=(0, 10_000))
    parser.add_argument("--part", choices=("train", "t10k"), default="train")
    given = parser.parse_args()
    if given.what == "toon-head":
        toon_head(given.out, given.packages, range(*given.numbers))
    elif given.what == "adventurer":
        adventurer(given.out, given.packages, range(*given.numbers))
    elif given.what == "fashion-mnist":
        fashion_mnist(given.out, given.packages, given.part)
    elif given.what == "scripts":
        scripts(given.out, given.packages)
    elif given.what == "portraits":
        portraits(given.out, given.packages)
    else:
        capped(given.out, given.packages, given.most)


if __name__ == "__main__":
    main()
