"""Samples of an open RAW file with the black and white levels that they have, in counts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rawpy
from numpy.typing import NDArray
from torch import Tensor

from ...pipeline.errors import FrameError
from ..dng.tags import DngFacts
from .floats import TOP, read_floats
from .levels import Cells, shift, take_off_offsets

OFFSETS = "the offsets of its rows and columns (BlackLevelDelta) are taken out"


def visible_samples(source: Path, raw: rawpy.RawPy, dng: DngFacts | None) -> NDArray[np.float32]:
    """Samples of the visible area, in counts; those in floating point as if white were `TOP`."""
    if dng is None or not dng.levels.floats:
        return np.array(raw.raw_image_visible, dtype=np.float32)
    sizes = raw.sizes
    found = read_floats(source, (sizes.top_margin, sizes.left_margin), (sizes.height, sizes.width))
    return found * np.float32(_float_scale(dng))


def black_of(
    source: Path, raw: rawpy.RawPy, dng: DngFacts | None, index: int, counts: Tensor, white: float
) -> tuple[Tensor, Cells | None, list[str]]:
    """Counts of a plane without the offsets of rows and columns, and its black where LibRaw's is not the file's."""
    if dng is None or not (dng.levels.fine or dng.levels.floats):
        return counts, None, []
    levels, scale = dng.levels, _float_scale(dng)
    down, right = beyond(raw, levels.origin)
    pattern = tuple(tuple(value * scale for value in row) for row in levels.plane(index))
    black = shift(pattern, down, right)
    if not (levels.rows or levels.columns):
        return counts, black, []
    rows = tuple(value * scale for value in levels.rows[down:][: counts.shape[1]])
    columns = tuple(value * scale for value in levels.columns[right:][: counts.shape[2]])
    try:
        return take_off_offsets(counts, black, white, rows, columns), black, [OFFSETS]
    except ValueError as error:
        raise FrameError(f"{source}: {error}; the file's levels cannot be used") from error


def beyond(raw: rawpy.RawPy, origin: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns from `origin` of the whole sensor area to the first visible sample."""
    return raw.sizes.top_margin - origin[0], raw.sizes.left_margin - origin[1]


def per_cell(levels: Sequence[float], cells: Sequence[Sequence[int]]) -> Cells:
    """Levels of LibRaw's colour numbers for each cell of a pattern; one cell where all are alike."""
    found = tuple(tuple(float(levels[colour]) for colour in row) for row in cells)
    values = {value for row in found for value in row}
    return ((values.pop(),),) if len(values) == 1 else found


def white_of(raw: rawpy.RawPy, dng: DngFacts | None) -> tuple[list[float], tuple[str, ...]]:
    """Saturation of each channel: the camera's own where it is plausible, else LibRaw's for the model."""
    if dng is not None and dng.levels.floats:
        return [TOP] * 4, (f"floating point samples; their white level is taken as {TOP:g} counts",)
    level = float(raw.white_level)
    own = raw.camera_white_level_per_channel
    if own and all(level / 2 <= value <= level for value in own):
        return [float(value) for value in own], ()
    if own and any(value != level for value in own):
        return [level] * 4, (f"the file's white levels {own} do not suit LibRaw's {level:g}: not used",)
    return [level] * 4, ()


def level_range(levels: Sequence[Sequence[float]]) -> str:
    """Return words for the lowest and highest of some levels."""
    values = sorted({value for row in levels for value in row})
    return " to ".join(f"{value:g}" for value in dict.fromkeys((values[0], values[-1])))


def _float_scale(dng: DngFacts) -> float:
    return TOP / (dng.levels.white or (1.0,))[0] if dng.levels.floats else 1.0
