"""The colour profile in a DNG: calibrations, forward matrices, and its tables.

Reference: DNG specification 1.7, chapter 4 (tags) and chapter 6 "Mapping Camera Color Space to CIE XYZ Space".
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar, cast

import numpy as np

from ...pipeline.frame import Matrix3
from ...pipeline.profile import CameraProfile, ColourTable
from ..dng.source import read_source_dng
from ..dng.tags import D65, ILLUMINANT_CCT
from ..metadata.ifd_write import Entry
from .colorimetry import Matrix

ILLUMINANTS = (50778, 50779, 52529)
CALIBRATIONS, FORWARD_MATRICES = (50723, 50724, 52530), (50964, 50965, 52532)
ANALOG_BALANCE, CAMERA_SIGNATURE, PROFILE_SIGNATURE, PROFILE_NAME = 50727, 50931, 50932, 50936
HUE_SAT_DIMS, HUE_SAT_DATA, HUE_SAT_ENCODING = 50937, (50938, 50939, 52537), 51107
LOOK_DIMS, LOOK_DATA, LOOK_ENCODING = 50981, 50982, 51108
# TIFF 6.0 section 2: type number to what NumPy calls it; fractions are pairs.
TYPES = {1: "<u1", 3: "<u2", 4: "<u4", 5: "<u4", 8: "<i2", 9: "<i4", 10: "<i4", 11: "<f4", 12: "<f8"}
FRACTIONS = (5, 10)
Tags = Mapping[int, Entry]
T = TypeVar("T")


def read_profile(source: Path) -> CameraProfile | None:
    """Read the profile of a DNG.

    Tables whose size does not match their dimensions, or with values that are not finite, are left out.

    Returns
    -------
    CameraProfile or None
        None for another file, and for a DNG that has nothing beside ColorMatrix tags.
    """
    dng = read_source_dng(source)
    if dng is None:
        return None
    tags = dng.main
    lights = [ILLUMINANT_CCT.get(int((_numbers(tags, tag, 1) or [0])[0]), D65) for tag in ILLUMINANTS]
    profile = CameraProfile(
        name=_text(tags, PROFILE_NAME),
        calibration=_calibrations(tags, lights),
        forward=_by_light(lights, [_matrix(tags, tag) for tag in FORWARD_MATRICES]),
        hue_sat=_by_light(
            lights, [_table(tags, HUE_SAT_DIMS, tag, HUE_SAT_ENCODING) for tag in HUE_SAT_DATA]
        ),
        look=_table(tags, LOOK_DIMS, LOOK_DATA, LOOK_ENCODING),
    )
    return profile if profile != CameraProfile(name=profile.name) else None


def _by_light(lights: list[float], found: list[T | None]) -> tuple[tuple[float, T], ...]:
    pairs = {light: item for light, item in zip(lights, found, strict=True) if item is not None}
    return tuple(sorted(pairs.items(), key=lambda pair: pair[0]))


def _calibrations(tags: Tags, lights: list[float]) -> tuple[tuple[float, Matrix3], ...]:
    """AnalogBalance x CameraCalibration; empty where both are identity or the file has neither."""
    balance = np.diag(_numbers(tags, ANALOG_BALANCE, 3) or (1.0, 1.0, 1.0))
    signed = _text(tags, CAMERA_SIGNATURE) == _text(tags, PROFILE_SIGNATURE)
    own = [_matrix(tags, tag) if signed else None for tag in CALIBRATIONS]
    given = [_rows(balance @ np.array(matrix)) if matrix is not None else None for matrix in own]
    found = _by_light(lights, given) or ((lights[0], _rows(balance)),)
    return found if any(matrix != _rows(np.eye(3)) for _, matrix in found) else ()


def _matrix(tags: Tags, tag: int) -> Matrix3 | None:
    values = _numbers(tags, tag, 9)
    return _rows(np.reshape(values, (3, 3))) if any(values) else None


def _table(tags: Tags, dims_tag: int, data_tag: int, encoding_tag: int) -> ColourTable | None:
    dims = _numbers(tags, dims_tag, 3) or [*_numbers(tags, dims_tag, 2), 1.0]
    if len(dims) < 3 or min(dims[:2]) < 1 or dims[2] < 1:
        return None
    hues, saturations, values = (int(size) for size in dims)
    entries = _numbers(tags, data_tag, 3 * hues * saturations * values)
    if not entries:
        return None
    srgb = _numbers(tags, encoding_tag, 1) == [1.0]
    return ColourTable(shape=(values, hues, saturations), entries=tuple(entries), srgb=srgb)


def _numbers(tags: Tags, tag: int, count: int) -> list[float]:
    """`count` finite numbers of a tag, or nothing."""
    entry = tags.get(tag)
    if entry is None or entry.type not in TYPES or entry.count < count:
        return []
    values = np.frombuffer(entry.payload, dtype=TYPES[entry.type]).astype(np.float64)
    if entry.type in FRACTIONS:
        values = values[::2] / values[1::2]
    found = values[:count]
    return cast(list[float], found.tolist()) if np.isfinite(found).all() else []


def _text(tags: Tags, tag: int) -> str:
    entry = tags.get(tag)
    return entry.payload.split(b"\0")[0].decode("utf-8", "replace") if entry is not None else ""


def _rows(matrix: Matrix) -> Matrix3:
    return cast(Matrix3, tuple(tuple(float(value) for value in row) for row in matrix))
