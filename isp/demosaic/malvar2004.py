"""The 5x5 linear filters of Malvar, He and Cutler for Bayer mosaics."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import conv2d

from ..bands import BAND
from ..cfa import Pattern, describe_pattern, is_bayer
from .border import check_size, mirrored

Kernel = tuple[tuple[float, ...], ...]

# Malvar, He, Cutler: "High-quality linear interpolation for demosaicing of Bayer-patterned color images",
# ICASSP 2004, figure 2; each divided by 8.
GREEN_AT_COLOUR: Kernel = (
    (0, 0, -1, 0, 0),
    (0, 0, 2, 0, 0),
    (-1, 2, 4, 2, -1),
    (0, 0, 2, 0, 0),
    (0, 0, -1, 0, 0),
)
COLOUR_BESIDE_GREEN: Kernel = (
    (0, 0, 0.5, 0, 0),
    (0, -1, 0, -1, 0),
    (-1, 4, 5, 4, -1),
    (0, -1, 0, -1, 0),
    (0, 0, 0.5, 0, 0),
)
COLOUR_ABOVE_GREEN: Kernel = tuple(zip(*COLOUR_BESIDE_GREEN, strict=True))
COLOUR_AT_OPPOSITE: Kernel = (
    (0, 0, -1.5, 0, 0),
    (0, 2, 0, 2, 0),
    (-1.5, 0, 6, 0, -1.5),
    (0, 2, 0, 2, 0),
    (0, 0, -1.5, 0, 0),
)
DIVISOR = 8.0
REACH = 2


def demosaic_malvar2004(mosaic: Tensor, cfa: Pattern) -> Tensor:
    """Interpolate a Bayer mosaic with the 5x5 linear filters of Malvar, He and Cutler.

    Parameters
    ----------
    mosaic : (1, H, W) float32
        Linear samples, any range; H and W at least 2, odd sizes allowed. Best when white-balanced.
    cfa : 2x2 pattern
        Any of the four Bayer orders.

    Returns
    -------
    (3, H, W) float32
        R, G, B. Not clipped: the filters overshoot at edges. Samples that were measured are kept exactly.

    Raises
    ------
    ValueError
        If the pattern is not Bayer or the mosaic is smaller than 2x2.
    """
    if not is_bayer(cfa):
        raise ValueError(f"malvar2004 takes Bayer mosaics, this is a {describe_pattern(cfa)}")
    check_size(mosaic, 2, 2)
    height, width = mosaic.shape[1:]
    rows = mirrored(mosaic, 1, -REACH, height + REACH)
    padded = mirrored(rows, 2, -REACH, width + REACH)[None]
    result = mosaic.new_empty((3, *mosaic.shape[1:]))
    step = max(1, BAND // mosaic.shape[2])  # in bands: a convolution's working memory is many times its input
    for row in (0, 1):
        for column in (0, 1):
            own = mosaic[0, row::2, column::2]
            result[cfa[row][column], row::2, column::2] = own
            others = sorted({0, 1, 2} - {cfa[row][column]})
            kernels = mosaic.new_tensor([_kernel(cfa, row, column, colour) for colour in others]) / DIVISOR
            for top in range(0, own.shape[0], step):
                count = min(step, own.shape[0] - top)
                seen = padded[..., row + 2 * top : row + 2 * (top + count) + 2 * REACH - 1, column:]
                found = conv2d(seen, kernels[:, None], stride=2)[0]
                places = slice(row + 2 * top, row + 2 * (top + count), 2)
                result[others, places, column::2] = found[..., : own.shape[1]]
    return result


def _kernel(cfa: Pattern, row: int, column: int, colour: int) -> Kernel:
    """Filter that finds `colour` at the cell (row, column) of a Bayer pattern."""
    if colour == 1:
        return GREEN_AT_COLOUR
    if cfa[row][column] != 1:
        return COLOUR_AT_OPPOSITE
    return COLOUR_BESIDE_GREEN if cfa[row][1 - column] == colour else COLOUR_ABOVE_GREEN
