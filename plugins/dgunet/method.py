"""`dgunet` as a method: the separator on display-encoded proxies, for looking only."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from ...pipeline.method import Layers
from ..separation.inference import looking, prepare
from ..separation.parameters import Inference
from ..separation.weights import load_into
from .published import pad
from .separator import DGUNetSeparator, make_separator


class DGUNetMethod:
    """Separate display-encoded proxies."""

    def __init__(self, network: DGUNetSeparator, device: str, options: Inference) -> None:
        prepare(network, device, options)
        self.look = looking(network.__call__, device, options)
        self.device = device

    @classmethod
    def load(cls, variant: str, path: Path, device: str, options: Inference) -> DGUNetMethod:
        """Build the network of a variant with the weights of a safetensors file."""
        network = make_separator(variant)
        load_into(network, path)
        return cls(network, device, options)

    def __call__(self, proxy: Tensor) -> Layers:
        """Separate (N, 3, H, W) in [0, 1], sides multiples of 8, with the last stage's layers.

        They are clamped to [0, 1] and need not add up to the proxy.
        """
        height, width = proxy.shape[-2:]
        layers: list[tuple[Tensor, Tensor]] = self.look(pad(proxy.to(self.device)))
        both = torch.cat(layers[0], 1)[..., :height, :width].clamp(0, 1).to(proxy)
        transmission, reflection = both.chunk(2, 1)
        return Layers(transmission=transmission.contiguous(), reflection=reflection.contiguous())
