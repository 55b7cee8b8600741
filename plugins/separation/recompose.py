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
from .proxy import Proxy, linear_rows
from .upsample import MARGIN, Enlarged, Way, band, bicubic, detail, places

WAY: Way = detail
"""How reflections are enlarged; `benchmarks/separation.py` compares the ways."""
STRIP = 1 << 18
"""Pixels of a large proxy that are prepared at once."""
Bands = Iterator[tuple[slice, Tensor, Tensor]]
"""Rows of a frame, their linear light, and a layer there, in order."""


def full_size_reflection(reflection: Tensor, proxy: Proxy, frame: Frame, way: Way = WAY) -> Tensor:
    """Take a reflection found in the proxy to the frame's own linear colour and size.

    Parameters
    ----------
    reflection : (3, h, w) float32
        Linear light in the proxy's colour.
    proxy : Proxy
        The rendering it was found in.
    frame : Frame
        Its light gives the size and bounds the reflection: that is between 0 and the light that is there.
    way : Way
        How it is enlarged; see `upsample`.

    Returns
    -------
    (1, H, W) on a mosaic, else (3, H, W), float32
        Linear light in the frame's colour.
    """
    return whole(reflection_by_bands(reflection, proxy, frame, way), frame)


def reflection_by_bands(reflection: Tensor, proxy: Proxy, frame: Frame, way: Way = WAY) -> Bands:
    """Yield `full_size_reflection` band by band: no second picture of the frame's size is held."""
    for rows, light, found in _enlarged(reflection, proxy, frame, way):
        yield rows, light, torch.minimum(found.clamp(min=0), light.clamp(min=0))


def full_size_residual(residual: Tensor, proxy: Proxy, frame: Frame) -> Tensor:
    """Take a residual to the frame's own linear colour and size; as `full_size_reflection`, but with its sign."""
    return whole(_enlarged(residual, proxy, frame, bicubic), frame)


def whole(bands: Bands, frame: Frame) -> Tensor:
    """Lay bands together."""
    full = torch.empty_like(frame.image())
    for rows, _, found in bands:
        full[:, rows] = found
    return full


def in_bands(layer: Tensor, frame: Frame) -> Bands:
    """Yield a layer of the frame's size band by band."""
    step = max(1, BAND // layer.shape[-1])
    for top in range(0, layer.shape[-2], step):
        rows = slice(top, top + step)
        yield rows, linear_rows(frame, rows), layer[:, rows]


def _enlarged(layer: Tensor, proxy: Proxy, frame: Frame, way: Way) -> Bands:
    """Yield a layer in the frame's own colour.

    A large proxy is taken in strips, with what counts for a strip on both sides of it.
    """
    back = torch.linalg.inv(proxy.matrix.double()).to(layer)
    cfa = frame.camera.cfa if frame.space is Space.CFA_LINEAR else None
    height, width = frame.image().shape[-2:]
    small, period = layer.shape[-2], len(cfa) if cfa else 1
    step = max(1, STRIP // layer.shape[-1])
    for first in range(0, small, step):
        above, below = max(0, first - MARGIN), min(small, first + step + MARGIN)
        strip = apply_matrix(layer[:, above:below], back)
        top, bottom = (
            min(small, row) * height // small // period * period if row < small else height
            for row in (first, first + step)
        )
        if cfa is None and layer.shape[-2:] == (height, width):
            yield from _as_it_is(strip, above, slice(top, bottom), frame)
        else:
            enlarged = way(strip, apply_matrix(proxy.linear[:, above:below], back))
            yield from _rows(enlarged, places(0, height, height, small) - above, slice(top, bottom), frame)


def _as_it_is(strip: Tensor, above: int, part: slice, frame: Frame) -> Bands:
    yield part, linear_rows(frame, part), strip[:, part.start - above : part.stop - above]


def _rows(enlarged: Enlarged, where: Tensor, part: slice, frame: Frame) -> Bands:
    """Yield some rows of the frame, in bands of whole cells of its mosaic."""
    cfa = frame.camera.cfa if frame.space is Space.CFA_LINEAR else None
    width, period = frame.image().shape[-1], len(cfa) if cfa else 1
    step = max(1, BAND // width // period) * period
    device = frame.image().device
    index = colour_index(cfa, step, width).to(device)[None] if cfa else None
    for top in range(part.start, part.stop, step):
        rows = slice(top, min(top + step, part.stop))
        light = linear_rows(frame, rows)
        found = enlarged.rows(light, where[rows].to(device))
        yield rows, light, found if index is None else found.gather(0, index[:, : light.shape[-2]])


def subtract(
    frame: Frame, bands: Bands, strength: float, mask: Tensor | None = None, into: Tensor | None = None
) -> Frame:
    """Return the frame less `strength` times the reflection.

    Where nothing is subtracted the frame's own pixels stay, bit for bit: everywhere with strength 0, and wherever mask
    or reflection is 0. Strength -1 doubles the reflection.

    Parameters
    ----------
    bands : Bands
        The reflection, in the frame's own linear colour, all rows once.
    mask : (1, h, w) float32, optional
        In [0, 1], no larger than the frame: the share of the strength at each place, enlarged smoothly.
    into : Tensor, optional
        Of the frame's shape: where the new pixels are written.
    """
    if strength == 0:
        return frame
    height, width = frame.image().shape[-2:]
    pixels = torch.empty_like(frame.image()) if into is None else into
    for rows, light, reflection in bands:
        taken = strength * reflection
        if mask is not None:
            taken *= band(mask, rows.start, taken.shape[-2], height, width).clamp(0, 1)
        pixels[:, rows] = torch.where(taken == 0, frame.image()[:, rows], encode_light(light - taken, frame))
    return replace(frame, pixels=pixels)


def encode_light(light: Tensor, frame: Frame) -> Tensor:
    """Take linear light in the frame's colour to what the frame's numbers mean."""
    return encode_curve(light, frame.curve) if frame.space is Space.DISPLAY_RGB else light
