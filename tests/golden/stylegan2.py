"""How the cases of StyleGAN2 are evaluated."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

import torch
from torch import Tensor

from ganlab_core.models import Model
from ganlab_core.recipe import Mix, Noise, Recipe
from ganlab_core.rendering import Conditioner, Renderer
from ganlab_core.rendering.conditions import stage_inputs
from tests.golden.case import Case, latent

NOISES = {"const": "stored", "explicit": "stored", "none": "off"}


class StyleGAN2Case(Case):
    """Cases of StyleGAN2: NVIDIA's TensorFlow pickles and those of its PyTorch edition."""

    @torch.inference_mode()
    def output(self, name: str) -> Tensor:
        if self.settings["net"] == "D" and name in ("scores", "logits"):
            return self.published.discriminator()(self.input("x"), self.labels())[:, None]
        if name in ("w", "ws"):
            return torch.stack([self._styles(recipe) for recipe in self._recipes()])
        if name == "u8":
            return self._model().network.to_uint8(self.input("image"))
        if name == "image":
            return self._images()
        if name.startswith("img_b"):
            return self._pictures(int(name.removeprefix("img_b")))
        raise NotImplementedError(name)

    def labels(self) -> Tensor | None:
        role = "labels" if "labels" in self.inputs else "c"
        labels = self.input(role) if role in self.inputs else None
        return None if labels is None or labels.shape[1] == 0 else labels

    def _model(self) -> Model:
        return self.published.generator(averaged=self.settings["net"] != "G")

    def _images(self) -> Tensor:
        model = self._model()
        renderer = Renderer(model, "cpu")
        images = []
        for sample, recipe in enumerate(self._recipes()):
            if self.settings.get("noise") == "explicit":
                self._put_noise(model, sample)
                renderer.forget()
            images.append(torch.from_numpy(renderer.raw(recipe)))
        return torch.stack(images)

    def _put_noise(self, model: Model, sample: int) -> None:
        """A case's own noise maps in the place of the stored ones."""
        noisy = [layer.index for layer in model.capabilities.layers if layer.noise]
        for number, stage in enumerate(noisy):
            maps = self.arrays[self.inputs["noise"] % number]
            own = torch.from_numpy(maps[min(sample, len(maps) - 1)])
            model.network.stored_noise(stage).copy_(own[None])

    def _pictures(self, resolution: int) -> Tensor:
        """The picture summed up to a resolution."""
        model = self._model()
        renderer, layers = Renderer(model, "cpu"), model.capabilities.layers_at(resolution)
        features = [renderer.features(recipe, layers[-1].index) for recipe in self._recipes()]
        return model.network.to_rgb(resolution, torch.stack([*map(torch.from_numpy, features)]))

    def _recipes(self) -> Iterable[Recipe]:
        model = self._model()
        psi, cutoff = self._truncation(model)
        mode = NOISES[self.settings.get("noise", self.settings.get("noise_mode", "const"))]
        base = Recipe(psi=psi, cutoff=cutoff, noise=Noise(mode))
        given = next((self.input(role) for role in ("w", "ws") if role in self.inputs), None)
        if given is not None:
            for row in given:
                mixes = tuple((index, Mix(latent(w, "w"))) for index, w in enumerate(row))
                yield dataclasses.replace(base, psi=1.0, mix_layers=mixes)
            return
        z, labels = self.input("z"), self.labels()
        rows, space = (z, "z") if labels is None else (model.network.map(z, labels), "w")
        for row in rows:
            yield dataclasses.replace(base, latent=latent(row, space))

    def _styles(self, recipe: Recipe) -> Tensor:
        """The style of each index of W+, (num_styles, w_dim)."""
        model = self._model()
        conditioner = Conditioner(model, torch.device("cpu"))
        styles: dict[int, Tensor] = {}
        for layer, inputs in zip(
            model.capabilities.layers, stage_inputs(recipe, model.capabilities), strict=True
        ):
            style = conditioner.condition(layer.index, inputs).style
            assert style is not None
            torch.testing.assert_close(styles.setdefault(layer.w_plus_index, style), style)
        return torch.cat([styles[index] for index in sorted(styles)])

    def _truncation(self, model: Model) -> tuple[float, int | None]:
        """Psi and cutoff of a Recipe; here a cutoff of None means all styles."""
        psi, cutoff = (
            self.settings.get("truncation_psi", 1.0),
            self.settings.get("truncation_cutoff"),
        )
        if psi == "default":
            kept = model.info.provenance["truncation"]
            psi, cutoff = kept["psi"], kept["cutoff"]
        if psi is None:
            return 1.0, None
        return float(psi), None if cutoff is None else max(0, min(math.trunc(cutoff), 64))
