"""Other programs' demosaicing: colour-demosaicing, OpenCV, RawTherapee; each where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from unveil.isp.dng.container import write_cfa_dng
from unveil.isp.tone.curves import decode_curve

RGGB = ((0, 1), (1, 2))
XYZ_TO_SRGB = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.9692660, 1.8760108, 0.0415560),
    (0.0556434, -0.2040259, 1.0572252),
)
"""IEC 61966-2-1: the photographs' own colours, for what is decided in CIELAB."""
FULL, WHITE = 65535, 60000
"""Counts of a file: its saturation, and what 1 is. RawTherapee gets a little room, so that nothing counts as blown."""
RIM = 4
"""Pixels that RawTherapee cuts off at every border."""
RAWTHERAPEE = ("rcd", "amaze")
PROFILE = """[Version]
AppVersion=5.9
Version=349
[Exposure]
Auto=false
Compensation=0
Black=0
HighlightCompr=0
ShadowCompr=0
Curve=0;
[HLRecovery]
Enabled=false
[Sharpening]
Enabled=false
[White Balance]
Enabled=true
Setting=Camera
[Color Management]
InputProfile=(none)
ToneCurve=false
ApplyLookTable=false
ApplyBaselineExposureOffset=false
ApplyHueSatMap=false
WorkingProfile=sRGB
WorkingTRC=none
OutputProfile=RTv4_sRGB
OutputProfileIntent=Relative
OutputBPC=false
[RAW]
CA=false
HotPixelFilter=false
DeadPixelFilter=false
[RAW Bayer]
Method={method}
CcSteps=0
"""
"""Nothing but the demosaic, and a curve that is undone again."""

Demosaic = Callable[[Tensor], Tensor]
"""(1, H, W) R G / G B to (3, h, w), which has lost as much at every border as it is smaller."""


def others(folder: Path) -> dict[str, Demosaic]:
    """Return the demosaicers of other programs; `folder` is for files on the way."""
    return {**_opencv(), **_colour_demosaicing(), **_rawtherapee(folder)}


def write_mosaic(path: Path, seen: Tensor) -> None:
    """Write a (1, H, W) mosaic in [0, 1] as a DNG."""
    write_cfa_dng(
        path,
        (seen[0].numpy() * WHITE).round().astype(np.uint16),
        cfa=RGGB,
        black=((0.0,),),
        white=float(FULL),
        xyz_to_camera=XYZ_TO_SRGB,
        as_shot_neutral=(1.0, 1.0, 1.0),
        make="unveil",
        model="photograph",
    )


def _opencv() -> dict[str, Demosaic]:
    def run(code: int, full: int) -> Demosaic:
        kind = np.uint16 if full > 255 else np.uint8
        return lambda seen: _planes(cv2.cvtColor((seen[0].numpy() * full).round().astype(kind), code)) / full

    return {
        "EA, OpenCV": run(cv2.COLOR_BayerRGGB2RGB_EA, FULL),
        "VNG, OpenCV (8 bit)": run(cv2.COLOR_BayerRGGB2RGB_VNG, 255),
        "bilinear, OpenCV": run(cv2.COLOR_BayerRGGB2RGB, FULL),
    }


def _colour_demosaicing() -> dict[str, Demosaic]:
    try:
        import colour_demosaicing as theirs
    except ImportError:
        return {}
    functions = {
        "Menon 2007": theirs.demosaicing_CFA_Bayer_Menon2007,
        "Malvar 2004": theirs.demosaicing_CFA_Bayer_Malvar2004,
        "bilinear": theirs.demosaicing_CFA_Bayer_bilinear,
    }

    def run(function: Callable[[np.ndarray, str], np.ndarray]) -> Demosaic:
        return lambda seen: _planes(function(seen[0].numpy(), "RGGB"))

    return {f"{name}, colour-demosaicing": run(function) for name, function in functions.items()}


def _rawtherapee(folder: Path) -> dict[str, Demosaic]:
    program = shutil.which("rawtherapee-cli")
    if program is None:
        return {}

    def run(method: str) -> Demosaic:
        return lambda seen: _developed(program, folder, method, seen)

    return {f"{method}, RawTherapee": run(method) for method in RAWTHERAPEE}


def _developed(program: str, folder: Path, method: str, seen: Tensor) -> Tensor:
    source, profile, done = (folder / name for name in ("a.dng", "a.pp3", "a.tif"))
    write_mosaic(source, seen)
    profile.write_text(PROFILE.format(method=method), "utf-8")
    command = [program, "-q", "-Y", "-o", str(done), "-t", "-b16", "-p", str(profile), "-c", str(source)]
    subprocess.run(command, check=True, capture_output=True)
    picture = cv2.imread(str(done), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    if picture is None or picture.shape != (seen.shape[1] - 2 * RIM, seen.shape[2] - 2 * RIM, 3):
        raise ValueError(f"{program} gave no picture of the expected size for {method}")
    return decode_curve(_planes(picture[..., ::-1]) / FULL, "srgb") * (FULL / WHITE)


def _planes(picture: np.ndarray) -> Tensor:
    return torch.from_numpy(picture.astype(np.float32).transpose(2, 0, 1).copy())
