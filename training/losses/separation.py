"""What a separation is trained to do."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ...isp.tone.curves import encode_curve
from ...plugins.unveilnet.network import REFLECTION_GAMMA, split
from ..batch import Batch


def separation_loss(encoded: Tensor, mixture: Batch) -> Tensor:
    """Loss of what `UnveilNet` gave for a mixture; a scalar.

    Four parts: the transmission as it is displayed (absolute error, so that bright and dark weigh as they look),
    the encoded reflection at the network's own size, the differences of neighbours in the transmission (what
    remains of edges), and the mean colour of the transmission (brightness and casts).
    """
    transmission, _ = split(mixture.blended, encoded)
    shown, truth = _display(transmission), _display(mixture.transmission)
    small = F.interpolate(mixture.reflection, size=encoded.shape[-2:], mode="area")
    reflection = F.l1_loss(encoded, small.clamp(min=1e-5) ** (1 / REFLECTION_GAMMA))
    colour = F.l1_loss(shown.mean((2, 3)), truth.mean((2, 3)))
    squared = F.mse_loss(shown, truth)
    return (
        F.l1_loss(shown, truth) + 2 * squared + 0.5 * reflection + 0.5 * _edges(shown, truth) + 0.5 * colour
    )


def _display(linear: Tensor) -> Tensor:
    return encode_curve(linear.clamp(0, 1), "srgb")


def _edges(picture: Tensor, truth: Tensor) -> Tensor:
    """Absolute error of neighbour differences at three scales."""
    total = picture.new_zeros(())
    for _ in range(3):
        difference = picture - truth
        total = (
            total + torch.diff(difference, dim=-1).abs().mean() + torch.diff(difference, dim=-2).abs().mean()
        )
        picture, truth = F.avg_pool2d(picture, 2), F.avg_pool2d(truth, 2)
    return total
