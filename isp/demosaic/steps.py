"""A mosaic of any range as 16-bit counts and back, for the libraries that interpolate nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

FULL = 65535
"""The highest count of a 16-bit sample."""
NEAR = 1 / 128
"""Of a step: single precision is no nearer to a whole count, so what is so little below one is that count."""


@dataclass(frozen=True, slots=True)
class Steps:
    """How linear samples were carried: count = (sample - low) * scale."""

    low: float
    scale: float

    def back(self, picture: np.ndarray, device: torch.device) -> Tensor:
        """Return an interpolated (H, W, 3) uint16 picture as (3, H, W) float32 in the units of the mosaic."""
        planes = torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1).contiguous()
        return planes.div_(self.scale).add_(self.low).to(device)


def extremes(mosaic: Tensor) -> tuple[float, float]:
    """Return the lowest and the highest sample; `ValueError` if one is not finite."""
    low, high = float(mosaic.min()), float(mosaic.max())
    if not np.isfinite(high - low):
        raise ValueError("the mosaic has samples that are not finite, which 16 bits cannot hold")
    return low, high


def to_steps(mosaic: Tensor, low: float, high: float, *, truncate: bool = False) -> tuple[np.ndarray, Steps]:
    """Carry a mosaic in 16 bits.

    Parameters
    ----------
    mosaic : (1, H, W) float32
        Linear samples from `low` to `high`; below and above they are cut off.
    low, high : float
        What becomes 0 and 65535.
    truncate : bool
        Cut fractions of a count off, as LibRaw does when it scales a mosaic, and give half a step back afterwards.

    Returns
    -------
    counts : (H, W) uint16
        Rounded or cut off; what `steps` gives back is at most half of (high - low) / 65535 away.
    steps : Steps
        The way back.
    """
    scale = FULL / max(high - low, 1e-6)
    counts = (mosaic[0].detach().cpu().numpy() - low) * scale
    whole = np.floor(counts + NEAR) if truncate else counts.round()
    return whole.clip(0, FULL).astype(np.uint16), Steps(low + 0.5 / scale if truncate else low, scale)
