"""Counts to linear samples, and the limit of highlights."""

from pathlib import Path

import pytest
import torch

from unveil.isp.linearize.stage import LinearizeStage, limit_highlights, subtract_black
from unveil.isp.parameters import Linearize
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Camera, Frame, Space

RGGB = ((0, 1), (1, 2))


def mosaic_frame(pixels: torch.Tensor, camera: Camera) -> Frame:
    return Frame(source=Path("a.dng"), pixels=pixels, space=Space.CFA, camera=camera)


def test_black_becomes_zero_and_white_one() -> None:
    counts = torch.tensor([[[100.0, 600.0, 1100.0]]])
    assert subtract_black(counts, [[100.0]], [[1100.0]]).tolist() == [[[0.0, 0.5, 1.0]]]


def test_nothing_is_clipped() -> None:
    counts = torch.tensor([[[0.0, 2100.0]]])
    assert subtract_black(counts, [[100.0]], [[1100.0]]).flatten().tolist() == pytest.approx([-0.1, 2.0])


def test_each_cell_has_its_own_levels() -> None:
    black, white = [[10.0, 20.0], [30.0, 40.0]], [[110.0], [210.0]]
    counts = torch.tensor([[[60.0, 65.0, 60.0], [120.0, 125.0, 120.0], [60.0, 65.0, 60.0]]])
    assert torch.allclose(subtract_black(counts, black, white), torch.full((1, 3, 3), 0.5))


def test_noise_around_black_keeps_its_mean(noise: torch.Generator) -> None:
    counts = 64 + 5 * torch.randn(1, 200, 200, generator=noise)
    assert float(subtract_black(counts, [[64.0]], [[1023.0]]).mean()) == pytest.approx(0, abs=1e-4)


def test_white_that_is_not_above_black_is_refused() -> None:
    with pytest.raises(ValueError, match="the white level 100 is not above the black level 50 to 100"):
        subtract_black(torch.zeros(1, 4, 4), [[50.0, 100.0]], [[100.0]])


def test_impossible_levels_fail_the_frame_with_its_name() -> None:
    frame = mosaic_frame(torch.ones(1, 2, 2), Camera(cfa=RGGB, black=((9.0,),), white=((9.0,),)))
    with pytest.raises(FrameError, match=r"a\.dng: the white level 9 is not above the black level 9"):
        LinearizeStage(Linearize())(frame)


def test_limit_counts_what_it_limits() -> None:
    limited, share = limit_highlights(torch.tensor([0.1, 0.6, 0.9, 0.5]), torch.tensor(0.5))
    assert limited.tolist() == pytest.approx([0.1, 0.5, 0.5, 0.5])
    assert share == 0.5


def test_clipped_highlights_are_neutral_after_white_balance() -> None:
    camera = Camera(cfa=RGGB, white=((1000.0,),), white_balance=(2.0, 1.0, 1.6))
    frame = LinearizeStage(Linearize())(mosaic_frame(torch.full((1, 4, 4), 1000.0), camera))
    cell = frame.image()[0, :2, :2].flatten() * torch.tensor([2.0, 1.0, 1.0, 1.6])
    assert frame.space is Space.CFA_LINEAR
    assert torch.allclose(cell, torch.ones(4))
    assert frame.notes[0].startswith("highlights: 50.00% of the samples limited")


def test_clipped_highlights_are_neutral_under_the_balance_of_a_side_file() -> None:
    camera = Camera(
        cfa=RGGB, white=((1000.0,),), white_balance=(2.0, 1.0, 1.6), side_balance=(1.25, 1.0, 2.5)
    )
    frame = LinearizeStage(Linearize())(mosaic_frame(torch.full((1, 4, 4), 1000.0), camera))
    cell = frame.image()[0, :2, :2].flatten() * torch.tensor([1.25, 1.0, 1.0, 2.5])
    assert torch.allclose(cell, torch.ones(4))
    assert "highlights: white balance of the .xmp beside the file" in frame.notes


def test_kept_highlights_stay_as_the_sensor_gave_them() -> None:
    camera = Camera(cfa=RGGB, white=((1000.0,),), white_balance=(2.0, 1.0, 1.6))
    frame = LinearizeStage(Linearize(highlights="keep"))(mosaic_frame(torch.full((1, 4, 4), 1200.0), camera))
    assert torch.allclose(frame.image(), torch.full((1, 4, 4), 1.2))
    assert frame.notes == ()


def test_monochrome_is_limited_at_saturation_only() -> None:
    camera = Camera(cfa=((1,),), white=((100.0,),))
    frame = LinearizeStage(Linearize())(mosaic_frame(torch.tensor([[[50.0, 130.0]]]), camera))
    assert frame.image().flatten().tolist() == pytest.approx([0.5, 1.0])
    assert len(frame.notes) == 1


def test_camera_rgb_keeps_its_space_and_has_its_highlights_limited() -> None:
    frame = Frame(
        source=Path("a.dng"),
        pixels=torch.ones(3, 2, 2),
        space=Space.CAMERA_RGB,
        camera=Camera(white_balance=(2.0, 1.0, 1.25)),
    )
    found = LinearizeStage(Linearize())(frame)
    assert found.space is Space.CAMERA_RGB
    assert found.image()[:, 0, 0].tolist() == pytest.approx([0.5, 1.0, 0.8])


def test_a_finished_picture_loses_its_curve_and_keeps_its_primaries() -> None:
    frame = Frame(
        source=Path("a.png"),
        pixels=torch.tensor([0.0, 0.5, 1.0]).expand(3, 1, 3),
        space=Space.DISPLAY_RGB,
        primaries="sRGB",
        curve="srgb",
    )
    found = LinearizeStage(Linearize())(frame)
    # IEC 61966-2-1: ((0.5 + 0.055) / 1.055) ^ 2.4
    assert found.image()[0, 0].tolist() == pytest.approx([0.0, 0.21404114, 1.0], abs=1e-6)
    assert (found.space, found.primaries, found.curve) == (Space.LINEAR_RGB, "sRGB", "")


def test_the_input_frame_is_not_changed() -> None:
    pixels = torch.full((1, 4, 4), 1000.0)
    camera = Camera(cfa=RGGB, white=((1000.0,),), white_balance=(2.0, 1.0, 1.6))
    LinearizeStage(Linearize())(mosaic_frame(pixels, camera))
    assert bool((pixels == 1000).all())


BLOWN = Camera(cfa=RGGB, white=((1000.0,),), white_balance=(2.0, 1.0, 1.6))


def lamp() -> torch.Tensor:
    """Counts of a grey wall with a lamp that saturates green and blue."""
    counts = torch.tensor([[200.0, 400.0], [400.0, 250.0]]).repeat(16, 16)
    counts[8:20, 8:20] = torch.tensor([[900.0, 1000.0], [1000.0, 1000.0]]).repeat(6, 6)
    return counts[None]


@pytest.mark.parametrize("highlights", ["blend", "reconstruct"])
def test_estimated_highlights_get_no_tint_and_the_trail_says_how_far(highlights: str) -> None:
    frame = LinearizeStage(Linearize.model_validate({"highlights": highlights}))(mosaic_frame(lamp(), BLOWN))
    cell = frame.image()[0, 12:14, 12:14].flatten() * torch.tensor([2.0, 1.0, 1.0, 1.6])
    assert torch.allclose(cell, torch.full((4,), 1.8), rtol=0.01)
    assert frame.notes[0].startswith(
        "highlights: 10.55% of the samples are blown and were estimated, up to 1."
    )
    assert float(frame.image()[0, 8, 8]) == pytest.approx(0.9)


def test_estimating_a_monochrome_picture_says_that_it_cannot() -> None:
    camera = Camera(cfa=((1,),), white=((100.0,),))
    frame = LinearizeStage(Linearize(highlights="reconstruct"))(
        mosaic_frame(torch.full((1, 4, 4), 130.0), camera)
    )
    assert torch.allclose(frame.image(), torch.full((1, 4, 4), 1.3))
    assert "one colour gives nothing to estimate them from" in frame.notes[0]


@pytest.mark.parametrize("highlights", ["clip", "keep", "blend", "reconstruct"])
def test_the_map_says_where_the_sensor_was_saturated(highlights: str) -> None:
    parameters = Linearize.model_validate({"highlights": highlights, "keep": ["clipped"]})
    frame = LinearizeStage(parameters)(mosaic_frame(lamp(), BLOWN))
    assert torch.equal(frame.maps["clipped"], (lamp() >= 1000).float())
    assert "clipped: 10.55% of the samples are saturated" in frame.notes


def test_the_map_of_three_colours_is_the_share_of_them() -> None:
    pixels = torch.tensor([1.0, 0.5, 1.2])[:, None, None].expand(3, 2, 2)
    frame = Frame(source=Path("a.dng"), pixels=pixels, space=Space.CAMERA_RGB)
    found = LinearizeStage(Linearize(keep=("clipped",)))(frame)
    assert torch.allclose(found.maps["clipped"], torch.full((1, 2, 2), 2 / 3))


def test_the_map_of_a_finished_picture_is_where_it_is_white() -> None:
    pixels = torch.tensor([0.5, 1.0]).expand(3, 1, 2)
    frame = Frame(
        source=Path("a.png"), pixels=pixels, space=Space.DISPLAY_RGB, primaries="sRGB", curve="srgb"
    )
    assert LinearizeStage(Linearize(keep=("clipped",)))(frame).maps["clipped"].tolist() == [[[0.0, 1.0]]]


def test_a_sensor_that_stops_short_of_its_white_is_blown_where_it_stops(noise: torch.Generator) -> None:
    counts = torch.rand(1, 100, 100, generator=noise) * 500
    counts[:, :10] = 985.0
    frame = LinearizeStage(Linearize(keep=("clipped",)))(mosaic_frame(counts, BLOWN))
    assert float(frame.maps["clipped"].mean()) == pytest.approx(0.1)


def test_hot_pixels_are_repaired_before_highlights_are_looked_at() -> None:
    counts = torch.full((1, 16, 16), 300.0)
    counts[0, 7, 7] = 1000.0
    parameters = Linearize(hot_pixels="repair", highlights="reconstruct", keep=("clipped",))
    frame = LinearizeStage(parameters)(mosaic_frame(counts, BLOWN))
    assert torch.allclose(frame.image(), torch.full((1, 16, 16), 0.3))
    assert frame.notes[0] == "hot pixels: 1 repaired"
    assert float(frame.maps["clipped"].sum()) == 0


def test_without_a_mosaic_hot_pixels_are_not_looked_for() -> None:
    frame = Frame(source=Path("a.dng"), pixels=torch.ones(3, 9, 9), space=Space.CAMERA_RGB)
    found = LinearizeStage(Linearize(hot_pixels="repair", highlights="keep"))(frame)
    assert found.notes == ("hot pixels: not looked for, as there is no mosaic",)


def test_noise_below_black_is_cut_off_only_where_it_is_asked_for() -> None:
    camera = Camera(cfa=RGGB, black=((100.0,),), white=((1100.0,),))
    before = mosaic_frame(torch.tensor([[[50.0, 100.0], [150.0, 0.0]]]), camera)
    kept = LinearizeStage(Linearize())(before)
    cut = LinearizeStage(Linearize(below_black="clip"))(before)
    assert kept.image().flatten().tolist() == pytest.approx([-0.05, 0.0, 0.05, -0.1])
    assert cut.image().flatten().tolist() == pytest.approx([0.0, 0.0, 0.05, 0.0])
    assert cut.notes[0] == "below black: 50.00% of the samples cut off"
