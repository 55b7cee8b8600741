"""The `separate` stage: one implementation for all methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

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
        if not bool(torch.isfinite(found.reflection).all()):
            raise FrameError(
                f"{frame.source}: the method {self.spec.name!r} gave values that are not finite; "
                "try another method, or check the frame for broken pixels"
            )
        return self._recompose(frame, light, proxy, found)

    def _look(self, linear: Tensor, orientation: int) -> Found:
        """Show the method the proxy upright, as it learned to see, and turn its answer back."""
        upright = apply_orientation(linear, orientation)
        found = find_layers(self.method, self.spec, upright, self.parameters.domain)
        back = UNDO[orientation]
        confidence = None if found.confidence is None else apply_orientation(found.confidence, back)
        return Found(apply_orientation(found.reflection, back), confidence)

    def _recompose(self, frame: Frame, light: Tensor, proxy: Proxy, found: Found) -> Frame:
        reflection = full_size_reflection(found.reflection, proxy, frame, light)
        layers: dict[str, Callable[[], Tensor]] = {
            "transmission": lambda: subtract(frame, light, reflection, 1).image(),
            "reflection": lambda: encode_light(reflection, frame),
            "blended": frame.image,
        }
        kept: dict[str, Tensor] = {name: layers[name]() for name in self.parameters.keep if name in layers}
        maps: dict[str, Tensor] = {}
        if found.confidence is not None and "confidence" in self.parameters.keep:
            maps["confidence"] = found.confidence.clamp(0, 1)
        share = float(found.reflection.sum() / proxy.linear.clamp(min=0).sum().clamp(min=1e-9))
        return replace(
            subtract(frame, light, reflection, self.parameters.strength),
            layers=MappingProxyType({**frame.layers, **kept}),
            maps=MappingProxyType({**frame.maps, **maps}),
            scores=MappingProxyType({**frame.scores, "reflection": share}),
        ).note(self._words(proxy, share))

    def _words(self, proxy: Proxy, share: float) -> str:
        height, width = proxy.linear.shape[-2:]
        asked = self.parameters.domain
        shown = (
            ""
            if asked in ("auto", _DOMAINS[self.spec.domain])
            else f", shown as {asked} though trained otherwise"
        )
        return (
            f"{self.spec.name} saw {width} x {height} pixels{shown} and took {share:.1%} of the light for reflection; "
            f"it is subtracted at strength {self.parameters.strength:g}"
        )


class Found(NamedTuple):
    """What a method found in a proxy."""

    reflection: Tensor
    """(3, h, w) float32 linear light, between 0 and the light that is there."""
    confidence: Tensor | None
    """(1, h, w) in [0, 1] of a method that gives it."""


_DOMAINS = {Domain.DISPLAY: "srgb", Domain.LINEAR: "linear"}


@torch.inference_mode()
def find_layers(method: Method, spec: MethodSpec, linear: Tensor, domain: str = "auto") -> Found:
    """Let a method look at a proxy.

    Parameters
    ----------
    method, spec : Method, MethodSpec
        The built method and what it declares: its domain and the multiple that sides are padded to.
    linear : (3, h, w) float32
        Linear light, sRGB primaries, 1 = display white.
    domain : str
        What it is shown: `linear`, or `srgb` for the same sRGB-encoded and clipped to [0, 1], which hides light
        beyond white from it; `auto` is what it was trained on.

    Returns
    -------
    Found
        The reflection in linear light: what a method of the linear domain gives, or else the proxy less the
        transmission; and the confidence, if it gives one.
    """
    height, width = linear.shape[-2:]
    padded = _pad(linear[None], spec.multiple)
    encoded = (_DOMAINS[spec.domain] if domain == "auto" else domain) == "srgb"
    shown = encode_curve(padded.clamp(0, 1), "srgb") if encoded else padded
    layers = method(shown)
    reflection = _reflection(layers, encoded, shown)[0, :, :height, :width]
    confidence = (
        None if layers.confidence is None else layers.confidence[0, :, :height, :width].float().clone()
    )
    return Found(torch.minimum(reflection.clamp(min=0), linear.clamp(min=0)).clone(), confidence)


def find_reflection(method: Method, spec: MethodSpec, linear: Tensor) -> Tensor:
    """Return the reflection alone of `find_layers`, (3, h, w)."""
    return find_layers(method, spec, linear).reflection


def _reflection(layers: Layers, encoded: bool, shown: Tensor) -> Tensor:
    transmission = layers.transmission.float()
    if encoded:
        return decode_curve(shown, "srgb") - decode_curve(transmission, "srgb")
    return layers.reflection.float() if layers.reflection is not None else shown - transmission


def _pad(batch: Tensor, multiple: int) -> Tensor:
    """Pad right and bottom to a multiple by repeating the border."""
    height, width = batch.shape[-2:]
    return F.pad(batch, (0, -width % multiple, 0, -height % multiple), mode="replicate")
