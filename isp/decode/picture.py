"""Reading finished pictures (8/16-bit and float TIFF, PNG, JPEG) as display-encoded RGB.

References: TIFF 6.0; PNG specification, third edition; ITU-T T.81. Orientation is left to the encoder.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...pipeline.errors import FrameError
from ..dng.tags import DNG_VERSION, PHOTOMETRIC, RAW_PHOTOMETRICS
from ..metadata.containers import (
    JPEG_MAGIC,
    PNG_MAGIC,
    jpeg_frame,
    jpeg_icc,
    jpeg_is_complete,
    png_chunk,
    png_icc,
)
from ..metadata.ifd import TiffTags
from .profile import ProfileError, describe_profile, from_profile, is_srgb

TIFF_SUFFIXES = (".tif", ".tiff")
ICC_TAG = 34675
CMYK_JPEG, PALETTE_PNG = 4, 3
# TIFF 6.0 section 8 and 20 to 23, by number; those that `read_picture` takes.
TIFF_KINDS = {0: "inverted grey", 1: "grey", 2: "RGB", 6: "YCbCr"}
CONVERT = "convert it to RGB"
# What the decoders raise on damaged files: imagecodecs RuntimeError, tifffile whatever it stumbles on.
DAMAGE = (
    RuntimeError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    struct.error,
    tifffile.TiffFileError,
)
# Exif: InteroperabilityIndex R03 means Adobe RGB (1998), whose gamma is 563/256.
ADOBE_RGB, ADOBE_CURVE = "Adobe RGB", "gamma:2.19921875"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayPicture:
    """A finished picture as read."""

    pixels: Tensor
    """(3, H, W) float32, display-encoded; integers scaled to [0, 1], floats as they are."""
    primaries: str
    curve: str
    icc: bytes | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Samples:
    array: NDArray[Any]
    """(H, W, C)."""
    maximum: float
    """The value that means 1."""
    icc: bytes | None
    notes: tuple[str, ...] = ()


def is_display_tiff(source: Path, tiff: TiffTags | None) -> bool:
    """Tell whether a TIFF-like file is a finished picture: named .tif, not a DNG, no mosaic in it."""
    if tiff is None or source.suffix.lower() not in TIFF_SUFFIXES or DNG_VERSION in tiff.main:
        return False
    return all(d.get(PHOTOMETRIC, (0,))[0] not in RAW_PHOTOMETRICS for d in (tiff.main, *tiff.subs))


def read_picture(source: Path, *, adobe_rgb: bool = False) -> DisplayPicture:
    """Read a TIFF, PNG or JPEG.

    Parameters
    ----------
    source : path
        Opened for reading only.
    adobe_rgb : bool
        The Exif part says Adobe RGB; used where the file embeds no profile.

    Returns
    -------
    DisplayPicture
        In sRGB, or, where the file embeds another profile, in Rec2020 or ProPhoto with the sRGB curve,
        converted in float without clipping.

    Raises
    ------
    FrameError
        If it is damaged, transparent, or neither grey nor RGB.
    """
    return _finished(source, _read(source), adobe_rgb)


def read_jpeg(data: bytes, source: Path, *, adobe_rgb: bool = False) -> DisplayPicture:
    """Read a JPEG that stands inside another file, `source`; otherwise as `read_picture`."""
    return _finished(source, _checked(source, lambda: _jpeg_samples(data, source)), adobe_rgb)


def _finished(source: Path, samples: _Samples, adobe_rgb: bool) -> DisplayPicture:
    rgb, alpha_notes = _drop_alpha(source, samples)
    scaled = rgb.astype(np.float32) / np.float32(samples.maximum)
    if not np.isfinite(scaled).all():
        raise FrameError(f"{source}: holds samples that are not numbers (NaN or infinity)")
    planes, primaries, curve, colour_notes = _colours(scaled, samples.icc, adobe_rgb)
    size = f"{rgb.shape[1]}x{rgb.shape[0]}"
    words = f"finished picture, {samples.array.dtype.name}, {size}, {primaries} {curve}"
    return DisplayPicture(
        pixels=torch.from_numpy(np.ascontiguousarray(planes.transpose(2, 0, 1))),
        primaries=primaries,
        curve=curve,
        icc=samples.icc,
        notes=(words, *samples.notes, *alpha_notes, *colour_notes),
    )


def _read(source: Path) -> _Samples:
    with source.open("rb") as file:
        head = file.read(8)
    reader = _read_tiff
    if head.startswith(JPEG_MAGIC):
        reader = _read_jpeg
    elif head.startswith(PNG_MAGIC):
        reader = _read_png
    return _checked(source, lambda: reader(source))


def _checked(source: Path, read: Callable[[], _Samples]) -> _Samples:
    try:
        return read()
    except DAMAGE as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FrameError(f"{source}: truncated or damaged: {words}; copy or export it again") from error


def _read_jpeg(source: Path) -> _Samples:
    return _jpeg_samples(source.read_bytes(), source)


def _jpeg_samples(data: bytes, source: Path) -> _Samples:
    file = BytesIO(data)
    depth, components = jpeg_frame(file)
    icc = jpeg_icc(file)
    complete = jpeg_is_complete(file)
    if not complete:
        raise ValueError("its picture data does not end")
    if components == CMYK_JPEG:
        raise FrameError(f"{source}: is a CMYK JPEG; {CONVERT}")
    return _Samples(_with_channels(imagecodecs.jpeg8_decode(data)), 2.0**depth - 1, icc)


def _read_png(source: Path) -> _Samples:
    with source.open("rb") as file:
        header = png_chunk(file, b"IHDR") or b""
        icc = png_icc(file)
        plain_gamma = icc is None and png_chunk(file, b"sRGB") is None and png_chunk(file, b"gAMA")
    if len(header) >= 10 and header[9] == PALETTE_PNG:
        raise FrameError(f"{source}: is a palette PNG; {CONVERT}")
    array = _with_channels(imagecodecs.png_decode(source.read_bytes()))
    # PNG specification: gAMA is the encoding exponent times 100000; 45455 belongs to sRGB.
    gamma = int.from_bytes(plain_gamma, "big") / 100000 if plain_gamma else 0.45455
    odd = f"its gAMA chunk says {gamma:g}; it is not applied, sRGB is assumed"
    return _Samples(array, _full_scale(array), icc, (odd,) if abs(gamma - 0.45455) > 0.005 else ())


def _read_tiff(source: Path) -> _Samples:
    with tifffile.TiffFile(source) as tiff:
        page = tiff.pages.first
        kind = int(page.photometric)
        if kind not in TIFF_KINDS:
            raise FrameError(f"{source}: is a {getattr(page.photometric, 'name', kind)} TIFF; {CONVERT}")
        array = page.asarray()
        array = _with_channels(array.transpose(1, 2, 0) if page.axes == "SYX" else array)
        if array.ndim != 3 or array.dtype.kind not in "uf":
            raise FrameError(f"{source}: is a {array.dtype.name} {page.axes} TIFF; {CONVERT}, 8 or 16 bits")
        maximum = 1.0 if array.dtype.kind == "f" else 2.0**page.bitspersample - 1
        tag = page.tags.get(ICC_TAG)
        icc = bytes(tag.value) if tag else None
        notes = [] if len(tiff.pages) == 1 else [f"the file holds {len(tiff.pages)} pages; the first is used"]
    if array.dtype.kind == "f":
        notes.append("float samples are taken as display-encoded")
    return _Samples(maximum - array if kind == 0 else array, maximum, icc, tuple(notes))


def _with_channels(array: NDArray[Any]) -> NDArray[Any]:
    return array[..., None] if array.ndim == 2 else array


def _full_scale(array: NDArray[Any]) -> float:
    return float(np.iinfo(array.dtype).max)


def _drop_alpha(source: Path, samples: _Samples) -> tuple[NDArray[Any], tuple[str, ...]]:
    array = samples.array
    channels = array.shape[2]
    if channels in (1, 3):
        return array, ()
    if channels not in (2, 4):
        raise FrameError(f"{source}: has {channels} channels; {CONVERT}")
    if not (array[..., -1] == samples.maximum).all():
        raise FrameError(f"{source}: has transparent pixels; flatten it first")
    return array[..., :-1], ("its alpha channel is opaque everywhere and was dropped",)


def _colours(
    samples: NDArray[np.float32], icc: bytes | None, adobe_rgb: bool
) -> tuple[NDArray[np.float32], str, str, tuple[str, ...]]:
    """Give three planes, the names of primaries and curve, and what has to be said about it."""
    notes = ("grey: three equal channels",) if samples.shape[2] == 1 else ()
    if icc is not None:
        try:
            if not is_srgb(icc, samples.shape[2]):
                planes, space, curve = from_profile(samples, icc)
                words = f"converted from its profile {describe_profile(icc)!r} to {space}"
                return planes, space, curve, (*notes, words)
        except ProfileError as error:
            notes = (*notes, f"its colour profile cannot be used ({error}); sRGB is assumed")
    planes = np.repeat(samples, 3, axis=2) if samples.shape[2] == 1 else samples
    if icc is None and adobe_rgb:
        return planes, ADOBE_RGB, ADOBE_CURVE, (*notes, "no profile; Exif says Adobe RGB")
    return planes, "sRGB", "srgb", notes
