"""`ibcln` as a method: the cascade of the network, for looking only."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from ...pipeline.method import Layers
from ..separation.convlstm import Gates, State
from ..separation.inference import looking, prepare
from ..separation.weights import load_into
from .network import FIRST_REFLECTION, Generator, Ibcln, make_network
from .plugin import IbclnParameters


class IbclnMethod:
    """Separate display-encoded proxies.

    The same answer as `Ibcln.cascade` with less work: the images at half and a quarter of the size are not made,
    the four gates of a memory are one convolution, and a memory that is still empty costs nothing.
    """

    def __init__(self, network: Ibcln, device: str, parameters: IbclnParameters) -> None:
        prepare(network, device, parameters)
        self.device = device
        self.parameters = parameters
        self.transmission = Refiner(network.G_T)
        self.reflection = Refiner(network.G_R)
        self.look = looking(self._cascade, device, parameters)

    @classmethod
    def load(cls, variant: str, path: Path, device: str, parameters: IbclnParameters) -> IbclnMethod:
        """Build the network of a variant with the weights of a safetensors file."""
        network = make_network(variant)
        load_into(network, path)
        return cls(network, device, parameters)

    def __call__(self, proxy: Tensor) -> Layers:
        """Separate (N, 3, H, W) in [0, 1], sides multiples of 4; both layers are clipped to [0, 1], as published."""
        layers = self.look(proxy.to(self.device)).clamp(0, 1).to(proxy)
        return Layers(
            transmission=layers[:, :3].contiguous(),
            reflection=layers[:, 3:].contiguous() if self.parameters.reflection else None,
        )

    def _cascade(self, picture: Tensor) -> Tensor:
        """Return (N, 6, H, W): transmission and reflection."""
        seen = torch.cat([picture, picture, torch.full_like(picture, FIRST_REFLECTION)], 1)
        seen = seen.to(memory_format=torch.channels_last)
        t_state = r_state = None
        for left in reversed(range(self.parameters.iterations)):
            t_state = self.transmission(seen, t_state, seen[:, 3:6])
            if left or self.parameters.reflection:
                r_state = self.reflection(seen, r_state, seen[:, 6:9])
        return seen[:, 3:]


class Refiner:
    """A generator whose four gates are one convolution."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator
        self.gates = Gates(generator.conv_i, generator.conv_f, generator.conv_g, generator.conv_o)

    def __call__(self, seen: Tensor, state: State | None, out: Tensor) -> State:
        """Look at (N, 9, H, W), write the refined layer into `out` (N, 3, H, W), and return the state."""
        features = self.generator.encode(seen)
        state = self.gates.step(features.quarter, state) if state else self.gates.start(features.quarter)
        out.copy_(self.generator.decode(features, state.hidden)[0])
        return state
