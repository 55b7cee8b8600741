"""From a method's layers to the frame with the reflection taken out, in the frame's own colour."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ...isp.cfa import colour_index
from ...isp.colour import apply_matrix
from ...isp.tone import decode_curve, encode_curve
from ...pipeline.frame import Frame, Space
from .proxy import Proxy


def full_size_reflection(reflection: Tensor, proxy: Proxy, frame: Frame) -> Tensor:
    """Take a reflection found in the proxy to the frame's own linear colour and size.

    Parameters
    ----------
    reflection : (3, h, w) float32
        Linear light in the proxy's colour.
    proxy : Proxy
        The rendering it was found in.
    frame : Frame
        Gives the size, and bounds the reflection: it is between 0 and the light that is there.

    Returns
    -------
    (1, H, W) on a mosaic, else (3, H, W), float32
        Linear light in the frame's colour.
    """
    own = apply_matrix(reflection, torch.linalg.inv(proxy.matrix.double()).to(reflection.dtype))
    size = frame.image().shape[-2:]
    own = F.interpolate(own[None], size=size, mode="bicubic", align_corners=False)[0]
    light = frame_light(frame)
    if frame.space is Space.CFA_LINEAR and frame.camera.cfa is not None:
        index = colour_index(frame.camera.cfa, *size).to(own.device)
        own = own.gather(0, index[None])
    return torch.minimum(own.clamp(min=0), light.clamp(min=0))


def frame_light(frame: Frame) -> Tensor:
    """Return the frame's pixels as linear light, a mosaic as the mosaic it is."""
    if frame.space is Space.DISPLAY_RGB:
        return decode_curve(frame.image(), frame.curve)
    return frame.image()


def subtract(frame: Frame, reflection: Tensor, strength: float) -> Frame:
    """Return the frame less `strength` times the reflection, subtracted in linear light.

    Strength 0 gives the frame's own pixels, bit for bit; -1 doubles the reflection.
    """
    if strength == 0:
        return frame
    light = frame_light(frame) - strength * reflection
    return replace(frame, pixels=encode_light(light, frame))


def encode_light(light: Tensor, frame: Frame) -> Tensor:
    """Take linear light in the frame's colour to what the frame's numbers mean."""
    return encode_curve(light, frame.curve) if frame.space is Space.DISPLAY_RGB else light
