"""The DNG colour model: what the matrices of a camera say about a light.

Between the lights that a camera was calibrated with, everything is mixed linearly in 1/K; outside them the nearest
holds.

Reference: DNG specification 1.7, chapter 6 "Mapping Camera Color Space to CIE XYZ Space".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...pipeline.frame import Camera, Matrix3
from .colorimetry import D50_XYZ, Matrix, correlated_temperature

MAX_ITERATIONS = 30
FARTHEST = 0.05
"""CIE 15:2004, section 9.5: beyond this distance from the black bodies (CIE 1960 uv) a light has no
temperature.
"""
TOLERANCE = 1e-7
"""Change of the chromaticity at which the search for the white has converged."""


def light_shares(lights: Sequence[float], kelvin: float) -> Matrix:
    """Return the share (n,) that each of n lights, different temperatures in K, has in a light of `kelvin`; sum 1."""
    mireds = 1 / np.asarray(lights, dtype=np.float64)
    order = np.argsort(mireds)
    shares: Matrix = np.empty(len(order))
    for place, light in enumerate(order):
        shares[light] = np.interp(1 / kelvin, mireds[order], np.eye(len(order))[place])
    return shares


def matrix_at(camera: Camera, kelvin: float) -> Matrix:
    """Return the (3, 3) XYZ-to-camera matrix for a light of `kelvin`.

    AnalogBalance x CameraCalibration and ColorMatrix are mixed apart, as the specification says. `ValueError` if the
    camera has no matrix.
    """
    if not camera.xyz_to_camera:
        raise ValueError("the camera has no colour matrix")
    calibrations = dict(camera.profile.calibration) if camera.profile is not None else {}
    if set(calibrations) != {light for light, _ in camera.xyz_to_camera}:
        return _mixed(camera.xyz_to_camera, kelvin)
    reference = [
        (light, np.linalg.inv(np.array(calibrations[light])) @ np.array(matrix))
        for light, matrix in camera.xyz_to_camera
    ]
    return calibration_at(camera, kelvin) @ _mixed(reference, kelvin)


def calibration_at(camera: Camera, kelvin: float) -> Matrix:
    """Return AnalogBalance x CameraCalibration (3, 3) for a light: the reference camera's RGB to this camera's."""
    if camera.profile is None or not camera.profile.calibration:
        return np.eye(3)
    return _mixed(camera.profile.calibration, kelvin)


def balanced_to_xyz(camera: Camera, neutral: Matrix, white: Matrix) -> tuple[Matrix, Matrix]:
    """Return the matrix from white-balanced camera RGB to XYZ, and the white that it maps neutral to.

    Parameters
    ----------
    camera : Camera
        With at least one XYZ-to-camera matrix.
    neutral : (3,) float64
        Camera RGB of a grey: what the pixels were divided by.
    white : (3,) float64
        XYZ of the light, Y = 1, as `white_of_neutral` finds it.

    Returns
    -------
    matrix : (3, 3) float64
        Through the forward matrices where the camera has them, else through the inverse of `matrix_at`.
    white : (3,) float64
        XYZ of D50 with forward matrices, else `white`.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix cannot be inverted.
    """
    kelvin = correlated_temperature(white)[0]
    if camera.profile is None or not camera.profile.forward:
        return np.linalg.inv(matrix_at(camera, kelvin)) * neutral, white
    to_reference = np.linalg.inv(calibration_at(camera, kelvin))
    reference_neutral = to_reference @ neutral
    d50 = np.array(D50_XYZ)
    forward = _mixed(camera.profile.forward, kelvin)
    # Rounded tags do not take white exactly to D50.
    forward = forward * (d50 / forward.sum(axis=1))[:, None]
    return forward / reference_neutral @ (to_reference * neutral), d50


def neutral_of_white(camera: Camera, white: Matrix) -> Matrix:
    """Return the camera RGB (3,) of a grey under a light given by its XYZ (3,); `ValueError` without a matrix."""
    neutral: Matrix = matrix_at(camera, correlated_temperature(white)[0]) @ white
    return neutral


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


def _mixed(known: Sequence[tuple[float, Matrix3 | Matrix]], kelvin: float) -> Matrix:
    shares = light_shares([light for light, _ in known], kelvin)
    mixed: Matrix = np.tensordot(shares, np.array([matrix for _, matrix in known], dtype=np.float64), 1)
    return mixed


def _xy(xyz: Matrix) -> Matrix:
    chromaticity: Matrix = xyz[:2] / xyz.sum()
    return chromaticity
