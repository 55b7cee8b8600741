"""OpenCV's edge-aware interpolation (`COLOR_Bayer..._EA`).

Green is the mean of the two neighbours along the way that changes less, red and blue are means of their
neighbours. Only means are taken, so the result never leaves the range of the mosaic, and the whole of 16 bits can
carry it.
"""

from __future__ import annotations

import cv2
from torch import Tensor

from ..cfa import Pattern, describe_pattern, is_bayer
from .border import check_size, mirrored
from .steps import extremes, to_steps

RIM = 2
"""OpenCV repeats its neighbour in the outermost pixel, even where it was measured; this many are added and cut off."""


def demosaic_edge_aware(mosaic: Tensor, cfa: Pattern) -> Tensor:
    """Interpolate a Bayer mosaic with OpenCV's edge-aware method.

    Parameters
    ----------
    mosaic : (1, H, W) float32
        Linear samples, any range; H and W at least 2, odd sizes allowed. Best when white-balanced.
    cfa : 2x2 pattern
        Any of the four Bayer orders.

    Returns
    -------
    (3, H, W) float32
        R, G, B in the units and the range of `mosaic`, in 65535 steps from its lowest to its highest sample:
        measured samples come back within half a step. Computed on the CPU, without gradients.

    Raises
    ------
    ValueError
        If the pattern is not Bayer, the mosaic smaller than 2x2 or a sample not finite.
    """
    if not is_bayer(cfa):
        raise ValueError(f"ea takes Bayer mosaics, this is a {describe_pattern(cfa)}")
    check_size(mosaic, 2, 2)
    height, width = mosaic.shape[1:]
    rows = mirrored(mosaic, 1, -RIM, height + RIM)
    counts, steps = to_steps(mirrored(rows, 2, -RIM, width + RIM), *extremes(mosaic))
    code = getattr(cv2, f"COLOR_Bayer{describe_pattern(cfa)}2RGB_EA")
    return steps.back(cv2.cvtColor(counts, code)[RIM:-RIM, RIM:-RIM], mosaic.device)
