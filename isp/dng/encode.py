"""A linear frame as a DNG: what is written of its source, its camera and its colour.

The pixels stay as the sensor lies; the orientation is a tag. A DNG's own tags are kept byte for byte; for other files
they are made from what LibRaw knows of the camera.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
from torch import Tensor

from ... import __version__
from ...pipeline.frame import Camera, Frame, Matrix3, Space, Triple
from ..cfa import is_monochrome
from ..colour.colorimetry import rgb_to_xyz
from ..colour.white_balance import white_balance
from ..metadata.embed import Attached, packet_entries
from ..metadata.ifd_write import BYTE, RATIONAL, SRATIONAL, Entry, ascii_text, integers, rationals
from .container import (
    AS_SHOT_NEUTRAL,
    BASELINE_EXPOSURE,
    D65,
    DNG_BACKWARD,
    DNG_VERSION,
    READABLE_SINCE,
    UNIQUE_MODEL,
    VERSION,
    colour_entries,
    dng_parts,
)
from .counts import Counted, count_colours, count_mosaic
from .preview import fitting_crop, preview_picture
from .raw import Compression, Picture, raw_picture
from .source import COLOUR, GEOMETRY, SAMPLING, SMALLEST_SIDE, SourceDng, read_source_dng
from .tags import AS_SHOT_WHITE_XY

ORIGINAL_NAME, CROP_ORIGIN, CROP_SIZE = 50827, 50719, 50720
PREVIEW_PROGRAM, PREVIEW_PROGRAM_VERSION = 50966, 50967
D50 = 23
"""Exif 2.32, LightSource."""
ILLUMINANTS = {"ProPhoto": D50}
"""Lights of working spaces whose white is not D65."""


class Encoded(NamedTuple):
    """A DNG before it is written."""

    parts: list[bytes]
    """Follow one another in the file."""
    words: tuple[str, ...]
    """What was written, for the trail."""


def encode_dng(
    frame: Frame, light: Tensor, attached: Attached, *, compression: Compression, quality: int
) -> Encoded:
    """Make a DNG of a frame.

    Parameters
    ----------
    frame : Frame
        CFA_LINEAR, CAMERA_RGB or LINEAR_RGB. Its source is opened again for the tags of a DNG.
    light : (1, H, W) or (3, H, W) float32
        Its pixels or a layer: a mosaic becomes a CFA DNG, three colours a linear DNG.
    attached : Attached
        EXIF, XMP and IPTC; a DNG has no profile of that kind.
    compression : str
        `lossless` or `none`, of the raw picture.
    quality : int
        JPEG quality of the preview.

    Raises
    ------
    ValueError
        If a value is not finite, or the mosaic is not one that a DNG can hold.
    """
    source = read_source_dng(frame.source)
    counted = _counted(frame, light)
    picture = raw_picture(counted.raw, compression)
    colour, remarks = _colour(frame, light, source, counted.stops)
    geometry, kept = _geometry(frame, light, source)
    raw = Picture(entries=(*picture.entries, *geometry), pieces=picture.pieces, tiled=picture.tiled)
    main = [*_names(frame, source), *_versions(source), *colour, *packet_entries(attached)]
    parts = dng_parts(main, attached.exif, raw, preview_picture(frame, light, quality))
    return Encoded(parts, (_words(counted, picture), *remarks, *kept))


def _counted(frame: Frame, light: Tensor) -> Counted:
    if light.shape[0] == 1:
        return count_mosaic(light, frame.camera)
    return count_colours(light, bounded=frame.space is not Space.LINEAR_RGB)


def _names(frame: Frame, source: SourceDng | None) -> list[Entry]:
    kept = [entry for tag, entry in source.main.items() if tag not in COLOUR] if source is not None else []
    camera = frame.camera
    model = f"{camera.make} {camera.model}".strip() or "unknown"
    if camera.model.startswith(camera.make):
        model = camera.model or "unknown"
    if frame.space is Space.LINEAR_RGB:
        # Developers look their own colour matrices up by this name; these pixels are no longer the camera's.
        model = f"unveil, linear {frame.primaries}"
        kept = [entry for entry in kept if entry.code != UNIQUE_MODEL]
    names = [
        ascii_text(UNIQUE_MODEL, model),
        ascii_text(ORIGINAL_NAME, frame.source.name),
        ascii_text(PREVIEW_PROGRAM, "unveil"),
        ascii_text(PREVIEW_PROGRAM_VERSION, __version__),
    ]
    return [*names, *kept]


def _versions(source: SourceDng | None) -> list[Entry]:
    """Of the specification: ours, or the source's where its tags need a later one."""
    found = []
    for tag, own in ((DNG_VERSION, VERSION), (DNG_BACKWARD, READABLE_SINCE)):
        theirs = source.main.get(tag) if source is not None else None
        version = max(own, tuple(theirs.payload)) if theirs is not None and theirs.count == 4 else own
        found.append(integers(tag, BYTE, *version))
    return found


def _colour(
    frame: Frame, light: Tensor, source: SourceDng | None, stops: int
) -> tuple[list[Entry], list[str]]:
    camera = frame.camera
    if frame.space is Space.LINEAR_RGB:
        exposure = camera.baseline_exposure + stops
        matrix = np.linalg.inv(rgb_to_xyz(frame.primaries))
        entries = colour_entries(_rows(matrix), (1.0, 1.0, 1.0), ILLUMINANTS.get(frame.primaries, D65))
        words = f"colour: linear {frame.primaries}, white balanced"
        return [*entries, rationals(BASELINE_EXPOSURE, SRATIONAL, exposure)], [words]
    exposure_entry = rationals(BASELINE_EXPOSURE, SRATIONAL, camera.baseline_exposure)
    if light.shape[0] == 1 and camera.cfa is not None and is_monochrome(camera.cfa):
        return [exposure_entry], []
    if source is not None and camera.matrix_source == "dng":
        neutral, remark = _neutral(camera)
        left = (AS_SHOT_NEUTRAL, AS_SHOT_WHITE_XY) if camera.shared_balance else ()
        kept = {tag: entry for tag, entry in source.main.items() if tag in COLOUR and tag not in left}
        missing = [] if AS_SHOT_NEUTRAL in kept else [rationals(AS_SHOT_NEUTRAL, RATIONAL, *neutral)]
        words = "colour: as the source's own tags say"
        words += ", with the neutral of the group's leader" if left else ""
        return [*kept.values(), *missing], [words, *([remark] if missing and remark else [])]
    return _from_camera(camera, exposure_entry)


def _from_camera(camera: Camera, exposure: Entry) -> tuple[list[Entry], list[str]]:
    neutral, remark = _neutral(camera)
    remarks = [remark] if remark else []
    if camera.xyz_to_camera:
        matrix = camera.xyz_to_camera[-1][1]
        remarks.insert(0, f"colour: the matrix that {camera.matrix_source} has for this camera")
    else:
        matrix = _rows(np.diag(neutral) @ np.linalg.inv(rgb_to_xyz("sRGB")))
        remarks.insert(0, "colour: no matrix is known for this camera, its RGB is taken as linear sRGB")
    return [*colour_entries(matrix, neutral), exposure], remarks


def _neutral(camera: Camera) -> tuple[Triple, str | None]:
    multipliers, remark = white_balance(camera)
    green = multipliers[1]
    return cast(Triple, tuple(green / value for value in multipliers)), remark


def _rows(matrix: np.ndarray) -> Matrix3:
    return cast(Matrix3, tuple(tuple(float(value) for value in row) for row in matrix))


def _geometry(frame: Frame, light: Tensor, source: SourceDng | None) -> tuple[list[Entry], list[str]]:
    """Crop and corrections of the lens, as far as they suit the pixels still."""
    if source is None:
        return _crop(frame, light), []
    same_size = source.size == tuple(light.shape[1:])
    same_samples = same_size and source.mosaic == (light.shape[0] == 1)
    wanted = (GEOMETRY if same_size else frozenset()) | (SAMPLING if same_samples else frozenset())
    kept = [entry for tag, entry in source.raw.items() if tag in wanted]
    lost = sorted(set(source.raw) - wanted)
    if not lost:
        return kept, []
    return kept, [f"the source's tags {', '.join(map(str, lost))} do not suit these pixels and are left out"]


def _crop(frame: Frame, light: Tensor) -> list[Entry]:
    crop = fitting_crop(frame, light)
    if crop is None:
        return []
    top, left, height, width = crop
    return [rationals(CROP_ORIGIN, RATIONAL, left, top), rationals(CROP_SIZE, RATIONAL, width, height)]


def _words(counted: Counted, picture: Picture) -> str:
    height, width = counted.raw.samples.shape[:2]
    kind = "mosaic" if counted.raw.cfa is not None else "linear picture"
    packed = "lossless JPEG" if picture.tiled else "not compressed"
    words = f"DNG, {width}x{height} {kind}, {packed}"
    if counted.stops:
        words += f", {counted.stops} EV darker to hold its brightest parts (BaselineExposure says so)"
    clipped = [(counted.below, "below 0"), (counted.above, "above 65535")]
    told = [f"{share:.2%} of the samples {where}" for share, where in clipped if share]
    words += f", clipped: {' and '.join(told)}" if told else ", nothing clipped"
    if min(height, width) < SMALLEST_SIDE:
        words += f"; LibRaw reads no DNG with a side below {SMALLEST_SIDE}"
    if counted.beyond:
        words += f"; {counted.beyond:.2%} of the samples are above the white level"
    return words
