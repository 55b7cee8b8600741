"""A mosaic of any range as 16-bit counts and back, for the libraries that interpolate nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

FULL = 65535
"""The highest count of a 16-bit sample."""


@dataclass(frozen=True, slots=True)
class Steps:
    """How linear samples were carried: count = (sample - low) * scale + margin."""

    low: float
    scale: float
    margin: int

    def back(self, picture: np.ndarray, device: torch.device) -> Tensor:
        """Return an interpolated (H, W, 3) uint16 picture as (3, H, W) float32 in the units of the mosaic."""
        planes = torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1).contiguous()
        return planes.sub_(self.margin).div_(self.scale).add_(self.low).to(device)


def to_steps(mosaic: Tensor, margin: int = 0) -> tuple[np.ndarray, Steps]:
    """Spread a mosaic over 16 bits.

    Parameters
    ----------
    mosaic : (1, H, W) float32
        Linear samples, any range: its own lowest and highest become the ends, so nothing is clipped.
    margin : int
        Counts kept free at both ends, for what an interpolation overshoots at edges.

    Returns
    -------
    counts : (H, W) uint16
        Rounded; the error is at most half of (highest - lowest) / (65535 - 2 * margin).
    steps : Steps
        The way back.

    Raises
    ------
    ValueError
        If a sample is not finite.
    """
    low, high = float(mosaic.min()), float(mosaic.max())
    if not np.isfinite(high - low):
        raise ValueError("the mosaic has samples that are not finite, which 16 bits cannot hold")
    scale = (FULL - 2 * margin) / max(high - low, 1e-6)
    counts = (mosaic[0].detach().cpu().numpy() - low) * scale + margin
    return counts.round().astype(np.uint16), Steps(low, scale, margin)
