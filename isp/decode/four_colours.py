"""Mosaics of four colours - cyan, yellow, green, magenta; red, green, blue, emerald - brought to three.

Everything after `decode` knows three colours, so the fourth is used up here: the four are interpolated and then mixed
to three, in such a way that what the camera's matrices say of every light stays true. The three are the light in the
primaries of Rec. 2020 as the camera sees it, not yet balanced.

Reference: DNG specification 1.7, chapter 6 "Mapping Camera Color Space to CIE XYZ Space" for more than three colours:
camera to XYZ is the inverse of ReductionMatrix x XYZ-to-camera, times ReductionMatrix; without such a tag a
pseudoinverse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import rawpy
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...pipeline.frame import Matrix3, Triple
from ..colour.colorimetry import D65_XY, rgb_to_xyz, xy_to_xyz
from .libraw import FULL, plain_parameters

PRIMARIES = "Rec2020"
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """How four colours become three."""

    mix: Matrix
    """(3, 4): four camera colours to three."""
    neutral: Matrix
    """(4,): the camera's colours of a grey where the first one saturates; the highest is 1."""
    matrices: tuple[tuple[float, Matrix3], ...]
    """As in `Camera`: XYZ to the three."""
    balance: Triple
    """Multipliers of the three, G = 1, that make the grey grey."""


def find_reduction(
    matrices: tuple[tuple[float, Matrix], ...], neutral: Matrix | None, own: Matrix | None = None
) -> Reduction:
    """Find how four colours become three.

    Parameters
    ----------
    matrices : (temperature in K, (4, 3) XYZ to camera), coldest light last
        AnalogBalance and CameraCalibration are in them.
    neutral : (4,) or None
        The camera's colours of a grey, any scale; None: what the last matrix says of D65.
    own : (3, 4) or None
        ReductionMatrix of the file; None: the pseudoinverse of the last matrix, with D65 balanced, in Rec. 2020.

    Returns
    -------
    Reduction
        Scaled so that grey which just saturates a colour of the four has 1 as its highest of three.

    Raises
    ------
    ValueError
        If a matrix does not tell three colours apart, or grey would have none or less of one.
    """
    coldest = matrices[-1][1]
    daylight = coldest @ xy_to_xyz(D65_XY)
    if neutral is None:
        neutral = daylight
    if min(neutral.min(), daylight.min()) <= 0 or np.linalg.matrix_rank(coldest) < 3:
        raise ValueError("its colour matrix is of no use")
    saturated = neutral / neutral.max()
    if own is None:
        to_xyz = np.linalg.pinv(coldest / daylight[:, None]) / daylight
        own = np.linalg.inv(rgb_to_xyz(PRIMARIES)) @ to_xyz
    grey = own @ saturated
    if grey.min() <= 0 or np.linalg.matrix_rank(own @ coldest) < 3:
        raise ValueError("its colour matrix does not suit its white balance")
    mix = own / grey.max()
    found = tuple((kelvin, cast(Matrix3, _rows(mix @ matrix))) for kelvin, matrix in matrices)
    red, green, blue = (float(value) for value in grey)
    return Reduction(mix=mix, neutral=saturated, matrices=found, balance=(green / red, 1.0, green / blue))


def limit_and_mix(planes: Tensor, reduction: Reduction) -> tuple[Tensor, float]:
    """Bring four colours to three.

    Parameters
    ----------
    planes : (4, H, W) float32
        0 = black, 1 = saturation.
    reduction : Reduction
        How.

    Returns
    -------
    (3, H, W) float32, float
        Camera RGB; and the share of samples that were limited to grey's saturation before, without which blown areas
        would have a colour.
    """
    limits = planes.new_tensor(reduction.neutral)[:, None, None]
    share = float((planes > limits).float().mean())
    mixed = torch.tensordot(planes.new_tensor(reduction.mix), torch.minimum(planes, limits), 1)
    return mixed, share


def interpolate_four(raw: rawpy.RawPy, mosaic: Tensor, colours: NDArray[np.uint8], neutral: Matrix) -> Tensor:
    """Interpolate a mosaic of four colours by LibRaw's `vng`, the one of its algorithms that takes them.

    Parameters
    ----------
    raw : rawpy.RawPy
        The open file; its samples in memory are overwritten.
    mosaic : (1, H, W) float32
        Linear samples of the visible area, 0 = black, 1 = saturation.
    colours : (H, W) uint8
        LibRaw's number of each sample's colour, 0 to 3.
    neutral : (4,)
        The camera's colours of a grey, highest 1: edges are looked for in balanced samples.

    Returns
    -------
    (4, H, W) float32
        In steps of 1/65535 of the highest; measured samples are within half of one. What is below 0 stays so at the
        measured samples and is 0 elsewhere.
    """
    gains = (1 / neutral).astype(np.float32)
    balanced = mosaic[0].numpy() * gains[colours]
    scale = FULL / max(1.0, float(balanced.max()))
    raw.raw_image_visible[:] = (balanced * scale).round().clip(0, FULL).astype(np.uint16)
    settings = plain_parameters(rawpy.DemosaicAlgorithm.VNG, rawpy.ColorSpace.raw)
    picture = np.asarray(raw.postprocess(settings), dtype=np.float32)
    planes = np.moveaxis(picture, 2, 0) / (gains * scale)[:, None, None]
    measured = np.arange(4)[:, None, None] == colours
    return torch.from_numpy(np.where(measured, mosaic.numpy(), planes))


def _rows(matrix: Matrix) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(value) for value in row) for row in matrix)
