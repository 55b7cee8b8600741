"""The DNG colour model: matrices between two lights, and the light behind a neutral."""

import numpy as np
import pytest

from unveil.isp.colour.camera_model import matrix_at, white_of_neutral
from unveil.isp.colour.colorimetry import correlated_temperature, xy_to_xyz
from unveil.pipeline.frame import Camera, Matrix3, Triple

# ColorMatrix1 (A) and ColorMatrix2 (D65) of a DNG by a Blackmagic Pocket Cinema Camera 4K.
WARM: Matrix3 = ((0.94953, -0.45496, 0.02829), (-0.35699, 1.32274, 0.19503), (-0.04625, 0.15492, 0.73498))
COLD: Matrix3 = ((0.68795, -0.24747, -0.04866), (-0.39256, 1.20114, 0.15793), (-0.08916, 0.20063, 0.58148))
CAMERA = Camera(xyz_to_camera=((2856.0, WARM), (6504.0, COLD)))


def test_at_its_own_light_a_matrix_is_itself() -> None:
    np.testing.assert_allclose(matrix_at(CAMERA, 2856), WARM)
    np.testing.assert_allclose(matrix_at(CAMERA, 6504), COLD)


@pytest.mark.parametrize(("kelvin", "matrix"), [(2000, WARM), (20000, COLD)])
def test_outside_the_two_lights_the_nearest_matrix_holds(kelvin: float, matrix: Matrix3) -> None:
    np.testing.assert_allclose(matrix_at(CAMERA, kelvin), matrix)


def test_halfway_in_reciprocal_kelvin_is_the_mean() -> None:
    halfway = 2 / (1 / 2856 + 1 / 6504)
    np.testing.assert_allclose(matrix_at(CAMERA, halfway), (np.array(WARM) + np.array(COLD)) / 2)


def test_the_order_of_the_matrices_does_not_matter() -> None:
    turned = Camera(xyz_to_camera=CAMERA.xyz_to_camera[::-1])
    np.testing.assert_allclose(matrix_at(turned, 4000), matrix_at(CAMERA, 4000))


def test_no_matrix_is_refused() -> None:
    with pytest.raises(ValueError, match="no colour matrix"):
        matrix_at(Camera(), 5000)


@pytest.mark.parametrize("xy", [(0.44757, 0.40745), (0.3805, 0.3768), (0.3127, 0.3290), (0.27, 0.28)])
@pytest.mark.parametrize("scale", [1.0, 0.01, 300.0])
def test_the_light_that_made_a_neutral_is_found(xy: tuple[float, float], scale: float) -> None:
    white = xy_to_xyz(xy)
    neutral = matrix_at(CAMERA, correlated_temperature(white)[0]) @ white * scale
    found = white_of_neutral(CAMERA, neutral)
    assert found is not None
    np.testing.assert_allclose(found, white, atol=1e-5)


@pytest.mark.parametrize("neutral", [(1.0, 0.01, 1.0), (0.01, 1.0, 0.01), (0.001, 0.01, 1.0)])
def test_a_neutral_that_no_light_gives_has_no_white(neutral: Triple) -> None:
    assert white_of_neutral(CAMERA, np.array(neutral)) is None
