"""A real lens of the database takes a made picture, and the stage takes it back."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import torch
from torch import Tensor

from unveil.isp import extras
from unveil.isp.lens.database import find_shot
from unveil.isp.lens.model import find_field, find_gain
from unveil.isp.lens.resample import resample
from unveil.isp.lens.stage import LensStage
from unveil.isp.parameters import Lens
from unveil.pipeline.errors import EnvironmentFailure, FrameError
from unveil.pipeline.frame import Frame, Metadata, Space

needs_lensfun = pytest.mark.skipif(find_spec("lensfunpy") is None, reason="the extra lens is not installed")

TAGS = {
    "Make": "Canon",
    "Model": "Canon EOS 5D Mark II",
    "LensModel": "EF24-105mm f/4L IS USM",
    "FocalLength": 24.0,
    "FNumber": 4.0,
    "SubjectDistance": 10.0,
}
H, W = 400, 600
# lensfun's database: ptlens and PA terms of this lens at 24 mm, f/4 and 10 m.
PTLENS = (0.017263, -0.049244, 0.0)
VIGNETTING = (-0.54528064, -0.22663996, -0.08103423)


def photograph(pixels: Tensor, tags: dict[str, Any] = TAGS, **changes: Any) -> Frame:
    frame = Frame(
        source=Path("a.dng"),
        pixels=pixels,
        space=Space.LINEAR_RGB,
        primaries="Rec2020",
        metadata=Metadata(tags=MappingProxyType(tags)),
    )
    return replace(frame, **changes)


def only(**wanted: Any) -> Lens:
    nothing = {"distortion": False, "vignetting": False, "chromatic_aberration": False}
    return Lens.model_validate({**nothing, **wanted})


def line_seen_by_the_lens() -> Tensor:
    """A horizontal line far above the middle, drawn where the lens puts it: the model solved by hand, in numbers."""
    half = (H - 1) / 2
    a, b, c = PTLENS
    y, x = torch.meshgrid(
        torch.arange(H, dtype=torch.float64), torch.arange(W, dtype=torch.float64), indexing="ij"
    )
    x, y = (x - (W - 1) / 2) / half, (y - half) / half
    seen = torch.hypot(x, y)
    true = seen.clone()
    for _ in range(50):  # seen = true (a true^3 + b true^2 + c true + 1 - a - b - c), by fixed point
        true = seen / (a * true**3 + b * true**2 + c * true + 1 - a - b - c)
    height = y * true / seen.clamp(min=1e-9)
    return torch.exp(-(((height + 0.8) * half / 2.0) ** 2) / 2).float().expand(3, -1, -1).clone()


def ridge(pixels: Tensor) -> Tensor:
    """Row of the line in each column, by its centre of gravity."""
    rows = torch.arange(H)[:, None]
    top = pixels[1, : H // 3].clamp(min=0)
    return (top * rows[: H // 3]).sum(0) / top.sum(0)


@needs_lensfun
def test_a_bent_line_comes_back_straight() -> None:
    bent = line_seen_by_the_lens()
    found = LensStage(only(distortion=True, scale=1.0))(photograph(bent))
    middle = slice(20, W - 20)
    assert ridge(bent)[middle].max() - ridge(bent)[middle].min() > 2
    straight = ridge(found.image())[middle]
    assert straight.max() - straight.min() < 0.06
    assert float(straight.mean()) == pytest.approx(0.2 * (H - 1) / 2, abs=0.1)
    assert "distortion corrected" in found.notes


@needs_lensfun
def test_light_lost_in_the_corners_is_made_up_for_by_the_models_factor() -> None:
    found = LensStage(only(vignetting=True))(photograph(torch.full((3, H, W), 0.1)))
    corner = 1 / (1 + sum(VIGNETTING))
    assert float(found.image()[0, 0, 0]) == pytest.approx(0.1 * corner, rel=1e-3)
    torch.testing.assert_close(found.image()[:, H // 2, W // 2], torch.full((3,), 0.1), atol=1e-5, rtol=0)
    assert f"vignetting corrected: corners {corner:.2f} times as bright" in found.notes


@needs_lensfun
def test_nothing_is_cut_by_the_vignetting() -> None:
    found = LensStage(only(vignetting=True))(photograph(torch.full((3, H, W), -0.5))).image()
    assert float(found[0, 0, 0]) < -3


@needs_lensfun
def test_colours_are_moved_each_by_its_own_amount() -> None:
    shot = find_shot(photograph(torch.zeros(3, H, W)), Lens())
    field = find_field(shot, H, W, distortion=False, aberration=True, scale=0.0)
    assert field is not None
    x, y = field.rows(0, 1)
    assert float(x[1, 0, 0]) == pytest.approx(0, abs=1e-4)
    assert float(y[1, 0, 0]) == pytest.approx(0, abs=1e-4)
    # lensfun's database: red 1.0011673 and -3.36e-5 r^2, blue 1.000182 and -8.57e-5 r^2 at 24 mm.
    r2 = (299.5**2 + 199.5**2) / 199.5**2
    assert float(x[0, 0, 0]) == pytest.approx(299.5 * (1 - 1.0011673 + 3.36e-5 * r2), abs=0.01)
    assert float(x[2, 0, 0]) == pytest.approx(299.5 * (1 - 1.000182 + 8.57e-5 * r2), abs=0.01)


@needs_lensfun
def test_layers_and_maps_go_the_same_way() -> None:
    pixels = line_seen_by_the_lens()
    frame = photograph(
        pixels,
        layers=MappingProxyType({"blended": pixels}),
        maps=MappingProxyType({"confidence": pixels[1:2], "small": torch.ones(1, 40, 60)}),
    )
    found = LensStage(Lens())(frame)
    assert torch.equal(found.layers["blended"], found.image())
    moved = LensStage(only(distortion=True, chromatic_aberration=True))(frame)
    torch.testing.assert_close(found.maps["confidence"][0], moved.image()[1].clamp(0, 1))
    torch.testing.assert_close(found.maps["small"], torch.ones(1, 40, 60))


@needs_lensfun
def test_auto_leaves_no_border_and_a_small_scale_says_how_much_there_is() -> None:
    frame = photograph(torch.ones(3, H, W))
    torch.testing.assert_close(LensStage(only(distortion=True))(frame).image(), torch.ones(3, H, W))
    shrunk = LensStage(only(distortion=True, scale=0.5))(frame)
    assert shrunk.image()[:, 0, 0].tolist() == [0, 0, 0]
    assert "pixels lie outside the picture and are black" in shrunk.notes[-1]


@needs_lensfun
def test_nan_spreads_no_further_than_two_pixels() -> None:
    pixels = torch.ones(3, H, W)
    pixels[:, 200, 300] = torch.nan
    bad = LensStage(only(distortion=True))(photograph(pixels)).image().isnan()
    assert 0 < int(bad[1].sum()) <= 25
    assert bad[1, 195:206, 295:306].sum() == bad[1].sum()


@needs_lensfun
def test_light_scales_through_and_shapes_stay() -> None:
    shot = find_shot(photograph(torch.zeros(3, H, W)), Lens())
    pixels = torch.rand(3, 40, 60, generator=torch.Generator().manual_seed(3))
    field = find_field(shot, 40, 60, distortion=True, aberration=True, scale=0.0)
    gain = find_gain(shot, 40, 60)
    assert field is not None
    assert gain is not None
    assert gain.shape == (1, 40, 60)
    assert resample(pixels, field).shape == (3, 40, 60)
    torch.testing.assert_close(resample(8 * pixels, field), 8 * resample(pixels, field))


MISSING = [
    ({}, {}, "the file names no camera; give make and model"),
    ({**TAGS, "Model": "Nope 1"}, {}, "lensfun has no camera 'Nope 1' of 'Canon'"),
    ({**TAGS, "LensModel": "Nope 1-2mm"}, {}, "lensfun has no lens 'Nope 1-2mm' for 'Canon EOS 5D Mark II'"),
    (
        {key: value for key, value in TAGS.items() if key != "LensModel"},
        {},
        "the file names no lens and 'Canon EOS 5D Mark II' has no fixed one; give it as lens",
    ),
    (
        {**TAGS, "LensModel": "24-105"},
        {},
        "several lenses match '24-105' for 'Canon EOS 5D Mark II': "
        "Canon EF 24-105mm f/3.5-5.6 IS STM, Canon EF 24-105mm f/4L IS USM",
    ),
    (
        {key: value for key, value in TAGS.items() if key != "FocalLength"},
        {},
        "the focal length of 'Canon EF 24-105mm f/4L IS USM' is not known; give it as focal_length",
    ),
    (TAGS, {"model": "Cybershot", "make": "Sony"}, "several cameras match 'Cybershot' of 'Sony': "),
]


@needs_lensfun
@pytest.mark.parametrize(("tags", "given", "words"), MISSING)
def test_what_is_not_found_is_said_or_fails_the_frame(
    tags: dict[str, Any], given: dict[str, Any], words: str
) -> None:
    frame = photograph(torch.rand(3, 8, 8), tags)
    passed = LensStage(Lens(**given))(frame)
    assert passed.image() is frame.image()
    assert passed.notes[0].startswith(f"lens not corrected: {words}")
    with pytest.raises(FrameError) as failure:
        LensStage(Lens(**given, missing="fail"))(frame)
    assert str(failure.value).startswith(f"a.dng: lens not corrected: {words}")


@needs_lensfun
def test_parameters_stand_in_for_exif() -> None:
    given = Lens(
        make="Canon",
        model="Canon EOS 5D Mark II",
        lens="EF24-105mm f/4L IS USM",
        focal_length=24,
        aperture=4,
        distance=10,
    )
    pixels = torch.rand(3, 40, 60)
    by_hand = LensStage(given)(photograph(pixels, {}))
    by_file = LensStage(Lens())(photograph(pixels))
    assert torch.equal(by_hand.image(), by_file.image())
    assert by_hand.notes[0] == "lens Canon EF 24-105mm f/4L IS USM at 24 mm, f/4, subject at 10 m"


@needs_lensfun
def test_a_camera_with_a_fixed_lens_needs_no_name_and_no_aperture_is_said() -> None:
    tags = {"Make": "Sony", "Model": "DSC-RX100", "FocalLength": 10.4}
    found = LensStage(Lens())(photograph(torch.rand(3, 40, 60), tags))
    assert found.notes[0].startswith("lens DSC-RX100 & compatibles (Standard) at 10.4 mm")
    assert "vignetting not corrected: the f-number is not known" in found.notes


def test_a_missing_package_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(EnvironmentFailure, match=r"'lens' needs the package lensfunpy; .*unveil\[lens\]"):
        LensStage(Lens())
