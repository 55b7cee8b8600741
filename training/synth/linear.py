"""Synthesis of reflections in linear light: what a sensor behind a pane records.

Two scenes, each taken back to linear light, add up: `I = T + R`. Both are then exposed together, clipped where
the sensor would clip, and get noise. All functions work on batches, on any device, from one seeded generator.

What is drawn, from where, and its sources: `ranges.py`. The physics of the glass: `glass.py`, `window.py`; the camera:
`camera.py`, `jpeg.py`.

References
----------
Kee et al.: "Removing Reflections from RAW Photos", CVPR 2025 (linear mixtures, white balance and exposure of
each scene of its own, defocus, what makes them photometrically plausible).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ...isp.tone.curves import decode_curve, encode_curve
from ..batch import Batch
from .blur import blur, convolve, disc, line
from .camera import balance, expose, render, sensor
from .draw import Draw
from .jpeg import compress
from .ranges import Ranges
from .window import look_through

FOCUSED = 0.3
"""Standard deviation of the blur of a reflection in focus, pixels at 224."""


def mix(first: Tensor, second: Tensor, generator: Generator, ranges: Ranges | None = None) -> Batch:
    """Mix display-encoded photographs into photographs through glass.

    Parameters
    ----------
    first, second : (N, 3, H, W) float32
        Photographs, sRGB-encoded, in [0, 1]: the scene behind the glass and the one that it reflects. Light above
        white, of RAW files and panoramas, is above 1 on the same curve.
    generator : Generator
        Source of all randomness; the same state gives the same batch.
    ranges : Ranges, optional
        What to draw from.

    Returns
    -------
    Batch
        Linear light, sRGB primaries, in [0, 1]; `blended = transmission + reflection` where not clipped.
    """
    draw = Draw(generator, first.shape[0], first.device)
    ranges = ranges or Ranges()
    transmission = decode_curve(first, "srgb") ** draw.uniform(*ranges.curve)
    if ranges.illuminant:
        transmission = transmission * _warmth(ranges.illuminant * draw.normal())
    scene = decode_curve(second, "srgb")
    transmission, reflection = _glazed(transmission, scene, draw, ranges)
    transmission, reflection = balance(transmission, reflection, draw, ranges)
    transmission, reflection = expose(transmission, reflection, draw, ranges)
    return _photograph(transmission, reflection, draw, ranges)


def _glazed(behind: Tensor, scene: Tensor, draw: Draw, ranges: Ranges) -> tuple[Tensor, Tensor]:
    """Return the light of both scenes that reaches the camera: shares are drawn, or follow from the glass."""
    white = scene.clamp(max=1).mean((1, 2, 3), keepdim=True).clamp(min=1e-3)
    scene = _reflected_scene(scene, draw, ranges)
    reflection = _veiled(_in_parts(_ghost(scene, draw, ranges), draw, ranges), draw, ranges)
    present = 1 - draw.chance(ranges.clean) if ranges.fresnel else None
    transmission, reflection = _shared(behind, reflection, draw, ranges)
    if present is not None:
        stops = 2 ** draw.uniform(*ranges.brightness)
        bright = scene * (behind.mean((1, 2, 3), keepdim=True) / white * stops * present)
        seen = look_through(behind, _in_parts(bright, draw, ranges), draw, ranges)
        physical = draw.chance(ranges.fresnel) > 0
        transmission = torch.where(physical, seen[0], transmission)
        reflection = torch.where(physical, seen[1], reflection)
    return transmission, _hazy(transmission, reflection, draw, ranges)


def _photograph(transmission: Tensor, reflection: Tensor, draw: Draw, ranges: Ranges) -> Batch:
    """Record the mixture and, without noise, the transmission; what is between them is the reflection."""
    record = sensor(draw, ranges)
    blended = record(transmission + reflection, True)
    parts = [blended, record(transmission, False)]
    if ranges.noiseless:
        parts.append(record(transmission + reflection, False))
    blended, transmission, *rest = render(tuple(parts), draw, ranges)
    if ranges.jpeg:
        blended = _filed(blended, draw, ranges)
    whole = rest[0] if rest else blended
    return Batch(blended=blended, transmission=transmission, reflection=(whole - transmission).clamp(min=0))


def _filed(blended: Tensor, draw: Draw, ranges: Ranges) -> Tensor:
    """Write some of the mixtures to JPEG files and read them again."""
    wanted, quality = draw.chance(ranges.jpeg), draw.uniform(*ranges.quality)
    subsampled = draw.chance(ranges.subsampled)
    file = compress(encode_curve(blended, "srgb"), quality.flatten(), subsampled.flatten())
    return torch.where(wanted > 0, decode_curve(file, "srgb"), blended)


def _warmth(stops: Tensor) -> Tensor:
    """Gains of red, green and blue for a light that much bluer: (N, 3, 1, 1)."""
    return torch.cat([2**-stops, torch.ones_like(stops), 2**stops], 1)


def _reflected_scene(scene: Tensor, draw: Draw, ranges: Ranges) -> Tensor:
    """Lamps, colour of the light, defocus and motion."""
    bounded = scene.amax((1, 2, 3), keepdim=True) <= 1
    scene = scene / (1 - draw.uniform(*ranges.lamp) * bounded * scene)
    scene = scene * _warmth(ranges.sky + ranges.warmth * draw.normal())
    pixel = max(scene.shape[-2:]) / 224
    sigma = draw.log_uniform(*ranges.defocus) * pixel
    if ranges.sharp:
        sigma = torch.where(draw.chance(ranges.sharp) > 0, FOCUSED * pixel, sigma)
    if not (ranges.disc or ranges.motion):
        return blur(scene, sigma.flatten())
    return _shaken(scene, sigma.flatten(), pixel, draw, ranges)


def _shaken(scene: Tensor, sigma: Tensor, pixel: float, draw: Draw, ranges: Ranges) -> Tensor:
    """Blur by Gaussians or discs, then by motion."""
    shortest = min(scene.shape[-2:]) - 1
    reach = min(shortest, math.ceil(2 * ranges.defocus[1] * pixel) + 1)
    wide = convolve(scene, disc((2 * sigma).clamp(max=reach - 0.5), reach))
    blurred = torch.where(draw.chance(ranges.disc) > 0, wide, blur(scene, sigma))
    reach = min(shortest, math.ceil(ranges.path[1] * pixel / 2) + 1)
    length = (draw.uniform(*ranges.path) * pixel).clamp(max=2 * reach - 2).flatten()
    moved = convolve(blurred, line(length, draw.uniform(0, math.pi).flatten(), reach))
    return torch.where(draw.chance(ranges.motion) > 0, moved, blurred)


def _ghost(scene: Tensor, draw: Draw, ranges: Ranges) -> Tensor:
    """Add the copy from the pane's second surface, shifted by a random part of the picture."""
    weight = draw.chance(ranges.ghost) * draw.uniform(*ranges.ghost_weight)
    shift = (draw.unit(2, 1, 1).reshape(draw.n, 2) * 2 - 1) * (2 * ranges.ghost_shift)
    theta = torch.zeros(draw.n, 2, 3, device=draw.device)
    theta[:, 0, 0] = theta[:, 1, 1] = 1
    theta[:, :, 2] = shift  # in units of half the picture
    grid = F.affine_grid(theta, list(scene.shape), align_corners=False)
    copy = F.grid_sample(scene, grid, padding_mode="reflection", align_corners=False)
    return (scene + weight * copy) / (1 + weight)


def _in_parts(scene: Tensor, draw: Draw, ranges: Ranges) -> Tensor:
    """Darken parts of the reflected scene, as where something dark stands before it."""
    height, width = scene.shape[-2:]
    mask = torch.sigmoid(4 * (draw.field(4, height, width) + draw.uniform(*ranges.edge)))
    return scene * torch.where(draw.chance(ranges.local) > 0, mask, torch.ones_like(mask))


def _veiled(scene: Tensor, draw: Draw, ranges: Ranges) -> Tensor:
    """Add a very smooth veil of the reflected scene's mean colour."""
    height, width = scene.shape[-2:]
    veil = torch.sigmoid(2 * draw.field(3, height, width)) * scene.mean((1, 2, 3), keepdim=True)
    tint = scene.mean((2, 3), keepdim=True) / scene.mean((1, 2, 3), keepdim=True).clamp(min=1e-6)
    return scene + draw.chance(ranges.veil) * draw.uniform(*ranges.veil_light) * veil * tint


def _hazy(transmission: Tensor, reflection: Tensor, draw: Draw, ranges: Ranges) -> Tensor:
    """Add light that dirt on the glass scatters, of the reflection's mean colour, where there is a reflection."""
    if not ranges.haze:
        return reflection
    mean = reflection.mean((1, 2, 3), keepdim=True)
    tint = reflection.mean((2, 3), keepdim=True) / mean.clamp(min=1e-6)
    dirt = 0.5 + torch.sigmoid(draw.field(3, *reflection.shape[-2:]))
    light = (transmission + reflection).mean((1, 2, 3), keepdim=True) * draw.uniform(*ranges.haze_light)
    return reflection + draw.chance(ranges.haze) * (mean > 0) * light * dirt * tint


def _shared(transmission: Tensor, reflection: Tensor, draw: Draw, ranges: Ranges) -> tuple[Tensor, Tensor]:
    """Scale the reflection to its share of the light."""
    share = draw.uniform(*ranges.share) * (1 - draw.chance(ranges.clean))
    mean_t = transmission.mean((1, 2, 3), keepdim=True)
    mean_r = reflection.mean((1, 2, 3), keepdim=True).clamp(min=1e-6)
    return transmission, reflection * (mean_t / mean_r * share / (1 - share))
