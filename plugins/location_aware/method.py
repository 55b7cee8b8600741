"""`location_aware` as a method: the cascade of the network, for looking only."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from ...pipeline.method import Layers
from ..separation.convlstm import Gates
from ..separation.inference import looking, prepare
from ..separation.weights import load_into
from .network import LocationAware, make_network
from .plugin import LocationAwareParameters


class LocationAwareMethod:
    """Separate display-encoded proxies; the confidence is the last map of where there is reflection.

    The same answer as `LocationAware.cascade` with less work: the images at half and a quarter of the size are not
    made, the four gates of the memory are one convolution, and a memory that is still empty costs nothing.
    """

    def __init__(self, network: LocationAware, device: str, parameters: LocationAwareParameters) -> None:
        prepare(network, device, parameters)
        self.network = network
        self.device = device
        self.parameters = parameters
        self.gates = Gates(network.conv_i, network.conv_f, network.conv_g, network.conv_o)
        self.look = looking(self._cascade, device, parameters)

    @classmethod
    def load(
        cls, variant: str, path: Path, device: str, parameters: LocationAwareParameters
    ) -> LocationAwareMethod:
        """Build the network of a variant with the weights of a safetensors file."""
        network = make_network(variant)
        load_into(network, path)
        return cls(network, device, parameters)

    def __call__(self, proxy: Tensor) -> Layers:
        """Separate (N, 3, H, W) in [0, 1], sides multiples of 8; the layers are clipped to [0, 1], as published."""
        layers = self.look(proxy.to(self.device)).to(proxy)
        return Layers(
            transmission=layers[:, :3].clamp(0, 1).contiguous(),
            reflection=layers[:, 3:6].clamp(0, 1).contiguous(),
            confidence=layers[:, 6:].contiguous(),
        )

    def _cascade(self, picture: Tensor) -> Tensor:
        """Return (N, 7, H, W): transmission, reflection, confidence."""
        seen = torch.cat([picture, picture, picture, picture[:, :1]], 1).to(memory_format=torch.channels_last)
        state = None
        for _ in range(self.parameters.iterations):
            features, confidence = self.network.detect(seen[:, :6])
            state = self.gates.step(features, state) if state else self.gates.start(features)
            seen[:, 6:9] = self.network.det_conv_mask1(state.hidden)
            seen[:, 9:] = confidence
            seen[:, 3:6] = self.network.remove(seen)[0]
        return seen[:, 3:]
