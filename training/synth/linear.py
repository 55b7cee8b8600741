"""Synthesis of reflections in linear light: what a sensor behind a pane records.

Two scenes, each taken back to linear light, add up: `I = T + R`. Both are then exposed together, clipped where
the sensor would clip, and get noise. All functions work on batches, on any device, from one seeded generator.

References
----------
Kee et al.: "Removing Reflections from RAW Photos", CVPR 2025 (linear mixtures, white balance and exposure of
each scene of its own, defocus, what makes them photometrically plausible).
Wan et al.: "Benchmarking Single-Image Reflection Removal Algorithms", ICCV 2017 (ghost of the second surface).
Ranges not named there are set from what pairs of real photographs show and are stated beside each.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ...isp.tone.curves import decode_curve
from ..batch import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """Ranges that the synthesis draws from, uniformly unless said otherwise."""

    share: tuple[float, float] = (0.02, 0.65)
    """Share of the picture's light that is reflection."""
    clean: float = 0.06
    """Probability of a picture without any reflection."""
    warmth: float = 0.35
    """Standard deviation of log2(red / blue) / 2 between the two scenes' illuminants."""
    sky: float = 0.25
    """Mean of the same: what windows reflect is bluer than rooms, on average."""
    lamp: tuple[float, float] = (0.0, 0.93)
    """Compression of highlights undone by x / (1 - k x): white becomes up to 14 times white."""
    defocus: tuple[float, float] = (0.3, 24.0)
    """Standard deviation of the reflected scene's blur, pixels at 224, log-uniform."""
    ghost: float = 0.3
    """Probability of a second, shifted copy."""
    local: float = 0.5
    """Probability that the reflection stands in parts of the picture only."""
    veil: float = 0.35
    """Probability of a very smooth veil beside the reflected scene."""
    exposure: tuple[float, float] = (0.5, 1.5)
    """Value of the 98th percentile of the mixture: below 1 is underexposed, above clips."""
    rendering: float = 0.5
    """Probability that the camera's own tone curve stands between the scene and the picture."""


def mix(first: Tensor, second: Tensor, generator: Generator, ranges: Ranges | None = None) -> Batch:
    """Mix display-encoded photographs into photographs through glass.

    Parameters
    ----------
    first, second : (N, 3, H, W) float32
        Photographs, sRGB-encoded, in [0, 1]: the scene behind the glass and the one that it reflects.
    generator : Generator
        Source of all randomness; the same state gives the same batch.
    ranges : Ranges, optional
        What to draw from.

    Returns
    -------
    Batch
        Linear light, sRGB primaries, in [0, 1]; `blended = transmission + reflection` where not clipped.
    """
    draw = _Draw(generator, first.shape[0], first.device)
    ranges = ranges or Ranges()
    transmission = decode_curve(first, "srgb") ** draw.uniform(0.85, 1.3)
    reflection = _reflected_scene(decode_curve(second, "srgb"), draw, ranges)
    transmission, reflection = _balance(transmission, reflection, draw, ranges)
    transmission, reflection = _expose(transmission, reflection, draw, ranges)
    blended = _sensor_noise(transmission + reflection, draw)
    blended, transmission = blended.clamp(0, 1), transmission.clamp(0, 1)
    blended, transmission = _render(blended, transmission, draw, ranges)
    return Batch(blended=blended, transmission=transmission, reflection=(blended - transmission).clamp(min=0))


class _Draw:
    """Random numbers of one batch: (N, 1, 1, 1) each."""

    def __init__(self, generator: Generator, n: int, device: torch.device) -> None:
        self.generator, self.n, self.device = generator, n, device

    def unit(self, *shape: int) -> Tensor:
        return torch.rand(self.n, *(shape or (1, 1, 1)), generator=self.generator, device=self.device)

    def uniform(self, low: float, high: float) -> Tensor:
        return low + (high - low) * self.unit()

    def log_uniform(self, low: float, high: float) -> Tensor:
        return low * (high / low) ** self.unit()

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(self.n, *(shape or (1, 1, 1)), generator=self.generator, device=self.device)

    def chance(self, probability: float) -> Tensor:
        return (self.unit() < probability).float()

    def field(self, size: int, height: int, width: int) -> Tensor:
        """Smooth random field (N, 1, H, W), about normal, with `size` features a side."""
        return F.interpolate(
            self.normal(1, size, size), size=(height, width), mode="bicubic", align_corners=True
        )


def _reflected_scene(scene: Tensor, draw: _Draw, ranges: Ranges) -> Tensor:
    """Lamps, colour of the light, defocus, ghost, the part of the pane that reflects, veil."""
    _, _, height, width = scene.shape
    scene = scene / (1 - draw.uniform(*ranges.lamp) * scene)
    warmth = ranges.sky + ranges.warmth * draw.normal()
    scene = scene * torch.cat([2**-warmth, torch.ones_like(warmth), 2**warmth], 1)
    sigma = draw.log_uniform(*ranges.defocus) * (max(height, width) / 224)
    scene = blur(scene, sigma.flatten())
    scene = _ghost(scene, draw, ranges)
    mask = torch.sigmoid(4 * (draw.field(4, height, width) + draw.uniform(-0.6, 0.8)))
    scene = scene * torch.where(draw.chance(ranges.local) > 0, mask, torch.ones_like(mask))
    veil = torch.sigmoid(2 * draw.field(3, height, width)) * scene.mean((1, 2, 3), keepdim=True)
    tint = scene.mean((2, 3), keepdim=True) / scene.mean((1, 2, 3), keepdim=True).clamp(min=1e-6)
    return scene + draw.chance(ranges.veil) * draw.uniform(0.2, 1.5) * veil * tint


def _ghost(scene: Tensor, draw: _Draw, ranges: Ranges) -> Tensor:
    """Add the copy from the pane's second surface, shifted by up to 4 % of the width."""
    weight = draw.chance(ranges.ghost) * draw.uniform(0.3, 0.95)
    shift = (draw.unit(2, 1, 1).reshape(draw.n, 2) * 2 - 1) * 0.08  # in units of half the picture
    theta = torch.zeros(draw.n, 2, 3, device=draw.device)
    theta[:, 0, 0] = theta[:, 1, 1] = 1
    theta[:, :, 2] = shift
    grid = F.affine_grid(theta, list(scene.shape), align_corners=False)
    copy = F.grid_sample(scene, grid, padding_mode="reflection", align_corners=False)
    return (scene + weight * copy) / (1 + weight)


def _balance(transmission: Tensor, reflection: Tensor, draw: _Draw, ranges: Ranges) -> tuple[Tensor, Tensor]:
    """Scale the reflection to its share of the light."""
    share = draw.uniform(*ranges.share) * (1 - draw.chance(ranges.clean))
    mean_t = transmission.mean((1, 2, 3), keepdim=True)
    mean_r = reflection.mean((1, 2, 3), keepdim=True).clamp(min=1e-6)
    return transmission, reflection * (mean_t / mean_r * share / (1 - share))


def _expose(transmission: Tensor, reflection: Tensor, draw: _Draw, ranges: Ranges) -> tuple[Tensor, Tensor]:
    """Expose the mixture as a camera would."""
    brightness = (transmission + reflection).amax(1).flatten(1)
    level = torch.quantile(brightness[:, ::16], 0.98, dim=1).clamp(min=1e-4)
    gain = draw.uniform(*ranges.exposure) / level[:, None, None, None]
    return transmission * gain, reflection * gain


def _sensor_noise(linear: Tensor, draw: _Draw) -> Tensor:
    """Shot and read noise, after Foi et al. 2008; from none to about ISO 3200 at proxy size."""
    shot, read = 10 ** draw.uniform(-5.0, -3.3), 10 ** draw.uniform(-7.0, -5.3)
    deviation = (shot * linear.clamp(min=0) + read).sqrt()
    return linear + deviation * draw.normal(*linear.shape[1:])


def _render(blended: Tensor, transmission: Tensor, draw: _Draw, ranges: Ranges) -> tuple[Tensor, Tensor]:
    """Put a camera's tone curve on both pictures: contrast about a pivot, in linear light."""
    gamma = torch.where(
        draw.chance(ranges.rendering) > 0, draw.uniform(0.8, 1.35), torch.ones_like(draw.unit())
    )
    return blended**gamma, transmission**gamma


def blur(pictures: Tensor, sigma: Tensor) -> Tensor:
    """Blur each picture of a batch by a Gaussian of its own.

    Parameters
    ----------
    pictures : (N, C, H, W) float32
    sigma : (N,) float32
        Standard deviations in pixels. Above 4 the blur runs at a quarter of the size.

    Returns
    -------
    (N, C, H, W) float32
    """
    fine = _separable(pictures, sigma.clamp(max=4.0), radius=10)
    if bool((sigma <= 4).all()):
        return fine
    small = F.interpolate(pictures, scale_factor=0.25, mode="area")
    wide = _separable(small, (sigma / 4).clamp(min=0.5), radius=min(24, min(small.shape[-2:]) - 1))
    wide = F.interpolate(wide, size=pictures.shape[-2:], mode="bicubic", align_corners=False).clamp(min=0)
    return torch.where(sigma[:, None, None, None] > 4, wide, fine)


def _separable(pictures: Tensor, sigma: Tensor, radius: int) -> Tensor:
    n, c, h, w = pictures.shape
    x = torch.arange(-radius, radius + 1, device=pictures.device, dtype=pictures.dtype)
    kernel = torch.exp(-0.5 * (x / sigma[:, None].clamp(min=0.05)) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(c, 0)[:, None]
    flat = F.pad(pictures.reshape(1, n * c, h, w), (radius, radius, 0, 0), mode="reflect")
    flat = F.conv2d(flat, kernel[:, :, None, :], groups=n * c)
    flat = F.conv2d(F.pad(flat, (0, 0, radius, radius), mode="reflect"), kernel[:, :, :, None], groups=n * c)
    return flat.reshape(n, c, h, w)
