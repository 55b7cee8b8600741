"""A picture of a sensor with four colours, read and brought to three."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import rawpy
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...pipeline.errors import FrameError
from ...pipeline.frame import Camera
from ..cfa import colour_index, tile_pattern
from ..dng.tags import DngFacts
from ..metadata.ifd import Directory
from .camera import read_camera
from .counts import beyond, black_of, level_range, white_of
from .four_colours import PRIMARIES, Reduction, find_reduction, interpolate_four, limit_and_mix
from .four_tags import FourColours, dng_colours, libraw_colours
from .levels import RECTANGULAR, DngLevels, shift

FLAT = 2
"""Dimensions of a mosaic's samples."""


def read_four_colours(
    source: Path, raw: rawpy.RawPy, samples: NDArray[np.float32], dng: DngFacts | None, main: Directory
) -> tuple[Tensor, Camera, tuple[str, ...]]:
    """Read a picture of four colours.

    Parameters
    ----------
    source, raw, dng, main
        The file, open in LibRaw (its samples in memory are overwritten), and its tags if it is a DNG.
    samples : (H, W) mosaic float32
        Of the visible area, counts.

    Returns
    -------
    (3, H, W) float32, Camera, notes
        Camera RGB, 1 = saturation of grey; what the camera is then; what was done.

    Raises
    ------
    FrameError
        For four colours at every pixel, another order of colours than the file says, and colours without a matrix.
    """
    four = dng_colours(main, dng.levels.planes) if dng is not None else libraw_colours(raw)
    if samples.ndim != FLAT:
        raise FrameError(
            f"{source}: it has the four colours {four.letters} at every pixel, and only mosaics of four colours can be "
            "read; convert it to a linear DNG of three"
        )
    colours = np.array(raw.raw_colors_visible)
    if dng is not None:
        _check_order(source, raw, dng.levels, colours)
    reduction = _reduction(source, four)
    camera, _ = read_camera(raw, dng)
    mosaic, words, notes = _linear(source, raw, samples, colours, dng)
    planes = interpolate_four(raw, mosaic, colours, reduction.neutral)
    pixels, share = limit_and_mix(planes, reduction)
    known = four.neutral is not None
    camera = replace(
        camera,
        white_balance=reduction.balance if known else None,
        xyz_to_camera=reduction.matrices,
        matrix_source=f"{four.source} (four colours mixed to three)",
    )
    size = f"{pixels.shape[2]}x{pixels.shape[1]}"
    return (
        pixels,
        camera,
        (
            f"a mosaic of four colours ({four.letters}), {size}, {words} applied",
            f"four colours: interpolated by LibRaw's vng and mixed to three, "
            f"{'by ReductionMatrix' if four.reduction is not None else f'the camera seen in {PRIMARIES}'}; "
            f"{share:.2%} of the samples limited, so that blown areas are neutral",
            *(() if known else ("no usable as-shot white balance in the file",)),
            *notes,
            *four.notes,
            *(dng.notes if dng is not None else ()),
        ),
    )


def _reduction(source: Path, four: FourColours) -> Reduction:
    if not four.matrices:
        raise FrameError(
            f"{source}: its sensor has the four colours {four.letters} and there is no colour matrix that says what "
            "they are, neither in the file nor in LibRaw; convert it to a linear DNG"
        )
    try:
        return find_reduction(four.matrices, four.neutral, four.reduction)
    except ValueError as error:
        raise FrameError(f"{source}: {error}; convert it to a linear DNG") from error


def _linear(
    source: Path,
    raw: rawpy.RawPy,
    samples: NDArray[np.float32],
    colours: NDArray[np.uint8],
    dng: DngFacts | None,
) -> tuple[Tensor, str, tuple[str, ...]]:
    """(1, H, W) with black at 0 and saturation at 1, words for the levels, notes."""
    counts = torch.from_numpy(np.ascontiguousarray(samples))[None]
    white, white_notes = white_of(raw, dng)
    counts, pattern, offset_notes = black_of(source, raw, dng, 0, counts, min(white))
    high = torch.tensor(white)[torch.from_numpy(colours).long()]
    low = torch.tensor(raw.black_level_per_channel, dtype=torch.float32)[torch.from_numpy(colours).long()]
    if pattern is not None:
        low = tile_pattern(pattern, low.shape[0], low.shape[1], low)
    if bool((high <= low).any()):
        raise FrameError(
            f"{source}: its white level is not above its black level; the file's levels cannot be used"
        )
    words = f"black {level_range(_extremes(low))}, white {level_range(_extremes(high))}"
    return (counts - low) / (high - low), words, (*white_notes, *offset_notes)


def _check_order(source: Path, raw: rawpy.RawPy, levels: DngLevels, colours: NDArray[np.uint8]) -> None:
    """Refuse a mosaic that LibRaw takes for another than the DNG says."""
    said = levels.cfa
    suits = (
        levels.layout == RECTANGULAR
        and said is not None
        and {c for row in said for c in row} <= {*levels.planes}
    )
    if suits and said is not None:
        numbered = tuple(tuple(levels.planes.index(colour) for colour in row) for row in said)
        own = colour_index(shift(numbered, *beyond(raw, levels.origin)), *colours.shape)
        suits = np.array_equal(own.numpy(), colours)
    if not suits:
        raise FrameError(
            f"{source}: LibRaw takes its mosaic of four colours for another than CFAPattern and CFAPlaneColor say; "
            "convert it to a linear DNG"
        )


def _extremes(levels: Tensor) -> list[list[float]]:
    return [[float(levels.min()), float(levels.max())]]
