"""How much of the truth the way of a reflection through small sizes costs, against ways that research code takes.

    python -m unveil.benchmarks.separation [--photos DIR] [--megapixels N...] [--proxies N...] [--ways NAME...]
        [--pairs DIR...] [--json FILE]

Frames with known truth (`truth.py`) go through the RAW chain: `separate` on the linear mosaic, demosaic, colour, tone,
and are compared with the truth developed alike. The reflection is either the true one, shrunk to the proxy, so that
only the way is measured, or what `unveilnet` finds. `resized` shrinks the developed picture to 512 pixels and 8 bits,
takes the reflection out there, and enlarges the result. Seconds are those of the whole frame; all other figures are
over its central three megapixels. `--pairs` compares the ways on real pairs as well (blended/, transmission/), whose
true reflection is the difference in linear light.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from unveil.isp.colour.colorimetry import colour_science
from unveil.isp.colour.stage import ColourStage, apply_matrix
from unveil.isp.demosaic.stage import DemosaicStage
from unveil.isp.metrics import psnr, ssim
from unveil.isp.parameters import Colour, Demosaic, Tone
from unveil.isp.tone.curves import decode_curve, encode_curve
from unveil.isp.tone.stage import ToneStage, auto_exposure
from unveil.pipeline.frame import Frame, Space
from unveil.pipeline.registry import build_registry
from unveil.pipeline.single import build_stage
from unveil.plugins.separation.proxy import linear_light, render, shrink, three_colours
from unveil.plugins.separation.recompose import full_size_reflection, subtract
from unveil.plugins.separation.separate import SeparateStage, find_reflection
from unveil.plugins.separation.upsample import Way, prepare
from unveil.training.pairs import list_pairs
from unveil.training.photographs import read_display

from .truth import KINDS, Mixture, make_mixture, two_photographs

WAYS: tuple[Way, ...] = get_args(Way)
PHOTOS = Path(__file__).parents[1] / "tests" / "data" / "photographs"
SEEN = 3e6
"""Pixels of the middle of the frame that are developed and compared."""
RESIZED = 512
"""Long side of the picture in research code."""
SSIM_SIDE, SAMPLES = 1024, 300_000
"""SSIM is over the middle of that side, Delta E over so many pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Figures of one way on one frame."""

    frame: str
    reflection: str
    way: str
    linear: float
    """PSNR in linear light, 1 = display white, dB."""
    display: float
    """PSNR of display values, dB."""
    ssim: float
    delta_e: float
    """CIEDE2000, mean."""
    seconds: float


def rows_of(mixture: Mixture, proxies: Sequence[int], ways: Sequence[Way]) -> Iterator[Row]:
    """Yield the figures of every way on a mixture."""
    part = _middle(mixture.truth)
    exposure = auto_exposure(_coloured(mixture.truth, part).image(), "sRGB")
    truth = _developed(mixture.truth, part, exposure)

    def row(reflection: str, way: str, make: Callable[[], Frame | Tensor]) -> Row:
        begun = time.perf_counter()
        made = make()
        seconds = time.perf_counter() - begun
        shown = _developed(made, part, exposure) if isinstance(made, Frame) else made
        return Row(
            frame=mixture.name, reflection=reflection, way=way, seconds=seconds, **compare(shown, truth)
        )

    stage = build_stage(build_registry(), "separate", "cpu")[2]
    assert isinstance(stage, SeparateStage)
    net = stage
    yield row("", "as it came", lambda: mixture.blended)
    for name, take in (("true", None), ("unveilnet", net)):
        yield row(name, f"resized {RESIZED}", partial(_resized, mixture, part, exposure, take))
        for side in proxies:
            for way in ways:
                yield row(
                    name,
                    f"{way} {side}",
                    partial(_separated, mixture, side, way, take),
                )
    full = SeparateStage(net.parameters.model_copy(update={"scale": "full"}), net.spec, net.looker.method)
    yield row("unveilnet", "tiles, full size", lambda: full(mixture.blended))


def _separated(mixture: Mixture, side: int, way: Way, net: SeparateStage | None) -> Frame:
    frame = mixture.blended
    light = linear_light(frame)
    proxy = render(frame, light, side)
    if net is None:
        true = shrink(three_colours(frame, mixture.reflection), side)
        found = torch.minimum(apply_matrix(true, proxy.matrix).clamp(min=0), proxy.linear.clamp(min=0))
    else:
        found = find_reflection(net.looker, net.spec, proxy.linear)
    return subtract(frame, light, full_size_reflection(found, proxy, frame, light, way), 1.0)


def _resized(
    mixture: Mixture, part: tuple[slice, slice], exposure: float, net: SeparateStage | None
) -> Tensor:
    """Return the middle of the picture as research code gives it, display values."""
    whole = (slice(None), slice(None))
    picture = _developed(mixture.truth if net is None else mixture.blended, whole, exposure)
    height, width = picture.shape[-2:]
    size = (round(RESIZED * height / width), RESIZED)
    small = _eight_bits(F.interpolate(picture[None], size=size, mode="bicubic", antialias=True)[0])
    if net is not None:
        shown = Frame(
            source=Path("small.png"), pixels=small, space=Space.DISPLAY_RGB, primaries="sRGB", curve="srgb"
        )
        small = _eight_bits(net(shown).image())
    large = F.interpolate(small[None], size=(height, width), mode="bicubic")[0]
    return _eight_bits(large[:, part[0], part[1]])


def _eight_bits(picture: Tensor) -> Tensor:
    return (picture.clamp(0, 1) * 255).round() / 255


def _middle(frame: Frame) -> tuple[slice, slice]:
    height, width = frame.image().shape[-2:]
    share = min(1.0, (SEEN / (height * width)) ** 0.5)
    rows, columns = round(height * share) // 2 * 2, round(width * share) // 2 * 2
    top, left = (height - rows) // 4 * 2, (width - columns) // 4 * 2
    return slice(top, top + rows), slice(left, left + columns)


def _coloured(frame: Frame, part: tuple[slice, slice]) -> Frame:
    cut = replace(frame, pixels=frame.image()[:, part[0], part[1]].contiguous())
    return ColourStage(Colour(working_space="sRGB"))(DemosaicStage(Demosaic())(cut))


def _developed(frame: Frame, part: tuple[slice, slice], exposure: float) -> Tensor:
    """Return a part of a mosaic as sRGB display values, clipped to [0, 1]."""
    tone = ToneStage(Tone(exposure=exposure, output_space="sRGB"))
    return tone(_coloured(frame, part)).image().clamp(0, 1)


def compare(shown: Tensor, truth: Tensor) -> dict[str, float]:
    """Compare display values (3, H, W) in [0, 1] with the truth."""
    top, left = (max(0, (n - SSIM_SIDE) // 2) for n in truth.shape[-2:])
    at = (slice(None), slice(top, top + SSIM_SIDE), slice(left, left + SSIM_SIDE))
    return {
        "linear": psnr(decode_curve(shown, "srgb"), decode_curve(truth, "srgb")),
        "display": psnr(shown, truth),
        "ssim": ssim(shown[at], truth[at]),
        "delta_e": float(delta_e(shown, truth).mean()),
    }


def delta_e(one: Tensor, two: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return Delta E 2000 between sRGB pictures, (3, H, W), at evenly spread pixels."""
    science = colour_science()
    step = max(1, round((one.shape[-2] * one.shape[-1] / SAMPLES) ** 0.5))
    seen = (picture[:, ::step, ::step].permute(1, 2, 0).double().numpy() for picture in (one, two))
    labs = [science.XYZ_to_Lab(science.sRGB_to_XYZ(picture)) for picture in seen]
    return np.asarray(science.delta_E(*labs, method="CIE 2000"), dtype=np.float64)


def pairs_of(folder: Path, proxies: Sequence[int], ways: Sequence[Way]) -> dict[str, float]:
    """Return display PSNR for every way, mean over the pairs of a folder, with the true reflection (`way size`)."""
    found: dict[str, list[float]] = {}
    leave_out = ("86",) if folder.name == "real20" else ()
    for pair in list_pairs(folder, leave_out):
        shown, truth = (read_display(path).float() / 255 for path in (pair.blended, pair.transmission))
        light, behind = decode_curve(shown, "srgb"), decode_curve(truth, "srgb")
        reflection = (light - behind).clamp(min=0)
        found.setdefault("as it came", []).append(psnr(shown, truth))
        for side in proxies:
            small, small_light = shrink(reflection, side), shrink(light, side)
            for way in ways:
                taken = prepare(small, small_light, way).rows(light, 0, light.shape[-2])
                left = light - torch.minimum(taken.clamp(min=0), light)
                found.setdefault(f"{way} {side}", []).append(psnr(encode_curve(left, "srgb"), truth))
    return {name: sum(figures) / len(figures) for name, figures in found.items()}


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="unveil.benchmarks.separation", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--photos", type=Path, nargs="+", default=[PHOTOS], metavar="PATH",
        help="scene and reflection, or a folder whose two largest photographs are taken",
    )  # fmt: skip
    parser.add_argument("--megapixels", nargs="*", type=float, default=[12.0], metavar="N")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--proxies", nargs="+", type=int, default=[192, 384, 768], metavar="N")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--pairs", nargs="*", type=Path, default=[], metavar="DIR")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the arguments name and print tables, row by row."""
    given = _arguments(arguments)
    torch.set_num_threads(given.threads)
    photos = given.photos if len(given.photos) > 1 else two_photographs(given.photos[0])
    rows = []
    for megapixels in given.megapixels:
        for kind in given.kinds:
            mixture = make_mixture(photos, megapixels, kind)
            print(f"\n{mixture.name}; the scene's photograph is enlarged {mixture.enlarged:.2f} times\n")
            print(
                "| reflection | way | linear dB | display dB | SSIM | Delta E | s |\n|---|---|---|---|---|---|---|"
            )
            for row in rows_of(mixture, given.proxies, given.ways):
                print(
                    f"| {row.reflection} | {row.way} | {row.linear:.2f} | {row.display:.2f} | {row.ssim:.4f} | "
                    f"{row.delta_e:.2f} | {row.seconds:.1f} |",
                    flush=True,
                )
                rows.append(asdict(row))
    pairs = {folder.name: pairs_of(folder, given.proxies, given.ways) for folder in given.pairs}
    for name, figures in pairs.items():
        print(f"\n{name}, true reflection, display dB\n\n| way | dB |\n|---|---|")
        print("\n".join(f"| {way} | {figure:.2f} |" for way, figure in figures.items()), flush=True)
    if given.json:
        given.json.write_text(json.dumps({"rows": rows, "pairs": pairs}, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
