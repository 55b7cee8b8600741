"""Samples of a DNG in floating point; LibRaw would make integers of 14 bits of them, and cut off what is above white.

Reference: DNG specification 1.7, chapter 2 "Floating point image data".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from ...pipeline.errors import FrameError

RAW_PHOTOMETRICS = (32803, 34892)
TOP = 16383.0
"""Counts that stand for the white level, which leaves two stops above it in 16 bits."""


def read_floats(source: Path, margins: tuple[int, int], size: tuple[int, int]) -> NDArray[np.float32]:
    """Read the samples of the raw picture of a floating point DNG.

    Parameters
    ----------
    source : path
        Opened for reading only.
    margins, size : row and column, height and width
        The visible area within the whole picture.

    Returns
    -------
    (H, W) or (H, W, 3) float32
        In the units of the file: its white level is 1 unless it says another.

    Raises
    ------
    FrameError
        If they cannot be read, or some are not numbers.
    """
    try:
        with tifffile.TiffFile(source) as tiff:
            page = next(page for page in _pages(tiff) if int(page.photometric) in RAW_PHOTOMETRICS)
            samples = np.asarray(page.asarray(), dtype=np.float32)
    except (StopIteration, ValueError, RuntimeError, KeyError, tifffile.TiffFileError) as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FrameError(
            f"{source}: its floating point samples cannot be read ({words}); convert it to a DNG with whole numbers"
        ) from error
    visible = samples[margins[0] : margins[0] + size[0], margins[1] : margins[1] + size[1]]
    if not np.isfinite(visible).all():
        raise FrameError(f"{source}: holds samples that are not numbers (NaN or infinity)")
    return np.ascontiguousarray(visible)


def _pages(tiff: tifffile.TiffFile) -> Iterator[tifffile.TiffPage]:
    for page in tiff.pages:
        whole = page if isinstance(page, tifffile.TiffPage) else page.aspage()
        yield whole
        yield from (sub for sub in whole.pages or () if isinstance(sub, tifffile.TiffPage))
