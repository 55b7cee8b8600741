"""The black levels of a mosaic larger than 2x2 that LibRaw knows and does not hand on.

LibRaw tells one level for each of its four colour numbers; of a larger pattern, such as the 6x6 of Fujifilm's X-Trans,
that is the lowest. The pattern shows in what LibRaw makes of a picture of known counts.
"""

from __future__ import annotations

import numpy as np
import rawpy
from numpy.typing import NDArray

from .levels import Cells
from .libraw import plain_parameters

PERIOD = 24
"""Rows and columns after which every pattern of up to 4, and of 6, 8 and 12 repeats itself."""
MARGIN = PERIOD
"""Rows and columns that LibRaw interpolates otherwise are fewer."""
LOW, HIGH, SATURATION = 6000, 14000, 16383
"""Counts of the two patches that LibRaw is shown, above every black level, and of the white that it is told: one count
makes four of its result."""


NOT_SET = -1


def probe_black(raw: rawpy.RawPy) -> Cells | None:
    """Find the black level of every cell of a mosaic.

    Parameters
    ----------
    raw : rawpy.RawPy
        An open file with a mosaic; its samples in memory are overwritten.

    Returns
    -------
    rows of floats or None
        Counts of the smallest repeating pattern, from the first visible sample; None where the picture is too small,
        LibRaw fails on it, or no pattern repeats.
    """
    samples = raw.raw_image_visible
    side = MARGIN + 2 * PERIOD
    if min(samples.shape) < side + MARGIN or samples.shape[1] < 2 * side + MARGIN:
        return None
    samples[:] = LOW
    samples[:, side:] = HIGH
    settings = plain_parameters(rawpy.DemosaicAlgorithm.LINEAR, rawpy.ColorSpace.raw)
    settings.user_sat, settings.user_black, settings.user_cblack = SATURATION, NOT_SET, None
    try:
        picture = np.asarray(raw.postprocess(settings), dtype=np.float64)
    except rawpy.LibRawError:
        return None
    planes = np.array(["RGB".find(letter) for letter in raw.color_desc.decode("ascii")])[
        raw.raw_colors_visible
    ]
    low, high = (_patch(picture, planes, left) for left in (MARGIN, side + MARGIN))
    gain = (high - low) / (HIGH - LOW)
    return smallest_period(np.round(LOW - low / gain))


def smallest_period(levels: NDArray[np.float64]) -> Cells:
    """Return the smallest pattern that (rows, columns) of levels repeat."""
    rows, columns = (
        next(n for n in range(1, size + 1) if size % n == 0 and _repeats(np.moveaxis(levels, axis, 0), n))
        for axis, size in enumerate(levels.shape)
    )
    return tuple(tuple(float(value) for value in row) for row in levels[:rows, :columns])


def _repeats(levels: NDArray[np.float64], period: int) -> bool:
    return np.array_equal(levels, np.resize(levels[:period], levels.shape))


def _patch(picture: NDArray[np.float64], planes: NDArray[np.int64], left: int) -> NDArray[np.float64]:
    """Measured samples of one period."""
    part = np.s_[MARGIN : MARGIN + PERIOD, left : left + PERIOD]
    return np.take_along_axis(picture[part], planes[part][..., None], 2)[..., 0]
