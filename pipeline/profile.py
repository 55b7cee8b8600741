"""What a DNG says of its camera's colour beyond one matrix for each light.

Reference: DNG specification 1.7, chapter 6 "Mapping Camera Color Space to CIE XYZ Space".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .frame import Matrix3


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourTable:
    """A ProfileHueSatMap or ProfileLookTable: what happens to hue, saturation and value at each place."""

    shape: tuple[int, int, int]
    """Divisions of value (1: the value does not matter), hue and saturation."""
    entries: tuple[float, ...]
    """Shift of the hue in degrees, factor of the saturation and factor of the value, for each place; saturation runs
    fastest, value slowest."""
    srgb: bool = False
    """The divisions of value are even in sRGB-encoded light, not in linear light."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraProfile:
    """The colour tags of a DNG beside its ColorMatrix tags. Lights are correlated colour temperatures in K."""

    name: str = ""
    calibration: tuple[tuple[float, Matrix3], ...] = ()
    """AnalogBalance x CameraCalibration for each light: reference camera to this camera. Empty: identity."""
    forward: tuple[tuple[float, Matrix3], ...] = ()
    """ForwardMatrix for each light: white-balanced reference camera to XYZ under D50."""
    hue_sat: tuple[tuple[float, ColourTable], ...] = ()
    look: ColourTable | None = None
