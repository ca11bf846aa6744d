"""What a film costs: `python -m tests.benchmarks.film_speed`.

Prints the wall time of a film against its parts, drawing alone and encoding alone, and the memory
that this process and ffmpeg take for a short film and for one ten times as long.
"""

from __future__ import annotations

import argparse
import dataclasses
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import torch

from ganlab_core.checkpoint import from_generator
from ganlab_core.export.codecs import CODECS
from ganlab_core.export.film import write_film
from ganlab_core.export.footage import Cell, Footage, filmed
from ganlab_core.model_info import ModelInfo
from ganlab_core.networks.stylegan import Generator, StyleGANConfig
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering.renderer import Renderer
from ganlab_core.timeline_generators import Pace, walk


def renderer(side: int, maps: int) -> Renderer:
    """An untrained network of that resolution."""
    torch.manual_seed(0)
    config = StyleGANConfig(resolution=side, fmap_base=maps * 16, fmap_max=maps, z_dim=64, w_dim=64)
    info = ModelInfo(
        "bench", "Bench", "stylegan", side, (), "", "", "0" * 32, dataclasses.asdict(config), {},
        float(config.levels), Path("bench"),
    )  # fmt: skip
    return Renderer(from_generator(Generator(config).eval().requires_grad_(False), info), "cpu")


def footage(drawn: Renderer, seconds: float) -> Footage:
    """A walk through four seeds."""
    line = walk(Recipe(), [Latent(seed) for seed in range(4)], Pace(seconds, True, Fraction(30)))
    return filmed([Cell(lambda recipe: drawn.render(recipe).pixels, line, drawn.model.info)])


def film(source: Footage, codec: str) -> tuple[float, int]:
    """Wall time and bytes of a film."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        *_, last = write_film(Path(folder) / f"film{CODECS[codec].suffix}", source, CODECS[codec])
        return time.perf_counter() - began, last.bytes_written


def speed(side: int, maps: int, seconds: float, codec: str) -> None:
    """A film's wall time, and that of drawing and of encoding alone."""
    drawn = renderer(side, maps)
    source = footage(drawn, seconds)
    began = time.perf_counter()
    pictures = [source.picture(frame) for frame in range(source.count)]
    drawing = time.perf_counter() - began
    encoding, _ = film(dataclasses.replace(source, picture=lambda frame: pictures[frame]), codec)
    drawn.forget()
    whole, size = film(source, codec)
    print(
        f"{codec}, {seconds:g} s at {side} px: drawing alone {drawing:.1f} s, encoding alone"
        f" {encoding:.1f} s, film {whole:.1f} s = {whole / max(drawing, encoding):.2f} of the longer;"
        f" {size / 1e6:.1f} MB"
    )


def memory(seconds: float, codec: str) -> None:
    """The peak memory of a process that writes a film, and of the ffmpeg it starts."""
    import resource

    film(footage(renderer(64, 16), seconds), codec)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ffmpeg = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{codec}, {seconds:g} s: {own:.0f} MiB here, {ffmpeg:.0f} MiB in ffmpeg")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--maps", type=int, default=32, help="feature maps at the coarsest stages")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument(
        "--codec", choices=[name for name in CODECS if name != "png"], default="h264"
    )
    parser.add_argument("--memory", type=float, metavar="SECONDS", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.memory:
        memory(asked.memory, asked.codec)
        return
    speed(asked.side, asked.maps, asked.seconds, asked.codec)
    for seconds in (4.0, 40.0):
        again = [sys.executable, "-m", "tests.benchmarks.film_speed", "--codec", asked.codec]
        subprocess.run([*again, "--memory", str(seconds)], check=True)


if __name__ == "__main__":
    main()
