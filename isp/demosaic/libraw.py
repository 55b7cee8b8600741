"""LibRaw's demosaicing on an edited mosaic: its Bayer algorithms, and X-Trans, for which there is no kernel here.

The file is opened again, its samples in memory are replaced by the edited ones, and LibRaw interpolates them
without white balance, matrix, curve or rotation. LibRaw interpolates X-Trans after Markesteijn, three passes.

What LibRaw decides depends on its units: `ahd` compares colours in CIELAB, `dht` and `aahd` compare ratios, and both
want black at 0. So black is 0 and saturation 65535, and fractions of a count are cut off, all as in LibRaw's own
development: near a threshold the last count decides. Its counts cannot be negative, but samples are, by noise and by
subtraction; what is below 0 is therefore interpolated apart, linearly, and added.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rawpy
from torch import Tensor

from ...pipeline.errors import FrameError
from ..decode.libraw import plain_parameters
from ..decode.raw import libraw_words
from .steps import extremes, to_steps
from .tent import interpolate_tent

ADVICE = "use demosaic.algorithm: superpixel"
PERIOD = 6
"""Samples after which X-Trans repeats itself, and Bayer as well."""


def demosaic_libraw(
    source: Path, mosaic: Tensor, algorithm: str = "AHD", origin: tuple[int, int] = (0, 0)
) -> Tensor:
    """Interpolate an edited mosaic with LibRaw.

    Parameters
    ----------
    source : path
        The RAW file that the mosaic was decoded from; read only.
    mosaic : (1, H, W) float32
        Linear samples of the visible area, any range, 0 = black, 1 = saturation, best when white-balanced.
    algorithm : str
        A name of `rawpy.DemosaicAlgorithm`. On X-Trans, AHD stands for Markesteijn's three passes.
    origin : row and column
        Where the mosaic begins in the visible area, where it is a part of it.

    Returns
    -------
    (3, H, W) float32
        R, G, B in the units of `mosaic`. The range from 0 to 1, or to the highest sample above 1, is carried in
        65535 steps: measured samples come back within half a step, also below 0. What an interpolation overshoots
        beyond that range is cut off, as LibRaw does it.

    Raises
    ------
    FrameError
        If the file cannot be read again, LibRaw's picture has another size than the mosaic, or an X-Trans
        mosaic is smaller than 512x512 (LibRaw's limit).
    ValueError
        If a sample is not finite.
    """
    low, high = extremes(mosaic)
    counts, steps = to_steps(mosaic, 0.0, max(1.0, high), truncate=True)
    picture, colours = _interpolate(source, counts, rawpy.DemosaicAlgorithm[algorithm], origin)
    if picture.shape[:2] != counts.shape:
        raise FrameError(
            f"{source}: LibRaw interpolates it to {picture.shape[1]}x{picture.shape[0]} pixels, but its "
            f"mosaic is {counts.shape[1]}x{counts.shape[0]}; {ADVICE}"
        )
    found = steps.back(picture, mosaic.device)
    return found if low >= 0 else found.add_(interpolate_tent(mosaic.clamp(max=0), colours))


def _interpolate(
    source: Path, counts: np.ndarray, algorithm: rawpy.DemosaicAlgorithm, origin: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return LibRaw's picture, (H, W, 3), and the colour of every sample, (H, W): 0 R, 1 G, 2 B."""
    (top, left), (height, width) = origin, counts.shape
    try:
        with rawpy.imread(str(source)) as raw:
            target = raw.raw_image_visible
            room = (target.shape[0] - top, target.shape[1] - left)
            if not (height <= room[0] and width <= room[1] and (any(origin) or target.shape == counts.shape)):
                sizes = [f"{shape[1]}x{shape[0]}" for shape in (target.shape, counts.shape)]
                raise FrameError(f"{source}: its mosaic is {sizes[0]} pixels, the frame's {sizes[1]}")
            target[:] = _surrounded(counts, target.shape, origin)
            letters = np.array(["RGB".index(letter) for letter in raw.color_desc.decode("ascii")], np.uint8)
            colours = letters[raw.raw_colors_visible]
            picture = np.array(raw.postprocess(plain_parameters(algorithm, rawpy.ColorSpace.raw)))
            if picture.shape[:2] != colours.shape:
                return picture, colours
            part = np.s_[top : top + height, left : left + width]
            return np.ascontiguousarray(picture[part]), np.ascontiguousarray(colours[part])
    except rawpy.LibRawError as error:
        words = libraw_words(error)
        raise FrameError(f"{source}: LibRaw cannot interpolate it ({words}); {ADVICE}") from error


def _surrounded(counts: np.ndarray, shape: tuple[int, ...], origin: tuple[int, int]) -> np.ndarray:
    """Put a mosaic into the whole visible area, what was cut off filled with its nearest periods."""
    if counts.shape == shape:
        return counts
    rows, columns = (
        _repeated(np.arange(whole) - first, own)
        for whole, first, own in zip(shape, origin, counts.shape, strict=True)
    )
    return np.asarray(counts[rows[:, None], columns])


def _repeated(index: np.ndarray, size: int) -> np.ndarray:
    """Bring places beyond an edge inside it, by whole periods."""
    if size < PERIOD:
        return np.asarray(index.clip(0, size - 1))
    beyond = np.maximum(index - size, -1) // PERIOD + 1
    return np.where(index < 0, index % PERIOD, index - beyond * PERIOD)
