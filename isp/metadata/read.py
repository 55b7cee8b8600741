"""EXIF and GPS tags: their names, their form, and how they are read.

`Metadata.tags` maps names to plain values, in the same form whichever reader found them:

- Names are those of the table `isp.exif_tags.TAGS`: exiftool's names, which are those of Exif 2.32 but for
  `ISO`, `ModifyDate`, `CreateDate`, `ExposureCompensation`, `FocalLengthIn35mmFormat`, `SerialNumber` and
  `OwnerName`.
- A value is `str`, `int` or `float`, as `TAGS` says; nothing else. Exposure times are seconds, focal lengths
  and distances metres or millimetres as in Exif, codes (Flash, MeteringMode, ...) are Exif's integers.
- Dates are Exif's own `YYYY:MM:DD HH:MM:SS`.
- `GPSLatitude` and `GPSLongitude` are unsigned decimal degrees beside their `Ref`; `GPSTimeStamp` is
  `HH:MM:SS` (UTC, with decimals where the file has them); `GPSAltitudeRef` is 0 above and 1 below sea level.
- A tag that is empty, not a number, or 0 where 0 means unknown (exposure time, f-number, ISO, focal length)
  is left out. Orientation is not a tag here: it is `Metadata.orientation`.

Reference: CIPA DC-008-2019 (Exif 2.32).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from .canon import CR3_MAGIC, CR3_MAGIC_AT, CRW_MAGIC, CRW_MAGIC_AT, cr3_tags, crw_make_model
from .containers import JPEG_MAGIC, PNG_MAGIC, jpeg_exif, png_chunk
from .exif_tags import TAGS, ExifTag, TagValue, clean_tag
from .exiftool import exiftool_version, read_with_exiftool
from .ifd import Directory, TagValues, TiffTags, read_tiff_tags, text
from .packets import read_packets
from .xmp_exif import xmp_tags

__all__ = ["TAGS", "ExifTag", "SourceTags", "TagValue", "read_metadata"]

ORIENTATION = 274
UNIQUE_CAMERA_MODEL = 50708  # what a DNG has where it has no Model
INTEROP_INDEX, ADOBE_RGB = 1, "R03"  # DCF 2.0: R98 is sRGB, R03 Adobe RGB
# Fujifilm RAF: a whole JPEG with Exif inside; its offset is a big-endian number at byte 84.
FUJI_MAGIC, FUJI_JPEG_AT = b"FUJIFILMCCD-RAW ", 84


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTags:
    """What was read from a file's metadata."""

    tags: Mapping[str, TagValue]
    """In the form above."""
    tiff: TiffTags | None
    """The raw directories, where the file has them: for DNG facts."""
    orientation: int
    """EXIF orientation, 1 where the file gives none."""
    adobe_rgb: bool
    """The Exif part says that the pixels are in Adobe RGB (interoperability index R03)."""
    note: str
    """Which reader was used."""


def read_metadata(source: Path) -> SourceTags:
    """Read the tags of a file with the `exiftool` program where it is installed, else with our own reader.

    Our own reader knows TIFF-like files (TIFF, DNG, NEF, CR2, ARW, KDC, ...), JPEG, PNG, RAF and CR3, and
    make and model of CRW; for others the tags are empty. What the file has in its XMP packet only is taken from
    there. `OSError` if the file cannot be opened.
    """
    with source.open("rb") as file:
        tiff = find_tiff_tags(file)
        named = _crw_names(file)
        from_xmp = xmp_tags(read_packets(file).xmp)
    orientation = tiff.main.get(ORIENTATION, (1,))[0] if tiff is not None else 1
    tags = read_with_exiftool(source)
    note = f"metadata: read by exiftool {exiftool_version()}"
    if tags is None:
        tags = own_tags(tiff) if tiff is not None else named
        reason = "failed on it" if exiftool_version() else "is not installed"
        note = f"metadata: read by unveil itself; exiftool {reason}"
    only = [name for name in from_xmp if name not in tags]
    if only:
        note = f"{note}; {', '.join(only)} from its XMP"
    return SourceTags(
        tags={**from_xmp, **tags},
        tiff=tiff,
        orientation=int(orientation) if orientation in range(1, 9) else 1,
        adobe_rgb=tiff is not None and text(tiff.interop, INTEROP_INDEX) == ADOBE_RGB,
        note=note,
    )


def read_own(source: Path) -> dict[str, TagValue]:
    """Read the tags of a file with our own reader alone, which is much quicker; `OSError` as above."""
    with source.open("rb") as file:
        tiff = find_tiff_tags(file)
        tags = own_tags(tiff) if tiff is not None else _crw_names(file)
        dng = {"Model": model} if tiff is not None and (model := text(tiff.main, UNIQUE_CAMERA_MODEL)) else {}
        return {**dng, **xmp_tags(read_packets(file).xmp), **tags}


def find_tiff_tags(file: BinaryIO) -> TiffTags | None:
    """Find the TIFF structure of a file, wherever its format keeps it; None if there is none."""
    head = file.read(FUJI_JPEG_AT + 4)
    if head.startswith(JPEG_MAGIC):
        return _from_blob(jpeg_exif(file))
    if head.startswith(PNG_MAGIC):
        return _from_blob(png_chunk(file, b"eXIf"))
    if head.startswith(FUJI_MAGIC):
        return _from_blob(jpeg_exif(file, int.from_bytes(head[FUJI_JPEG_AT:], "big")))
    if head.startswith(CR3_MAGIC, CR3_MAGIC_AT):
        return cr3_tags(file)
    return read_tiff_tags(file)


def own_tags(tiff: TiffTags) -> dict[str, TagValue]:
    """Return the tags of TIFF directories in the form above, without exiftool.

    Exif tags that stand in the main directory, as in old RAW files, count as well.
    """
    found: dict[str, TagValue] = {}
    for name, tag in TAGS.items():
        places = (tiff.gps,) if tag.directory == "GPS" else (tiff.exif, tiff.main)
        values = [value for place in places if (value := _value(place, tag)) is not None]
        cleaned = [value for found_value in values if (value := clean_tag(name, found_value)) is not None]
        if cleaned:
            found[name] = cleaned[0]
    return found


def _value(directory: Directory, tag: ExifTag) -> TagValue | None:
    values: TagValues = directory.get(tag.code, ())
    if not values:
        return None
    if tag.kind == "text":
        return text(directory, tag.code)
    if any(isinstance(value, bytes) for value in values):
        return None
    numbers = [float(value) for value in values]
    if tag.kind == "degrees":
        return float(sum(number / 60.0**place for place, number in enumerate(numbers[:3])))
    if tag.kind == "time":
        return ":".join(f"{number:02.0f}" if number % 1 == 0 else f"{number:05.2f}" for number in numbers[:3])
    return numbers[0]


def _crw_names(file: BinaryIO) -> dict[str, TagValue]:
    file.seek(0)
    if not file.read(CRW_MAGIC_AT + len(CRW_MAGIC)).startswith(CRW_MAGIC, CRW_MAGIC_AT):
        return {}
    make, model = crw_make_model(file)
    return {name: value for name, value in (("Make", make), ("Model", model)) if value}


def _from_blob(blob: bytes | None) -> TiffTags | None:
    return read_tiff_tags(BytesIO(blob)) if blob else None
