"""Exposure, output primaries and the display curve. No tone mapping: straight lines in linear light, then the
curve.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from ...pipeline.frame import Camera, Frame, Space
from ..colour.colorimetry import rgb_to_xyz
from ..colour.stage import apply_matrix, change_colour, rgb_to_rgb
from ..parameters import Tone
from .curves import decode_curve, encode_curve

__all__ = ["ToneStage", "auto_exposure", "decode_curve", "encode_curve", "is_finished", "luminance"]

TARGET, PERCENTILE = 0.9, 0.99
"""Auto exposure brings this percentile of luminance to this linear level."""
LOWEST_EV, HIGHEST_EV = -2.0, 4.0
SAMPLES = 1_000_000
"""Pixels, evenly spread, that are enough to find a percentile."""


def luminance(pixels: Tensor, space: str) -> Tensor:
    """Return the luminance (..., H, W) of linear RGB (..., 3, H, W) of a named space; white (1, 1, 1) has
    1.
    """
    weights = torch.from_numpy(rgb_to_xyz(space)[1]).to(pixels)
    return torch.einsum("j,...jhw->...hw", weights, pixels)


def auto_exposure(pixels: Tensor, space: str) -> float:
    """Find the exposure that brings the bright parts of a picture near display white.

    The 99th percentile of luminance goes to 0.9: one pixel in a hundred, lamps and their images, may be
    brighter. Limited to -2 to +4 EV, so that a night stays a night and noise is not lifted to white.

    Parameters
    ----------
    pixels : (3, H, W) float
        Linear RGB of the named space; pixels that are not finite are left out.
    space : str
        A space of `isp.parameters`.

    Returns
    -------
    float
        EV: 0 for a picture that is black or has no finite pixel.
    """
    step = max(1, math.isqrt(pixels.shape[-2] * pixels.shape[-1] // SAMPLES))
    light = luminance(pixels[:, ::step, ::step], space).flatten()
    light = light[light.isfinite()]
    if light.numel() == 0:
        return 0.0
    rank = math.ceil(PERCENTILE * light.numel())
    bright = float(light.kthvalue(rank).values)
    if bright <= 0:
        return 0.0
    return min(max(math.log2(TARGET / bright), LOWEST_EV), HIGHEST_EV)


def is_finished(camera: Camera) -> bool:
    """Tell whether a frame came in as a finished picture: no mosaic, no colour matrix, no white balance."""
    return camera.cfa is None and not camera.xyz_to_camera and camera.white_balance is None


class ToneStage:
    """Working space to display values."""

    def __init__(self, parameters: Tone) -> None:
        self.parameters = parameters
        gamma = parameters.curve == "gamma"
        self.curve = f"gamma:{parameters.gamma:.10g}" if gamma else parameters.curve

    def __call__(self, frame: Frame) -> Frame:
        """Return the frame as DISPLAY_RGB; values outside [0, 1] are kept and their share is noted."""
        space = self.parameters.output_space
        exposure, remark = self._exposure(frame)
        matrix = rgb_to_rgb(frame.primaries, space) * 2.0**exposure
        pixels, layers = change_colour(
            frame, lambda image: encode_curve(apply_matrix(image, matrix), self.curve)
        )
        frame = replace(
            frame, pixels=pixels, layers=layers, space=Space.DISPLAY_RGB, primaries=space, curve=self.curve
        )
        return frame.note(remark, _outside(pixels, space))

    def _exposure(self, frame: Frame) -> tuple[float, str]:
        wanted, baseline = self.parameters.exposure, frame.camera.baseline_exposure
        if wanted == "auto":
            if is_finished(frame.camera):
                return (
                    0.0,
                    "exposure auto: 0 EV: nothing is known of a camera, so the picture is taken as finished",
                )
            found = auto_exposure(frame.image(), frame.primaries)
            return found, f"exposure auto: {found:+.2f} EV"
        if baseline == 0:
            return wanted, f"exposure {wanted:+.2f} EV"
        total = wanted + baseline
        return total, f"exposure {total:+.2f} EV: {baseline:+.2f} of it are the DNG's baseline exposure"


def _outside(pixels: Tensor, space: str) -> str:
    below = float((pixels < 0).any(dim=0).float().mean())
    above = float((pixels > 1).any(dim=0).float().mean())
    return f"{below:.2%} of the pixels are outside the gamut of {space}, {above:.2%} above its white"
