"""The container of a DNG: directories, the raw picture and its preview put together.

Reference: DNG specification 1.7, chapters 3 and 4. With a preview, the first directory is the preview's and holds what
is said of the photograph, and the raw picture is its SubIFD, as DNG writers do; without one, the first directory is the
raw picture's.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import __version__
from ...pipeline.frame import Matrix3, Triple
from ..cfa import Pattern
from ..metadata.exif_write import ExifEntries, exif_entries
from ..metadata.ifd_write import (
    BYTE,
    HEADER,
    RATIONAL,
    SHORT,
    SRATIONAL,
    Entry,
    ascii_text,
    integers,
    linked,
    rationals,
)
from .raw import Picture, RawSamples, raw_picture

DNG_VERSION, DNG_BACKWARD, UNIQUE_MODEL = 50706, 50707, 50708
COLOR_MATRIX_1, AS_SHOT_NEUTRAL, BASELINE_EXPOSURE, ILLUMINANT_1 = 50721, 50728, 50730, 50778
D65 = 21
"""Exif 2.32, LightSource."""
VERSION, READABLE_SINCE = (1, 4, 0, 0), (1, 1, 0, 0)
LONGEST_FILE = 2**32 - 1
"""A TIFF tells places in 32 bits."""


def dng_parts(
    main: Sequence[Entry], exif: ExifEntries, raw: Picture, preview: Picture | None = None
) -> list[bytes]:
    """Return a DNG in pieces that follow one another in the file.

    Parameters
    ----------
    main : entries
        What is said of the photograph and its colour; version tags are added where they are missing.
    exif : ExifEntries
        The Exif and GPS directories, and what Exif says in the main one.
    raw, preview : Picture
        As `isp.dng_raw.raw_picture` and `isp.dng_preview.preview_picture` lay them out.

    Raises
    ------
    ValueError
        If the file would be longer than 4 GiB.
    """
    pictures = [raw] if preview is None else [preview, raw]
    pieces = [piece for picture in pictures for piece in picture.pieces]
    at, places = len(HEADER) + 4, []
    for picture in pictures:
        places.append(picture.placed(at))
        at += sum(len(piece) for piece in picture.pieces)
    versions = [integers(DNG_VERSION, BYTE, *VERSION), integers(DNG_BACKWARD, BYTE, *READABLE_SINCE)]
    first = _unique([*versions, *exif.main, *main, *places[0]])
    sub = places[1] if preview is not None else []
    tail = linked(first, exif.exif, exif.gps, at, sub=sub) if at <= LONGEST_FILE else b""
    if at + len(tail) > LONGEST_FILE:
        raise ValueError(f"the file would have {at / 2**30:.1f} GiB, and a DNG holds at most 4")
    return [HEADER, struct.pack("<I", at), *pieces, tail]


def write_cfa_dng(
    path: Path,
    mosaic_counts: NDArray[np.uint16],
    *,
    cfa: Pattern,
    black: tuple[tuple[float, ...], ...],
    white: float,
    xyz_to_camera: Matrix3,
    as_shot_neutral: Triple,
    make: str,
    model: str,
    orientation: int = 1,
    baseline_exposure: float = 0.0,
    tags: Mapping[str, Any] | None = None,
) -> None:
    """Write a mosaic as a DNG without a preview; the counts come back bit for bit.

    Parameters
    ----------
    path : path
        Written in place; an existing file is replaced.
    mosaic_counts : (H, W) uint16
        Sensor counts, black included.
    cfa : rows of 0 R, 1 G, 2 B
        Bayer (2x2) or X-Trans (6x6), from the first row and column.
    black : rows of floats
        Black level of each cell of a repeating pattern, counts.
    white : float
        Saturation level, counts.
    xyz_to_camera : 3 rows of 3
        XYZ to camera RGB under D65.
    as_shot_neutral : three floats
        Camera RGB of a grey; white balance multipliers are its reciprocals.
    make, model : str
        The camera's; together they name it for the reader of the DNG.
    orientation : int
        EXIF orientation still to be applied, 1 to 8.
    baseline_exposure : float
        EV that developers add.
    tags : mapping
        EXIF values as `isp.metadata.read` says.

    Raises
    ------
    ValueError
        If samples, pattern or levels are such as `isp.dng_raw.raw_picture` refuses, or the neutral is not possible.
    OSError
        If the file cannot be written.
    """
    raw = raw_picture(RawSamples(samples=mosaic_counts, cfa=cfa, black=black, white=white))
    known = {**(tags or {}), "Make": make, "Model": model}
    exif = exif_entries(known, software=f"unveil {__version__}", orientation=orientation)
    main = [
        *colour_entries(xyz_to_camera, as_shot_neutral),
        rationals(BASELINE_EXPOSURE, SRATIONAL, baseline_exposure),
        ascii_text(UNIQUE_MODEL, f"{make} {model}".strip() or "unknown"),
    ]
    path.write_bytes(b"".join(dng_parts(main, exif, raw)))


def colour_entries(xyz_to_camera: Matrix3, neutral: Triple, illuminant: int = D65) -> list[Entry]:
    """Return one colour matrix, its light (Exif LightSource) and the as-shot neutral; `ValueError` for a neutral that
    is not finite and above 0.
    """
    if not all(0 < value < float("inf") for value in neutral):
        raise ValueError(f"the neutral must be finite and above 0, got {neutral}")
    return [
        rationals(COLOR_MATRIX_1, SRATIONAL, *(value for row in xyz_to_camera for value in row)),
        integers(ILLUMINANT_1, SHORT, illuminant),
        rationals(AS_SHOT_NEUTRAL, RATIONAL, *neutral),
    ]


def _unique(entries: Sequence[Entry]) -> list[Entry]:
    """The last of each tag."""
    return list({entry.code: entry for entry in entries}.values())
