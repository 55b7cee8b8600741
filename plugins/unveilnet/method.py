"""`unveilnet` as a method: loads the weights, looks twice at linear proxies."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from ...pipeline.method import Layers
from ..separation.inference import looking, prepare
from ..separation.parameters import Inference
from ..separation.weights import load_into
from .network import UnveilNet, found, look_twice


class UnveilNetMethod:
    """Separate linear proxies."""

    def __init__(self, network: UnveilNet, device: str, options: Inference) -> None:
        prepare(network, device, options)
        self.look = looking(network.__call__, device, options)
        self.device = device

    @classmethod
    def load(cls, path: Path, device: str, options: Inference) -> UnveilNetMethod:
        """Build the network with the weights of a safetensors file."""
        network = UnveilNet()
        load_into(network, path)
        return cls(network, device, options)

    def __call__(self, proxy: Tensor) -> Layers:
        """Separate (N, 3, H, W) linear light, sides multiples of 64; the layers add up to it."""
        reflection = found(proxy, *look_twice(self._look, proxy))
        return Layers(transmission=proxy - reflection, reflection=reflection)

    def _look(self, display: Tensor) -> Tensor:
        encoded: Tensor = self.look(display.to(self.device))
        return encoded.to(display.device)
