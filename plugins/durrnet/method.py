"""`durrnet` as a method: loads the weights, runs the network on display-encoded proxies."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from ...pipeline.method import Layers
from ..separation.weights import load_into
from .network import DurrNet, make_network


class DurrNetMethod:
    """Separate display-encoded proxies."""

    def __init__(self, network: DurrNet, device: str) -> None:
        self.network = network.eval().requires_grad_(False).to(device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.device = device

    @classmethod
    def load(cls, variant: str, path: Path, device: str) -> DurrNetMethod:
        """Build the network of a variant with the weights of a safetensors file."""
        network = make_network(variant)
        load_into(network, path)
        return cls(network, device)

    def __call__(self, proxy: Tensor) -> Layers:
        """Separate (N, 3, H, W) sRGB-encoded pictures, sides multiples of 16; each alone, as published.

        The layers are clamped to [0, 1], as published. They need not add up to the proxy.
        """
        found = [self._separate(picture[None].to(self.device)) for picture in proxy]
        transmission, reflection = (torch.cat(layers).to(proxy.device) for layers in zip(*found, strict=True))
        return Layers(transmission=transmission, reflection=reflection)

    def _separate(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        if not bool(
            picture.any()
        ):  # the exclusion prior divides by the picture's norm; nothing is behind black
            return picture, torch.zeros_like(picture)
        answer = self.network(picture.contiguous(memory_format=torch.channels_last))
        return answer.transmission.clamp(0, 1), answer.reflection.clamp(0, 1)
