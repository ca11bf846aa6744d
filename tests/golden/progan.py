"""How the cases of ProGAN are evaluated."""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from ganlab_core.importers.genforce import GenforceProGAN
from ganlab_core.importers.zoo import ZooProGAN
from ganlab_core.models import Model
from ganlab_core.networks import downscale
from ganlab_core.recipe import Recipe
from ganlab_core.rendering import Renderer
from tests.golden.case import Case, class_mix, latent

PLAIN = ("G", "generator", "netG")


class ProGANCase(Case):
    """Cases of ProGAN: the GAN zoo's, genforce's and NVIDIA's."""

    @torch.inference_mode()
    def output(self, name: str) -> Tensor:
        if name == "image":
            return self._images()
        if name == "u8":
            return self._model().network.to_uint8(self.input("image"))
        return self._discriminated(name)

    # --- generators --------------------------------------------------------------------------------

    def _model(self) -> Model:
        """The generator; where the case says how far it has grown, all of it counts as trained."""
        averaged = self.settings.get("net") not in PLAIN
        model = self.published.generator(averaged=averaged)
        if self._lod() is not None:
            full = float(model.capabilities.full_growth)
            model.info = dataclasses.replace(model.info, growth=full)
        return model

    def _lod(self) -> float | None:
        """The level of detail (the zoo's alpha is one below 1); None = as the file says."""
        lod = self.settings.get("lod", self.settings.get("alpha", 0.0))
        return None if lod == "stored" else float(lod)

    def _images(self) -> Tensor:
        model = self._model()
        renderer, lod = Renderer(model, "cpu"), self._lod()
        growth = None if lod is None else model.capabilities.full_growth - lod
        z, labels = self.input("z"), self._labels()
        size = model.capabilities.z_dim
        if labels is None and z.shape[1] > size:  # the zoo's code takes both as one vector
            z, labels = z[:, :size], z[:, size:]
        images = []
        for row, own in enumerate(z):
            classes = () if labels is None else class_mix(labels[row])
            recipe = Recipe(latent=latent(own, "z"), growth=growth, classes=classes)
            images.append(torch.from_numpy(renderer.raw(recipe)))
        return torch.stack(images)

    def _labels(self) -> Tensor | None:
        for role in ("labels", "label", "c", "y"):
            if role in self.inputs:
                found = self.input(role)
                return found if found.shape[1] else None
        return None

    # --- discriminators ----------------------------------------------------------------------------

    def _discriminated(self, name: str) -> Tensor:
        network, lod = self.published.discriminator(), self._lod()
        levels = network.config.levels
        if lod is None:
            lod = levels - self.published.generator().info.growth
        image = self.input("x")
        for _ in range(int(lod)):
            image = downscale(image)
        # the zoo's code does not fade 8 px in
        faded = levels > 3 or not isinstance(self.published, ZooProGAN)
        growth = levels - lod if faded else float(levels)
        if name == "features":
            return network.features(image, growth)
        answer = network(image, growth)
        if name == "labels":
            return answer[:, 1:]
        whole = name == "decision" or isinstance(self.published, GenforceProGAN)
        return answer if whole else answer[:, :1]
