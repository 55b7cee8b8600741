"""White balance: the multipliers that make a grey object grey in camera RGB."""

from __future__ import annotations

import math
from typing import cast

import numpy as np

from ...pipeline.frame import Camera, Triple
from ..cfa import is_monochrome
from .camera_model import neutral_of_white
from .colorimetry import D65_XY, Matrix, xy_to_xyz

UNITY: Triple = (1.0, 1.0, 1.0)
D65_KELVIN = 6504.0
"""CIE 15:2004: correlated colour temperature of D65."""


def white_balance(camera: Camera) -> tuple[Triple, str | None]:
    """Return the multipliers to use for a camera when the recipe asks for as-shot.

    Parameters
    ----------
    camera : Camera
        What the file says.

    Returns
    -------
    multipliers : three floats
        For R, G, B; the smallest is 1, so that nothing below saturation is pushed under white.
    remark : str or None
        A sentence for the trail where the file gave no usable white balance: daylight (D65) through the
        camera matrix is taken then, and without a matrix 1, 1, 1.
    """
    if camera.cfa is not None and is_monochrome(camera.cfa):
        return UNITY, None
    if camera.white_balance is not None and usable(camera.white_balance):
        return smallest_to_one(camera.white_balance), None
    found = daylight(camera)
    if found is not None:
        return found, "the file gives no white balance: daylight (D65) is used"
    return UNITY, "the file gives no white balance and no camera matrix: the colours are left unbalanced"


def daylight(camera: Camera) -> Triple | None:
    """Return the multipliers under D65, smallest 1; None without a matrix that gives usable ones."""
    return balance_of_light(camera, xy_to_xyz(D65_XY))


def balance_of_light(camera: Camera, white: Matrix) -> Triple | None:
    """Return the multipliers, smallest 1, under a light given by its XYZ (3,); None without a matrix that gives usable
    ones.
    """
    if not camera.xyz_to_camera:
        return None
    neutral = neutral_of_white(camera, white)
    if not usable(neutral.tolist()):
        return None
    return smallest_to_one(cast(Triple, tuple((1 / neutral).tolist())))


def smallest_to_one(multipliers: Triple) -> Triple:
    """Scale multipliers so that the smallest is 1; `ValueError` unless all are finite and above 0."""
    if not usable(multipliers):
        raise ValueError(f"white balance multipliers must be finite and above 0, got {multipliers}")
    scaled = np.asarray(multipliers, dtype=np.float64) / min(multipliers)
    return cast(Triple, tuple(scaled.tolist()))


def usable(multipliers: Triple | list[float]) -> bool:
    """Tell whether all multipliers are finite and above 0."""
    return all(math.isfinite(value) and value > 0 for value in multipliers)
