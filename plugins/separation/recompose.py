"""From a method's layers to the frame with the reflection taken out, in the frame's own colour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from ...isp.bands import BAND
from ...isp.cfa import colour_index
from ...isp.colour.stage import apply_matrix
from ...isp.tone.stage import encode_curve
from ...pipeline.frame import Frame, Space
from .proxy import Proxy
from .upsample import Way, band, bicubic, detail

WAY: Way = detail
"""How reflections are enlarged; `benchmarks/separation.py` compares the ways."""


def full_size_reflection(
    reflection: Tensor, proxy: Proxy, frame: Frame, light: Tensor, way: Way = WAY
) -> Tensor:
    """Take a reflection found in the proxy to the frame's own linear colour and size.

    Parameters
    ----------
    reflection : (3, h, w) float32
        Linear light in the proxy's colour.
    proxy : Proxy
        The rendering it was found in.
    frame : Frame
        Says how its pixels are laid out.
    light : (1, H, W) or (3, H, W) float32
        Its linear light, which gives the size and bounds the reflection: it is between 0 and the light that is
        there.
    way : Way
        How it is enlarged; see `upsample`.

    Returns
    -------
    (1, H, W) on a mosaic, else (3, H, W), float32
        Linear light in the frame's colour. Made band by band: no second picture of its size is held.
    """
    full = torch.empty_like(light)
    for rows, found in _enlarged(reflection, proxy, frame, light, way):
        full[:, rows] = torch.minimum(found.clamp(min=0), light[:, rows].clamp(min=0))
    return full


def full_size_residual(residual: Tensor, proxy: Proxy, frame: Frame, light: Tensor) -> Tensor:
    """Take a residual to the frame's own linear colour and size; as `full_size_reflection`, but with its sign."""
    full = torch.empty_like(light)
    for rows, found in _enlarged(residual, proxy, frame, light, bicubic):
        full[:, rows] = found
    return full


def _enlarged(
    layer: Tensor, proxy: Proxy, frame: Frame, light: Tensor, way: Way
) -> Iterator[tuple[slice, Tensor]]:
    """Yield the rows of each band of the frame, and the layer there in the frame's own colour."""
    back = torch.linalg.inv(proxy.matrix.double()).to(layer)
    small = way(apply_matrix(layer, back), apply_matrix(proxy.linear, back))
    cfa = frame.camera.cfa if frame.space is Space.CFA_LINEAR else None
    height, width = light.shape[-2:]
    period = len(cfa) if cfa else 1
    rows = max(1, BAND // width // period) * period
    index = colour_index(cfa, rows, width).to(light.device)[None] if cfa else None
    for top in range(0, height, rows):
        part = light[:, top : top + rows]
        found = small.rows(part, top, height)
        if index is not None:
            found = found.gather(0, index[:, : part.shape[-2]])
        yield slice(top, top + part.shape[-2]), found


def subtract(
    frame: Frame,
    light: Tensor,
    reflection: Tensor,
    strength: float,
    mask: Tensor | None = None,
    into: Tensor | None = None,
) -> Frame:
    """Return the frame, whose linear light is `light`, less `strength` times the reflection.

    Where nothing is subtracted the frame's own pixels stay, bit for bit: everywhere with strength 0, and wherever mask
    or reflection is 0. Strength -1 doubles the reflection.

    Parameters
    ----------
    light, reflection : (1, H, W) or (3, H, W) float32
        In the frame's own linear colour.
    mask : (1, h, w) float32, optional
        In [0, 1], no larger than the frame: the share of the strength at each place, enlarged smoothly.
    into : Tensor, optional
        Where the new pixels are written, e.g. `light` itself where nobody needs it any more.
    """
    if strength == 0:
        return frame
    height, width = light.shape[-2:]
    pixels = torch.empty_like(light) if into is None else into
    rows = max(1, BAND // width)
    for top in range(0, height, rows):
        at = (slice(None), slice(top, top + rows))
        taken = strength * reflection[at]
        if mask is not None:
            taken *= band(mask, top, taken.shape[-2], height, width).clamp(0, 1)
        pixels[at] = torch.where(taken == 0, frame.image()[at], encode_light(light[at] - taken, frame))
    return replace(frame, pixels=pixels)


def encode_light(light: Tensor, frame: Frame) -> Tensor:
    """Take linear light in the frame's colour to what the frame's numbers mean."""
    return encode_curve(light, frame.curve) if frame.space is Space.DISPLAY_RGB else light
