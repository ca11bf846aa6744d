"""The commands that bring in what others made: `ganlab import` and `ganlab project`.

A published checkpoint becomes a model file of our own, pictures of one's own become Recipes of a model.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ganlab_core.cli.commands import Commands, add_command
from ganlab_core.cli.output import Stopping, UsageError, complain, counting, say, say_json
from ganlab_core.cli.recipe_options import add_machine_options, machine_of, open_renderer
from ganlab_core.errors import (
    CheckpointError,
    ExportError,
    GanlabError,
    RecipeError,
    explain_os_error,
)
from ganlab_core.export import check_place, save_picture
from ganlab_core.inspection import Crop, cut_square, read_own_picture
from ganlab_core.models import ModelInfo
from ganlab_core.recipe import Recipe, with_amounts

if TYPE_CHECKING:
    from ganlab_core.inspection import Effort, Pixels, Projected, Sight
    from ganlab_core.rendering import Renderer


IMPORT_EXAMPLES = """
ganlab import karras2019stylegan-ffhq.pkl
ganlab import runs/mine --name faces
ganlab import G_ema.pth --out biggan.safetensors
"""


def add_import(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "import", run_import, IMPORT_EXAMPLES)
    add = parser.add_argument
    add("file", metavar="FILE|RUN",
        help="a ProGAN, StyleGAN or BigGAN as published: NVIDIA's .pkl, a .pth of genforce or the GAN zoo,"
             " G_ema.pth or pytorch_model.bin of a BigGAN; or a run's folder, or a model file")  # fmt: skip
    add("--name", default="", help="of the model among your own (default: as the file or run)")
    add("--out", type=Path, metavar="M.safetensors", help="write this file instead")
    add("--json", action="store_true", help="print an object")


def run_import(arguments: argparse.Namespace) -> int:
    """Read, write, and tell what it is; nothing in the file is run."""
    if arguments.out is None:
        from ganlab_core.training import keep_model

        info = keep_model(arguments.file, arguments.name)
    else:
        info = _model_written(arguments.file, arguments.out)
    _report(info, as_json=arguments.json)
    return 0


def _model_written(source: str, out: Path) -> ModelInfo:
    """The model in a file of the person's choice."""
    from ganlab_core.models import resolve, save_model
    from ganlab_core.training import open_any

    _check_model_place(out)
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


BLEND_EXAMPLES = """
ganlab blend adventurer portraits --amounts 0.5 --out between.safetensors
ganlab blend adventurer portraits --amounts 4=1,8=1 --name swapped
ganlab blend runs/mine/checkpoints/000040000.safetensors runs/mine --amounts 0.3 --name half-way
"""


def add_blend(commands: Commands) -> None:
    """Add the command."""
    more = "Both parents stand in its header."
    parser = add_command(commands, "blend", run_blend, BLEND_EXAMPLES, more)
    add = parser.add_argument
    add("first", metavar="A", help="name of a model, its file, or a run's folder")
    add("second", metavar="B", help="another one of equal shape")
    add("--amounts", required=True, metavar="T",
        help="how much of B is in it, 0 to 1, as 0.5; or for places, as 4=1,8=0.5,mapping=0")  # fmt: skip
    add("--name", default="", help="of the model among your own")
    add("--out", type=Path, metavar="M.safetensors", help="write this file instead")
    add("--json", action="store_true", help="print an object")


def run_blend(arguments: argparse.Namespace) -> int:
    """Blend the weights of two models and write them as a model."""
    from ganlab_core.models import blended, resolve, save_model, with_second
    from ganlab_core.training import keep_blend, open_any

    try:
        asked = with_amounts(Recipe(), arguments.amounts)
    except RecipeError as error:
        raise UsageError(str(error)) from None
    if (arguments.out is None) == (not arguments.name):
        raise UsageError("say either --out FILE or --name NAME")
    if arguments.out is None:
        info = keep_blend(arguments.first, arguments.second, asked, arguments.name)
    else:
        _check_model_place(arguments.out)
        pair = with_second(*(open_any(resolve(one)) for one in (arguments.first, arguments.second)))
        info = save_model(blended(pair, asked), arguments.out)
    for place in {place for place, _ in asked.second_at} - _shared(info):
        complain(
            f"ganlab: the two have no {place} px of equal shape; it stays as in {arguments.first}."
        )
    _report(info, as_json=arguments.json)
    return 0


def _shared(info: ModelInfo) -> set[int]:
    """The resolutions that a blend's parents have in common."""
    return {int(place) for place in info.provenance["amounts"] if place.isdecimal()}


def _check_model_place(out: Path) -> None:
    if out.suffix.lower() != ".safetensors" or out.is_dir():
        raise UsageError(f"--out {out.name} should be a file ending in .safetensors")
    check_place(out)


PROJECT_EXAMPLES = """
ganlab project adventurer me.png --out as-a-head.png
ganlab project portraits holiday/*.jpg --out heads --seconds 60
ganlab project adventurer me.png --out me.png --tune 20
ganlab project toon-heads me.jpg --crop 0,-0.1,0.8 --editable 0.8 --out me.png --json
"""


def add_project(commands: Commands) -> None:
    """Add the command."""
    more = "Each PNG carries the Recipe whose picture comes nearest."
    parser = add_command(commands, "project", run_project, PROJECT_EXAMPLES, more)
    add = parser.add_argument
    add("model", metavar="MODEL", help="name of a model, its file, or a run's folder")
    add("pictures", nargs="+", type=Path, metavar="PICTURE")
    add("--out", required=True, type=Path, metavar="FILE.png|DIR", help="a file, or a folder")
    add("--seconds", type=float, metavar="S", help="of work for each picture, instead of steps")
    add("--tune", type=float, metavar="S",
        help="then tune the weights to each picture for so many seconds, and keep the difference as one of"
             " your own models, named after both")  # fmt: skip
    add_projection_options(parser)
    add_machine_options(parser)
    add("--json", action="store_true", help="print a list of objects")


def add_projection_options(parser: argparse.ArgumentParser) -> None:
    """How pictures are brought in, whatever becomes of them."""
    add = parser.add_argument
    add("--steps", type=int, metavar="N", help="for each picture (default 400)")
    add("--seeds", type=int, default=600, metavar="N", help="to begin from the nearest of these")
    add(
        "--editable",
        type=float,
        default=0.25,
        metavar="F",
        help="0 = as close to the picture as can be, 1 = as easy to edit as the model's own (default 0.25)",
    )
    add(
        "--crop",
        type=_crop,
        default=Crop(),
        metavar="X,Y,SIDE",
        help="the square's middle from the picture's middle, and its side, in shares of the shorter"
        " side (default 0,0,1)",
    )


def run_project(arguments: argparse.Namespace) -> int:
    """Bring each picture into the model, and write what it became."""
    effort = effort_of(arguments, arguments.seconds)
    if arguments.tune is not None and not 0.0 < arguments.tune <= 1e6:
        raise UsageError("--tune is more than 0")
    _check_out(arguments.out, len(arguments.pictures))
    renderer = open_renderer(arguments.model, machine_of(arguments))
    if arguments.tune is not None:
        _check_tunable(renderer)
    told = []
    with Stopping() as stopping:
        try:
            for one in projections(renderer, arguments.pictures, arguments, effort, stopping):
                drawing = _tuned(renderer, one, arguments, stopping)
                told.append(_recipe_written(drawing, one, _place(arguments.out, one.picture)))
                if not arguments.json:
                    say(_sentence(told[-1]))
        except Stopping.Asked:
            return stopping.status
    if arguments.json:
        say_json(told)
    return 0


@dataclass(frozen=True, slots=True, eq=False)
class BroughtIn:
    """A picture that was brought into a model: its file, the square aimed at, and what it became."""

    picture: Path
    target: Pixels
    last: Projected


def projections(
    renderer: Renderer,
    pictures: Sequence[Path],
    arguments: argparse.Namespace,
    effort: Effort,
    stopping: Stopping,
) -> Iterator[BroughtIn]:
    """Each picture brought into the model by the options of a command; raises `Stopping.Asked`."""
    from ganlab_core.inspection import Beginnings, Projection

    if not pictures:
        return
    with counting("step") as bar:
        beginnings = Beginnings(renderer.model, arguments.seeds)
        for _ in beginnings.draw():
            stopping.give_up_if_asked()
        through = _sights(renderer)
        for path in pictures:
            bar.reset()
            side = beginnings.chain.side
            picture = read_own_picture(path, side)
            target = cut_square(picture, side, beginnings.ground, arguments.crop)
            steps = Projection(beginnings, target, through, arguments.editable).run(effort)
            last = next(steps)
            for last in steps:
                bar.update(last.step - bar.n)
                stopping.give_up_if_asked()
            yield BroughtIn(path, target, last)


def _tuned(
    renderer: Renderer, one: BroughtIn, arguments: argparse.Namespace, stopping: Stopping
) -> Renderer:
    """What draws the picture: the model, or what it became by tuning; raises `Stopping.Asked`."""
    if arguments.tune is None:
        return renderer
    from ganlab_core.inspection import Effort, Tuning
    from ganlab_core.models import keep_tuning, tuning_name
    from ganlab_core.rendering import Renderer as DrawnBy

    model = renderer.model
    tuning = Tuning(model, one.last.recipe, one.target, _sights(renderer)[:1])
    for _ in tuning.run(Effort(None, arguments.tune)):
        stopping.give_up_if_asked()
    kept = keep_tuning(model, tuning.change, tuning_name(model.info, one.picture.stem))
    machine = machine_of(arguments)
    return DrawnBy(kept, machine.device, machine.precision)


def _check_tunable(renderer: Renderer) -> None:
    """Raise `CheckpointError` before any work where what a tuning leaves could not be kept."""
    from ganlab_core.models import tunable_base

    tunable_base(renderer.model.info)


def how_far(one: BroughtIn) -> str:
    """A sentence about how far a picture came."""
    from ganlab_core.inspection import reconstruction_text

    likeness = f"{one.last.psnr:.1f} dB after {one.last.step} steps"
    return f"{one.picture}: {likeness}. {reconstruction_text(one.last.came, one.last.strange)}"


def effort_of(arguments: argparse.Namespace, seconds: float | None = None) -> Effort:
    """How long each picture is worked at, from checked options; raises `UsageError`."""
    if not 0.0 <= arguments.editable <= 1.0:
        raise UsageError("--editable is from 0 to 1")
    if not 1 <= arguments.seeds <= 100_000:
        raise UsageError("--seeds is from 1 to 100000")
    if arguments.steps is not None and arguments.steps < 1:
        raise UsageError("--steps is at least 1")
    if seconds is not None and not 0.0 < seconds <= 1e6:
        raise UsageError("--seconds is more than 0")
    from ganlab_core.inspection import Effort

    if arguments.steps is None and seconds is None:
        return Effort()
    return Effort(arguments.steps, seconds)


def _check_out(out: Path, count: int) -> None:
    """Make the folder, or see that the one file's folder is there."""
    if out.suffix.lower() == ".png" and not out.is_dir():
        if count > 1:
            raise UsageError(f"--out {out.name} is one file for {count} pictures; name a folder")
        check_place(out)
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(
            f"The folder {out} cannot be made: {error.strerror}.", "Choose another --out."
        ) from None


def _place(out: Path, picture: Path) -> Path:
    return out / f"{picture.stem}.png" if out.is_dir() else out


def _sights(renderer: Renderer) -> tuple[Sight, ...]:
    """The model's own critic and, where it is installed, the network of general sight."""
    from ganlab_core.evaluation import general_sight
    from ganlab_core.inspection import read_critic, sights

    device = renderer.model.network.truncation_centre.device
    critic = read_critic(renderer.model.info)
    return sights(None if critic is None else critic.to(device), general_sight(device))


def _recipe_written(renderer: Renderer, one: BroughtIn, out: Path) -> dict[str, object]:
    """Render the Recipe, write it, and tell of it."""
    from ganlab_core.inspection import psnr, reconstruction_text, ssim

    last, info = one.last, renderer.model.info
    frame = renderer.render(last.recipe)
    save_picture(out, frame.pixels, last.recipe, info)
    likeness = psnr(last.pixels, one.target)
    tuned = {} if info.tuned_from is None else {
        "tuned": info.name,
        "tuned_psnr": min(1e9, psnr(frame.pixels, one.target)),
        "tuned_bytes": info.path.stat().st_size,
    }  # fmt: skip
    return {
        "picture": str(one.picture),
        "file": str(out),
        "psnr": likeness if likeness < 1e9 else None,
        "ssim": ssim(last.pixels, one.target),
        "came": last.came,
        "strange": last.strange,
        "how_far": reconstruction_text(last.came, last.strange),
        "steps": last.step,
        "recipe": json.loads(last.recipe.to_json()),
        "model": info.fingerprint,
        **tuned,
    }


def _sentence(told: dict[str, object]) -> str:
    said = f"{told['file']}: {told['psnr']:.1f} dB after {told['steps']} steps. {told['how_far']}"
    if "tuned" not in told:
        return said
    return f"{said} Tuned it has {told['tuned_psnr']:.1f} dB, drawn by {told['tuned']}."


def _crop(text: str) -> Crop:
    """A crop written as x,y,side."""
    parts = text.split(",")
    try:
        x, y, side = map(float, parts)
        return Crop(x, y, side)
    except (ValueError, GanlabError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no square: {error}") from None
