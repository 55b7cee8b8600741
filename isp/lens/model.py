"""What lensfun says of a lens: where light of each place comes from, and how much of it was lost.

Reference: lensfun 0.3.4 (https://lensfun.github.io), modifiers for distortion, TCA, scale and vignetting.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .database import Shot

SPACING = 16 / math.sqrt(6000)
"""Pixels between the knots at which lensfun is asked, times the root of the long side. Between knots the field is taken
as linear, which is good to some 0.01 pixels at every size. Asked for whole rows, lensfun works in single precision by
approximation, and is off by up to 0.2 pixels at 6000."""


@dataclass(frozen=True, slots=True)
class Field:
    """Where in the picture as it was taken the light of each corrected pixel is, at knots."""

    knots: Tensor
    """(2, 3, rows, columns) float64: x and y in pixels for R, G and B."""
    height: int
    width: int

    def rows(self, start: int, stop: int) -> Tensor:
        """Return x and y (2, 3, stop - start, W) float32 of a band of rows, in pixels; 0 is the centre of the first."""
        across = _between(self.knots, torch.arange(self.width), self.width, 3)
        return _between(across, torch.arange(start, stop), self.height, 2).float()


def _between(knots: Tensor, places: Tensor, size: int, dim: int) -> Tensor:
    """Interpolate knots, evenly spread over `size` pixels along `dim`, at whole pixels."""
    last = knots.shape[dim] - 1
    at = places.double() * (last / max(size - 1, 1))
    low = at.long().clamp(max=max(last - 1, 0))
    share = (at - low).reshape([-1 if d == dim else 1 for d in range(4)])
    return torch.lerp(knots.index_select(dim, low), knots.index_select(dim, (low + 1).clamp(max=last)), share)


def find_field(
    shot: Shot, height: int, width: int, *, distortion: bool, aberration: bool, scale: float
) -> Field | None:
    """Ask lensfun where the light of each place of an (H, W) picture is.

    `scale` magnifies with the distortion; 0: as much as leaves no border. None where the database has neither a
    distortion nor an aberration, of those asked for, for this lens.
    """
    import lensfunpy

    flags = lensfunpy.ModifyFlags
    distortion = distortion and shot.lens.interpolate_distortion(shot.focal_length) is not None
    aberration = aberration and shot.lens.interpolate_tca(shot.focal_length) is not None
    if not distortion and not aberration:
        return None
    wanted = (flags.DISTORTION | flags.SCALE if distortion else 0) | (flags.TCA if aberration else 0)
    modifier = _modifier(shot, height, width, wanted, scale)
    spacing = max(1.0, SPACING * math.sqrt(max(height, width)))
    ys, xs = (np.linspace(0, size - 1, math.ceil(size / spacing) + 1) for size in (height, width))
    return Field(torch.from_numpy(_ask(modifier, ys, xs, distortion, aberration)), height, width)


def _ask(modifier: Any, ys: Any, xs: Any, distortion: bool, aberration: bool) -> Any:
    if distortion and aberration:
        ask = modifier.apply_subpixel_geometry_distortion
    elif distortion:
        ask = modifier.apply_geometry_distortion
    else:
        ask = modifier.apply_subpixel_distortion
    found = np.array([[ask(x, y, 1, 1)[0, 0] for x in xs] for y in ys], np.float64)
    channels = np.broadcast_to(found.reshape(len(ys), len(xs), -1, 2), (len(ys), len(xs), 3, 2))
    return np.ascontiguousarray(channels.transpose(3, 2, 0, 1))


def find_gain(shot: Shot, height: int, width: int) -> Tensor | None:
    """Return the factor (1, H, W) float32 that makes up for the vignetting, in linear light; 1 in the middle.

    None where the database has no vignetting for this lens or the aperture is not known.
    """
    import lensfunpy

    if shot.aperture is None:
        return None
    modifier = _modifier(shot, height, width, lensfunpy.ModifyFlags.VIGNETTING, 1.0)
    # lensfun cuts what is below 0, so it is asked for the factor and not given the picture.
    gain = np.ones((height, width, 3), np.float32)
    if not modifier.apply_color_modification(gain):
        return None
    return torch.from_numpy(np.ascontiguousarray(gain[None, ..., 0]))


def _modifier(shot: Shot, height: int, width: int, flags: int, scale: float) -> Any:
    import lensfunpy

    modifier = lensfunpy.Modifier(shot.lens, shot.crop, width, height)
    modifier.initialize(
        shot.focal_length, shot.aperture or 1.0, shot.distance, scale, shot.lens.type, np.float32, int(flags)
    )
    return modifier
