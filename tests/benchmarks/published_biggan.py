"""A frame of BigGAN-deep, ours against that of the package `pytorch-pretrained-biggan`, equal weights.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.published_biggan [--resolution 256] [--rounds 7]

The package's network gets random weights of its published shape, is saved as its own files are, and opened
by our importer. Both then draw the same z and class in turn, down to bytes on the host.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from pytorch_pretrained_biggan import BigGAN, BigGANConfig

from ganlab_core.importers import open_model
from ganlab_core.recipe import Latent, Recipe
from ganlab_core.rendering import Renderer

BLOCKS = {
    128: ([16, 16, 16, 16, 8, 8, 4, 4, 2, 2, 1], 8),
    256: ([16, 16, 16, 16, 8, 8, 8, 8, 4, 4, 2, 2, 1], 8),
}
"""Resolution -> widths before and after each block, and after how many blocks attention comes."""

PSI = 0.4


def theirs(resolution: int) -> BigGAN:
    """Their network with random weights that keep features about as large as trained ones do."""
    widths, attention = BLOCKS[resolution]
    pairs = zip(widths, widths[1:], strict=False)
    layers = [[index % 2 == 1, before, after] for index, (before, after) in enumerate(pairs)]
    torch.manual_seed(0)
    config = BigGANConfig(
        output_dim=resolution, layers=layers, attention_layer_position=attention, num_classes=1000
    )
    return BigGAN(config).eval()


def ours(network: BigGAN, folder: Path) -> Renderer:
    """The same weights through our importer."""
    torch.save(network.state_dict(), folder / "pytorch_model.bin")
    (folder / "config.json").write_text(network.config.to_json_string(), encoding="utf-8")
    return Renderer(open_model(folder / "pytorch_model.bin"), "cpu")


def seconds(work: Callable[[], np.ndarray]) -> float:
    """Of the processor: with one thread another program's work changes them least."""
    began = time.process_time()
    work()
    return time.process_time() - began


def drawn_by_them(network: BigGAN, vector: tuple[float, ...]) -> np.ndarray:
    """Their picture as bytes."""
    label = torch.zeros(1, 1000)
    label[0, 207] = 1.0
    with torch.inference_mode():
        image = network(PSI * torch.tensor([vector]), label, PSI)[0]
        pixels = ((image + 1.0) * 128.0).clamp(0, 255).to(torch.uint8)
        return pixels.permute(1, 2, 0).contiguous().numpy()


def main() -> None:
    """Print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--resolution", type=int, default=256, choices=BLOCKS)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    network = theirs(given.resolution)
    source = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        renderer = ours(network, Path(folder))
    times: list[tuple[float, float]] = []
    for number in range(given.rounds + 1):
        vector = tuple(map(float, source.standard_normal(128).astype(np.float32)))
        recipe = Recipe(Latent(number, vector, "z"), psi=PSI, classes=((207, 1.0),))
        before = seconds(lambda vector=vector: drawn_by_them(network, vector))  # type: ignore[misc]
        after = seconds(lambda recipe=recipe: renderer.render(recipe).pixels)  # type: ignore[misc]
        times.append((before, after))
        apart = np.abs(
            drawn_by_them(network, vector).astype(int) - renderer.render(recipe).pixels.astype(int)
        )
    del times[0]  # whatever happens only once
    published, own = (1000.0 * statistics.median(found) for found in zip(*times, strict=True))
    ratio = statistics.median(own / published for published, own in times)
    print(f"BigGAN-deep {given.resolution} px, {torch.get_num_threads()} thread(s), fp32:")
    print(f"pytorch-pretrained-biggan {published:.0f} ms, ours {own:.0f} ms: {ratio:.2f}")
    print(f"largest difference {apart.max()} grey levels, mean {apart.mean():.3f}")


if __name__ == "__main__":
    main()
