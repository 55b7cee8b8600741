"""The white balance that a recipe asks for."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from unveil.isp.colour.balance import choose_balance, light_of_balance
from unveil.isp.colour.colorimetry import light_of_temperature, temperature_and_tint, xy_to_xyz
from unveil.isp.orient import UNDO, apply_orientation
from unveil.isp.parameters import Colour
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Camera, Frame, Matrix3, Metadata, Space

WARM: Matrix3 = ((0.94953, -0.45496, 0.02829), (-0.35699, 1.32274, 0.19503), (-0.04625, 0.15492, 0.73498))
COLD: Matrix3 = ((0.68795, -0.24747, -0.04866), (-0.39256, 1.20114, 0.15793), (-0.08916, 0.20063, 0.58148))
CAMERA = Camera(
    cfa=((0, 1), (1, 2)), white_balance=(2.0, 1.0, 1.8), xyz_to_camera=((2856.0, WARM), (6504.0, COLD))
)


def frame(pixels: Tensor, camera: Camera = CAMERA, orientation: int = 1) -> Frame:
    metadata = Metadata(orientation=orientation)
    return Frame(
        source=Path("a.raw"), pixels=pixels, space=Space.CAMERA_RGB, camera=camera, metadata=metadata
    )


def asked(white_balance: Any) -> Colour:
    return Colour.model_validate({"white_balance": white_balance})


GREY = frame(torch.full((3, 4, 4), 0.2))


@pytest.mark.parametrize(("kelvin", "tint"), [(2400, 0), (3200, -20), (5200, 0), (6500, 12), (9000, 40)])
def test_a_light_given_is_the_light_found(kelvin: float, tint: float) -> None:
    balance = choose_balance(GREY, asked({"kelvin": kelvin, "tint": tint}))
    assert balance.words == (f"white balance for a light of {kelvin} K, tint {tint:+}",)
    assert light_of_balance(CAMERA, balance.multipliers) == pytest.approx((kelvin, tint), rel=1e-3, abs=0.05)
    assert min(balance.multipliers) == 1.0


def test_a_greener_light_has_a_higher_tint_and_gives_a_more_magenta_picture() -> None:
    plain, green = (light_of_temperature(5000, tint) for tint in (0, 30))
    assert green[1] / green.sum() > plain[1] / plain.sum()
    one, two = (choose_balance(GREY, asked({"kelvin": 5000, "tint": t})).multipliers for t in (0, 30))
    assert two[1] / two[0] < one[1] / one[0]
    assert two[1] / two[2] < one[1] / one[2]


def test_tint_is_three_thousand_times_the_distance_of_robertson() -> None:
    """D65 lies 0.0032 above the black bodies in CIE 1960 uv (Wyszecki and Stiles, table 1(3.11))."""
    kelvin, tint = temperature_and_tint(xy_to_xyz((0.3127, 0.3290)))
    assert (kelvin, tint) == pytest.approx((6504, 9.6), rel=0.02)


@pytest.mark.parametrize(
    "wrong", [{"kelvin": 1000}, {"kelvin": 5000, "tint": 200}, {"tint": 3}, {"pick": [0, 0, 0, 1]}]
)
def test_lights_and_places_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        asked(wrong)


def test_without_a_matrix_a_light_cannot_be_had_and_it_is_said() -> None:
    balance = choose_balance(
        frame(torch.ones(3, 1, 1), replace(CAMERA, xyz_to_camera=())), asked({"kelvin": 4000})
    )
    assert balance.multipliers == (2.0, 1.0, 1.8)
    assert balance.words == (
        "no colour matrix to find a light of 4000 K with: the as-shot white balance is used",
    )


def test_the_xmp_beside_the_file_comes_before_the_camera() -> None:
    camera = replace(CAMERA, side_temperature=(3200.0, 5.0))
    balance = choose_balance(frame(torch.ones(3, 1, 1), camera), asked("as-shot"))
    assert light_of_balance(camera, balance.multipliers) == pytest.approx((3200, 5), rel=1e-3, abs=0.05)
    assert balance.words == ("white balance of the .xmp beside the file: 3200 K, tint +5",)
    camera = replace(CAMERA, side_balance=(1.5, 1.0, 3.0))
    assert choose_balance(frame(torch.ones(3, 1, 1), camera), asked("as-shot")).multipliers == (1.5, 1.0, 3.0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("block", [1, 2])
def test_a_picked_place_becomes_grey(orientation: int, block: int) -> None:
    """The place is given in the upright whole frame, the pixels may be turned and fewer."""
    upright = torch.full((3, 12, 16), 0.1)
    upright[:, 4:8, 10:14] = torch.tensor([0.1, 0.4, 0.2])[:, None, None]
    stored = apply_orientation(upright, UNDO[orientation])
    camera = replace(CAMERA, size=(stored.shape[1], stored.shape[2]))
    seen = frame(stored[:, ::block, ::block], camera, orientation)
    balance = choose_balance(seen, asked({"pick": [10, 4, 4, 4]}))
    assert balance.multipliers == pytest.approx((4.0, 1.0, 2.0))


def test_clipped_pixels_are_left_out_of_a_picked_place() -> None:
    pixels = torch.tensor([[0.1, 0.5], [0.2, 1.0], [0.1, 0.5]])[:, None]
    assert choose_balance(frame(pixels), asked({"pick": [0, 0, 2, 1]})).multipliers == pytest.approx(
        (2, 1, 2)
    )
    with pytest.raises(FrameError, match=r"every pixel of the rectangle \[1, 0, 1, 1\] is clipped or black"):
        choose_balance(frame(pixels), asked({"pick": [1, 0, 1, 1]}))


def test_a_place_outside_the_frame_fails_it() -> None:
    with pytest.raises(FrameError, match=r"a\.raw: colour\.white_balance\.pick: .* 4x4 upright"):
        choose_balance(GREY, asked({"pick": [3, 3, 2, 2]}))


def test_auto_finds_the_light_of_a_picture_of_greys(noise: torch.Generator) -> None:
    multipliers = choose_balance(GREY, asked({"kelvin": 4000, "tint": 5})).multipliers
    light = 1 / torch.tensor(multipliers)[:, None, None]
    seen = frame(0.4 * light * torch.rand(1, 30, 30, generator=noise))
    balance = choose_balance(seen, asked("auto"))
    assert light_of_balance(CAMERA, balance.multipliers) == pytest.approx((4000, 5), rel=2e-3, abs=0.5)


def test_auto_keeps_to_lights_that_occur() -> None:
    seen = frame(torch.tensor([0.05, 0.3, 0.05])[:, None, None].expand(3, 4, 4))
    balance = choose_balance(seen, asked("auto"))
    assert "brought from" in balance.words[0] or "not that of a light" in balance.words[0]
    light = light_of_balance(CAMERA, balance.multipliers)
    assert light is not None
    assert light[1] <= 61


def test_auto_without_light_is_as_shot() -> None:
    balance = choose_balance(frame(torch.zeros(3, 4, 4)), asked("auto"))
    assert balance.multipliers == (2.0, 1.0, 1.8)
    assert "too little light" in balance.words[0]


def test_a_monochrome_sensor_has_no_white_balance() -> None:
    camera = Camera(cfa=((1,),), white_balance=(2.0, 1.0, 1.8))
    for white_balance in ("as-shot", "auto", "daylight", {"kelvin": 4000}):
        assert choose_balance(frame(torch.ones(3, 1, 1), camera), asked(white_balance)).multipliers == (
            1,
            1,
            1,
        )


def test_the_multipliers_of_the_recipe_have_their_smallest_at_one() -> None:
    assert choose_balance(GREY, asked([4, 2, 3])).multipliers == (2.0, 1.0, 1.5)
    np.testing.assert_allclose(choose_balance(GREY, asked("as-shot")).multipliers, (2.0, 1.0, 1.8))
