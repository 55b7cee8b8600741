"""Large sensor frames with known truth: two photographs, mixed as light and counted by a made-up camera.

Photographs of 24 megapixels without a reflection, free to use, are not at hand, so smaller ones are enlarged. That
leaves their finest octaves empty, which would flatter every way that resizes; so each gets the finest contrast of its
own pixels back at the enlarged scale, mirrored over the frame, and the mixture gets sensor noise. It looks like detail
and has its statistics, but it is no more than that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from unveil.isp.colour.stage import camera_matrix
from unveil.isp.linearize.stage import LinearizeStage
from unveil.isp.parameters import Linearize
from unveil.isp.tone.curves import decode_curve
from unveil.isp.unprocess import add_noise, mosaic, to_counts, unprocess
from unveil.pipeline.frame import Camera, Frame, Space
from unveil.training.photographs import list_photographs, read_display

MULTIPLIERS = (2.0, 1.0, 1.6)
CAMERA = Camera(
    cfa=((0, 1), (1, 2)),
    black=((512.0,),),
    white=((15871.0,),),
    white_balance=MULTIPLIERS,
    xyz_to_camera=((6504.0, ((0.82, -0.25, -0.09), (-0.44, 1.24, 0.22), (-0.08, 0.19, 0.62))),),
    matrix_source="dng",
)
"""Of no real camera; of the kind that real ones have."""
SHOT, READ = 2e-5, 5e-9
"""Noise at base sensitivity: 50,000 electrons at saturation, 3.5 electrons read noise. More noise hides what the ways
differ by."""
BRIGHTNESS, SHARE = 0.6, 0.3
"""The scene's light beside its photograph's, and the share of the mixture's that is reflection."""
BRIGHTEST, QUANTILE = 0.95, 0.999
"""All but a thousandth of the mixture is exposed below this share of saturation: what a sensor clips no way brings
back, and it would hide what they differ by."""
DEFOCUS = 0.004
"""Standard deviation of a blurred reflection, in widths of the frame."""
KINDS = ("blurred", "sharp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """A frame and what it is made of."""

    name: str
    blended: Frame
    """CFA_LINEAR, counted with noise."""
    truth: Frame
    """CFA_LINEAR, the scene alone, counted without noise."""
    reflection: Tensor
    """(1, H, W) float32 linear light of the mosaic."""
    enlarged: float
    """How many times wider the frame is than the scene's photograph."""


def make_mixture(photographs: Sequence[Path], megapixels: float, kind: str) -> Mixture:
    """Mix the first photograph with the reflection of the second.

    Parameters
    ----------
    photographs
        Two files.
    megapixels : float
        Size of the frame, 3 x 2.
    kind : str
        `blurred` or `sharp`.
    """
    height = math.isqrt(round(megapixels * 1e6 / 1.5)) // 2 * 2
    width = round(height * 1.5) // 2 * 2
    matrix, _ = camera_matrix(CAMERA, "sRGB", MULTIPLIERS)
    scene, scale = _large(read_display(photographs[0]), height, width)
    behind = BRIGHTNESS * mosaic(_on_sensor(scene, matrix), CAMERA.cfa or ())
    other, _ = _large(read_display(photographs[1]), height, width)
    reflected = mosaic(
        _on_sensor(_defocused(other) if kind == "blurred" else other, matrix), CAMERA.cfa or ()
    )
    reflected *= float(behind.mean() / reflected.mean()) * SHARE / (1 - SHARE)
    exposure = min(1.0, BRIGHTEST / max(1e-6, _quantile(behind + reflected)))
    behind, reflected = behind * exposure, reflected * exposure
    noisy = add_noise(behind + reflected, SHOT, READ, torch.Generator().manual_seed(7))
    return Mixture(
        name=f"{megapixels:g} MP, {kind}",
        blended=_counted(noisy, photographs[0]),
        truth=_counted(behind, photographs[0]),
        reflection=reflected,
        enlarged=scale,
    )


def two_photographs(folder: Path) -> list[Path]:
    """Return the two largest photographs of a folder, the larger first; `RecipeError` where it has none."""
    files = sorted(list_photographs([folder]), key=lambda path: (-read_display(path).numel(), path.name))
    return [files[0], files[1 % len(files)]]


def _quantile(mosaic: Tensor) -> float:
    values = mosaic.flatten()[:: max(1, mosaic.numel() // 1_000_000)]
    return float(torch.quantile(values, QUANTILE))


def _large(picture: Tensor, height: int, width: int) -> tuple[Tensor, float]:
    """Cover a frame with a uint8 picture; return it as display values, and how much it was enlarged."""
    pixels = np.ascontiguousarray(picture.permute(1, 2, 0).numpy())
    scale = max(height / pixels.shape[0], width / pixels.shape[1])
    kind = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    size = (max(width, round(pixels.shape[1] * scale)), max(height, round(pixels.shape[0] * scale)))
    large = cv2.resize(pixels, size, interpolation=kind)[:height, :width].astype(np.float32) / 255
    if scale > 1:
        bottom, right = (max(0, n - m) for n, m in zip((height, width), pixels.shape[:2], strict=True))
        soft = cv2.GaussianBlur(pixels, (0, 0), 1.5).astype(np.float32)
        fine = ((pixels + 8) / (soft + 8)).clip(0.5, 2)[:height, :width]
        large *= cv2.copyMakeBorder(fine, 0, bottom, 0, right, cv2.BORDER_REFLECT_101)[:height, :width]
    return torch.from_numpy(large.transpose(2, 0, 1).copy()).clamp(0, 1), scale


def _on_sensor(display: Tensor, matrix: Tensor) -> Tensor:
    return unprocess(display, torch.linalg.inv(matrix), MULTIPLIERS).clamp(min=0)


def _defocused(display: Tensor) -> Tensor:
    """Blur in linear light, at a small size, where nothing is left that a small size cannot hold; as display values."""
    side = round(2 / DEFOCUS)
    height, width = display.shape[-2:]
    small = F.interpolate(
        decode_curve(display, "srgb")[None], size=(round(side * height / width), side), mode="area"
    )
    soft = (
        cv2.GaussianBlur(small[0].permute(1, 2, 0).numpy(), (0, 0), DEFOCUS * side).transpose(2, 0, 1).copy()
    )
    large = F.interpolate(torch.from_numpy(soft)[None], size=(height, width), mode="bicubic")[0].clamp(min=0)
    return large.pow_(1 / 2.2)


def _counted(linear: Tensor, source: Path) -> Frame:
    counts = to_counts(linear, CAMERA.black, CAMERA.white[0][0]).float()
    frame = Frame(source=source, pixels=counts, space=Space.CFA, camera=CAMERA)
    return replace(LinearizeStage(Linearize(highlights="keep"))(frame), notes=())
