"""Blown areas without a tint: what is taken out of samples that the sensor cut off.

A saturated sample says that there was at least so much light, so what is left of it without the reflection is a lower
bound too. Subtracting the reflection from each colour as if the light were known leaves blown areas in the colour of
white less the reflection, which a RAW developer shows pink or green: it no longer sees that they were blown. So a
saturated colour keeps what the other colours of its place say of a neutral light: their mean after white balance, or
where all three are saturated the most that one of them proves. It never gets more light than the sensor counted, and
never less than subtracting leaves.

Samples that are not saturated, and all places without reflection, stay as they are. The bounds are physics (as in
X. Zhang, D. H. Brainard, "Estimation of saturated pixel values in digital color imaging", JOSA A 21 (2004)); that blown
light is neutral is an assumption, the one that RAW developers clip highlights by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from ...isp.cfa import Pattern, colour_index, is_monochrome
from ...isp.colour.white_balance import white_balance
from ...isp.decode.saturation import LOWEST, observed_saturation
from ...pipeline.frame import Frame, Space

NEAR = 0.98
"""Share of its saturation level from which a sample counts as saturated: noise and JPEG spread the pile."""
LIMITED = 1e-4
"""Share of a colour's samples that may lie above the level that `linearize` limits it to, e.g. overshoots of the
demosaicking."""
SAMPLES = 1 << 20
"""Samples that levels are looked for in."""


class Highlights:
    """Where a frame is saturated, and what is then taken of a reflection.

    Parameters
    ----------
    frame : Frame
        In any of CFA_LINEAR, CAMERA_RGB, LINEAR_RGB, DISPLAY_RGB, with pixels.
    """

    def __init__(self, frame: Frame) -> None:
        self.cfa = frame.camera.cfa if frame.space is Space.CFA_LINEAR else None
        self.colourless = self.cfa is not None and is_monochrome(self.cfa)
        self.gains = _gains(frame)
        self.levels = self.gains if self.colourless else _levels(frame, self.cfa, self.gains)
        self.size = frame.image().numel()
        self.spared = 0
        """Samples that kept more than subtracting leaves, so far."""

    def spare(self, bands: Iterable[tuple[slice, Tensor, Tensor]]) -> Iterator[tuple[slice, Tensor, Tensor]]:
        """Yield bands of a reflection with less of it where the frame is saturated.

        Parameters
        ----------
        bands
            Rows of the frame, its linear light there, and the reflection found there, in the frame's own linear colour.
        """
        for rows, light, reflection in bands:
            if self.colourless:
                yield rows, light, reflection
                continue
            colours = None if self.cfa is None else _colours(self.cfa, rows.start, light)
            less = spared(light, reflection, self.gains, self.levels, colours)
            if less is not reflection:
                self.spared += int((less != reflection).sum())
            yield rows, light, less

    def words(self) -> tuple[str, ...]:
        """Return what was done, for the trail; nothing where nothing was."""
        if not self.spared:
            return ()
        return (
            f"blown areas: {self.spared / self.size:.2%} of the samples are saturated and keep what makes them neutral",
        )


def spared(
    light: Tensor, reflection: Tensor, gains: Tensor, levels: Tensor, colours: Tensor | None = None
) -> Tensor:
    """Return a reflection with less of it where the light is saturated.

    Parameters
    ----------
    light, reflection : (3, h, w) or (1, h, w) float32
        Linear light, and the part of it that was found to be reflection.
    gains, levels : (3,) float32
        White balance, and the light at which each colour is saturated.
    colours : (h, w) int64, optional
        Of a mosaic: the colour of each sample.

    Returns
    -------
    Tensor
        As `reflection`, nowhere more; the same object where nothing is saturated.
    """
    limits = levels[:, None, None] if colours is None else levels[colours][None]
    saturated = light >= NEAR * limits
    places = saturated.any(0) & (reflection != 0).any(0)
    if not bool(places.any()):
        return reflection
    left = light - reflection
    if colours is None:
        balanced, cut = left[:, places] * gains[:, None], saturated[:, places]
        neutral = _neutral(balanced, cut) / gains[:, None]
    else:
        neutral, cut = _neutral_of_mosaic(left, saturated, places, gains, colours)
    there, found = light[:, places], reflection[:, places]
    kept = torch.minimum(there, neutral)
    less = reflection.clone()
    less[:, places] = torch.where(cut & (kept > left[:, places]), torch.minimum(there - kept, found), found)
    return less


def _neutral(left: Tensor, saturated: Tensor) -> Tensor:
    """Return for each colour, (3, n), the neutral light that the colours of a place tell of; all white balanced."""
    others = (left.sum(0) - left) / 2
    return torch.where(saturated.all(0), left.amax(0), others)


def _neutral_of_mosaic(
    left: Tensor, saturated: Tensor, places: Tensor, gains: Tensor, colours: Tensor
) -> tuple[Tensor, Tensor]:
    """Return (1, n) neutral light at each place in its own colour, and whether its sample is saturated.

    The other colours are means of the 3 x 3 samples around, which hold all colours of Bayer and X-Trans mosaics, also
    at a border; a colour counts as saturated where all of its samples are.
    """
    around, cuts = [], []
    for colour in range(3):
        own = (colours == colour)[None].to(left)
        count = _summed(own, places)
        around.append(_summed(own * left, places) / count.clamp(min=0.5) * gains[colour])
        cuts.append(_summed(own * saturated, places) >= count)
    means, cut = torch.stack(around), torch.stack(cuts)
    mine, index = colours[places], torch.arange(means.shape[1], device=means.device)
    means[mine, index] = left[0, places] * gains[mine]
    cut[mine, index] = saturated[0, places]
    return (_neutral(means, cut)[mine, index] / gains[mine])[None], saturated[:, places]


def _summed(layer: Tensor, places: Tensor) -> Tensor:
    """Return at each place the sum over the 3 x 3 samples around it."""
    return 9 * F.avg_pool2d(layer[None], 3, stride=1, padding=1)[0, 0][places]


def _colours(cfa: Pattern, top: int, light: Tensor) -> Tensor:
    first = top % len(cfa)
    return colour_index(cfa, first + light.shape[-2], light.shape[-1], light.device)[first:]


def _gains(frame: Frame) -> Tensor:
    balanced = frame.space in (Space.LINEAR_RGB, Space.DISPLAY_RGB)
    return frame.image().new_tensor((1.0, 1.0, 1.0) if balanced else white_balance(frame.camera)[0])


def _levels(frame: Frame, cfa: Pattern | None, gains: Tensor) -> Tensor:
    """Return the light at which each colour is saturated.

    A finished picture ends at 1. Sensor light is cut off at 1, or where its colours pile up below that; but `linearize`
    may have limited it so that blown areas are neutral: then hardly a sample lies above one common level after white
    balance, which all colours reach. In a working space that is the only sign; without it nothing is known to be
    saturated, and the levels are infinite.
    """
    if frame.space is Space.DISPLAY_RGB:
        return torch.ones_like(gains)
    sample = _sample(frame, cfa)
    height, width = sample.shape[-2:]
    own = None if cfa is None else colour_index(cfa, height, width, sample.device)
    tops = torch.stack([_top(sample[k] if own is None else sample[0][own == k]) for k in range(3)])
    common = float((tops * gains).max())
    together = bool((tops * gains > NEAR * common).all())
    if frame.space is Space.LINEAR_RGB:
        return torch.full_like(gains, 1.0 if together and NEAR < common < 1 / NEAR else torch.inf)
    if together and common > LOWEST:
        return tops
    return torch.full_like(gains, observed_saturation(sample, cfa))


def _top(samples: Tensor) -> Tensor:
    """Return the level that only the share `LIMITED` of the samples lies above."""
    flat = samples.flatten()
    if not len(flat):  # a mosaic of a single row or column lacks colours
        return samples.new_tensor(1.0)
    return flat.kthvalue(max(1, round(len(flat) * (1 - LIMITED)))).values


def _sample(frame: Frame, cfa: Pattern | None) -> Tensor:
    """Return every nth row of the frame's cells, about `SAMPLES` samples of each plane in all."""
    pixels = frame.image()
    cell = len(cfa) if cfa is not None else 1
    step = max(1, pixels[0].numel() // SAMPLES)
    rows = torch.arange(pixels.shape[-2], device=pixels.device)
    return pixels[:, rows[rows // cell % step == 0]]
