"""The options of `ganlab render`, and which of them mean nothing to a model."""

from __future__ import annotations

import argparse
from pathlib import Path

from ganlab_core.capabilities import Capabilities
from ganlab_core.cli.values import existing_file, seeds
from ganlab_core.recipe import NOISE_MODES


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what is rendered, where it goes, and how it looks."""
    add = parser.add_argument
    add("model", metavar="MODEL", help="name of a bundled model, a model file, or a run's folder")
    add("--out", type=Path, metavar="DIR|FILE.png", help="where the pictures go")
    add("--seeds", type=seeds, metavar="S", help="seeds and ranges, as 0-7,12 (default 0)")
    add("--latents", type=existing_file, metavar="Z.npy", help="latents z, float (N, z_dim)")
    add("--recipe", type=existing_file, metavar="R", help="Recipe to start from: .json, or a PNG")
    add("--raw", type=Path, metavar="FILE.npy", help="also write float32 (N, C, H, W), unclipped")
    add("--device", default="auto", metavar="D", help="cpu, cuda, mps or auto")
    add("--precision", default="fp32", choices=("fp32", "bf16"), help="arithmetic")
    add("--json", action="store_true", help="print what was written as a list of objects")
    _add_looks(parser)


def _add_looks(parser: argparse.ArgumentParser) -> None:
    """Add what becomes part of the Recipe."""
    add = parser.add_argument
    add(
        "--class",
        dest="classes",
        metavar="C[:W],...",
        help="classes by number or name, with weights as they are, as 207 or 207:0.5,tench:0.5",
    )
    add(
        "--labels",
        type=existing_file,
        metavar="L.npy",
        help="a class for each seed or latent: numbers (N,), or weights (N, classes)",
    )
    add(
        "--psi",
        type=float,
        metavar="F",
        help="truncation; 0 = the mean, 1 = none; for BigGAN the scale of z (default: as the "
        "model was published, else 0.7)",
    )
    add("--cutoff", type=int, metavar="N", help="truncate only the first N layers")
    add("--threshold", type=float, metavar="F", help="cut z's normal distribution here (BigGAN)")
    add("--attention", type=float, metavar="F", help="factor on self-attention; 1 = as trained")
    add("--growth", type=float, metavar="F", help="log2 of the resolution shown, as 4.37")
    add("--noise", choices=NOISE_MODES, help="noise of all layers")
    add("--noise-seed", type=int, metavar="N", help="seed of random noise; implies --noise random")


def idle_options(arguments: argparse.Namespace, can: Capabilities) -> list[str]:
    """One sentence for each option that changes nothing with this model."""
    untruncated = "" if can.has_truncation else "its z is normalised, which loses any scale"
    idle = {
        "psi": untruncated,
        "cutoff": untruncated,
        "growth": ("" if can.has_growth else "it was trained at one resolution"),
        "noise": ("" if can.has_noise else "it adds no noise"),
        "noise_seed": ("" if can.has_noise else "it adds no noise"),
        "threshold": ("it is truncated in W, with --psi" if can.has_w else ""),
        "attention": ("" if can.has_attention else "it has no self-attention"),
    }
    return [
        f"--{name.replace('_', '-')} changes nothing for this model: {reason}."
        for name, reason in idle.items()
        if reason and getattr(arguments, name) is not None
    ]
