"""Matrices between RGB spaces, from a camera to a space, and the stage around them."""

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import rawpy
import torch

from unveil.isp.colour.camera_model import matrix_at
from unveil.isp.colour.colorimetry import COLOUR_NAMES, correlated_temperature, rgb_to_xyz, xy_to_xyz
from unveil.isp.colour.stage import ColourStage, apply_matrix, camera_matrix, rgb_to_rgb
from unveil.isp.colour.white_balance import white_balance
from unveil.isp.decode.stage import DecodeStage
from unveil.isp.parameters import Colour, Decode
from unveil.pipeline.frame import Camera, Frame, Matrix3, Space, Triple

WARM: Matrix3 = ((0.94953, -0.45496, 0.02829), (-0.35699, 1.32274, 0.19503), (-0.04625, 0.15492, 0.73498))
COLD: Matrix3 = ((0.68795, -0.24747, -0.04866), (-0.39256, 1.20114, 0.15793), (-0.08916, 0.20063, 0.58148))
TWO = Camera(
    cfa=((0, 1), (1, 2)),
    white_balance=(2.206, 1.0, 1.887),
    xyz_to_camera=((2856.0, WARM), (6504.0, COLD)),
    matrix_source="dng",
)
ONE = replace(TWO, xyz_to_camera=((6504.0, COLD),), matrix_source="libraw")
# ITU-R BT.2087-0, section 4: linear BT.709 to BT.2020.
BT709_TO_BT2020 = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]


def camera_frame(pixels: torch.Tensor, camera: Camera = TWO, **more: object) -> Frame:
    frame = Frame(source=Path("a.dng"), pixels=pixels, space=Space.CAMERA_RGB, camera=camera)
    return replace(frame, **more)  # type: ignore[arg-type]


def test_srgb_to_rec2020_has_the_matrix_of_its_standard() -> None:
    np.testing.assert_allclose(rgb_to_rgb("sRGB", "Rec2020").numpy(), BT709_TO_BT2020, atol=6e-5)


@pytest.mark.parametrize("target", COLOUR_NAMES)
@pytest.mark.parametrize("source", COLOUR_NAMES)
def test_spaces_convert_back_and_keep_white(source: str, target: str) -> None:
    there, back = rgb_to_rgb(source, target), rgb_to_rgb(target, source)
    torch.testing.assert_close(back @ there, torch.eye(3), atol=2e-6, rtol=0)
    torch.testing.assert_close(there.sum(dim=1), torch.ones(3), atol=1e-6, rtol=0)


def test_an_unknown_space_is_refused_even_to_itself() -> None:
    with pytest.raises(ValueError, match="no RGB space named 'CMYK'"):
        rgb_to_rgb("CMYK", "CMYK")


def test_a_matrix_is_applied_to_each_pixel(noise: torch.Generator) -> None:
    pixels, matrix = torch.rand(2, 3, 4, 5, generator=noise), torch.rand(3, 3, generator=noise)
    result = apply_matrix(pixels, matrix)
    assert result.shape == pixels.shape
    torch.testing.assert_close(result[1, :, 2, 3], matrix @ pixels[1, :, 2, 3])
    torch.testing.assert_close(apply_matrix(7 * pixels, matrix), 7 * result)


def test_a_nan_stays_in_its_pixel() -> None:
    pixels = torch.ones(3, 1, 2)
    pixels[1, 0, 0] = torch.nan
    result = apply_matrix(pixels, torch.eye(3))
    assert result[..., 0].isnan().all()
    assert result[..., 1].tolist() == [[1.0], [1.0], [1.0]]


def test_a_matrix_wants_three_colours() -> None:
    with pytest.raises(ValueError, match=r"expected \(..., 3, H, W\), got \(4, 2, 2\)"):
        apply_matrix(torch.zeros(4, 2, 2), torch.eye(3))


@pytest.mark.parametrize("camera", [TWO, ONE], ids=["two matrices", "one matrix"])
@pytest.mark.parametrize("multipliers", [(2.2, 1.0, 1.9), (1.3, 1.0, 3.0), (1.0, 1.0, 1.0)])
@pytest.mark.parametrize("space", ["Rec2020", "ProPhoto", "ACEScg", "sRGB"])
def test_neutral_stays_neutral(camera: Camera, multipliers: Triple, space: str) -> None:
    matrix, _ = camera_matrix(camera, space, multipliers)
    torch.testing.assert_close(matrix.sum(dim=1), torch.ones(3), atol=1e-6, rtol=0)


def test_a_colour_seen_under_d65_comes_back() -> None:
    """Under D65 nothing is adapted: what the matrix made of a colour is undone exactly."""
    colours = torch.tensor([[0.8, 0.1, 0.2, 0.5], [0.3, 0.6, 0.2, 0.5], [0.1, 0.2, 0.9, 0.5]])
    seen = np.array(COLD) @ rgb_to_xyz("Rec2020") @ colours.double().numpy()
    neutral = seen[:, 3]
    balanced = torch.from_numpy(seen / neutral[:, None] * 0.5).float()
    matrix, remark = camera_matrix(ONE, "Rec2020", tuple((1 / neutral).tolist()))
    torch.testing.assert_close(matrix @ balanced, colours, atol=1e-5, rtol=0)
    assert remark is None


def test_lamplight_uses_the_matrix_of_lamplight() -> None:
    white = xy_to_xyz((0.44757, 0.40745))
    assert correlated_temperature(white)[0] == pytest.approx(2856, abs=3)
    neutral = matrix_at(TWO, 2856) @ white
    multipliers = tuple((1 / neutral).tolist())
    only_warm, _ = camera_matrix(replace(TWO, xyz_to_camera=((2856.0, WARM),)), "Rec2020", multipliers)
    matrix, _ = camera_matrix(TWO, "Rec2020", multipliers)
    torch.testing.assert_close(matrix, only_warm, atol=1e-3, rtol=0)


def test_without_a_matrix_camera_colours_are_srgb_and_it_is_said() -> None:
    matrix, remark = camera_matrix(Camera(), "Rec2020", (1.0, 1.0, 1.0))
    torch.testing.assert_close(matrix, rgb_to_rgb("sRGB", "Rec2020"))
    assert remark == "no colour matrix for this camera: its RGB is taken as linear sRGB"


def test_a_matrix_without_inverse_is_not_used() -> None:
    flat: Matrix3 = ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0), (1.0, 1.0, 1.0))
    _, remark = camera_matrix(Camera(xyz_to_camera=((6504.0, flat),)), "sRGB", (1.0, 1.0, 1.0))
    assert remark is not None
    assert "cannot be inverted" in remark


def test_an_impossible_white_balance_uses_the_daylight_matrix() -> None:
    matrix, remark = camera_matrix(TWO, "sRGB", (1.0, 100.0, 1.0))
    assert remark == "no light explains the white balance: the camera's daylight matrix is used"
    torch.testing.assert_close(matrix.sum(dim=1), torch.ones(3), atol=1e-6, rtol=0)
    assert matrix.isfinite().all()


def test_monochrome_passes_unchanged() -> None:
    grey = torch.linspace(-0.1, 2, 12).reshape(1, 3, 4).expand(3, -1, -1)
    frame = ColourStage(Colour())(camera_frame(grey, Camera(cfa=((1,),), white_balance=(2.0, 1.0, 1.5))))
    torch.testing.assert_close(frame.image(), grey)


def test_the_stage_balances_grey_in_frame_and_layers() -> None:
    grey = (1 / torch.tensor([2.206, 1.0, 1.887]))[:, None, None].expand(3, 2, 2)
    layers = {"reflection": 0.3 * grey, "confidence": torch.full((1, 2, 2), 0.7)}
    frame = ColourStage(Colour())(camera_frame(grey, layers=MappingProxyType(layers)))
    torch.testing.assert_close(frame.image(), torch.ones(3, 2, 2))
    torch.testing.assert_close(frame.layers["reflection"], torch.full((3, 2, 2), 0.3))
    assert frame.layers["confidence"] is layers["confidence"]
    assert (frame.space, frame.primaries) == (Space.LINEAR_RGB, "Rec2020")
    assert frame.notes == (
        "white balance 2.206 1.000 1.887",
        "colour matrix from dng, for a light of 4109 K, tint +7",
    )


def test_three_multipliers_are_taken_with_the_smallest_at_one() -> None:
    stage = ColourStage(Colour(white_balance=(1.0, 0.5, 0.75)))
    assert stage(camera_frame(torch.ones(3, 1, 1))).notes[0] == "white balance 2.000 1.000 1.500"


def test_daylight_without_a_matrix_falls_back_to_as_shot_and_says_so() -> None:
    stage = ColourStage(Colour(white_balance="daylight"))
    notes = stage(camera_frame(torch.ones(3, 1, 1), replace(TWO, xyz_to_camera=()))).notes
    assert notes[0] == "white balance 2.206 1.000 1.887"
    assert "the as-shot white balance is used" in notes[1]


def test_light_above_and_below_the_range_is_kept() -> None:
    pixels = torch.tensor([[-0.2, 5.0], [-0.1, 5.0], [0.0, 5.0]])[:, None]
    result = ColourStage(Colour())(camera_frame(pixels, Camera())).image()
    assert result.min() < 0
    torch.testing.assert_close(result[:, 0, 1], torch.full((3,), 5.0), atol=1e-5, rtol=0)


def test_a_finished_picture_only_changes_its_primaries() -> None:
    red = torch.tensor([1.0, 0.0, 0.0])[:, None, None]
    frame = camera_frame(red, Camera(), space=Space.LINEAR_RGB, primaries="sRGB")
    frame = ColourStage(Colour(white_balance=(2.0, 1.0, 1.0)))(frame)
    np.testing.assert_allclose(frame.image().flatten(), [0.6274, 0.0691, 0.0164], atol=6e-5)
    assert frame.notes == ("sRGB to Rec2020; white balance left as it was in the picture",)


def test_the_input_is_not_changed() -> None:
    pixels = torch.rand(3, 4, 4)
    before = pixels.clone()
    ColourStage(Colour())(camera_frame(pixels))
    assert torch.equal(pixels, before)


@pytest.mark.shared
def test_colours_of_a_real_camera_are_those_of_libraw(shared_data: Path) -> None:
    """LibRaw adapts in camera RGB, we by Bradford: under daylight the two meet."""
    path = shared_data / "raw" / "canon_eos_d30.crw"
    camera = DecodeStage(Decode(), "cpu")(Frame(source=path)).camera
    multipliers, _ = white_balance(camera)
    with rawpy.imread(str(path)) as raw:
        to_camera = raw.rgb_xyz_matrix[:3] @ rgb_to_xyz("sRGB")
    to_camera /= to_camera.sum(axis=1, keepdims=True)
    matrix, _ = camera_matrix(camera, "sRGB", multipliers)
    np.testing.assert_allclose(matrix, np.linalg.inv(to_camera), atol=1e-4)
