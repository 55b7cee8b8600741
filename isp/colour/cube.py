"""Colour tables in .cube files: one curve for each colour, or a lattice in three dimensions.

Reference: Adobe, "Cube LUT Specification 1.0" (2013). Read by colour-science; between the entries straight lines, in
three dimensions trilinear.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...pipeline.frame import Triple
from .colorimetry import colour_science


@dataclass(frozen=True, slots=True, kw_only=True)
class Cube:
    """A table as read."""

    name: str
    low: Triple
    high: Triple
    """Ends of the domain for R, G, B."""
    values: Tensor
    """(3, N) curves, or a (3, N, N, N) lattice indexed by colour of the result, then R, G, B; float32."""

    def describe(self) -> str:
        """Return what it is, e.g. `33x33x33`."""
        return "x".join(str(side) for side in self.values.shape[1:]) + (
            " points" if self.values.ndim == 2 else ""
        )


def read_cube(path: Path) -> Cube:
    """Read a .cube file.

    Raises
    ------
    ValueError
        With a sentence, if it is not there, is no such table, or holds values that are not finite.
    """
    try:
        stamp = path.stat()
        return _read(path, stamp.st_mtime_ns, stamp.st_size)
    except OSError as error:
        words = (
            "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        )
        raise ValueError(f"the table {path} {words}; give the path of a .cube file") from error


def apply_cube(pixels: Tensor, cube: Cube) -> Tensor:
    """Send every pixel through a table.

    Parameters
    ----------
    pixels : (3, H, W) float
        In the numbers that the table is made for.
    cube : Cube
        The table.

    Returns
    -------
    (3, H, W) float
        Where a colour lies outside the domain, the table's answer at its end, and what is beyond it added: nothing is
        clipped, and without a step. NaN stays NaN.
    """
    low, high = (pixels.new_tensor(end)[:, None, None] for end in (cube.low, cube.high))
    inside = torch.minimum(torch.maximum(pixels, low), high)
    share = ((inside - low) / (high - low)).nan_to_num()
    values = cube.values.to(pixels)
    found = _curves(share, values) if values.ndim == 2 else _lattice(share, values)
    return found + (pixels - inside)


def share_outside(pixels: Tensor, cube: Cube) -> float:
    """Return the share of the pixels (3, H, W) of which a colour lies outside the table's domain."""
    low, high = (pixels.new_tensor(end)[:, None, None] for end in (cube.low, cube.high))
    return float(((pixels < low) | (pixels > high)).any(0).float().mean())


def _curves(share: Tensor, values: Tensor) -> Tensor:
    places = share * (values.shape[1] - 1)
    below = places.floor().clamp(max=values.shape[1] - 2).long()
    planes = [plane[index] for plane, index in zip(values, below, strict=True)]
    after = [plane[index + 1] for plane, index in zip(values, below, strict=True)]
    return torch.lerp(torch.stack(planes), torch.stack(after), places - below)


def _lattice(share: Tensor, values: Tensor) -> Tensor:
    places = (share.flip(0) * 2 - 1).permute(1, 2, 0)[
        None, None
    ]  # grid_sample's order is the last axis first
    found = F.grid_sample(values[None], places, "bilinear", padding_mode="border", align_corners=True)
    return found[0, :, 0]


@lru_cache(maxsize=4)
def _read(path: Path, changed: int, size: int) -> Cube:
    try:
        table = colour_science().io.read_LUT_IridasCube(str(path))
        values = np.moveaxis(np.asarray(table.table, dtype=np.float32), -1, 0)
        low, high = np.asarray(table.domain, dtype=np.float64)
    except (ValueError, LookupError, TypeError, AssertionError, ArithmeticError) as error:
        raise ValueError(f"{path} is not a .cube table that can be read; export it again") from error
    sides = set(values.shape[1:])
    if values.shape[0] != 3 or len(sides) != 1 or min(sides) < 2 or not np.isfinite(values).all():
        raise ValueError(f"the table {path} has {values.shape[1:]} entries, or some that are no numbers")
    if low.shape != (3,) or not (low < high).all():
        raise ValueError(f"the domain of the table {path} goes from {low.tolist()} to {high.tolist()}")
    return Cube(
        name=path.name,
        low=(low[0], low[1], low[2]),
        high=(high[0], high[1], high[2]),
        values=torch.from_numpy(np.ascontiguousarray(values)),
    )
