"""Reading RAW files with LibRaw (rawpy): the visible area as the sensor gave it, and the camera facts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
import rawpy
import torch
from torch import Tensor

from ...pipeline.errors import FrameError
from ...pipeline.frame import Camera, Matrix3, Space, Triple
from ..cfa import LETTERS, Pattern, describe_pattern, is_bayer
from ..colour.libraw_matrix import libraw_matrix
from ..dng.tags import D65, DngFacts
from ..linearize.stage import Levels, subtract_black
from ..metadata.read import TagValue

# LibRaw `sizes.flip` (bit 0 mirrors columns, bit 1 rows, bit 2 swaps the axes) to EXIF orientation.
EXIF_ORIENTATION = {0: 1, 1: 2, 3: 3, 2: 4, 4: 5, 6: 6, 7: 7, 5: 8}
MONOCHROME = ((1,),)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPicture:
    """A RAW file as read."""

    pixels: Tensor
    """(1, H, W) float32 counts, or (3, H, W) float32 linear camera RGB."""
    space: Space
    camera: Camera
    orientation: int
    """EXIF orientation still to be applied."""
    tags: dict[str, TagValue]
    """EXIF values that LibRaw found itself, named as in `isp.metadata.read`."""
    notes: tuple[str, ...]


def read_raw(source: Path, dng: DngFacts | None = None) -> RawPicture:
    """Read the visible area of a RAW file.

    Parameters
    ----------
    source : path
        Opened for reading only.
    dng : DngFacts
        The file's own tags if it is a DNG: they come before LibRaw's tables.

    Returns
    -------
    RawPicture
        CFA counts, with the pattern starting at the first visible sample; files with three colours at every
        pixel (linear DNG, Foveon, sRAW) as CAMERA_RGB, black and white applied.

    Raises
    ------
    FrameError
        If LibRaw cannot read it, its colours are not red, green and blue, or every sample is 0.
    """
    with open_libraw(source) as raw:
        samples = np.array(raw.raw_image_visible, dtype=np.float32)
        if not samples.any():
            raise FrameError(f"{source}: holds no picture: every sample is 0; copy it again from the card")
        colours = _colours(raw, source)
        mosaic = raw.raw_type is rawpy.RawType.Flat or raw.num_colors == 1
        read = _mosaic if mosaic else _three_colours
        pixels, camera, notes = read(source, raw, samples, colours, dng)
        return RawPicture(
            pixels=pixels,
            space=Space.CFA if mosaic else Space.CAMERA_RGB,
            camera=camera,
            orientation=EXIF_ORIENTATION.get(raw.sizes.flip, 1),
            tags=_tags(raw),
            notes=(*notes, *_aspect(raw)),
        )


@contextmanager
def open_libraw(source: Path) -> Iterator[rawpy.RawPy]:
    """Open a RAW file; `FrameError` for what LibRaw cannot read, then or later."""
    try:
        with rawpy.imread(str(source)) as raw:
            yield raw
    except rawpy.LibRawFileUnsupportedError as error:
        version = ".".join(str(part) for part in rawpy.libraw_version)
        raise FrameError(
            f"{source}: not a picture that can be read: neither TIFF, PNG or JPEG nor a RAW format that "
            f"LibRaw {version} knows; copy it again from the card if it is damaged, or convert it to DNG if "
            "it is a RAW file of another kind"
        ) from error
    except rawpy.LibRawError as error:
        raise FrameError(
            f"{source}: truncated or damaged: LibRaw stopped with {libraw_words(error)!r}; "
            "copy it again from the card"
        ) from error


def libraw_words(error: Exception) -> str:
    """Return LibRaw's own words for an error."""
    words = error.args[0] if error.args else ""
    return words.decode("ascii", "replace") if isinstance(words, bytes) else str(words)


def _colours(raw: rawpy.RawPy, source: Path) -> tuple[int, ...]:
    """Colour (0 R, 1 G, 2 B) of each of LibRaw's colour numbers."""
    if raw.num_colors == 1:
        return (1, 1, 1, 1)
    letters = raw.color_desc.decode("ascii")
    if set(letters) != set(LETTERS):
        raise FrameError(f"{source}: its sensor has the colours {letters}; only RGB sensors are supported")
    return tuple(LETTERS.index(letter) for letter in letters)


def _mosaic(
    source: Path, raw: rawpy.RawPy, samples: np.ndarray, colours: Sequence[int], dng: DngFacts | None
) -> tuple[Tensor, Camera, tuple[str, ...]]:
    plane = samples[..., 0] if samples.ndim == 3 else samples
    cells = ((0,),) if raw.num_colors == 1 else _cells(raw)
    cfa = MONOCHROME if raw.num_colors == 1 else tuple(tuple(colours[c] for c in row) for row in cells)
    black = _per_cell(raw.black_level_per_channel, cells)
    if dng is not None and dng.black is not None:
        black = _shift(dng.black, raw, dng.active_origin)
    white, white_note = _white(raw)
    camera, notes = _camera(raw, dng, cfa)
    camera = replace(camera, cfa=cfa, black=black, white=_per_cell(white, cells))
    if raw.num_colors == 1:
        notes = ()
    size = f"{plane.shape[1]}x{plane.shape[0]}"
    words = f"{describe_pattern(cfa)}, {size}, black {_range(black)}, white {_range(camera.white)}"
    return torch.from_numpy(np.ascontiguousarray(plane))[None], camera, (words, *white_note, *notes)


def _three_colours(
    source: Path, raw: rawpy.RawPy, samples: np.ndarray, colours: Sequence[int], dng: DngFacts | None
) -> tuple[Tensor, Camera, tuple[str, ...]]:
    if sorted(colours[:3]) != [0, 1, 2]:
        raise FrameError(f"{source}: its planes are {raw.color_desc!r}; only R, G, B planes are supported")
    counts = torch.from_numpy(np.ascontiguousarray(samples.transpose(2, 0, 1)))
    white, white_note = _white(raw)
    if dng is not None and dng.white is not None and max(dng.white) == raw.white_level:
        white = list(dng.white)
    black = raw.black_level_per_channel
    order = [colours.index(colour) for colour in range(3)]
    try:
        planes = [subtract_black(counts[i : i + 1], [[black[i]]], [[white[i]]]) for i in order]
    except ValueError as error:
        raise FrameError(f"{source}: {error}; the file's levels cannot be used") from error
    camera, notes = _camera(raw, dng)
    levels = f"black {_range([black[:3]])}, white {_range([white[:3]])}"
    words = f"three colours at every pixel, {counts.shape[2]}x{counts.shape[1]}, {levels} applied"
    return torch.cat(planes), camera, (words, *white_note, *notes)


def _cells(raw: rawpy.RawPy) -> tuple[tuple[int, ...], ...]:
    """LibRaw's colour numbers of the repeating pattern, from the first visible sample."""
    return _shift(tuple(tuple(int(colour) for colour in row) for row in raw.raw_pattern), raw)


def _shift(
    pattern: tuple[tuple[T, ...], ...], raw: rawpy.RawPy, origin: tuple[int, int] = (0, 0)
) -> tuple[tuple[T, ...], ...]:
    """Start a pattern, laid out from `origin` of the whole sensor area, at the first visible sample."""
    down, right = raw.sizes.top_margin - origin[0], raw.sizes.left_margin - origin[1]
    rows, columns = len(pattern), len(pattern[0])
    return tuple(
        tuple(pattern[(row + down) % rows][(column + right) % columns] for column in range(columns))
        for row in range(rows)
    )


def _per_cell(levels: Sequence[float], cells: Sequence[Sequence[int]]) -> tuple[tuple[float, ...], ...]:
    found = tuple(tuple(float(levels[colour]) for colour in row) for row in cells)
    values = {value for row in found for value in row}
    return ((values.pop(),),) if len(values) == 1 else found


def _white(raw: rawpy.RawPy) -> tuple[list[float], tuple[str, ...]]:
    """Saturation of each channel: the camera's own where it is plausible, else LibRaw's for the model."""
    level = float(raw.white_level)
    own = raw.camera_white_level_per_channel
    if own and all(level / 2 <= value <= level for value in own):
        return [float(value) for value in own], ()
    if own and any(value != level for value in own):
        return [level] * 4, (f"the file's white levels {own} do not suit LibRaw's {level:g}: not used",)
    return [level] * 4, ()


def _camera(
    raw: rawpy.RawPy, dng: DngFacts | None, cfa: Pattern | None = None
) -> tuple[Camera, tuple[str, ...]]:
    balance = _neutral_balance(dng, mosaic=cfa is not None) or _libraw_balance(raw.camera_whitebalance)
    matrices, origin = _matrices(raw, dng, cfa)
    notes = list(dng.notes) if dng is not None else []
    if balance is None:
        given = ", ".join(f"{value:g}" for value in raw.camera_whitebalance)
        notes.append(f"no usable as-shot white balance in the file (LibRaw gives {given})")
    if not matrices:
        notes.append("no colour matrix for this camera")
    exposure = dng.baseline_exposure if dng is not None else 0.0
    camera = Camera(
        white_balance=balance,
        xyz_to_camera=matrices,
        matrix_source=origin,
        baseline_exposure=exposure,
        crop=_crop(raw),
    )
    return camera, tuple(notes)


def _crop(raw: rawpy.RawPy) -> tuple[int, int, int, int] | None:
    """The maker's crop within the visible area; None where LibRaw knows none, or one that is not inside."""
    sizes = raw.sizes
    top, left = sizes.crop_top_margin - sizes.top_margin, sizes.crop_left_margin - sizes.left_margin
    height, width = sizes.crop_height, sizes.crop_width
    inside = 0 <= top <= sizes.height - height and 0 <= left <= sizes.width - width
    whole = (height, width) == (sizes.height, sizes.width)
    return (top, left, height, width) if height and width and inside and not whole else None


def _neutral_balance(dng: DngFacts | None, *, mosaic: bool) -> Triple | None:
    """A neutral of three equal values says nothing of a sensor; of developed colours, that they are balanced."""
    if dng is None or dng.neutral is None or (mosaic and len(set(dng.neutral)) == 1):
        return None
    red, green, blue = dng.neutral
    return green / red, 1.0, green / blue


def _libraw_balance(multipliers: Sequence[float]) -> Triple | None:
    """Multipliers with G = 1; None for LibRaw's ways of saying unknown: 0, -1 and all alike."""
    red, green, blue = (float(value) for value in multipliers[:3])
    usable = all(math.isfinite(value) and value > 0 for value in (red, green, blue))
    if not usable or red == green == blue:
        return None
    return red / green, 1.0, blue / green


def _matrices(
    raw: rawpy.RawPy, dng: DngFacts | None, cfa: Pattern | None
) -> tuple[tuple[tuple[float, Matrix3], ...], str]:
    if dng is not None and dng.xyz_to_camera:
        return dng.xyz_to_camera, "dng"
    table = raw.rgb_xyz_matrix[:3]
    if not table.any():
        found = libraw_matrix(raw, cfa) if dng is None and cfa is not None and is_bayer(cfa) else None
        return (((D65, found),), "libraw") if found is not None else ((), "")
    return ((D65, cast(Matrix3, tuple(tuple(float(v) for v in row) for row in table))),), "libraw"


def _tags(raw: rawpy.RawPy) -> dict[str, TagValue]:
    """EXIF values that LibRaw found, named as in `isp.metadata.read`; what it does not know it gives as 0."""
    shot, lens = raw.other, raw.lens
    found: dict[str, TagValue] = {
        "ExposureTime": shot.shutter_speed,
        "FNumber": shot.aperture,
        "ISO": round(shot.iso_speed),
        "FocalLength": shot.focal_length,
        "Artist": shot.artist.strip(),
        "LensMake": lens.make.strip(),
        "LensModel": lens.model.strip(),
    }
    if shot.timestamp.timestamp() > 0:
        found["DateTimeOriginal"] = shot.timestamp.strftime("%Y:%m:%d %H:%M:%S")
    return {name: value for name, value in found.items() if value}


def _aspect(raw: rawpy.RawPy) -> tuple[str, ...]:
    aspect = raw.sizes.pixel_aspect
    return () if aspect == 1 else (f"the camera's pixels are not square ({aspect:g}); left as they are",)


def _range(levels: Levels) -> str:
    values = sorted({value for row in levels for value in row})
    return " to ".join(f"{value:g}" for value in dict.fromkeys((values[0], values[-1])))
