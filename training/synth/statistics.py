"""Figures of pairs, to hold mixtures against photographs: `python -m unveil.training.synth.statistics DIR...`.

All in linear light, on pictures whose long side is at most 384 pixels, the mean over red, green and blue:

- share: light of the reflection (what the mixture has above the transmission) to that of the mixture;
- where: part of the picture in which it is more than a tenth of the mixture's light;
- sharpness: mean slope of the reflection to that of the transmission, each per light;
- lamps: part of the reflection's light that comes from the brightest hundredth of the picture;
- clipped: part of the mixture's pixels of which a colour is at white.

The mixture is first given the one exposure at which it explains the transmission best from below, because two
photographs of a pair were exposed apart; mixtures are treated alike.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ...isp.tone.curves import decode_curve
from ...pipeline.errors import UnveilError
from ..pairs import Pair, list_pairs
from ..photographs import read_display

LONG_SIDE = 384
WHITE = 0.98
FAINT = 0.1
"""Quantile of mixture / transmission that is taken as places without a reflection."""
QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of one pair; all between 0 and 1 but `sharpness`, which is about 1 for a reflection in focus."""

    share: float
    where: float
    sharpness: float
    lamps: float
    clipped: float


def measure(blended: Tensor, transmission: Tensor) -> Figures:
    """Measure a pair of (3, H, W) float32 pictures, linear light in [0, 1]."""
    clipped = (blended.amax(0) >= WHITE).float().mean()
    usable = (transmission > 0.02) & (blended < WHITE)
    ratio = (blended / transmission.clamp(min=1e-4))[usable]
    gain = torch.quantile(ratio[:: max(1, len(ratio) // 100_000)], FAINT) if len(ratio) else torch.ones(())
    behind = transmission * gain
    reflection = (blended - behind).clamp(min=0)
    brightest = reflection.mean(0).flatten().sort(descending=True).values
    return Figures(
        share=_ratio(reflection.mean(), blended.mean()),
        where=float((reflection.mean(0) > 0.1 * blended.mean(0)).float().mean()),
        sharpness=_ratio(_slope(reflection) * behind.mean(), _slope(behind) * reflection.mean()),
        lamps=_ratio(brightest[: max(1, len(brightest) // 100)].sum(), brightest.sum()),
        clipped=float(clipped),
    )


def table(folders: Sequence[Path]) -> str:
    """Return a table in Markdown: a row for each folder, the quartiles of each figure over its pairs."""
    names = [field.name for field in fields(Figures)]
    lines = ["| pairs | number | " + " | ".join(names) + " |", "|---" * (len(names) + 2) + "|"]
    for folder in folders:
        found = torch.tensor([astuple(_of_pair(pair)) for pair in list_pairs(folder)])
        quartiles = torch.quantile(found, torch.tensor(QUARTILES), dim=0).T.tolist()
        cells = [" / ".join(f"{value:.2f}" for value in column) for column in quartiles]
        lines.append(f"| {folder.name} | {len(found)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _of_pair(pair: Pair) -> Figures:
    blended, transmission = (_small(path) for path in (pair.blended, pair.transmission))
    return measure(blended, transmission)


def _small(path: Path) -> Tensor:
    linear = decode_curve(read_display(path).float() / 255, "srgb")
    scale = LONG_SIDE / max(linear.shape[-2:])
    if scale >= 1:
        return linear
    return F.interpolate(linear[None], scale_factor=scale, mode="bilinear", antialias=True)[0]


def _slope(picture: Tensor) -> Tensor:
    return picture.diff(dim=-1).abs().mean() + picture.diff(dim=-2).abs().mean()


def _ratio(part: Tensor, whole: Tensor) -> float:
    return float(part / whole.clamp(min=1e-9))


def main(arguments: Sequence[str]) -> int:
    """Print the table of the folders; 2 where one cannot be read."""
    try:
        print(table([Path(argument) for argument in arguments]))
    except UnveilError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
