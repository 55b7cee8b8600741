"""The tables of a DNG's profile: hue, saturation and value changed by place (HueSatMap, LookTable).

Reference: DNG specification 1.7, chapter 6, "Hue/Saturation/Value Mapping Table" and the tags ProfileHueSatMapData,
ProfileHueSatMapEncoding, ProfileLookTableData, ProfileLookTableEncoding: hue-saturation-value of linear ProPhoto RGB,
trilinear between the entries, hue around the circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...pipeline.profile import ColourTable
from ..tone.curves import encode_curve
from .camera_model import light_shares

SECTORS = 6
"""Of the circle of hues, 60 degrees each."""


def apply_table(pixels: Tensor, table: ColourTable) -> Tensor:
    """Change hue, saturation and value of linear ProPhoto RGB by a table.

    Parameters
    ----------
    pixels : (3, H, W) float
        Linear ProPhoto RGB, any range; 1 is where the table's values end.
    table : ColourTable
        Of a profile.

    Returns
    -------
    (3, H, W) float
        Not clipped. Beyond a saturation or a value of 1 the table's outermost entries hold, and a saturation up to 1
        is not raised above 1. Pixels without light in any colour stay as they are; NaN stays NaN.
    """
    hue, saturation, value = _hsv(pixels)
    shift, scale_saturation, scale_value = _look_up(hue, saturation, value, table)
    hue = hue + shift * (SECTORS / 360)
    saturation = torch.minimum(saturation * scale_saturation, saturation.clamp(min=1))
    changed = _rgb(hue, saturation, value * scale_value)
    return torch.where((value > 0) & changed.isfinite(), changed, pixels)


def table_at(tables: Sequence[tuple[float, ColourTable]], kelvin: float) -> ColourTable:
    """Mix tables of the same shape for a light: linear in 1/K, as the matrices."""
    shares = light_shares([light for light, _ in tables], kelvin)
    entries = shares @ np.array([table.entries for _, table in tables])
    return replace(tables[0][1], entries=tuple(entries.tolist()))


def _look_up(hue: Tensor, saturation: Tensor, value: Tensor, table: ColourTable) -> Tensor:
    """Return shift in degrees and two factors (3, H, W) for each pixel."""
    volume = hue.new_tensor(table.entries).reshape(*table.shape, 3).permute(3, 0, 1, 2)
    volume = torch.cat([volume, volume[:, :, :1]], dim=2)  # the circle closes
    level = encode_curve(value, "srgb") if table.srgb else value
    places = torch.stack([saturation, hue / SECTORS, level], dim=-1).clamp(0, 1).nan_to_num()
    found = F.grid_sample(
        volume[None], (places * 2 - 1)[None, None], "bilinear", padding_mode="border", align_corners=True
    )
    return found[0, :, 0]


def _hsv(pixels: Tensor) -> Sequence[Tensor]:
    """Hue in sectors [0, 6), saturation, which is above 1 where a colour is below 0, and value."""
    red, green, blue = pixels
    value, chroma = pixels.amax(0), pixels.amax(0) - pixels.amin(0)
    size = torch.where(chroma > 0, chroma, torch.ones_like(chroma))
    hue = torch.where(
        value == red,
        (green - blue) / size,
        torch.where(value == green, (blue - red) / size + 2, (red - green) / size + 4),
    )
    lit = torch.where(value > 0, value, torch.ones_like(value))
    return hue.remainder(SECTORS), chroma / lit, value


def _rgb(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    planes = []
    for offset in (5, 3, 1):
        sector = (hue + offset).remainder(SECTORS)
        away = torch.minimum(sector, 4 - sector).clamp(0, 1)
        planes.append(value - value * saturation * away)
    return torch.stack(planes)
