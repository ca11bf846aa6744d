"""`ganlab import`: a published checkpoint as a model file of our own."""

from __future__ import annotations

import argparse
from pathlib import Path

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import UsageError, say, say_json
from ganlab_core.errors import CheckpointError, explain_os_error
from ganlab_core.models import ModelInfo

EXAMPLES = """
ganlab import karras2019stylegan-ffhq.pkl
ganlab import runs/mine --name faces
ganlab import G_ema.pth --out biggan.safetensors
"""


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "import", run, EXAMPLES)
    add = parser.add_argument
    add("file", metavar="FILE|RUN",
        help="a ProGAN, StyleGAN or BigGAN as published: NVIDIA's .pkl, a .pth of genforce or the GAN zoo,"
             " G_ema.pth or pytorch_model.bin of a BigGAN; or a run's folder, or a model file")  # fmt: skip
    add("--name", default="", help="of the model among your own (default: as the file or run)")
    add("--out", type=Path, metavar="M.safetensors", help="write this file instead")
    add("--json", action="store_true", help="print an object")


def run(arguments: argparse.Namespace) -> int:
    """Read, write, and tell what it is; nothing in the file is run."""
    if arguments.out is None:
        from ganlab_core.training import keep_model

        info = keep_model(arguments.file, arguments.name)
    else:
        info = _written(arguments.file, arguments.out)
    _report(info, as_json=arguments.json)
    return 0


def _written(source: str, out: Path) -> ModelInfo:
    """The model in a file of the person's choice."""
    from ganlab_core.export import check_place
    from ganlab_core.models import resolve, save_model
    from ganlab_core.training import open_any

    if out.suffix.lower() != ".safetensors" or out.is_dir():
        raise UsageError(f"--out {out.name} should be a file ending in .safetensors")
    check_place(out)
    model = open_any(resolve(source))
    try:
        return save_model(model, out)
    except OSError as error:
        raise CheckpointError(explain_os_error(error, "writing the model")) from None


def _report(info: ModelInfo, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "name": info.name,
                "architecture": info.architecture,
                "resolution": info.resolution,
                "classes": list(info.classes),
                "fingerprint": info.fingerprint,
                "growth": info.growth,
                "provenance": info.provenance,
                "path": str(info.path),
            }
        )
        return
    classes = f", {len(info.classes)} classes" if info.classes else ""
    what = info.provenance.get("imported") or info.architecture
    say(f"{what}: {info.resolution} px{classes}")
    say(str(info.path))
