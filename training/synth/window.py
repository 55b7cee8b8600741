"""A window between two scenes, as physics has it: shares by angle, copies by thickness, tint."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .draw import Draw
from .glass import cosines, glazing, path_difference
from .ranges import Ranges

GRAZING = math.radians(85)
"""Largest angle of incidence in a picture."""


def look_through(behind: Tensor, mirrored: Tensor, draw: Draw, ranges: Ranges) -> tuple[Tensor, Tensor]:
    """Look at two scenes through and in a window.

    Parameters
    ----------
    behind, mirrored : (N, 3, H, W) float32
        Linear light of the scene behind the glass and of the one that it reflects, in one unit.
    draw : Draw
        Source of randomness.
    ranges : Ranges
        `index`, `incidence`, `view`, `thickness`, `double`, `gap`, `wedge`, `distance`, and of the tint.

    Returns
    -------
    Two (N, 3, H, W) float32
        What reaches the camera of each, in the same unit; where both scenes are as bright, never more than one alone.
    """
    height, width = behind.shape[-2:]
    index, double = draw.uniform(*ranges.index), draw.chance(ranges.double)
    view = draw.uniform(*ranges.view).deg2rad()
    corner = (math.sqrt(2) * (view / 2).tan()).atan()
    tilt = torch.minimum(draw.uniform(*ranges.incidence).deg2rad(), GRAZING - corner)
    azimuth = draw.uniform(-math.pi, math.pi)
    glass = glazing(cosines(height, width, view, tilt, azimuth), index, _internal(draw, ranges), double)
    focal = max(height, width) / 2 / (view / 2).tan()
    direction = torch.cat([azimuth.cos(), azimuth.sin()], 1)
    reflected = glass.copies[0] * mirrored
    for copy, offset in zip(
        glass.copies[1:], _offsets(tilt.cos(), index, direction, draw, ranges), strict=True
    ):
        reflected = reflected + copy * shift(mirrored, (focal * offset)[:, :, 0, 0])
    return glass.transmitted * behind, reflected


def shift(pictures: Tensor, offset: Tensor) -> Tensor:
    """Shift each picture by its own offset, (N, 2) pixels to the left and up; borders are mirrored."""
    sides = offset.new_tensor([pictures.shape[-1], pictures.shape[-2]])
    theta = torch.eye(2, 3, device=offset.device).repeat(len(offset), 1, 1)
    theta[:, :, 2] = 2 * offset / sides
    grid = F.affine_grid(theta, list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)


def _internal(draw: Draw, ranges: Ranges) -> Tensor:
    """Share of each colour that a pane lets through along its normal, without its surfaces: (N, 3, 1, 1)."""
    tinted = draw.chance(ranges.tinted)
    share = torch.where(tinted > 0, draw.uniform(*ranges.tint), draw.uniform(*ranges.internal))
    return (share * 2 ** (tinted * ranges.tint_spread * draw.normal(3, 1, 1))).clamp(max=1)


def _offsets(
    cosine: Tensor, index: Tensor, direction: Tensor, draw: Draw, ranges: Ranges
) -> tuple[Tensor, Tensor, Tensor]:
    """Return where the later surfaces put their copies beside the first, radians: (N, 2, 1, 1) each.

    Rays that leave a distance d apart come from points d apart, which are seen under the angle d / distance. A tilt
    of the rear pane turns its copies by twice as much, however far the scene is.
    """
    metres = draw.uniform(*ranges.thickness) / 1000, draw.uniform(*ranges.gap) / 1000
    distance = draw.log_uniform(*ranges.distance)
    plate = path_difference(cosine, index, metres[0]) / distance * direction
    air = path_difference(cosine, torch.ones_like(index), metres[1]) / distance * direction
    turn = draw.uniform(-math.pi, math.pi)
    bent = 2 * draw.uniform(*ranges.wedge) / 1000 * torch.cat([turn.cos(), turn.sin()], 1)
    rear = plate + air + bent
    return plate, rear, rear + plate
