"""Pixels to the samples of a file, with account of what is clipped."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from torch import Tensor

from .writers import Samples

Shares = tuple[float, ...]
"""A share of the samples of each channel."""
NONE: Shares = (0.0, 0.0, 0.0)
HALF_MAXIMUM = 65504.0
"""The largest number that 16-bit floating point holds (IEEE 754)."""
NOT_NUMBERS = "the picture holds values that are not numbers"


class Whole(NamedTuple):
    """Whole samples and what was lost."""

    samples: Samples
    below: Shares
    above: Shares


def quantise(pixels: Tensor, depth: int) -> Whole:
    """Round display values to whole samples.

    Parameters
    ----------
    pixels : (3, H, W) float32
        Display values; below 0 and above 1 is clipped.
    depth : int
        8 to 16 bits.

    Returns
    -------
    samples : (H, W, 3) uint8 or uint16
        Rounded to the nearest, 1 is the highest of the depth.
    below, above : three floats
        Of each channel, the share of the samples that clipping changed by more than rounding does.

    Raises
    ------
    ValueError
        If a value is not a number.
    """
    if bool(pixels.isnan().any()):
        raise ValueError(NOT_NUMBERS)
    top = 2**depth - 1
    half_step = 0.5 / top
    below, above = pixels < -half_step, pixels > 1 + half_step
    whole = (pixels.clamp(0, 1) * top).round().permute(1, 2, 0).cpu().numpy()
    samples = np.ascontiguousarray(whole.astype(np.uint8 if depth == 8 else np.uint16))
    return Whole(samples, shares(below), shares(above))


def shares(where: Tensor) -> Shares:
    """Return the share of each channel of a (3, H, W) mask."""
    return tuple(where.float().mean(dim=(1, 2)).tolist())


def unclipped(pixels: Tensor, depth: int = 32) -> Samples:
    """Return (3, H, W) float32 values of any range as (H, W, 3) samples of 32 or 16 bits, floating point.

    `ValueError` if a value is not finite, or too large for 16 bits.
    """
    if not bool(pixels.isfinite().all()):
        raise ValueError(NOT_NUMBERS)
    if depth == 16 and float(pixels.abs().amax()) > HALF_MAXIMUM:
        raise ValueError("the picture holds values above 65504, which 16 bits cannot hold; use depth 32")
    samples = pixels.permute(1, 2, 0).cpu().numpy()
    return np.ascontiguousarray(samples.astype(np.float16 if depth == 16 else np.float32))


def clipping_words(below: Shares, above: Shares) -> str:
    """Return what was clipped in words, e.g. `clipped below black: R 0.02%; above white: R 1.50%, B 0.30%`."""
    told = [
        f"{side}: {', '.join(f'{name} {_percent(share)}' for name, share in zip('RGB', found, strict=True) if share)}"
        for side, found in (("below black", below), ("above white", above))
        if any(found)
    ]
    return f"clipped {'; '.join(told)}" if told else "nothing clipped"


def _percent(share: float) -> str:
    return f"{share:.2%}" if share >= 0.00005 else "less than 0.01%"
