"""LibRaw's demosaicing on an edited mosaic: its Bayer algorithms, and X-Trans, for which there is no kernel here.

The file is opened again, its samples in memory are replaced by the edited ones, and LibRaw interpolates them
without white balance, matrix, curve or rotation. LibRaw interpolates X-Trans after Markesteijn, three passes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rawpy
from torch import Tensor

from ...pipeline.errors import FrameError
from ..decode.libraw import plain_parameters
from ..decode.raw import libraw_words
from .steps import to_steps

ADVICE = "use demosaic.algorithm: superpixel"
MARGIN = 4096
"""Counts kept free at both ends, so that what LibRaw overshoots at edges is not cut off."""


def demosaic_libraw(source: Path, mosaic: Tensor, algorithm: str = "AHD") -> Tensor:
    """Interpolate an edited mosaic with LibRaw.

    Parameters
    ----------
    source : path
        The RAW file that the mosaic was decoded from; read only.
    mosaic : (1, H, W) float32
        Linear samples of the visible area, any range, best when white-balanced.
    algorithm : str
        A name of `rawpy.DemosaicAlgorithm`. On X-Trans, AHD stands for Markesteijn's three passes.

    Returns
    -------
    (3, H, W) float32
        R, G, B in the units of `mosaic`; the range of the mosaic is carried in 57343 steps, so values below
        0 and above 1 survive and the rounding error is at most half a step.

    Raises
    ------
    FrameError
        If the file cannot be read again, LibRaw's picture has another size than the mosaic, or an X-Trans
        mosaic is smaller than 512x512 (LibRaw's limit).
    ValueError
        If a sample is not finite.
    """
    counts, steps = to_steps(mosaic, MARGIN)
    picture = _interpolate(source, counts, rawpy.DemosaicAlgorithm[algorithm])
    if picture.shape[:2] != counts.shape:
        raise FrameError(
            f"{source}: LibRaw interpolates it to {picture.shape[1]}x{picture.shape[0]} pixels, but its "
            f"mosaic is {counts.shape[1]}x{counts.shape[0]}; {ADVICE}"
        )
    return steps.back(picture, mosaic.device)


def _interpolate(source: Path, counts: np.ndarray, algorithm: rawpy.DemosaicAlgorithm) -> np.ndarray:
    try:
        with rawpy.imread(str(source)) as raw:
            target = raw.raw_image_visible
            if target.shape != counts.shape:
                sizes = [f"{shape[1]}x{shape[0]}" for shape in (target.shape, counts.shape)]
                raise FrameError(f"{source}: its mosaic is {sizes[0]} pixels, the frame's {sizes[1]}")
            target[:] = counts
            return np.array(raw.postprocess(plain_parameters(algorithm, rawpy.ColorSpace.raw)))
    except rawpy.LibRawError as error:
        words = libraw_words(error)
        raise FrameError(f"{source}: LibRaw cannot interpolate it ({words}); {ADVICE}") from error
