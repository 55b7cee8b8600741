"""A frame develops to the same picture wherever in the chain `separate` stands."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from unveil.isp.colour.colorimetry import colour_science
from unveil.isp.tone.stage import auto_exposure
from unveil.pipeline.develop import Step, run_step
from unveil.pipeline.frame import Frame
from unveil.pipeline.registry import Registry, build_registry
from unveil.pipeline.single import build_stage
from unveil.samples.truth import list_samples

PLACES = ("linearize", "demosaic", "colour", "tone")
"""Stages behind which it stands."""
SAMPLES = {sample.frame.stem: sample.frame for sample in list_samples()}
REAL = ("canon_eos_d30.crw", "synthetic_xtrans_a.dng")
SMALL, LARGE = (1.8, 7.5), (0.7, 3.0)
"""Delta E 2000, mean and 99 %, by which places may differ, as docs/separation.md has them: on the samples of 900 x 600
pixels, where the colours of a mosaic lie almost half a pixel of the proxy apart, and on files from cameras."""


@cache
def registry() -> Registry:
    return build_registry()


@cache
def step(name: str, **parameters: str | float | int) -> Step:
    return build_stage(registry(), name, "cpu", **parameters)


def developed(source: Path, place: str, exposure: float) -> Frame:
    """Develop to sRGB, with `separate` behind a stage, or nowhere."""
    frame = Frame(source=source)
    for name in ("decode", *PLACES):
        parameters: dict[str, dict[str, Any]] = {
            "colour": {"working_space": "sRGB"},
            "tone": {"exposure": exposure, "output_space": "sRGB"},
        }
        frame = run_step(step(name, **parameters.get(name, {})), registry(), frame, "cpu")
        if name == place:
            frame = run_step(step("separate"), registry(), frame, "cpu")
    return frame


def exposure_of(source: Path) -> float:
    """What tone would find without a separation; the same for all places, so that only the place differs."""
    plain = developed(source, "", 0.0)
    linear = step("linearize")[2](replace(plain, camera=replace(plain.camera, cfa=None)))
    return auto_exposure(linear.image(), "sRGB")


def delta_e(one: Tensor, two: Tensor) -> NDArray[np.float64]:
    science = colour_science()
    seen = (picture.clamp(0, 1)[:, ::3, ::3].permute(1, 2, 0).double().numpy() for picture in (one, two))
    labs = [science.XYZ_to_Lab(science.sRGB_to_XYZ(picture)) for picture in seen]
    return np.asarray(science.delta_E(*labs, method="CIE 2000"), dtype=np.float64)


def differences(source: Path) -> dict[str, tuple[float, float, float]]:
    """Return mean and 99 % against the mosaic's picture, and how much the separation itself changed, for each place."""
    torch.set_num_threads(1)
    exposure = exposure_of(source)
    first = developed(source, PLACES[0], exposure).image()
    plain = developed(source, "", exposure).image()
    found = {}
    for place in PLACES[1:]:
        figures = delta_e(first, developed(source, place, exposure).image())
        found[place] = (
            float(figures.mean()),
            float(np.percentile(figures, 99)),
            float(delta_e(first, plain).mean()),
        )
    return found


def check(source: Path, limits: tuple[float, float], share: float = 1.0) -> None:
    """Places differ by less than the limits, and on average by less than a share of what the separation changes."""
    found = differences(source)
    assert all(mean < share * change for mean, _, change in found.values()), found
    assert all(mean < limits[0] and high < limits[1] for mean, high, _ in found.values()), found


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_develop_to_the_same_picture(name: str) -> None:
    check(SAMPLES[name], SMALL, 1 / 3)


@pytest.mark.shared
@pytest.mark.parametrize("name", REAL)
def test_real_files_develop_to_the_same_picture(name: str, shared_data: Path) -> None:
    check(shared_data / "raw" / name, LARGE)
