"""What a step of a training sees."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Photographs through glass with their layers. Whether they are linear or display-encoded, the maker says.

    Pictures are (N, 3, H, W), planes of a mosaic (N, 4, H / 2, W / 2) in the order R, G, G, B; all float32.
    """

    blended: Tensor
    transmission: Tensor
    reflection: Tensor
    alpha: Tensor | None = None
    """(N, 1, 1, 1): weight of the transmission in the mixture, where a loss is told it."""
    blended_raw: Tensor | None = None
    transmission_raw: Tensor | None = None
    reflection_raw: Tensor | None = None


def shrunk(batch: Batch, factor: int) -> Batch:
    """Return the pictures of a linear batch with their light averaged over squares of `factor` pixels."""
    blended, transmission, reflection = (
        F.avg_pool2d(x, factor) for x in (batch.blended, batch.transmission, batch.reflection)
    )
    return Batch(blended=blended, transmission=transmission, reflection=reflection)
