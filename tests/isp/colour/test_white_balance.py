"""Multipliers as shot, for daylight, and what happens without either."""

from pathlib import Path

import numpy as np
import pytest
import rawpy

from unveil.isp.colour.colorimetry import D65_XY, xy_to_xyz
from unveil.isp.colour.white_balance import daylight, smallest_to_one, white_balance
from unveil.isp.decode.stage import DecodeStage
from unveil.isp.parameters import Decode
from unveil.pipeline.frame import Camera, Frame, Matrix3

MATRIX: Matrix3 = ((0.9, -0.3, -0.1), (-0.4, 1.2, 0.2), (-0.1, 0.2, 0.6))
KNOWN = Camera(cfa=((0, 1), (1, 2)), white_balance=(2.0, 1.0, 1.5), xyz_to_camera=((6504.0, MATRIX),))


def test_as_shot_is_taken_without_remark() -> None:
    assert white_balance(KNOWN) == ((2.0, 1.0, 1.5), None)


def test_the_smallest_multiplier_becomes_one() -> None:
    multipliers, _ = white_balance(Camera(white_balance=(0.8, 1.0, 2.0)))
    assert multipliers == pytest.approx((1.0, 1.25, 2.5))


def test_without_as_shot_daylight_is_used_and_said() -> None:
    camera = Camera(xyz_to_camera=KNOWN.xyz_to_camera)
    multipliers, remark = white_balance(camera)
    assert multipliers == daylight(camera)
    assert remark == "the file gives no white balance: daylight (D65) is used"


def test_without_anything_the_colours_are_left_and_it_is_said() -> None:
    multipliers, remark = white_balance(Camera())
    assert multipliers == (1.0, 1.0, 1.0)
    assert remark is not None
    assert "unbalanced" in remark


@pytest.mark.parametrize("bad", [(0.0, 1.0, 1.0), (-1.0, 1.0, 1.0), (float("nan"), 1.0, 1.0)])
def test_unusable_multipliers_of_a_file_fall_back(bad: tuple[float, float, float]) -> None:
    assert white_balance(Camera(white_balance=bad))[0] == (1.0, 1.0, 1.0)


def test_daylight_makes_a_grey_under_d65_neutral() -> None:
    found = daylight(KNOWN)
    assert found is not None
    grey = np.array(MATRIX) @ xy_to_xyz(D65_XY) * found
    np.testing.assert_allclose(grey / grey[0], 1.0)
    assert min(found) == 1.0


def test_a_matrix_without_a_usable_neutral_gives_no_daylight() -> None:
    negative: Matrix3 = ((-0.9, -0.3, -0.1), (-0.4, 1.2, 0.2), (-0.1, 0.2, 0.6))
    assert daylight(Camera(xyz_to_camera=((6504.0, negative),))) is None


def test_a_sensor_without_colours_is_not_balanced() -> None:
    assert white_balance(Camera(cfa=((1,),), white_balance=(2.0, 1.0, 1.5))) == ((1.0, 1.0, 1.0), None)


def test_scaling_keeps_the_proportions_and_refuses_zero() -> None:
    assert smallest_to_one((4.0, 2.0, 3.0)) == (2.0, 1.0, 1.5)
    with pytest.raises(ValueError, match="above 0"):
        smallest_to_one((1.0, 0.0, 1.0))


@pytest.mark.shared
def test_daylight_of_a_real_camera_is_that_of_libraw(shared_data: Path) -> None:
    path = shared_data / "raw" / "canon_eos_d30.crw"
    with rawpy.imread(str(path)) as raw:
        red, green, blue = raw.daylight_whitebalance[:3]
    found = daylight(DecodeStage(Decode(), "cpu")(Frame(source=path)).camera)
    assert found == pytest.approx((red / green, 1.0, blue / green), rel=1e-3)
