"""Where a sensor really saturates, seen from the picture itself.

Some cameras stop short of the white level that is on record for them; their blown areas would come out
tinted. A blown area shows as a pile of samples at one level, the same for red, green and blue before white
balance; an evenly lit surface piles up at a different level for each colour.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..cfa import Pattern, colour_index, is_monochrome

LOWEST = 0.75
"""Share of the white level below which no saturation is looked for (LibRaw: `adjust_maximum_thr`)."""
HIGHEST = 0.98
"""A sensor that gets so far needs no correction."""
PILE, BELOW = 0.975, 0.95
"""The pile lies above the first share of the brightest sample; just below it must be nearly empty."""
STEEPNESS = 4
"""How many times more samples the pile holds than the equally wide range below it."""
LEAST = 2e-4
"""Share of a colour's samples that makes a pile: a few lamps are enough, a hot pixel is not."""
SPREAD = 0.02
"""How far the levels of the three colours may lie apart."""
EDGE = 0.05
"""Share of the pile below the level that is taken: its lower edge, noise apart."""


def observed_saturation(
    pixels: Tensor, cfa: Pattern | None, highest: float = HIGHEST, share: float = EDGE
) -> float:
    """Return the level at which all three colours pile up, or 1 where there is no such level or one above `highest`.

    `share` of each pile lies below the level.

    `pixels`: linear (1, H, W) mosaic with its pattern, or (3, H, W) camera RGB; 1 is the recorded white.
    Monochrome mosaics give 1. The answer lies in (0.75, 1].
    """
    if pixels.shape[0] == 1 and (cfa is None or is_monochrome(cfa)):
        return 1.0
    top = float(pixels.max())
    if not LOWEST < top < highest:
        return 1.0
    edges = [_edge(samples, top, count, share) for samples, count in _bright(pixels, cfa, top * BELOW)]
    found = [edge for edge in edges if edge is not None]
    if len(found) < 3 or max(found) - min(found) > SPREAD:
        return 1.0
    return min(found)


def _bright(pixels: Tensor, cfa: Pattern | None, floor: float) -> list[tuple[Tensor, int]]:
    """Samples above the floor and number of all samples, for each colour."""
    if pixels.shape[0] == 3 or cfa is None:
        return [(plane[plane > floor], plane.numel()) for plane in pixels]
    colours = colour_index(cfa, pixels.shape[1], pixels.shape[2], pixels.device)
    chosen = pixels[0] > floor
    samples, owners = pixels[0][chosen], colours[chosen]
    return [(samples[owners == colour], int((colours == colour).sum())) for colour in range(3)]


def _edge(samples: Tensor, top: float, count: int, share: float) -> float | None:
    pile = samples[samples >= top * PILE]
    below = samples.numel() - pile.numel()
    if pile.numel() <= LEAST * count or pile.numel() < STEEPNESS * below:
        return None
    return float(torch.sort(pile).values[int(share * pile.numel())])
