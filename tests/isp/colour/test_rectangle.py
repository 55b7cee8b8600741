"""Where a rectangle of the upright picture lies in the stored one."""

import pytest
import torch

from unveil.isp.colour.rectangle import scaled_rectangle, stored_rectangle
from unveil.isp.orient import apply_orientation


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_same_pixels_are_found_in_every_orientation(orientation: int) -> None:
    stored = torch.arange(5 * 7).reshape(1, 5, 7)
    upright = apply_orientation(stored, orientation)
    seen = upright[:, 1:4, 2:4]
    left, top, wide, high = stored_rectangle((2, 1, 2, 3), orientation, 5, 7)
    found = stored[:, top : top + high, left : left + wide]
    assert set(found.flatten().tolist()) == set(seen.flatten().tolist())


def test_a_rectangle_beyond_the_upright_picture_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[4, 0, 2, 2\] is not inside the frame, which is 5x7 upright"):
        stored_rectangle((4, 0, 2, 2), 6, 5, 7)


def test_on_fewer_pixels_those_that_it_touches_remain() -> None:
    assert scaled_rectangle((3, 4, 1, 5), 0.5, 0.5) == (1, 2, 1, 3)
    assert scaled_rectangle((3, 4, 1, 5), 1.0, 1.0) == (3, 4, 1, 5)
