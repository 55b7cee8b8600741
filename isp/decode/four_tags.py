"""What a file says of a camera with four colours: names, matrices and as-shot neutral.

Reference: DNG specification 1.7, chapter 4: with n colours ColorMatrix has n x 3 values, CameraCalibration n x n,
ReductionMatrix 3 x n, AnalogBalance and AsShotNeutral n. TIFF/EP (ISO 12234-2) numbers the colours of filters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import rawpy
from numpy.typing import NDArray

from ..colour.camera_model import light_shares
from ..colour.colorimetry import correlated_temperature, xy_to_xyz
from ..dng.tags import (
    ANALOG_BALANCE,
    AS_SHOT_NEUTRAL,
    AS_SHOT_WHITE_XY,
    CALIBRATIONS,
    CAMERA_SIGNATURE,
    COLOR_MATRICES,
    D65,
    ILLUMINANT_CCT,
    ILLUMINANTS,
    PROFILE_SIGNATURE,
)
from ..metadata.ifd import Directory, numbers, text

REDUCTIONS = (50725, 50726, 52538)
FORWARD_MATRIX = 50964
FILTERS = "RGBCMYW"
"""TIFF/EP, CFAPattern: the colours by number."""
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FourColours:
    """Facts of a camera with four colours, in the order of LibRaw's numbers."""

    letters: str
    matrices: tuple[tuple[float, Matrix], ...]
    """(temperature in K, (4, 3) XYZ to camera), coldest light last; empty: unknown."""
    neutral: Matrix | None
    """(4,) the camera's colours of a grey; None: unknown."""
    reduction: Matrix | None = None
    """(3, 4) ReductionMatrix."""
    source: str = "libraw"
    notes: tuple[str, ...] = ()


def dng_colours(main: Directory, planes: tuple[int, ...]) -> FourColours:
    """Return what the tags of a DNG say; `planes` is CFAPlaneColor."""
    matrices = _matrices(main)
    reduction = next((m for tag in REDUCTIONS if (m := _matrix(main, tag, (3, 4))) is not None), None)
    forward = (
        "its ForwardMatrix is for four colours and not used" if numbers(main, FORWARD_MATRIX, 12) else ""
    )
    return FourColours(
        letters="".join(FILTERS[plane] if plane < len(FILTERS) else "?" for plane in planes),
        matrices=matrices,
        neutral=_neutral(main, matrices),
        reduction=reduction,
        source="dng",
        notes=(forward,) if forward else (),
    )


def libraw_colours(raw: rawpy.RawPy) -> FourColours:
    """Return what LibRaw knows of the camera."""
    table = np.asarray(raw.rgb_xyz_matrix, dtype=np.float64)
    multipliers = np.array(raw.camera_whitebalance, dtype=np.float64)
    known = bool(np.isfinite(multipliers).all() and multipliers.min() > 0 and np.ptp(multipliers) > 0)
    return FourColours(
        letters=raw.color_desc.decode("ascii"),
        matrices=((D65, table),) if table.any(axis=1).all() else (),
        neutral=1 / multipliers if known else None,
    )


def _matrices(main: Directory) -> tuple[tuple[float, Matrix], ...]:
    balance = np.diag(numbers(main, ANALOG_BALANCE, 4) or np.ones(4))
    signed = text(main, CAMERA_SIGNATURE) == text(main, PROFILE_SIGNATURE)
    found = {}
    for tag, calibration_tag, light_tag in zip(COLOR_MATRICES, CALIBRATIONS, ILLUMINANTS, strict=True):
        matrix = _matrix(main, tag, (4, 3))
        calibration = _matrix(main, calibration_tag, (4, 4)) if signed else None
        if matrix is not None:
            light = ILLUMINANT_CCT.get(int((numbers(main, light_tag, 1) or (0,))[0]), D65)
            found[light] = balance @ (np.eye(4) if calibration is None else calibration) @ matrix
    return tuple(sorted(found.items()))


def _matrix(main: Directory, tag: int, shape: tuple[int, int]) -> Matrix | None:
    values = numbers(main, tag, shape[0] * shape[1])
    return np.reshape(np.array(values), shape) if any(values) else None


def _neutral(main: Directory, matrices: tuple[tuple[float, Matrix], ...]) -> Matrix | None:
    given = numbers(main, AS_SHOT_NEUTRAL, 4)
    if given and min(given) > 0:
        return np.array(given)
    xy = numbers(main, AS_SHOT_WHITE_XY, 2)
    if not xy or min(xy) <= 0 or not matrices:
        return None
    white = xy_to_xyz((xy[0], xy[1]))
    shares = light_shares([light for light, _ in matrices], correlated_temperature(white)[0])
    found: Matrix = np.tensordot(shares, np.array([matrix for _, matrix in matrices]), 1) @ white
    return found if found.min() > 0 else None
