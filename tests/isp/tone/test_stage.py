"""Exposure, output primaries and the display curve."""

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
import torch
from pydantic import ValidationError

from unveil.isp.colour.matrices import apply_matrix, rgb_to_rgb
from unveil.isp.parameters import Tone
from unveil.isp.tone.filmic import filmic
from unveil.isp.tone.stage import ToneStage, auto_exposure, decode_curve, encode_curve, is_finished, luminance
from unveil.pipeline.frame import Camera, Frame, Space

SENSOR = Camera(cfa=((0, 1), (1, 2)), white_balance=(2.0, 1.0, 1.5))


def linear_frame(pixels: torch.Tensor, camera: Camera = SENSOR, primaries: str = "Rec2020") -> Frame:
    return Frame(
        source=Path("a.dng"), pixels=pixels, space=Space.LINEAR_RGB, primaries=primaries, camera=camera
    )


def grey(level: float) -> torch.Tensor:
    return torch.full((3, 8, 8), level)


def test_luminance_has_the_weights_of_the_space() -> None:
    # ITU-R BT.2020-2 table 4: 0.2627, 0.6780, 0.0593.
    weights = luminance(torch.eye(3)[:, :, None], "Rec2020").flatten()
    assert weights.tolist() == pytest.approx([0.2627, 0.6780, 0.0593], abs=1e-4)


@pytest.mark.parametrize(("level", "stops"), [(0.45, 1.0), (0.9, 0.0), (1.8, -1.0)])
def test_an_even_picture_is_brought_to_nine_tenths(level: float, stops: float) -> None:
    assert auto_exposure(grey(level), "Rec2020") == pytest.approx(stops, abs=1e-5)


def test_a_few_lamps_do_not_darken_the_picture() -> None:
    pixels = torch.full((3, 100, 100), 0.225)
    pixels[:, 0, :90] = 50.0
    assert auto_exposure(pixels, "Rec2020") == pytest.approx(2.0, abs=1e-5)
    pixels[:, 1, :90] = 50.0
    assert auto_exposure(pixels, "Rec2020") == -2.0


@pytest.mark.parametrize(("level", "stops"), [(1e-6, 4.0), (100.0, -2.0), (0.0, 0.0), (-1.0, 0.0)])
def test_exposure_is_limited_and_black_is_left(level: float, stops: float) -> None:
    assert auto_exposure(grey(level), "Rec2020") == stops


def test_what_is_not_a_number_is_left_out() -> None:
    pixels = grey(0.45)
    pixels[:, :4] = torch.nan
    assert auto_exposure(pixels, "Rec2020") == pytest.approx(1.0, abs=1e-5)
    assert auto_exposure(grey(float("nan")), "Rec2020") == 0.0


def test_a_large_picture_gives_nearly_the_same_exposure_from_its_samples(noise: torch.Generator) -> None:
    tile = torch.rand(3, 64, 64, generator=noise)
    assert auto_exposure(tile.repeat(1, 32, 48), "Rec2020") == pytest.approx(
        auto_exposure(tile, "Rec2020"), abs=0.02
    )


def test_one_stop_doubles_the_light_and_the_curve_follows() -> None:
    frame = ToneStage(Tone(exposure=1.0))(linear_frame(grey(0.25)))
    torch.testing.assert_close(frame.image(), encode_curve(grey(0.5), "srgb"))
    assert (frame.space, frame.primaries, frame.curve) == (Space.DISPLAY_RGB, "sRGB", "srgb")
    assert frame.notes[0] == "exposure +1.00 EV"


def test_the_baseline_of_a_dng_adds_to_a_fixed_exposure() -> None:
    frame = linear_frame(grey(0.1), replace(SENSOR, baseline_exposure=0.5))
    frame = ToneStage(Tone(exposure=0.5, curve="linear"))(frame)
    torch.testing.assert_close(frame.image(), grey(0.2))
    assert frame.notes[0] == "exposure +1.00 EV: +0.50 of it are the DNG's baseline exposure"


def test_auto_reaches_the_picture() -> None:
    frame = ToneStage(Tone(curve="linear"))(linear_frame(grey(0.225)))
    torch.testing.assert_close(frame.image(), grey(0.9))
    assert frame.notes[0] == "exposure auto: +2.00 EV"


def test_auto_leaves_a_finished_picture_and_says_so() -> None:
    finished = Camera(make="Nikon", model="Z6")
    assert is_finished(finished)
    assert not is_finished(SENSOR)
    frame = ToneStage(Tone(curve="linear"))(linear_frame(grey(0.2), finished, "sRGB"))
    torch.testing.assert_close(frame.image(), grey(0.2))
    assert frame.notes[0].startswith("exposure auto: 0 EV")


def test_a_finished_picture_comes_back_through_the_working_space(noise: torch.Generator) -> None:
    display = torch.rand(3, 16, 16, generator=noise)
    frame = linear_frame(decode_curve(display, "srgb"), Camera(), "sRGB")
    torch.testing.assert_close(ToneStage(Tone())(frame).image(), display, atol=1e-5, rtol=0)


@pytest.mark.parametrize("space", ["sRGB", "Display P3", "Adobe RGB", "Rec2020", "ProPhoto"])
def test_grey_is_grey_in_every_output_space(space: str) -> None:
    parameters = Tone.model_validate({"output_space": space, "exposure": 0.0})
    frame = ToneStage(parameters)(linear_frame(grey(0.18)))
    torch.testing.assert_close(frame.image(), grey(0.4613561), atol=1e-5, rtol=0)
    assert frame.primaries == space


def test_the_curve_gamma_carries_its_exponent() -> None:
    frame = ToneStage(Tone(curve="gamma", gamma=1.8, exposure=0.0))(linear_frame(grey(0.5)))
    assert frame.curve == "gamma:1.8"
    torch.testing.assert_close(frame.image(), grey(0.5 ** (1 / 1.8)))


def test_layers_get_the_same_numbers_as_the_frame(noise: torch.Generator) -> None:
    pixels = torch.rand(3, 8, 8, generator=noise)
    parts = {"blended": pixels.clone(), "confidence": torch.ones(1, 8, 8)}
    frame = ToneStage(Tone())(replace(linear_frame(pixels), layers=MappingProxyType(parts)))
    torch.testing.assert_close(frame.layers["blended"], frame.image())
    assert frame.layers["confidence"] is parts["confidence"]


def test_light_outside_the_range_is_kept_and_its_share_is_said() -> None:
    pixels = torch.full((3, 1, 4), 0.5)
    pixels[0, 0, 0] = -0.5
    pixels[:, 0, 1] = 3.0
    frame = ToneStage(Tone(exposure=0.0, output_space="Rec2020"))(linear_frame(pixels))
    assert frame.image().min() < 0
    assert frame.image().max() > 1
    assert frame.notes[1] == "25.00% of the pixels are outside the gamut of Rec2020, 25.00% above its white"


def test_by_default_there_is_nothing_but_a_matrix_and_the_curve(noise: torch.Generator) -> None:
    pixels = 3 * torch.rand(3, 16, 16, generator=noise) - 0.5
    frame = ToneStage(Tone(exposure=0.5))(linear_frame(pixels))
    expected = encode_curve(apply_matrix(pixels, rgb_to_rgb("Rec2020", "sRGB") * 2.0**0.5), "srgb")
    assert torch.equal(frame.image(), expected)


@pytest.mark.parametrize("stops", [0.0, 0.5])
def test_baseline_is_the_exposure_that_the_file_asks_for(stops: float) -> None:
    frame = linear_frame(grey(0.1), replace(SENSOR, baseline_exposure=stops))
    frame = ToneStage(Tone(exposure="baseline", curve="linear"))(frame)
    torch.testing.assert_close(frame.image(), grey(0.1 * 2**stops))
    assert frame.notes[0] == f"exposure {stops:+.2f} EV: the baseline exposure that the file asks for"


def test_filmic_keeps_middle_grey_and_brings_its_white_to_white() -> None:
    pixels = torch.cat([grey(0.18), grey(4.0)], dim=2)
    frame = ToneStage(Tone(exposure=0.0, curve="filmic"))(linear_frame(pixels))
    assert frame.curve == "srgb"
    expected = torch.cat([encode_curve(grey(0.18), "srgb"), grey(1.0)], dim=2)
    torch.testing.assert_close(frame.image(), expected, atol=1e-5, rtol=0)
    assert frame.notes[1] == "tones: filmic, white at +2.00 EV, of each colour"


def test_filmic_with_its_white_at_display_white_is_srgb(noise: torch.Generator) -> None:
    frame = linear_frame(torch.rand(3, 8, 8, generator=noise))
    plain, mapped = (ToneStage(tone)(frame).image() for tone in (Tone(), Tone(curve="filmic", white=0)))
    torch.testing.assert_close(mapped, plain, atol=1e-6, rtol=0)


def test_points_are_of_the_values_that_srgb_would_give() -> None:
    x = torch.tensor([0.25, 0.5, 0.75]).repeat(3, 1, 1)
    tone = Tone(exposure=0.0, curve="points", points=((0, 0.1), (0.25, 0.2), (0.5, 0.6), (0.75, 0.8), (1, 1)))
    frame = ToneStage(tone)(linear_frame(decode_curve(x, "srgb"), primaries="sRGB"))
    torch.testing.assert_close(
        frame.image(), torch.tensor([0.2, 0.6, 0.8]).repeat(3, 1, 1), atol=1e-5, rtol=0
    )
    assert frame.notes[1] == "tones: through points, of each colour"


def test_the_hue_stays_when_it_is_asked_for() -> None:
    pixels = torch.tensor([2.0, 1.0, 0.5]).reshape(3, 1, 1)
    tone = Tone(exposure=0.0, curve="filmic", channels="hue")
    found = decode_curve(ToneStage(tone)(linear_frame(pixels, primaries="sRGB")).image(), "srgb")
    top = filmic(torch.tensor(2.0), 4.0)
    torch.testing.assert_close(found, top * torch.tensor([1.0, 0.5, 0.25]).reshape(3, 1, 1))


def test_a_gamut_is_reached_at_the_same_luminance_and_the_share_is_said() -> None:
    pixels = torch.full((3, 1, 4), 0.5)
    pixels[:, 0, 0] = torch.tensor([0.0, 0.4, 0.0])
    frame = linear_frame(pixels)
    clipped = ToneStage(Tone(exposure=0.0, curve="linear"))(frame)
    inside = ToneStage(Tone(exposure=0.0, curve="linear", gamut="desaturate"))(frame)
    assert clipped.image().min() < -0.1
    assert inside.image().min() >= 0
    assert inside.image().max() <= 1
    torch.testing.assert_close(luminance(inside.image(), "sRGB"), luminance(clipped.image(), "sRGB"))
    torch.testing.assert_close(inside.image()[..., 1:], clipped.image()[..., 1:])
    assert inside.notes[1:] == (
        "25.00% of the pixels were outside sRGB and are desaturated at the same luminance",
        "0.00% of the pixels are outside the gamut of sRGB, 0.00% above its white",
    )


def test_layers_go_through_tones_and_gamut_like_the_frame(noise: torch.Generator) -> None:
    pixels = 2 * torch.rand(3, 8, 8, generator=noise)
    tone = Tone(curve="filmic", channels="hue", gamut="desaturate")
    frame = ToneStage(tone)(replace(linear_frame(pixels), layers=MappingProxyType({"blended": pixels})))
    assert torch.equal(frame.layers["blended"], frame.image())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"curve": "points"}, "needs its points"),
        ({"points": [[0, 0], [1, 1]]}, "needs its points"),
        ({"curve": "points", "points": [[0, 0]]}, "at least 2 items"),
        ({"curve": "points", "points": [[0, 0], [0.5, 1.2]]}, "less than or equal to 1"),
        ({"curve": "points", "points": [[0.5, 0], [0.5, 1]]}, "x must rise from point to point by at least"),
        (
            {"curve": "points", "points": [[0, 0.5], [1, 0.2]]},
            "y must not fall from point to point: 0.5, 0.2",
        ),
        ({"channels": "hue"}, "channels 'hue' is not possible with the curve srgb"),
        ({"curve": "points", "points": [[0, 0.1], [1, 1]], "channels": "hue"}, r"be \[0, 0\]"),
        ({"curve": "filmic", "white": -1}, "greater than or equal to 0"),
    ],
)
def test_curves_that_cannot_be_are_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Tone.model_validate(given)
