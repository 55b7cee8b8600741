"""A ColorChecker of known spectra through known cameras, developed by us and by other programs."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import tifffile

from unveil.benchmarks.accuracy.chart import CAMERAS, Array, Seen, calibrate, delta_e, see
from unveil.benchmarks.accuracy.chart_dng import patch_means, write_chart
from unveil.benchmarks.accuracy.table import Table
from unveil.isp.colour.colorimetry import adapt, rgb_to_xyz, white_point
from unveil.isp.colour.stage import ColourStage
from unveil.isp.decode.picture import read_picture
from unveil.isp.decode.stage import DecodeStage
from unveil.isp.demosaic.stage import DemosaicStage
from unveil.isp.linearize.stage import LinearizeStage
from unveil.isp.parameters import Colour, Decode, Demosaic, Linearize
from unveil.isp.tone.curves import decode_curve
from unveil.pipeline.frame import Frame

SCENES: Sequence[tuple[tuple[str, ...], str | float]] = (
    (("D65",), "D65"),
    (("D65",), "D50"),
    (("D65",), "A"),
    (("A", "D65"), "D65"),
    (("A", "D65"), 4000.0),
    (("A", "D65"), "A"),
)
"""Lights of the profile, and the light of the photograph: a CIE illuminant, or a black body in K."""
SECONDS = 300
WORDS = """Mean Delta E 2000 of the 24 patches (largest in brackets) against their colours under the light of the
photograph, adapted to the white of the output by Bradford; one gain for the whole chart is matched for every column.
*Lights* are those that the DNG was calibrated for. *matrices* has ColorMatrix tags alone; *profile* has ForwardMatrix
and HueSatMap tags as well, made from the chart, which we apply with `colour: {profile: hue-sat}`. The colorimetric
camera sees as the observer does; for the others no matrix is right for all patches, as *matrices* shows where the
photograph's light is one that the camera was calibrated for. A forward matrix of another light is used as it is, so a
profile for D65 alone is no help under A. All programs get the file with the full profile.

Settings: `dcraw_emu -w -4 -o 2 -q 0 -T` (Adobe RGB, linear); `rawtherapee-cli` with its neutral values and the output
profile RTv4_Large; `darktable-cli` with `plugins/darkroom/workflow=none` and
`plugins/darkroom/chromatic-adaptation=legacy`, output linear Rec. 2020 in floating point."""


def tables(data: Path) -> Sequence[Table]:
    """Measure every camera and light; no photographs are needed."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [_row(camera, *scene, Path(folder)) for camera in CAMERAS for scene in SCENES]
    header = ("camera", "lights", "photograph", "matrices", "profile", *PROGRAMS)
    return [Table(title="A ColorChecker", header=header, rows=rows, words=WORDS)]


def _row(camera: str, lights: Sequence[str], light: str | float, folder: Path) -> list[str]:
    seen = see(camera, light)
    known = {name: calibrate(see(camera, name)) for name in lights}
    plain, full = folder / "plain.dng", folder / "full.dng"
    write_chart(plain, seen, camera, known, full=False)
    write_chart(full, seen, camera, known, full=True)
    found = [_error(ours(plain), seen), _error(ours(full, "hue-sat"), seen)]
    figures = [_words(error) for error in found]
    for name, program in PROGRAMS.items():
        patches = program(full, folder) if shutil.which(name) else None
        missing = "failed" if shutil.which(name) else "not installed"
        figures.append(missing if patches is None else _words(_error(patches, seen)))
    return [camera, " and ".join(lights), light if isinstance(light, str) else f"{light:g} K", *figures]


def _words(error: tuple[float, float]) -> str:
    return f"{error[0]:.2f} ({error[1]:.2f})"


def ours(path: Path, profile: Literal["matrices", "hue-sat", "full"] = "matrices") -> Array:
    """Return our patches as XYZ (24, 3) under D65, as shot, in linear Rec. 2020."""
    frame = LinearizeStage(Linearize())(DecodeStage(Decode(), "cpu")(Frame(source=path)))
    frame = DemosaicStage(Demosaic(algorithm="malvar2004"))(frame)
    frame = ColourStage(Colour(profile=profile))(frame)
    patches = patch_means(frame.image().permute(1, 2, 0).double().numpy())
    return patches @ rgb_to_xyz("Rec2020").T


def dcraw_emu(path: Path, folder: Path) -> Array | None:
    """LibRaw: as shot, linear, Adobe RGB, whose white is D65, bilinear demosaic."""
    target = folder / "dcraw.tif"
    if not _run(
        "dcraw_emu", "-w", "-4", "-o", "2", "-q", "0", "-T", "-Z", str(target), str(path), target=target
    ):
        return None
    patches = patch_means(tifffile.imread(target).astype(np.float64) / 65535)
    return patches @ rgb_to_xyz("Adobe RGB").T


def rawtherapee(path: Path, folder: Path) -> Array | None:
    """RawTherapee: its neutral values, output in its wide space."""
    target, profile = folder / "rt.tif", folder / "rt.pp3"
    profile.write_text("[Color Management]\nOutputProfile=RTv4_Large\n")
    command = ("rawtherapee-cli", "-Y", "-b16", "-t", "-o", str(target), "-p", str(profile), "-c", str(path))
    return _from_file(target) if _run(*command, target=target) else None


def darktable(path: Path, folder: Path) -> Array | None:
    """darktable: its base modules alone, output in linear Rec. 2020."""
    target = folder / "dt.tif"
    own = ("--configdir", str(folder / "darktable"), "--library", ":memory:", "--disable-opencl")
    settings = (
        "plugins/darkroom/workflow=none",
        "plugins/darkroom/chromatic-adaptation=legacy",
        "plugins/imageio/format/tiff/bpp=32",
    )
    wanted = [part for setting in settings for part in ("--conf", setting)]
    command = ("darktable-cli", str(path), str(target), "--icc-type", "LIN_REC2020", "--core", *own, *wanted)
    return _from_file(target) if _run(*command, target=target) else None


PROGRAMS: dict[str, Callable[[Path, Path], Array | None]] = {
    "dcraw_emu": dcraw_emu,
    "rawtherapee-cli": rawtherapee,
    "darktable-cli": darktable,
}


def _run(*command: str, target: Path) -> bool:
    """Run a program and tell whether it wrote its file."""
    target.unlink(missing_ok=True)
    subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    return target.is_file()


def _from_file(path: Path) -> Array:
    """Read a finished picture by its ICC profile, as XYZ (24, 3) under D65."""
    picture = read_picture(path)
    linear = decode_curve(picture.pixels, picture.curve).permute(1, 2, 0).double().numpy()
    between = adapt(white_point(picture.primaries), white_point("Rec2020"))
    return patch_means(linear) @ (between @ rgb_to_xyz(picture.primaries)).T


def _error(patches: Array, seen: Seen) -> tuple[float, float]:
    """Mean and largest Delta E 2000 of XYZ under D65, at the one gain that suits the luminances best."""
    white = white_point("Rec2020")
    truth = seen.xyz @ adapt(seen.white, white).T
    gain = (patches[:, 1] * truth[:, 1]).sum() / (patches[:, 1] ** 2).sum()
    delta = delta_e(truth, patches * gain, white)
    return float(delta.mean()), float(delta.max())
