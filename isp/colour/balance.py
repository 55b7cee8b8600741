"""The white balance that a recipe asks for, as multipliers for one frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import numpy as np

from ...pipeline.errors import FrameError
from ...pipeline.frame import Camera, Frame, Triple
from ..cfa import is_monochrome
from ..parameters import Colour, Pick
from .camera_model import white_of_neutral
from .colorimetry import light_of_temperature, temperature_and_tint
from .grey import grey_of_picture, grey_of_place
from .rectangle import Rectangle, scaled_rectangle, stored_rectangle
from .white_balance import (
    UNITY,
    balance_of_light,
    daylight,
    smallest_to_one,
    usable,
    white_balance,
)

KELVIN_OF_AUTO, TINT_OF_AUTO = (2000.0, 12000.0), (-60.0, 60.0)
"""Lights that people photograph under, from candles to blue sky, and as far from black bodies as fluorescent lamps
(CIE 15:2004, FL1 to FL12: distances up to 0.014); an estimate beyond them has taken a coloured thing for grey."""
ROBERTSON = (1667.0, 50000.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Multipliers for R, G, B, the smallest 1, and how they were found."""

    multipliers: Triple
    words: tuple[str, ...] = ()
    """Sentences for the trail; none where the recipe or the camera simply says so."""


def choose_balance(frame: Frame, parameters: Colour) -> Balance:
    """Return the white balance of a CAMERA_RGB frame; a monochrome one has none.

    Raises
    ------
    FrameError
        If the place to pick from is not inside the picture, or all of it is clipped or black.
    """
    camera, wanted = frame.camera, parameters.white_balance
    if shared := frame.decisions.get("white_balance"):
        return Balance(multipliers=shared, words=("white balance of the group's leader",))
    if camera.cfa is not None and is_monochrome(camera.cfa):
        return Balance(multipliers=UNITY)
    if wanted == "as-shot":
        return _as_shot(camera)
    if wanted == "daylight":
        found = daylight(camera)
        return (
            Balance(multipliers=found)
            if found
            else _instead(camera, "no colour matrix to find daylight with")
        )
    if wanted == "auto":
        return _auto(frame)
    if isinstance(wanted, tuple):
        return Balance(multipliers=smallest_to_one(wanted))
    if isinstance(wanted, Pick):
        return _picked(frame, wanted.pick)
    words = f"white balance for a light of {wanted.kelvin:g} K, tint {wanted.tint:+g}"
    found = balance_of_light(camera, light_of_temperature(wanted.kelvin, wanted.tint))
    if found is None:
        return _instead(camera, f"no colour matrix to find a light of {wanted.kelvin:g} K with")
    return Balance(multipliers=found, words=(words,))


def light_of_balance(camera: Camera, multipliers: Triple) -> tuple[float, float] | None:
    """Return the temperature in K and the tint of the light for which multipliers are right; None if the camera's
    matrices do not tell.
    """
    if not camera.xyz_to_camera or (camera.cfa is not None and is_monochrome(camera.cfa)):
        return None
    try:
        white = white_of_neutral(camera, 1 / np.asarray(multipliers, dtype=np.float64))
    except np.linalg.LinAlgError:
        return None
    return None if white is None else temperature_and_tint(white)


def _as_shot(camera: Camera) -> Balance:
    if camera.side_temperature is not None:
        kelvin, tint = camera.side_temperature
        words = f"white balance of the .xmp beside the file: {kelvin:g} K, tint {tint:+g}"
        if not ROBERTSON[0] <= kelvin <= ROBERTSON[1]:
            return _instead(camera, f"{words} is no light")
        found = balance_of_light(camera, light_of_temperature(kelvin, tint))
        if found is None:
            return _instead(camera, f"{words} needs a colour matrix")
        return Balance(multipliers=found, words=(words,))
    if camera.side_balance is not None and usable(camera.side_balance):
        words = "white balance of the .xmp beside the file"
        return Balance(multipliers=smallest_to_one(camera.side_balance), words=(words,))
    multipliers, remark = white_balance(camera)
    return Balance(multipliers=multipliers, words=(remark,) if remark else ())


def _instead(camera: Camera, why: str) -> Balance:
    multipliers, remark = white_balance(camera)
    words = f"{why}: the as-shot white balance is used"
    return Balance(multipliers=multipliers, words=(words, remark) if remark else (words,))


def _auto(frame: Frame) -> Balance:
    grey = grey_of_picture(frame.image(), _saturation(frame))
    if grey is None:
        return _instead(frame.camera, "too little light below clipping to find a white balance in")
    multipliers = _reciprocal(grey)
    light = light_of_balance(frame.camera, multipliers)
    words = "white balance found in the picture (shades of grey)"
    if light is None:
        if frame.camera.xyz_to_camera:
            return _instead(frame.camera, "the picture's mean colour is not that of a light")
        return Balance(multipliers=multipliers, words=(words,))
    usual = _usual_light(*light)
    if usual == light:
        return Balance(multipliers=multipliers, words=(words,))
    words += f", brought from {light[0]:.0f} K, tint {light[1]:+.0f} to the nearest usual light"
    found = balance_of_light(frame.camera, light_of_temperature(*usual))
    return Balance(multipliers=found or multipliers, words=(words,))


def _usual_light(kelvin: float, tint: float) -> tuple[float, float]:
    return float(np.clip(kelvin, *KELVIN_OF_AUTO)), float(np.clip(tint, *TINT_OF_AUTO))


def _picked(frame: Frame, pick: Rectangle) -> Balance:
    pixels = frame.image()
    height, width = frame.camera.size or tuple(pixels.shape[-2:])
    try:
        whole = stored_rectangle(pick, frame.metadata.orientation, height, width)
    except ValueError as error:
        raise FrameError(f"{frame.source}: colour.white_balance.pick: {error}") from error
    left, top, wide, high = scaled_rectangle(whole, pixels.shape[-1] / width, pixels.shape[-2] / height)
    grey = grey_of_place(pixels[:, top : top + high, left : left + wide], _saturation(frame))
    if grey is None:
        raise FrameError(
            f"{frame.source}: colour.white_balance.pick: every pixel of the rectangle {list(pick)} is clipped or "
            "black; pick a grey place that is neither"
        )
    return Balance(multipliers=_reciprocal(grey), words=(f"white balance picked at {list(pick)}",))


def _saturation(frame: Frame) -> Triple:
    """Level at which each colour clips: `linearize` brings it to where the as-shot white balance makes it white."""
    return _each(1 / value for value in white_balance(frame.camera)[0])


def _reciprocal(grey: Triple) -> Triple:
    return smallest_to_one(_each(1 / value for value in grey))


def _each(values: Iterable[float]) -> Triple:
    return cast(Triple, tuple(values))
