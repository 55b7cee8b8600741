"""Demosaicing against photographs, and LibRaw's algorithms on our mosaic against LibRaw's own development.

python -m unveil.benchmarks.accuracy.demosaic [--data DIR] [--every N]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

import cv2
import numpy as np
import torch
from torch import Tensor

from unveil.benchmarks.accuracy.demosaic_others import RGGB, Demosaic, others, write_mosaic
from unveil.benchmarks.accuracy.libraw import decoded, developed, difference, interpolated, libraws
from unveil.benchmarks.accuracy.table import Table
from unveil.isp.demosaic.choose import LIBRAW, Values, choose
from unveil.isp.metrics import psnr
from unveil.isp.tone.curves import decode_curve, encode_curve
from unveil.isp.unprocess import add_noise, mosaic

BORDER = 8
KINDS: tuple[Values, ...] = ("display", "light")
OURS = ("pekkucuksen2010", "menon2007", "malvar2004", "ea", "ahd", "dht", "aahd", "vng", "ppg")
PUBLISHED = {
    "menon2007": "Menon 2007, colour-demosaicing",
    "malvar2004": "Malvar 2004, colour-demosaicing",
    "ea": "EA, OpenCV",
}
"""What an algorithm of ours is to come within 0.1 dB of."""
SETS = ("kodak24", "budgie", "unsplash")
NOISE = {"none": 0.0, "low": 2e-5, "high": 1e-3}
"""Variance at saturation: nothing, 50,000 and 1,000 electrons; read noise is a hundredth of a percent of it."""
AGREEING = ("ahd", "dht", "aahd", "vng", "ppg")
NOT_RAW = (".json", ".md", ".txt", ".xmp", ".jpg", ".png")

WORDS = """A photograph is mosaicked (R G / G B), interpolated and compared with itself. PNGs (kodak24) are taken as
they are; of JPEGs (budgie, unsplash) the mean over 3x3 pixels, so that neither their compression nor the demosaicing of
the camera that took them shows. Values are display-encoded, as in the literature. dB are of the mean square error over
red, green and blue, 8 pixels at every border left out; the mean over the photographs of a set. *To the published* is
the largest difference to the reference implementation on a set. Seconds are CPU seconds for a megapixel on one
thread, the median over the photographs; LibRaw's hold the opening of a file and its own threads, RawTherapee's are
not known."""
LIGHT_WORDS = """The photographs of kodak24 as light, which is what a frame holds: mosaicked linear, and encoded for
display before they are compared, so that shadows weigh as they do to the eye. Noise is that of 50,000 (low)
and of 1,000 (high) electrons at saturation, and stays in what is compared: the truth has none."""
AGREEMENT_WORDS = """Delta E 2000, mean / 99th percentile: LibRaw's algorithm on our mosaic as `demosaic` runs it,
against LibRaw developing the file itself, both cut off at black and white, in LibRaw's colours. On X-Trans, ahd, dht
and aahd all are Markesteijn's three passes and ppg is his one pass; a recipe asks for the three by `libraw`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An algorithm on all sets."""

    name: str
    decibels: Mapping[str, float]
    """Mean over the photographs of each set."""
    seconds: float
    """CPU seconds per megapixel; those of another process are not seen."""


def tables(data: Path, every: int = 1) -> Sequence[Table]:
    """Measure every algorithm on `data/photos`, and LibRaw's on `data/raw`; `every`: only each so many photographs."""
    torch.set_num_threads(1)  # CPU seconds of several threads do not compare
    cv2.setNumThreads(1)
    photographs = {name: _files(data / "photos" / name)[::every] for name in SETS}
    return [
        _accuracy(measure(photographs)),
        _light(photographs[SETS[0]]),
        _agreement(_files(data / "raw")),
    ]


def measure(photographs: Mapping[str, Sequence[Path]]) -> Sequence[Row]:
    """Return every algorithm's figures on sets of photographs, the best first."""
    found: dict[str, dict[str, list[float]]] = {}
    seconds: dict[str, list[float]] = {}
    for name, files in photographs.items():
        for path in files:
            for algorithm, decibels, taken in _measure(read(path)):
                found.setdefault(algorithm, {}).setdefault(name, []).append(decibels)
                seconds.setdefault(algorithm, []).append(taken)
    rows = [
        Row(name=name, decibels={s: fmean(v) for s, v in values.items()}, seconds=median(seconds[name]))
        for name, values in found.items()
    ]
    return sorted(rows, key=lambda row: -fmean(row.decibels.values()))


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


def decibels(found: Tensor, truth: Tensor) -> float:
    """Return the PSNR of a picture that may have lost its rim, without the border."""
    rim = (truth.shape[1] - found.shape[1]) // 2
    height, width = truth.shape[1:]
    seen = found[:, BORDER - rim : height - BORDER - rim, BORDER - rim : width - BORDER - rim]
    return psnr(seen, truth[:, BORDER:-BORDER, BORDER:-BORDER])


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file())


def _measure(truth: Tensor) -> Iterator[tuple[str, float, float]]:
    """Yield name, dB and CPU seconds per megapixel of every algorithm on a photograph."""
    seen = mosaic(truth, RGGB)
    with tempfile.TemporaryDirectory() as folder:
        for name, demosaic in {**_ours(Path(folder), seen, "light"), **others(Path(folder))}.items():
            begun = time.process_time()
            found = demosaic(seen)
            taken = time.process_time() - begun
            yield name, decibels(found, truth), taken / (seen.numel() / 1e6)


def _ours(folder: Path, seen: Tensor, values: Values) -> dict[str, Demosaic]:
    """Return our algorithms on samples as they are (`light`) or encoded on the way (`display`).

    LibRaw's open a file of the mosaic's size, and get the samples later.
    """
    source = folder / "mosaic.dng"
    write_mosaic(source, seen)
    return {name: choose(source, RGGB, name, values).picture for name in OURS}


def _accuracy(rows: Sequence[Row]) -> Table:
    by_name = {row.name: row for row in rows}
    unit = by_name["malvar2004"].seconds
    lines = []
    for row in rows:
        other = by_name.get(PUBLISHED.get(row.name, ""))
        gaps = [] if other is None else [row.decibels[name] - other.decibels[name] for name in SETS]
        known = "RawTherapee" not in row.name
        lines.append(
            [
                _shown(row.name),
                *(f"{row.decibels[name]:.2f}" for name in SETS),
                f"{max(gaps, key=abs):+.3f}" if gaps else "",
                f"{row.seconds:.3f}" if known else "",
                f"{row.seconds / unit:.1f}" if known else "",
            ]
        )
    header = ("algorithm", *(f"{name}, dB" for name in SETS), "to the published, dB", "s / MP", "ratio")
    return Table(title="Demosaic: photographs", header=header, rows=lines, words=WORDS)


def _shown(name: str) -> str:
    words = f"`{name}`" if name in OURS else name
    return f"{words}, LibRaw" if name in LIBRAW else words


def _light(files: Sequence[Path]) -> Table:
    found: dict[str, list[list[float]]] = {}
    for path in files:
        truth = read(path)
        for column, variance in enumerate(NOISE.values()):
            for name, light in _developed(truth, variance):
                display = encode_curve(light.clamp(0, 1), "srgb")
                found.setdefault(name, [[] for _ in NOISE])[column].append(decibels(display, truth))
    order = sorted(found, key=lambda name: -fmean(found[name][1]))
    lines = [[name, *(f"{fmean(values):.2f}" for values in found[name])] for name in order]
    header = ("algorithm", *(f"noise {name}, dB" for name in NOISE))
    return Table(title="Demosaic: light, with noise", header=header, rows=lines, words=LIGHT_WORDS)


def _developed(truth: Tensor, variance: float) -> Iterator[tuple[str, Tensor]]:
    """Yield name and linear picture of every algorithm and each kind of values that it takes."""
    seen = mosaic(decode_curve(truth, "srgb"), RGGB)
    if variance:
        seen = add_noise(seen, variance, variance * 1e-4, torch.Generator().manual_seed(7))
    with tempfile.TemporaryDirectory() as folder:
        for values in KINDS:
            for name, demosaic in _ours(Path(folder), seen.clamp(0, 1), values).items():
                if name not in LIBRAW:
                    yield f"`{name}`, `values: {values}`", demosaic(seen)
                elif values == "light":
                    yield _shown(name), demosaic(seen)


def _agreement(files: Sequence[Path]) -> Table:
    lines = []
    for path in (path for path in files if path.suffix not in NOT_RAW):
        frame = decoded(path)
        if frame.camera.cfa is None:
            continue
        line = [path.name]
        for name in AGREEING:
            mine = developed(interpolated(frame, LIBRAW[name]), "libraw")
            mean, high = difference(mine, libraws(frame, LIBRAW[name]))
            line.append(f"{mean:.3f} / {high:.2f}")
        lines.append(line)
    title = "Demosaic: LibRaw's algorithms on our mosaic"
    return Table(title=title, header=("file", *AGREEING), rows=lines, words=AGREEMENT_WORDS)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        prog="unveil.benchmarks.accuracy.demosaic", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), metavar="DIR")
    parser.add_argument(
        "--every", type=int, default=1, metavar="N", help="take every so many photographs only"
    )
    given = parser.parse_args(arguments)
    for table in tables(given.data, given.every):
        print(table.markdown(), flush=True)


if __name__ == "__main__":
    main()
