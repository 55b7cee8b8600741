"""From a method's layers to the frame with the reflection taken out, in the frame's own colour."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ...isp.cfa import colour_index
from ...isp.colour import apply_matrix
from ...isp.tone import encode_curve
from ...pipeline.frame import Frame, Space
from .proxy import Proxy


def full_size_reflection(reflection: Tensor, proxy: Proxy, frame: Frame, light: Tensor) -> Tensor:
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

    Returns
    -------
    (1, H, W) on a mosaic, else (3, H, W), float32
        Linear light in the frame's colour.
    """
    own = apply_matrix(reflection, torch.linalg.inv(proxy.matrix.double()).to(reflection.dtype))
    size = light.shape[-2:]
    own = F.interpolate(own[None], size=size, mode="bicubic", align_corners=False)[0]
    if frame.space is Space.CFA_LINEAR and frame.camera.cfa is not None:
        index = colour_index(frame.camera.cfa, *size).to(own.device)
        own = own.gather(0, index[None])
    return torch.minimum(own.clamp(min=0), light.clamp(min=0))


def subtract(frame: Frame, light: Tensor, reflection: Tensor, strength: float) -> Frame:
    """Return the frame, whose linear light is `light`, less `strength` times the reflection.

    Strength 0 gives the frame's own pixels, bit for bit; -1 doubles the reflection.
    """
    if strength == 0:
        return frame
    return replace(frame, pixels=encode_light(light - strength * reflection, frame))


def encode_light(light: Tensor, frame: Frame) -> Tensor:
    """Take linear light in the frame's colour to what the frame's numbers mean."""
    return encode_curve(light, frame.curve) if frame.space is Space.DISPLAY_RGB else light
