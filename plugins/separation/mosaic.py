"""Mosaic and display picture together: what a method of the domain `RAW_DISPLAY` sees, and the way back.

What such a method finds in the mosaic is sensor light already, so no rendering is to be undone: that matters where the
display picture is the camera's own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ...isp.bands import BAND
from ...isp.orient import UNDO, apply_orientation
from ...pipeline.errors import PluginError
from ...pipeline.method import Method, MethodSpec
from .packing import Pattern, pack, unpack
from .proxy import pad, shrink
from .upsample import band

RGGB: Pattern = ((0, 1), (1, 2))
"""The order of a proxy's mosaic, whatever that of the sensor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MosaicProxy:
    """A mosaic and its display picture as a method sees them, lying as the sensor does."""

    planes: Tensor
    """(4, h, w) float32 R, G, G, B, linear, 0 = black, 1 = saturation, white balance untouched."""
    display: Tensor
    """(3, 2 h, 2 w) float32 sRGB-encoded, [0, 1]."""


def pack_even(mosaic: Tensor, cfa: Pattern) -> Tensor:
    """Pack a (1, H, W) Bayer mosaic into (4, ceil(H / 2), ceil(W / 2)).

    At an odd side, the last cells take what is missing from the row or column two before.
    """
    if mosaic.shape[-2] % 2:
        mosaic = torch.cat((mosaic, mosaic[:, -2:-1]), 1)
    if mosaic.shape[-1] % 2:
        mosaic = torch.cat((mosaic, mosaic[..., -2:-1]), 2)
    return pack(mosaic[None], cfa)[0]


def small_planes(mosaic: Tensor, cfa: Pattern, long_side: int) -> Tensor:
    """Return the planes of a mosaic, shrunk by averaging areas so that the cells' long side is half of `long_side`.

    The planes' half-pixel offsets stay, as in the published training.
    """
    return shrink(pack_even(mosaic, cfa), max(1, long_side // 2))


@torch.inference_mode()
def find_in_planes(
    method: Method, spec: MethodSpec, proxy: MosaicProxy, orientation: int
) -> tuple[Tensor, Tensor | None]:
    """Show a method the proxy upright, and turn its answer back.

    The planes are turned one by one and then laid out as R G / G B: the colours keep their places in the cell.

    Returns
    -------
    (4, h, w) float32
        The reflection in sensor light, between 0 and the light that is there; what is beyond saturation is none.
    (1, 2 h, 2 w) float32 or None
        The confidence, if the method gives one.
    """
    planes, display = (apply_orientation(x, orientation) for x in (proxy.planes, proxy.display))
    step = math.lcm(spec.multiple, 2)
    mosaic = unpack(pad(planes[None], step // 2), RGGB)
    layers = method(torch.cat((pad(display[None], step), mosaic), 1))
    if layers.mosaic is None:
        raise PluginError(
            f"the method {spec.name!r} sees the mosaic but gives none back; its plugin is broken"
        )
    height, width = planes.shape[-2:]
    behind = pack(layers.mosaic.float(), RGGB)[0, :, :height, :width]
    reflection = torch.minimum((planes.clamp(max=1) - behind).clamp(min=0), planes.clamp(min=0))
    confidence = layers.confidence
    if confidence is not None:
        confidence = apply_orientation(confidence[0, :, : 2 * height, : 2 * width].float(), UNDO[orientation])
    return apply_orientation(reflection, UNDO[orientation]).clone(), confidence


def full_size_mosaic(reflection: Tensor, cfa: Pattern, light: Tensor) -> Tensor:
    """Take a reflection found in the planes to the mosaic.

    Parameters
    ----------
    reflection : (4, h, w) float32
        R, G, G, B; each plane goes to the samples that it was packed from.
    cfa : Pattern
        Of the mosaic.
    light : (1, H, W) float32
        The mosaic, which bounds the reflection: it is between 0 and the light that is there.

    Returns
    -------
    (1, H, W) float32
        Made band by band: no second picture of its size is held.
    """
    height, width = light.shape[-2:]
    rows, columns = -(-height // 2), -(-width // 2)
    step = max(1, BAND // 2 // width)
    full = torch.empty_like(light)
    for top in range(0, rows, step):
        planes = band(reflection, top, min(step, rows - top), rows, columns)
        part = light[:, 2 * top : 2 * (top + step)]
        found = unpack(planes[None], cfa)[0, :, : part.shape[-2], :width]
        full[:, 2 * top : 2 * (top + step)] = torch.minimum(found.clamp(min=0), part.clamp(min=0))
    return full
