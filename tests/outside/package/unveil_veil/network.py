"""The darkest light of each neighbourhood, made smooth: what a veil adds everywhere, even where the scene is black."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

REACH = 12
"""A neighbourhood is 25 x 25 pixels."""


class VeilNet(nn.Module):
    """Filters for one colour each, set by hand.

    Limit: a bright region with nothing dark near it (a clear sky) is taken for veil.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calm = nn.Conv2d(3, 3, 3, padding=1, padding_mode="replicate", groups=3, bias=False)
        self.smooth = nn.Conv2d(3, 3, 17, padding=8, padding_mode="replicate", groups=3, bias=False)

    def forward(self, light: Tensor) -> Tensor:
        """Return the veil, (N, 3, H, W), in pictures of that shape in linear light; never more than there is."""
        darkest = -_largest(-self.calm(light))
        return torch.minimum(self.smooth(_largest(darkest)), light).clamp(min=0)


def _largest(light: Tensor) -> Tensor:
    """The largest value of each neighbourhood; beyond the border the picture goes on as it ends."""
    around = F.pad(light, (REACH,) * 4, mode="replicate")
    return F.max_pool2d(around, 2 * REACH + 1, stride=1)


def by_hand() -> VeilNet:
    """Return the network with its weights: means of Gaussian weight, 1 and 4 pixels wide."""
    network = VeilNet()
    for filters in (network.calm, network.smooth):
        side = filters.weight.shape[-1]
        place = torch.arange(side) - side // 2
        bell = torch.exp(-((place / (side / 4)) ** 2) / 2)
        kernel = torch.outer(bell, bell)
        filters.weight.data.copy_(kernel / kernel.sum())
    return network
