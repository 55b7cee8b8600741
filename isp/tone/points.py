"""A curve through points: monotone cubic interpolation.

Reference: F. N. Fritsch, R. E. Carlson: Monotone Piecewise Cubic Interpolation, SIAM J. Numer. Anal. 17 (1980), the
algorithm of section 4 with three-point-mean slopes and the circle of radius 3 as region.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

Points = Sequence[tuple[float, float]]


def monotone_slopes(points: Points) -> list[float]:
    """Return the slope of the curve at each point, so that it is monotone wherever the points are.

    x must rise; `ValueError` where it does not, or for fewer than two points.
    """
    if len(points) < 2 or any(right <= x for (x, _), (right, _) in pairwise(points)):
        raise ValueError("a curve needs at least two points with rising x")
    secants = [(above - y) / (right - x) for (x, y), (right, above) in pairwise(points)]
    inner = [(a + b) / 2 if a * b > 0 else 0.0 for a, b in pairwise(secants)]
    slopes = [secants[0], *inner, secants[-1]]
    for k, secant in enumerate(secants):
        if secant == 0:
            slopes[k] = slopes[k + 1] = 0.0
            continue
        length = math.hypot(slopes[k] / secant, slopes[k + 1] / secant)
        if length > 3:
            slopes[k] *= 3 / length
            slopes[k + 1] *= 3 / length
    return slopes


def monotone_cubic(x: Tensor, points: Points) -> Tensor:
    """Send values through the smooth curve that goes through all points and overshoots none.

    Parameters
    ----------
    x : (...) float
        Any range and unit; that of the points.
    points : sequence of (x, y)
        At least two, x rising.

    Returns
    -------
    (...) float
        Cubic between the points; before the first and after the last a straight line with the slope that the curve has
        there. NaN stays NaN; infinity stays infinite, or gives the last level where that slope is 0.

    Raises
    ------
    ValueError
        If x does not rise or there are fewer than two points.
    """
    slopes = x.new_tensor(monotone_slopes(points))
    knots, levels = (x.new_tensor(values) for values in zip(*points, strict=True))
    inside = x.clamp(min=knots[0], max=knots[-1])
    k = torch.bucketize(inside.detach(), knots[1:-1])
    width = knots[k + 1] - knots[k]
    t = (inside - knots[k]) / width
    rise = levels[k + 1] - levels[k]
    first, last = slopes[k] * width, slopes[k + 1] * width
    # Hermite's form with the level taken out: y + t (m0 + t (3 d - 2 m0 - m1 + t (m0 + m1 - 2 d))).
    y = levels[k] + t * (first + t * (3 * rise - 2 * first - last + t * (first + last - 2 * rise)))
    beyond = x - inside
    slope = torch.where(beyond < 0, slopes[0], slopes[-1])
    return torch.where((slope == 0) & ~x.isnan(), y, y + slope * beyond)
