"""Pictures of a comparison: brought to one colour space and size, and measured against each other."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..isp.bands import by_bands
from ..isp.colour.colorimetry import D65_XY, colour_science, rgb_to_xyz
from ..isp.colour.stage import apply_matrix, rgb_to_rgb
from ..isp.encode.resize import fitted_size
from ..isp.metrics import best_exposure, psnr, ssim
from ..isp.orient import apply_orientation
from ..isp.tone.curves import decode_curve, encode_curve
from ..pipeline.frame import Frame

Picture = NDArray[np.uint16]
"""(H, W, 3) sRGB, 0 to 65535, upright."""
SAMPLES = 250_000
"""Most pixels, evenly spread, that colour differences are measured on: a percentile is hardly better with more."""
BAND = 1 << 20
"""Pixels that SSIM is measured on at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Delta E 2000 between two pictures (CIE 142-2001)."""

    mean: float
    p99: float
    """Its 99th percentile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How close a picture is to the truth, display-encoded sRGB in [0, 1]."""

    psnr: float | None
    """dB; None: they are equal."""
    psnr_exposed: float | None
    """The same at the one exposure that suits it best, on at most `SAMPLES` pixels."""
    ssim: float | None
    """None: the pictures are too small for it."""
    delta_e: Difference


def srgb(pixels: Tensor, frame: Frame) -> Picture:
    """Return display pixels (1 or 3, H, W) of a frame as sRGB, upright; what lies outside [0, 1] is clipped."""
    pixels = pixels.cpu().expand(3, -1, -1)
    if (frame.primaries, frame.curve) != ("sRGB", "srgb"):
        matrix = rgb_to_rgb(frame.primaries, "sRGB")
        pixels = by_bands(
            lambda band: encode_curve(apply_matrix(decode_curve(band, frame.curve), matrix), "srgb"), pixels
        )
    upright = apply_orientation(pixels, frame.metadata.orientation)
    whole = (upright.clamp(0, 1) * 65535).round().permute(1, 2, 0).numpy()
    return np.ascontiguousarray(whole.astype(np.uint16))


def smallest(pictures: Iterable[Picture]) -> tuple[int, int]:
    """Return height and width of the smallest picture."""
    height, width = min((picture.shape[:2] for picture in pictures), key=lambda size: size[0] * size[1])
    return height, width


def same_shape(one: tuple[int, int], other: tuple[int, int], tolerance: float = 0.01) -> bool:
    """Return whether two sizes (height, width) have the same proportions; rounding to pixels is no difference."""
    slack = tolerance + 2 / min(*one, *other)
    return abs(one[1] * other[0] / (one[0] * other[1]) - 1) <= slack


def resized(picture: Picture, height: int, width: int) -> Picture:
    """Shrink to a size that is not larger, averaging light."""
    if picture.shape[:2] == (height, width):
        return picture
    small = cv2.resize(linear(picture), (width, height), interpolation=cv2.INTER_AREA)
    encoded = encode_curve(torch.from_numpy(small), "srgb").numpy()
    whole: Picture = np.round(encoded.clip(0, 1) * 65535).astype(np.uint16)
    return whole


def fitted(picture: Picture, long_side: int) -> Picture:
    """Shrink to a long side, averaging light; one that is not longer comes back as it is."""
    return resized(picture, *fitted_size(picture.shape[0], picture.shape[1], long_side))


def linear(picture: Picture) -> NDArray[np.float32]:
    """Return linear light, 1 = display white."""
    light: NDArray[np.float32] = _light_of_samples()[picture]
    return light


def colour_difference(one: Picture, other: Picture) -> NDArray[np.float64]:
    """Return Delta E 2000 for every pixel, (H, W), of two pictures of one size."""
    found = colour_science().delta_E(_lab(one), _lab(other), method="CIE 2000")
    return np.asarray(found, dtype=np.float64)


def difference(one: Picture, other: Picture) -> Difference:
    """Measure the colour difference on at most `SAMPLES` pixels, every nth of every nth row."""
    found = colour_difference(sampled(one), sampled(other))
    return Difference(mean=float(found.mean()), p99=float(np.percentile(found, 99)))


def sampled(picture: Picture) -> Picture:
    """Return every nth pixel of every nth row, at most about `SAMPLES` in all."""
    step = math.ceil(math.sqrt(picture.shape[0] * picture.shape[1] / SAMPLES))
    return picture[::step, ::step]


def likeness(picture: Picture, truth: Picture) -> Likeness:
    """Measure a picture against the truth of the same size."""
    return Likeness(
        psnr=_psnr(picture, truth),
        psnr_exposed=_psnr_exposed(sampled(picture), sampled(truth)),
        ssim=_ssim(picture, truth),
        delta_e=difference(truth, picture),
    )


@cache
def _light_of_samples() -> NDArray[np.float32]:
    levels = torch.arange(65536, dtype=torch.float64) / 65535
    table: NDArray[np.float32] = decode_curve(levels, "srgb").float().numpy()
    return table


def _lab(picture: Picture) -> NDArray[Any]:
    xyz = linear(picture).astype(np.float64) @ rgb_to_xyz("sRGB").T
    lab: NDArray[Any] = colour_science().XYZ_to_Lab(xyz, D65_XY)
    return lab


def _psnr(picture: Picture, truth: Picture) -> float | None:
    rows = max(1, BAND // picture.shape[1])
    error = sum(
        float(((a.astype(np.float64) - b) ** 2).sum())
        for a, b in ((picture[r : r + rows], truth[r : r + rows]) for r in range(0, len(picture), rows))
    )
    return 10 * math.log10(65535.0**2 * picture.size / error) if error else None


def _psnr_exposed(picture: Picture, truth: Picture) -> float | None:
    wanted = _unit(truth).float()
    exposed = best_exposure(_unit(picture).float(), wanted)
    found = psnr(exposed, wanted)
    return found if math.isfinite(found) else None


def _ssim(picture: Picture, truth: Picture) -> float | None:
    """Return the mean over all places of the 11-pixel window, a band at a time so that memory stays bounded."""
    height, width = picture.shape[:2]
    if min(height, width) < 11:
        return None
    places: int = height - 10
    rows = max(1, BAND // width)
    total = 0.0
    for row in range(0, places, rows):
        count = min(rows, places - row)
        here = slice(row, row + count + 10)
        total += count * float(ssim(_unit(picture[here]), _unit(truth[here])))
    return total / places


def _unit(picture: Picture) -> Tensor:
    return torch.from_numpy(picture.astype(np.float64) / 65535).permute(2, 0, 1)
