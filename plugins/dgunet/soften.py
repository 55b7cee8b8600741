"""Take only a part of what a method finds, for nets that are known to find too much."""

from __future__ import annotations

import torch
from torch import Tensor

from ...isp.tone.curves import decode_curve, encode_curve
from ...pipeline.method import Layers, Method


class Softened:
    """A method of display-encoded proxies whose reflection counts in part only."""

    def __init__(self, method: Method, part: float) -> None:
        self.method = method
        self.part = part

    def __call__(self, proxy: Tensor) -> Layers:
        """Separate as the method does, and keep `part` of the reflection: in linear light, where it adds.

        Parameters
        ----------
        proxy : (N, 3, H, W) float32
            sRGB-encoded in [0, 1].
        """
        layers = self.method(proxy)
        reflection = layers.reflection
        return Layers(
            transmission=self._mixed(proxy, layers.transmission),
            reflection=None if reflection is None else self._mixed(torch.zeros_like(reflection), reflection),
            confidence=layers.confidence,
        )

    def _mixed(self, before: Tensor, after: Tensor) -> Tensor:
        light, found = decode_curve(before.clamp(0, 1), "srgb"), decode_curve(after.clamp(0, 1), "srgb")
        return encode_curve(torch.lerp(light, found, self.part), "srgb")
