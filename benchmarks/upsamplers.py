"""Ways to take a small reflection to full size that the one in use is compared with.

`guided` fits slope and offset to the light around each place, so that edges which the reflection shares with the
picture come out sharp. `ratio` takes the reflection for a share of the light. `joint_bilateral` is a mean of the small
reflection's neighbours, weighted by how near they are and how much their light is like that of the place.

References
----------
He, Sun, Tang: "Guided Image Filtering", IEEE TPAMI 2013; He, Sun: "Fast Guided Filter", arXiv 1505.00996, 2015 (the
coefficients are found small and applied at full size).
Kopf, Cohen, Lischinski, Uyttendaele: "Joint Bilateral Upsampling", ACM TOG (SIGGRAPH) 2007.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from unveil.isp.tone.curves import encode_curve
from unveil.plugins.separation.upsample import SmallReflection, Way, bicubic, detail, window
from unveil.plugins.separation.upsample import places as row_places

RIDGE = 1e-4
"""Of `guided`: variance below which a window counts as flat (1 is display white). Of the values tried it did best."""
NEAR, ALIKE = 0.5, 0.03
"""Of `joint_bilateral`: standard deviations in small pixels, as in the paper, and in display values with the mean
light at 0.2. Of 0.5 and 1, and 0.03 to 0.2, these did best on real pairs."""
LEAST = 1e-6
"""Of `joint_bilateral`: weight of a neighbour that is not alike at all, so that there is always a mean."""
REACH = 2
"""Of `joint_bilateral`: neighbours on each side; 5 x 5 as in the paper."""


def guided(reflection: Tensor, light: Tensor) -> SmallReflection:
    """Fit `slope * light + offset` in every window; a place takes the mean over the windows that it is in."""
    scale = _scale(light)
    mean_light, mean = window(light), window(reflection)
    variance = window(light * light) - mean_light**2
    covariance = window(light * reflection) - mean_light * mean
    slope = covariance / (variance + RIDGE * scale**2)
    return SmallReflection(offset=window(mean - slope * mean_light), slope=window(slope))


def ratio(reflection: Tensor, light: Tensor) -> SmallReflection:
    """Take the reflection for a share of the light."""
    share = (reflection / light.clamp(min=1e-6)).clamp(0, 1)
    return SmallReflection(offset=torch.zeros_like(share), slope=share)


@dataclass(frozen=True, slots=True, kw_only=True)
class JointBilateral:
    """A reflection and the light it was found in."""

    reflection: Tensor
    """(C, h, w) float32 linear light."""
    shown: Tensor
    """(C, h, w) float32, the light as display values."""
    scale: float
    """What the light is divided by for that."""

    def rows(self, light: Tensor, places: Tensor) -> Tensor:
        """Return the reflection for a band of rows; see `Enlarged`.

        Three colours of light weigh together; on a mosaic, where a place has one, each by itself.
        """
        shown = _shown(light, self.scale)
        across = row_places(0, light.shape[-1], light.shape[-1], self.shown.shape[-1])
        total, weights = torch.zeros(()), torch.zeros(())
        for row, row_weight in _neighbours(places, self.shown.shape[-2]):
            for column, column_weight in _neighbours(across, self.shown.shape[-1]):
                apart = (shown - self.shown[:, row][..., column]).square_()
                if shown.shape[0] > 1:
                    apart = apart.sum(0, keepdim=True)
                weight = (
                    apart.mul_(-0.5 / ALIKE**2).exp_().add_(LEAST).mul_(row_weight[:, None] * column_weight)
                )
                total = total + weight * self.reflection[:, row][..., column]
                weights = weights + weight
        return total / weights


def joint_bilateral(reflection: Tensor, light: Tensor) -> JointBilateral:
    """Take the mean of those neighbours that are near and alike."""
    scale = _scale(light)
    return JointBilateral(reflection=reflection, shown=_shown(light, scale), scale=scale)


WAYS: Mapping[str, Way] = MappingProxyType(
    {
        "bicubic": bicubic,
        "guided": guided,
        "joint bilateral": joint_bilateral,
        "ratio": ratio,
        "detail": detail,
    }
)


def _scale(light: Tensor) -> float:
    return max(float(light.mean()), 1e-6) / 0.2


def _shown(light: Tensor, scale: float) -> Tensor:
    return encode_curve((light / scale).clamp(min=0), "srgb")


def _neighbours(places: Tensor, length: int) -> list[tuple[Tensor, Tensor]]:
    """Return, for each of the neighbours along a side, its index and its weight at every place."""
    nearest = places.round()
    found = []
    for step in range(-REACH, REACH + 1):
        away = places - (nearest + step)
        index = (nearest + step).long().clamp(0, length - 1)
        found.append((index, (-0.5 * (away / NEAR) ** 2).exp()))
    return found
