"""The colour matrix that LibRaw has for a camera without an entry in its table of XYZ matrices.

For some early cameras LibRaw knows only how their RGB becomes sRGB, and does not say it; it shows in what LibRaw makes
of a picture of known colours.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import rawpy

from ...pipeline.frame import Matrix3
from ..cfa import Pattern, colour_index
from ..decode.libraw import plain_parameters
from .colorimetry import rgb_to_xyz

GREY, STEP = 16384, 8192
"""Counts of the colours that LibRaw is shown: grey with one colour raised, so that no result
falls below 0 or above the highest count."""
SIDE = 64
"""Samples along each side of a patch, of which the inner half is looked at."""
ACCURACY = 2e-3
"""Of an entry of the matrix, from whole counts."""


def libraw_matrix(raw: rawpy.RawPy, cfa: Pattern) -> Matrix3 | None:
    """Find the XYZ-to-camera matrix (D65) that LibRaw develops a mosaic with.

    Parameters
    ----------
    raw : rawpy.RawPy
        An open Bayer file; its samples in memory are overwritten.
    cfa : pattern
        Of its visible area.

    Returns
    -------
    3 rows of 3 or None
        None where LibRaw leaves the camera's RGB as it is, the picture is too small, or LibRaw fails on it.
    """
    samples = raw.raw_image_visible
    if samples.ndim != 2 or min(samples.shape) < SIDE or samples.shape[1] < 3 * SIDE:
        return None
    samples[:] = GREY
    colours = colour_index(cfa, SIDE, SIDE).numpy()
    for colour in range(3):
        samples[:SIDE, colour * SIDE : (colour + 1) * SIDE][colours == colour] += STEP
    settings = plain_parameters(rawpy.DemosaicAlgorithm.LINEAR, rawpy.ColorSpace.sRGB)
    try:
        picture = np.asarray(raw.postprocess(settings), dtype=np.float64)
    except rawpy.LibRawError:
        return None
    inner = slice(SIDE // 4, SIDE - SIDE // 4)
    patches = [picture[inner, n * SIDE : (n + 1) * SIDE][:, inner].mean((0, 1)) for n in range(3)]
    to_srgb = (np.stack(patches, axis=1) - GREY) / STEP
    if np.abs(to_srgb - np.eye(3)).max() < ACCURACY or np.linalg.matrix_rank(to_srgb) < 3:
        return None
    matrix = np.linalg.inv(to_srgb) @ np.linalg.inv(rgb_to_xyz("sRGB"))
    return cast(Matrix3, tuple(tuple(float(value) for value in row) for row in matrix))
