"""The camera facts of an open RAW file: white balance, colour matrices and the part that the maker shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import rawpy

from ...pipeline.frame import Camera, Matrix3, Triple
from ..cfa import Pattern, is_bayer
from ..colour.libraw_matrix import libraw_matrix
from ..dng.tags import D65, DngFacts


def read_camera(
    raw: rawpy.RawPy, dng: DngFacts | None, cfa: Pattern | None = None
) -> tuple[Camera, tuple[str, ...]]:
    """Return the facts, but for pattern and levels, and what has to be said; `cfa` is None for three colours.

    It may overwrite LibRaw's samples.
    """
    balance = _neutral_balance(dng, mosaic=cfa is not None) or _libraw_balance(raw.camera_whitebalance)
    matrices, origin = _matrices(raw, dng, cfa)
    notes = list(dng.notes) if dng is not None else []
    if balance is None:
        given = ", ".join(f"{value:g}" for value in raw.camera_whitebalance)
        notes.append(f"no usable as-shot white balance in the file (LibRaw gives {given})")
    if not matrices:
        notes.append("no colour matrix for this camera")
    exposure = dng.baseline_exposure if dng is not None else 0.0
    camera = Camera(
        white_balance=balance,
        xyz_to_camera=matrices,
        matrix_source=origin,
        baseline_exposure=exposure,
        crop=_crop(raw, dng),
    )
    return camera, tuple(notes)


def _crop(raw: rawpy.RawPy, dng: DngFacts | None) -> tuple[int, int, int, int] | None:
    """The maker's crop within the visible area; None where none is known, or one that is not inside.

    A DNG says it itself; LibRaw would round it to whole cells.
    """
    sizes = raw.sizes
    top, left = sizes.crop_top_margin - sizes.top_margin, sizes.crop_left_margin - sizes.left_margin
    height, width = sizes.crop_height, sizes.crop_width
    if dng is not None and dng.levels.crop is not None:
        top, left, height, width = dng.levels.crop
        top += dng.levels.origin[0] - sizes.top_margin
        left += dng.levels.origin[1] - sizes.left_margin
    inside = 0 <= top <= sizes.height - height and 0 <= left <= sizes.width - width
    whole = (height, width) == (sizes.height, sizes.width)
    return (top, left, height, width) if height and width and inside and not whole else None


def _neutral_balance(dng: DngFacts | None, *, mosaic: bool) -> Triple | None:
    """A neutral of three equal values says nothing of a sensor; of developed colours, that they are balanced."""
    if dng is None or dng.neutral is None or (mosaic and len(set(dng.neutral)) == 1):
        return None
    red, green, blue = dng.neutral
    return green / red, 1.0, green / blue


def _libraw_balance(multipliers: Sequence[float]) -> Triple | None:
    """Multipliers with G = 1; None for LibRaw's ways of saying unknown: 0, -1 and all alike."""
    red, green, blue = (float(value) for value in multipliers[:3])
    usable = all(math.isfinite(value) and value > 0 for value in (red, green, blue))
    if not usable or red == green == blue:
        return None
    return red / green, 1.0, blue / green


def _matrices(
    raw: rawpy.RawPy, dng: DngFacts | None, cfa: Pattern | None
) -> tuple[tuple[tuple[float, Matrix3], ...], str]:
    if dng is not None and dng.xyz_to_camera:
        return dng.xyz_to_camera, "dng"
    table = raw.rgb_xyz_matrix[:3]
    if not table.any():
        found = libraw_matrix(raw, cfa) if dng is None and cfa is not None and is_bayer(cfa) else None
        return (((D65, found),), "libraw") if found is not None else ((), "")
    return ((D65, cast(Matrix3, tuple(tuple(float(v) for v in row) for row in table))),), "libraw"
