"""Matrices from white-balanced camera RGB to a space: adaptations, models, forward matrices."""

from dataclasses import replace
from typing import cast

import numpy as np
import pytest
import torch

from unveil.isp.colour.camera_model import balanced_to_xyz, calibration_at, matrix_at, white_of_neutral
from unveil.isp.colour.colorimetry import D50_XYZ, adapt, rgb_to_xyz, white_point, xy_to_xyz
from unveil.isp.colour.matrices import camera_matrix, rgb_to_rgb
from unveil.isp.parameters import Adaptation
from unveil.pipeline.frame import Camera, Matrix3
from unveil.pipeline.profile import CameraProfile

WARM: Matrix3 = ((0.94953, -0.45496, 0.02829), (-0.35699, 1.32274, 0.19503), (-0.04625, 0.15492, 0.73498))
COLD: Matrix3 = ((0.68795, -0.24747, -0.04866), (-0.39256, 1.20114, 0.15793), (-0.08916, 0.20063, 0.58148))
FORWARD: Matrix3 = ((0.61439, 0.34862, 0.00112), (0.20367, 0.95223, -0.1559), (0.01959, -0.22077, 1.02661))
CAMERA = Camera(cfa=((0, 1), (1, 2)), xyz_to_camera=((2856.0, WARM), (6504.0, COLD)), matrix_source="dng")
NEUTRAL = np.array([0.4533, 1.0, 0.53])
MULTIPLIERS = (1 / 0.4533, 1.0, 1 / 0.53)
SKEW: Matrix3 = ((1.1, 0.05, 0.0), (0.0, 0.9, 0.0), (0.02, 0.0, 1.2))
PLAIN: Matrix3 = ((1.2, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 0.8))


def rows(matrix: np.ndarray) -> Matrix3:
    return cast(Matrix3, tuple(tuple(row) for row in matrix.tolist()))


@pytest.mark.parametrize("adaptation", ["bradford", "cat02", "cat16"])
def test_white_goes_to_white_with_every_adaptation(adaptation: Adaptation) -> None:
    matrix = rgb_to_rgb("ProPhoto", "Rec2020", adaptation)
    torch.testing.assert_close(matrix.sum(1), torch.ones(3), atol=1e-6, rtol=0)
    moved = adapt(np.array(D50_XYZ), white_point("sRGB"), adaptation) @ D50_XYZ
    np.testing.assert_allclose(moved, white_point("sRGB"), atol=1e-12)


def test_the_adaptations_differ() -> None:
    every: tuple[Adaptation, ...] = ("bradford", "cat02", "cat16")
    found = [camera_matrix(CAMERA, "sRGB", MULTIPLIERS, adaptation=a)[0] for a in every]
    assert not torch.allclose(found[0], found[1], atol=1e-3)
    assert not torch.allclose(found[1], found[2], atol=1e-3)


def test_forward_matrices_are_taken_as_the_specification_says() -> None:
    """CameraToXYZ_D50 = FM x D x Inverse(AB x CC), D = Invert(AsDiagonal(Inverse(AB x CC) x neutral))."""
    profile = CameraProfile(calibration=((2856.0, SKEW), (6504.0, SKEW)), forward=((6504.0, FORWARD),))
    camera = replace(CAMERA, profile=profile)
    white = white_of_neutral(camera, NEUTRAL)
    assert white is not None
    matrix, reached = balanced_to_xyz(camera, NEUTRAL, white)
    inverse = np.linalg.inv(np.array(SKEW))
    expected = np.array(FORWARD) @ np.diag(1 / (inverse @ NEUTRAL)) @ inverse
    np.testing.assert_allclose(matrix @ np.diag(1 / NEUTRAL), expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(reached, D50_XYZ)
    np.testing.assert_allclose(matrix @ np.ones(3), D50_XYZ, atol=1e-12)


def test_calibrations_and_colour_matrices_are_mixed_apart() -> None:
    profile = CameraProfile(calibration=((2856.0, SKEW), (6504.0, PLAIN)))
    warm, cold = np.array(SKEW) @ WARM, np.array(PLAIN) @ COLD
    matrices = ((2856.0, rows(warm)), (6504.0, rows(cold)))
    camera = Camera(xyz_to_camera=matrices, profile=profile)
    halfway = 2 / (1 / 2856 + 1 / 6504)
    expected = (np.array(SKEW) + PLAIN) / 2 @ (np.array(WARM) + COLD) / 2
    np.testing.assert_allclose(matrix_at(camera, halfway), expected, atol=1e-12)
    np.testing.assert_allclose(calibration_at(camera, 3e4), PLAIN)
    np.testing.assert_allclose(calibration_at(CAMERA, 5000), np.eye(3))


def test_the_libraw_model_is_the_daylight_matrix_with_its_rows_scaled() -> None:
    matrix, remark = camera_matrix(CAMERA, "sRGB", MULTIPLIERS, model="libraw")
    to_camera = np.array(COLD) @ rgb_to_xyz("sRGB")
    expected = np.linalg.inv(to_camera / to_camera.sum(1, keepdims=True))
    np.testing.assert_allclose(matrix, expected, atol=1e-5)
    assert remark is None


def test_under_daylight_both_models_agree() -> None:
    camera = replace(CAMERA, xyz_to_camera=((6504.0, COLD),))
    neutral = np.array(COLD) @ xy_to_xyz((0.3127, 0.3290))
    red, green, blue = (1 / neutral).tolist()
    one, _ = camera_matrix(camera, "sRGB", (red, green, blue), model="dng")
    two, _ = camera_matrix(camera, "sRGB", (red, green, blue), model="libraw")
    torch.testing.assert_close(one, two, atol=1e-5, rtol=0)
