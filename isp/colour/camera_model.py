"""The DNG colour model: what the matrices of a camera say about a light.

Reference: DNG specification 1.7, chapter 6 "Mapping Camera Color Space to CIE XYZ Space".
"""

from __future__ import annotations

import numpy as np

from ...pipeline.frame import Camera
from .colorimetry import D50_XYZ, Matrix, correlated_temperature

MAX_ITERATIONS = 30
FARTHEST = 0.05
"""CIE 15:2004, section 9.5: beyond this distance from the black bodies (CIE 1960 uv) a light has no
temperature.
"""
TOLERANCE = 1e-7
"""Change of the chromaticity at which the search for the white has converged."""


def matrix_at(camera: Camera, kelvin: float) -> Matrix:
    """Return the (3, 3) XYZ-to-camera matrix for a light of `kelvin`.

    Linear in 1/K between the two matrices that enclose the light; outside them the nearest one. `ValueError`
    if the camera has no matrix.
    """
    if not camera.xyz_to_camera:
        raise ValueError("the camera has no colour matrix")
    known = sorted(camera.xyz_to_camera)
    matrices = [np.array(matrix, dtype=np.float64) for _, matrix in known]
    temperatures = [temperature for temperature, _ in known]
    if kelvin <= temperatures[0]:
        return matrices[0]
    for i in range(len(known) - 1):
        low, high = temperatures[i], temperatures[i + 1]
        if kelvin < high:
            share = (1 / kelvin - 1 / high) / (1 / low - 1 / high)
            mixed: Matrix = share * matrices[i] + (1 - share) * matrices[i + 1]
            return mixed
    return matrices[-1]


def white_of_neutral(camera: Camera, neutral: Matrix) -> Matrix | None:
    """Find the light under which a grey gives the camera RGB `neutral`.

    The matrix depends on the light and the light on the matrix, so they are found in turn, from D50 on, as
    the specification says; if that swings between two values, their mean is taken.

    Parameters
    ----------
    camera : Camera
        With at least one matrix.
    neutral : (3,) float64
        Camera RGB of a grey, any scale, all above 0.

    Returns
    -------
    (3,) float64 or None
        XYZ of the light, Y = 1; None if no light gives this neutral: a negative X, Y or Z, or a colour
        too far from those of lights.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix cannot be inverted.
    """
    last: Matrix = np.array(D50_XYZ)
    before, kelvin = last, correlated_temperature(last)[0]
    for _ in range(MAX_ITERATIONS):
        white: Matrix = np.linalg.inv(matrix_at(camera, kelvin)) @ neutral
        if white.min() <= 0:
            return None
        white = white / white[1]
        kelvin, distance = correlated_temperature(white)
        if abs(distance) > FARTHEST:
            return None
        if np.abs(_xy(white) - _xy(last)).sum() < TOLERANCE:
            return white
        last, before = white, last
    mean: Matrix = (last + before) / 2
    return mean


def _xy(xyz: Matrix) -> Matrix:
    chromaticity: Matrix = xyz[:2] / xyz.sum()
    return chromaticity
