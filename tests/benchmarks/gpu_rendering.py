"""All that is claimed of a GPU, in under four minutes: `python -m tests.benchmarks.gpu_rendering`.

Writes Markdown to stdout and, with `--out FOLDER`, to `gpu.md` there. Parts, each of which may be asked for
alone with `--only`:

frames    published sizes in every precision: every edit beside its bare products, frames a second, memory,
          the finest edit beside the whole frame, the error in grey levels, and what is claimed of it
noise     a frame with random noise anew beside a plain one, counted and as Recipes of before have it; the
          drawing alone; the counted numbers beside the CPU's
equal     the bundled models' pictures on the GPU beside the CPU's, in grey levels
blur      the blur as a convolution of each map, as two means, and with their own gradient
train     half-width StyleGAN at 128 and 256 px, bf16: pictures a second
memory    what stays on the device after switching models

`--sizes stylegan-64,progan-64 --device cpu` tries the same on a processor.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ganlab_core.errors import GanlabError
from ganlab_core.files import bundled_models_dir
from ganlab_core.importers import open_model
from ganlab_core.networks import blur as blurred
from ganlab_core.networks import blurred_by_means
from ganlab_core.recipe import TORCH_NOISE, Capabilities, Latent, Noise, Recipe
from ganlab_core.rendering import PRECISIONS, Renderer, counts_in
from ganlab_core.rendering.noise import CountedNoise
from ganlab_core.speed import Timing, measure, published_size
from ganlab_core.training import TrainConfig, estimate, preset, with_settings

SIZES = ["stylegan-1024", "progan-1024", "stylegan2-1024", "biggan-deep-256"]
ROUNDS = 15

CLAIMED: dict[str, float] = {
    "stylegan-1024": 250.0,
    "progan-1024": 500.0,
    "stylegan2-1024": 200.0,
    "biggan-deep-256": 200.0,
}
"""Frames a second in the fastest precision, the picture on the host."""

MOST_OVER_BARE = 3.0
"""StyleGAN at 1024 px beside its bare convolutions."""

MOST_MB = {"stylegan2-1024": 1536.0}
MOST_OF_A_FRAME = 0.25
"""What an edit at the finest resolution may take of a whole frame."""

MOST_FOR_NOISE = 1.1
MOST_OFF = 4.0
"""Millionths between counted noise of two devices: some last roundings of a number of up to 6.6."""

MOST_APART = 1
"""Grey levels between a bundled model's pictures on the GPU and on the CPU."""

CLAIMED_TRAINING = {128: 1200.0, 256: 500.0}
"""Pictures a second."""


def verdict(what: str, found: float, claimed: float, *, least: bool = False) -> str:
    """One line that says whether a claim holds."""
    holds = found >= claimed if least else found <= claimed
    word = "at least" if least else "at most"
    return f"\n{'holds' if holds else 'MISSED'}: {what} {found:.2f}, {word} {claimed:g} claimed"


def frames(device: str) -> Iterator[str]:
    """A table for each network and precision, then what is claimed of the network."""
    for name in SIZES:
        whole: dict[str, Timing] = {}
        for precision in [one for one in PRECISIONS if counts_in(one, device)]:
            if device == "cuda":
                torch.cuda.reset_peak_memory_stats()
            renderer = Renderer(published_size(name), device, precision)
            timings: list[Timing] = []
            yield f"\n{name}, {precision}\n"
            yield "| edit | ms | p95 | bare | ratio | frames a second | stages | MB |"
            yield "|---|---|---|---|---|---|---|---|"
            try:
                for one in measure(name, renderer, ROUNDS):
                    timings.append(one)
                    yield row(one)
            except GanlabError as error:  # random weights may go beyond float16
                yield f"\n{error}"
                continue
            del renderer
            gc.collect()
            whole[precision] = timings[0]
            finest = [one for one in timings if one.what.startswith("edit at")][-1].ms
            yield verdict("finest edit of a frame", finest / timings[0].ms, MOST_OF_A_FRAME)
            if timings[0].grey_error is not None:
                yield f"\nlargest error of {precision}: {timings[0].grey_error} grey levels"
        yield from verdicts(name, whole)


def row(one: Timing) -> str:
    """One edit in the table of `frames`."""
    ratio = "-" if one.ratio is None else f"{one.ratio:.2f}"
    return (
        f"| {one.what} | {one.ms:.2f} | {one.p95_ms:.2f} | {one.floor_ms:.2f} | {ratio} |"
        f" {1000 / one.ms:.0f} | {one.stages} | {one.memory_mb:.0f} |"
    )


def verdicts(name: str, whole: dict[str, Timing]) -> Iterator[str]:
    """What is claimed of a network's whole frame; by precision."""
    exact = whole["fp32"]
    for precision, one in whole.items():
        if precision != "fp32":
            yield verdict(f"{name}, {precision} of fp32's time", one.ms / exact.ms, 1.0)
    if name in CLAIMED:
        fastest = max(1000 / one.ms for one in whole.values())
        yield verdict(f"{name}, frames a second", fastest, CLAIMED[name], least=True)
    if name in MOST_MB:
        least = min(one.memory_mb for one in whole.values())
        yield verdict(f"{name}, MB", least, MOST_MB[name])
    if name == "stylegan-1024" and exact.ratio is not None:
        yield verdict(f"{name}, over its bare products", exact.ratio, MOST_OVER_BARE)


def noise(device: str) -> Iterator[str]:
    """Random noise beside stored noise, a new seed each time, in turn: medians of the pairs."""
    name = next((one for one in SIZES if one.startswith("stylegan-")), "stylegan-1024")
    model = published_size(name)
    yield from _drawing(model.capabilities, device)
    for precision in [one for one in ("fp32", "bf16") if counts_in(one, device)]:
        renderer = Renderer(model, device, precision)
        kinds = [Noise("stored"), Noise("random"), Noise("random", generator=TORCH_NOISE)]
        times: list[list[float]] = [[] for _ in kinds]
        for number in range(ROUNDS + 3):
            for kind, found in zip(kinds, times, strict=True):
                recipe = Recipe(Latent(number), noise=replace(kind, seed=number))
                found.append(seconds(lambda: renderer.render(recipe)))  # noqa: B023
        plain, *drawn = (found[3:] for found in times)
        counted, before = (
            statistics.median(one / two for one, two in zip(own, plain, strict=True))
            for own in drawn
        )
        yield f"\n{name}, {precision}, a plain frame: {1000 * statistics.median(plain):.2f} ms"
        yield f"random noise anew as before, by torch on the CPU: {before:.2f} plain frames"
        yield verdict("random noise anew, counted, plain frames", counted, MOST_FOR_NOISE)


def _drawing(can: Capabilities, device: str) -> Iterator[str]:
    """The drawing of all maps alone, and how far its numbers lie from those that a CPU draws."""
    sizes = {one.index: can.size_at(one.resolution) for one in can.layers if one.noise}
    source, here = (CountedNoise(sizes, torch.device(where)) for where in (device, "cpu"))
    source.take(1)
    here.take(1)
    pairs = zip(source.draw().values(), here.draw().values(), strict=True)
    apart = max(float((one.cpu() - two).abs().max()) for one, two in pairs)
    took = statistics.median(seconds(source.draw) for _ in range(ROUNDS))
    count = sum(height * width for height, width in sizes.values())
    yield f"\n{count} numbers drawn on {device} in {1000 * took:.3f} ms"
    yield verdict("counted numbers beside the CPU's, millionths", 1e6 * apart, MOST_OFF)


def equal(device: str) -> Iterator[str]:
    """Largest difference between the devices."""
    most = 0
    yield "\n| bundled model | largest difference in grey levels |\n|---|---|"
    for path in sorted(bundled_models_dir().glob("*.safetensors")):
        here, there = Renderer(open_model(path), "cpu"), Renderer(open_model(path), device)
        pairs = [(here.render(r).pixels, there.render(r).pixels) for r in map(seeded, range(6))]
        apart = max(int(np.abs(a.astype(int) - b.astype(int)).max()) for a, b in pairs)
        most = max(most, apart)
        yield f"| {path.stem} | {apart} |"
    yield verdict("grey levels between the devices", most, MOST_APART)


def seeded(seed: int) -> Recipe:
    return Recipe(Latent(seed))


def blur(device: str) -> Iterator[str]:
    """Milliseconds of both ways, forward and backward."""
    x = torch.randn(16, 128, 128, 128, device=device).to(memory_format=torch.channels_last)
    x.requires_grad_()
    kernel = torch.full((128, 1, 3, 3), 1 / 9, device=device)
    ways: dict[str, Callable[[], torch.Tensor]] = {
        "a convolution of each map": lambda: F.conv2d(x, kernel, padding=1, groups=128),
        "two means": lambda: blurred_by_means(x),
        "two means that are their own gradient": lambda: blurred(x),
    }
    for name, way in ways.items():
        times = [seconds(lambda: way().sum().backward()) for _ in range(ROUNDS)]  # noqa: B023
        yield f"\nblur as {name}: {1000 * statistics.median(times[3:]):.2f} ms"


def train(device: str) -> Iterator[str]:
    """Pictures a second of the `gpu` preset's widths at full growth."""
    for side, batch in ((128, 64), (256, 32)):
        settings = {**preset("gpu", "stylegan"), "device": device, "resolution": side}
        settings |= {"start_resolution": side, f"batch_size_at.{side}": batch}
        config = with_settings(TrainConfig(), settings)
        found = estimate(config, seconds=6.0)
        for resolution, kimg in found.seconds_per_kimg:
            rate, claimed = 1000 / kimg, CLAIMED_TRAINING[side]
            what = f"training at {resolution} px, pictures a second"
            yield verdict(what, rate, claimed, least=True)


def memory(device: str) -> Iterator[str]:
    """Bytes that are still in use after each of some switches."""
    if device != "cuda":
        return
    held = []
    for number in range(6):
        renderer = Renderer(published_size(SIZES[number % min(2, len(SIZES))]), device)
        for seed in range(3):
            renderer.render(seeded(seed))
        del renderer
        gc.collect()
        held.append(torch.cuda.memory_allocated() / 2**20)
    yield "\nMB held after switches of models: " + ", ".join(f"{one:.0f}" for one in held)


def seconds(work: Callable[[], object]) -> float:
    """Of the wall, the device's work included."""
    began = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began


PARTS: dict[str, Callable[[str], Iterator[str]]] = {
    "equal": equal,
    "frames": frames,
    "noise": noise,
    "blur": blur,
    "memory": memory,
    "train": train,
}


def main() -> None:
    """Measure what is asked for; a part that fails is told and passed over."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", choices=PARTS, nargs="*", default=list(PARTS))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--sizes", default=",".join(SIZES), help="networks of part frames")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    SIZES[:] = given.sizes.split(",")
    named = torch.cuda.get_device_name() if given.device == "cuda" else "CPU"
    lines = [f"{named}, torch {torch.__version__}"]
    print(lines[0], flush=True)
    for name in given.only:
        began = time.perf_counter()
        try:
            for line in PARTS[name](given.device):
                lines.append(line)
                print(line, flush=True)
        except (GanlabError, RuntimeError, ValueError, KeyError) as error:
            lines.append(f"\n{name} failed: {error}")
            print(lines[-1], flush=True)
        sys.stderr.write(f"{name}: {time.perf_counter() - began:.0f} s\n")
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / "gpu.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
