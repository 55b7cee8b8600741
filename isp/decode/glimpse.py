"""A small grey picture of a file, read quickly, to tell whether two files show the same scene."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import rawpy
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ...pipeline.errors import FrameError
from .picture import read_picture
from .raw import open_libraw

SIDE = 64
"""Long side of the picture, pixels."""
ENOUGH = 4 * SIDE
"""Long side at which a JPEG is decoded; its own scaling to this size saves most of the time."""
Grey = NDArray[np.float32]


def read_glimpse(source: Path) -> Grey | None:
    """Read a small picture: of a RAW file the preview in it, or else its mosaic; of others the picture itself.

    Returns
    -------
    (h, w) float32 or None
        Linear luminance, 1 = white, long side `SIDE`, lying as the file has it; None of a file that cannot be read,
        which fails with a sentence of its own when it is developed.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # of Pillow, about files that will be judged by others
            found = _of_raw(source)
            return _of_file(source) if found is None else found
    except Exception:  # whatever is wrong with the file, it is told when it is developed
        return None


def _of_raw(source: Path) -> Grey | None:
    """Return the glimpse of a RAW file; None of another file."""
    try:
        with open_libraw(source) as raw:
            return _of_preview(raw) if _has_preview(raw) else _of_mosaic(raw)
    except FrameError:
        return None


def _has_preview(raw: rawpy.RawPy) -> bool:
    try:
        raw.extract_thumb()
    except (rawpy.LibRawError, NotImplementedError):
        return False
    return True


def _of_preview(raw: rawpy.RawPy) -> Grey:
    data = raw.extract_thumb().data
    if isinstance(data, bytes):
        return _of_picture(BytesIO(data))
    return _small(_linear(data.mean(2) / float(np.iinfo(data.dtype).max)))


def _of_mosaic(raw: rawpy.RawPy) -> Grey:
    """Average cells of the mosaic, every colour alike."""
    counts = raw.raw_image_visible
    grey = counts.mean(2) if counts.ndim == 3 else counts
    black = float(np.mean(raw.black_level_per_channel))
    step = max(1, max(grey.shape) // (2 * ENOUGH)) * 6  # 2 x 2 and 6 x 6 mosaics have whole cells in it
    height, width = (side // step for side in grey.shape)
    if min(height, width) < SIDE // 4:
        step, (height, width) = 1, grey.shape
    cells = grey[: height * step, : width * step].reshape(height, step, width, step).mean((1, 3))
    return _small((cells - black) / max(1.0, float(raw.white_level) - black))


def _of_file(source: Path) -> Grey:
    try:
        return _of_picture(source)
    except UnidentifiedImageError:  # 16 bits of three colours in a TIFF
        return _small(_linear(read_picture(source, adobe_rgb=False).pixels.mean(0).numpy()))


def _of_picture(file: Path | BytesIO) -> Grey:
    with Image.open(file) as image:
        image.draft("L", (ENOUGH, ENOUGH))
        if image.mode.startswith("I"):
            return _small(_linear(np.asarray(image, dtype=np.float32) / float(np.iinfo(np.uint16).max)))
        return _small(
            _linear(np.asarray(image.convert("L"), dtype=np.float32) / float(np.iinfo(np.uint8).max))
        )


def _linear(encoded: NDArray[Any]) -> NDArray[Any]:
    """Undo the sRGB curve (IEC 61966-2-1)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _small(linear: NDArray[Any]) -> Grey:
    height, width = linear.shape
    scale = SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(linear.astype(np.float32)).resize(size, Image.Resampling.BOX))
