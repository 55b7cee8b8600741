"""From a small reflection to the size of the frame, a band of rows at a time.

A way finds what it needs at the small size, and is then asked for rows with the frame's own light there. Both that are
used have one form: the reflection is `slope * light + offset`, with the light at full size and both coefficients found
at the small size. `bicubic` has no slope: the reflection is as smooth as it was found. `detail` asks which share of
the picture's finest small detail is the reflection's, and takes that share of the detail that only the full size
shows: none from a reflection out of focus, all of it where the reflection alone is sharp. Whatever the share, the mean
light stays as it was found. `benchmarks/upsamplers.py` has the other ways that `detail` was compared with.

References
----------
Wiener: "Extrapolation, Interpolation, and Smoothing of Stationary Time Series", 1949 (`detail`: covariance over
variance is the best linear guess of one of two signals that add up; here it is carried from one scale to the next).
Keys: "Cubic convolution interpolation for digital image processing", IEEE TASSP 1981.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

RADIUS = 2
"""Half the side of a window, in small pixels."""
MARGIN = 8
"""Small pixels beyond which no place counts for another, in any way that there is."""
CONTRAST = 1e-3
"""Of `detail`: variance of the detail, in units of the squared light around it, below which a window counts as flat.
Of 1e-5 to 1e-3 it did best on sharp and on blurred reflections together."""
_NOTHING = 1e-12
"""Variance that keeps black places finite."""
_KEYS = -0.75
"""Keys' free parameter, as torch's bicubic interpolation has it."""


class Enlarged(Protocol):
    """A reflection as it was found, ready to be taken to any size."""

    def rows(self, light: Tensor, places: Tensor) -> Tensor:
        """Return the reflection, (C, n, W), for a band of rows.

        Parameters
        ----------
        light : (C, n, W) or (1, n, W) float32
            The band's light in the same colours, or one for all of them.
        places : (n,) float32
            Where the rows lie in the small picture; see `places`.
        """
        ...


Way = Callable[[Tensor, Tensor], Enlarged]
"""Takes what was found, and the light it was found in; both (C, h, w) float32, linear and in one colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallReflection:
    """A reflection as `slope * light + offset`."""

    offset: Tensor
    """(C, h, w) float32 linear light."""
    slope: Tensor | None = None
    """(C, h, w) float32, no unit."""

    def rows(self, light: Tensor, places: Tensor) -> Tensor:
        """Return the reflection for a band of rows; see `Enlarged`."""
        found = rows_at(self.offset, places, light.shape[-1])
        if self.slope is not None:
            found = found + rows_at(self.slope, places, light.shape[-1]) * light
        return found


def bicubic(reflection: Tensor, light: Tensor) -> SmallReflection:
    """Take the reflection as smooth as it was found; the light does not matter."""
    return SmallReflection(offset=reflection)


def detail(reflection: Tensor, light: Tensor) -> SmallReflection:
    """Take the reflection's share of the finest detail, in [0, 1] around every place, at full size as well."""
    fine, fine_reflection = light - window(light, 1), reflection - window(reflection, 1)
    flat = CONTRAST * window(light) ** 2 + _NOTHING
    slope = (window(fine * fine_reflection) / (window(fine * fine) + flat)).clamp(0, 1)
    return SmallReflection(offset=reflection - slope * light, slope=slope)


def window(values: Tensor, radius: int = RADIUS) -> Tensor:
    """Return the mean over the square window around every place, (C, h, w); borders are repeated."""
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
    return rows_at(small, places(top, count, height, small.shape[-2]).to(small.device), width)


def places(top: int, count: int, height: int, rows: int) -> Tensor:
    """Return where rows `top` to `top + count` of `height` lie in a picture of `rows`: 0 is its first row's middle."""
    return (torch.arange(top, top + count) + 0.5) * (rows / height) - 0.5


def rows_at(small: Tensor, places: Tensor, width: int) -> Tensor:
    """Return the rows at some places of a picture, made `width` wide, by bicubic interpolation; see `band`."""
    rows, count = small.shape[-2], len(places)
    first = places.floor()
    weights = _weights((places - first).to(small.dtype))
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
