"""What would be chosen for a frame."""

import json
from pathlib import Path

import pytest
import torch

from unveil.isp.colour.choice import chosen_colour
from unveil.isp.decode.stage import DecodeStage
from unveil.isp.parameters import Colour, Decode
from unveil.pipeline.frame import Camera, Frame, Space


@pytest.mark.shared
def test_a_dng_with_a_profile_says_what_it_has(shared_data: Path) -> None:
    frame = DecodeStage(Decode(), "cpu")(Frame(source=shared_data / "raw" / "canon_eos_6d_linear.dng"))
    found = chosen_colour(frame)
    assert found is not None
    assert (found["profile"], found["forward_matrices"], found["lights"]) == (
        "Adobe Standard",
        True,
        [2856, 6504],
    )
    assert (found["hue_sat_map"], found["look_table"]) == (True, True)
    assert 3000 < found["kelvin"] < 7000
    torch.testing.assert_close(torch.tensor(found["matrix"]).sum(1), torch.ones(3), atol=1e-4, rtol=0)
    assert json.loads(json.dumps(found)) == found


@pytest.mark.shared
def test_the_recipe_decides(shared_data: Path) -> None:
    frame = DecodeStage(Decode(), "cpu")(Frame(source=shared_data / "raw" / "blackmagic_pocket4k.dng"))
    wanted = Colour.model_validate({"white_balance": {"kelvin": 4000, "tint": 12}, "model": "libraw"})
    found = chosen_colour(frame, wanted)
    assert found is not None
    assert (found["kelvin"], found["tint"], found["forward_matrices"]) == (4000, 12.0, False)


def test_a_camera_without_a_matrix_has_no_light() -> None:
    frame = Frame(source=Path("x"), space=Space.CFA, camera=Camera(white_balance=(2.0, 1.0, 1.5)))
    found = chosen_colour(frame)
    assert found is not None
    assert (found["kelvin"], found["white_balance"], found["lights"]) == (None, [2.0, 1.0, 1.5], [])
    assert "no colour matrix" in found["notes"][0]


def test_a_finished_picture_has_nothing_to_choose() -> None:
    assert chosen_colour(Frame(source=Path("x"), space=Space.DISPLAY_RGB)) is None
