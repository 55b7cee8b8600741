"""What the host checks around every stage of a running frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import FrameError
from .frame import Frame, Space
from .stage import Routes
from .suggest import listing

if TYPE_CHECKING:
    from torch import Tensor

CHANNELS = {
    Space.CFA: 1,
    Space.CFA_LINEAR: 1,
    Space.CAMERA_RGB: 3,
    Space.LINEAR_RGB: 3,
    Space.DISPLAY_RGB: 3,
}
"""Planes of the pixels in each space."""


def check_start(stage: str, routes: Routes, frame: Frame) -> None:
    """Refuse (`FrameError`) a frame in a space that the stage does not take."""
    if frame.space in routes:
        return
    before = f"after stage {frame.trail[-1].stage!r}" if frame.trail else "before the first stage"
    raise FrameError(
        f"stage {stage!r} takes {_spaces(routes)}, but {before} the frame is {_space(frame.space)}; "
        "this recipe does not fit files of this kind"
    )


def check_route(stage: str, routes: Routes, before: Frame, after: Frame) -> None:
    """Refuse (`FrameError`) what a stage gave if it is no frame, or in a space that it does not declare."""
    if not isinstance(after, Frame):
        raise FrameError(f"stage {stage!r} gave {type(after).__name__}, not a frame; its plugin is broken")
    if after.space is None or after.space not in routes[before.space]:
        raise FrameError(
            f"stage {stage!r} gave {_space(after.space)} for {_space(before.space)}, "
            f"but declares {_spaces(routes[before.space])}; its plugin is broken"
        )


def check_pixels(stage: str, before: Frame, after: Frame) -> None:
    """Refuse (`FrameError`) new pixels or layers of the wrong shape or type, or that are not all finite."""
    if after.pixels is None or after.space is None:
        raise FrameError(f"stage {stage!r} gave a frame without pixels; its plugin is broken")
    if after.pixels is not before.pixels or after.space is not before.space:
        _check_shape(stage, after.space, after.pixels)
        _check_finite(stage, "the frame", after.pixels)
    known = {**before.layers, **before.maps}
    for name, layer in {**after.layers, **after.maps}.items():
        if layer is not known.get(name):
            _check_finite(stage, f"the layer {name!r}", layer)


def _check_shape(stage: str, space: Space, pixels: Tensor) -> None:
    import torch

    shape = tuple(pixels.shape)
    if pixels.dtype != torch.float32 or len(shape) != 3 or shape[0] != CHANNELS[space] or 0 in shape:
        found = f"{shape} {str(pixels.dtype).removeprefix('torch.')}"
        raise FrameError(f"stage {stage!r}: expected ({CHANNELS[space]}, H, W) float32, got {found}")


def _check_finite(stage: str, what: str, pixels: Tensor) -> None:
    import torch

    # The sum is finite exactly when every value is (short of overflow, which the count then clears up), and
    # it needs no second picture in memory.
    if bool(torch.isfinite(pixels.sum())):
        return
    count = int((~torch.isfinite(pixels)).sum())
    if count:
        raise FrameError(
            f"stage {stage!r} left {count} values in {what} that are not finite; nothing was written"
        )


def _space(space: Space | None) -> str:
    return "undecoded" if space is None else space.value


def _spaces(spaces: Routes | frozenset[Space]) -> str:
    return listing(sorted(map(_space, spaces)), last="or")
