"""Methods that see mosaic and display picture together, with answers that are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from unveil.isp.orient import apply_orientation
from unveil.pipeline.errors import FrameError, PluginError
from unveil.pipeline.frame import Camera, Frame, Metadata, Space
from unveil.pipeline.method import Domain, Layers, MethodSpec
from unveil.pipeline.stage import Parameters
from unveil.plugins.separation.mosaic import RGGB, full_size_mosaic, pack_even, small_planes
from unveil.plugins.separation.packing import Pattern, places, unpack
from unveil.plugins.separation.parameters import Separate
from unveil.plugins.separation.separate import SeparateStage

MATRIX = ((0.9, -0.3, -0.1), (-0.4, 1.2, 0.2), (-0.1, 0.2, 0.6))
BAYER: dict[str, Pattern] = {
    "RGGB": ((0, 1), (1, 2)),
    "GRBG": ((1, 0), (2, 1)),
    "GBRG": ((1, 2), (0, 1)),
    "BGGR": ((2, 1), (1, 0)),
}
SIZES = [(96, 64), (33, 47), (16, 8), (5, 9), (2, 2), (3, 200)]
LIGHT = (0.7, 0.6, 0.5, 0.4)
"""Of the planes R, G, G, B."""
REFLECTED = (0.3, 0.2, 0.1, 0.05)


def spec(fit: int = 640) -> MethodSpec:
    return MethodSpec(
        name="known",
        summary="",
        domain=Domain.RAW_DISPLAY,
        multiple=8,
        global_statistics=False,
        fit=fit,
        gives=("transmission", "mosaic"),
        cost=0.0,
        parameters=Parameters,
        build=lambda parameters, device: nothing,
    )


def tiled(planes: tuple[float, ...], cfa: Pattern, height: int, width: int) -> Tensor:
    """Return a (1, H, W) mosaic with one value for each place of the cell."""
    cell = torch.empty(2, 2)
    for value, (row, column) in zip(planes, places(cfa), strict=True):
        cell[row, column] = value
    return cell.repeat(1, -(-height // 2), -(-width // 2))[:, :height, :width]


def frame(pixels: Tensor, cfa: Pattern = RGGB, orientation: int = 1) -> Frame:
    return Frame(
        source=Path("a.dng"),
        pixels=pixels,
        space=Space.CFA_LINEAR,
        camera=Camera(cfa=cfa, white_balance=(2.0, 1.0, 1.5), xyz_to_camera=((6504.0, MATRIX),)),
        metadata=Metadata(orientation=orientation),
    )


def nothing(proxy: Tensor) -> Layers:
    return Layers(transmission=proxy[:, :3], mosaic=proxy[:, 3:])


def known(proxy: Tensor) -> Layers:
    """Say that the same light is reflected everywhere."""
    reflection = tiled(REFLECTED, RGGB, *proxy.shape[-2:])
    return Layers(transmission=proxy[:, :3], mosaic=proxy[:, 3:] - reflection)


def half(proxy: Tensor) -> Layers:
    return Layers(transmission=proxy[:, :3], mosaic=proxy[:, 3:] / 2)


def separate(before: Frame, method: object, **parameters: object) -> Frame:
    return SeparateStage(Separate.model_validate(parameters), spec(), method)(before)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", BAYER)
def test_the_method_sees_red_first_in_the_proxy(name: str, size: tuple[int, int]) -> None:
    seen: list[Tensor] = []

    def look(proxy: Tensor) -> Layers:
        seen.append(proxy)
        return nothing(proxy)

    separate(frame(tiled(LIGHT, BAYER[name], *size), BAYER[name]), look)
    assert seen[0].shape[1] == 4
    assert all(side % 8 == 0 for side in seen[0].shape[-2:])
    torch.testing.assert_close(seen[0][0, 3:], tiled(LIGHT, RGGB, *seen[0].shape[-2:]))
    assert 0 <= float(seen[0][:, :3].min()) <= float(seen[0][:, :3].max()) <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", BAYER)
def test_each_place_of_the_cell_loses_its_own_reflection(
    name: str, size: tuple[int, int], orientation: int
) -> None:
    cfa = BAYER[name]
    before = frame(tiled(LIGHT, cfa, *size), cfa, orientation)
    after = separate(before, known, keep=["reflection"])
    expected = tiled(REFLECTED, cfa, *size)
    torch.testing.assert_close(after.layers["reflection"], expected, atol=1e-6, rtol=0)
    torch.testing.assert_close(after.image(), before.image() - expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_reflection_stands_where_the_upright_method_saw_it(orientation: int) -> None:
    """The method sees light in the upper left of what it is shown; on the sensor that is another corner."""

    def upper_left(proxy: Tensor) -> Layers:
        behind = proxy[:, 3:].clone()
        behind[..., : proxy.shape[-2] // 2, : proxy.shape[-1] // 2] -= 0.3
        return Layers(transmission=proxy[:, :3], mosaic=behind)

    after = separate(
        frame(torch.full((1, 64, 96), 0.5), orientation=orientation), upper_left, keep=["reflection"]
    )
    found = apply_orientation(after.layers["reflection"], orientation)
    height, width = (side // 2 for side in found.shape[-2:])
    assert float(found[:, : height - 8, : width - 8].min()) == pytest.approx(0.3, abs=1e-6)
    assert float(found[:, height + 8 :].abs().max()) < 1e-6
    assert float(found[:, :, width + 8 :].abs().max()) < 1e-6


def test_a_larger_mosaic_is_seen_at_the_working_size_and_answered_at_its_own(noise: torch.Generator) -> None:
    shapes: list[tuple[int, ...]] = []

    def look(proxy: Tensor) -> Layers:
        shapes.append(tuple(proxy.shape))
        return half(proxy)

    pixels = torch.rand(1, 300, 500, generator=noise) * 0.1 + 0.5
    after = separate(frame(pixels), look, scale=128, keep=["reflection"])
    assert shapes == [(1, 4, 80, 128)]
    reflection = after.layers["reflection"]
    assert reflection.shape == pixels.shape
    assert float(reflection.mean()) == pytest.approx(0.275, abs=0.005)
    assert after.scores["reflection"] == pytest.approx(0.5, abs=0.01)
    torch.testing.assert_close(after.image() + reflection, pixels)


def test_light_beyond_saturation_and_noise_below_black_stay(noise: torch.Generator) -> None:
    def clamping(proxy: Tensor) -> Layers:
        return Layers(transmission=proxy[:, :3], mosaic=proxy[:, 3:].clamp(0, 1))

    pixels = torch.randn(1, 32, 32, generator=noise) * 2
    assert torch.equal(separate(frame(pixels), clamping).image(), pixels)


def test_strength_0_returns_the_pixels_bit_for_bit(noise: torch.Generator) -> None:
    pixels = torch.rand(1, 33, 47, generator=noise)
    assert torch.equal(separate(frame(pixels), half, strength=0).image(), pixels)


def test_shrinking_keeps_the_colours_apart() -> None:
    planes = small_planes(tiled(LIGHT, BAYER["GBRG"], 201, 301), BAYER["GBRG"], 64)
    assert planes.shape == (4, 21, 32)
    torch.testing.assert_close(planes, torch.tensor(LIGHT)[:, None, None].expand_as(planes))


@pytest.mark.parametrize("name", BAYER)
@pytest.mark.parametrize("size", [(3, 5), (2, 2), (7, 4)])
def test_planes_of_the_mosaics_own_size_go_back_to_it(
    name: str, size: tuple[int, int], noise: torch.Generator
) -> None:
    mosaic = torch.rand(1, *size, generator=noise)
    planes = pack_even(mosaic, BAYER[name])
    assert torch.equal(full_size_mosaic(planes, BAYER[name], torch.ones(1, *size)), mosaic)
    height, width = size
    assert torch.equal(unpack(planes[None], BAYER[name])[0, :, :height, :width], mosaic)


def test_a_confidence_lies_as_the_sensor_does() -> None:
    def sure_above(proxy: Tensor) -> Layers:
        confidence = torch.zeros_like(proxy[:, :1])
        confidence[..., : proxy.shape[-2] // 2, :] = 1
        return Layers(transmission=proxy[:, :3], mosaic=proxy[:, 3:], confidence=confidence)

    after = separate(frame(torch.full((1, 64, 96), 0.5), orientation=3), sure_above, keep=["confidence"])
    assert float(after.maps["confidence"][:, :30].max()) == 0
    assert float(after.maps["confidence"][:, 34:].min()) == 1


def test_the_trail_says_which_picture_was_shown() -> None:
    after = separate(frame(torch.full((1, 16, 16), 0.5)), nothing)
    assert any(note.startswith("display picture: exposure auto") for note in after.notes)
    assert "known saw 16 x 16 pixels and took 0.0% of the light" in after.notes[-1]


def test_broken_pixels_fail_the_frame() -> None:
    pixels = torch.full((1, 32, 32), 0.5)
    pixels[0, 3, 4] = float("nan")
    with pytest.raises(FrameError, match=r"a\.dng: the method 'known' gave values that are not finite"):
        separate(frame(pixels), half)


def test_a_method_that_gives_no_mosaic_is_a_broken_plugin() -> None:
    with pytest.raises(PluginError, match="'known' sees the mosaic but gives none back"):
        separate(frame(torch.full((1, 8, 8), 0.5)), lambda proxy: Layers(transmission=proxy[:, :3]))


XTRANS = ((1, 1, 0, 1, 1, 2), (1, 1, 2, 1, 1, 0), (2, 0, 1, 0, 2, 1)) * 2
OTHERS = {
    "is a 6x6 mosaic": frame(torch.full((1, 12, 12), 0.5), XTRANS),
    "is monochrome": frame(torch.full((1, 12, 12), 0.5), ((1,),)),
    "is 1 x 12 pixels, less than one cell": frame(torch.full((1, 12, 1), 0.5)),
    "has three colours at every pixel": replace(
        frame(torch.full((3, 12, 12), 0.5)), space=Space.CAMERA_RGB, camera=Camera()
    ),
}


@pytest.mark.parametrize("found", OTHERS)
def test_other_frames_are_refused_in_one_sentence(found: str) -> None:
    with pytest.raises(FrameError) as error:
        separate(OTHERS[found], nothing)
    assert str(error.value) == (
        f"a.dng: the method 'known' takes Bayer mosaics, and this frame {found}; use another recipe"
    )
