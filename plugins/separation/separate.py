"""The `separate` stage: one implementation for all methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor

from ...isp.orient import UNDO, apply_orientation
from ...isp.tone import decode_curve, encode_curve
from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame
from ...pipeline.method import Domain, Layers, Method, MethodSpec
from .display import bayer_pattern, show
from .look import Looker, Memory
from .mosaic import MosaicProxy, find_in_planes, full_size_mosaic, small_planes
from .parameters import Separate
from .proxy import linear_light, pad, render
from .recompose import encode_light, full_size_reflection, subtract
from .shows import ShowsPicture


class SeparateStage:
    """Render the proxy, let the method look at it, subtract what it found at full size."""

    def __init__(
        self, parameters: Separate, spec: MethodSpec, method: Method, memory: Memory | None = None
    ) -> None:
        self.parameters = parameters
        self.spec = spec
        self.looker = Looker(spec=spec, method=method, memory=memory or Memory())

    def __call__(self, frame: Frame) -> Frame:
        """Return the frame less the reflection; `FrameError` where the method cannot look at it."""
        light = linear_light(frame)
        look = self._in_mosaic if self.spec.domain is Domain.RAW_DISPLAY else self._in_colour
        self.looker.notes.clear()
        answer = look(frame, light, self._long_side(light))
        return self._recompose(frame.note(*self.looker.notes), light, answer)

    def _long_side(self, light: Tensor) -> int:
        """Return the long side of the proxy; a method that needs the whole picture sees it at its usual size."""
        if self.parameters.scale == "full":
            if not self.spec.global_statistics:
                return max(light.shape[-2:])
            self.looker.notes.append(
                f"{self.spec.name} needs the whole picture in view: one look at {self.spec.fit} pixels, not tiles"
            )
            return self.spec.fit
        return self.spec.fit if self.parameters.scale == "auto" else self.parameters.scale

    def _in_colour(self, frame: Frame, light: Tensor, long_side: int) -> Answer:
        """Show the method the proxy upright, as it learned to see, and turn its answer back."""
        proxy = render(frame, light, long_side)
        upright = apply_orientation(proxy.linear, frame.metadata.orientation)
        found = find_layers(self.looker, self.spec, upright, self.parameters.domain)
        self._check(frame, found.reflection)
        back = UNDO[frame.metadata.orientation]
        small = apply_orientation(found.reflection, back)
        return Answer(
            reflection=full_size_reflection(small, proxy, frame, light),
            confidence=None if found.confidence is None else apply_orientation(found.confidence, back),
            share=_share(small, proxy.linear),
            size=(proxy.linear.shape[-2], proxy.linear.shape[-1]),
        )

    def _in_mosaic(self, frame: Frame, light: Tensor, long_side: int) -> Answer:
        """Show the method the mosaic's planes and a display picture, and take its answer straight to the mosaic."""
        cfa = bayer_pattern(frame, f"the method {self.spec.name!r}")
        planes = small_planes(light, cfa, long_side)
        size = (2 * planes.shape[-2], 2 * planes.shape[-1])
        choice = self.parameters
        picture = show(frame, choice.picture if isinstance(choice, ShowsPicture) else "rendered", *size)
        proxy = MosaicProxy(planes=planes, display=picture.pixels)
        found, confidence = find_in_planes(self.looker, self.spec, proxy, frame.metadata.orientation)
        self._check(frame, found)
        return Answer(
            reflection=full_size_mosaic(found, cfa, light),
            confidence=confidence,
            share=_share(found, planes),
            size=size,
            notes=picture.notes,
        )

    def _check(self, frame: Frame, found: Tensor) -> None:
        if not bool(torch.isfinite(found).all()):
            raise FrameError(
                f"{frame.source}: the method {self.spec.name!r} gave values that are not finite; "
                "try another method, or check the frame for broken pixels"
            )

    def _recompose(self, frame: Frame, light: Tensor, answer: Answer) -> Frame:
        reflection = answer.reflection
        layers: dict[str, Callable[[], Tensor]] = {
            "transmission": lambda: subtract(frame, light, reflection, 1).image(),
            "reflection": lambda: encode_light(reflection, frame),
            "blended": frame.image,
        }
        kept: dict[str, Tensor] = {name: layers[name]() for name in self.parameters.keep if name in layers}
        maps: dict[str, Tensor] = {}
        if answer.confidence is not None and "confidence" in self.parameters.keep:
            maps["confidence"] = answer.confidence.clamp(0, 1)
        return replace(
            subtract(frame, light, reflection, self.parameters.strength),
            layers=MappingProxyType({**frame.layers, **kept}),
            maps=MappingProxyType({**frame.maps, **maps}),
            scores=MappingProxyType({**frame.scores, "reflection": answer.share}),
        ).note(*answer.notes, self._words(answer))

    def _words(self, answer: Answer) -> str:
        height, width = answer.size
        asked = self.parameters.domain
        shown = (
            ""
            if asked in ("auto", _DOMAINS.get(self.spec.domain))
            else f", shown as {asked} though trained otherwise"
        )
        return (
            f"{self.spec.name} saw {width} x {height} pixels{shown} and took {answer.share:.1%} of the light for "
            f"reflection; it is subtracted at strength {self.parameters.strength:g}"
        )


class Answer(NamedTuple):
    """What a method found, as it stands in the frame."""

    reflection: Tensor
    """(1, H, W) or (3, H, W) float32 linear light in the frame's own colour, between 0 and the light that is there."""
    confidence: Tensor | None
    """(1, h, w), lying as the frame does."""
    share: float
    """Of the proxy's light."""
    size: tuple[int, int]
    """Height and width of the proxy."""
    notes: tuple[str, ...] = ()


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
        What it is shown, if it sees colours: `linear`, or `srgb` for the same sRGB-encoded and clipped to [0, 1],
        which hides light beyond white from it; `auto` is what it was trained on.

    Returns
    -------
    Found
        The reflection in linear light: what a method of the linear domain gives, or else the proxy less the
        transmission; and the confidence, if it gives one.
    """
    height, width = linear.shape[-2:]
    padded = pad(linear[None], spec.multiple)
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


def _share(reflection: Tensor, light: Tensor) -> float:
    return float(reflection.sum() / light.clamp(min=0).sum().clamp(min=1e-9))
