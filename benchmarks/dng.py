"""Does a DNG from strength 0 develop like its source? A table of files and programs.

`python benchmarks/dng.py RAW...` writes a DNG of each file with nothing changed, has LibRaw (`dcraw_emu`), darktable
and RawTherapee develop both with the same settings, and prints mean and 99th percentile of Delta E 2000 between the
two pictures (CIE 142-2001, sRGB, D65), and what `exiftool -validate` says. Programs that are not installed are left
out. `--keep FOLDER` keeps all pictures.
"""

from __future__ import annotations

import argparse
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import tifffile
import torch
from numpy.typing import NDArray

from unveil.isp.colour.colorimetry import colour_science
from unveil.isp.decode.stage import DecodeStage
from unveil.isp.encode.stage import EncodeStage
from unveil.isp.linearize.stage import LinearizeStage
from unveil.isp.parameters import Decode, Encode, Linearize
from unveil.pipeline.frame import Destination, Frame

Picture = NDArray[np.float32]
SECONDS = 300
SAMPLES = 1 << 20
"""Pixels that are compared."""
REACH = 16
"""How far the corners of two developments may lie apart: programs cut the borders of RAW files differently."""
KELVIN = 5500
DARKTABLE_GAINS = (2.0, 1.0, 1.5, 0.0)
"""White balance by hand, for files that say none: every program has its own idea of it then."""


def strength_zero(source: Path, folder: Path, compression: str = "lossless") -> tuple[Path, Frame]:
    """Write the DNG of a file with nothing changed."""
    frame = Frame(source=source, destination=Destination(folder=folder, overwrite=True))
    frame = LinearizeStage(Linearize(highlights="keep"))(DecodeStage(Decode(), "cpu")(frame))
    parameters = Encode.model_validate({"format": "dng", "compression": compression})
    output = EncodeStage(parameters)(frame).outputs[-1]
    output.temporary.rename(output.final)
    return output.final, frame


def libraw(source: Path, target: Path, *, by_hand: bool) -> list[str]:
    """LibRaw: its own defaults, 16 bits, brightness not stretched; without a white balance that for daylight."""
    return ["dcraw_emu", *([] if by_hand else ["-w"]), "-W", "-6", "-T", "-Z", str(target), str(source)]


def darktable(source: Path, target: Path, *, by_hand: bool) -> list[str]:
    """darktable: what it does to a file that is opened for the first time; by hand its base modules alone."""
    history = []
    if by_hand:
        sidecar = target.with_suffix(".xmp")
        sidecar.write_text(SIDECAR.format(gains=struct.pack("<4f", *DARKTABLE_GAINS).hex()), encoding="utf-8")
        history = [str(sidecar)]
    own = ["--configdir", str(target.parent / "darktable"), "--library", ":memory:", "--disable-opencl"]
    deep = ["--conf", "plugins/imageio/format/tiff/bpp=16"]
    return ["darktable-cli", str(source), *history, str(target), "--icc-type", "SRGB", "--core", *own, *deep]


def rawtherapee(source: Path, target: Path, *, by_hand: bool) -> list[str]:
    """RawTherapee: its neutral profile."""
    profile = []
    if by_hand:
        pp3 = target.with_suffix(".pp3")
        pp3.write_text(f"[White Balance]\nEnabled=true\nSetting=Custom\nTemperature={KELVIN}\nGreen=1\n")
        profile = ["-p", str(pp3)]
    return ["rawtherapee-cli", "-Y", "-b16", "-t", "-o", str(target), *profile, "-c", str(source)]


PROGRAMS: dict[str, Callable[..., list[str]]] = {
    "dcraw_emu": libraw,
    "darktable-cli": darktable,
    "rawtherapee-cli": rawtherapee,
}
SIDECAR = """<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:darktable="http://darktable.sf.net/" darktable:xmp_version="5"
 darktable:raw_params="0" darktable:auto_presets_applied="1" darktable:history_end="1">
<darktable:history><rdf:Seq><rdf:li darktable:num="0" darktable:operation="temperature" darktable:enabled="1"
 darktable:modversion="3" darktable:params="{gains}" darktable:multi_name="" darktable:multi_priority="0"/>
</rdf:Seq></darktable:history></rdf:Description></rdf:RDF></x:xmpmeta>
"""


def develop(program: str, source: Path, target: Path, *, by_hand: bool) -> Picture | None:
    """Return (H, W, 3) float32 sRGB, or None where the program does not read the file."""
    command = PROGRAMS[program](source, target, by_hand=by_hand)
    subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    if not target.is_file():
        return None
    samples: Picture = np.asarray(tifffile.imread(target), dtype=np.float32)
    return samples[..., :3] / np.float32(65535)


def aligned(one: Picture, two: Picture) -> tuple[Picture, Picture, tuple[int, int]]:
    """Cut two developments of one photograph to what both show; tell how far their corners lie apart."""
    offset = (0, 0) if one.shape == two.shape else _offset(one, two)
    cut = [(max(0, step), max(0, -step)) for step in offset]
    height = min(one.shape[0] - cut[0][0], two.shape[0] - cut[0][1])
    width = min(one.shape[1] - cut[1][0], two.shape[1] - cut[1][1])
    first = one[cut[0][0] : cut[0][0] + height, cut[1][0] : cut[1][0] + width]
    second = two[cut[0][1] : cut[0][1] + height, cut[1][1] : cut[1][1] + width]
    return first, second, offset


def _offset(one: Picture, two: Picture) -> tuple[int, int]:
    """Row and column of the first picture where the corner of the second stands."""
    inner = np.ascontiguousarray(two[REACH:-REACH, REACH:-REACH, 1])
    outer = cv2.copyMakeBorder(one[..., 1].copy(), REACH, REACH, REACH, REACH, cv2.BORDER_REFLECT)
    side = [min(512, size) for size in inner.shape]
    patch = inner[: side[0], : side[1]]
    field = outer[: side[0] + 4 * REACH, : side[1] + 4 * REACH]
    row, column = np.unravel_index(
        np.argmax(cv2.matchTemplate(field, patch, cv2.TM_CCOEFF_NORMED)), (4 * REACH + 1,) * 2
    )
    return int(row) - 2 * REACH, int(column) - 2 * REACH


def delta_e(one: Picture, two: Picture) -> NDArray[np.float64]:
    """Delta E 2000 between sRGB pictures, every so many pixels."""
    science = colour_science()
    step = max(1, round((one.shape[0] * one.shape[1] / SAMPLES) ** 0.5))
    labs = [science.XYZ_to_Lab(science.sRGB_to_XYZ(picture[::step, ::step])) for picture in (one, two)]
    return np.asarray(science.delta_E(*labs, method="CIE 2000"))


def row(source: Path, folder: Path, compression: str = "lossless") -> dict[str, str]:
    """Figures of one file: a column for each program."""
    made, frame = strength_zero(source, folder, compression)
    by_hand = frame.camera.white_balance is None
    found = {"file": source.name}
    for program in (name for name in PROGRAMS if shutil.which(name)):
        stem = f"{source.stem}.{program}"
        before = develop(program, source, folder / f"{stem}.source.tif", by_hand=by_hand)
        after = develop(program, made, folder / f"{stem}.dng.tif", by_hand=by_hand)
        found[program] = _figures(before, after)
    if shutil.which("exiftool"):
        said = subprocess.run(
            ["exiftool", "-s3", "-validate", str(made)], capture_output=True, text=True, check=True
        )
        found["exiftool"] = said.stdout.strip()
    return found


def _figures(before: Picture | None, after: Picture | None) -> str:
    if after is None:
        return "does not read the DNG"
    if before is None:
        return "reads the DNG, not the source"
    one, two, offset = aligned(before, after)
    figures = delta_e(one, two)
    words = f"{figures.mean():.3f} / {np.percentile(figures, 99):.3f}"
    return words if before.shape == after.shape else f"{words} (cut differs by {offset[0]}, {offset[1]})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--keep", type=Path, help="folder for the DNGs and pictures; default: deleted")
    parser.add_argument("--compression", choices=("lossless", "none"), default="lossless")
    given = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as spare:
        folder = given.keep or Path(spare)
        folder.mkdir(parents=True, exist_ok=True)
        for number, source in enumerate(given.files):
            found = row(source, folder, given.compression)
            if number == 0:
                print(f"| {' | '.join(found)} |\n|{'---|' * len(found)}")
            print(f"| {' | '.join(found.values())} |", flush=True)


if __name__ == "__main__":
    main()
