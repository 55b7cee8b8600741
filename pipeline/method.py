"""The contract of a method: a single-image reflection-removal (SIRR) network, wrapped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .stage import Parameters

if TYPE_CHECKING:
    from torch import Tensor


class Domain(StrEnum):
    """What a method was trained on, and so what its proxy holds."""

    DISPLAY = "display"
    """sRGB-encoded, sRGB primaries, [0, 1]."""
    LINEAR = "linear"
    """Linear light, sRGB primaries, white balanced, exposed so that 1 is display white."""
    RAW_DISPLAY = "raw+display"
    """Four channels: three as `DISPLAY`, and a mosaic of the same size in the order R G / G B, 0 = black,
    1 = saturation, white balance untouched, not clipped. The frame must be a Bayer mosaic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """What a method gives for a batch of proxies, in the domain of the proxy."""

    transmission: Tensor
    """(N, 3, H, W) what is behind the glass."""
    reflection: Tensor | None = None
    """(N, 3, H, W) the reflection; None: the proxy less the transmission, in linear light."""
    confidence: Tensor | None = None
    """(N, 1, H, W) in [0, 1] where the method has one."""
    mosaic: Tensor | None = None
    """(N, 1, H, W) the transmission as a mosaic, R G / G B, where the domain is `RAW_DISPLAY`."""


class Method(Protocol):
    """A built network: eval mode, on its device, no gradients."""

    def __call__(self, proxy: Tensor) -> Layers:
        """Separate (N, 3, H, W) float32 proxies whose sides are multiples of `MethodSpec.multiple`.

        (N, 4, H, W) where the domain is `RAW_DISPLAY`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodSpec:
    """A method as a plugin offers it."""

    name: str
    """Name used in recipes, e.g. `unveilnet`."""
    summary: str
    """One line for `unveil methods`, with the source."""
    domain: Domain
    multiple: int
    """The host pads both sides of a proxy to a multiple of it and crops back."""
    global_statistics: bool
    """True where the answer for one place depends on the whole picture (squeeze-excite, instance norm)."""
    fit: int
    """Long side, in pixels, of the proxy that the method sees at scale `auto`."""
    gives: tuple[str, ...]
    """Layers it gives: `transmission`, `reflection`, `confidence`, `mosaic`."""
    cost: float
    """Work for a proxy of one megapixel with its usual parameters, in 10^9 multiply-adds (GMAC), of the
    variant whose weights come along, or is to."""
    parameters: type[Parameters]
    """The method's own parameters; recipes write them beside those of the `separate` stage, whose names they
    must not repeat."""
    build: Callable[[Any, str], Method]
    """Checked parameters and device name to the method; weights are loaded here."""
    reach: int = 64
    """How far, in pixels of the proxy, an answer depends on the picture around it, to a thousandth of white; tiles
    overlap by twice as much. Of no use where `global_statistics` is true: such a method is shown whole pictures."""
    memory: int = 8192
    """Bytes that a look takes for each pixel of the proxy, on a CPU in float32."""
    weights: tuple[Path, ...] = ()
    """Its safetensors files; each has a card (`.json`) of the same name beside it."""
    fits: Callable[[Any], int] | None = None
    """Checked parameters to the `fit` of the variant that `build` would load now, where variants differ."""
    loads: Callable[[Any], Sequence[Path]] | None = None
    """Checked parameters to the weight files that `build` would load now, which the trail names and the hash of a plan
    covers; `EnvironmentFailure` where there are none. None: it has no weights."""
