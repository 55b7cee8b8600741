"""Primaries, white points, chromatic adaptation and colour temperature, all from colour-science.

Everything is computed once in float64 NumPy and cached. colour-science is imported on the first call, not
with this module, so that commands which touch no pixels start fast.

References: ITU-R BT.2020-2, IEC 61966-2-1 (sRGB), SMPTE EG 432-1 (Display P3), Adobe RGB (1998), ANSI/I3A
IT10.7666 (ProPhoto), AMPAS S-2014-004 (ACEScg); Bradford: ICC.1:2022 Annex E; CAT02: CIE 159:2004; CAT16: Li et al.
(2017), "Comprehensive color solutions: CAM16, CAT16, and CAM16-UCS"; Robertson (1968), "Computation
of Correlated Color Temperature and Distribution Temperature".
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..parameters import Adaptation

Matrix = NDArray[np.float64]

COLOUR_NAMES = {
    "Rec2020": "ITU-R BT.2020",
    "ProPhoto": "ProPhoto RGB",
    "ACEScg": "ACEScg",
    "sRGB": "sRGB",
    "Display P3": "Display P3",
    "Adobe RGB": "Adobe RGB (1998)",
    "eciRGB v2": "ECI RGB v2",
}
"""colour-science's names of the spaces of `isp.parameters`."""
TINT_PER_DISTANCE = 3000.0
"""Scale and sign of the tint of the DNG SDK 1.7 (`dng_temperature`) and of `crs:Tint` in XMP."""
D65_XY = (0.3127, 0.3290)
"""CIE 15:2004, 2 degree observer, rounded as in ITU-R BT.709."""
D50_XYZ = (0.9642, 1.0, 0.8249)
"""White of the ICC profile connection space, ICC.1:2022 section 6.3.4.3."""


def rgb_to_xyz(space: str) -> Matrix:
    """Return the (3, 3) matrix from linear RGB of a named space to XYZ, its own white at Y = 1.

    `ValueError` for a name that is not one of the spaces of `isp.parameters`.
    """
    if space not in COLOUR_NAMES:
        raise ValueError(f"no RGB space named {space!r}; allowed: {', '.join(COLOUR_NAMES)}")
    return _rgb_to_xyz(space).copy()


def white_point(space: str) -> Matrix:
    """Return the XYZ (3,) of the white of a named space, Y = 1."""
    return rgb_to_xyz(space) @ np.ones(3)


def xy_to_xyz(xy: tuple[float, float]) -> Matrix:
    """Return the XYZ (3,) of a chromaticity, Y = 1."""
    x, y = xy
    return np.array([x / y, 1.0, (1 - x - y) / y])


def adapt(source: Matrix, target: Matrix, adaptation: Adaptation = "bradford") -> Matrix:
    """Return the (3, 3) matrix that adapts XYZ under the white `source` to the white `target`.

    Both are XYZ (3,). Von Kries' scaling in the cone responses of Bradford, CAT02 or CAT16, adapted fully.
    """
    transform = {"bradford": "Bradford", "cat02": "CAT02", "cat16": "CAT16"}[adaptation]
    matrix = colour_science().adaptation.matrix_chromatic_adaptation_VonKries(
        source, target, transform=transform
    )
    return np.asarray(matrix, dtype=np.float64)


def bradford(source: Matrix, target: Matrix) -> Matrix:
    """Return `adapt` by Bradford."""
    return adapt(source, target)


def correlated_temperature(xyz: Matrix) -> tuple[float, float]:
    """Find the black body that looks most like a light, after Robertson (1968).

    `xyz` is the XYZ (3,) of the light. Returns its correlated colour temperature in kelvin and its distance
    from the black body in CIE 1960 uv, above 0 towards green.
    """
    science = colour_science()
    uv = science.UCS_to_uv(science.XYZ_to_UCS(xyz))
    kelvin, distance = science.temperature.uv_to_CCT_Robertson1968(uv)
    return float(kelvin), float(distance)


def light_of_temperature(kelvin: float, tint: float = 0.0) -> Matrix:
    """Return the XYZ (3,), Y = 1, of a light given by its temperature and tint: what `temperature_and_tint` undoes.

    `kelvin` is 1667 to 50000, which Robertson's table covers.
    """
    science = colour_science()
    uv = science.temperature.CCT_to_uv_Robertson1968([kelvin, tint / TINT_PER_DISTANCE])
    x, y = science.UCS_uv_to_xy(uv)
    return xy_to_xyz((float(x), float(y)))


def temperature_and_tint(xyz: Matrix) -> tuple[float, float]:
    """Return the correlated colour temperature in K of a light and its tint: 3000 times the distance from the black
    body in CIE 1960 uv, along the isotherm. Above 0 the light is greener, and the photograph is made more magenta.
    """
    kelvin, distance = correlated_temperature(xyz)
    return kelvin, distance * TINT_PER_DISTANCE


@cache
def _rgb_to_xyz(space: str) -> Matrix:
    science = colour_science()
    named = science.RGB_COLOURSPACES[COLOUR_NAMES[space]]
    matrix = science.normalised_primary_matrix(named.primaries, named.whitepoint)
    return np.asarray(matrix, dtype=np.float64)


@cache
def colour_science() -> Any:
    """Return the package colour-science, imported without its warnings."""
    with warnings.catch_warnings():
        # It warns of optional packages (SciPy, Matplotlib) that nothing here needs.
        warnings.simplefilter("ignore")
        import colour
    return colour
