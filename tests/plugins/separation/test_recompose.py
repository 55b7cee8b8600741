"""A reflection at full size: strips of a large proxy agree with the whole of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from unveil.pipeline.frame import Camera, Frame, Space
from unveil.plugins.separation import recompose
from unveil.plugins.separation.proxy import Proxy, linear_light, render
from unveil.plugins.separation.recompose import full_size_reflection, in_bands, subtract, whole

CAMERA = Camera(
    cfa=((0, 1), (1, 2)),
    black=((0.0,),),
    white=((1.0,),),
    white_balance=(2.0, 1.0, 1.5),
    xyz_to_camera=((6504.0, ((0.82, -0.25, -0.09), (-0.44, 1.24, 0.22), (-0.08, 0.19, 0.62))),),
)


def mosaic(noise: torch.Generator, height: int, width: int) -> Frame:
    pixels = torch.rand(1, height, width, generator=noise)
    return Frame(source=Path("a.dng"), pixels=pixels, space=Space.CFA_LINEAR, camera=CAMERA)


def display(noise: torch.Generator, height: int, width: int) -> Frame:
    pixels = torch.rand(3, height, width, generator=noise)
    return Frame(source=Path("a.tif"), pixels=pixels, space=Space.DISPLAY_RGB, primaries="sRGB", curve="srgb")


def found(proxy: Proxy, noise: torch.Generator) -> Tensor:
    return proxy.linear * torch.rand(proxy.linear.shape, generator=noise)


@pytest.mark.parametrize("size", [(96, 64), (97, 65), (64, 130)])
@pytest.mark.parametrize("long_side", [40, 1000])
def test_strips_of_a_proxy_give_what_the_whole_gives(
    noise: torch.Generator, size: tuple[int, int], long_side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for frame in (mosaic(noise, *size), display(noise, *size)):
        proxy = render(frame, linear_light(frame), long_side)
        reflection = found(proxy, noise)
        expected = full_size_reflection(reflection, proxy, frame)
        with monkeypatch.context() as patch:
            patch.setattr(recompose, "STRIP", 3 * proxy.linear.shape[-1])
            patch.setattr(recompose, "BAND", 4 * size[1])
            strips = full_size_reflection(reflection, proxy, frame)
        assert strips.isfinite().all()
        torch.testing.assert_close(strips, expected, atol=2e-5, rtol=0)


def test_a_proxy_of_the_size_of_the_frame_gives_its_reflection_as_it_was_found(
    noise: torch.Generator,
) -> None:
    frame = display(noise, 40, 60)
    proxy = render(frame, linear_light(frame), 60)
    reflection = found(proxy, noise)
    torch.testing.assert_close(full_size_reflection(reflection, proxy, frame), reflection, atol=1e-6, rtol=0)


def test_bands_laid_together_are_the_layer(noise: torch.Generator) -> None:
    frame = display(noise, 33, 20)
    layer = torch.rand(3, 33, 20, generator=noise)
    assert torch.equal(whole(in_bands(layer, frame), frame), layer)


def test_the_result_may_be_written_elsewhere(noise: torch.Generator) -> None:
    frame = mosaic(noise, 32, 48)
    reflection = frame.image() * 0.25
    room = torch.empty_like(frame.image())
    done = subtract(frame, in_bands(reflection, frame), 1.0, into=room)
    assert done.image() is room
    assert torch.equal(room, subtract(frame, in_bands(reflection, frame), 1.0).image())
