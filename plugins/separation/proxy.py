"""The proxy: the small rendering of a frame that a method looks at, and the way back from it.

The rendering is linear and pointwise (white balance, matrix, exposure), so a reflection found in the proxy has an
exact counterpart in the frame's own colour, even on a mosaic.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...isp.colour import apply_matrix, camera_matrix, rgb_to_rgb
from ...isp.demosaic import superpixel
from ...isp.tone import decode_curve
from ...isp.white_balance import white_balance
from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame, Space

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
    small = shrink(three_colours(frame, light), long_side)
    matrix = _to_proxy_primaries(frame).to(small.device)
    linear = apply_matrix(small, matrix)
    gain = _gain(linear, frame)
    return Proxy(linear=linear * gain, matrix=matrix * gain)


def linear_light(frame: Frame) -> Tensor:
    """Return the frame's pixels as linear light in its own colour, a mosaic as the mosaic it is."""
    match frame.space:
        case Space.DISPLAY_RGB:
            return decode_curve(frame.image(), frame.curve)
        case Space.CFA_LINEAR | Space.CAMERA_RGB | Space.LINEAR_RGB:
            return frame.image()
    raise FrameError(f"{frame.source}: 'separate' does not take {frame.space}; put 'linearize' before it")


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
    scale = long_side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
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
    return 1.0 / max(float(level), 1e-6)
