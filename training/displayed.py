"""What a linear mixture looks like on a display: what most networks are shown."""

from __future__ import annotations

from ..isp.tone.curves import encode_curve
from .batch import Batch


def displayed(batch: Batch) -> Batch:
    """Return a linear batch with each of its pictures sRGB-encoded, in [0, 1]."""
    blended, transmission, reflection = (
        encode_curve(x.clamp(0, 1), "srgb") for x in (batch.blended, batch.transmission, batch.reflection)
    )
    return Batch(blended=blended, transmission=transmission, reflection=reflection)
