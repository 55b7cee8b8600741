"""`dgunet` as a method: the separator on display-encoded proxies, for looking only."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from ...pipeline.method import Layers
from ..separation.weights import load_into
from .published import pad
from .separator import DGUNetSeparator, make_separator


class DGUNetMethod:
    """Separate display-encoded proxies."""

    def __init__(self, network: DGUNetSeparator, device: str) -> None:
        self.network = network.eval().requires_grad_(False).to(device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.device = device

    @classmethod
    def load(cls, variant: str, path: Path, device: str) -> DGUNetMethod:
        """Build the network of a variant with the weights of a safetensors file."""
        network = make_separator(variant)
        load_into(network, path)
        return cls(network, device)

    @torch.inference_mode()
    def __call__(self, proxy: Tensor) -> Layers:
        """Separate (N, 3, H, W) in [0, 1], sides multiples of 8, with the last stage's layers.

        They are clamped to [0, 1] and need not add up to the proxy.
        """
        height, width = proxy.shape[-2:]
        picture = pad(proxy.to(self.device)).contiguous(memory_format=torch.channels_last)
        both = torch.cat(self.network(picture)[0], 1)[..., :height, :width].clamp(0, 1).to(proxy)
        transmission, reflection = both.chunk(2, 1)
        return Layers(transmission=transmission.contiguous(), reflection=reflection.contiguous())
