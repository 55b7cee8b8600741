"""Primaries, adaptation and colour temperature against their standards."""

import subprocess
import sys

import numpy as np
import pytest

from unveil.isp.colour.colorimetry import (
    COLOUR_NAMES,
    D50_XYZ,
    D65_XY,
    bradford,
    correlated_temperature,
    rgb_to_xyz,
    white_point,
    xy_to_xyz,
)

# IEC 61966-2-1:1999, section 5.2, four decimals.
SRGB_TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
# Lindbloom, "Chromatic Adaptation": Bradford from D65 to D50.
D65_TO_D50 = [
    [1.0478112, 0.0228866, -0.0501270],
    [0.0295424, 0.9904844, -0.0170491],
    [-0.0092345, 0.0150436, 0.7521316],
]


def test_srgb_has_the_matrix_of_its_standard() -> None:
    np.testing.assert_allclose(rgb_to_xyz("sRGB"), SRGB_TO_XYZ, atol=1e-4)


@pytest.mark.parametrize("space", COLOUR_NAMES)
def test_white_has_luminance_one_and_the_chromaticity_of_the_space(space: str) -> None:
    xy = {"ProPhoto": (0.3457, 0.3585), "ACEScg": (0.32168, 0.33767), "eciRGB v2": (0.3457, 0.3585)}.get(
        space, D65_XY
    )
    np.testing.assert_allclose(white_point(space), xy_to_xyz(xy), atol=1e-9)


def test_bradford_has_the_published_matrix() -> None:
    d65 = np.array([0.95047, 1.0, 1.08883])
    np.testing.assert_allclose(bradford(d65, np.array([0.96422, 1.0, 0.82521])), D65_TO_D50, atol=2e-5)


def test_bradford_takes_one_white_to_the_other() -> None:
    d65 = xy_to_xyz(D65_XY)
    np.testing.assert_allclose(bradford(d65, np.array(D50_XYZ)) @ d65, D50_XYZ, atol=1e-12)


# CIE 15:2004, tables T.3 and 11.2: chromaticity and correlated temperature of A, D50, D65.
@pytest.mark.parametrize(
    ("xy", "kelvin"), [((0.44757, 0.40745), 2856), ((0.34567, 0.35850), 5003), (D65_XY, 6504)]
)
def test_standard_lights_have_their_temperature(xy: tuple[float, float], kelvin: float) -> None:
    found, distance = correlated_temperature(xy_to_xyz(xy))
    assert found == pytest.approx(kelvin, rel=2e-3)
    assert abs(distance) < 0.004


def test_an_unknown_space_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no RGB space named 'CMYK'; allowed: Rec2020, ProPhoto"):
        rgb_to_xyz("CMYK")


def test_the_cached_matrix_cannot_be_changed_from_outside() -> None:
    rgb_to_xyz("sRGB")[:] = 0
    np.testing.assert_allclose(rgb_to_xyz("sRGB"), SRGB_TO_XYZ, atol=1e-4)


def test_importing_the_stages_does_not_import_colour_science() -> None:
    code = "import sys, unveil.isp.colour.stage, unveil.isp.tone.stage; print('colour' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
