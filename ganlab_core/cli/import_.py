"""`ganlab import`: a published checkpoint as a model file of our own."""

from __future__ import annotations

import argparse
from pathlib import Path

from ganlab_core.cli.output import say, say_json
from ganlab_core.cli.values import Commands, existing_file
from ganlab_core.errors import CheckpointError, explain_os_error
from ganlab_core.model_info import ModelInfo
from ganlab_core.places import user_models_dir

HELP = "Turn a published checkpoint into a model file."


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("import", help=HELP, description=HELP, allow_abbrev=False)
    parser.set_defaults(run=run, parser=parser)
    add = parser.add_argument
    add("file", metavar="FILE", type=existing_file,
        help="a ProGAN, StyleGAN or BigGAN as published: NVIDIA's .pkl, a .pth of genforce or the GAN zoo,"
             " G_ema.pth or pytorch_model.bin of a BigGAN")  # fmt: skip
    add("--out", type=Path, metavar="M.safetensors", help="default: among your own models")
    add("--json", action="store_true", help="print an object")


def run(arguments: argparse.Namespace) -> int:
    """Read, write, and tell what it is; nothing in the file is run."""
    from ganlab_core.checkpoint import save_model
    from ganlab_core.importers.published import import_model

    out = _destination(arguments.file, arguments.out)
    model = import_model(arguments.file)
    try:
        info = save_model(model, out)
    except OSError as error:
        raise CheckpointError(explain_os_error(error, "writing the model")) from None
    _report(info, as_json=arguments.json)
    return 0


def _destination(source: Path, out: Path | None) -> Path:
    """The file to write; one of the person's own models is not replaced unasked."""
    if out is None:
        path = user_models_dir() / f"{source.stem}.safetensors"
        if path.exists():
            raise CheckpointError(
                f"There is already a model {path.stem!r}.", "Name another file with --out."
            )
        return path
    if out.suffix.lower() != ".safetensors" or out.is_dir():
        raise CheckpointError(f"--out {out.name} should be a file ending in .safetensors.")
    return out


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
    say(f"{info.provenance['imported']}: {info.resolution} px{classes}")
    say(str(info.path))
