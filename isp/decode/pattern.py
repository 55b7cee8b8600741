"""The pattern of colours of a mosaic as LibRaw lays it out, and whether that is the file's own."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import rawpy
import torch

from ...pipeline.errors import FrameError
from ..cfa import Pattern, colour_index, is_monochrome
from ..dng.tags import DngFacts
from .levels import RECTANGULAR, DngLevels, shift

CHECKED = 12
"""Rows and columns that are compared with the pattern: two periods of X-Trans."""


def read_cells(source: Path, raw: rawpy.RawPy) -> tuple[tuple[int, ...], ...]:
    """Return LibRaw's colour numbers of the repeating pattern, from the first visible sample.

    `FrameError` for a mosaic that does not repeat in rows and columns: Leaf's 16x16, Fujifilm's turned by 45 degrees.
    """
    try:
        pattern = np.asarray(raw.raw_pattern)
    except NotImplementedError as error:
        raise FrameError(_odd(source, "one that LibRaw does not lay out")) from error
    top, left = raw.sizes.top_margin, raw.sizes.left_margin
    cells = np.roll(pattern, (-top, -left), axis=(0, 1))
    side = min(CHECKED, raw.sizes.height, raw.sizes.width)
    seen = [[raw.raw_color(top + row, left + column) for column in range(side)] for row in range(side)]
    tiled = np.resize(np.tile(cells, (CHECKED, CHECKED))[:side, :side], (side, side))
    if not np.array_equal(np.array(seen), tiled):
        raise FrameError(_odd(source, "one that does not repeat in rows and columns"))
    return tuple(tuple(int(colour) for colour in row) for row in cells)


def check_pattern(source: Path, raw: rawpy.RawPy, dng: DngFacts | None, cfa: Pattern) -> None:
    """Refuse a mosaic that LibRaw takes for another than the DNG says, by `FrameError`."""
    if dng is None or dng.levels.cfa is None or is_monochrome(cfa):
        return
    origin = dng.levels.origin
    own = shift(dng.levels.cfa, raw.sizes.top_margin - origin[0], raw.sizes.left_margin - origin[1])
    height, width = (math.lcm(len(own), len(cfa)), math.lcm(len(own[0]), len(cfa[0])))
    if not torch.equal(colour_index(own, height, width), colour_index(cfa, height, width)):
        raise FrameError(_odd(source, f"{len(own)}x{len(own[0])} in an order that LibRaw does not know"))


def check_colours(source: Path, levels: DngLevels) -> None:
    """Refuse mosaics that LibRaw reads as if they were others: `FrameError`."""
    if levels.layout != RECTANGULAR:
        raise FrameError(
            f"{source}: its mosaic is staggered (CFALayout {levels.layout}), and only rectangular ones can be read; "
            "convert it to a linear DNG"
        )
    if levels.cfa is None:
        return
    colours = {colour for row in levels.cfa for colour in row}
    if not colours <= {0, 1, 2}:
        found = ", ".join(str(colour) for colour in sorted(colours))
        raise FrameError(
            f"{source}: its mosaic has the colours {found} of CFAPattern, and only 0, 1 and 2 (red, green and blue) "
            "can be read; convert it to a linear DNG"
        )


def _odd(source: Path, found: str) -> str:
    return (
        f"{source}: its mosaic is {found}; Bayer (2x2), X-Trans (6x6) and monochrome can be read: convert it to a "
        "linear DNG"
    )
