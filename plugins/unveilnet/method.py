"""`unveilnet` as a method: loads the weights, looks twice at linear proxies."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ...isp.tone.stage import encode_curve
from ...pipeline.method import Layers
from ..separation.inference import looking, prepare
from ..separation.parameters import Inference
from ..separation.weights import load_into
from .network import UnveilNet, split

CALIBRATION = 0.95
"""Share of what both looks find that is taken for reflection. Trained on mixtures only, the network is too sure of
itself on real panes; chosen on the 19 aligned pairs of nature20 and real20."""
COARSE = 2
"""How much smaller the second look sees the picture."""


class UnveilNetMethod:
    """Separate linear proxies.

    The network looks at the proxy and at the proxy at half its size. At half the size it sees more of the scene at once
    and finds veils that cover most of it; at full size it finds reflections that are small or sharp. What counts is
    the root of the mean of both squares: a reflection that only one look finds stays in for seven tenths.
    """

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
        coarse = self._found(F.avg_pool2d(proxy, COARSE))
        coarse = F.interpolate(coarse, size=proxy.shape[-2:], mode="bicubic", align_corners=False)
        both = torch.sqrt((self._found(proxy) ** 2 + coarse**2) / 2)
        reflection = torch.minimum(CALIBRATION * both, proxy.clamp(min=0))
        return Layers(transmission=proxy - reflection, reflection=reflection)

    def _found(self, proxy: Tensor) -> Tensor:
        encoded: Tensor = self.look(encode_curve(proxy.clamp(0, 1), "srgb").to(self.device))
        return split(proxy, encoded.to(proxy.device))[1]
