"""The `separate` stage: one implementation for all methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import torch
import torch.nn.functional as F
from torch import Tensor

from ...isp.orient import UNDO, apply_orientation
from ...isp.tone import decode_curve, encode_curve
from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame
from ...pipeline.method import Domain, Layers, Method, MethodSpec
from .parameters import Separate
from .proxy import Proxy, linear_light, render
from .recompose import encode_light, full_size_reflection, subtract


class SeparateStage:
    """Render the proxy, let the method look at it, subtract what it found at full size."""

    def __init__(self, parameters: Separate, spec: MethodSpec, method: Method) -> None:
        self.parameters = parameters
        self.spec = spec
        self.method = method

    def __call__(self, frame: Frame) -> Frame:
        long_side = self.spec.fit if self.parameters.scale == "auto" else self.parameters.scale
        light = linear_light(frame)
        proxy = render(frame, light, long_side)
        found = self._look(proxy.linear, frame.metadata.orientation)
        if not bool(torch.isfinite(found).all()):
            raise FrameError(
                f"{frame.source}: the method {self.spec.name!r} gave values that are not finite; "
                "try another method, or check the frame for broken pixels"
            )
        return self._recompose(frame, light, proxy, found)

    def _look(self, linear: Tensor, orientation: int) -> Tensor:
        """Show the method the proxy upright, as it learned to see, and turn its answer back."""
        upright = apply_orientation(linear, orientation)
        return apply_orientation(find_reflection(self.method, self.spec, upright), UNDO[orientation])

    def _recompose(self, frame: Frame, light: Tensor, proxy: Proxy, found: Tensor) -> Frame:
        reflection = full_size_reflection(found, proxy, frame, light)
        layers: dict[str, Callable[[], Tensor]] = {
            "reflection": lambda: encode_light(reflection, frame),
            "blended": frame.image,
        }
        kept: dict[str, Tensor] = {name: layers[name]() for name in self.parameters.keep}
        share = float(found.sum() / proxy.linear.clamp(min=0).sum().clamp(min=1e-9))
        height, width = proxy.linear.shape[-2:]
        return replace(
            subtract(frame, light, reflection, self.parameters.strength),
            layers=MappingProxyType({**frame.layers, **kept}),
            scores=MappingProxyType({**frame.scores, "reflection": share}),
        ).note(
            f"{self.spec.name} saw {width} x {height} pixels and took {share:.1%} of the light for reflection; "
            f"it is subtracted at strength {self.parameters.strength:g}"
        )


@torch.inference_mode()
def find_reflection(method: Method, spec: MethodSpec, linear: Tensor) -> Tensor:
    """Let a method look at a proxy.

    Parameters
    ----------
    method, spec : Method, MethodSpec
        The built method and what it declares: its domain and the multiple that sides are padded to.
    linear : (3, h, w) float32
        Linear light, sRGB primaries, 1 = display white.

    Returns
    -------
    (3, h, w) float32
        The reflection in linear light: what the method gives, or else the proxy less the transmission; between 0
        and the light that is there.
    """
    height, width = linear.shape[-2:]
    padded = _pad(linear[None], spec.multiple)
    if spec.domain is Domain.DISPLAY:
        padded = encode_curve(padded.clamp(0, 1), "srgb")
    layers = method(padded)
    reflection = _reflection(layers, spec, padded)[0, :, :height, :width]
    return torch.minimum(reflection.clamp(min=0), linear.clamp(min=0)).clone()


def _reflection(layers: Layers, spec: MethodSpec, proxy: Tensor) -> Tensor:
    if spec.domain is Domain.DISPLAY:
        return decode_curve(proxy, "srgb") - decode_curve(layers.transmission.float(), "srgb")
    return layers.reflection if layers.reflection is not None else proxy - layers.transmission


def _pad(batch: Tensor, multiple: int) -> Tensor:
    """Pad right and bottom to a multiple by repeating the border."""
    height, width = batch.shape[-2:]
    return F.pad(batch, (0, -width % multiple, 0, -height % multiple), mode="replicate")
