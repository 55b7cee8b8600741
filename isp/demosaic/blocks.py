"""One pixel for each block of a mosaic: fast, without interpolation, and smaller."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import avg_pool2d

from ..cfa import Pattern, colour_masks, describe_pattern, is_bayer, is_monochrome
from .border import check_size


def superpixel(mosaic: Tensor, cfa: Pattern) -> Tensor:
    """Average each colour over one block of the mosaic: one pixel per block, no interpolation.

    A block is 2x2 on Bayer, 3x3 on X-Trans and 1x1 on monochrome (three equal channels). `mosaic` (1, H, W);
    returns (3, H // block, W // block); rows and columns that fill no block are dropped. The colours of a pixel
    were measured beside each other and are not brought to one place, so sharp edges have coloured fringes of half
    a pixel. `ValueError` if the mosaic is smaller than a block.
    """
    if is_monochrome(cfa):
        return mosaic.expand(3, -1, -1).clone()
    return _pooled(mosaic, cfa, block_size(cfa))


def half(mosaic: Tensor, cfa: Pattern) -> Tensor:
    """Average each colour over 2x2 samples: half the width and height, whatever the mosaic.

    On Bayer it is `superpixel` by definition; on monochrome, which `superpixel` leaves at its size, the mean of four
    samples. `mosaic` (1, H, W); returns (3, H // 2, W // 2). `ValueError` for other mosaics, whose 2x2 blocks lack
    colours, and for a mosaic smaller than 2x2.
    """
    if not (is_bayer(cfa) or is_monochrome(cfa)):
        raise ValueError(f"half takes Bayer and monochrome mosaics, this is a {describe_pattern(cfa)}")
    check_size(mosaic, 2, 2)
    return avg_pool2d(mosaic, 2).expand(3, -1, -1).clone() if is_monochrome(cfa) else _pooled(mosaic, cfa, 2)


def block_size(cfa: Pattern) -> int:
    """Return the side of the smallest square block that holds all three colours wherever it falls."""
    size = len(cfa)
    for block in (side for side in range(1, size) if size % side == 0):
        starts = range(0, size, block)
        if all(
            {cfa[y + i][x + j] for i in range(block) for j in range(block)} == {0, 1, 2}
            for y in starts
            for x in starts
        ):
            return block
    return size


def _pooled(mosaic: Tensor, cfa: Pattern, block: int) -> Tensor:
    check_size(mosaic, block, block)
    height, width = mosaic.shape[1:]
    masks = colour_masks(cfa, height, width, mosaic.device).to(mosaic.dtype)
    return avg_pool2d(mosaic * masks, block) / avg_pool2d(masks, block)
