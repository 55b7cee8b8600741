"""EXIF orientation, applied to pixels."""

from __future__ import annotations

from torch import Tensor

# Exif 2.32 tag 274: what stands at the stored picture's first row and column, as the steps that set it
# upright. (swap rows and columns, mirror columns, mirror rows)
STEPS = {
    1: (False, False, False),
    2: (False, True, False),
    3: (False, True, True),
    4: (False, False, True),
    5: (True, False, False),
    6: (True, True, False),
    7: (True, True, True),
    8: (True, False, True),
}

UNDO = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
"""The orientation that takes an upright picture back to how it is stored."""


def apply_orientation(pixels: Tensor, orientation: int) -> Tensor:
    """Set a picture upright.

    Parameters
    ----------
    pixels : (..., H, W)
        As stored.
    orientation : int
        EXIF orientation, 1 to 8.

    Returns
    -------
    (..., H, W) or (..., W, H)
        The picture as it is to be seen; its orientation is 1.

    Raises
    ------
    ValueError
        For another orientation.

    References
    ----------
    CIPA DC-008-2019 (Exif 2.32), tag 274.
    """
    if orientation not in STEPS:
        raise ValueError(f"orientation must be 1 to 8, got {orientation}")
    swap, columns, rows = STEPS[orientation]
    upright = pixels.transpose(-2, -1) if swap else pixels
    mirrored = [axis for axis, wanted in ((-1, columns), (-2, rows)) if wanted]
    return upright.flip(mirrored) if mirrored else upright
