"""The finished picture of a RAW file: the preview embedded in it, or the camera's JPEG beside it.

References: CIPA DC-008-2019 (Exif 2.32), tag 274; DCF 2.0 (which colour space a camera's JPEG is in).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
import rawpy
import torch
import torch.nn.functional as F
from torch import Tensor

from ...pipeline.errors import FrameError
from ..bands import by_bands
from ..colour.stage import apply_matrix, rgb_to_rgb
from ..metadata.ifd import TiffTags, text
from ..metadata.read import ADOBE_RGB, INTEROP_INDEX, ORIENTATION, find_tiff_tags
from ..orient import UNDO, apply_orientation
from ..tone.curves import decode_curve, encode_curve
from .picture import DisplayPicture, read_jpeg, read_picture
from .raw import libraw_words, open_libraw

PRIMARIES, CURVE = "sRGB", "srgb"
SUFFIXES = (".jpg", ".jpeg")
ASPECT_TOLERANCE = 0.02
"""How much the sides' ratio may differ from the sensor's: cameras crop a few rows or columns."""
OTHERS = "use picture: rendered, or picture: beside with the camera's JPEG next to it"
LIKENESS_SIDE = 24
CLEARLY = 0.1
"""By how much another way of lying must be more like the mosaic to be believed before the picture's own tag."""
DOUBTFUL = 0.5
"""Likeness below which the trail asks whether the picture is of the same shot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A finished picture as read."""

    name: str
    """What it is, for messages: `embedded preview`, or the name of the file."""
    pixels: Tensor
    """(3, h, w) float32, sRGB display values in [0, 1], as stored."""
    orientation: int | None
    """EXIF orientation in its own tag; None: it has none."""
    notes: tuple[str, ...] = ()


def read_embedded(source: Path, advice: str = OTHERS) -> Preview:
    """Read the preview in a RAW file: the one that LibRaw takes of several, as a rule the largest.

    `advice` ends the sentence of an error.

    Raises
    ------
    FrameError
        If there is none, or it cannot be read.
    """
    with open_libraw(source) as raw:
        thumb = _extract(raw, source, advice)
    name = "embedded preview"
    if isinstance(thumb.data, bytes):
        tiff, raw_tiff = find_tiff_tags(BytesIO(thumb.data)), _tiff(source)
        picture = read_jpeg(thumb.data, source, adobe_rgb=_is_adobe(tiff) or _is_adobe(raw_tiff))
        return _preview(name, picture, tiff)
    samples = torch.from_numpy(np.ascontiguousarray(thumb.data.transpose(2, 0, 1)).astype(np.float32))
    return Preview(name=name, pixels=samples / float(np.iinfo(thumb.data.dtype).max), orientation=None)


def read_beside(source: Path) -> Preview:
    """Read the camera's JPEG: the file of the same stem with the suffix .jpg or .jpeg, large or small letters.

    Raises
    ------
    FrameError
        If there is none or more than one, or it cannot be read.
    """
    try:
        path = _beside(source)
        tiff = _tiff(path)
        return _preview(path.name, read_picture(path, adobe_rgb=_is_adobe(tiff)), tiff)
    except OSError as error:
        raise FrameError(
            f"{error.filename}: cannot be read: {(error.strerror or 'unknown').lower()}"
        ) from error


def lay_as_sensor(preview: Preview, mosaic: Tensor, orientation: int, source: Path) -> Preview:
    """Turn a picture to lie as the sensor does.

    Its own tag says how it is stored; where it has none, it is taken to lie as the sensor. Many cameras and programs
    get that wrong, so what is more like the mosaic counts.

    Parameters
    ----------
    preview : Preview
        As read.
    mosaic : (1, H, W) float32
        Linear, as decoded: not rotated.
    orientation : int
        EXIF orientation of the mosaic, 1 to 8.

    Returns
    -------
    Preview
        (3, h, w) with the aspect of the mosaic within `ASPECT_TOLERANCE`; the orientation is the mosaic's.

    Raises
    ------
    FrameError
        If the picture has another aspect.
    """
    ways = _ways(preview, orientation)
    fitting = {way: pixels for way, pixels in ways.items() if _fits(pixels, *mosaic.shape[-2:])}
    if not fitting:
        raise FrameError(_other_aspect(preview, mosaic, source))
    likeness = {way: _likeness(pixels, mosaic) for way, pixels in fitting.items()}
    tag, first = next(iter(ways)), next(iter(fitting))
    best = max(fitting, key=lambda way: likeness[way] + (CLEARLY if way == first else 0))
    notes = tuple(_words(preview, tag, best, likeness[best]))
    return replace(preview, pixels=fitting[best], orientation=orientation, notes=(*preview.notes, *notes))


def same_aspect(preview: Preview, part: tuple[int, int, int, int], orientation: int) -> bool:
    """Tell whether a picture, turned in some way or not, has the aspect of a part: row, column, height and width."""
    ways = _ways(preview, orientation).values()
    return any(_fits(pixels, part[2], part[3]) for pixels in ways)


def resize_display(pixels: Tensor, height: int, width: int) -> Tensor:
    """Bring (3, h, w) sRGB display values in [0, 1] to a size, in linear light: areas averaged, or bicubic."""
    if pixels.shape[-2:] == (height, width):
        return pixels
    linear = by_bands(lambda band: decode_curve(band, CURVE), pixels)[None]
    if height < pixels.shape[-2]:
        linear = F.interpolate(linear, size=(height, width), mode="bilinear", antialias=True)
    else:
        linear = F.interpolate(linear, size=(height, width), mode="bicubic")
    return by_bands(lambda band: encode_curve(band.clamp(0, 1), CURVE), linear[0])


def _extract(raw: rawpy.RawPy, source: Path, others: str) -> rawpy.Thumbnail:
    try:
        return raw.extract_thumb()
    except rawpy.LibRawNoThumbnailError as error:
        raise FrameError(f"{source}: holds no preview; {others}") from error
    except (rawpy.LibRawError, NotImplementedError) as error:
        raise FrameError(
            f"{source}: its embedded preview cannot be read (LibRaw says {libraw_words(error)!r}); {others}"
        ) from error


def camera_jpegs(source: Path) -> list[Path]:
    """Return the files that may be the camera's JPEG of a RAW file; `OSError` where the folder cannot be listed."""
    others = (path for path in source.parent.iterdir() if path != source)
    return sorted(p for p in others if p.stem == source.stem and p.suffix.lower() in SUFFIXES)


def _beside(source: Path) -> Path:
    found = camera_jpegs(source)
    if not found:
        raise FrameError(
            f"{source}: there is no {source.stem}.JPG or .jpeg beside it; put the camera's JPEG there, or use "
            "picture: embedded or picture: rendered"
        )
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise FrameError(f"{source}: {names} are beside it; leave one of them there")
    return found[0]


def _preview(name: str, picture: DisplayPicture, tiff: TiffTags | None) -> Preview:
    pixels, notes = picture.pixels, picture.notes[1:]
    if (picture.primaries, picture.curve) != (PRIMARIES, CURVE):
        linear = apply_matrix(decode_curve(pixels, picture.curve), rgb_to_rgb(picture.primaries, PRIMARIES))
        outside = float(((linear < -1e-3) | (linear > 1 + 1e-3)).any(0).float().mean())
        pixels = encode_curve(linear.clamp(0, 1), CURVE)
        notes = (*notes, f"{outside:.2%} of its pixels are outside sRGB and were clipped")
    tag = int(value) if tiff is not None and (value := tiff.main.get(ORIENTATION, (0,))[0]) in UNDO else None
    return Preview(name=name, pixels=pixels, orientation=tag, notes=tuple(f"{name}: {n}" for n in notes))


def _tiff(source: Path) -> TiffTags | None:
    with source.open("rb") as file:
        return find_tiff_tags(file)


def _is_adobe(tiff: TiffTags | None) -> bool:
    return tiff is not None and text(tiff.interop, INTEROP_INDEX) == ADOBE_RGB


def _ways(preview: Preview, orientation: int) -> dict[int, Tensor]:
    """Return the picture as the sensor lies, for each orientation that it may be stored in; its tag's comes first."""
    tag = orientation if preview.orientation is None else preview.orientation
    return {
        stored: apply_orientation(apply_orientation(preview.pixels, stored), UNDO[orientation])
        for stored in (tag, 1, orientation)
    }


def _fits(pixels: Tensor, height: int, width: int) -> bool:
    ratio = pixels.shape[-1] / pixels.shape[-2] * height / width
    return max(ratio, 1 / ratio) <= 1 + ASPECT_TOLERANCE


def _likeness(pixels: Tensor, mosaic: Tensor) -> float:
    """Correlate a picture's grey values with the mosaic's, both small; 0 where one of them is flat."""
    light = mosaic.clamp(0, 1) ** (1 / 2.2)
    small = [F.adaptive_avg_pool2d(x.mean(0, keepdim=True), LIKENESS_SIDE) for x in (pixels.to(light), light)]
    return float(torch.corrcoef(torch.stack(small).flatten(1))[0, 1].nan_to_num(0.0))


def _words(preview: Preview, tag: int, best: int, likeness: float) -> Iterator[str]:
    if best != tag:
        yield f"{preview.name}: it does not lie as its orientation {tag} says, but as {best}, so that was taken"
    if likeness < DOUBTFUL:
        yield f"{preview.name}: it looks unlike the mosaic (correlation {likeness:.2f}); is it of the same shot?"


def _other_aspect(preview: Preview, mosaic: Tensor, source: Path) -> str:
    (height, width), (rows, columns) = preview.pixels.shape[-2:], mosaic.shape[-2:]
    return (
        f"{source}: the sides of its {preview.name} ({width} x {height}) are not as those of the mosaic "
        f"({columns} x {rows}), even turned; {ASPECT_TOLERANCE:.0%} is allowed; use picture: rendered, or a picture "
        "that was not cropped"
    )
