"""How much of the truth the way of a reflection through small sizes costs, against ways that research code takes.

    python -m unveil.benchmarks.separation [--photos PATH...] [--megapixels N...] [--proxies N...] [--ways NAME...]
        [--pairs DIR...] [--threads N] [--json FILE]

Frames with known truth (`truth.py`) go through the RAW chain: `separate` on the linear mosaic, demosaic, colour, tone,
and are compared with the truth developed alike. The reflection is either the true one, shrunk to the proxy, so that
only the way is measured, or what `unveilnet` finds in its usual proxy. `resized` is what research code does: the
developed picture is shrunk to 512 pixels and 8 bits, and what the network gives for that, or the truth at that size,
is enlarged. `tiles` shows the network the frame at full size. CPU seconds and memory are those of the whole frame, from
the mosaic to the mosaic, or for `resized` from the developed picture to the enlarged one; all other figures are over
the central three megapixels. Figures are means over the pairs of photographs, memory is the largest.

`--pairs` compares the ways on real pairs as well (blended/, transmission/), whose true reflection is the difference in
linear light.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from unveil.isp.colour.stage import ColourStage, apply_matrix
from unveil.isp.demosaic.stage import DemosaicStage
from unveil.isp.metrics import psnr
from unveil.isp.parameters import Colour, Demosaic, Tone
from unveil.isp.tone.curves import decode_curve, encode_curve
from unveil.isp.tone.stage import ToneStage, auto_exposure
from unveil.pipeline.frame import Frame
from unveil.pipeline.registry import build_registry
from unveil.pipeline.single import build_stage
from unveil.plugins.separation.look import Memory
from unveil.plugins.separation.proxy import linear_light, pad, render, shrink, three_colours
from unveil.plugins.separation.recompose import reflection_by_bands, subtract
from unveil.plugins.separation.separate import SeparateStage, find_reflection
from unveil.plugins.separation.upsample import places
from unveil.training.pairs import list_pairs
from unveil.training.photographs import read_display

from .figures import HEAD, Figures, Work, compare, mean_figures, mean_work, worked
from .truth import KINDS, Mixture, make_mixture, two_photographs
from .upsamplers import WAYS

PHOTOS = Path(__file__).parents[1] / "tests" / "data" / "photographs"
SEEN = 3e6
"""Pixels of the middle of the frame that are developed and compared."""
RESIZED = 512
"""Long side of the picture in research code."""
TILES = 2**30
"""Bytes that a look at tiles may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way on one frame."""

    frame: str
    reflection: str
    way: str
    figures: Figures
    work: Work | None = None
    """None where there was nothing to do."""


def rows_of(mixture: Mixture, proxies: Sequence[int], ways: Sequence[str]) -> Iterator[Row]:
    """Yield the figures of every way on a mixture."""
    part = _middle(mixture.truth)
    exposure = auto_exposure(_coloured(mixture.truth, part).image(), "sRGB")
    truth = _developed(mixture.truth, part, exposure)
    yield Row(
        frame=mixture.name,
        reflection="",
        way="as it came",
        figures=compare(_developed(mixture.blended, part, exposure), truth),
    )
    for reflection, way, make in _makers(mixture, part, exposure, proxies, ways):
        made, work = worked(make)
        shown = _developed(made, part, exposure) if isinstance(made, Frame) else made[:, part[0], part[1]]
        row = Row(
            frame=mixture.name, reflection=reflection, way=way, figures=compare(shown, truth), work=work
        )
        print(
            f"{row.frame}: {row.reflection}, {row.way}: {row.figures} | {row.work}",
            file=sys.stderr,
            flush=True,
        )
        yield row


def _makers(
    mixture: Mixture,
    part: tuple[slice, slice],
    exposure: float,
    proxies: Sequence[int],
    ways: Sequence[str],
) -> Iterator[tuple[str, str, Callable[[], Frame | Tensor]]]:
    """Yield whose reflection is taken, the way, and what takes it: a frame, or a whole picture for display."""
    net = build_stage(build_registry(), "separate", "cpu")[2]
    assert isinstance(net, SeparateStage)
    for name, frame, take in (("true", mixture.truth, None), ("unveilnet", mixture.blended, net)):
        picture = _developed(frame, (slice(None), slice(None)), exposure)
        yield name, f"picture resized to {RESIZED}", partial(_resized, picture, take)
        del picture
        for side in proxies if take is None else [net.spec.fit]:
            for way in ways:
                yield name, f"{way}, {side}", partial(_separated, mixture, side, way, take)
    full = SeparateStage(
        net.parameters.model_copy(update={"scale": "full"}), net.spec, net.looker.method, Memory(limit=TILES)
    )
    yield "unveilnet", "tiles, full size", lambda: full(mixture.blended)


def _separated(mixture: Mixture, side: int, way: str, net: SeparateStage | None) -> Frame:
    frame = mixture.blended
    proxy = render(frame, linear_light(frame), side)
    if net is None:
        true = shrink(three_colours(frame, mixture.reflection), side)
        found = torch.minimum(apply_matrix(true, proxy.matrix).clamp(min=0), proxy.linear.clamp(min=0))
    else:
        found = find_reflection(net.looker, net.spec, proxy.linear)
    return subtract(frame, reflection_by_bands(found, proxy, frame, WAYS[way]), 1.0)


def _resized(picture: Tensor, net: SeparateStage | None) -> Tensor:
    """Return a picture for display as research code gives it: the network's own, small, enlarged."""
    height, width = picture.shape[-2:]
    size = (round(RESIZED * height / width), RESIZED)
    small = _eight_bits(F.interpolate(picture[None], size=size, mode="bicubic", antialias=True))
    if net is not None:
        shown = pad(decode_curve(small, "srgb"), net.spec.multiple)
        behind = net.looker.method(shown).transmission[..., : size[0], : size[1]]
        small = _eight_bits(encode_curve(behind, "srgb"))
    return _eight_bits(F.interpolate(small, size=(height, width), mode="bicubic")[0])


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


def pairs_of(folder: Path, proxies: Sequence[int], ways: Sequence[str]) -> dict[str, float]:
    """Return display PSNR for every way, mean over the pairs of a folder, with the true reflection (`way, size`)."""
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
                height = light.shape[-2]
                taken = WAYS[way](small, small_light).rows(light, places(0, height, height, small.shape[-2]))
                left = light - torch.minimum(taken.clamp(min=0), light)
                found.setdefault(f"{way}, {side}", []).append(psnr(encode_curve(left, "srgb"), truth))
    return {name: sum(figures) / len(figures) for name, figures in found.items()}


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="unveil.benchmarks.separation", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--photos", type=Path, nargs="+", default=[PHOTOS], metavar="PATH",
        help="scene and reflection, again and again, or a folder whose two largest photographs are taken",
    )  # fmt: skip
    parser.add_argument("--megapixels", nargs="*", type=float, default=[12.0], metavar="N")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--proxies", nargs="+", type=int, default=[192, 384, 768], metavar="N")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--pairs", nargs="*", type=Path, default=[], metavar="DIR")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the arguments name and print tables; rows go to stderr as they are made."""
    given = _arguments(arguments)
    torch.set_num_threads(given.threads)
    photos = given.photos if len(given.photos) > 1 else two_photographs(given.photos[0])
    rows: list[Row] = []
    for megapixels in given.megapixels:
        for kind in given.kinds:
            made = []
            for scene in range(0, len(photos) - 1, 2):
                mixture = make_mixture(photos[scene : scene + 2], megapixels, kind)
                made.append(list(rows_of(mixture, given.proxies, given.ways)))
            _show(made)
            rows += [row for several in made for row in several]
    pairs = {folder.name: pairs_of(folder, given.proxies, given.ways) for folder in given.pairs}
    for name, figures in pairs.items():
        print(f"\n{name}, true reflection, display dB\n\n| way | dB |\n|---|---|")
        print("\n".join(f"| {way} | {figure:.2f} |" for way, figure in figures.items()), flush=True)
    if given.json:
        held = {"rows": [asdict(row) for row in rows], "pairs": pairs}
        given.json.write_text(json.dumps(held, indent=2) + "\n", "utf-8")


def _show(made: Sequence[Sequence[Row]]) -> None:
    """Print a table with the mean over mixtures of one kind."""
    print(
        f"\n{made[0][0].frame}, mean of {len(made)}\n\n| reflection | way | {HEAD} | CPU s | MB |\n{'|---' * 9}|"
    )
    for several in zip(*made, strict=True):
        figures = mean_figures([row.figures for row in several])
        works = [row.work for row in several if row.work is not None]
        work = str(mean_work(works)) if works else " | "
        print(f"| {several[0].reflection} | {several[0].way} | {figures} | {work} |", flush=True)


if __name__ == "__main__":
    main()
