"""The `separate` stage: one implementation for all methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ...isp.orient import STEPS, UNDO, apply_orientation
from ...isp.tone.stage import decode_curve, encode_curve
from ...pipeline.frame import Frame
from ...pipeline.method import Domain, Layers, Method, MethodSpec
from .display import bayer_pattern, show
from .finish import DOMAINS, Finding, finish
from .look import Looker, Memory
from .mosaic import MosaicProxy, find_in_planes, small_planes
from .parameters import Separate
from .proxy import linear_light, pad, render
from .record import Recorder
from .shared import decide_gain
from .shows import ShowsPicture
from .weights import named

FRAMES, AT_LEAST = 3.8, 1_500_000_000
"""What a separation may hold on a CPU where `--max-memory` does not say it: so many frames of the size of its own, or
so many bytes where that is more; bands and the like come on top."""


class SeparateStage:
    """Render the proxy, let the method look at it, subtract what it found at full size."""

    def __init__(
        self,
        parameters: Separate,
        spec: MethodSpec,
        method: Method,
        memory: Memory | None = None,
        recorder: Recorder | None = None,
        weights: Sequence[Path] = (),
    ) -> None:
        self.parameters = parameters
        self.spec = spec
        self.looker = Looker(spec=spec, method=method, memory=memory or Memory())
        self.recorder = recorder
        self.notes = [f"weights of {spec.name}: {named(path)}" for path in weights]

    def __call__(self, frame: Frame) -> Frame:
        """Return the frame less the reflection; `FrameError` where the method cannot look at it, or fails it."""
        look = self._in_mosaic if self.spec.domain is Domain.RAW_DISPLAY else self._in_colour
        self.looker.notes.clear()
        finding = look(frame, self._long_side(frame))
        frame = decide_gain(frame, finding.gain) if finding.matrix is not None else frame
        frame = finish(frame.note(*self.notes, *self.looker.notes), finding, self.parameters, self.spec)
        return frame if self.recorder is None else self.recorder(frame, finding)

    def _long_side(self, frame: Frame) -> int:
        """Return the long side of the proxy; a method that needs the whole picture sees it at its usual size."""
        if self.parameters.scale == "full":
            if not self.spec.global_statistics:
                return max(frame.image().shape[-2:])
            self.looker.notes.append(
                f"{self.spec.name} needs the whole picture in view: one look at {self.spec.fit} pixels, not tiles"
            )
            return self.spec.fit
        return self.spec.fit if self.parameters.scale == "auto" else self.parameters.scale

    def _in_colour(self, frame: Frame, long_side: int) -> Finding:
        """Show the method the proxy upright, as it learned to see."""
        proxy = render(frame, linear_light(frame), long_side)
        self.looker.room = _room(frame.image(), proxy.linear)
        orientation = frame.metadata.orientation
        residual = "residual" in self.parameters.keep
        found = find_layers(
            self.looker, self.spec, proxy.linear, self.parameters.domain, residual, orientation
        )
        height, width = proxy.linear.shape[-2:]
        return Finding(
            reflection=found.reflection,
            light=proxy.linear,
            matrix=proxy.matrix,
            size=(width, height) if STEPS[orientation][0] else (height, width),
            confidence=found.confidence,
            residual=found.residual,
            gain=proxy.gain,
        )

    def _in_mosaic(self, frame: Frame, long_side: int) -> Finding:
        """Show the method the mosaic's planes and a display picture, and take its answer straight to the mosaic."""
        cfa = bayer_pattern(frame, f"the method {self.spec.name!r}")
        planes = small_planes(linear_light(frame), cfa, long_side)
        size = (2 * planes.shape[-2], 2 * planes.shape[-1])
        choice = self.parameters
        picture = show(frame, choice.picture if isinstance(choice, ShowsPicture) else "rendered", *size)
        proxy = MosaicProxy(planes=planes, display=picture.pixels)
        found, confidence = find_in_planes(self.looker, self.spec, proxy, frame.metadata.orientation)
        return Finding(
            reflection=found,
            light=planes,
            matrix=None,
            size=size,
            confidence=confidence,
            notes=picture.notes,
        )


class Found(NamedTuple):
    """What a method found in a proxy."""

    reflection: Tensor
    """(3, h, w) float32 linear light, between 0 and the light that is there."""
    confidence: Tensor | None
    """(1, h, w) in [0, 1] of a method that gives it."""
    residual: Tensor | None = None
    """(3, h, w) float32 linear light with sign: what was shown, less the transmission and the reflection that the
    method itself gives."""


@torch.inference_mode()
def find_layers(
    method: Method,
    spec: MethodSpec,
    linear: Tensor,
    domain: str = "auto",
    residual: bool = False,
    orientation: int = 1,
) -> Found:
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
    residual : bool
        Whether the residual is wanted, of a method that gives a reflection.
    orientation : int
        How the proxy is set upright for the method, as EXIF has it.

    Returns
    -------
    Found
        As the proxy lies, and at once all that is held of its size; a `Looker` makes it tile by tile. The reflection
        in linear light: what a method of the linear domain gives, or else the proxy less the transmission; and the
        confidence, if it gives one.
    """
    encoded = (DOMAINS[spec.domain] if domain == "auto" else domain) == "srgb"
    given: dict[str, int] = {}

    def see(method: Method, light: Tensor) -> Tensor:
        made = _seen(method, spec, light, encoded, residual, orientation)
        given.update({name: layer.shape[1] for name, layer in made.items()})
        return torch.cat(list(made.values()), 1)

    stacked = (method.through if isinstance(method, Looker) else partial(_alone, method))(see, linear[None])
    layers = dict(zip(given, torch.split(stacked[0], list(given.values())), strict=True))
    return Found(layers["reflection"], layers.get("confidence"), layers.get("residual"))


def _alone(method: Method, see: Callable[[Method, Tensor], Tensor], linear: Tensor) -> Tensor:
    return see(method, linear)


def _seen(
    method: Method, spec: MethodSpec, light: Tensor, encoded: bool, residual: bool, orientation: int
) -> dict[str, Tensor]:
    """Return what a method finds in a proxy or a tile of it, (1, 3, h, w), by the names of `Found`."""
    upright = apply_orientation(light, orientation)
    height, width = upright.shape[-2:]
    padded = pad(upright, spec.multiple)
    shown = encode_curve(padded.clamp(0, 1), "srgb") if encoded else padded
    layers = method(shown)

    def laid(layer: Tensor) -> Tensor:
        cropped = layer[..., :height, :width].float().to(light.device)
        return apply_orientation(cropped, UNDO[orientation])

    reflection = laid(_reflection(layers, encoded, shown))
    made = {"reflection": torch.minimum(reflection.clamp(min=0), light.clamp(min=0))}
    if layers.confidence is not None:
        made["confidence"] = laid(layers.confidence)
    left = _residual(layers, encoded, shown) if residual else None
    return made if left is None else {**made, "residual": laid(left)}


def _room(pixels: Tensor, proxy: Tensor) -> int:
    """Return the bytes that a look may take: what frame, proxy and answer leave of all that the stage is to hold."""
    held = pixels.nbytes + 2 * proxy.nbytes
    return max(int(FRAMES * pixels.nbytes), AT_LEAST) - held


def find_reflection(method: Method, spec: MethodSpec, linear: Tensor) -> Tensor:
    """Return the reflection alone of `find_layers`, (3, h, w)."""
    return find_layers(method, spec, linear).reflection


def _reflection(layers: Layers, encoded: bool, shown: Tensor) -> Tensor:
    transmission = layers.transmission.float()
    if encoded:
        return decode_curve(shown, "srgb") - decode_curve(transmission, "srgb")
    return layers.reflection.float() if layers.reflection is not None else shown - transmission


def _residual(layers: Layers, encoded: bool, shown: Tensor) -> Tensor | None:
    if layers.reflection is None:
        return None
    pictures = (shown, layers.transmission.float(), layers.reflection.float())
    light, transmission, reflection = (decode_curve(p, "srgb") if encoded else p for p in pictures)
    return light - transmission - reflection
