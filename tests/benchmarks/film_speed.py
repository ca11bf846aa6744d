"""What a film costs: `python -m tests.benchmarks.film_speed`.

Prints the wall time of a film against its parts, drawing alone and encoding alone, all three with as
many threads of torch as an export uses, and with `--minutes` the memory that this process and ffmpeg
take along a film of a small network.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import torch

from ganlab_core.device import leave_a_core
from ganlab_core.export import CODECS, FilmCell, Footage, filmed, write_film
from ganlab_core.models import ModelInfo, from_generator
from ganlab_core.networks import StyleGANConfig, StyleGANGenerator
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.timeline import Pace, walk
from tests.films import children, resident


def renderer(side: int, maps: int) -> Renderer:
    """An untrained network of that resolution."""
    torch.manual_seed(0)
    config = StyleGANConfig(resolution=side, fmap_base=maps * 16, fmap_max=maps, z_dim=64, w_dim=64)
    info = ModelInfo(
        "bench", "Bench", "stylegan", side, (), "", "", "0" * 32, dataclasses.asdict(config), {},
        float(config.levels), Path("bench"),
    )  # fmt: skip
    return Renderer(
        from_generator(StyleGANGenerator(config).eval().requires_grad_(False), info), "cpu"
    )


def footage(drawn: Renderer, seconds: float) -> Footage:
    """A walk through four seeds."""
    line = walk(Recipe(), [Latent(seed) for seed in range(4)], Pace(seconds, True, Fraction(30)))
    return filmed([FilmCell(lambda recipe: drawn.render(recipe).pixels, line, drawn.model.info)])


def film(source: Footage, codec: str) -> float:
    """Wall time of a film."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        *_, last = write_film(Path(folder) / f"film{CODECS[codec].suffix}", source, CODECS[codec])
        assert last.finished
        return time.perf_counter() - began


def speed(side: int, maps: int, seconds: float, codecs: list[str], rounds: int) -> None:
    """A film's wall time, and that of drawing and of encoding alone: the best of some rounds each.

    The three take turns, because a shared machine is faster at one moment than at another.
    """
    threads = leave_a_core()
    drawn = renderer(side, maps)
    source = footage(drawn, seconds)
    source.picture(1)  # the first call of every operator takes longer
    print(f"{seconds:g} s at {side} px, drawn with {threads} of {os.cpu_count()} cores")
    for codec in codecs:
        turns = [turn(source, drawn, codec) for _ in range(rounds)]
        drawing, encoding, whole = (min(times) for times in zip(*turns, strict=True))
        every = ", ".join(f"{own[2] / max(own[:2]):.2f}" for own in turns)
        print(
            f"{codec}: drawing alone {drawing:.1f} s, encoding alone {encoding:.1f} s, film"
            f" {whole:.1f} s = {whole / max(drawing, encoding):.2f} of the longer ({every})",
            flush=True,
        )


def turn(source: Footage, drawn: Renderer, codec: str) -> tuple[float, float, float]:
    """Seconds of drawing alone, of encoding alone, and of the film."""
    drawn.forget()
    began = time.perf_counter()
    pictures = [source.picture(frame) for frame in range(source.count)]
    drawing = time.perf_counter() - began
    encoding = film(dataclasses.replace(source, picture=lambda frame: pictures[frame]), codec)
    drawn.forget()
    return drawing, encoding, film(source, codec)


def memory(minutes: float, codec: str) -> None:
    """What this process and ffmpeg hold along a film; reads /proc."""
    leave_a_core()
    source = footage(renderer(32, 8), 60.0 * minutes)
    every = max(1, source.count // 8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"film{CODECS[codec].suffix}"
        for step in write_film(path, source, CODECS[codec]):
            if step.frame % every == 0 and not step.finished:
                ffmpeg = sum(map(resident, children()))
                at = step.frame / source.count * minutes
                print(f"{at:.1f} min: {resident():.0f} MiB here, {ffmpeg:.0f} MiB in ffmpeg")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--maps", type=int, default=32, help="feature maps at the coarsest stages")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--codec", choices=CODECS, help="default: all")
    parser.add_argument("--rounds", type=int, default=3, help="of which the best time is taken")
    parser.add_argument("--minutes", type=float, help="a film so long, and the memory it takes")
    asked = parser.parse_args()
    if asked.minutes:
        memory(asked.minutes, asked.codec or "h264")
        return
    codecs = [asked.codec] if asked.codec else list(CODECS)
    speed(asked.side, asked.maps, asked.seconds, codecs, asked.rounds)


if __name__ == "__main__":
    main()
