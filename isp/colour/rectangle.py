"""A rectangle of the picture as it is seen, found again in the pixels as they are stored."""

from __future__ import annotations

import math

from ..orient import STEPS

Rectangle = tuple[int, int, int, int]
"""Left, top, width and height."""


def stored_rectangle(upright: Rectangle, orientation: int, height: int, width: int) -> Rectangle:
    """Return where a rectangle of the upright picture lies in the stored one.

    Parameters
    ----------
    upright : left, top, width, height
        In pixels of the upright picture.
    orientation : int
        EXIF orientation of the stored picture, 1 to 8.
    height, width : int
        Size of the stored picture.

    Raises
    ------
    ValueError
        If the rectangle is not inside the picture.
    """
    swap, columns, rows = STEPS[orientation]
    seen_height, seen_width = (width, height) if swap else (height, width)
    left, top, wide, high = upright
    if left + wide > seen_width or top + high > seen_height:
        raise ValueError(
            f"the rectangle {list(upright)} is not inside the frame, which is {seen_width}x{seen_height} upright"
        )
    left = seen_width - left - wide if columns else left
    top = seen_height - top - high if rows else top
    return (top, left, high, wide) if swap else (left, top, wide, high)


def scaled_rectangle(rectangle: Rectangle, across: float, down: float) -> Rectangle:
    """Scale a rectangle, as to a picture of fewer pixels: those that it touches."""
    left, top, wide, high = rectangle
    right, bottom = math.ceil((left + wide) * across), math.ceil((top + high) * down)
    left, top = math.floor(left * across), math.floor(top * down)
    return left, top, max(1, right - left), max(1, bottom - top)
