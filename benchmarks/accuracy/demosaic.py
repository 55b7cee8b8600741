"""Demosaicing against photographs, and LibRaw's algorithms on our mosaic against LibRaw's own development.

    python -m unveil.benchmarks.accuracy.demosaic [--photographs DIR] [--sets NAME...] [--raw DIR] [--every N]

A photograph is mosaicked (R G / G B), interpolated and compared with itself. PNGs are taken as they are; of JPEGs the
mean over 3x3 pixels, so that neither their compression nor the demosaicing of the camera that took them shows. Values
are display-encoded, as in the literature. dB are of the mean square error over red, green and blue, 8 pixels at every
border left out, and then the mean over the photographs. Seconds are CPU seconds of one thread per megapixel, the least
of all photographs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import cv2
import numpy as np
import torch
from torch import Tensor

from unveil.isp.demosaic.choose import LIBRAW, choose
from unveil.isp.dng.container import write_cfa_dng
from unveil.isp.metrics import psnr
from unveil.isp.unprocess import mosaic

from .demosaic_libraw import Agreement, against_libraw

RGGB = ((0, 1), (1, 2))
BORDER = 8
OURS = ("pekkucuksen2010", "menon2007", "malvar2004", "ea", "dht", "aahd", "ahd", "vng", "ppg")
PUBLISHED = {"menon2007": "Menon 2007, colour-demosaicing", "malvar2004": "Malvar 2004, colour-demosaicing", "ea": "EA, OpenCV"}
"""What an algorithm of ours is to come within 0.1 dB of."""
SETS = ("kodak24", "budgie", "unsplash")
XYZ_TO_SRGB = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.9692660, 1.8760108, 0.0415560),
    (0.0556434, -0.2040259, 1.0572252),
)
"""IEC 61966-2-1: the photographs' own colours, for what LibRaw decides in CIELAB."""

Demosaic = Callable[[Tensor], Tensor]
"""(1, H, W) to (3, H, W)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An algorithm on all sets."""

    name: str
    decibels: Mapping[str, float]
    """Mean over the photographs of each set."""
    seconds: float
    """Per megapixel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """All that is measured here."""

    rows: tuple[Row, ...]
    agreements: tuple[Agreement, ...]


def tables(
    photographs: Path, raw: Path | None = None, sets: Sequence[str] = SETS, every: int = 1
) -> Tables:
    """Measure every algorithm.

    Parameters
    ----------
    photographs : path
        A folder with a folder of pictures for each set.
    raw : path, optional
        A folder of camera files; each Bayer or X-Trans file is developed by LibRaw and by our LibRaw algorithms.
    sets : names
        Folders to take.
    every : int
        Take every so many photographs only, for a quick look.
    """
    torch.set_num_threads(1)
    found: dict[str, dict[str, list[float]]] = {}
    seconds: dict[str, list[float]] = {}
    for name in sets:
        files = sorted(path for path in (photographs / name).iterdir() if path.suffix in (".png", ".jpg"))
        for path in files[::every]:
            for algorithm, decibels, taken in _measure(read(path)):
                found.setdefault(algorithm, {}).setdefault(name, []).append(decibels)
                seconds.setdefault(algorithm, []).append(taken)
    rows = tuple(
        Row(name=name, decibels={s: fmean(v) for s, v in values.items()}, seconds=min(seconds[name]))
        for name, values in found.items()
    )
    return Tables(rows=rows, agreements=tuple(against_libraw(raw)) if raw is not None else ())


def read(path: Path) -> Tensor:
    """Read a photograph as (3, H, W) float32 display values; JPEGs shrunk to a third."""
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise ValueError(f"{path}: not a picture that can be read")
    values = pixels.astype(np.float32) / 255
    if path.suffix == ".jpg":
        size = (values.shape[1] // 3, values.shape[0] // 3)
        values = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    return torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1)))


def _measure(truth: Tensor) -> Iterator[tuple[str, float, float]]:
    """Yield name, dB and CPU seconds per megapixel of every algorithm on a photograph."""
    seen = mosaic(truth, RGGB)
    inner = (slice(None), slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "mosaic.dng"
        _write(source, seen)
        for name, demosaic in {**_ours(source), **_published()}.items():
            begun = time.process_time()
            found = demosaic(seen)
            taken = time.process_time() - begun
            yield name, psnr(found[inner], truth[inner]), taken / (seen.numel() / 1e6)


def _write(path: Path, seen: Tensor) -> None:
    """Write a file for LibRaw to read; the samples that it interpolates are given to it later."""
    write_cfa_dng(
        path,
        (seen[0].numpy() * 65535).round().astype(np.uint16),
        cfa=RGGB,
        black=((0.0,),),
        white=65535.0,
        xyz_to_camera=XYZ_TO_SRGB,
        as_shot_neutral=(1.0, 1.0, 1.0),
        make="unveil",
        model="photograph",
    )


def _ours(source: Path) -> dict[str, Demosaic]:
    return {name: choose(source, RGGB, name).picture for name in OURS}


def _published() -> dict[str, Demosaic]:
    """Reference implementations; those of colour-demosaicing where it is installed (extra `test`)."""
    found: dict[str, Demosaic] = {
        "EA, OpenCV": lambda seen: _opencv(seen, cv2.COLOR_BayerRGGB2RGB_EA, 65535),
        "VNG, OpenCV (8 bit)": lambda seen: _opencv(seen, cv2.COLOR_BayerRGGB2RGB_VNG, 255),
        "bilinear, OpenCV": lambda seen: _opencv(seen, cv2.COLOR_BayerRGGB2RGB, 65535),
    }
    try:
        import colour_demosaicing as theirs
    except ImportError:
        return found
    functions = {
        "Menon 2007": theirs.demosaicing_CFA_Bayer_Menon2007,
        "Malvar 2004": theirs.demosaicing_CFA_Bayer_Malvar2004,
        "bilinear": theirs.demosaicing_CFA_Bayer_bilinear,
    }
    for name, function in functions.items():
        found[f"{name}, colour-demosaicing"] = lambda seen, function=function: _planes(  # type: ignore[misc]
            function(seen[0].numpy(), "RGGB")
        )
    return found


def _opencv(seen: Tensor, code: int, full: int) -> Tensor:
    kind = np.uint16 if full > 255 else np.uint8
    counts = (seen[0].numpy() * full).round().astype(kind)
    return _planes(cv2.cvtColor(counts, code)) / full


def _planes(picture: np.ndarray) -> Tensor:
    return torch.from_numpy(picture.astype(np.float32).transpose(2, 0, 1).copy())


def markdown(measured: Tables) -> Iterator[str]:
    """Yield the lines of the tables."""
    if measured.rows:
        yield from _decibel_lines(measured.rows)
    if measured.agreements:
        yield ""
        yield "| file | algorithm | mean Delta E | 99th percentile | maximum |"
        yield "|---|---|---|---|---|"
        for row in measured.agreements:
            yield f"| {row.file} | {row.algorithm} | {row.mean:.4f} | {row.high:.4f} | {row.worst:.2f} |"


def _decibel_lines(rows: Sequence[Row]) -> Iterator[str]:
    names = list(rows[0].decibels)
    by_name = {row.name: row for row in rows}
    unit = by_name["malvar2004"].seconds
    yield f"| algorithm | {' | '.join(f'{name}, dB' for name in names)} | to the published | s per MP | ratio |"
    yield "|---" * (len(names) + 4) + "|"
    for row in sorted(rows, key=lambda row: -fmean(row.decibels.values())):
        other = by_name.get(PUBLISHED.get(row.name, ""))
        gap = "" if other is None else f"{max((row.decibels[n] - other.decibels[n] for n in names), key=abs):+.3f}"
        words = f"**{row.name}**" if row.name in OURS else row.name
        figures = " | ".join(f"{row.decibels[name]:.2f}" for name in names)
        owner = " (LibRaw's)" if row.name in LIBRAW else ""
        yield f"| {words}{owner} | {figures} | {gap} | {row.seconds:.3f} | {row.seconds / unit:.1f} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="unveil.benchmarks.accuracy.demosaic", description=__doc__.splitlines()[0])
    parser.add_argument("--photographs", type=Path, default=Path("../shared/data/photos"), metavar="DIR")
    parser.add_argument("--sets", nargs="*", default=SETS, metavar="NAME")
    parser.add_argument("--raw", type=Path, metavar="DIR")
    parser.add_argument("--every", type=int, default=1, metavar="N")
    given = parser.parse_args(arguments)
    for line in markdown(tables(given.photographs, given.raw, given.sets, given.every)):
        print(line)


if __name__ == "__main__":
    main()
