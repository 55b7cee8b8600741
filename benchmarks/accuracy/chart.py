"""A ColorChecker of known spectra seen through a known camera, and the DNG profile that such a chart gives the camera.

Spectra of the 24 patches (BabelColor's average), of the lights and of the cameras are colour-science's; the observer is
CIE 1931, 2 degrees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unveil.isp.colour.colorimetry import D50_XYZ, adapt, colour_science, rgb_to_xyz

Array = NDArray[np.float64]
CHART = "BabelColor Average"
OBSERVER = "CIE 1931 2 Degree Standard Observer"
COLORIMETRIC = "colorimetric"
"""A camera that fulfils Luther's condition: each colour sees as a mixture of the observer's three."""
MIXTURE = ((1.1, 0.1, 0.0), (-0.25, 1.05, 0.1), (0.05, -0.1, 0.95))
CAMERAS = (COLORIMETRIC, "Nikon 5100 (NPL)", "Sigma SDMerill (NPL)")
WAVELENGTHS = (400, 700, 10)
"""From, to and step in nm: where the cameras were measured."""
HUES, SATURATIONS = 90, 30
NEUTRAL = 0.04
"""Saturation in ProPhoto RGB below which a patch is one of the greys."""
TRIES = 600
NEAREST = 1e-3
EXACT = 1e-3
"""Delta E 2000 from which on a matrix cannot be made better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The chart under a light."""

    xyz: Array
    """(24, 3), perfect white Y = 1."""
    white: Array
    """(3,) XYZ of the light."""
    camera: Array
    """(24, 3) camera RGB, the highest of a perfect white 1."""
    neutral: Array
    """(3,) camera RGB of a perfect white."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What a profile says for one light."""

    color: Array
    """(3, 3) XYZ to camera RGB."""
    forward: Array
    """(3, 3) balanced camera RGB to XYZ under D50."""
    hue_sat: Array
    """(1, 90, 30, 3) shift of the hue in degrees, factors of saturation and value."""


def see(camera: str, light: str | float) -> Seen:
    """Return the chart under a named CIE illuminant, or a black body of a temperature in K, through a camera."""
    science = colour_science()
    shape = science.SpectralShape(*WAVELENGTHS)
    observer = science.MSDS_CMFS[OBSERVER].copy().align(shape).values
    patches = np.array([sd.copy().align(shape).values for sd in science.SDS_COLOURCHECKERS[CHART].values()])
    if isinstance(light, str):
        power = science.SDS_ILLUMINANTS[light].copy().align(shape).values
    else:
        power = science.sd_blackbody(light, shape).values
    power = power / (power @ observer[:, 1])
    if camera == COLORIMETRIC:
        filters = observer @ np.array(MIXTURE).T
    else:
        filters = science.MSDS_CAMERA_SENSITIVITIES[camera].copy().align(shape).values
    neutral = power @ filters
    exposure = neutral.max()
    return Seen(
        xyz=(patches * power) @ observer,
        white=power @ observer,
        camera=(patches * power) @ filters / exposure,
        neutral=neutral / exposure,
    )


def calibrate(seen: Seen) -> Calibration:
    """Make the profile of a camera for a light from what it sees: white stays white, Delta E 2000 is least."""
    balanced = seen.camera / seen.neutral
    matrix = _fit(balanced, seen)
    forward = adapt(seen.white, np.array(D50_XYZ)) @ matrix
    color = np.asarray(np.linalg.inv(matrix / seen.neutral), dtype=np.float64)
    return Calibration(color=color, forward=forward, hue_sat=_hue_sat(balanced @ forward.T, seen))


def delta_e(one: Array, two: Array, white: Array) -> Array:
    """Return Delta E 2000 (N,) between XYZ (N, 3) under the same white (3,)."""
    science = colour_science()
    xy = science.XYZ_to_xy(white)
    found = science.delta_E(science.XYZ_to_Lab(one, xy), science.XYZ_to_Lab(two, xy), method="CIE 2000")
    return np.asarray(found, dtype=np.float64)


def _fit(balanced: Array, seen: Seen) -> Array:
    """Start at least squares of XYZ and step at random downhill, always the same way."""

    def matrix(columns: Array) -> Array:
        return np.column_stack([columns, seen.white - columns.sum(axis=1)])

    start = np.linalg.lstsq(balanced, seen.xyz, rcond=None)[0].T[:, :2]
    best = np.asarray(start, dtype=np.float64)
    least = delta_e(seen.xyz, balanced @ matrix(best).T, seen.white).mean()
    random = np.random.default_rng(24)
    for step in np.geomspace(0.05, 2e-4, TRIES if least > EXACT else 0):
        tried = best + random.normal(size=(3, 2)) * step
        error = delta_e(seen.xyz, balanced @ matrix(tried).T, seen.white).mean()
        if error < least:
            best, least = tried, error
    return matrix(best)


def _hue_sat(found: Array, seen: Seen) -> Array:
    """Spread what the patches still lack in hue, saturation and value over the circle of colours (Shepard, 1968)."""
    from_xyz = np.linalg.inv(rgb_to_xyz("ProPhoto"))
    wanted = seen.xyz @ adapt(seen.white, rgb_to_xyz("ProPhoto").sum(axis=1)).T
    own = found @ adapt(np.array(D50_XYZ), rgb_to_xyz("ProPhoto").sum(axis=1)).T
    hsv, target = (_hsv(colours @ from_xyz.T) for colours in (own, wanted))
    coloured = hsv[:, 1] > NEUTRAL
    hsv, target = hsv[coloured], target[coloured]
    shift = (target[:, 0] - hsv[:, 0] + 180) % 360 - 180
    lacking = np.column_stack([shift, target[:, 1] / hsv[:, 1] - 1, target[:, 2] / hsv[:, 2] - 1])
    lacking = np.vstack([lacking, np.zeros(3)])
    places = np.vstack([_place(hsv[:, 0], hsv[:, 1]), np.zeros(2)])
    hue, saturation = np.meshgrid(np.arange(HUES) * 360 / HUES, np.linspace(0, 1, SATURATIONS), indexing="ij")
    nodes = _place(hue.ravel(), saturation.ravel())
    distance = np.linalg.norm(nodes[:, None] - places[None], axis=2)
    weights = 1 / np.maximum(distance, NEAREST) ** 4
    table: Array = (weights @ lacking) / weights.sum(axis=1, keepdims=True) + (0, 1, 1)
    return table.reshape(1, HUES, SATURATIONS, 3)


def _place(hue: Array, saturation: Array) -> Array:
    return np.column_stack([saturation * np.cos(np.radians(hue)), saturation * np.sin(np.radians(hue))])


def _hsv(rgb: Array) -> Array:
    """Hue in degrees, saturation and value (N, 3)."""
    hsv: Array = np.array(colour_science().RGB_to_HSV(rgb), dtype=np.float64)
    return hsv * (360, 1, 1)
