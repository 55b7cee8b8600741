"""How much two small pictures show the same, however they were exposed."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from numpy.typing import NDArray

Glimpse = NDArray[np.float32]
"""(h, w) linear luminance, 1 = white."""

LOWEST, HIGHEST = 0.004, 0.95
"""Light that counts: below the first 8-bit sRGB has steps of a tenth and more, above the other it is cut off."""
REACH = 2
"""Pixels by which the camera may have moved in between: 3 % of the long side of 64."""
LEAST = 0.1
"""Share of the picture that must be exposed in both, or nothing can be said."""


def likeness(one: Glimpse, other: Glimpse) -> float:
    """Correlate the gradients of the logarithm of two pictures' light, where both are neither black nor blown.

    Exposure multiplies the light, adds a constant to its logarithm, and is not in its gradient. The pictures are held
    against each other at all offsets of up to `REACH` pixels.

    Returns
    -------
    float
        -1 to 1: 1 for the same scene at any two exposures, about 0 for two scenes; -1 where the pictures have other
        sides or too little that is exposed in both.
    """
    if one.shape != other.shape or min(one.shape) <= 2 * REACH + 1:
        return -1.0
    height, width = one.shape
    middle = _part(one, REACH, REACH, height - 2 * REACH, width - 2 * REACH)
    shifts = product(range(2 * REACH + 1), repeat=2)
    return max(
        _correlation(middle, _part(other, top, left, height - 2 * REACH, width - 2 * REACH))
        for top, left in shifts
    )


def light_of(glimpse: Glimpse) -> float:
    """Return the median of the logarithm of the light, EV."""
    return float(np.median(np.log2(np.maximum(glimpse, LOWEST))))


def _part(glimpse: Glimpse, top: int, left: int, height: int, width: int) -> Glimpse:
    return glimpse[top : top + height, left : left + width]


def _correlation(one: Glimpse, other: Glimpse) -> float:
    exposed = (one > LOWEST) & (other > LOWEST) & (one < HIGHEST) & (other < HIGHEST)
    products = squares = others = 0.0
    count = 0
    for axis in (0, 1):
        both = np.logical_and(*_neighbours(exposed, axis))
        first, second = (np.diff(np.log2(np.maximum(x, LOWEST)), axis=axis)[both] for x in (one, other))
        products += float(first @ second)
        squares += float(first @ first)
        others += float(second @ second)
        count += int(both.sum())
    if count < 2 * LEAST * one.size or squares <= 0 or others <= 0:
        return -1.0
    return products / math.sqrt(squares * others)


def _neighbours(exposed: NDArray[np.bool_], axis: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    if axis == 0:
        return exposed[:-1], exposed[1:]
    return exposed[:, :-1], exposed[:, 1:]
