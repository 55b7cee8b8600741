"""RAW-to-RGB mapping: white-balanced camera RGB to a linear working space.

Reference: DNG specification 1.7, chapter 6 "Mapping Camera Color Space to CIE XYZ Space", without forward
matrices; Bradford adaptation from the light of the photograph to the white of the working space.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from ...pipeline.frame import Camera, Frame, Space, Triple
from ..bands import by_bands
from ..cfa import is_monochrome
from ..parameters import Colour
from .camera_model import matrix_at, white_of_neutral
from .colorimetry import Matrix, bradford, correlated_temperature, rgb_to_xyz, white_point
from .white_balance import D65_KELVIN, daylight, smallest_to_one, white_balance


def apply_matrix(pixels: Tensor, matrix: Tensor) -> Tensor:
    """Multiply every pixel by a (3, 3) matrix.

    `pixels` is (..., 3, H, W) float; the result has its shape, dtype and device. Nothing is clipped; a NaN
    in one colour reaches all three.
    """
    if pixels.shape[-3] != 3:
        raise ValueError(f"expected (..., 3, H, W), got {tuple(pixels.shape)}")
    return torch.einsum("ij,...jhw->...ihw", matrix.to(pixels), pixels)


def rgb_to_rgb(source: str, target: str) -> Tensor:
    """Return the (3, 3) float32 matrix from linear RGB of one named space to another.

    White goes to white: whites that differ are adapted by Bradford. `ValueError` for an unknown name.
    """
    if source == target:
        rgb_to_xyz(source)
        return torch.eye(3)
    adaptation = bradford(white_point(source), white_point(target))
    return _rows_to_one(np.linalg.inv(rgb_to_xyz(target)) @ adaptation @ rgb_to_xyz(source))


def camera_matrix(camera: Camera, space: str, multipliers: Triple) -> tuple[Tensor, str | None]:
    """Return the matrix from white-balanced camera RGB to linear RGB of a named space.

    Parameters
    ----------
    camera : Camera
        With one or two XYZ-to-camera matrices, or none.
    space : str
        A space of `isp.parameters`; `ValueError` for another name.
    multipliers : three floats
        The white balance applied to the pixels; it tells under which light the photograph was taken.

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
        return rgb_to_rgb("sRGB", space), "no colour matrix for this camera: its RGB is taken as linear sRGB"
    neutral = 1 / np.asarray(multipliers, dtype=np.float64)
    try:
        white = white_of_neutral(camera, neutral)
        if white is None:
            return _daylight_matrix(camera, space), (
                "no light explains the white balance: the camera's daylight matrix is used"
            )
        return _matrix_under(camera, space, neutral, white), None
    except np.linalg.LinAlgError:
        words = "the camera's colour matrix cannot be inverted: its RGB is taken as linear sRGB"
        return rgb_to_rgb("sRGB", space), words


def change_colour(frame: Frame, change: Callable[[Tensor], Tensor]) -> tuple[Tensor, Mapping[str, Tensor]]:
    """Apply the same colour change, which looks at each pixel alone, to pixels and every (3, H, W) layer of
    a frame.

    One-channel layers (confidence) hold no colour and stay as they are.
    """
    layers = {
        name: by_bands(change, layer) if layer.shape[0] == 3 else layer
        for name, layer in frame.layers.items()
    }
    return by_bands(change, frame.image()), MappingProxyType(layers)


class ColourStage:
    """Camera RGB to the working space; finished pictures only change their primaries."""

    def __init__(self, parameters: Colour) -> None:
        self.parameters = parameters

    def __call__(self, frame: Frame) -> Frame:
        """Return the frame as LINEAR_RGB in the working space; nothing is clipped."""
        space = self.parameters.working_space
        if frame.space is Space.LINEAR_RGB:
            matrix = rgb_to_rgb(frame.primaries, space)
            remarks = [f"{frame.primaries} to {space}; white balance left as it was in the picture"]
        else:
            matrix, remarks = self._from_camera(frame.camera)
        pixels, layers = change_colour(frame, lambda image: apply_matrix(image, matrix))
        frame = replace(frame, pixels=pixels, layers=layers, space=Space.LINEAR_RGB, primaries=space)
        return frame.note(*remarks)

    def _from_camera(self, camera: Camera) -> tuple[Tensor, list[str]]:
        multipliers, balance_remark = self._multipliers(camera)
        matrix, matrix_remark = camera_matrix(camera, self.parameters.working_space, multipliers)
        values = " ".join(f"{value:.3f}" for value in multipliers)
        remarks = [f"white balance {values}", balance_remark, matrix_remark]
        if matrix_remark is None and camera.matrix_source:
            remarks.append(f"colour matrix from {camera.matrix_source}")
        return matrix * torch.tensor(multipliers), [remark for remark in remarks if remark]

    def _multipliers(self, camera: Camera) -> tuple[Triple, str | None]:
        wanted = self.parameters.white_balance
        if wanted == "as-shot":
            return white_balance(camera)
        if wanted != "daylight":
            return smallest_to_one(wanted), None
        found = daylight(camera)
        if found is not None:
            return found, None
        multipliers, remark = white_balance(camera)
        return (
            multipliers,
            remark or "no colour matrix to find daylight with: the as-shot white balance is used",
        )


def _matrix_under(camera: Camera, space: str, neutral: Matrix, white: Matrix) -> Tensor:
    from_camera = np.linalg.inv(matrix_at(camera, correlated_temperature(white)[0])) * neutral
    adaptation = bradford(white, white_point(space))
    return _rows_to_one(np.linalg.inv(rgb_to_xyz(space)) @ adaptation @ from_camera)


def _daylight_matrix(camera: Camera, space: str) -> Tensor:
    """Balance in camera RGB: neutral is made neutral by scaling the rows of the D65 matrix."""
    to_camera = matrix_at(camera, D65_KELVIN) @ rgb_to_xyz(space)
    return _rows_to_one(np.linalg.inv(to_camera / to_camera.sum(axis=1, keepdims=True)))


def _rows_to_one(matrix: Matrix) -> Tensor:
    return torch.from_numpy(matrix / matrix.sum(axis=1, keepdims=True)).float()
