"""What is measured of a picture against the truth, and of the work that made it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TypeVar

import numpy as np
import psutil
from torch import Tensor

from unveil.isp.colour.colorimetry import colour_science
from unveil.isp.metrics import psnr, ssim
from unveil.isp.tone.curves import decode_curve

T = TypeVar("T")

SSIM_SIDE, SAMPLES = 1024, 300_000
"""SSIM is over the middle of that side, Delta E over so many pixels."""
HEAD = "linear dB | linear SSIM | display dB | display SSIM | Delta E"
_PROCESS = Path("/proc/self")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A picture against the truth."""

    linear: float
    """PSNR in linear light, 1 = display white, dB."""
    linear_ssim: float
    display: float
    """PSNR of display values, dB."""
    display_ssim: float
    delta_e: float
    """CIEDE2000, mean. It is between colours, so it is the same in linear light and for display."""

    def __str__(self) -> str:
        return (
            f"{self.linear:.2f} | {self.linear_ssim:.4f} | {self.display:.2f} | {self.display_ssim:.4f} | "
            f"{self.delta_e:.2f}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What something took."""

    seconds: float
    """Of CPU time, all threads together: another program on the machine does not change them."""
    memory: float
    """Peak of the process above what it held before, bytes; NaN where the system does not tell."""

    def __str__(self) -> str:
        return f"{self.seconds:.1f} | {self.memory / 1e6:.0f}"


def compare(shown: Tensor, truth: Tensor) -> Figures:
    """Compare display values (3, H, W) in [0, 1] with the truth."""
    light, true_light = (decode_curve(picture, "srgb") for picture in (shown, truth))
    top, left = (max(0, (n - SSIM_SIDE) // 2) for n in truth.shape[-2:])
    at = (slice(None), slice(top, top + SSIM_SIDE), slice(left, left + SSIM_SIDE))
    return Figures(
        linear=psnr(light, true_light),
        linear_ssim=ssim(light[at], true_light[at]),
        display=psnr(shown, truth),
        display_ssim=ssim(shown[at], truth[at]),
        delta_e=float(delta_e(shown, truth).mean()),
    )


def delta_e(one: Tensor, two: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return Delta E 2000 between sRGB pictures, (3, H, W), at evenly spread pixels."""
    science = colour_science()
    step = max(1, round((one.shape[-2] * one.shape[-1] / SAMPLES) ** 0.5))
    seen = (picture[:, ::step, ::step].permute(1, 2, 0).double().numpy() for picture in (one, two))
    labs = [science.XYZ_to_Lab(science.sRGB_to_XYZ(picture)) for picture in seen]
    return np.asarray(science.delta_E(*labs, method="CIE 2000"), dtype=np.float64)


def mean_figures(several: Sequence[Figures]) -> Figures:
    """Return the mean of each figure."""
    return Figures(**{name: fmean(getattr(one, name) for one in several) for name in Figures.__slots__})


def mean_work(several: Sequence[Work]) -> Work:
    """Return the mean of the seconds, and the largest memory."""
    return Work(seconds=fmean(one.seconds for one in several), memory=max(one.memory for one in several))


def worked(make: Callable[[], T]) -> tuple[T, Work]:
    """Return what a function makes, and what that took."""
    tells = (_PROCESS / "clear_refs").exists()
    if tells:
        (_PROCESS / "clear_refs").write_text(
            "5", "ascii"
        )  # sets the peak back to what is held now; see proc(5)
    held = psutil.Process().memory_info().rss
    begun = time.process_time()
    made = make()
    seconds = time.process_time() - begun
    return made, Work(seconds=seconds, memory=_peak() - held if tells else math.nan)


def _peak() -> int:
    lines = (_PROCESS / "status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024
