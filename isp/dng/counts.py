"""Linear pixels back to whole counts, for a DNG.

Reference: DNG specification 1.7, chapter 5 "Mapping Raw Values to Linear Reference Values", turned round. A mosaic gets
its source's own levels, so that samples which nothing has changed come back as they were counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...pipeline.frame import Camera
from ..bands import BAND
from ..cfa import is_monochrome, tile_pattern
from .raw import RawSamples

TOP = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A picture in counts."""

    raw: RawSamples
    stops: int
    """EV by which the counts are darker than the pixels."""
    below: float
    """Share of the samples that whole counts from 0 to 65535 cannot hold, from below."""
    above: float
    """The same, from above."""
    beyond: float
    """Share of the samples above the white level, which developers cut off."""


def count_mosaic(pixels: Tensor, camera: Camera) -> Counted:
    """Take a linear mosaic to its camera's counts.

    Parameters
    ----------
    pixels : (1, H, W) float32
        0 = black, 1 = saturation. Below 0 and above 1 is kept as far as 16 bits hold it.
    camera : Camera
        With the mosaic's pattern and levels. Where the colours saturate at different levels, the counts are each
        colour's own and the white level is the highest.

    Raises
    ------
    ValueError
        If a value is not finite, or the camera has no pattern.
    """
    if camera.cfa is None:
        raise ValueError("nothing is known of the colours of its mosaic")
    cfa = None if is_monochrome(camera.cfa) else camera.cfa
    period = math.lcm(*(len(levels) for levels in (camera.black, camera.white)))
    black = tile_pattern(camera.black, period, pixels.shape[2], pixels)
    span = tile_pattern(camera.white, period, pixels.shape[2], pixels) - black
    white = max(level for row in camera.white for level in row)
    samples, shares = _whole(pixels, span, black, white)
    raw = RawSamples(samples=samples[..., 0], cfa=cfa, black=camera.black, white=white)
    return Counted(raw=raw, stops=0, below=shares[0], above=shares[1], beyond=shares[2])


def count_colours(pixels: Tensor, *, bounded: bool) -> Counted:
    """Take linear colours to counts of 16 bits, black at 0: several developers mistake another black in linear DNGs.

    Parameters
    ----------
    pixels : (3, H, W) float32
        Linear light. What is below 0 is cut off.
    bounded : bool
        1 is saturation, and what is above it is cut off. Otherwise the picture is made darker by whole stops until
        its brightest value fits.

    Raises
    ------
    ValueError
        If a value is not finite.
    """
    brightest = 1.0 if bounded else float(pixels.max())
    stops = max(0, math.ceil(math.log2(brightest))) if math.isfinite(brightest) and brightest > 0 else 0
    gain, offset = pixels.new_full((1, 1), TOP / 2.0**stops), pixels.new_zeros((1, 1))
    samples, shares = _whole(pixels, gain, offset, TOP)
    raw = RawSamples(samples=samples, cfa=None, black=((0.0,),), white=TOP)
    return Counted(raw=raw, stops=stops, below=shares[0], above=shares[1], beyond=0.0)


def _whole(
    pixels: Tensor, gain: Tensor, offset: Tensor, white: float
) -> tuple[NDArray[np.uint16], tuple[float, float, float]]:
    """Multiply, add and round to (H, W, C) uint16, in bands of rows; tell the shares below 0, above 65535 and above
    white.
    """
    channels, height, width = pixels.shape
    period = gain.shape[0]
    rows = max(1, BAND // width // period) * period
    gains, offsets = (np.tile(levels.cpu().numpy(), (rows // period, 1))[None] for levels in (gain, offset))
    samples = np.empty((height, width, channels), dtype=np.uint16)
    totals = np.zeros(3)
    for start in range(0, height, rows):
        band = pixels[:, start : start + rows].cpu().numpy()
        counts = np.rint(band * gains[:, : band.shape[1]] + offsets[:, : band.shape[1]])
        if not np.isfinite(counts).all():
            raise ValueError("the picture holds values that are not finite numbers")
        totals += [np.count_nonzero(found) for found in (counts < 0, counts > TOP, counts > white)]
        samples[start : start + rows] = np.clip(counts, 0, TOP, out=counts).transpose(1, 2, 0)
    below, above, beyond = (totals / pixels.numel()).tolist()
    return samples, (below, above, beyond)
