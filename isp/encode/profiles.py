"""Which colour profile a file gets, and the conversion of pixels to it.

References: Adobe RGB (1998) section 4.3.4.2 (gamma 563/256); ANSI/I3A IT10.7666
(ProPhoto, whose short straight part near black is left out, as in the profiles of photographic programs); ITU-R
BT.2020-2; European Color Initiative, eciRGB v2 (ISO 22028-4).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import imagecodecs
import numpy as np
import torch
from torch import Tensor

from ..bands import by_bands
from ..colour.stage import apply_matrix, rgb_to_rgb
from ..parameters import Encode
from ..tone.curves import decode_curve, encode_curve
from .icc import icc_profile
from .profile_file import read_profile

CURVES = {
    "sRGB": "srgb",
    "Display P3": "srgb",
    "Adobe RGB": "gamma:2.19921875",
    "ProPhoto": "gamma:1.8",
    "Rec2020": "rec709",
    "eciRGB v2": "lstar",
}
"""The curve that belongs to each space of `Encode.icc`."""
INTENTS = {"perceptual": 0, "relative": 1, "saturation": 2, "absolute": 3}
"""ICC.1:2022 table 23."""
BLACK_POINT_COMPENSATION, NO_OPTIMISATION = 0x2000, 0x0100
"""Flags of Little CMS."""


class Colour(NamedTuple):
    """What the numbers of a finished picture mean."""

    space: str
    """Name of the primaries; empty where only the profile knows."""
    curve: str
    profile: bytes


def named(space: str, curve: str) -> Colour:
    """Return a named space with a named curve, and its profile."""
    return Colour(space, curve, icc_profile(space, curve))


def target_of(parameters: Encode, own: Colour) -> Colour:
    """Return what the pixels are to be converted to: `own` where no conversion is asked for.

    `ValueError` or `OSError` if a profile file cannot be used.
    """
    if not parameters.converts:
        return own
    if parameters.profile_file is not None:
        return Colour("", "", read_profile(Path(parameters.profile_file)))
    return named(parameters.icc, CURVES[parameters.icc])


def convert(pixels: Tensor, own: Colour, target: Colour, intent: str, compensate: bool) -> Tensor:
    """Convert display pixels to another colour profile in floating point.

    Parameters
    ----------
    pixels : (3, H, W) float32
        In `own`, any range.
    own, target : Colour
        What the pixels are and what they are to become; `own` has a name.
    intent : str
        A rendering intent of `INTENTS`. Named spaces have one rendering, whatever the intent: white to white.
    compensate : bool
        Map the black point of one to that of the other. Named spaces have their black at 0: nothing to map.

    Returns
    -------
    (3, H, W) float32
        Not clipped in a named space; a profile with tables ends at its gamut.

    Raises
    ------
    ValueError
        If Little CMS refuses the profile.
    """
    if target == own:
        return pixels
    if not target.space:
        return _by_little_cms(pixels, own.profile, target.profile, intent, compensate)
    matrix = rgb_to_rgb(own.space, target.space)

    def change(band: Tensor) -> Tensor:
        return encode_curve(apply_matrix(decode_curve(band, own.curve), matrix), target.curve)

    return by_bands(change, pixels)


def _by_little_cms(pixels: Tensor, source: bytes, target: bytes, intent: str, compensate: bool) -> Tensor:
    samples = np.ascontiguousarray(pixels.permute(1, 2, 0).cpu().numpy())
    # The shortcuts of Little CMS are for whole samples: they cost accuracy in floating point.
    flags = NO_OPTIMISATION | (BLACK_POINT_COMPENSATION if compensate else 0)
    try:
        found = imagecodecs.cms_transform(
            samples,
            source,
            target,
            colorspace="rgb",
            outcolorspace="rgb",
            outdtype="float32",
            intent=INTENTS[intent],
            flags=flags,
        )
    except imagecodecs.CmsError as error:
        raise ValueError(f"the colours cannot be converted to the profile: {error}") from error
    return torch.from_numpy(np.asarray(found, dtype=np.float32)).permute(2, 0, 1)
