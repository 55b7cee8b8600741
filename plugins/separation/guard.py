"""Figures on what a separation does to a frame, and the policy that decides whether it may stand.

They are measured in the proxy, in linear light, where a method looked and where 1 is display white.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ...isp.bands import BAND
from ...pipeline.errors import FrameError
from ...pipeline.frame import Frame
from .parameters import Policy

SEEN = 0.02
"""Share of white from which a reflection counts as something to be seen."""
LEAST = 0.01
"""Share of the picture that must be without reflection for a drift to be measured."""


class Figures(NamedTuple):
    """What a separation does to a frame."""

    reflection: float
    """Share of the light that was found to be reflection, whatever the strength."""
    area: float
    """Share of the picture where a reflection of more than `SEEN` was found."""
    drift: float | None
    """Relative change of the mean light where none was; None where something is taken and that place cannot be
    measured: it is less than `LEAST` of the picture, or black."""
    colour: float | None
    """Largest relative change of a channel there against the change of all; None as `drift`."""

    def scores(self) -> dict[str, float]:
        """Return those that could be measured, by the names that they have in a frame's scores."""
        found = {
            "reflection": self.reflection,
            "reflection_area": self.area,
            "drift": self.drift,
            "drift_colour": self.colour,
        }
        return {name: value for name, value in found.items() if value is not None}


def measure(reflection: Tensor, light: Tensor, strength: Tensor | float) -> Figures:
    """Measure what taking a reflection out does to the light.

    With the light `L_c` and the reflection `R_c` of channel c, the places C where `max_c R_c <= 0.02`, and the
    strength s of each place, sums going over C:

        before_c = sum L_c      after_c = sum (L_c - s R_c)
        kept     = sum_c after_c / sum_c before_c
        drift    = |kept - 1|
        colour   = max_c |after_c / before_c / kept - 1|

    A method that darkens or tints everything a little, where nobody sees a reflection, shows here; one that finds a
    veil over the whole picture leaves no such place, and nothing tells whether it harms. Where nothing is taken, e.g.
    at strength 0, both drifts are 0 all the same.

    Parameters
    ----------
    reflection, light : (C, h, w) float32
        Linear light, 1 = white; light below 0 counts as none.
    strength : float or (1, h, w) float32
        How much of the reflection is subtracted.
    """
    total, all_found, clear_places, anything = 0.0, 0.0, 0, False
    before, clear_taken = (light.new_zeros(len(light), dtype=torch.float64) for _ in range(2))
    for rows in _bands(light):
        there, part = light[:, rows].clamp(min=0), reflection[:, rows]
        taken = part * (strength[:, rows] if isinstance(strength, Tensor) else strength)
        clear = part.amax(0) <= SEEN
        total += float(there.sum(dtype=torch.float64))
        all_found += float(part.sum(dtype=torch.float64))
        clear_places += int(clear.sum())
        anything = anything or bool(taken.any())
        before += (there * clear).sum((1, 2), dtype=torch.float64)
        clear_taken += (taken * clear).sum((1, 2), dtype=torch.float64)
    found = all_found / total if total > 0 else 0.0
    share = clear_places / max(1, light[0].numel())
    if not anything:
        return Figures(found, 1 - share, 0.0, 0.0)
    if share < LEAST or float(before.sum()) <= 0:
        return Figures(found, 1 - share, None, None)
    after = before - clear_taken
    kept = float(after.sum() / before.sum())
    lit = before > 0
    channels = after[lit] / before[lit]
    colour = float((channels / kept - 1).abs().max()) if kept > 0 else 0.0
    return Figures(found, 1 - share, abs(kept - 1), colour)


def _bands(light: Tensor) -> Iterator[slice]:
    step = max(1, BAND // light.shape[-1])
    return (slice(top, top + step) for top in range(0, light.shape[-2], step))


def check_answer(frame: Frame, method: str, reflection: Tensor, light: Tensor) -> None:
    """Refuse (`FrameError`) what a method gave if it is not finite, or takes all the light there is for reflection."""
    if not all(bool(torch.isfinite(reflection[:, rows]).all()) for rows in _bands(light)):
        raise FrameError(
            f"{frame.source}: the method {method!r} gave values that are not finite; "
            "try another method, or check the frame for broken pixels"
        )
    lit = any(bool((light[:, rows] > 0).any()) for rows in _bands(light))
    if lit and not any(_left(light[:, rows], reflection[:, rows]) for rows in _bands(light)):
        raise FrameError(
            f"{frame.source}: the method {method!r} took all the light for reflection and left an empty picture; "
            "try another method"
        )


def _left(light: Tensor, reflection: Tensor) -> bool:
    return bool((light - reflection)[light > 0].any())


def is_skipped(policy: Policy, figures: Figures) -> bool:
    """Return whether a frame goes on untouched because there is too little reflection in it."""
    return figures.reflection < policy.skip_below


def drifted(policy: Policy, figures: Figures) -> str:
    """Return in words by how much a frame drifts past the limit, or that nobody can tell; nothing if all is well.

    A limit of 1 allows every change, also one that cannot be measured.
    """
    if figures.drift is None or figures.colour is None:
        return _unmeasured(policy, figures) if policy.drift < 1 else ""
    words = [
        f"{value:.1%} in {what}"
        for value, what in ((figures.drift, "brightness"), (figures.colour, "colour"))
        if value > policy.drift
    ]
    if not words:
        return ""
    return (
        f"places without reflection change by {' and '.join(words)}, policy.drift allows {policy.drift:.1%}"
    )


def _unmeasured(policy: Policy, figures: Figures) -> str:
    return (
        f"reflection was found in {figures.area:.1%} of the picture, and no place without it has light to measure a "
        f"drift at, so that nothing tells whether policy.drift, {policy.drift:.1%}, is kept"
    )
