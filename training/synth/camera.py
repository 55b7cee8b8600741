"""What a camera makes of light: metering, white balance, a noisy sensor that saturates, development, tone curve."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .draw import Draw
from .ranges import Ranges

D5100 = ((0.733, 0.211, 0.056), (0.077, 0.721, 0.202), (0.007, 0.180, 0.813))
"""From linear sRGB to the white-balanced camera RGB of a Nikon D5100; rows sum to 1. Computed by colour-science's
`matrix_idt` for D65 from the sensitivities that the National Physical Laboratory measured."""
RGGB = ((0, 1), (1, 2))
BETWEEN = 4
"""Rows about a picture while it is demosaiced: even, and no less than the filters reach."""
Sensor = Callable[[Tensor, bool], Tensor]
"""From linear light, (N, 3, H, W), to what the camera records of it in [0, 1], with noise or without."""


def expose(transmission: Tensor, reflection: Tensor, draw: Draw, ranges: Ranges) -> tuple[Tensor, Tensor]:
    """Expose the mixture as a camera would: by its highlights or, where that is drawn, by its mean."""
    total = transmission + reflection
    level = torch.quantile(total.amax(1).flatten(1)[:, ::16], 0.98, dim=1).clamp(min=1e-4)
    gain = draw.uniform(*ranges.exposure) / level[:, None, None, None]
    if ranges.metered:
        mean = total.mean((1, 2, 3), keepdim=True).clamp(min=1e-4)
        gain = torch.where(draw.chance(ranges.metered) > 0, draw.log_uniform(*ranges.key) / mean, gain)
    return transmission * gain, reflection * gain


def balance(transmission: Tensor, reflection: Tensor, draw: Draw, ranges: Ranges) -> tuple[Tensor, Tensor]:
    """Take the mixture's mean colour part of the way to grey, green kept, where that is drawn."""
    if not ranges.balanced:
        return transmission, reflection
    mean = (transmission + reflection).mean((2, 3), keepdim=True).clamp(min=1e-6)
    part = draw.chance(ranges.balanced) * draw.uniform(*ranges.adaptation)
    gains = (mean[:, 1:2] / mean) ** part
    return transmission * gains, reflection * gains


def sensor(draw: Draw, ranges: Ranges) -> Sensor:
    """Draw a camera; the noise of what it records is drawn when it does."""
    shot, read = 10 ** draw.uniform(*ranges.shot), 10 ** draw.uniform(*ranges.read)
    if not ranges.camera:
        return lambda light, noisy: (_noise(light, shot, read, draw) if noisy else light).clamp(0, 1)
    real = draw.chance(ranges.camera) > 0
    none, usual = torch.eye(3, device=draw.device), torch.tensor(D5100, device=draw.device)
    matrix = torch.lerp(none, usual, draw.uniform(*ranges.crosstalk)[:, 0])
    back = torch.linalg.inv(matrix)
    red, blue = draw.uniform(*ranges.red_gain), draw.uniform(*ranges.blue_gain)
    gains = torch.cat([red, torch.ones_like(red), blue], 1)
    mosaicked = real & (draw.chance(ranges.mosaic) > 0) if ranges.mosaic else None

    def record(light: Tensor, noisy: bool) -> Tensor:
        counts = _coloured(matrix, light) / gains
        plain, counts = (_noise(x, shot, read, draw) if noisy else x for x in (light, counts))
        balanced = (counts.clamp(max=1) * gains).clamp(max=1)
        if mosaicked is not None:
            balanced = torch.where(mosaicked, _demosaiced(balanced), balanced)
        return torch.where(real, _coloured(back, balanced), plain).clamp(0, 1)

    return record


def render(pictures: tuple[Tensor, ...], draw: Draw, ranges: Ranges) -> tuple[Tensor, ...]:
    """Put a camera's tone curve on pictures: contrast, in linear light, the same on all."""
    gamma = torch.where(
        draw.chance(ranges.rendering) > 0, draw.uniform(*ranges.contrast), torch.ones_like(draw.unit())
    )
    return tuple(picture**gamma for picture in pictures)


def _noise(linear: Tensor, shot: Tensor, read: Tensor, draw: Draw) -> Tensor:
    deviation = (shot * linear.clamp(min=0) + read).sqrt()
    return linear + deviation * draw.normal(*linear.shape[1:])


def _coloured(matrix: Tensor, pictures: Tensor) -> Tensor:
    return torch.einsum("nij,njhw->nihw", matrix, pictures)


def _demosaiced(balanced: Tensor) -> Tensor:
    """Keep one colour of each pixel and interpolate the others, as our own development does.

    The pictures go through it as one tall mosaic, each with mirrored rows about it, which keep the pattern.
    """
    from ...isp.demosaic.malvar2004 import demosaic_malvar2004
    from ...isp.unprocess import mosaic

    n, _, height, width = balanced.shape
    apart = F.pad(balanced, (0, 0, BETWEEN, BETWEEN), mode="reflect")
    tall = apart.transpose(0, 1).reshape(3, n * apart.shape[2], width)
    found = demosaic_malvar2004(mosaic(tall, RGGB), RGGB).reshape(3, n, apart.shape[2], width)
    return found[:, :, BETWEEN : BETWEEN + height].transpose(0, 1)
