"""Colour profiles of finished pictures: from the ICC profile that a file embeds to a space of our own.

References: ICC.1:2022; Little CMS (imagecodecs) converts, in float and unbounded, relative colorimetric.
Primaries: ITU-R BT.2020-2 table 3; ROMM RGB (ISO 22028-2) with its D50 white.
"""

from __future__ import annotations

from functools import cache

import imagecodecs
import numpy as np
import torch
from numpy.typing import NDArray

from ..tone.stage import encode_curve

# Chromaticities x, y, Y of white and of R, G, B.
SPACES = {
    "Rec2020": ((0.3127, 0.3290, 1.0), (0.708, 0.292, 1.0, 0.170, 0.797, 1.0, 0.131, 0.046, 1.0)),
    "ProPhoto": ((0.3457, 0.3585, 1.0), (0.7347, 0.2653, 1.0, 0.1596, 0.8404, 1.0, 0.0366, 0.0001, 1.0)),
}
TARGET_CURVE = "srgb"
SAME = 0.006
"""Profiles whose results differ by less, on a display scale of 0 to 1, are the same: 1.5 8-bit steps."""
OUTSIDE = 0.01
"""How far a colour may lie outside a space, in linear light, before a larger one is chosen."""


class ProfileError(ValueError):
    """The profile is broken, or it is not one for pixels of this kind."""


def is_srgb(profile: bytes, channels: int) -> bool:
    """Tell whether a profile means sRGB (for one channel: grey with the sRGB curve)."""
    grid = _grid(channels)
    ours = _to_linear(_grid(3) if channels == 3 else np.repeat(grid, 3, axis=-1), _srgb(), "Rec2020")
    theirs = _to_linear(grid, profile, "Rec2020")
    return bool(np.abs(_display(theirs) - _display(ours)).max() < SAME)


def from_profile(samples: NDArray[np.float32], profile: bytes) -> tuple[NDArray[np.float32], str, str]:
    """Convert (H, W, 3) or (H, W, 1) float32 samples to a named space that holds the profile's colours.

    Returns (H, W, 3) float32 display-encoded, the space's name and its curve. Not clipped. `ProfileError` if
    the profile cannot be used.
    """
    corners = _to_linear(_grid(samples.shape[2]), profile, "Rec2020")
    space = "Rec2020" if corners.min() > -OUTSIDE and corners.max() < 1 + OUTSIDE else "ProPhoto"
    linear = torch.from_numpy(_to_linear(samples, profile, space))
    return encode_curve(linear, TARGET_CURVE).numpy(), space, TARGET_CURVE


def describe_profile(profile: bytes) -> str:
    """Return the profile's own description, or a general word."""
    # ICC.1:2022 7.2: the tag table follows the 128-byte header; 'desc' holds ASCII (v2) or UTF-16 (v4).
    count = int.from_bytes(profile[128:132], "big")
    for start in range(132, 132 + 12 * min(count, 100), 12):
        if profile[start : start + 4] == b"desc":
            offset, size = (int.from_bytes(profile[start + i : start + i + 4], "big") for i in (4, 8))
            return _description(profile[offset : offset + size]) or "unnamed"
    return "unnamed"


def _description(tag: bytes) -> str:
    if tag[:4] == b"desc":
        return tag[12 : 12 + int.from_bytes(tag[8:12], "big")].split(b"\0")[0].decode("ascii", "replace")
    length, offset = (int.from_bytes(tag[i : i + 4], "big") for i in (20, 24))
    return tag[offset : offset + length].decode("utf-16-be", "replace").strip("\0 ")


def _to_linear(samples: NDArray[np.float32], profile: bytes, space: str) -> NDArray[np.float32]:
    kind = "rgb" if samples.shape[-1] == 3 else "gray"
    data = np.ascontiguousarray(samples if kind == "rgb" else samples[..., 0], dtype=np.float32)
    try:
        found = imagecodecs.cms_transform(
            data, profile, _linear_profile(space), colorspace=kind, outcolorspace="rgb", outdtype="float32"
        )
    except (imagecodecs.CmsError, ValueError) as error:
        raise ProfileError(str(error)) from error
    return np.asarray(found, dtype=np.float32)


@cache
def _linear_profile(space: str) -> bytes:
    white, primaries = SPACES[space]
    return bytes(imagecodecs.cms_profile("rgb", whitepoint=white, primaries=primaries, gamma=1.0))


@cache
def _srgb() -> bytes:
    return bytes(imagecodecs.cms_profile("srgb"))


def _grid(channels: int) -> NDArray[np.float32]:
    steps = np.linspace(0, 1, 9, dtype=np.float32)
    if channels == 1:
        return steps[None, :, None]
    return np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)


def _display(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.clip(linear, 0, None) ** np.float32(1 / 2.2)
