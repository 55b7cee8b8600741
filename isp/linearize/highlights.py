"""What blown samples may have been: their estimates from the colours that are not blown.

The sensor says of a blown sample only that the light was at least so strong. Where another colour of the same place is
not blown, it tells how strong: the colour of the surroundings gives the ratio between the two. Samples that are not
blown are never changed.

References: D. L. Masood, J. Zhu, M. F. Tappen, "Automatic Correction of Saturated Regions in Photographs using
Cross-Channel Correlation", Computer Graphics Forum 28 (2009): ratios between channels, taken from unblown pixels
nearby. X. Zhang, D. H. Brainard, "Estimation of saturated pixel values in digital color imaging", JOSA A 21 (2004):
saturation as a lower bound. How the ratios spread and what happens where all colours are blown is our own.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from ...pipeline.frame import Triple
from ..cfa import Pattern, block_side, colour_masks, is_monochrome
from .fill import fill_holes

How = Literal["blend", "reconstruct"]
CEILING = 4.0
"""Estimates end two stops above saturation: ratios of deep colours would go on without end."""
PALE, NEAR = 0.5, 0.25
"""Share of the surroundings' chroma that a place keeps of which two or three colours are blown, and from how far below
saturation of the second one on it falls to that: what blows everything is mostly a lamp or the sky. Of all, none and
half of the chroma, half is nearest to the truth of pictures that were clipped by 0.5, 1 and 2 EV for a test.
"""
DARK = 1e-3
"""Share of saturation below which a colour has no ratio to others that noise leaves standing."""


def estimate_highlights(
    pixels: Tensor, blown: Tensor, cfa: Pattern | None, *, level: float, multipliers: Triple, how: How
) -> Tensor:
    """Return pixels whose blown samples are estimated, as `blend` or `reconstruct` does.

    Parameters
    ----------
    pixels, blown : (3, H, W), or (1, H, W) of a mosaic, float32 and bool
        Linear samples in camera RGB, and which of them are only lower bounds.
    cfa : pattern
        Of a mosaic; of three colours it is not looked at.
    level : float
        Saturation, in the units of `pixels`.
    multipliers : three floats above 0
        White balance.

    Returns
    -------
    As `pixels`, float32
        The very same where nothing is blown; elsewhere no lower. Mosaics are estimated block by block of `block_side`.
        A mosaic of one colour, or of less than one block, has nothing to estimate from, and stays.
    """
    if not bool(blown.any()):
        return pixels
    if pixels.shape[0] == 3 or cfa is None:
        return _estimate(pixels, blown, level, multipliers, how)
    if is_monochrome(cfa) or min(pixels.shape[-2:]) < block_side(cfa):
        return pixels
    estimate = _estimate(*block_colours(pixels, blown, cfa), level, multipliers, how)
    return torch.where(blown, torch.maximum(at_samples(estimate, pixels, cfa), pixels), pixels)


def _estimate(colours: Tensor, blown: Tensor, level: float, multipliers: Triple, how: How) -> Tensor:
    if how == "blend":
        return blend(colours, blown, multipliers)
    red, green, blue = multipliers
    return reconstruct(colours, blown, level, (1 / red, 1 / green, 1 / blue))


def reconstruct(colours: Tensor, blown: Tensor, level: float, neutral: Triple) -> Tensor:
    """Estimate blown colours from those that are not, by the colour of the surroundings.

    Parameters
    ----------
    colours : (3, H, W) float32
        Linear camera RGB.
    blown : (3, H, W) bool
        Which of them are only lower bounds.
    level : float
        Saturation, in the units of `colours`.
    neutral : three floats above 0
        Camera RGB of grey, any scale: what the surroundings' colour pales to.

    Returns
    -------
    (3, H, W) float32
        Equal to `colours` where they are not blown; from there on no lower than they are, up to `CEILING` times the
        level. Where all three are blown: the least light of the surroundings' colour, paler, that saturates them all.
    """
    whole = ~blown.any(0, keepdim=True) & (colours > DARK * level).all(0, keepdim=True)
    around = fill_holes(colours, colours.sum(0, keepdim=True).square() * whole)
    grey = colours.new_tensor(neutral)[:, None, None]
    around = torch.where(around.sum(0, keepdim=True) > 0, around, grey)
    around = _paler(around / grey, colours, level).mul(grey).clamp(min=DARK * level)
    known = (~blown).to(colours.dtype)
    scale = (colours * around * known).sum(0) / (around.square() * known).sum(0).clamp(min=1e-12)
    least = torch.where(blown, level / around, 0).amax(0)
    estimate = (around * torch.maximum(scale, least)).clamp(max=CEILING * level)
    return torch.where(blown, torch.maximum(estimate, colours), colours)


def _paler(around: Tensor, colours: Tensor, level: float) -> Tensor:
    """Take balanced surroundings towards grey, the more the closer the second brightest colour is to saturation."""
    room = (1 - colours.median(0).values / level).clamp(0, NEAR) / NEAR
    grey = around.mean(0, keepdim=True)
    return grey + (around - grey) * (PALE + (1 - PALE) * room)


def blend(colours: Tensor, blown: Tensor, multipliers: Triple) -> Tensor:
    """Raise blown colours to the least of those that are not, after white balance: blown places get no tint.

    Parameters
    ----------
    colours : (3, H, W) float32
        Linear camera RGB.
    blown : (3, H, W) bool
        Which of them are only lower bounds.
    multipliers : three floats above 0
        White balance.

    Returns
    -------
    (3, H, W) float32
        Equal to `colours` where they are not blown; elsewhere no lower. Where all three are blown: grey, as bright as
        the colour that saturates last.
    """
    gain = colours.new_tensor(multipliers)[:, None, None]
    balanced = colours * gain
    least = torch.where(blown, torch.inf, balanced).amin(0, keepdim=True)
    bright = torch.where(least.isinf(), balanced.amax(0, keepdim=True), least)
    return torch.where(blown, torch.maximum(balanced, bright) / gain, colours)


def block_colours(mosaic: Tensor, blown: Tensor, cfa: Pattern) -> tuple[Tensor, Tensor]:
    """Return the mean of each colour in the blocks of a mosaic, and whether one of its samples is blown.

    Parameters
    ----------
    mosaic, blown : (1, H, W) float32 and bool
        Samples, and which are blown; H and W at least one block.
    cfa : pattern
        With all three colours.

    Returns
    -------
    (3, h, w) float32 and bool
        One pixel for each block of `block_side`, the incomplete ones at the end filled from the block before.
    """
    side = block_side(cfa)
    rows, columns = (_whole_blocks(size, side, mosaic.device) for size in mosaic.shape[-2:])
    height, width = mosaic.shape[-2:]
    masks = colour_masks(cfa, height, width, mosaic.device)[:, rows][:, :, columns].to(mosaic.dtype)
    samples, marks = mosaic[:, rows][:, :, columns], blown[:, rows][:, :, columns]
    count = F.avg_pool2d(masks, side)
    means = F.avg_pool2d(masks * samples, side) / count
    return means, F.max_pool2d(masks * marks, side) > 0


def at_samples(blocks: Tensor, mosaic: Tensor, cfa: Pattern) -> Tensor:
    """Return (1, H, W) values at the samples of a mosaic, each of its colour, from (3, h, w) values of blocks."""
    height, width = mosaic.shape[-2:]
    smooth = F.interpolate(blocks[None], scale_factor=block_side(cfa), mode="bilinear")[0, :, :height, :width]
    masks = colour_masks(cfa, height, width, mosaic.device)
    return torch.where(masks, smooth, 0).sum(0, keepdim=True)


def _whole_blocks(size: int, side: int, device: torch.device) -> Tensor:
    index = torch.arange(-(-size // side) * side, device=device)
    return torch.where(index < size, index, index - side)
