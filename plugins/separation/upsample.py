"""From a small reflection to the size of the frame, a band of rows at a time.

Every way has one form: the reflection is `slope * light + offset`, with the frame's own light at full size and both
coefficients found at the small size. `bicubic` has no slope: the reflection is as smooth as it was found. `guided`
fits both to the light around each place, so that edges which the reflection shares with the picture come out sharp.
`ratio` has no offset: the reflection is a share of the light. `detail` asks which share of the picture's finest small
detail is the reflection's, and takes that share of the detail that only the full size shows: none from a reflection
out of focus, all of it where the reflection alone is sharp. Whatever the share, the mean light stays as it was found.

References
----------
Wiener: "Extrapolation, Interpolation, and Smoothing of Stationary Time Series", 1949 (`detail`: covariance over
variance is the best linear guess of one of two signals that add up; here it is carried from one scale to the next).
He, Sun, Tang: "Guided Image Filtering", IEEE TPAMI 2013; He, Sun: "Fast Guided Filter", arXiv 1505.00996, 2015 (the
coefficients are found small and applied at full size).
Keys: "Cubic convolution interpolation for digital image processing", IEEE TASSP 1981.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Way = Literal["bicubic", "guided", "ratio", "detail"]
RADIUS, RIDGE = 2, 1e-4
"""Of the guided filter: half the window's side in small pixels, and the variance below which a window counts as flat
(1 is display white). Of the values tried, these did best; see `benchmarks/separation.py`."""
CONTRAST = 1e-3
"""Of `detail`: variance of the detail, in units of the squared light around it, below which a window counts as flat.
Of 1e-5 to 1e-3 it did best on sharp and on blurred reflections together."""
_NOTHING = 1e-12
"""Variance that keeps black places finite."""
_KEYS = -0.75
"""Keys' free parameter, as torch's bicubic interpolation has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallReflection:
    """A reflection as it was found, ready to be taken to any size."""

    offset: Tensor
    """(C, h, w) float32 linear light."""
    slope: Tensor | None = None
    """(C, h, w) float32, no unit."""

    def rows(self, light: Tensor, top: int, height: int) -> Tensor:
        """Return the reflection for a band of rows.

        Parameters
        ----------
        light : (C, n, W) float32
            The band's light in the same colours; only asked for its size where there is no slope, and then its
            channels may be others.
        top : int
            The row of the frame at which the band starts.
        height : int
            Rows of the whole frame.
        """
        count, width = light.shape[-2:]
        found = band(self.offset, top, count, height, width)
        if self.slope is not None:
            found = found + band(self.slope, top, count, height, width) * light
        return found


def prepare(reflection: Tensor, light: Tensor, way: Way) -> SmallReflection:
    """Find the coefficients.

    Parameters
    ----------
    reflection, light : (C, h, w) float32
        What was found, and the picture it was found in, both linear and in one colour.
    way : str
        How it shall be taken to the full size.
    """
    if way == "bicubic":
        return SmallReflection(offset=reflection)
    if way == "ratio":
        share = (reflection / light.clamp(min=1e-6)).clamp(0, 1)
        return SmallReflection(offset=torch.zeros_like(share), slope=share)
    if way == "detail":
        slope = _share_of_detail(reflection, light)
        return SmallReflection(offset=reflection - slope * light, slope=slope)
    slope, offset = _fit(reflection, light)
    return SmallReflection(offset=offset, slope=slope)


def _share_of_detail(reflection: Tensor, light: Tensor) -> Tensor:
    """Return the share of the light's finest detail that is the reflection's, in [0, 1], around every place."""
    fine, fine_reflection = light - _window(light, 1), reflection - _window(reflection, 1)
    flat = CONTRAST * _window(light) ** 2 + _NOTHING
    return (_window(fine * fine_reflection) / (_window(fine * fine) + flat)).clamp(0, 1)


def _fit(reflection: Tensor, light: Tensor) -> tuple[Tensor, Tensor]:
    """Fit `slope * light + offset` in every window; a place takes the mean over the windows that it is in."""
    scale = light.mean().clamp(min=1e-6) / 0.2
    mean_light, mean = _window(light), _window(reflection)
    variance = _window(light * light) - mean_light**2
    covariance = _window(light * reflection) - mean_light * mean
    slope = covariance / (variance + RIDGE * scale**2)
    return _window(slope), _window(mean - slope * mean_light)


def _window(values: Tensor, radius: int = RADIUS) -> Tensor:
    side = 2 * radius + 1
    padded = F.pad(values[None], (radius,) * 4, mode="replicate")
    return F.avg_pool2d(padded, side, 1)[0]


def band(small: Tensor, top: int, count: int, height: int, width: int) -> Tensor:
    """Return rows `top` to `top + count` of a picture enlarged by bicubic interpolation.

    Parameters
    ----------
    small : (C, h, w) float32
        Pixel centres at half-integer places of one extent, as torch's `align_corners=False`.
    top, count : int
        The rows wanted.
    height, width : int
        Size of the whole enlarged picture.

    Returns
    -------
    (C, count, width) float32
    """
    rows = small.shape[-2]
    place = (torch.arange(top, top + count, device=small.device) + 0.5) * (rows / height) - 0.5
    first = place.floor()
    weights = _weights((place - first).to(small.dtype))
    tall = small.new_zeros(small.shape[0], count, small.shape[-1])
    for step, weight in enumerate(weights):
        index = (first.long() + step - 1).clamp(0, rows - 1)
        tall += small[:, index] * weight[:, None]
    return F.interpolate(tall[None], size=(count, width), mode="bicubic", align_corners=False)[0]


def _weights(t: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the weights of the four rows around places at a distance `t` in [0, 1) behind the second of them."""

    def near(x: Tensor) -> Tensor:
        return ((_KEYS + 2) * x - (_KEYS + 3)) * x * x + 1

    def far(x: Tensor) -> Tensor:
        return ((_KEYS * x - 5 * _KEYS) * x + 8 * _KEYS) * x - 4 * _KEYS

    return far(t + 1), near(t), near(1 - t), far(2 - t)
