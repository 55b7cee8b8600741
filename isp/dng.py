"""Mosaics written as DNG, for any RAW developer to take from there.

Reference: DNG specification 1.7, chapters 3 to 5. Lossless JPEG (ITU-T T.81 annex H) tiles; one directory,
no preview.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..pipeline.frame import Matrix3, Triple
from .cfa import Pattern
from .exif_write import exif_entries
from .ifd_write import (
    BYTE,
    HEADER,
    LONG,
    RATIONAL,
    SHORT,
    SRATIONAL,
    Entry,
    ascii_text,
    integers,
    linked,
    rationals,
)

# TIFF 6.0, TIFF/EP and DNG 1.7, by number.
NEW_SUBFILE_TYPE, WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
SAMPLES_PER_PIXEL, PLANAR, TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_BYTES = 277, 284, 322, 323, 324, 325
CFA_REPEAT, CFA_PATTERN, DNG_VERSION, DNG_BACKWARD, UNIQUE_MODEL = 33421, 33422, 50706, 50707, 50708
CFA_PLANE_COLOR, CFA_LAYOUT, BLACK_REPEAT, BLACK_LEVEL, WHITE_LEVEL = 50710, 50711, 50713, 50714, 50717
COLOR_MATRIX_1, AS_SHOT_NEUTRAL, BASELINE_EXPOSURE, ILLUMINANT_1 = 50721, 50728, 50730, 50778
LOSSLESS_JPEG, CFA, CHUNKY, RECTANGULAR, D65 = 7, 32803, 1, 1, 21
VERSION, READABLE_SINCE = (1, 4, 0, 0), (1, 1, 0, 0)
TILE = 240
"""Samples along each side of a tile: a multiple of 16, as TIFF wants, and of the pattern's 2 or 6."""
TILE_STEP = 16


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
    """Write a mosaic as a DNG that LibRaw and Adobe's programs read; the counts come back bit for bit.

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
        EXIF values as `isp.metadata` says.

    Raises
    ------
    ValueError
        If the mosaic is not (H, W) uint16 or narrower than 16 samples (48 for X-Trans), the pattern does not
        fit, or a level or neutral is not possible.
    OSError
        If the file cannot be written.
    """
    _check(mosaic_counts, cfa, black, white, as_shot_neutral)
    width = _tile_width(mosaic_counts.shape[1], len(cfa[0]))
    tiles = _tiles(mosaic_counts, width, len(cfa))
    start = len(HEADER) + 4
    offsets = (start + np.cumsum([0, *(len(tile) for tile in tiles)])).tolist()
    known = {**(tags or {}), "Make": make, "Model": model}
    exif = exif_entries(known, software=f"unveil {__version__}", orientation=orientation)
    main = [
        *exif.main,
        *_picture(mosaic_counts.shape, width),
        integers(TILE_OFFSETS, LONG, *offsets[:-1]),
        integers(TILE_BYTES, LONG, *(len(tile) for tile in tiles)),
        *_sensor(cfa, black, white),
        *_colour(xyz_to_camera, as_shot_neutral, baseline_exposure),
        ascii_text(UNIQUE_MODEL, f"{make} {model}".strip() or "unknown"),
    ]
    body = b"".join(tiles)
    directories = linked(main, exif.exif, exif.gps, offsets[-1])
    path.write_bytes(b"".join((HEADER, struct.pack("<I", offsets[-1]), body, directories)))


def _check(
    counts: NDArray[np.uint16],
    cfa: Pattern,
    black: tuple[tuple[float, ...], ...],
    white: float,
    neutral: Triple,
) -> None:
    if counts.ndim != 2 or counts.dtype != np.uint16 or not counts.size:
        raise ValueError(f"expected (H, W) uint16, got {counts.shape} {counts.dtype}")
    if TILE % len(cfa) or TILE % len(cfa[0]) or {colour for row in cfa for colour in row} != {0, 1, 2}:
        raise ValueError(
            f"a DNG mosaic needs a pattern of red, green and blue in 2x2 or 6x6 cells, got {cfa}"
        )
    highest = max(level for row in black for level in row)
    if not 0 <= min(level for row in black for level in row) <= highest < white <= 65535:
        raise ValueError(f"levels must be 0 <= black < white <= 65535, got black {black} and white {white:g}")
    if not all(0 < value < float("inf") for value in neutral):
        raise ValueError(f"the neutral must be finite and above 0, got {neutral}")


def _tile_width(width: int, period: int) -> int:
    """Return a width that is not above the picture's: LibRaw misreads wider tiles."""
    step = math.lcm(TILE_STEP, period)
    if width < step:
        raise ValueError(f"a mosaic of this pattern must be at least {step} samples wide, got {width}")
    return min(TILE, width // step * step)


def _tiles(counts: NDArray[np.uint16], width: int, period: int) -> list[bytes]:
    """Compress tiles, in rows. Each JPEG row holds one period of the mosaic: the sample above has the same
    colour.
    """
    rows, columns = -(-counts.shape[0] // TILE), -(-counts.shape[1] // width)
    missing = ((0, rows * TILE - counts.shape[0]), (0, columns * width - counts.shape[1]))
    padded = np.pad(counts, missing, mode="edge")
    return [
        _even(
            imagecodecs.ljpeg_encode(np.ascontiguousarray(tile).reshape(TILE // period, -1), bitspersample=16)
        )
        for band in np.split(padded, rows)
        for tile in np.split(band, columns, axis=1)
    ]


def _even(data: bytes | bytearray) -> bytes:
    """TIFF 6.0 wants values to begin on even bytes; what follows the end marker of a JPEG is not read."""
    return bytes(data) + b"\0" * (len(data) % 2)


def _picture(shape: tuple[int, ...], tile_width: int) -> list[Entry]:
    height, width = shape
    return [
        integers(NEW_SUBFILE_TYPE, LONG, 0),
        integers(WIDTH, LONG, width),
        integers(LENGTH, LONG, height),
        integers(BITS, SHORT, 16),
        integers(COMPRESSION, SHORT, LOSSLESS_JPEG),
        integers(PHOTOMETRIC, SHORT, CFA),
        integers(SAMPLES_PER_PIXEL, SHORT, 1),
        integers(PLANAR, SHORT, CHUNKY),
        integers(TILE_WIDTH, LONG, tile_width),
        integers(TILE_LENGTH, LONG, TILE),
        integers(DNG_VERSION, BYTE, *VERSION),
        integers(DNG_BACKWARD, BYTE, *READABLE_SINCE),
    ]


def _sensor(cfa: Pattern, black: tuple[tuple[float, ...], ...], white: float) -> list[Entry]:
    return [
        integers(CFA_REPEAT, SHORT, len(cfa), len(cfa[0])),
        integers(CFA_PATTERN, BYTE, *(colour for row in cfa for colour in row)),
        integers(CFA_PLANE_COLOR, BYTE, 0, 1, 2),
        integers(CFA_LAYOUT, SHORT, RECTANGULAR),
        integers(BLACK_REPEAT, SHORT, len(black), len(black[0])),
        rationals(BLACK_LEVEL, RATIONAL, *(level for row in black for level in row)),
        integers(WHITE_LEVEL, LONG, round(white)),
    ]


def _colour(xyz_to_camera: Matrix3, neutral: Triple, exposure: float) -> list[Entry]:
    return [
        rationals(COLOR_MATRIX_1, SRATIONAL, *(value for row in xyz_to_camera for value in row)),
        integers(ILLUMINANT_1, SHORT, D65),
        rationals(AS_SHOT_NEUTRAL, RATIONAL, *neutral),
        rationals(BASELINE_EXPOSURE, SRATIONAL, exposure),
    ]
