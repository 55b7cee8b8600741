"""The proxy: the small rendering of a frame that a method looks at, and the way back from it.

The rendering is linear and pointwise (white balance, matrix, exposure), so a reflection found in the proxy has an
exact counterpart in the frame's own colour, even on a mosaic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import torch
import torch.nn.functional as F
from torch import Tensor

from ...isp.bands import BAND, by_bands
from ...isp.cfa import is_monochrome
from ...isp.colour.stage import apply_matrix, camera_matrix, rgb_to_rgb
from ...isp.colour.white_balance import white_balance
from ...isp.demosaic.blocks import block_size, superpixel
from ...isp.tone.stage import decode_curve
from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame, Space
from .shared import shared_gain

PRIMARIES = "sRGB"
EXPOSURE_QUANTILE = 0.98
"""The brightest channel's quantile that stands at white in the proxy of a frame that is not yet exposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A frame as a method sees it."""

    linear: Tensor
    """(3, h, w) float32 linear light, sRGB primaries, white balanced, 1 = display white."""
    matrix: Tensor
    """(3, 3) float32 from the frame's own linear colour to `linear`: white balance, primaries and exposure."""
    gain: float = 1.0
    """The exposure in it."""


def render(frame: Frame, light: Tensor, long_side: int) -> Proxy:
    """Render a frame's proxy.

    Parameters
    ----------
    frame : Frame
        In any of CFA_LINEAR, CAMERA_RGB, LINEAR_RGB, DISPLAY_RGB.
    light : (1, H, W) or (3, H, W) float32
        Its `linear_light`.
    long_side : int
        The proxy's long side in pixels; smaller frames keep their size.
    """
    small = _small(frame, light, long_side)
    matrix = _to_proxy_primaries(frame).to(small.device)
    gain = _gain(apply_matrix(small, matrix), frame)
    matrix = matrix * gain
    return Proxy(linear=apply_matrix(small, matrix), matrix=matrix, gain=gain)


def render_again(frame: Frame, light: Tensor, long_side: int, matrix: Tensor) -> Proxy:
    """Render a frame's proxy by a matrix that an earlier `render` found."""
    small = _small(frame, light, long_side)
    return Proxy(linear=apply_matrix(small, matrix.to(small.device)), matrix=matrix)


def linear_light(frame: Frame) -> Tensor:
    """Return the frame's pixels as linear light in its own colour, a mosaic as the mosaic it is."""
    match frame.space:
        case Space.DISPLAY_RGB:
            return by_bands(lambda band: decode_curve(band, frame.curve), frame.image())
        case Space.CFA_LINEAR | Space.CAMERA_RGB | Space.LINEAR_RGB:
            return frame.image()
    raise FrameError(f"{frame.source}: 'separate' does not take {frame.space}; put 'linearize' before it")


def linear_rows(frame: Frame, rows: slice) -> Tensor:
    """Return some rows of `linear_light` without the others."""
    pixels = frame.image()[:, rows]
    return decode_curve(pixels, frame.curve) if frame.space is Space.DISPLAY_RGB else pixels


def three_colours(frame: Frame, light: Tensor) -> Tensor:
    """Return the linear light of a frame as (3, H, W); a mosaic gives one pixel for each cell."""
    if frame.space is not Space.CFA_LINEAR:
        return light
    if frame.camera.cfa is None:
        raise FrameError(f"{frame.source}: a mosaic without a colour filter array cannot be separated")
    return superpixel(light, frame.camera.cfa)


def shrink(pixels: Tensor, long_side: int) -> Tensor:
    """Shrink (C, H, W) linear light to a long side by averaging areas; smaller pictures stay as they are."""
    height, width = pixels.shape[-2:]
    size = _shrunk_size(height, width, long_side)
    if size == (height, width):
        return pixels
    rows = max(1, BAND // width)
    narrow = (_resize(pixels[:, top : top + rows], width=size[1]) for top in range(0, height, rows))
    return _resize(_laid(narrow, height), height=size[0])


def _small(frame: Frame, light: Tensor, long_side: int) -> Tensor:
    """Return `shrink(three_colours(frame, light), long_side)` without the whole picture in between.

    Bands of rows are made narrow first; the rows are averaged at the end.
    """
    cfa = frame.camera.cfa
    if frame.space is not Space.CFA_LINEAR or cfa is None:
        return shrink(three_colours(frame, light), long_side)
    block = 1 if is_monochrome(cfa) else block_size(cfa)
    height, width = (side // block for side in light.shape[-2:])
    size = _shrunk_size(height, width, long_side)
    step = max(1, BAND // light.shape[-1] // len(cfa)) * len(cfa)
    bands = (light[:, top : top + step] for top in range(0, max(block, height * block), step))
    narrow = (_resize(three_colours(frame, band), width=size[1]) for band in bands)
    return _resize(_laid(narrow, max(1, height)), height=size[0])


def _laid(bands: Iterator[Tensor], rows: int) -> Tensor:
    """Lay bands of rows together in one piece of memory: many small ones would leave holes that are not given back."""
    first = next(bands)
    laid = first.new_empty(first.shape[0], rows, first.shape[-1])
    top = 0
    for band in chain((first,), bands):
        laid[:, top : top + band.shape[-2]] = band
        top += band.shape[-2]
    return laid


def _shrunk_size(height: int, width: int, long_side: int) -> tuple[int, int]:
    scale = long_side / max(height, width, 1)
    return (height, width) if scale >= 1 else (max(1, round(height * scale)), max(1, round(width * scale)))


def _resize(pixels: Tensor, *, height: int = 0, width: int = 0) -> Tensor:
    """Average (C, H, W) down to a height or a width, whichever is given."""
    size = (height or pixels.shape[-2], width or pixels.shape[-1])
    if size == tuple(pixels.shape[-2:]):
        return pixels
    return F.interpolate(pixels[None], size=size, mode="bilinear", antialias=True)[0]


def pad(batch: Tensor, multiple: int) -> Tensor:
    """Pad (N, C, H, W) right and bottom to a multiple by repeating the border."""
    height, width = batch.shape[-2:]
    return F.pad(batch, (0, -width % multiple, 0, -height % multiple), mode="replicate")


def _to_proxy_primaries(frame: Frame) -> Tensor:
    if frame.space in (Space.LINEAR_RGB, Space.DISPLAY_RGB):
        return rgb_to_rgb(frame.primaries, PRIMARIES)
    multipliers, _ = white_balance(frame.camera)
    matrix, _ = camera_matrix(frame.camera, PRIMARIES, multipliers)
    return matrix @ torch.diag(torch.tensor(multipliers, dtype=matrix.dtype))


def _gain(linear: Tensor, frame: Frame) -> float:
    """Exposure of the proxy: display pictures are exposed already, all others by their bright parts."""
    if frame.space is Space.DISPLAY_RGB:
        return 1.0
    brightest = linear.amax(0).flatten()
    level = torch.quantile(brightest[:: max(1, brightest.numel() // 1_000_000)], EXPOSURE_QUANTILE)
    return shared_gain(frame, 1.0 / max(float(level), 1e-6))
