"""Exposure, output primaries, tones, gamut and the display curve, in this order. By default there is no tone mapping:
straight lines in linear light, then the curve.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from ...pipeline.frame import Camera, Frame, Space
from ..bands import BAND
from ..colour.colorimetry import rgb_to_xyz
from ..colour.stage import Change, apply_matrix, change_colour, rgb_to_rgb
from ..parameters import Tone
from ..parameters.tone import MAPPED
from .curves import decode_curve, encode_curve
from .filmic import filmic
from .gamut import desaturate, is_outside
from .hue import keep_ratios
from .points import monotone_cubic

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
        named = "srgb" if parameters.curve in MAPPED else parameters.curve
        self.curve = f"gamma:{parameters.gamma:.10g}" if gamma else named

    def __call__(self, frame: Frame) -> Frame:
        """Return the frame as DISPLAY_RGB; what is still outside [0, 1] is kept and its share is noted."""
        space, image = self.parameters.output_space, frame.image()
        exposure, remark = self._exposure(frame)
        frame = frame.decide(exposure=exposure)
        light = self._light(rgb_to_rgb(frame.primaries, space) * 2.0**exposure)
        inside, remarks = self._gamut(image, light)
        pixels, layers = change_colour(frame, lambda band: encode_curve(inside(light(band)), self.curve))
        frame = replace(
            frame, pixels=pixels, layers=layers, space=Space.DISPLAY_RGB, primaries=space, curve=self.curve
        )
        return frame.note(remark, *self._mapped(), *remarks, _outside(pixels, space))

    def _light(self, matrix: Tensor) -> Change:
        """The change from the working space to linear light of the output, tones mapped."""
        curve = _tone_curve(self.parameters)
        if curve is None:
            return lambda image: apply_matrix(image, matrix)
        if self.parameters.channels == "hue":
            return lambda image: keep_ratios(apply_matrix(image, matrix), curve)
        return lambda image: curve(apply_matrix(image, matrix))

    def _mapped(self) -> tuple[str, ...]:
        wanted = self.parameters
        if wanted.curve not in MAPPED:
            return ()
        what = f"filmic, white at {wanted.white:+.2f} EV" if wanted.curve == "filmic" else "through points"
        how = "of each colour" if wanted.channels == "each" else "of the largest colour, ratios kept"
        return (f"tones: {what}, {how}",)

    def _gamut(self, image: Tensor, light: Change) -> tuple[Change, tuple[str, ...]]:
        """The change of linear light that brings colours into the output space, and what it does."""
        space = self.parameters.output_space
        if self.parameters.gamut == "clip":
            return (lambda image: image), ()
        weights = torch.from_numpy(rgb_to_xyz(space)[1])
        rows = max(1, BAND // image.shape[-1])
        count = 0
        for start in range(0, image.shape[-2], rows):
            count += int(is_outside(light(image[:, start : start + rows])).sum())
        share = count / (image.shape[-2] * image.shape[-1])
        said = f"{share:.2%} of the pixels were outside {space} and are desaturated at the same luminance"
        return (lambda image: desaturate(image, weights)), (said,)

    def _exposure(self, frame: Frame) -> tuple[float, str]:
        wanted, baseline = self.parameters.exposure, frame.camera.baseline_exposure
        if wanted == "auto":
            if (shared := frame.decisions.get("exposure")) is not None:
                return shared, f"exposure {shared:+.2f} EV: the auto exposure of the group's leader"
            if is_finished(frame.camera):
                return (
                    0.0,
                    "exposure auto: 0 EV: nothing is known of a camera, so the picture is taken as finished",
                )
            found = auto_exposure(frame.image(), frame.primaries)
            return found, f"exposure auto: {found:+.2f} EV"
        if wanted == "baseline":
            return baseline, f"exposure {baseline:+.2f} EV: the baseline exposure that the file asks for"
        if baseline == 0:
            return wanted, f"exposure {wanted:+.2f} EV"
        total = wanted + baseline
        return total, f"exposure {total:+.2f} EV: {baseline:+.2f} of it are the DNG's baseline exposure"


def _tone_curve(parameters: Tone) -> Change | None:
    """The curve in linear light that `filmic` and `points` ask for."""
    if parameters.curve == "filmic":
        white = 2.0**parameters.white
        return lambda x: filmic(x, white)
    points = parameters.points
    if points is None:
        return None
    return lambda x: decode_curve(monotone_cubic(encode_curve(x, "srgb"), points), "srgb")


def _outside(pixels: Tensor, space: str) -> str:
    below = float((pixels < 0).any(dim=0).float().mean())
    above = float((pixels > 1).any(dim=0).float().mean())
    return f"{below:.2%} of the pixels are outside the gamut of {space}, {above:.2%} above its white"
