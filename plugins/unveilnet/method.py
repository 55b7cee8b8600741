"""`unveilnet` as a method: loads the weights, runs the network on linear proxies."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from ...isp.tone.stage import encode_curve
from ...pipeline.method import Layers
from ..separation.inference import looking, prepare
from ..separation.parameters import Inference
from ..separation.weights import load_into
from .network import UnveilNet, split

CALIBRATION = 0.85
"""Share of the network's answer that is taken for reflection. Trained on mixtures only, it is too sure of itself
on real panes: on the 19 aligned pairs of nature20 and real20 together, 0.8 to 0.9 measured best."""


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
        """Separate (N, 3, H, W) linear light, sides multiples of 32; the layers add up to it."""
        encoded: Tensor = self.look(encode_curve(proxy.clamp(0, 1), "srgb").to(self.device))
        _, found = split(proxy, encoded.to(proxy.device))
        reflection = CALIBRATION * found
        return Layers(transmission=proxy - reflection, reflection=reflection)
