"""LibRaw's demosaicing on an edited mosaic: for X-Trans and other mosaics without a kernel of our own.

The file is opened again, its samples in memory are replaced by the edited ones, and LibRaw interpolates them
without white balance, matrix, curve or rotation. LibRaw interpolates X-Trans after Markesteijn, three passes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rawpy
import torch
from torch import Tensor

from ...pipeline.errors import FrameError
from ..decode.libraw import FULL, plain_parameters
from ..decode.raw import libraw_words

ADVICE = "use demosaic.algorithm: superpixel"
MARGIN = 4096
"""Counts kept free at both ends, so that what LibRaw overshoots at edges is not cut off."""


def demosaic_libraw(source: Path, mosaic: Tensor) -> Tensor:
    """Interpolate an edited mosaic with LibRaw.

    Parameters
    ----------
    source : path
        The RAW file that the mosaic was decoded from; read only.
    mosaic : (1, H, W) float32
        Linear samples of the visible area, any range, best when white-balanced.

    Returns
    -------
    (3, H, W) float32
        R, G, B in the units of `mosaic`; the range of the mosaic is carried in 57344 steps, so values below
        0 and above 1 survive and the rounding error is at most half a step.

    Raises
    ------
    FrameError
        If the file cannot be read again, LibRaw's picture has another size than the mosaic, or an X-Trans
        mosaic is smaller than 512x512 (LibRaw's limit).
    """
    low, high = float(mosaic.min()), float(mosaic.max())
    scale = (FULL - 2 * MARGIN) / max(high - low, 1e-6)
    counts = ((mosaic[0].cpu().numpy() - low) * scale + MARGIN).round().astype(np.uint16)
    picture = _interpolate(source, counts)
    if picture.shape[:2] != counts.shape:
        raise FrameError(
            f"{source}: LibRaw interpolates it to {picture.shape[1]}x{picture.shape[0]} pixels, but its "
            f"mosaic is {counts.shape[1]}x{counts.shape[0]}; {ADVICE}"
        )
    planes = torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1).contiguous()
    return ((planes - MARGIN) / scale + low).to(mosaic.device)


def _interpolate(source: Path, counts: np.ndarray) -> np.ndarray:
    try:
        with rawpy.imread(str(source)) as raw:
            target = raw.raw_image_visible
            if target.shape != counts.shape:
                sizes = [f"{shape[1]}x{shape[0]}" for shape in (target.shape, counts.shape)]
                raise FrameError(f"{source}: its mosaic is {sizes[0]} pixels, the frame's {sizes[1]}")
            target[:] = counts
            return np.array(
                raw.postprocess(plain_parameters(rawpy.DemosaicAlgorithm.AHD, rawpy.ColorSpace.raw))
            )
    except rawpy.LibRawError as error:
        words = libraw_words(error)
        raise FrameError(f"{source}: LibRaw cannot interpolate it ({words}); {ADVICE}") from error
