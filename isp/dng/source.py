"""Tags of a DNG that a DNG made from it keeps, byte for byte.

What developers know of a camera stands there: colour, profile, lens shading, crop. Left out is what is no longer true
(digests and identity of the raw data, previews) or has been applied in reading (linearisation, the levels).

Reference: DNG specification 1.7, chapters 4 and 6.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..metadata.ifd_write import RATIONAL, SRATIONAL, Entry

ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
# TIFF 6.0 section 2: type number to bytes of a value, and to bytes of the unit whose order the file decides.
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
UNITS = {**SIZES, 5: 4, 10: 4}
SMALLEST_SIDE = 22
"""Pixels: LibRaw 0.22 takes no DNG with a shorter side for a RAW file (tried with sides from 8 on)."""
LONGEST = 1 << 24
"""Bytes of a value that is kept; profile tables and gain maps are shorter."""
SUB_IFDS, PHOTOMETRIC, COMPRESSION, WIDTH, LENGTH, ACTIVE_AREA = 330, 262, 259, 256, 257, 50829
MOSAIC, LINEAR_RAW, LOSSY_JPEG = 32803, 34892, 34892
DNG_VERSION, DNG_BACKWARD = 50706, 50707

VERSIONS = {DNG_VERSION, DNG_BACKWARD}
NAMES = {50708, 50709, 50735, 50736, 50827, 51105}
"""Camera and lens: UniqueCameraModel, LocalizedCameraModel, CameraSerialNumber, LensInfo,
OriginalRawFileName, CameraLabel."""
CINEMA = {51043, 51044, 51058, 51081}
"""TimeCodes, FrameRate, TStop, ReelName."""
MATRICES = {
    50721,
    50722,
    52531,
    50723,
    50724,
    52530,
    50725,
    50726,
    52538,
    50778,
    50779,
    52529,
    52533,
    52534,
    52535,
}
"""ColorMatrix, CameraCalibration, ReductionMatrix, CalibrationIlluminant and IlluminantData 1 to 3."""
RENDERING = {50727, 50728, 50729, 50730, 50731, 50732, 50734, 50739, 50879, 51109, 51110}
"""AnalogBalance, AsShotNeutral, AsShotWhiteXY, BaselineExposure, BaselineNoise, BaselineSharpness,
LinearResponseLimit, ShadowScale, ColorimetricReference, BaselineExposureOffset, DefaultBlackRender."""
PROFILE = {50931, 50932, 50934, *range(50936, 50943), 50964, 50965, 52532, 50981, 50982, 51107, 51108, 52537}
"""Signatures, AsShotProfileName, and the embedded profile with its ForwardMatrix 1 to 3 and tables."""
COLOUR = frozenset(MATRICES | RENDERING | PROFILE)
MAIN = frozenset(NAMES | CINEMA | COLOUR | VERSIONS)
NOISE_PROFILE, OPCODES_1, OPCODES_2, OPCODES_3 = 51041, 51008, 51009, 51022
GEOMETRY = frozenset({50718, 50719, 50720, 50780, 51125, OPCODES_3})
"""DefaultScale, DefaultCropOrigin, DefaultCropSize, BestQualityScale, DefaultUserCrop, OpcodeList3: right as long as
the picture keeps its size."""
SAMPLING = frozenset({50733, 50737, 50738, 50935, NOISE_PROFILE, OPCODES_1, OPCODES_2})
"""BayerGreenSplit, ChromaBlurRadius, AntiAliasStrength, NoiseReductionApplied, NoiseProfile, OpcodeList1 and 2: right
as long as a mosaic stays a mosaic, and three colours stay three colours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDng:
    """The tags of a DNG that can be kept, by number."""

    main: Mapping[int, Entry]
    raw: Mapping[int, Entry]
    mosaic: bool
    size: tuple[int, int]
    """Height and width of the active area."""


def read_source_dng(source: Path) -> SourceDng | None:
    """Read the tags of a DNG; None for another file, or one that can no longer be read."""
    try:
        with source.open("rb") as file:
            return _read(file)
    except (OSError, struct.error):
        return None


def _read(file: BinaryIO) -> SourceDng | None:
    head = file.read(8)
    order = ORDERS.get(head[:4])
    if order is None or len(head) < 8:
        return None
    main = dict(_entries(file, order, struct.unpack(order + "I", head[4:])[0]))
    if DNG_VERSION not in main:
        return None
    subs = [dict(_entries(file, order, offset)) for offset in _numbers(main.get(SUB_IFDS))]
    raws = [tags for tags in (main, *subs) if _first(tags, PHOTOMETRIC) in (MOSAIC, LINEAR_RAW)]
    raw = raws[0] if raws else main
    area = _numbers(raw.get(ACTIVE_AREA))
    size = (
        (area[2] - area[0], area[3] - area[1])
        if len(area) == 4
        else (_first(raw, LENGTH), _first(raw, WIDTH))
    )
    sampling = {
        tag: entry for tag, entry in {**_only(main, {NOISE_PROFILE}), **raw}.items() if tag in SAMPLING
    }
    if _first(raw, COMPRESSION) == LOSSY_JPEG:
        # LibRaw applies it in reading such files: it takes their 8-bit values to linear light.
        sampling.pop(OPCODES_2, None)
    return SourceDng(
        main={tag: entry for tag, entry in main.items() if tag in MAIN},
        raw={**_only(raw, GEOMETRY), **sampling},
        mosaic=_first(raw, PHOTOMETRIC) == MOSAIC,
        size=size,
    )


def _only(tags: Mapping[int, Entry], wanted: frozenset[int] | set[int]) -> dict[int, Entry]:
    return {tag: entry for tag, entry in tags.items() if tag in wanted}


def _entries(file: BinaryIO, order: str, at: int) -> Iterator[tuple[int, Entry]]:
    end = file.seek(0, os.SEEK_END)
    file.seek(at)
    (count,) = struct.unpack(order + "H", file.read(2))
    table = file.read(12 * count)
    for start in range(0, len(table) - 11, 12):
        tag, kind, number = struct.unpack(order + "HHI", table[start : start + 8])
        size = SIZES.get(kind, 0) * number
        if not 0 < size <= LONGEST:
            continue
        data = table[start + 8 : start + 8 + min(size, 4)]
        if size > 4:
            (place,) = struct.unpack(order + "I", table[start + 8 : start + 12])
            if place + size > end:
                continue
            file.seek(place)
            data = file.read(size)
        entry = Entry(tag, kind, number, _little(data, UNITS[kind], order))
        if not _undefined(entry):
            yield tag, entry


def _little(data: bytes, unit: int, order: str) -> bytes:
    if unit == 1 or order == "<":
        return data
    return np.frombuffer(data, dtype=f">u{unit}").astype(f"<u{unit}").tobytes()


def _undefined(entry: Entry) -> bool:
    """A fraction with denominator 0 says nothing."""
    if entry.type not in (RATIONAL, SRATIONAL):
        return False
    return not np.frombuffer(entry.payload, dtype="<i4")[1::2].all()


def _numbers(entry: Entry | None) -> list[int]:
    codes = {1: "B", 3: "H", 4: "I", 13: "I"}
    if entry is None or entry.type not in codes:
        return []
    return list(struct.unpack(f"<{entry.count}{codes[entry.type]}", entry.payload))


def _first(tags: Mapping[int, Entry], tag: int) -> int:
    return next(iter(_numbers(tags.get(tag))), 0)
