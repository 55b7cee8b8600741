"""Colours against the truth, and against LibRaw: a small part of `docs/isp-accuracy.md`."""

from pathlib import Path

import pytest

from unveil.benchmarks.accuracy.chart import COLORIMETRIC, calibrate, delta_e, see
from unveil.benchmarks.accuracy.chart_dng import write_chart
from unveil.benchmarks.accuracy.colorchecker import ours
from unveil.benchmarks.accuracy.libraw import decoded, developed, difference, interpolated, libraws
from unveil.isp.colour.colorimetry import adapt, white_point

NIKON = "Nikon 5100 (NPL)"
WHITE = white_point("Rec2020")


@pytest.mark.parametrize(("lights", "photograph"), [(("D65",), "A"), (("A", "D65"), 4000.0)])
def test_a_colorimetric_camera_shows_the_chart_as_it_is(
    tmp_path: Path, lights: tuple[str, ...], photograph: str | float
) -> None:
    seen = see(COLORIMETRIC, photograph)
    known = {light: calibrate(see(COLORIMETRIC, light)) for light in lights}
    write_chart(tmp_path / "chart.dng", seen, COLORIMETRIC, known, full=False)
    truth = seen.xyz @ adapt(seen.white, WHITE).T
    patches = ours(tmp_path / "chart.dng")
    delta = delta_e(truth, patches * truth[:, 1].sum() / patches[:, 1].sum(), WHITE)
    assert delta.mean() < 0.1


@pytest.mark.parametrize("photograph", ["D65", "A"])
def test_a_profile_of_two_lights_shows_the_chart_of_a_real_camera(tmp_path: Path, photograph: str) -> None:
    seen = see(NIKON, photograph)
    known = {light: calibrate(see(NIKON, light)) for light in ("A", "D65")}
    write_chart(tmp_path / "chart.dng", seen, NIKON, known, full=True)
    truth = seen.xyz @ adapt(seen.white, WHITE).T
    errors = []
    for patches in (ours(tmp_path / "chart.dng"), ours(tmp_path / "chart.dng", "hue-sat")):
        errors.append(delta_e(truth, patches * truth[:, 1].sum() / patches[:, 1].sum(), WHITE).mean())
    assert errors[1] < 0.3 < errors[0] < 1.5


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "algorithm"),
    [
        ("kodak_dc50.kdc", "AHD"),
        ("canon_eos_6d_linear.dng", "LINEAR"),
        ("canon_550d_magiclantern_chart.dng", "LINEAR"),
    ],
)
def test_with_equal_settings_we_develop_as_libraw_does(shared_data: Path, name: str, algorithm: str) -> None:
    frame = decoded(shared_data / "raw" / name)
    mine = developed(interpolated(frame, algorithm), "libraw")
    mean, percentile = difference(mine, libraws(frame, algorithm))
    assert mean <= 0.5
    assert percentile <= 2
