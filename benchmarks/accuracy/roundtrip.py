"""Round trips: pictures to sensor values and back, and files read back by other programs.

`python -m unveil.benchmarks.accuracy.roundtrip DATA` prints the tables.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unveil.benchmarks.accuracy.roundtrip_readers import READERS, by_darktable, by_exiftool
from unveil.benchmarks.accuracy.table import Table
from unveil.isp.colour.colorimetry import colour_science
from unveil.isp.colour.stage import ColourStage, camera_matrix
from unveil.isp.decode.stage import DecodeStage
from unveil.isp.encode.profiles import CURVES, convert, named
from unveil.isp.encode.stage import EncodeStage
from unveil.isp.linearize.stage import LinearizeStage
from unveil.isp.parameters import Colour, Decode, Encode, Linearize, Tone
from unveil.isp.parameters.colour import WorkingSpace
from unveil.isp.parameters.tone import MAPPED
from unveil.isp.tone.stage import ToneStage
from unveil.isp.unprocess import process, unprocess
from unveil.pipeline.frame import Camera, Destination, Frame, Triple

NOT_RAW = (".json", ".md", ".txt", ".xmp", ".jpg", ".png")
PHOTOGRAPH = "kodak24/kodim23.png"
DISPLAY_CURVES = ("srgb", "rec709", "lstar", "linear", "gamma:2.2")
TONES: Mapping[str, Mapping[str, Any]] = {
    "srgb": {},
    "rec709": {"curve": "rec709"},
    "lstar": {"curve": "lstar"},
    "linear": {"curve": "linear"},
    "gamma:2.2": {"curve": "gamma", "gamma": 2.2},
    "filmic, each": {"curve": "filmic", "white": 0.0},
    "filmic, hue": {"curve": "filmic", "white": 0.0, "channels": "hue"},
    "points, each": {"curve": "points", "points": ((0, 0), (0.3, 0.3), (1, 1))},
    "points, hue": {"curve": "points", "points": ((0, 0), (0.3, 0.3), (1, 1)), "channels": "hue"},
}
"""Parameters of `tone` that give a picture back which had the curve; filmic and points at settings that change none."""
DAYLIGHT = (2.0, 1.0, 1.5)
"""Multipliers of a file that gives none."""
FILES: Sequence[Mapping[str, Any]] = (
    {"format": "tiff", "depth": 8},
    {"format": "tiff"},
    {"format": "tiff", "icc": "eciRGB v2"},
    {"format": "tiff", "icc": "ProPhoto"},
    {"format": "tiff", "depth": 32},
    {"format": "png", "depth": 8},
    {"format": "png", "icc": "Adobe RGB"},
    {"format": "jpeg"},
    {"format": "jpeg", "icc": "Display P3", "progressive": True},
    {"format": "jxl", "quality": 100},
    {"format": "jxl", "quality": 100, "icc": "eciRGB v2"},
    {"format": "jxl"},
    {"format": "jxl", "icc": "Rec2020"},
    {"format": "avif", "quality": 100},
    {"format": "avif"},
    {"format": "avif", "depth": 8, "icc": "Adobe RGB"},
    {"format": "exr"},
    {"format": "exr", "depth": 32},
)
WRITTEN = (
    "-EXIF:Make=Maker",
    "-EXIF:Model=Model 7",
    "-EXIF:ExposureTime=1/250",
    "-EXIF:ISO=400",
    "-EXIF:DateTimeOriginal=2024:05:06 07:08:09",
    "-EXIF:UserComment=A window",
    "-EXIF:GPSLatitude=48.5",
    "-EXIF:GPSLatitudeRef=N",
    "-EXIF:GPSDOP=2.5",
    "-IPTC:Caption-Abstract=Behind glass",
    "-XMP-dc:Subject=window",
    "-XMP-xmp:Rating=3",
    "-EXIF:Orientation#=6",
)
EXPECTED: Mapping[str, Any] = {
    "EXIF:Make": "Maker",
    "EXIF:Model": "Model 7",
    "EXIF:ExposureTime": 0.004,
    "EXIF:ISO": 400,
    "EXIF:DateTimeOriginal": "2024:05:06 07:08:09",
    "EXIF:UserComment": "A window",
    "EXIF:GPSLatitude": 48.5,
    "EXIF:GPSDOP": 2.5,
    "EXIF:Orientation": 1,
    "IPTC:Caption-Abstract": "Behind glass",
    "XMP:Description": "Behind glass",
    "XMP:Subject": "window",
    "XMP:Rating": 3,
    "XMP:HistoryAction": "converted",
}
NO_IPTC = (".jxl", ".avif")
UNPROCESS_WORDS = """The photograph, as a finished picture with each curve, to linear camera values and back
(`unprocess`, `process`): the largest difference of a sample, on a scale of 0 to 1. The aim is at most 1e-4. A pure
gamma is infinitely steep at black, where the rounding of 32 bits, 1e-7 of the light, would be 7e-4 of the picture: its
light is kept in 64 bits."""
STAGE_WORDS = """The same photograph through the stages of a recipe: `linearize` undoes its curve, `colour` takes it to
the working space, `tone` gives it its curve again. A frame has 32 bits, whose rounding a pure gamma shows at black,
where a deep colour has no light of a primary; all other curves are straight there."""
FILE_WORDS = """One photograph with orientation 6 and 13 tags, decoded and written in every format (quality 92, 100
where it is said). *Samples*: the largest difference between what another program reads and what was to be written, in
steps of 8 bits, and in brackets the mean of the differences; - where no other program here reads the samples as they
stand. Pillow takes the upper 8 of 16 bits. ImageMagick 6 reads an AVIF with its colour at half the resolution.
*darktable*: mean and 99th percentile of Delta E 2000 between the sRGB picture that `darktable-cli` makes of the file,
through its profile, and the photograph. *Profile*: what exiftool finds; a JPEG XL says its colours by numbers or,
as eciRGB v2, by a profile in its codestream, into which exiftool does not look, and an EXR its primaries. *Tags*: how
many arrive, by exiftool; JPEG XL and AVIF have no place for IPTC, whose caption is in their XMP; OpenEXR has attributes
of its own and the XMP packet as one of them, into which exiftool does not look. A test reads every format in every
depth and space (`tests/isp/encode/test_other_readers.py`)."""


def tables(data: Path) -> Sequence[Table]:
    """Measure both round trips with the cameras of `data/raw` and a photograph of `data/photos`."""
    with tempfile.TemporaryDirectory() as folder:
        source = _source(data / "photos" / PHOTOGRAPH, Path(folder))
        frame = DecodeStage(Decode(), "cpu")(Frame(source=source))
        files = Table(
            title="Files read by other programs",
            header=("file", "samples", "darktable", "profile", "tags"),
            rows=[_file_row(frame, parameters, Path(folder)) for parameters in FILES],
            words=FILE_WORDS,
        )
        return [_unprocess_table(frame.image(), data), _stage_table(frame), files]


def _unprocess_table(picture: Tensor, data: Path) -> Table:
    raws = [
        path for path in sorted((data / "raw").iterdir()) if path.is_file() and path.suffix not in NOT_RAW
    ]
    return Table(
        title="To the sensor and back",
        header=("camera of", *DISPLAY_CURVES),
        rows=[_unprocess_row(path, picture) for path in raws],
        words=UNPROCESS_WORDS,
    )


def _unprocess_row(path: Path, picture: Tensor) -> list[str]:
    camera: Camera = DecodeStage(Decode(), "cpu")(Frame(source=path)).camera
    given = camera.white_balance or DAYLIGHT
    lowest = min(given)
    multipliers = (given[0] / lowest, given[1] / lowest, given[2] / lowest)
    matrix = camera_matrix(camera, "sRGB", multipliers)[0]
    figures = [_there_and_back(picture, matrix, multipliers, curve) for curve in DISPLAY_CURVES]
    return [path.name, *figures]


def _there_and_back(picture: Tensor, matrix: Tensor, multipliers: Triple, curve: str) -> str:
    sensor = unprocess(picture, matrix.double().inverse(), multipliers, curve, keep_highlights=False)
    back = process(sensor, matrix, multipliers, curve)
    return f"{float((back - picture).abs().max()):.1e}"


def _stage_table(frame: Frame) -> Table:
    return Table(
        title="Through the stages",
        header=("working space", *TONES),
        rows=[[space, *(_through(frame, space, name) for name in TONES)] for space in get_args(WorkingSpace)],
        words=STAGE_WORDS,
    )


def _through(frame: Frame, space: str, name: str) -> str:
    tone = Tone.model_validate({"exposure": 0.0, **TONES[name]})
    curve = name if tone.curve not in MAPPED else "srgb"
    light = LinearizeStage(Linearize())(replace(frame, curve=curve))
    colour = Colour.model_validate({"working_space": space})
    back = ToneStage(tone)(ColourStage(colour)(light)).image()
    return f"{float((back - frame.image()).abs().max()):.1e}"


def _source(photograph: Path, folder: Path) -> Path:
    """Make a photograph with tags; without exiftool it has none."""
    copy = folder / photograph.name
    shutil.copyfile(photograph, copy)
    if shutil.which("exiftool"):
        subprocess.run(["exiftool", "-q", "-q", "-overwrite_original", *WRITTEN, str(copy)], check=True)
    return copy


def _file_row(frame: Frame, parameters: Mapping[str, Any], folder: Path) -> list[str]:
    words = " ".join(str(value) for value in parameters.values() if value is not True)
    encode = Encode.model_validate({**parameters, "name": words.replace(" ", "_")})
    out = Destination(folder=folder / "out", overwrite=True)
    before = replace(frame, destination=out)
    if encode.format == "exr":
        before = LinearizeStage(Linearize())(before)
    output = EncodeStage(encode)(before).outputs[0]
    output.temporary.rename(output.final)
    named_words = words + (" progressive" if encode.progressive else "")
    found = by_exiftool(output.final)
    return [
        named_words,
        _sample_words(output.final, _wanted(frame, encode), folder),
        _darktable_words(output.final, _upright(frame), folder),
        str(found.get("ICC_Profile:ProfileDescription", "-")) if found else "-",
        _tag_words(output.final, found),
    ]


def _upright(frame: Frame) -> NDArray[np.float32]:
    turned = torch.rot90(frame.image(), -1, (1, 2)) if frame.metadata.orientation == 6 else frame.image()
    return np.ascontiguousarray(turned.permute(1, 2, 0).numpy())


def _wanted(frame: Frame, encode: Encode) -> NDArray[np.float32]:
    """Samples that the file should show, 0 to 1."""
    own = named(frame.primaries, frame.curve)
    target = named(encode.icc, CURVES[encode.icc]) if encode.converts else own
    pixels = torch.from_numpy(_upright(frame)).permute(2, 0, 1)
    converted = convert(pixels, own, target, encode.intent, encode.black_point_compensation).clamp(0, 1)
    return np.ascontiguousarray(converted.permute(1, 2, 0).numpy())


def _sample_words(path: Path, wanted: NDArray[np.float32], folder: Path) -> str:
    told = []
    for name, read in READERS.items():
        samples = read(path, folder)
        if samples is None:
            continue
        if samples.shape != wanted.shape:
            told.append(f"{name} {samples.shape}")
            continue
        error = np.abs(samples / np.iinfo(samples.dtype).max - wanted) * 255
        told.append(f"{name} {error.max():.2f} ({error.mean():.3f})")
    return ", ".join(told) or "-"


def _darktable_words(path: Path, wanted: NDArray[np.float32], folder: Path) -> str:
    shown = by_darktable(path, folder)
    if shown is None:
        return "-"
    if shown.shape != wanted.shape:
        return f"{shown.shape[1]}x{shown.shape[0]}"
    errors = delta_e_map(shown, wanted)
    return f"{errors.mean():.2f} / {np.percentile(errors, 99):.2f}"


def delta_e_map(one: NDArray[np.float32], two: NDArray[np.float32]) -> NDArray[np.float64]:
    """Delta E 2000 of every pixel of two sRGB pictures, both cut off at black and white."""
    science = colour_science()
    labs = [science.XYZ_to_Lab(science.sRGB_to_XYZ(np.clip(picture, 0, 1))) for picture in (one, two)]
    return np.asarray(science.delta_E(*labs, method="CIE 2000"))


def _tag_words(path: Path, found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "-"
    if path.suffix == ".exr":
        wanted = ("OpenEXR:ExposureTime", "OpenEXR:ISO", "OpenEXR:DateTimeOriginal", "OpenEXR:Software")
        missing = [name for name in wanted if name not in found]
        return f"{len(wanted) - len(missing)} of {len(wanted)}" + (
            f", no {', '.join(missing)}" if missing else ""
        )
    wanted_tags = {
        name: value
        for name, value in EXPECTED.items()
        if not (name.startswith("IPTC") and path.suffix in NO_IPTC)
    }
    missing = [name for name, value in wanted_tags.items() if found.get(name) != value]
    count = f"{len(wanted_tags) - len(missing)} of {len(wanted_tags)}"
    return count + (f", no {', '.join(missing)}" if missing else "")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Round trips of the camera stages.")
    parser.add_argument("data", type=Path, help="folder with the folders raw and photos")
    for table in tables(parser.parse_args(arguments).data):
        print(table.markdown())


if __name__ == "__main__":
    main()
