"""How the cases of StyleGAN are evaluated."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from ganlab_core.models import Model
from ganlab_core.networks import downscale, progan, stylegan
from ganlab_core.recipe import Latent, Mix, Noise, Recipe
from ganlab_core.rendering import Conditioner, Renderer
from ganlab_core.rendering.conditions import stage_inputs
from tests.golden.case import Case, latent

PLAIN = ("G", "generator", "netG")
CRITICS = ("D", "discriminator", "netD")


class StyleGANCase(Case):
    """Cases of StyleGAN: the GAN zoo's, genforce's and NVIDIA's."""

    @torch.inference_mode()
    def output(self, name: str) -> Tensor:
        if self.settings["net"] in CRITICS:
            return self._discriminated(name)
        if name == "w":
            return self._styles("z")
        if name == "u8":
            return self._model().network.to_uint8(self.input("image"))
        if name in ("w_truncated", "wp"):
            return torch.stack([self._layer_styles(recipe) for recipe in self._recipes()])
        if re.fullmatch(r"style\d+", name):
            layer = self._model().network.module.synthesis.layers[int(name[5:])]
            return layer.style(self.input("w")[:, int(name[5:])])
        if name == "image":
            return self._images()
        raise NotImplementedError(name)

    # --- generators --------------------------------------------------------------------------------

    def _model(self) -> Model:
        """The generator; where the case says how far it has grown, all of it counts as trained."""
        model = self.published.generator(averaged=self.settings["net"] not in PLAIN)
        if self.settings.get("lod") != "stored":
            full = float(model.capabilities.full_growth)
            model.info = dataclasses.replace(model.info, growth=full)
        return model

    def _images(self) -> Tensor:
        model = self._model()
        renderer = Renderer(model, "cpu")
        images = []
        for sample, recipe in enumerate(self._recipes()):
            self._put_noise(model, sample)
            renderer.forget()
            images.append(torch.from_numpy(renderer.raw(recipe)))
        return torch.stack(images)

    def _put_noise(self, model: Model, sample: int) -> None:
        """A case's own noise maps in the place of the stored ones."""
        if self.settings.get("noise") == "explicit":
            for layer in model.capabilities.layers:
                maps = self.arrays[self.inputs["noise"] % layer.index]
                own = torch.from_numpy(maps[min(sample, len(maps) - 1)])
                model.network.stored_noise(layer.index).copy_(own[None])

    def _recipes(self) -> Iterable[Recipe]:
        model = self._model()
        psi, cutoff = self._truncation(model)
        mode = "off" if self.settings.get("noise") == "none" else "stored"
        base = Recipe(psi=psi, cutoff=cutoff, noise=Noise(mode), growth=self._growth(model))
        count = len(model.capabilities.layers)
        if "w" in self.inputs:
            for row in self.input("w"):
                mixes = tuple((index, Mix(latent(row[index], "w"))) for index in range(count))
                yield dataclasses.replace(base, mix_layers=mixes)
            return
        others = self._latents("z2") if "z2" in self.inputs else []
        for index, own in enumerate(self._latents("z")):
            first = self.settings.get("crossover", count)
            other = Mix(others[index] if others else own)
            mixes = tuple((layer, other) for layer in range(first, count))
            yield dataclasses.replace(base, latent=own, mix_layers=mixes)

    def _latents(self, role: str) -> list[Latent]:
        """As z where there are no labels, so that the Renderer maps them itself."""
        if self.labels() is None:
            return [latent(row, "z") for row in self.input(role)]
        return [latent(row, "w") for row in self._styles(role)]

    def _styles(self, role: str) -> Tensor:
        return self._model().network.map(self.input(role), self.labels())

    def _layer_styles(self, recipe: Recipe) -> Tensor:
        model = self._model()
        conditioner = Conditioner(model, torch.device("cpu"))
        chain = enumerate(stage_inputs(recipe, model.capabilities))
        styles = [conditioner.condition(stage, inputs).style for stage, inputs in chain]
        return torch.cat([style for style in styles if style is not None])

    def _truncation(self, model: Model) -> tuple[float, int | None]:
        """Psi and cutoff of a Recipe, from what each layout's code calls them."""
        settings = self.settings
        if settings.get("truncation_psi") == "default":
            kept = model.info.provenance["truncation"]
            settings = {"truncation_psi": kept["psi"], "truncation_cutoff": kept["cutoff"]}
        psi, cutoff = settings.get("truncation_psi"), settings.get("truncation_cutoff")
        if "trunc_psi" in settings:
            psi, cutoff = settings["trunc_psi"], settings.get("trunc_layers")
        if "phiTruncation" in settings:
            psi, cutoff = settings["phiTruncation"], 64
        if psi is None or cutoff is None:
            return 1.0, None
        if psi >= 1.0 and "truncation_psi" not in settings:  # only NVIDIA's code goes beyond 1
            return 1.0, None
        return psi, max(0, min(cutoff, 64))

    def _growth(self, model: Model) -> float | None:
        lod = self.settings.get("lod", self.settings.get("alpha", 0.0))
        return None if lod == "stored" else model.capabilities.full_growth - lod

    # --- discriminators ----------------------------------------------------------------------------

    def _discriminated(self, name: str) -> Tensor:
        network = self.published.discriminator()
        lod = self.settings.get("lod", self.settings.get("alpha", 0.0))
        image = self.input("x")
        for _ in range(int(lod)):
            image = downscale(image)
        return _scores(network, name, image, self.labels(), lod)


def _scores(
    network: nn.Module, name: str, image: Tensor, labels: Tensor | None, lod: float
) -> Tensor:
    if isinstance(network, stylegan.StyleGANDiscriminator):
        growth = network.config.levels - lod
        if name == "scores":
            return network(image, labels, growth)[:, None]
    if isinstance(network, progan.ProGANDiscriminator):
        levels = network.config.levels
        growth = float(levels) if levels == 3 else levels - lod  # the zoo's does not fade 8 px in
        if name == "decision":
            return network(image, growth)
        if name == "features":
            return network.features(image, growth)
    raise NotImplementedError(name)
