"""Experiments: what a lesson computes on the spot, each a function of a model and a few counts.

Every number that a lesson states comes from here, so it is that of the networks that are there, on the
machine that is there. An experiment gives facts, name -> number or word; equal arguments give equal facts,
times and memory aside.

A cell is an expression that a person writes, held against the network's own arithmetic. The names and
functions of each are those of its paper; a text is evaluated by `predicate`, never run.
"""

from __future__ import annotations

import copy
import functools
import math
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ganlab_core.errors import LessonError
from ganlab_core.evaluation import diversity, nearest, sliced_wasserstein
from ganlab_core.export import read_png, save_png
from ganlab_core.importers import open_model
from ganlab_core.inspection import normalised_at, read_critic
from ganlab_core.lessons.lesson import evaluate, model_path, parse_doing
from ganlab_core.lessons.plane import PlaneGame, PlaneSettings
from ganlab_core.models import Model
from ganlab_core.networks import BigGANConfig, BigGANGenerator
from ganlab_core.recipe import Latent, Mix, Noise, Recipe, fit
from ganlab_core.rendering import Renderer
from ganlab_core.training import (
    TrainConfig,
    add_orthogonal_gradient,
    generator_loss,
    preset,
    train,
    with_settings,
)

Facts = dict[str, float | str]

SEEDS_APART = 1000
"""Between the first pictures of two seeds of a bench."""
Options = Mapping[str, float]


@dataclass(slots=True)
class Bench:
    """What experiments work on: a bundled model by name, opened once, and the desk's Recipe.

    Attributes
    ----------
    model_name
        Empty where the lesson needs none.
    recipe
        The picture on the desk.
    seed
        Of all that an experiment draws; lessons use 0, and whoever doubts them others.
    """

    model_name: str = ""
    recipe: Recipe = field(default_factory=Recipe)
    seed: int = 0

    @property
    def model(self) -> Model:
        """The lesson's model, on the CPU; raises `LessonError` where it names none."""
        if not self.model_name:
            raise LessonError(
                "This lesson names no model.", "Add a line such as model: adventurer."
            )
        return _opened(self.model_name)

    @property
    def network(self) -> Any:
        """Its generator."""
        return self.model.network.module

    def pictures(self, count: int, recipe: Recipe | None = None, first: int = 0) -> Tensor:
        """Pictures of neighbouring seeds, (count, 3, R, R) from -1 to 1."""
        renderer, base = Renderer(self.model, "cpu"), recipe or Recipe(psi=1.0)
        first += SEEDS_APART * self.seed
        drawn = [
            renderer.raw(
                replace(base, latent=Latent(first + seed), classes=self._class(seed, base))
            )
            for seed in range(count)
        ]
        return torch.from_numpy(np.stack(drawn))

    def _class(self, seed: int, base: Recipe) -> tuple[tuple[int, float], ...]:
        count = len(self.model.capabilities.classes)
        return base.classes or (((seed % count, 1.0),) if count else ())


@functools.lru_cache(maxsize=4)
def _opened(name: str) -> Model:
    return open_model(model_path(name))


def measure(text: str, bench: Bench) -> dict[str, Facts]:
    """What `:: measure` asks for, by the experiment's name; raises `LessonError`."""
    name, _, rest = text.partition(" ")
    if name not in EXPERIMENTS:
        raise LessonError(
            f"There is no experiment {name!r}.", f"There are: {', '.join(EXPERIMENTS)}."
        )
    options = {word: float(value) for word, _, value in parse_doing(rest)}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(bench.seed)
        return {name: EXPERIMENTS[name](bench, options)}


# ------------------------------------------------------------------------------------------------
# Two players on a plane.


FEW_STEPS = 5


def game(bench: Bench, options: Options) -> Facts:
    """Five steps of D, then five of G: what they did to both losses, and what they moved."""
    game = PlaneGame(PlaneSettings(rate_d=3e-3, rate_g=3e-3, seed=bench.seed))
    game.play(int(options.get("steps", 100)))
    d0, g0 = game.losses()
    before = _weights(game)
    for _ in range(FEW_STEPS):
        game.step_d()
    d1, g1 = game.losses()
    after_d = _weights(game)
    for _ in range(FEW_STEPS):
        game.step_g()
    d2, g2 = game.losses()
    after_g = _weights(game)
    moved = [[float((a - b).norm()) for a, b in zip(x, y, strict=True)] for x, y in
             ((before, after_d), (after_d, after_g))]  # fmt: skip
    return {
        "d_before": d0, "d_after_d": d1, "d_after_g": d2, "g_before": g0, "g_after_d": g1,
        "g_after_g": g2, "g_moved_by_d": moved[0][0], "d_moved_by_d": moved[0][1],
        "g_moved_by_g": moved[1][0], "d_moved_by_g": moved[1][1],
        "real": float(game.field().max()), "guess": math.log(2.0) * 2,
    }  # fmt: skip


def _weights(game: PlaneGame) -> list[Tensor]:
    return [
        torch.cat([p.detach().flatten().clone() for p in network.parameters()])
        for network in (game.generator, game.discriminator)
    ]


def collapse(bench: Bench, options: Options) -> Facts:
    """Eight clusters: how many G draws with equal rates, and with a G that is five times as fast."""
    steps = int(options.get("steps", 600))
    facts: Facts = {}
    for name, rate in (("fair", 1e-3), ("rushed", 5e-3)):
        game = PlaneGame(PlaneSettings(loss="logistic", rate_g=rate, seed=bench.seed))
        game.play(steps)
        facts |= {name: game.modes(), f"{name}_distance": game.distance()}
    return facts


def strong(bench: Bench, options: Options) -> Facts:
    """A D trained alone: what reaches G by log(1 - D), by -log D, and by a critic."""
    steps = int(options.get("steps", 300))
    facts: Facts = {}
    for loss in ("logistic", "wgan-gp"):
        game = PlaneGame(PlaneSettings(loss=loss, seed=bench.seed))
        for _ in range(steps):
            game.step_d()
        points = torch.from_numpy(game.fake(256)).requires_grad_()
        scores = game.discriminator(points)[:, 0]
        if loss == "logistic":
            saturating = -F.softplus(scores)  # log(1 - sigma(s))
            facts["saturating"] = _slope(saturating.sum(), points)
            facts["fake_probability"] = float(torch.sigmoid(scores.detach()).mean())
        facts["wgan" if loss == "wgan-gp" else "non_saturating"] = _slope(
            generator_loss(game.kind, scores) * len(points), points
        )
    facts["ratio"] = float(facts["non_saturating"]) / max(1e-12, float(facts["saturating"]))
    return facts


def _slope(total: Tensor, points: Tensor) -> float:
    (gradient,) = torch.autograd.grad(total, points, retain_graph=True)
    return float(gradient.norm(dim=1).mean())


def wasserstein(bench: Bench, options: Options) -> Facts:
    """Two parallel segments: their Jensen-Shannon and Wasserstein distance at three distances."""
    facts: Facts = {}
    for name, apart in (("near", 0.1), ("far", 0.5), ("there", 0.0)):
        edges = np.linspace(-1, 2, 3001)
        p = np.histogram(np.zeros(1000), edges)[0] / 1000
        q = np.histogram(np.full(1000, apart), edges)[0] / 1000
        facts |= {f"js_{name}": _jensen_shannon(p, q), f"w_{name}": _earth_mover(p, q, edges)}
    return facts


def _jensen_shannon(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    m = (p + q) / 2
    return sum(0.5 * float((a[a > 0] * np.log(a[a > 0] / m[a > 0])).sum()) for a in (p, q))


def _earth_mover(
    p: NDArray[np.float64], q: NDArray[np.float64], edges: NDArray[np.float64]
) -> float:
    return float((np.abs(np.cumsum(p) - np.cumsum(q)) * np.diff(edges)).sum())


def clipping(bench: Bench, options: Options) -> Facts:
    """WGAN's critic clipped beside one with a gradient penalty: where its weights are, and its slope."""
    facts: Facts = {}
    for name, loss in (("clipped", "wgan"), ("penalised", "wgan-gp")):
        game = PlaneGame(
            PlaneSettings(loss=loss, d_steps=3, penalty=10.0, clip=0.05, seed=bench.seed)
        )
        game.play(int(options.get("steps", 200)))
        weights = _weights(game)[1].abs()
        points = torch.from_numpy(game.real(256)).requires_grad_()
        facts[f"{name}_bound"] = 100.0 * float((weights > 0.0499).float().mean())
        facts[f"{name}_slope"] = _slope(game.discriminator(points).sum(), points)
        facts[f"{name}_distance"] = game.distance()
    return facts


def batches(bench: Bench, options: Options) -> Facts:
    """How much the gradient of G varies from batch to batch, of 8 points and of 64."""
    facts: Facts = {}
    for batch in (8, 64):
        game = PlaneGame(PlaneSettings(batch=64, seed=bench.seed))
        game.play(100)
        game.settings = replace(game.settings, batch=batch)
        draws = torch.stack([_gradient_g(game) for _ in range(int(options.get("count", 100)))])
        facts[f"noise_{batch}"] = float(draws.var(dim=0).sum())
    facts["ratio"] = float(facts["noise_8"]) / float(facts["noise_64"])
    for batch in (8, 64):
        game = PlaneGame(PlaneSettings(batch=batch, seed=bench.seed))
        game.play(int(options.get("steps", 200)))
        facts |= {f"modes_{batch}": game.modes(), f"distance_{batch}": game.distance()}
    return facts


def _gradient_g(game: PlaneGame) -> Tensor:
    z = torch.randn(game.settings.batch, game.settings.z_dim)
    loss = generator_loss(game.kind, game.discriminator(game.generator(z))[:, 0])
    return torch.cat(
        [g.flatten() for g in torch.autograd.grad(loss, list(game.generator.parameters()))]
    )


# ------------------------------------------------------------------------------------------------
# Small runs on pictures that a bundled model draws.


def _pictures_folder(bench: Bench, count: int, side: int, folder: Path) -> Path:
    pictures = bench.pictures(count, Recipe(psi=0.8))
    small = F.interpolate(pictures, (side, side), mode="area")
    for index, one in enumerate(small):
        pixels = (one * 127.5 + 127.5).round().clamp(0, 255).byte().permute(1, 2, 0).numpy()
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{index:04}.png")
    return folder


SMALL = {
    "threads": 1, "device": "cpu", "fmap_base": 128, "fmap_max": 32, "z_dim": 32, "w_dim": 32,
    "mapping_layers": 4, "batch_size": 16, "ema_kimg": 0.5, "distance_kimg": 0, "readout_samples": 0,
    "checkpoint_kimg": 1000, "snapshot_kimg": 1000, "sheet_kimg": 1000, "sheet_psi": 1.0,
}  # fmt: skip


def _run(name: str, pictures: Path, folder: Path, seconds: float, **settings: object) -> Facts:
    """A small run: its distance to the pictures at the end, images seen, weights, seconds.

    Seconds are those of this thread, so that what else the machine does decides no race.
    """
    plain = {k: v for k, v in preset("minutes", name).items() if "_at." not in k}
    config = with_settings(TrainConfig(), {**plain, **SMALL, "data": str(pictures), **settings})
    run, began, seen = train(config, folder / name), time.thread_time(), 0
    for event in run:
        seen = event.images
        if time.thread_time() - began > seconds:
            break
    list(run) if seen >= config.images else run.close()  # type: ignore[attr-defined]
    spent = time.thread_time() - began
    model = open_model(folder / name / "model.safetensors")
    apart = _distance(model, pictures)
    weights = sum(p.numel() for p in model.network.module.parameters())
    return {"distance": apart, "images": seen, "weights": weights, "seconds": spent}


def _distance(model: Model, pictures: Path) -> float:
    files = sorted(pictures.glob("*.png"))[:128]
    real = np.stack([np.asarray(Image.open(file)).transpose(2, 0, 1) for file in files])
    renderer = Renderer(model, "cpu")
    drawn = [renderer.render(Recipe(latent=Latent(s), psi=1.0)).pixels for s in range(len(files))]
    fake = np.stack(drawn).transpose(0, 3, 1, 2)
    return float(np.mean(list(sliced_wasserstein(real, np.ascontiguousarray(fake)).values())))


def growing(bench: Bench, options: Options) -> Facts:
    """A ProGAN grown from 4 px beside one at full size from the start, on as many pictures."""
    images, side = int(options.get("images", 4000)), int(options.get("side", 16))
    facts: Facts = {}
    with tempfile.TemporaryDirectory() as place:
        pictures = _pictures_folder(bench, 128, side, Path(place) / "pictures")
        for name, first in (("grown", 4), ("whole", side)):
            run = _run("progan", pictures, Path(place) / name, 1e9, resolution=side, images=images,
                       seed=bench.seed,
                       initial_resolution=first)  # fmt: skip
            facts |= {f"{name}_{key}": value for key, value in run.items()}
    facts["better"] = (
        "grown" if float(facts["grown_distance"]) < float(facts["whole_distance"]) else "whole"
    )
    return facts


def against(bench: Bench, options: Options) -> Facts:
    """DCGAN beside StyleGAN on the same pictures for the same seconds."""
    seconds, side = options.get("seconds", 30.0), int(options.get("side", 16))
    facts: Facts = {}
    with tempfile.TemporaryDirectory() as place:
        pictures = _pictures_folder(bench, 128, side, Path(place) / "pictures")
        for name in ("dcgan", "stylegan"):
            run = _run(name, pictures, Path(place), seconds, resolution=side, images=10**7,
                       seed=bench.seed,
                       channels=16, initial_resolution=side)  # fmt: skip
            facts |= {f"{name}_{key}": value for key, value in run.items()}
    facts["better"] = (
        "dcgan"
        if float(facts["dcgan_distance"]) < float(facts["stylegan_distance"])
        else "stylegan"
    )
    speed = {
        n: float(facts[f"{n}_images"]) / float(facts[f"{n}_seconds"]) for n in ("dcgan", "stylegan")
    }
    facts["faster"] = max(speed, key=lambda name: speed[name])
    return facts


# ------------------------------------------------------------------------------------------------
# What steadies a growing network.


def pixel_norms(bench: Bench, options: Options) -> Facts:
    """How large the features of a ProGAN become with the pixel norm and, same weights, without."""
    network = bench.network
    plain = type(network)(replace(network.config, normalize_features=False))
    plain.load_state_dict(network.state_dict())
    z = torch.randn(16, network.config.z_dim)
    facts: Facts = {}
    for name, one in (("with", network), ("without", plain)):
        x, sizes = one.start(z), []
        with torch.no_grad():
            for layer in one.layers:
                x = layer(x)
                sizes.append(float(x.square().mean().sqrt()))
        facts |= {f"{name}_first": sizes[0], f"{name}_last": sizes[-1]}
    return facts


def equalized(bench: Bench, options: Options) -> Facts:
    """He's constants c of the layers: an Adam step of 0.001 as a share of a weight, scaled and not."""
    scales = [float(m.scale) for m in bench.network.modules() if hasattr(m, "scale")]
    return {
        "smallest": min(scales), "largest": max(scales), "layers": len(scales),
        "unequal": max(scales) / min(scales), "equal": 1.0,
    }  # fmt: skip


def twins(bench: Bench, options: Options) -> Facts:
    """What D says of four different pictures, and of one of them four times."""
    critic = read_critic(bench.model.info)
    if critic is None:
        raise LessonError("This model carries no discriminator.", "Name another model.")
    pictures = bench.pictures(int(options.get("count", 16)))
    varied = float(critic.scores(pictures).mean())
    alike = [float(critic.scores(one[None].expand(4, -1, -1, -1)).mean()) for one in pictures[:8]]
    return {"varied": varied, "alike": float(np.mean(alike))}


def fading(bench: Bench, options: Options) -> Facts:
    """Old and new path of the newest block, and the blend at the desk's alpha."""
    can = bench.model.capabilities
    renderer = Renderer(bench.model, "cpu")
    full = can.full_growth
    halves = {a: renderer.raw(replace(bench.recipe, growth=full - 1 + a)) for a in (0.25, 0.5, 1.0)}
    line = (halves[0.5] - halves[0.25]) / 0.25
    wanted = halves[0.5] + 0.5 * line
    return {
        "change": float(np.abs(halves[1.0] - halves[0.25]).mean() * 127.5),
        "from_line": float(np.abs(halves[1.0] - wanted).mean() * 127.5),
    }


# ------------------------------------------------------------------------------------------------
# From Z to W.


def mapping(bench: Bench, options: Options) -> Facts:
    """The mapping network of one z and the shape of W: spread, PCA, kurtosis, against N(0, I)."""
    count = int(options.get("count", 2000))
    network = bench.network
    z = torch.randn(count, network.config.z_dim)
    with torch.no_grad():
        w = network.mapping(z)
    centred = w - w.mean(dim=0)
    variances = torch.linalg.svdvals(centred).square()
    share = torch.cumsum(variances / variances.sum(), 0)
    normed = F.normalize(z, dim=1) * math.sqrt(z.shape[1])
    return {
        "z_dim": z.shape[1], "w_dim": w.shape[1], "layers": network.config.mapping_layers,
        "weights": sum(p.numel() for p in network.mapping.parameters()),
        "z_length_before": float(z[0].norm()), "z_length": float(normed[0].norm()),
        "half_of_w": int((share < 0.5).sum()) + 1, "half_of_z": _half_of(z),
        "kurtosis_w": _kurtosis(centred), "kurtosis_z": _kurtosis(z),
        "spread_w": float(centred.std(0).max() / centred.std(0).min()),
        "spread_z": float(z.std(0).max() / z.std(0).min()),
        "mean_w": float(w.mean(dim=0).norm()),
    }  # fmt: skip


def _half_of(x: Tensor) -> int:
    variances = torch.linalg.svdvals(x - x.mean(0)).square()
    return int((torch.cumsum(variances / variances.sum(), 0) < 0.5).sum()) + 1


def _kurtosis(x: Tensor) -> float:
    standard = (x - x.mean(0)) / x.std(0)
    return float(standard.pow(4).mean())


def entangled(bench: Bench, options: Options) -> Facts:
    """Path length in Z and W, and how often a plane tells dark pictures from light ones in each."""
    count = int(options.get("count", 128))
    network, can = bench.network, bench.model.capabilities
    z = torch.randn(count, can.z_dim, generator=torch.Generator().manual_seed(3 + bench.seed))
    with torch.no_grad():
        w = network.mapping(z)
        pictures = _drawn(network, w)
        step, t = 1e-2, torch.linspace(0, 1, count // 2)[:, None]
        za, zb, wa, wb = z[::2], z[1::2], w[::2], w[1::2]
        in_w = _drawn(network, torch.lerp(wa, wb, t + step)) - _drawn(
            network, torch.lerp(wa, wb, t)
        )
        on_z = _drawn(network, network.mapping(_slerp(za, zb, t + step))) - _drawn(
            network, network.mapping(_slerp(za, zb, t))
        )
    dark = pictures.mean(dim=(1, 2, 3))
    labels = (dark > dark.median()).float() * 2 - 1
    return {
        "path_w": float(in_w.square().mean(dim=(1, 2, 3)).mean() / step**2),
        "path_z": float(on_z.square().mean(dim=(1, 2, 3)).mean() / step**2),
        "plane_w": 100.0 * _right_side(w, labels), "plane_z": 100.0 * _right_side(z, labels),
    }  # fmt: skip


def _drawn(network: Any, w: Tensor) -> Tensor:
    layers = network.config.num_layers
    noises = [network.synthesis.stored_noise(index) for index in range(layers)]
    parts = [network.synthesis(p[:, None].expand(-1, layers, -1), noises) for p in w.split(16)]
    return F.avg_pool2d(torch.cat(parts), 4)


def _slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    a, b = F.normalize(a, dim=1), F.normalize(b, dim=1)
    angle = torch.arccos((a * b).sum(1, keepdim=True).clamp(-1, 1))
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def _right_side(x: Tensor, labels: Tensor) -> float:
    """Share of the second half that a ridge-fitted plane of the first half puts on the right side."""
    half = len(x) // 2
    x = (x - x[:half].mean(0)) / x[:half].std(0)
    a = torch.cat([x, torch.ones(len(x), 1)], 1)
    gram = a[:half].T @ a[:half] + half * 0.3 * torch.eye(a.shape[1])
    plane = torch.linalg.solve(gram, a[:half].T @ labels[:half])
    return float(((a[half:] @ plane).sign() == labels[half:]).float().mean())


# ------------------------------------------------------------------------------------------------
# Inside a layer: AdaIN, styles, noise.


def adain(bench: Bench, options: Options) -> Facts:
    """One channel of a layer before AdaIN and after it, and what the style asked for."""
    stage = int(options.get("stage", 1))
    x, scale, bias, after = adain_parts(bench, stage)
    mean, deviation = x.mean((1, 2)), x.std((1, 2), correction=0)
    channel = int(deviation.argmax())
    return {
        "channels": len(x), "channel": channel,
        "mean_before": float(mean[channel]), "deviation_before": float(deviation[channel]),
        "scale": float(scale[channel]), "bias": float(bias[channel]),
        "mean_after": float(after[channel].mean()),
        "deviation_after": float(after[channel].std(correction=0)),
        "style_numbers": 2 * len(x), "w_dim": bench.model.capabilities.w_dim,
    }  # fmt: skip


def adain_parts(bench: Bench, stage: int = 1) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A layer's features before AdaIN (C, h, w), its scale and bias (C,), and the features after.

    Whatever is on the desk, mixed styles, noise of any kind, psi of a scale, enters before and after alike.
    """
    recipe = fit(bench.recipe, bench.model.capabilities)
    found = normalised_at(Renderer(bench.model, "cpu"), recipe, stage)
    return found.before, found.scale, found.bias, found.after


def styles(bench: Bench, options: Options) -> Facts:
    """The picture with another style at coarse, middle, fine scales: what changes at 4 px and in detail."""
    renderer, can = Renderer(bench.model, "cpu"), bench.model.capabilities
    base = Recipe(latent=Latent(1), psi=0.7)
    groups = {"coarse": (4, 8), "middle": (16, 32), "fine": (64,)}
    plain = torch.from_numpy(renderer.raw(base))[None]
    facts: Facts = {}
    for name, sides in groups.items():
        recipe = base
        for side in set(sides) & set(can.resolutions):
            recipe = recipe.with_mix_at(side, Mix(Latent(7)))
        change = torch.from_numpy(renderer.raw(recipe))[None] - plain
        shape = F.interpolate(change.mean(1, keepdim=True), (8, 8), mode="area")
        facts[f"{name}_shape"] = float(shape.abs().mean() * 127.5)
        facts[f"{name}_all"] = float(change.abs().mean() * 127.5)
    return facts


def noises(bench: Bench, options: Options) -> Facts:
    """Each layer's learned noise strength, and the deviation of the picture over draws."""
    layers = bench.network.synthesis.layers
    strengths = [float(layer.noise_weight.abs().mean()) for layer in layers]
    renderer = Renderer(bench.model, "cpu")
    draws = [
        renderer.raw(replace(bench.recipe, noise=Noise("random", seed, 1.0)))
        for seed in range(int(options.get("count", 8)))
    ]
    deviation = np.stack(draws).std(axis=0).mean() * 127.5
    seeds = bench.pictures(
        int(options.get("count", 8)), replace(bench.recipe, noise=Noise("stored"))
    )
    strongest = int(np.argmax(strengths))
    weights = layers[strongest].noise_weight
    return {
        "layers": len(layers), "deviation": float(deviation),
        "deviation_w": float(seeds.std(0).mean() * 127.5), "strongest": strongest,
        "strength": strengths[strongest], "weakest": min(strengths),
        "largest_channel": float(weights.abs().max()), "smallest_channel": float(weights.abs().min()),
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------
# Truncation, and what a large network cost.


def truncation(bench: Bench, options: Options) -> Facts:
    """Over psi: variety of pictures and what D says of them; and z scaled by half instead."""
    count = int(options.get("count", 24))
    critic = read_critic(bench.model.info)
    facts: Facts = {}
    for psi in (0.0, 0.5, 1.0):
        pictures = bench.pictures(count, Recipe(psi=psi, noise=Noise("stored")))
        rows = F.avg_pool2d(pictures, pictures.shape[-1] // 16).flatten(1).numpy()
        name = f"{round(100 * psi)}"
        facts[f"variety_{name}"] = diversity(rows)
        facts[f"score_{name}"] = float(critic.scores(pictures).mean()) if critic else 0.0
    if bench.model.capabilities.has_w:
        z = torch.randn(8, bench.model.capabilities.z_dim)
        with torch.no_grad():
            moved = bench.network.mapping(0.5 * z) - bench.network.mapping(z)
        facts["z_halved"] = float(moved.abs().max())
    return facts


def widths(bench: Bench, options: Options) -> Facts:
    """A BigGAN of 16 and of 32 channels: weights, bytes and milliseconds for the same pictures."""
    facts: Facts = {}
    for width in (16, 32):
        network = BigGANGenerator(BigGANConfig(32, width, 40, 32, 10, ())).eval()
        weights = sum(p.numel() for p in network.parameters())
        z, labels = torch.randn(4, network.config.z_dim), torch.eye(10)[:4]
        times = []
        for _ in range(5):
            began = time.perf_counter()
            with torch.inference_mode():
                network(z, labels)
            times.append(1000 * (time.perf_counter() - began))
        facts |= {
            f"weights_{width}": weights,
            f"mb_{width}": weights * 4 / 1e6,
            f"ms_{width}": min(times),
        }
    facts["more_weights"] = float(facts["weights_32"]) / float(facts["weights_16"])
    return facts


def class_vectors(bench: Bench, options: Options) -> Facts:
    """The shared class embedding and the gains that it becomes in the first block's batch norm."""
    network = bench.network
    table = network.shared.weight.detach()
    alike = F.normalize(table, dim=1) @ F.normalize(table, dim=1).T
    alike.fill_diagonal_(-2.0)
    place = int(alike.argmax())
    names = bench.model.capabilities.classes
    one, other = names[place // len(names)], names[place % len(names)]
    norm = next(m for m in network.modules() if type(m).__name__ == "ConditionalBatchNorm")
    width = norm.gain.weight.shape[1]
    y = torch.cat([table, torch.zeros(len(table), width - table.shape[1])], dim=1)
    with torch.no_grad():
        gains = 1.0 + norm.gain(y)
    separate = sum(
        2 * m.gain.weight.shape[0] * len(names)
        for m in network.modules() if type(m).__name__ == "ConditionalBatchNorm"
    )  # fmt: skip
    shared = table.numel() + sum(
        2 * m.gain.weight.shape[0] * table.shape[1]
        for m in network.modules() if type(m).__name__ == "ConditionalBatchNorm"
    )  # fmt: skip
    return {
        "classes": len(names), "dim": table.shape[1], "nearest": f"{one} and {other}",
        "cosine": float(alike.max()), "gain_spread": float(gains.std(0).mean()),
        "separate": separate, "shared": shared,
    }  # fmt: skip


def orthogonal(bench: Bench, options: Options) -> Facts:
    """Rows of G's weights: how much they overlap, before and after steps of the regulariser alone."""
    network = copy.deepcopy(bench.network).requires_grad_(requires_grad=True)
    facts: Facts = {"before": _overlap(network), "condition_before": _condition(network)}
    for _ in range(int(options.get("steps", 30))):
        for parameter in network.parameters():
            parameter.grad = torch.zeros_like(parameter)
        add_orthogonal_gradient(network, 0.02)
        with torch.no_grad():
            for parameter in network.parameters():
                assert parameter.grad is not None
                parameter.sub_(parameter.grad / (1.0 + parameter.grad.norm()))
    return facts | {"after": _overlap(network), "condition_after": _condition(network)}


def _matrices(network: Any) -> list[Tensor]:
    return [
        p.detach().flatten(1)
        for name, p in network.named_parameters()
        if p.ndim > 1 and not name.startswith("shared.") and len(p) > 1
    ]


def _overlap(network: Any) -> float:
    """Mean size of the cosine of two different rows."""
    found = []
    for matrix in _matrices(network):
        rows = F.normalize(matrix, dim=1)
        cosines = (rows @ rows.T).fill_diagonal_(0.0)
        found.append(float(cosines.abs().sum() / (len(rows) * (len(rows) - 1))))
    return float(np.mean(found))


def _condition(network: Any) -> float:
    """Median over layers of the largest singular value over the mean one."""
    values = [torch.linalg.svdvals(matrix) for matrix in _matrices(network)]
    return float(np.median([float(v.max() / v.mean()) for v in values]))


def attending(bench: Bench, options: Options) -> Facts:
    """gamma, how far attention reaches, and what the picture is without it."""
    can, renderer = bench.model.capabilities, Renderer(bench.model, "cpu")
    stage = next(layer for layer in can.layers if layer.attention)
    features = torch.from_numpy(renderer.features(bench.recipe, stage.index - 1))[None]
    with torch.no_grad():
        table = bench.model.network.attention(stage.index, features)[0]
    side = stage.resolution
    with_it, without = (renderer.raw(replace(bench.recipe, attention=a)) for a in (1.0, 0.0))
    return {
        "gamma": bench.model.network.gamma(stage.index), "side": side, "layer": stage.name,
        "reach": _reach(table, side), "peak": 100.0 * float(table.max(dim=1).values.mean()),
        "uniform": 100.0 * 4.0 / side**2, "change": float(np.abs(with_it - without).mean() * 127.5),
        "kernel": 3,
    }  # fmt: skip


def _reach(table: Tensor, side: int) -> float:
    """Mean distance in pixels between a place and where it looks."""
    grid = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij"), -1)
    half = grid[: side // 2, : side // 2].reshape(-1, 2) * 2.0 + 0.5
    apart = torch.cdist(grid.reshape(-1, 2).float(), half)
    return float((table * apart).sum(dim=1).mean())


# ------------------------------------------------------------------------------------------------
# Whose picture it is, and what the numbers of quality miss.


def skins(bench: Bench, options: Options) -> Facts:
    """The tone at the middle of heads: how many are light, and how dark the darkest fifth is."""
    pictures = bench.pictures(int(options.get("count", 64)), Recipe(psi=1.0)) * 0.5 + 0.5
    side = pictures.shape[-1]
    middle = pictures[:, :, side * 7 // 16 : side * 9 // 16, side * 7 // 16 : side * 9 // 16]
    light = middle.amax(dim=1).flatten(1).median(dim=1).values
    return {
        "heads": len(light), "light": 100.0 * float((light > 0.75).float().mean()),
        "dark": 100.0 * float((light < 0.5).float().mean()), "middle": float(light.median()),
    }  # fmt: skip


def copies(bench: Bench, options: Options) -> Facts:
    """Distance to the nearest of a set: of new samples, and of copies that hardly differ."""
    count = int(options.get("count", 48))
    rows = F.avg_pool2d(bench.pictures(2 * count), 4).flatten(1)
    known, new = rows[:count].numpy(), rows[count:].numpy()
    copied = known + np.random.default_rng(0).normal(0, 0.01, known.shape).astype(np.float32)
    return {
        "new": float(np.median(nearest(new, known)[1])),
        "copied": float(np.median(nearest(copied, known)[1])),
    }


def scores(bench: Bench, options: Options) -> Facts:
    """Sliced Wasserstein distance to one half of samples: others, blurred, collapsed, copied."""
    count = int(options.get("count", 48))
    pictures = (bench.pictures(2 * count) * 127.5 + 127.5).round().clamp(0, 255).byte()
    real, other = pictures[:count], pictures[count:]
    blurred = F.avg_pool2d(other.float(), 5, 1, 2, count_include_pad=False).round().byte()
    sets = {
        "other": other, "blurred": blurred, "copied": real,
        "collapsed": other[:1].expand(count, -1, -1, -1),
    }  # fmt: skip

    def apart(fake: Tensor) -> float:
        return float(
            np.mean(list(sliced_wasserstein(real.numpy(), fake.contiguous().numpy()).values()))
        )

    return {name: apart(fake) for name, fake in sets.items()}


def origin(bench: Bench, options: Options) -> Facts:
    """Whether a saved picture tells its Recipe and model, and whether its bare pixels still do."""
    pixels = Renderer(bench.model, "cpu").render(bench.recipe).pixels
    with tempfile.TemporaryDirectory() as place:
        path, bare = Path(place) / "a.png", Path(place) / "b.png"
        save_png(path, pixels, bench.recipe, bench.model.info)
        found = read_png(path)
        same = found.recipe == bench.recipe and found.fingerprint == bench.model.info.fingerprint
        Image.fromarray(pixels).save(bare)
        try:
            read_png(bare)
            kept = "yes"
        except Exception:  # noqa: BLE001 - whatever it says, the origin is gone
            kept = "no"
    return {"told": "yes" if same else "no", "kept": kept, "bytes": len(bench.recipe.to_json())}


EXPERIMENTS: dict[str, Callable[[Bench, Options], Facts]] = {
    one.__name__: one
    for one in (
        game, collapse, strong, wasserstein, clipping, batches, growing, against, pixel_norms,
        equalized, twins, fading, mapping, entangled, adain, styles, noises, truncation, widths,
        class_vectors, orthogonal, attending, skins, copies, scores, origin,
    )
}  # fmt: skip
"""Name -> experiment."""


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "mean": lambda x: x.mean((-2, -1), keepdim=True),
    "var": lambda x: x.var((-2, -1), correction=0, keepdim=True),
    "std": lambda x: x.std((-2, -1), correction=0, keepdim=True),
    "sqrt": lambda x: torch.as_tensor(x).sqrt(),
    "abs": abs,
    "where": torch.where,
    "up": lambda x: x.repeat_interleave(2, -2).repeat_interleave(2, -1),
}
"""What a cell may call; mean, var and std are those of each channel over its places."""


def _adain(bench: Bench) -> tuple[dict[str, Any], Tensor]:
    x, scale, bias, after = adain_parts(bench)
    row = (slice(None), None, None)
    return {"x": x, "scale": scale[row], "bias": bias[row], "eps": 1e-8}, after


def _fading(bench: Bench) -> tuple[dict[str, Any], Tensor]:
    random = torch.Generator().manual_seed(0)
    old, new = torch.randn(3, 8, 8, generator=random), torch.randn(3, 16, 16, generator=random)
    alpha = 0.37
    wanted = torch.lerp(FUNCTIONS["up"](old), new, alpha)
    return {"old": old, "new": new, "alpha": alpha}, wanted


def _truncation(bench: Bench) -> tuple[dict[str, Any], Tensor]:
    network = bench.network
    with torch.no_grad():
        w = network.mapping(torch.randn(8, bench.model.capabilities.z_dim))
    return {"w": w, "mean": network.w_avg, "psi": 0.6}, torch.lerp(network.w_avg, w, 0.6)


def _rejection(bench: Bench) -> tuple[dict[str, Any], Tensor]:
    random = torch.Generator().manual_seed(0)
    z, again = torch.randn(2, 64, generator=random)
    again = again.clamp(-0.9, 0.9)
    return {"z": z, "again": again, "threshold": 1.0}, torch.where(z.abs() > 1.0, again, z)


Given = Callable[[Bench], tuple[dict[str, Any], Tensor]]

CELLS: dict[str, Given] = {
    "adain": _adain,
    "fading": _fading,
    "truncation": _truncation,
    "rejection": _rejection,
}
"""Name -> the names with their values, and what the expression should be."""


def cell_error(name: str, text: str, bench: Bench) -> float:
    """The largest difference of an expression from what the network itself computes.

    Raises `LessonError` for an expression that has no value, or another shape.
    """
    names, wanted = CELLS[name](bench)
    found = evaluate(text, {**FUNCTIONS, **names})
    if not isinstance(found, Tensor) or found.shape != wanted.shape:
        raise LessonError(
            f"The expression has the wrong shape; {tuple(wanted.shape)} is wanted.",
            "Keep one map for every channel.",
        )
    return float((found - wanted).abs().max())
