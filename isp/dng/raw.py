"""The raw picture of a DNG: samples, what they mean, and how they are laid out in the file.

Reference: DNG specification 1.7, chapters 3 to 5; TIFF 6.0, sections 3 and 15 (tiles).
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..cfa import Pattern
from ..metadata.ifd_write import BYTE, LONG, RATIONAL, SHORT, Entry, integers, rationals
from .lossless_jpeg import encode_lossless_jpeg

# TIFF 6.0, TIFF/EP and DNG 1.7, by number.
NEW_SUBFILE_TYPE, WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
STRIP_OFFSETS, SAMPLES_PER_PIXEL, ROWS_PER_STRIP, STRIP_BYTES, PLANAR = 273, 277, 278, 279, 284
TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_BYTES = 322, 323, 324, 325
CFA_REPEAT, CFA_PATTERN, CFA_PLANE_COLOR, CFA_LAYOUT = 33421, 33422, 50710, 50711
BLACK_REPEAT, BLACK_LEVEL, WHITE_LEVEL = 50713, 50714, 50717
UNCOMPRESSED, JPEG, CFA, LINEAR_RAW, CHUNKY, RECTANGULAR = 1, 7, 32803, 34892, 1, 1
FULL_SIZE = 0
TILE = 480
"""Longest side of a tile: a multiple of 16, as TIFF wants, and of the pattern's 2 or 6."""
TILE_STEP = 16
STRIP_ROWS = 64

Compression = Literal["lossless", "none"]
Levels = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSamples:
    """What the raw picture holds."""

    samples: NDArray[np.uint16]
    """(H, W) mosaic or monochrome, or (H, W, 3) linear colours; counts, black included."""
    cfa: Pattern | None
    """Colours of the mosaic, 2x2 or 6x6, from its first sample; None for linear colours and monochrome."""
    black: Levels
    """Black level of each cell of a repeating pattern, or of all planes, counts."""
    white: float
    """Saturation level, counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture of a file: its directory but for the places of its data, and the data."""

    entries: tuple[Entry, ...]
    pieces: tuple[bytes, ...]
    tiled: bool

    def placed(self, start: int) -> list[Entry]:
        """Return the directory with the data standing one piece after the other from byte `start`."""
        offsets, sizes = (TILE_OFFSETS, TILE_BYTES) if self.tiled else (STRIP_OFFSETS, STRIP_BYTES)
        lengths = [len(piece) for piece in self.pieces]
        places = [start + int(before) for before in np.cumsum([0, *lengths[:-1]])]
        return [*self.entries, integers(offsets, LONG, *places), integers(sizes, LONG, *lengths)]


def raw_picture(raw: RawSamples, compression: Compression = "lossless") -> Picture:
    """Lay the raw picture out: lossless JPEG tiles, or strips without compression where those are smaller.

    Raises
    ------
    ValueError
        If the samples are not (H, W) or (H, W, 3) uint16, the pattern is not one of red, green and blue in 2x2 or
        6x6 cells, or the levels are not 0 <= black < white <= 65535.
    """
    _check(raw)
    height, width = raw.samples.shape[:2]
    period = len(raw.cfa[0]) if raw.cfa is not None else 1
    tile = _tile_sides(height, width, math.lcm(TILE_STEP, period))
    pieces = _tiles(raw.samples, tile) if compression == "lossless" and tile is not None else []
    if tile is None or not 0 < sum(len(piece) for piece in pieces) < raw.samples.nbytes:
        return _strips(raw)
    layout = [
        integers(COMPRESSION, SHORT, JPEG),
        integers(TILE_LENGTH, LONG, tile[0]),
        integers(TILE_WIDTH, LONG, tile[1]),
    ]
    return Picture(entries=(*_entries(raw), *layout), pieces=tuple(pieces), tiled=True)


def even(data: bytes) -> bytes:
    """TIFF 6.0 wants values to begin on even bytes; what follows the end marker of a JPEG is not read."""
    return data + b"\0" * (len(data) % 2)


def _check(raw: RawSamples) -> None:
    samples, cfa = raw.samples, raw.cfa
    shapes = ((samples.ndim == 3 and samples.shape[2] == 3 and cfa is None), samples.ndim == 2)
    if not any(shapes) or samples.dtype != np.uint16 or not samples.size:
        raise ValueError(f"expected (H, W) or (H, W, 3) uint16, got {samples.shape} {samples.dtype}")
    sizes = {len(cfa), *(len(row) for row in cfa)} if cfa is not None else {2}
    if cfa is not None and (
        sizes not in ({2}, {6}) or {colour for row in cfa for colour in row} != {0, 1, 2}
    ):
        raise ValueError(
            f"a DNG mosaic needs a pattern of red, green and blue in 2x2 or 6x6 cells, got {cfa}"
        )
    levels = [level for row in raw.black for level in row]
    if not 0 <= min(levels) <= max(levels) < raw.white <= 65535:
        raise ValueError(
            f"levels must be 0 <= black < white <= 65535, got black {raw.black} and white {raw.white:g}"
        )


def _strips(raw: RawSamples) -> Picture:
    layout = [integers(COMPRESSION, SHORT, UNCOMPRESSED), integers(ROWS_PER_STRIP, LONG, STRIP_ROWS)]
    rows = range(0, raw.samples.shape[0], STRIP_ROWS)
    pieces = tuple(_little(raw.samples[row : row + STRIP_ROWS]) for row in rows)
    return Picture(entries=(*_entries(raw), *layout), pieces=pieces, tiled=False)


def _tile_sides(height: int, width: int, step: int) -> tuple[int, int] | None:
    """Sides of the tiles, none wider than the picture (LibRaw misreads those); None for a narrow picture."""
    if width < step:
        return None
    return min(TILE, -(-height // step) * step), min(TILE, width // step * step)


def _tiles(samples: NDArray[np.uint16], sides: tuple[int, int]) -> list[bytes]:
    """Compress tiles, in rows, on all cores that this process may use."""
    corners = [
        (row, column)
        for row in range(0, samples.shape[0], sides[0])
        for column in range(0, samples.shape[1], sides[1])
    ]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with ThreadPoolExecutor(cores) as pool:
        return list(pool.map(lambda corner: _tile(samples, corner, sides), corners))


def _tile(samples: NDArray[np.uint16], corner: tuple[int, int], sides: tuple[int, int]) -> bytes:
    """Compress one tile; beyond the picture its last row and column are repeated. The rows of a mosaic are coded as
    pairs of samples, so that what stands to the left in a Bayer mosaic has the same colour."""
    tile = samples[corner[0] : corner[0] + sides[0], corner[1] : corner[1] + sides[1]]
    missing = [(0, sides[0] - tile.shape[0]), (0, sides[1] - tile.shape[1]), (0, 0)]
    padded = np.pad(tile, missing[: tile.ndim], mode="edge")
    components = 3 if samples.ndim == 3 else 2
    return even(encode_lossless_jpeg(np.ascontiguousarray(padded).reshape(sides[0], -1, components)))


def _little(samples: NDArray[np.uint16]) -> bytes:
    return np.ascontiguousarray(samples).astype("<u2", copy=False).tobytes()


def _entries(raw: RawSamples) -> list[Entry]:
    height, width = raw.samples.shape[:2]
    planes = 3 if raw.samples.ndim == 3 else 1
    found = [
        integers(NEW_SUBFILE_TYPE, LONG, FULL_SIZE),
        integers(WIDTH, LONG, width),
        integers(LENGTH, LONG, height),
        integers(BITS, SHORT, *[16] * planes),
        integers(PHOTOMETRIC, SHORT, LINEAR_RAW if raw.cfa is None else CFA),
        integers(SAMPLES_PER_PIXEL, SHORT, planes),
        integers(PLANAR, SHORT, CHUNKY),
        integers(BLACK_REPEAT, SHORT, len(raw.black), len(raw.black[0])),
        rationals(
            BLACK_LEVEL, RATIONAL, *(level for row in raw.black for level in row for _ in range(planes))
        ),
        integers(WHITE_LEVEL, LONG, *[round(raw.white)] * planes),
    ]
    return found if raw.cfa is None else [*found, *_pattern(raw.cfa)]


def _pattern(cfa: Pattern) -> list[Entry]:
    return [
        integers(CFA_REPEAT, SHORT, len(cfa), len(cfa[0])),
        integers(CFA_PATTERN, BYTE, *(colour for row in cfa for colour in row)),
        integers(CFA_PLANE_COLOR, BYTE, 0, 1, 2),
        integers(CFA_LAYOUT, SHORT, RECTANGULAR),
    ]
