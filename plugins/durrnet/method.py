"""`durrnet` as a method: loads the weights, runs the network on display-encoded proxies."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from ...pipeline.method import Layers
from ..separation.inference import looking, prepare
from ..separation.parameters import Inference
from ..separation.weights import load_into
from .network import Answer, DurrNet, make_network


class DurrNetMethod:
    """Separate display-encoded proxies."""

    def __init__(self, network: DurrNet, device: str, options: Inference) -> None:
        starts = (*network.net.FEzT, *network.net.FEzR)
        prepare(network, device, options, apart=[start.get_submodule("DCNet.0") for start in starts])
        self.look = looking(network.__call__, device, options)
        self.device = device

    @classmethod
    def load(cls, variant: str, path: Path, device: str, options: Inference) -> DurrNetMethod:
        """Build the network of a variant with the weights of a safetensors file."""
        network = make_network(variant)
        load_into(network, path)
        return cls(network, device, options)

    def __call__(self, proxy: Tensor) -> Layers:
        """Separate (N, 3, H, W) sRGB-encoded pictures, sides multiples of 16; each alone, as published.

        The layers are clamped to [0, 1], as published. They need not add up to the proxy.
        """
        found = [self._separate(picture[None].to(self.device)) for picture in proxy]
        transmission, reflection = (torch.cat(layers).to(proxy) for layers in zip(*found, strict=True))
        return Layers(transmission=transmission, reflection=reflection)

    def _separate(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        if not bool(picture.any()):
            # The exclusion prior divides by the picture's norm; and nothing is behind black.
            return picture, torch.zeros_like(picture)
        answer: Answer = self.look(picture)
        return answer.transmission.clamp(0, 1), answer.reflection.clamp(0, 1)
