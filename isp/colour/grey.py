"""White balance from the picture itself: from a grey place in it, or from all of it.

Reference: Finlayson and Trezzi (2004), "Shades of Gray and Colour Constancy": the light's colour as the Minkowski mean,
p = 6, of the colours in the picture.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from ...pipeline.frame import Triple
from .white_balance import usable

MINKOWSKI = 6
CLIPPED = 0.98
"""Share of the saturation level from which a sample counts as clipped."""
LEAST = 1e-3
"""Share of the saturation level below which the light of a place says nothing of its colour."""
SAMPLES = 1_000_000
"""Pixels, evenly spread, that are enough."""


def unclipped(pixels: Tensor, saturation: Triple) -> Tensor:
    """Return the (N, 3) pixels of (3, H, W) camera RGB with all colours finite and below saturation.

    `saturation` is the level at which each colour clips.
    """
    flat = pixels.flatten(1).T
    limits = flat.new_tensor(saturation) * CLIPPED
    return flat[(flat.isfinite() & (flat < limits)).all(1)]


def grey_of_place(pixels: Tensor, saturation: Triple) -> Triple | None:
    """Return the mean camera RGB of a grey place (3, h, w), clipped pixels left out; None if nothing usable is left."""
    found = unclipped(pixels, saturation)
    if not len(found):
        return None
    return _usable(found.double().mean(0))


def grey_of_picture(pixels: Tensor, saturation: Triple) -> Triple | None:
    """Estimate the camera RGB of a grey from a whole picture: shades of grey, p = 6.

    Clipped pixels are left out, light below black counts as none. A gain on one colour goes through to the same gain
    on its result. `pixels` is (3, H, W) linear camera RGB. None if there is not enough light.
    """
    step = max(1, round((pixels.shape[-2] * pixels.shape[-1] / SAMPLES) ** 0.5))
    found = unclipped(pixels[:, ::step, ::step], saturation).double().clamp(min=0)
    if not len(found):
        return None
    top = found.amax(0).clamp(min=1e-12)
    grey = ((found / top) ** MINKOWSKI).mean(0) ** (1 / MINKOWSKI) * top
    return _usable(grey) if bool((grey > LEAST * torch.tensor(saturation)).all()) else None


def _usable(grey: Tensor) -> Triple | None:
    found = cast(Triple, tuple(grey.tolist()))
    return found if usable(found) else None
