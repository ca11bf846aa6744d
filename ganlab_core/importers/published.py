"""Which layout a published checkpoint has, told by what it holds: one table, one entry a layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.ajbrock import AjbrockBigGAN, StudioBigGAN
from ganlab_core.importers.building import Published
from ganlab_core.importers.contents import Contents, Found, is_averaged, read_contents
from ganlab_core.importers.genforce import GenforceProGAN, GenforceStyleGAN, GenforceStyleGAN2
from ganlab_core.importers.hf_biggan import HFBigGAN
from ganlab_core.importers.huang import HuangStyleGAN
from ganlab_core.importers.nvidia_torch import ADAStyleGAN2, NvidiaStyleGAN3, StyleGANXL
from ganlab_core.importers.pickled import PickledObject
from ganlab_core.importers.recognition import Container, recognise
from ganlab_core.importers.rosinality import LucidrainsStyleGAN2, RosinalityStyleGAN2
from ganlab_core.importers.style_based import StyleBasedGAN
from ganlab_core.importers.tf_gans import TFProGAN, TFStyleGAN, TFStyleGAN2
from ganlab_core.importers.torch_dcgan import TorchDCGAN
from ganlab_core.importers.zoo import AkanimaxProGAN, ZooProGAN, ZooStyleGAN
from ganlab_core.models import Model, load_model

Open = Callable[[Found], Published]


@dataclass(frozen=True, slots=True)
class Layout:
    """One way in which a project saves a network.

    Attributes
    ----------
    name
        Whose it is, with its article: "a StyleGAN2 of NVIDIA's PyTorch edition".
    signs
        Names of weights that all such networks have, without whatever they are wrapped in.
    open
        How its networks become ours; None for one that is only known by name.
    remedy
        What to do instead where it cannot be opened.
    sides
        Name -> how many sides that tensor has, where the names alone are others' as well.
    """

    name: str
    signs: tuple[str, ...]
    open: Open | None = None
    remedy: str = "Choose a network of a kind that docs/PUBLISHED.md lists."
    sides: tuple[tuple[str, int], ...] = ()

    def roots(self, contents: Contents) -> list[str]:
        """Where in a file such networks begin, averaged ones first."""
        found = [
            root
            for root in contents.roots(self.signs)
            if all(len(contents.shape(root + name)) == sides for name, sides in self.sides)
        ]
        return sorted(found, key=lambda root: not is_averaged(root))


_GENERATOR_BESIDE = "Choose the generator beside it: G_ema.pth, or G.pth."

LAYOUTS = (
    Layout(
        "a StyleGAN2 of NVIDIA's TensorFlow code",
        ("synthesis.4x4/Const/const", "synthesis.4x4/Conv/mod_weight"),
        lambda found: TFStyleGAN2(found.path, found.contents.value),
    ),
    Layout(
        "a StyleGAN of NVIDIA's TensorFlow code",
        ("synthesis.4x4/Const/const",),
        lambda found: TFStyleGAN(found.path, found.contents.value),
    ),
    Layout(
        "a ProGAN of NVIDIA's TensorFlow code",
        ("4x4/Dense/weight",),
        lambda found: TFProGAN(found.path, found.contents.value),
    ),
    Layout(
        "a StyleGAN2 of NVIDIA's PyTorch code",
        ("synthesis.b4.const", "synthesis.b4.conv1.affine.weight"),
        ADAStyleGAN2,
    ),
    Layout(
        "a StyleGAN2 of rosinality's stylegan2-pytorch",
        ("input.input", "conv1.conv.weight", "to_rgb1.conv.weight", "style.1.bias"),
        RosinalityStyleGAN2,
    ),
    Layout(
        "a StyleGAN2 of lucidrains' stylegan2-pytorch",
        ("initial_conv.weight", "blocks.0.to_noise1.weight", "blocks.0.to_rgb.conv.weight"),
        LucidrainsStyleGAN2,
    ),
    Layout(
        "a StyleGAN2 of genforce",
        ("synthesis.early_layer.const", "synthesis.layer0.style.weight"),
        GenforceStyleGAN2,
    ),
    Layout("a StyleGAN-XL", ("synthesis.input.freqs", "mapping.embed_proj.weight"), StyleGANXL),
    Layout(
        "a StyleGAN3",
        ("synthesis.input.freqs", "synthesis.input.affine.weight", "mapping.embed.bias"),
        NvidiaStyleGAN3,
    ),
    Layout("a StyleGAN-XL", ("synthesis.input.freqs", "mapping.embed.weight"), StyleGANXL),
    Layout(
        "a StyleGAN3",
        ("synthesis.input.freqs", "synthesis.input.affine.weight"),
        NvidiaStyleGAN3,
    ),
    Layout("a StyleGAN of the PyTorch GAN zoo", ("mapping.FC.0.module.weight",), ZooStyleGAN),
    Layout("a StyleGAN of the PyTorch GAN zoo", ("mapping.FC.0.weight",), ZooStyleGAN),
    Layout("a ProGAN of the PyTorch GAN zoo", ("groupScale0.0.module.weight",), ZooProGAN),
    Layout("a ProGAN of the PyTorch GAN zoo", ("groupScale0.0.weight",), ZooProGAN),
    Layout(
        "a StyleGAN of huangzh13's StyleGAN.pytorch",
        ("g_mapping.map.dense0.weight", "g_synthesis.init_block.const"),
        HuangStyleGAN,
    ),
    Layout(
        "a StyleGAN of style-based-gan-pytorch",
        ("generator.progression.0.conv1.input", "style.1.linear.weight_orig"),
        StyleBasedGAN,
    ),
    Layout(
        "a ProGAN of akanimax's pro_gan_pytorch",
        ("layers.0.conv_1.weight", "rgb_converters.0.weight"),
        AkanimaxProGAN,
    ),
    Layout("a StyleGAN of genforce", ("synthesis.layer0.const",), GenforceStyleGAN),
    Layout("a ProGAN of genforce", ("layer0.weight", "output0.weight"), GenforceProGAN),
    Layout("a BigGAN-deep of Hugging Face", ("generator.gen_z.weight_orig",), HFBigGAN),
    Layout(
        "a BigGAN of BigGAN-PyTorch",
        ("blocks.0.0.conv1.weight", "output_layer.2.weight"),
        AjbrockBigGAN,
    ),
    Layout(
        "the discriminator of a BigGAN, which makes no pictures",
        ("blocks.0.0.conv1.weight", "linear.weight"),
        remedy=_GENERATOR_BESIDE,
    ),
    Layout("an SNGAN of mimicry", ("l1.weight", "block2.c1.weight", "block2.b1.running_mean")),
    Layout("an R3GAN", ("MainLayers.0.Layers.0.Basis", "AggregationLayer.Layer.weight")),
    Layout("a FastGAN", ("init.init.0.weight_orig",)),
    Layout("a FastGAN", ("synthesis.init.init.0.weight_orig",)),
    Layout(
        "a BigGAN of StudioGAN",
        ("linear0.weight_orig", "blocks.0.0.conv2d1.weight_orig", "bn4.running_mean"),
        StudioBigGAN,
    ),
    Layout("a network of StudioGAN", ("linear0.weight_orig", "conv2d5.weight_orig")),
    Layout("a network of StudioGAN", ("linear0.weight", "conv2d5.weight")),
    Layout("a DCGAN of the PyTorch GAN zoo", ("formatLayer.module.weight",)),
    Layout("a DCGAN of the PyTorch GAN zoo", ("formatLayer.weight",)),
    Layout(
        "a DCGAN of PyTorch's example",
        ("main.0.weight", "main.1.running_mean", "main.3.weight"),
        TorchDCGAN,
        sides=(("main.0.weight", 4),),
    ),
    Layout(
        "the discriminator of a DCGAN, which makes no pictures",
        ("main.0.weight", "main.3.running_mean"),
        remedy="Choose the generator beside it, such as netG_epoch_24.pth.",
    ),
    Layout("a DCGAN", ("main.0.weight",)),
    Layout("a DCGAN", ("main.1.weight",)),
)
"""Every layout that is known, tried from the first to the last."""


def import_model(path: Path) -> Model:
    """The averaged generator of a published checkpoint; raises `CheckpointError`."""
    return open_published(path).generator()


def open_published(path: Path) -> Published:
    """A published checkpoint of any known layout; raises `CheckpointError` that names others."""
    contents = read_contents(path)
    for layout in LAYOUTS:
        roots = layout.roots(contents)
        if not roots:
            continue
        if layout.open is None:
            raise CheckpointError(
                f"{path.name} is {layout.name}, which ganlab cannot play.", layout.remedy
            )
        return layout.open(Found(contents, tuple(roots)))
    raise _unknown(contents)


def _unknown(contents: Contents) -> CheckpointError:
    """What a file of no known layout is, as far as it can be told."""
    file, value = contents.path.name, contents.value
    top = value if isinstance(value, dict) else {}
    if "param_groups" in top:
        return CheckpointError(
            f"{file} holds the state of an optimizer, no network.", _GENERATOR_BESIDE
        )
    if "config" in top and "save_num" in top:
        return CheckpointError(
            f"{file} holds the settings of a training run, no network.", _GENERATOR_BESIDE
        )
    if not contents.numbers and recognise(contents.path) is Container.PICKLE:
        return CheckpointError(
            f"{file} is a pickle of another program's settings, as in a preset of Autolume, and no "
            "generator that ganlab can play.",
            "Choose the network's own .pkl that it was made with.",
        )
    if not contents.numbers:
        return CheckpointError(
            f"{file} holds no weights by name, and no generator that ganlab can play.", _ANY
        )
    kinds = [found.kind for found in contents.objects.values() if isinstance(found, PickledObject)]
    of = f" of the class {kinds[0][:60].replace(' ', '.')!a}" if kinds else ""
    return CheckpointError(
        f"{file} holds {len(contents.numbers)} tensors{of}, such as {_example(contents)}, "
        "which are of no generator that ganlab can play.",
        _ANY,
    )


_ANY = "Choose a network of a kind that docs/PUBLISHED.md lists."


def _example(contents: Contents) -> str:
    name = next(iter(contents.numbers))
    sides = " x ".join(map(str, contents.shape(name))) or "one number"
    return f"{name[-60:]!a} ({sides})"


# ------------------------------------------------------------------------------------------------
# Opening any model file: our own, or a published checkpoint, told apart by content.


def open_model(path: Path) -> Model:
    """The model in a file of any kind that ganlab knows.

    Nothing in the file runs. Raises `CheckpointError` with a sentence for everything else.
    """
    if recognise(path) is Container.NATIVE:
        return load_model(path)
    return import_model(path)
