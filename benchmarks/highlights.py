"""Blown areas behind a reflection: how far from the scene alone are they, with and without the rule of `highlights`?

`python benchmarks/highlights.py [PHOTO...]` exposes photographs so that much of them is blown, adds a known smooth
reflection, cuts the sum off as a sensor does, takes the reflection out, and develops as RAW developers clip. Prints
mean Delta E 2000 (sRGB, D65) over the blown places, for the reflection subtracted as it is -> with the rule.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import imagecodecs
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from unveil.isp.cfa import colour_masks
from unveil.isp.colour.colorimetry import colour_science
from unveil.isp.tone.stage import decode_curve, encode_curve
from unveil.pipeline.frame import Camera, Frame, Space
from unveil.plugins.separation.highlights import Highlights

Pattern = tuple[tuple[int, ...], ...]
PHOTO = Path(__file__).parents[1] / "tests/data/photographs/kait-herzog.jpg"
BALANCE = (2.0, 1.0, 1.5)
BLOWN = 0.85
"""Quantile of the photograph's light that is exposed to display white."""
STRENGTH = 0.35
"""Share of display white at the brightest place of the reflection."""
TINTS = {"white": (1.0, 1.0, 1.0), "warm": (1.0, 0.7, 0.45), "cold": (0.6, 0.8, 1.0)}
BAYER: Pattern = ((0, 1), (1, 2))
X_TRANS: Pattern = (
    (1, 2, 1, 1, 0, 1),
    (0, 1, 0, 2, 1, 2),
    (1, 2, 1, 1, 0, 1),
    (1, 0, 1, 1, 2, 1),
    (2, 1, 2, 0, 1, 0),
    (1, 0, 1, 1, 2, 1),
)
KINDS: dict[str, tuple[str, Pattern | None]] = {
    "sensor light, colours": ("keep", None),
    "Bayer": ("keep", BAYER),
    "X-Trans": ("keep", X_TRANS),
    "limited, colours": ("clip", None),
    "limited, Bayer": ("clip", BAYER),
    "finished picture": ("display", None),
}


def scene(photo: Path) -> Tensor:
    """Return the light of a photograph, (3, H, W), beyond white where it is bright; sides are multiples of 6."""
    samples = np.asarray(imagecodecs.imread(photo))[..., :3]
    light = decode_curve(torch.from_numpy(samples).float().permute(2, 0, 1) / 255, "srgb")
    light = light[:, : light.shape[1] // 6 * 6, : light.shape[2] // 6 * 6]
    light = light / torch.quantile(light.mean(0).flatten(), BLOWN)
    return light * (1 + 1.5 * (light.mean(0) / 2) ** 2)


def veil(like: Tensor, tint: tuple[float, float, float]) -> Tensor:
    """Return a smooth reflection."""
    rows, columns = torch.meshgrid(*(torch.linspace(0, 1, n) for n in like.shape[1:]), indexing="ij")
    spot = torch.exp(-((columns - 0.5) ** 2 + (rows - 0.3) ** 2) / 0.15)
    return STRENGTH * spot * torch.tensor(tint)[:, None, None]


def figures(light: Tensor, reflection: Tensor, mode: str, cfa: Pattern | None) -> tuple[float, float]:
    """Return mean Delta E over the blown places, without and with the rule."""
    gains = torch.tensor(BALANCE if mode != "display" else (1.0, 1.0, 1.0))[:, None, None]
    together = light + reflection
    counts, found = (together / gains).clamp(max=1), reflection / gains
    if mode == "clip":
        counts = torch.minimum(counts, 1 / gains)
    masks = None if cfa is None else colour_masks(cfa, *light.shape[1:])
    if masks is not None:
        counts, found = (torch.where(masks, x, 0).sum(0, keepdim=True) for x in (counts, found))
    found = torch.minimum(found, counts)
    frame = _frame(counts, mode, cfa)
    ((_, _, spared),) = Highlights(frame).spare([(slice(0, counts.shape[1]), counts, found)])
    blown = (_small(together, cfa) >= (gains if mode == "keep" else 1.0)).any(0)
    truth = _lab(_small(light, cfa))
    errors = []
    for taken in (found, spared):
        picture = _lab(_developed(counts - taken, cfa, masks) * gains)
        error = np.asarray(colour_science().delta_E(picture, truth, method="CIE 2000"))
        errors.append(float(error[blown.numpy()].mean()))
    return errors[0], errors[1]


def _frame(counts: Tensor, mode: str, cfa: Pattern | None) -> Frame:
    if mode == "display":
        return Frame(source=Path("a"), pixels=counts, space=Space.LINEAR_RGB, primaries="sRGB")
    space = Space.CAMERA_RGB if cfa is None else Space.CFA_LINEAR
    camera = Camera(cfa=cfa, white_balance=BALANCE)
    return Frame(source=Path("a"), pixels=counts, space=space, camera=camera)


def _small(light: Tensor, cfa: Pattern | None) -> Tensor:
    return light if cfa is None else F.avg_pool2d(light, _side(cfa))


def _developed(left: Tensor, cfa: Pattern | None, masks: Tensor | None) -> Tensor:
    """Return three colours: of a mosaic the means of its smallest blocks."""
    if cfa is None or masks is None:
        return left
    return F.avg_pool2d(masks * left, _side(cfa)) / F.avg_pool2d(masks.to(left), _side(cfa))


def _side(cfa: Pattern) -> int:
    return 2 if len(cfa) == 2 else 3


def _lab(light: Tensor) -> NDArray[np.float64]:
    science = colour_science()
    shown = encode_curve(light.clamp(0, 1), "srgb").permute(1, 2, 0).double().numpy()
    return np.asarray(science.XYZ_to_Lab(science.sRGB_to_XYZ(shown)), dtype=np.float64)


def main() -> None:
    """Print a table for each photograph."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", nargs="*", type=Path, default=[PHOTO])
    for photo in parser.parse_args().photos:
        light = scene(photo)
        print(f"| {photo.name} | {' | '.join(KINDS)} |\n|{'---|' * (len(KINDS) + 1)}")
        for tint, colour in TINTS.items():
            pairs = (figures(light, veil(light, colour), mode, cfa) for mode, cfa in KINDS.values())
            print(f"| {tint} | {' | '.join(f'{plain:.1f} -> {rule:.1f}' for plain, rule in pairs)} |")


if __name__ == "__main__":
    main()
