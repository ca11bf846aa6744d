"""DCGANs of PyTorch's example, against the layers that it is made of."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ganlab_core.errors import CheckpointError
from ganlab_core.importers.published import import_model
from tests.core.importers.conftest import Save


class Example(nn.Module):
    """`netG` as its readers know it: convolution, norm, ReLU, ..., tanh."""

    def __init__(self, layers: int = 5, maps: int = 4, colours: int = 3, z: int = 7) -> None:
        super().__init__()
        widths = [z, *(maps * 2**i for i in reversed(range(layers - 1))), colours]
        parts: list[nn.Module] = []
        for index, (before, after) in enumerate(zip(widths, widths[1:], strict=False)):
            stride, padding = (2, 1) if index else (1, 0)
            parts.append(nn.ConvTranspose2d(before, after, 4, stride, padding, bias=False))
            if index < layers - 1:
                norm = nn.BatchNorm2d(after)
                norm.running_mean.normal_(0, 0.1)
                norm.running_var.uniform_(0.5, 1.5)
                parts += [norm, nn.ReLU(inplace=True)]
        self.main = nn.Sequential(*parts, nn.Tanh())


@pytest.mark.parametrize(("layers", "side"), [(5, 64), (4, 32)])
@pytest.mark.parametrize("colours", [3, 1])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_it_draws_what_its_layers_draw(
    save_torch: Save, layers: int, side: int, colours: int, prefix: str
) -> None:
    torch.manual_seed(0)
    example = Example(layers, colours=colours).eval()
    state = {f"{prefix}{name}": tensor for name, tensor in example.state_dict().items()}
    model = import_model(save_torch(state))
    z = torch.randn(3, 7)
    with torch.no_grad():
        theirs = example.main(z[:, :, None, None]).expand(-1, 3, -1, -1)
        ours = model.network.module(z)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
    assert (model.info.architecture, model.info.resolution) == ("dcgan", side)


def test_its_discriminator_is_called_one(save_torch: Save) -> None:
    layers = [nn.Conv2d(3, 4, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    layers += [nn.Conv2d(4, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8), nn.LeakyReLU(0.2)]
    state = nn.ModuleDict({"main": nn.Sequential(*layers)}).state_dict()
    with pytest.raises(CheckpointError, match="discriminator of a DCGAN"):
        import_model(save_torch(state))


@pytest.mark.parametrize("change", ["width", "missing", "nan"])
def test_a_variant_is_refused_in_a_sentence(save_torch: Save, change: str) -> None:
    state = Example().state_dict()
    if change == "width":
        state["main.3.weight"] = torch.zeros(32, 17, 4, 4)
    elif change == "missing":
        del state["main.4.bias"]
    else:
        state["main.6.weight"] = torch.full_like(state["main.6.weight"], float("nan"))
    with pytest.raises(CheckpointError, match=r"changed|weights|finite"):
        import_model(save_torch(state))
