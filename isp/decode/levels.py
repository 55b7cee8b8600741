"""What the numbers in a DNG's picture mean: black, white, offsets, the area that shows, and the pattern of colours.

LibRaw hands on one black level for each colour, the mean of anything finer, and rounds the crop to whole cells; the
file's own tags say more.

Reference: DNG specification 1.7, chapter 4 (tags) and chapter 5 "Mapping Raw Values to Linear Reference Values".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from ..cfa import tile_pattern
from ..metadata.ifd import Directory, numbers

SAMPLE_FORMAT = 339
CFA_DIM, CFA_PATTERN, CFA_PLANES, CFA_LAYOUT = 33421, 33422, 50710, 50711
TABLE = 50712
BLACK_REPEAT, BLACK_LEVEL, BLACK_DELTA_H, BLACK_DELTA_V = 50713, 50714, 50715, 50716
WHITE_LEVEL, CROP_ORIGIN, CROP_SIZE, ACTIVE_AREA = 50717, 50719, 50720, 50829
OPCODES_2, COMPRESSION, LOSSY_JPEG = 51009, 259, 34892
OPCODE_LISTS = {51008: "OpcodeList1", OPCODES_2: "OpcodeList2", 51022: "OpcodeList3"}
FLOAT = 3
"""TIFF 6.0, SampleFormat: IEEE floating point."""
RECTANGULAR = 1
"""CFALayout: rows and columns as they lie."""

T = TypeVar("T")
Cells = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DngLevels:
    """Tags of the directory that holds the raw picture."""

    black: tuple[Cells, ...] = ()
    """BlackLevel of each plane, a repeating pattern from the corner of the active area; empty: not said."""
    rows: tuple[float, ...] = ()
    """BlackLevelDeltaV: what each row of the active area has more than `black`; empty: nothing."""
    columns: tuple[float, ...] = ()
    """BlackLevelDeltaH: the same for columns."""
    white: tuple[float, ...] = ()
    """WhiteLevel of each plane; empty: not said."""
    origin: tuple[int, int] = (0, 0)
    """Row and column of the corner of ActiveArea."""
    crop: tuple[int, int, int, int] | None = None
    """DefaultCropOrigin and DefaultCropSize: row, column, height and width within the active area."""
    cfa: tuple[tuple[int, ...], ...] | None = None
    """CFAPattern, by its own colour numbers, from the corner of the active area; None: not said."""
    planes: tuple[int, ...] = (0, 1, 2)
    """CFAPlaneColor: the colour numbers of `cfa` in the order of the matrices' rows."""
    layout: int = RECTANGULAR
    """CFALayout."""
    floats: bool = False
    """The samples are in floating point."""
    table: bool = False
    """There is a LinearizationTable; LibRaw applies it in reading."""
    opcodes: tuple[str, ...] = ()
    """Lists of corrections that LibRaw does not apply; it applies the second one of lossy files, whose curve it is."""

    @property
    def fine(self) -> bool:
        """Tell whether black is finer than LibRaw hands on."""
        return bool(self.rows or self.columns) or any(len(p) > 1 or len(p[0]) > 1 for p in self.black)

    def plane(self, index: int) -> Cells:
        """Return the black level of a plane; 0 where the file does not say it."""
        return self.black[min(index, len(self.black) - 1)] if self.black else ((0.0,),)


def read_dng_levels(raw: Directory) -> DngLevels:
    """Return the levels of the directory that holds the raw picture; what is impossible is left out."""
    corner = numbers(raw, ACTIVE_AREA, 2) or (0.0, 0.0)
    formats = raw.get(SAMPLE_FORMAT, (1,))
    applied = (OPCODES_2,) if raw.get(COMPRESSION, (0,))[0] == LOSSY_JPEG else ()
    return DngLevels(
        black=_black(raw),
        rows=numbers(raw, BLACK_DELTA_V, len(raw.get(BLACK_DELTA_V, ()))),
        columns=numbers(raw, BLACK_DELTA_H, len(raw.get(BLACK_DELTA_H, ()))),
        white=numbers(raw, WHITE_LEVEL, len(raw.get(WHITE_LEVEL, ()))),
        origin=(int(corner[0]), int(corner[1])),
        crop=_crop(raw),
        cfa=_cfa(raw),
        planes=_bytes(raw, CFA_PLANES) or (0, 1, 2),
        layout=int(next(iter(numbers(raw, CFA_LAYOUT, 1)), RECTANGULAR)),
        floats=formats[0] == FLOAT,
        table=TABLE in raw,
        opcodes=tuple(name for tag, name in OPCODE_LISTS.items() if tag in raw and tag not in applied),
    )


def shift(pattern: tuple[tuple[T, ...], ...], down: int, right: int) -> tuple[tuple[T, ...], ...]:
    """Start a repeating pattern some rows and columns further on."""
    rows, columns = len(pattern), len(pattern[0])
    return tuple(
        tuple(pattern[(row + down) % rows][(column + right) % columns] for column in range(columns))
        for row in range(rows)
    )


def take_off_offsets(
    counts: Tensor, black: Cells, white: float, rows: tuple[float, ...], columns: tuple[float, ...]
) -> Tensor:
    """Take what each row and column has more than the black level out of the counts.

    Parameters
    ----------
    counts : (1, H, W) float32
        Samples as decoded.
    black : rows of numbers
        Black level of each cell of a repeating pattern from the first sample, counts.
    white : float
        Saturation level, counts.
    rows, columns : H and W numbers, or none
        Offsets of each row and column, counts.

    Returns
    -------
    (1, H, W) float32
        As if every row and column had the level `black`; what is saturated stays at `white`.

    Raises
    ------
    ValueError
        If the number of offsets is not that of the rows or columns, or an offset reaches white.
    """
    height, width = counts.shape[-2:]
    if len(rows) not in (0, height) or len(columns) not in (0, width):
        found = f"{len(rows)} row and {len(columns)} column offsets"
        raise ValueError(f"it has {found} of black for {height} rows and {width} columns")
    offset = counts.new_zeros(height, width)
    if rows:
        offset = offset + torch.tensor(rows, dtype=counts.dtype, device=counts.device)[:, None]
    if columns:
        offset = offset + torch.tensor(columns, dtype=counts.dtype, device=counts.device)
    low = tile_pattern(black, height, width, counts)
    if bool((white - low - offset <= 0).any()):
        raise ValueError(f"black with its offsets reaches the white level {white:g}")
    return low + (counts - low - offset) * ((white - low) / (white - low - offset))


def _black(raw: Directory) -> tuple[Cells, ...]:
    rows, columns = (int(size) for size in numbers(raw, BLACK_REPEAT, 2) or (1.0, 1.0))
    given = len(raw.get(BLACK_LEVEL, ()))
    cell = rows * columns
    if rows < 1 or columns < 1 or given < cell:
        return ()
    planes = given // cell
    values = numbers(raw, BLACK_LEVEL, planes * cell)
    if not values:
        return ()
    return tuple(
        tuple(
            tuple(values[(row * columns + column) * planes + plane] for column in range(columns))
            for row in range(rows)
        )
        for plane in range(planes)
    )


def _crop(raw: Directory) -> tuple[int, int, int, int] | None:
    origin, size = numbers(raw, CROP_ORIGIN, 2), numbers(raw, CROP_SIZE, 2)
    if not origin or not size or min(size) < 1 or min(origin) < 0:
        return None
    return round(origin[1]), round(origin[0]), round(size[1]), round(size[0])


def _cfa(raw: Directory) -> tuple[tuple[int, ...], ...] | None:
    rows, columns = (int(size) for size in numbers(raw, CFA_DIM, 2) or (0.0, 0.0))
    values = _bytes(raw, CFA_PATTERN)
    if rows < 1 or columns < 1 or len(values) < rows * columns:
        return None
    return tuple(tuple(values[row * columns : (row + 1) * columns]) for row in range(rows))


def _bytes(raw: Directory, tag: int) -> tuple[int, ...]:
    flat = raw.get(tag, ())
    return tuple(flat[0]) if flat and isinstance(flat[0], bytes) else tuple(int(value) for value in flat)
