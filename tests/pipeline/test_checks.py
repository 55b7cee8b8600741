"""What the host checks around a stage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from unveil.pipeline.checks import check_pixels, check_route, check_start
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Frame, Space
from unveil.pipeline.stage import Routes

EMPTY = Frame(source=Path("a.nef"))
ROUTES: Routes = {Space.CFA: frozenset({Space.CFA_LINEAR})}


def frame(space: Space, *shape: int, dtype: torch.dtype = torch.float32) -> Frame:
    return replace(EMPTY, space=space, pixels=torch.zeros(shape, dtype=dtype))


def test_a_frame_in_a_space_that_is_taken_passes() -> None:
    check_start("linearize", ROUTES, frame(Space.CFA, 1, 4, 4))


def test_an_undecoded_frame_is_named_so() -> None:
    with pytest.raises(FrameError, match="takes cfa, but before the first stage the frame is undecoded"):
        check_start("linearize", ROUTES, EMPTY)


def test_what_is_no_frame_is_refused() -> None:
    nothing: Any = None
    with pytest.raises(FrameError, match="stage 'x' gave NoneType, not a frame"):
        check_route("x", ROUTES, frame(Space.CFA, 1, 4, 4), nothing)


@pytest.mark.parametrize(
    ("space", "shape", "dtype", "found"),
    [
        (Space.CFA, (3, 4, 4), torch.float32, r"expected \(1, H, W\) float32, got \(3, 4, 4\) float32"),
        (
            Space.DISPLAY_RGB,
            (4, 4, 4),
            torch.float32,
            r"expected \(3, H, W\) float32, got \(4, 4, 4\) float32",
        ),
        (Space.DISPLAY_RGB, (3, 4, 4), torch.float64, r"got \(3, 4, 4\) float64"),
        (Space.LINEAR_RGB, (1, 3, 4, 4), torch.float32, r"got \(1, 3, 4, 4\)"),
        (Space.CAMERA_RGB, (3, 0, 4), torch.float32, r"got \(3, 0, 4\)"),
    ],
)
def test_a_wrong_shape_or_type_is_refused_with_both_sides(
    space: Space, shape: tuple[int, ...], dtype: torch.dtype, found: str
) -> None:
    with pytest.raises(FrameError, match=found):
        check_pixels("x", EMPTY, frame(space, *shape, dtype=dtype))


def test_a_frame_without_pixels_is_refused() -> None:
    with pytest.raises(FrameError, match="gave a frame without pixels"):
        check_pixels("x", EMPTY, replace(EMPTY, space=Space.CFA))


def test_values_out_of_range_are_legal() -> None:
    check_pixels("x", EMPTY, replace(EMPTY, space=Space.LINEAR_RGB, pixels=torch.full((3, 4, 4), -7e30)))


def test_values_whose_sum_overflows_are_not_taken_for_infinite() -> None:
    check_pixels("x", EMPTY, replace(EMPTY, space=Space.LINEAR_RGB, pixels=torch.full((3, 4, 4), 3e38)))
