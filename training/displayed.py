"""What a linear mixture looks like to a network: on a display, or with the planes of a mosaic beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from ..isp.tone.curves import encode_curve
from .batch import Batch
from .synth.vignetted import mosaic_planes

Sight = Literal["linear", "display", "display and planes"]
"""What a method's batches hold."""


def displayed(batch: Batch) -> Batch:
    """Return a linear batch with each of its pictures sRGB-encoded, in [0, 1]."""
    blended, transmission, reflection = (
        encode_curve(x.clamp(0, 1), "srgb") for x in (batch.blended, batch.transmission, batch.reflection)
    )
    return Batch(blended=blended, transmission=transmission, reflection=reflection)


def with_planes(linear: Batch) -> Batch:
    """Return a linear batch displayed, with the planes of its mosaics, which stay linear."""
    return replace(
        displayed(linear),
        blended_raw=mosaic_planes(linear.blended),
        transmission_raw=mosaic_planes(linear.transmission),
        reflection_raw=mosaic_planes(linear.reflection),
    )


def as_seen(linear: Batch, sight: Sight) -> Batch:
    """Return a linear batch as a method sees its batches."""
    if sight == "linear":
        return linear
    return displayed(linear) if sight == "display" else with_planes(linear)
