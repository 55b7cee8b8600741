"""Random numbers of one batch."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


class Draw:
    """Random numbers for `n` pictures from one seeded generator, on its device: (N, 1, 1, 1) unless said otherwise."""

    def __init__(self, generator: Generator, n: int, device: torch.device) -> None:
        self.generator, self.n, self.device = generator, n, device

    def unit(self, *shape: int) -> Tensor:
        """Return uniform numbers in [0, 1), (N, *shape)."""
        return torch.rand(self.n, *(shape or (1, 1, 1)), generator=self.generator, device=self.device)

    def uniform(self, low: float, high: float) -> Tensor:
        """Return uniform numbers."""
        return low + (high - low) * self.unit()

    def log_uniform(self, low: float, high: float) -> Tensor:
        """Return numbers whose logarithm is uniform; both ends are above 0."""
        return low * (high / low) ** self.unit()

    def normal(self, *shape: int) -> Tensor:
        """Return standard normal numbers, (N, *shape)."""
        return torch.randn(self.n, *(shape or (1, 1, 1)), generator=self.generator, device=self.device)

    def chance(self, probability: float) -> Tensor:
        """Return 1 with this probability, else 0."""
        return (self.unit() < probability).float()

    def field(self, size: int, height: int, width: int) -> Tensor:
        """Return a smooth random field (N, 1, H, W), about normal, with `size` features a side."""
        return F.interpolate(
            self.normal(1, size, size), size=(height, width), mode="bicubic", align_corners=True
        )
