"""Does light add on real glass? Triples of mixture, transmission and reflection, compared in several encodings.

    python -m unveil.benchmarks.additive DIR      # DIR holds blended/, transmission/ and reflection/, by stem

For each triple the sum of the two layers is compared with the mixture, in steps of 1/255 of what a display shows: the
sum is made after the curve is undone and encoded again. Pixels that are black or white in a picture are left out:
there the file does not hold the light. `display` adds the encoded values themselves, which is what a method assumes
that takes I = T + R for finished pictures.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from unveil.isp.tone.curves import decode_curve, encode_curve
from unveil.pipeline.console import table
from unveil.pipeline.errors import RecipeError
from unveil.training.pairs import list_pairs
from unveil.training.photographs import SUFFIXES, read_display

CURVES: Mapping[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "gamma 2.2": (lambda v: v**2.2, lambda v: v.clamp(min=0) ** (1 / 2.2)),
    "sRGB": (lambda v: decode_curve(v, "srgb"), lambda v: encode_curve(v, "srgb")),
    "display": (lambda v: v, lambda v: v),
}
DARK, BRIGHT = 2 / 255, 253 / 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """What the sum of the layers misses of the mixture, in 1/255 of the display range."""

    bias: float
    """Mean of sum less mixture."""
    mean: float
    """Mean of its size."""
    p50: float
    p95: float
    light: float
    """Mean of its size in light, before it is encoded again, in 1/255 of white."""


def residual(blended: Tensor, layers: tuple[Tensor, Tensor], curve: str) -> Residual:
    """Compare the sum of two layers with their mixture, (3, H, W) display-encoded in [0, 1] each."""
    decode, encode = CURVES[curve]
    light = decode(layers[0]) + decode(layers[1])
    total = encode(light)
    held = (blended > DARK) & (blended < BRIGHT) & (layers[0] < BRIGHT) & (layers[1] < BRIGHT)
    off = 255 * (total - blended)[held]
    size = off.abs().sort().values
    missed = 255 * (light - decode(blended))[held].abs().mean()
    p50, p95 = (float(size[int(part * (len(size) - 1))]) for part in (0.5, 0.95))
    return Residual(bias=float(off.mean()), mean=float(size.mean()), p50=p50, p95=p95, light=float(missed))


def measure(folder: Path) -> list[tuple[str, str, Residual]]:
    """Return name, curve and residual of every triple of a folder; `RecipeError` where a layer is missing."""
    reflections = {p.stem: p for p in (folder / "reflection").glob("*") if p.suffix.lower() in SUFFIXES}
    rows = []
    for pair in list_pairs(folder):
        if pair.name not in reflections:
            raise RecipeError(f"{pair.blended}: no picture of this stem in {folder / 'reflection'}")
        paths = pair.blended, pair.transmission, reflections[pair.name]
        blended, *layers = (read_display(path).float() / 255 for path in paths)
        rows += [(pair.name, curve, residual(blended, (layers[0], layers[1]), curve)) for curve in CURVES]
    return rows


def main(arguments: list[str]) -> int:
    """Print a table."""
    if len(arguments) != 1:
        print("give one folder with blended/, transmission/ and reflection/", file=sys.stderr)
        return 2
    with torch.no_grad():
        rows = measure(Path(arguments[0]))
    headers = ("triple", "added in", "bias", "mean", "median", "95 %", "mean in light")
    table(headers, [(name, curve, *_cells(found)) for name, curve, found in rows])
    return 0


def _cells(found: Residual) -> tuple[str, ...]:
    values = found.mean, found.p50, found.p95, found.light
    return (f"{found.bias:+.2f}", *(f"{value:.2f}" for value in values))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
