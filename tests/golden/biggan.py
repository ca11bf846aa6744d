"""How the cases of BigGAN and BigGAN-deep are evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab_core.models import Model
from ganlab_core.recipe import Recipe
from ganlab_core.rendering import Renderer
from tests.golden.case import Case, class_mix, latent


class BigGANCase(Case):
    """Cases of BigGAN-PyTorch's and pytorch-pretrained-BigGAN's networks."""

    companions = ("D.pth", "state_dict.pth", "config.json")

    @torch.inference_mode()
    def output(self, name: str) -> Tensor:
        if name == "logits":
            critic = self.published.discriminator()
            image = self.input("x")
            return critic(image, self._one_hot(critic.config.label_size))[:, None]
        if name == "u8":
            return self._model().network.to_uint8(self.input("image"))
        if name == "z":
            return self._noise()
        if name in ("embedding", "cond"):
            return self._condition(name)
        if name in ("image", "linear") or re.fullmatch(r"(block|layer)\d+_(mean|std)", name):
            return self._rendered(name)
        raise NotImplementedError(name)

    def input(self, role: str) -> Tensor:
        """`z * 0.4` in the case means the array times that."""
        text, _, factor = self.inputs[role].partition(" * ")
        if not factor:
            return super().input(role)
        return torch.from_numpy(self.arrays[text]) * float(factor)

    def _model(self) -> Model:
        return self.published.generator()

    def _one_hot(self, count: int) -> Tensor:
        """Class weights; the case has them, or the classes' numbers."""
        if "c" in self.inputs:
            return self.input("c")
        return F.one_hot(self.input("y").long(), count).float()

    def _rendered(self, name: str) -> Tensor:
        renderer = Renderer(self._model(), "cpu")
        found = []
        for recipe in self._recipes(renderer.model):
            if name == "image":
                found.append(torch.from_numpy(renderer.raw(recipe)))
                continue
            number = re.search(r"\d+", name)
            stage = 0 if number is None else int(number[0]) + 1
            maps = torch.from_numpy(renderer.features(recipe, stage)).flatten(1)
            kind = name.rpartition("_")[2]
            summary = {"linear": torch.flatten, "mean": _mean, "std": _std}[kind]
            found.append(summary(maps))
        return torch.stack(found)

    def _recipes(self, model: Model) -> Iterator[Recipe]:
        """Our psi scales z; the published BigGAN-deep leaves that to its caller."""
        labels = self._one_hot(len(model.capabilities.classes))
        z = self.input("z")
        psi = self.settings.get("truncation", self.settings.get("z_scale", 1.0))
        if "steps" in self.settings:
            steps = torch.linspace(0.0, 1.0, self.settings["steps"])[:, None]
            labels = labels[0] + steps * (labels[1] - labels[0])
            z = z.expand(len(steps), -1)
        scale = psi if "truncation" in self.settings else 1.0
        for row, weights in zip(z.double(), labels, strict=True):
            yield Recipe(latent=latent(row / scale, "z"), psi=psi, classes=class_mix(weights))

    def _condition(self, name: str) -> Tensor:
        """Ours is (embedding, z), the published (z, embedding)."""
        network = self._model().network
        dim = self._model().capabilities.z_dim
        labels = self._one_hot(len(self._model().capabilities.classes))
        if name == "embedding":
            return network.module.embed(labels, labels)
        z = next(self.arrays[key] for key in ("z", "z2") if key in self.arrays)
        ours = network.stage_style(0, torch.from_numpy(z), labels)
        return torch.cat([ours[:, -dim:], ours[:, :-dim]], dim=1)

    def _noise(self) -> Tensor:
        """Truncated normal numbers as SciPy draws them: the inverse distribution function of uniforms."""
        seed, truncation = self.settings["seed"], self.settings["truncation"]
        wanted = next(array for key, array in self.arrays.items() if key.startswith("out/noise"))
        shape = (len(wanted), self._model().capabilities.z_dim)
        uniform = np.random.RandomState(seed).uniform(size=shape)  # noqa: NPY002
        low, high = torch.special.ndtr(torch.tensor([-2.0, 2.0], dtype=torch.float64))
        z = torch.special.ndtri(low + torch.from_numpy(uniform) * (high - low))
        return truncation * z.float()


def _mean(maps: Tensor) -> Tensor:
    return maps.mean(dim=1)


def _std(maps: Tensor) -> Tensor:
    return maps.std(dim=1, unbiased=False)
