"""Shrinking display pictures in linear light."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from ..bands import by_bands
from ..tone.curves import decode_curve, encode_curve


def fitted_size(height: int, width: int, long_side: int) -> tuple[int, int]:
    """Return (height, width) with the long side limited to `long_side`, proportions kept; never larger."""
    longest = max(height, width)
    if longest <= long_side:
        return height, width
    return max(1, round(height * long_side / longest)), max(1, round(width * long_side / longest))


def shrink(pixels: Tensor, long_side: int, curve: str) -> Tensor:
    """Shrink a display picture to a long side, averaging light.

    Each new pixel is the mean of the area it covers, taken in linear light: a fine pattern keeps its
    brightness.

    Parameters
    ----------
    pixels : (3, H, W) float32
        Display-encoded with `curve`; any range.
    long_side : int
        A picture that is not longer comes back as it is.
    curve : str
        A curve of `isp.tone.curves`.

    Returns
    -------
    (3, H', W') float32
        On the CPU if it was shrunk.
    """
    height, width = fitted_size(pixels.shape[-2], pixels.shape[-1], long_side)
    if (height, width) == tuple(pixels.shape[-2:]):
        return pixels
    linear = by_bands(lambda band: decode_curve(band, curve), pixels).cpu().permute(1, 2, 0).numpy()
    small = cv2.resize(np.ascontiguousarray(linear), (width, height), interpolation=cv2.INTER_AREA)
    return encode_curve(torch.from_numpy(np.ascontiguousarray(small.transpose(2, 0, 1))), curve)
