"""Matrices from one linear RGB to another: between named spaces, and from white-balanced camera RGB.

References: DNG specification 1.7, chapter 6 "Mapping Camera Color Space to CIE XYZ Space"; the adaptations are those of
`colorimetry.adapt`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ...pipeline.frame import Camera, Triple
from ..cfa import is_monochrome
from .camera_model import balanced_to_xyz, matrix_at, white_of_neutral
from .colorimetry import Matrix, adapt, rgb_to_xyz, white_point
from .white_balance import D65_KELVIN

if TYPE_CHECKING:
    from ..parameters import Adaptation, CameraModel


def apply_matrix(pixels: Tensor, matrix: Tensor) -> Tensor:
    """Multiply every pixel by a (3, 3) matrix.

    `pixels` is (..., 3, H, W) float; the result has its shape, dtype and device. Nothing is clipped; a NaN
    in one colour reaches all three.
    """
    if pixels.shape[-3] != 3:
        raise ValueError(f"expected (..., 3, H, W), got {tuple(pixels.shape)}")
    return torch.einsum("ij,...jhw->...ihw", matrix.to(pixels), pixels)


def rgb_to_rgb(source: str, target: str, adaptation: Adaptation = "bradford") -> Tensor:
    """Return the (3, 3) float32 matrix from linear RGB of one named space to another.

    White goes to white: whites that differ are adapted. `ValueError` for an unknown name.
    """
    if source == target:
        rgb_to_xyz(source)
        return torch.eye(3)
    between = adapt(white_point(source), white_point(target), adaptation)
    return _rows_to_one(np.linalg.inv(rgb_to_xyz(target)) @ between @ rgb_to_xyz(source))


def camera_matrix(
    camera: Camera,
    space: str,
    multipliers: Triple,
    *,
    adaptation: Adaptation = "bradford",
    model: CameraModel = "dng",
) -> tuple[Tensor, str | None]:
    """Return the matrix from white-balanced camera RGB to linear RGB of a named space.

    Parameters
    ----------
    camera : Camera
        With XYZ-to-camera matrices for one light or more, or none.
    space : str
        A space of `isp.parameters`; `ValueError` for another name.
    multipliers : three floats
        The white balance applied to the pixels; it tells under which light the photograph was taken.
    adaptation : str
        From the light of the photograph, or D50 with forward matrices, to the white of the space.
    model : str
        `dng`: the colour model of the DNG specification. `libraw`: the matrix for D65 alone, its rows scaled so that
        the balanced grey stays grey, as LibRaw does.

    Returns
    -------
    matrix : (3, 3) float32
        Rows sum to 1: neutral (1, 1, 1) stays neutral and keeps its level.
    remark : str or None
        A sentence for the trail where the matrix is a makeshift: that of sRGB without a usable one; the
        daylight matrix where no light explains the multipliers.
    """
    if camera.cfa is not None and is_monochrome(camera.cfa):
        return torch.eye(3), None
    if not camera.xyz_to_camera:
        return rgb_to_rgb("sRGB", space, adaptation), (
            "no colour matrix for this camera: its RGB is taken as linear sRGB"
        )
    try:
        if model == "libraw":
            return _daylight_matrix(camera, space, adaptation), None
        return _matrix_under(camera, space, 1 / np.asarray(multipliers, dtype=np.float64), adaptation)
    except np.linalg.LinAlgError:
        words = "the camera's colour matrix cannot be inverted: its RGB is taken as linear sRGB"
        return rgb_to_rgb("sRGB", space, adaptation), words


def _matrix_under(
    camera: Camera, space: str, neutral: Matrix, adaptation: Adaptation
) -> tuple[Tensor, str | None]:
    white = white_of_neutral(camera, neutral)
    if white is None:
        return _daylight_matrix(camera, space, adaptation), (
            "no light explains the white balance: the camera's daylight matrix is used"
        )
    to_xyz, reached = balanced_to_xyz(camera, neutral, white)
    between = adapt(reached, white_point(space), adaptation)
    return _rows_to_one(np.linalg.inv(rgb_to_xyz(space)) @ between @ to_xyz), None


def _daylight_matrix(camera: Camera, space: str, adaptation: Adaptation) -> Tensor:
    """Balance in camera RGB: neutral is made neutral by scaling the rows of the D65 matrix, as seen from sRGB."""
    to_camera = matrix_at(camera, D65_KELVIN) @ rgb_to_xyz("sRGB")
    to_srgb = np.linalg.inv(to_camera / to_camera.sum(axis=1, keepdims=True))
    return rgb_to_rgb("sRGB", space, adaptation) @ _rows_to_one(to_srgb)


def _rows_to_one(matrix: Matrix) -> Tensor:
    return torch.from_numpy(matrix / matrix.sum(axis=1, keepdims=True)).float()
