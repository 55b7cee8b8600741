"""The proxy is an invertible rendering of the frame."""

from pathlib import Path

import pytest
import torch

from unveil.isp.colour.stage import apply_matrix
from unveil.pipeline.frame import Camera, Frame, Space
from unveil.plugins.separation.proxy import linear_light, render, shrink, three_colours

CAMERA = Camera(
    cfa=((1, 0), (2, 1)),
    white_balance=(2.1, 1.0, 1.4),
    xyz_to_camera=((6504.0, ((0.9, -0.3, -0.1), (-0.4, 1.2, 0.2), (-0.1, 0.2, 0.6))),),
)


def test_matrix_takes_the_proxy_back_to_the_frame() -> None:
    pixels = torch.rand(1, 64, 64, generator=torch.Generator().manual_seed(0))
    frame = Frame(source=Path("a.dng"), pixels=pixels, space=Space.CFA_LINEAR, camera=CAMERA)
    proxy = render(frame, linear_light(frame), 512)
    back = apply_matrix(proxy.linear, torch.linalg.inv(proxy.matrix))
    torch.testing.assert_close(back, three_colours(frame, linear_light(frame)), atol=1e-5, rtol=0)


def test_grey_through_the_camera_is_grey_in_the_proxy() -> None:
    camera_grey = torch.tensor([1 / 2.1, 1.0, 1 / 1.4])[:, None, None].expand(3, 40, 40) * 0.3
    frame = Frame(source=Path("a.dng"), pixels=camera_grey, space=Space.CAMERA_RGB, camera=CAMERA)
    linear = render(frame, linear_light(frame), 512).linear
    torch.testing.assert_close(linear, linear[:1].expand(3, -1, -1), atol=1e-5, rtol=0)


def test_unexposed_frames_are_brought_to_display_white() -> None:
    frame = Frame(
        source=Path("a.dng"), pixels=torch.full((3, 40, 40), 0.01), space=Space.LINEAR_RGB, primaries="sRGB"
    )
    assert float(render(frame, linear_light(frame), 512).linear.max()) == pytest.approx(1.0, rel=1e-4)


def test_display_pictures_keep_their_exposure() -> None:
    frame = Frame(
        source=Path("a.png"),
        pixels=torch.full((3, 40, 40), 0.5),
        space=Space.DISPLAY_RGB,
        primaries="sRGB",
        curve="srgb",
    )
    linear = render(frame, linear_light(frame), 512).linear
    expected = torch.full_like(linear, 0.21404)  # IEC 61966-2-1 at 0.5
    torch.testing.assert_close(linear, expected, atol=1e-4, rtol=0)


def test_black_frame_gives_a_finite_proxy() -> None:
    frame = Frame(
        source=Path("a.tif"), pixels=torch.zeros(3, 20, 20), space=Space.LINEAR_RGB, primaries="Rec2020"
    )
    assert bool(torch.isfinite(render(frame, linear_light(frame), 512).linear).all())


@pytest.mark.parametrize(
    ("size", "expected"), [((300, 200), (64, 43)), ((20, 30), (20, 30)), ((1, 900), (1, 64))]
)
def test_shrink_fits_the_long_side_and_never_enlarges(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert shrink(torch.rand(3, *size), 64).shape[-2:] == expected


def test_shrink_keeps_the_mean_light() -> None:
    pixels = torch.rand(3, 256, 256, generator=torch.Generator().manual_seed(1))
    assert float(shrink(pixels, 64).mean()) == pytest.approx(float(pixels.mean()), abs=2e-3)
