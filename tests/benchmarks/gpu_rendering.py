"""All that is claimed of a GPU, in under four minutes: `python -m tests.benchmarks.gpu_rendering`.

Writes Markdown to stdout and, with `--out FOLDER`, to `gpu.md` there. Parts, each of which may be asked for
alone with `--only`:

frames    published sizes, fp32 and bf16: every edit beside its bare products, frames a second, memory
noise     a frame with random noise anew beside a plain one
equal     the bundled models' pictures on the GPU beside the CPU's, in grey levels
blur      the blur as a filter of each map beside two means, forward and backward
train     half-width StyleGAN at 128 and 256 px, bf16: pictures a second
memory    what stays on the device after switching models
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ganlab_core.files import bundled_models_dir
from ganlab_core.importers import open_model
from ganlab_core.networks import blurred_by_means
from ganlab_core.recipe import Latent, Noise, Recipe
from ganlab_core.rendering import Renderer
from ganlab_core.speed import measure, published_size
from ganlab_core.training import TrainConfig, estimate, preset, with_settings

SIZES = ("stylegan-1024", "progan-1024", "stylegan2-1024", "biggan-deep-256")
ROUNDS = 15


def frames(device: str) -> Iterator[str]:
    """A table for each network and precision."""
    for name in SIZES:
        for precision in ("fp32", "bf16"):
            if device == "cuda":
                torch.cuda.reset_peak_memory_stats()
            renderer = Renderer(published_size(name), device, precision)
            yield f"\n{name}, {precision}\n"
            yield "| edit | ms | p95 | bare | ratio | frames a second | stages | MB |"
            yield "|---|---|---|---|---|---|---|---|"
            for one in measure(name, renderer, ROUNDS):
                ratio = "-" if one.ratio is None else f"{one.ratio:.2f}"
                yield (
                    f"| {one.what} | {one.ms:.2f} | {one.p95_ms:.2f} | {one.floor_ms:.2f} | {ratio} |"
                    f" {1000 / one.ms:.0f} | {one.stages} | {one.memory_mb:.0f} |"
                )
            del renderer
            gc.collect()


def noise(device: str) -> Iterator[str]:
    """Random noise beside stored noise, a new seed each time."""
    renderer = Renderer(published_size("stylegan-1024"), device)
    times: dict[str, list[float]] = {"stored": [], "random": []}
    for number in range(ROUNDS + 3):
        for mode, found in times.items():
            found.append(seconds(lambda: renderer.render(
                Recipe(Latent(number), noise=Noise(mode, number))  # noqa: B023
            )))  # fmt: skip
    stored, random = (statistics.median(found[3:]) for found in times.values())
    yield f"\nrandom noise anew: {random / stored:.2f} plain frames ({1000 * stored:.2f} ms)"


def equal(device: str) -> Iterator[str]:
    """Largest difference between the devices."""
    yield "\n| bundled model | largest difference in grey levels |\n|---|---|"
    for path in sorted(bundled_models_dir().glob("*.safetensors")):
        here, there = Renderer(open_model(path), "cpu"), Renderer(open_model(path), device)
        pairs = [(here.render(r).pixels, there.render(r).pixels) for r in map(seeded, range(6))]
        apart = max(int(np.abs(a.astype(int) - b.astype(int)).max()) for a, b in pairs)
        yield f"| {path.stem} | {apart} |"


def seeded(seed: int) -> Recipe:
    return Recipe(Latent(seed))


def blur(device: str) -> Iterator[str]:
    """Milliseconds of both ways, forward and backward."""
    x = torch.randn(16, 128, 128, 128, device=device).to(memory_format=torch.channels_last)
    x.requires_grad_()
    kernel = torch.full((128, 1, 3, 3), 1 / 9, device=device)
    ways: dict[str, Callable[[], torch.Tensor]] = {
        "a filter of each map": lambda: F.conv2d(x, kernel, padding=1, groups=128),
        "two means": lambda: blurred_by_means(x),
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
            yield f"\ntraining at {resolution} px: {1000 / kimg:.0f} pictures a second"


def memory(device: str) -> Iterator[str]:
    """Bytes that are still in use after each of some switches."""
    if device != "cuda":
        return
    held = []
    for number in range(6):
        renderer = Renderer(published_size(SIZES[number % 2]), device)
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
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    named = torch.cuda.get_device_name() if given.device == "cuda" else "CPU"
    lines = [f"{named}, torch {torch.__version__}"]
    print(lines[0], flush=True)
    for name in given.only:
        began = time.perf_counter()
        try:
            for line in PARTS[name](given.device):
                lines.append(line)
                print(line, flush=True)
        except (RuntimeError, ValueError, KeyError) as error:
            lines.append(f"\n{name} failed: {error}")
            print(lines[-1], flush=True)
        sys.stderr.write(f"{name}: {time.perf_counter() - began:.0f} s\n")
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / "gpu.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
