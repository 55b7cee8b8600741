"""Reading RAW files with LibRaw (rawpy): the visible area as the sensor gave it, and the camera facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import rawpy
import torch
from torch import Tensor

from ...pipeline.errors import FrameError
from ...pipeline.frame import Camera, Space
from ..cfa import LETTERS, describe_pattern
from ..dng.tags import DngFacts
from ..linearize.stage import subtract_black
from ..metadata.ifd import Directory
from ..metadata.read import TagValue
from .black_pattern import probe_black
from .camera import read_camera
from .counts import black_of, level_range, per_cell, visible_samples, white_of
from .four_picture import read_four_colours
from .pattern import check_colours, check_pattern, read_cells
from .refused import libraw_version, why_unread

# LibRaw `sizes.flip` (bit 0 mirrors columns, bit 1 rows, bit 2 swaps the axes) to EXIF orientation.
EXIF_ORIENTATION = {0: 1, 1: 2, 3: 3, 2: 4, 4: 5, 6: 6, 7: 7, 5: 8}
MONOCHROME = ((1,),)
FOUR = 4
SMALL = 2
"""Rows and columns of a pattern whose black levels LibRaw tells."""
TABLE = "its LinearizationTable is applied"


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


def read_raw(source: Path, dng: DngFacts | None = None, main: Directory | None = None) -> RawPicture:
    """Read the visible area of a RAW file.

    Parameters
    ----------
    source : path
        Opened for reading only.
    dng : DngFacts
        The file's own tags if it is a DNG: they come before LibRaw's tables.
    main : directory
        Its first directory, which says what `dng` does not: the matrices of four colours.

    Returns
    -------
    RawPicture
        CFA counts, with the pattern starting at the first visible sample; files with three colours at every
        pixel (linear DNG, Foveon, sRAW) as CAMERA_RGB, black and white applied; mosaics of four colours
        interpolated and mixed to three, likewise as CAMERA_RGB.

    Raises
    ------
    FrameError
        If LibRaw cannot read it, its colours cannot be brought to red, green and blue, or every sample is 0.
    """
    with open_libraw(source) as raw:
        samples = visible_samples(source, raw, dng)
        if not samples.any():
            raise FrameError(f"{source}: holds no picture: every sample is 0; copy it again from the card")
        mosaic = raw.num_colors == 1 or (raw.raw_type is rawpy.RawType.Flat and raw.num_colors < FOUR)
        if raw.num_colors == FOUR:
            pixels, camera, notes = read_four_colours(source, raw, samples, dng, main or {})
        else:
            read = _mosaic if mosaic else _three_colours
            pixels, camera, notes = read(source, raw, samples, _colours(raw, source), dng)
        return RawPicture(
            pixels=pixels,
            space=Space.CFA if mosaic else Space.CAMERA_RGB,
            camera=camera,
            orientation=EXIF_ORIENTATION.get(raw.sizes.flip, 1),
            tags=libraw_tags(raw),
            notes=(*notes, *_aspect(raw), *_said(dng), *_preview(raw)),
        )


@contextmanager
def open_libraw(source: Path) -> Iterator[rawpy.RawPy]:
    """Open a RAW file; `FrameError` for what LibRaw cannot read, then or later."""
    try:
        with rawpy.imread(str(source)) as raw:
            yield raw
    except rawpy.LibRawFileUnsupportedError as error:
        raise FrameError(_unsupported(source)) from error
    except rawpy.LibRawError as error:
        raise FrameError(
            why_unread(source)
            or f"{source}: truncated or damaged: LibRaw stopped with {libraw_words(error)!r}; "
            "copy it again from the card"
        ) from error


def _unsupported(source: Path) -> str:
    return why_unread(source) or (
        f"{source}: not a picture that can be read: neither TIFF, PNG or JPEG nor a RAW format that "
        f"LibRaw {libraw_version()} knows; copy it again from the card if it is damaged, or convert it to DNG if "
        "it is a RAW file of another kind"
    )


def raw_orientation(source: Path) -> int:
    """Return the EXIF orientation that LibRaw finds in a RAW file; `FrameError` if it cannot be opened."""
    with open_libraw(source) as raw:
        return EXIF_ORIENTATION.get(raw.sizes.flip, 1)


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
    if dng is not None:
        check_colours(source, dng.levels)
    plane = samples[..., 0] if samples.ndim == 3 else samples
    cells = ((0,),) if raw.num_colors == 1 else read_cells(source, raw)
    cfa = MONOCHROME if raw.num_colors == 1 else tuple(tuple(colours[c] for c in row) for row in cells)
    check_pattern(source, raw, dng, cfa)
    counts = torch.from_numpy(np.ascontiguousarray(plane))[None]
    white, level_notes = white_of(raw, dng)
    counts, black, offset_notes = black_of(source, raw, dng, 0, counts, white[0])
    found = per_cell(raw.black_level_per_channel, cells) if black is None else black
    if dng is None and len(cells) > SMALL:
        found = probe_black(raw) or found
    camera, notes = read_camera(raw, dng, cfa)
    camera = replace(camera, cfa=cfa, black=found, white=per_cell(white, cells))
    if raw.num_colors == 1:
        notes = ()
    size = f"{plane.shape[1]}x{plane.shape[0]}"
    words = f"{describe_pattern(cfa)}, {size}, black {level_range(found)}, white {level_range(camera.white)}"
    return counts, camera, (words, *level_notes, *offset_notes, *notes)


def _three_colours(
    source: Path, raw: rawpy.RawPy, samples: np.ndarray, colours: Sequence[int], dng: DngFacts | None
) -> tuple[Tensor, Camera, tuple[str, ...]]:
    if sorted(colours[:3]) != [0, 1, 2]:
        raise FrameError(f"{source}: its planes are {raw.color_desc!r}; only R, G, B planes are supported")
    counts = torch.from_numpy(np.ascontiguousarray(samples.transpose(2, 0, 1)))
    white, white_note = white_of(raw, dng)
    if dng is not None and len(dng.levels.white) == 3 and max(dng.levels.white) == raw.white_level:
        white = list(dng.levels.white)
    planes, levels = [], []
    said: list[str] = []
    for i in (colours.index(colour) for colour in range(3)):
        plane, black, said = black_of(source, raw, dng, i, counts[i : i + 1], white[i])
        levels.append(((float(raw.black_level_per_channel[i]),),) if black is None else black)
        try:
            planes.append(subtract_black(plane, levels[-1], [[white[i]]]))
        except ValueError as error:
            raise FrameError(f"{source}: {error}; the file's levels cannot be used") from error
    camera, notes = read_camera(raw, dng)
    found = f"black {level_range([row for rows in levels for row in rows])}, white {level_range([white[:3]])}"
    words = f"three colours at every pixel, {counts.shape[2]}x{counts.shape[1]}, {found} applied"
    return torch.cat(planes), camera, (words, *white_note, *said, *notes)


def libraw_tags(raw: rawpy.RawPy) -> dict[str, TagValue]:
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


def _said(dng: DngFacts | None) -> Iterator[str]:
    if dng is not None and dng.levels.table:
        yield TABLE
    if dng is not None and dng.levels.opcodes:
        yield f"the DNG asks for corrections ({', '.join(dng.levels.opcodes)}); they are not applied"


def _preview(raw: rawpy.RawPy) -> tuple[str, ...]:
    """What finished picture the file holds besides; looking for one never fails the frame."""
    try:
        thumb = raw.extract_thumb()
    except (rawpy.LibRawError, NotImplementedError):
        return ()
    if isinstance(thumb.data, bytes):
        return (f"embedded preview: {thumb.format.name}, {len(thumb.data) / 1000:.0f} kB",)
    return (f"embedded preview: bitmap, {thumb.data.shape[1]}x{thumb.data.shape[0]}",)
