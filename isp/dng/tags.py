"""The camera facts of a DNG, from its own tags. LibRaw leaves most of them out of what it hands on.

Reference: DNG specification 1.7, chapter 4 (tags) and chapter 6 "Mapping Camera Color Space
to CIE XYZ Space".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from ...pipeline.frame import Camera, Matrix3, Triple
from ..colour.camera_model import neutral_of_white
from ..colour.colorimetry import xy_to_xyz
from ..decode.levels import DngLevels, read_dng_levels
from ..metadata.ifd import Directory, TiffTags, numbers, text

DNG_VERSION, UNIQUE_CAMERA_MODEL = 50706, 50708
COLOR_MATRICES = (50721, 50722, 52531)
CALIBRATIONS = (50723, 50724, 52530)
ILLUMINANTS = (50778, 50779, 52529)
CAMERA_SIGNATURE, PROFILE_SIGNATURE = 50931, 50932
ANALOG_BALANCE, AS_SHOT_NEUTRAL, AS_SHOT_WHITE_XY, BASELINE_EXPOSURE = 50727, 50728, 50729, 50730
PHOTOMETRIC = 262
RAW_PHOTOMETRICS = (32803, 34892)

D65 = 6504.0
# Exif 2.32, LightSource, as correlated colour temperatures in K. Standard illuminants: CIE 15:2018; lamps:
# the middle of the range that Exif gives; daylight, fine weather and flash as D55, cloudy as D65, shade as
# D75, tungsten as A.
ILLUMINANT_CCT = {
    1: 5503.0, 2: 4150.0, 3: 2856.0, 4: 5503.0, 9: 5503.0, 10: D65, 11: 7504.0,
    12: 6400.0, 13: 5050.0, 14: 4150.0, 15: 3525.0, 16: 2925.0,
    17: 2856.0, 18: 4874.0, 19: 6774.0, 20: 5503.0, 21: D65, 22: 7504.0, 23: 5003.0, 24: 3200.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DngFacts:
    """What a DNG says about its camera."""

    model: str
    """UniqueCameraModel."""
    xyz_to_camera: tuple[tuple[float, Matrix3], ...]
    """As in `Camera`; AnalogBalance and CameraCalibration are in the matrices."""
    neutral: Triple | None
    """AsShotNeutral, or what AsShotWhiteXY makes of the matrices: camera RGB of a neutral, linear; None where missing
    or unusable."""
    baseline_exposure: float
    levels: DngLevels
    """Black, white and areas of the raw picture."""
    notes: tuple[str, ...]


def read_dng_facts(tags: TiffTags) -> DngFacts | None:
    """Return the facts of a DNG; None if the file is not one."""
    main = tags.main
    if DNG_VERSION not in main:
        return None
    raw = raw_directory(tags)
    matrices, notes = _matrices(main)
    exposure = numbers(main, BASELINE_EXPOSURE, 1)
    return DngFacts(
        model=text(main, UNIQUE_CAMERA_MODEL),
        xyz_to_camera=matrices,
        neutral=_neutral(main) or _neutral_of_xy(main, matrices),
        baseline_exposure=exposure[0] if exposure else 0.0,
        levels=read_dng_levels(raw),
        notes=notes,
    )


def raw_directory(tags: TiffTags) -> Directory:
    """Return the directory of a DNG's raw picture, the first one where there is none."""
    every = (tags.main, *tags.subs)
    return next((d for d in every if d.get(PHOTOMETRIC, (0,))[0] in RAW_PHOTOMETRICS), tags.main)


def _matrices(main: Directory) -> tuple[tuple[tuple[float, Matrix3], ...], tuple[str, ...]]:
    found, notes = {}, []
    for matrix_tag, calibration_tag, light_tag in zip(COLOR_MATRICES, CALIBRATIONS, ILLUMINANTS, strict=True):
        matrix = _calibrated(main, matrix_tag, calibration_tag)
        if matrix is None:
            continue
        light = numbers(main, light_tag, 1)
        temperature = ILLUMINANT_CCT.get(int(light[0])) if light else None
        if temperature is None:
            temperature = D65
            notes.append("a colour matrix of the DNG names no known illuminant: taken as D65")
        found[temperature] = matrix
    return tuple(sorted(found.items())), tuple(notes)


def _calibrated(main: Directory, matrix_tag: int, calibration_tag: int) -> Matrix3 | None:
    """AnalogBalance x CameraCalibration x ColorMatrix, DNG 1.7 chapter 6; a calibration counts where the signatures of
    camera and profile are the same."""
    values = numbers(main, matrix_tag, 9)
    if not any(values):
        return None
    balance = np.diag(numbers(main, ANALOG_BALANCE, 3) or (1.0, 1.0, 1.0))
    signed = text(main, CAMERA_SIGNATURE) == text(main, PROFILE_SIGNATURE)
    calibration = np.reshape((signed and numbers(main, calibration_tag, 9)) or np.eye(3), (3, 3))
    matrix = balance @ calibration @ np.reshape(values, (3, 3))
    return cast(Matrix3, tuple(tuple(float(value) for value in row) for row in matrix))


def _neutral(main: Directory) -> Triple | None:
    values = numbers(main, AS_SHOT_NEUTRAL, 3)
    return cast(Triple, values) if values and all(value > 0 for value in values) else None


def _neutral_of_xy(main: Directory, matrices: tuple[tuple[float, Matrix3], ...]) -> Triple | None:
    xy = numbers(main, AS_SHOT_WHITE_XY, 2)
    if not xy or not matrices or min(xy) <= 0:
        return None
    neutral = neutral_of_white(Camera(xyz_to_camera=matrices), xy_to_xyz((xy[0], xy[1])))
    return cast(Triple, tuple(neutral.tolist())) if neutral.min() > 0 else None
