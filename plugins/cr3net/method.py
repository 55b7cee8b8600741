"""`cr3net` as a method: the network on mosaics and their display pictures, for looking only."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from ...pipeline.method import Layers
from ..separation.inference import looking, prepare
from ..separation.mosaic import RGGB
from ..separation.packing import pack, unpack
from ..separation.parameters import Inference
from ..separation.weights import load_into
from .network import Answer, Cr3Net, make_network


class Cr3NetMethod:
    """Separate proxies of mosaic and picture."""

    def __init__(self, network: Cr3Net, device: str, options: Inference) -> None:
        prepare(network, device, options)
        self.look = looking(network.__call__, device, options)
        self.device = device

    @classmethod
    def load(cls, variant: str, path: Path, device: str, options: Inference) -> Cr3NetMethod:
        """Build the network of a variant with the weights of a safetensors file."""
        network = make_network(variant)
        load_into(network, path)
        return cls(network, device, options)

    def answer(self, display: Tensor, planes: Tensor) -> Answer:
        """Return the network's answer for (N, 3, H, W) and (N, 4, H / 2, W / 2), clipped to [0, 1] as published.

        H and W are multiples of 8; the answer is float32, on the device of the pictures.
        """
        found: Answer = self.look(display.to(self.device), planes.to(self.device))
        return Answer(*(layer.to(display).clamp(0, 1) for layer in found))

    def __call__(self, proxy: Tensor) -> Layers:
        """Separate (N, 4, H, W): sRGB in [0, 1] and a mosaic R G / G B; sides multiples of 8."""
        found = self.answer(proxy[:, :3], pack(proxy[:, 3:], RGGB))
        return Layers(
            transmission=found.transmission,
            reflection=found.reflection,
            mosaic=unpack(found.transmission_raw, RGGB),
        )
