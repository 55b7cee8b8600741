"""The first stage: a file becomes a frame. Which reader a file needs is told from its first bytes."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from ...pipeline.errors import FrameError
from ...pipeline.frame import Camera, Frame, Metadata, Space
from ..colour.profile import read_profile
from ..dng.tags import DngFacts, read_dng_facts
from ..metadata.containers import JPEG_MAGIC, PNG_MAGIC
from ..metadata.read import SourceTags, read_metadata
from ..parameters import Decode
from .as_shot import share_as_shot
from .crop import crop_to_maker
from .picture import is_display_tiff, read_picture
from .preview import CURVE, PRIMARIES, read_embedded
from .raw import raw_orientation, read_raw
from .side import with_side_data

HEAD = 512
"""Bytes that tell what a file is. The RAW formats that begin with words (Fujifilm's) have zeros in them."""
BIG_TIFF = (b"II+\0", b"MM\0+")
COLOURS = 3
TEXT_BYTES = frozenset(b"\t\n\r\f" + bytes(range(0x20, 0x7F)))


class DecodeStage:
    """Read `frame.source`: pixels, space, camera facts and metadata. The pixels are not rotated."""

    def __init__(self, parameters: Decode, device: str) -> None:
        self.parameters, self.device = parameters, device

    def __call__(self, frame: Frame) -> Frame:
        """Return the decoded frame; `FrameError` if the file cannot be read."""
        source = frame.source
        try:
            head = _first_bytes(source)
            facts = read_metadata(source)
            if head.startswith((JPEG_MAGIC, PNG_MAGIC)) or is_display_tiff(source, facts.tiff):
                frame = _decode_picture(frame, facts)
            elif self.parameters.picture == "embedded":
                frame = _decode_embedded(frame, facts)
            else:
                frame = _decode_raw(frame, facts)
            if self.parameters.crop == "maker":
                frame = crop_to_maker(frame)
            if self.parameters.sidecar == "read":
                frame = with_side_data(frame)
            frame = share_as_shot(frame)
        except OSError as error:
            raise FrameError(f"{source}: cannot be opened: {_reason(error)}") from error
        return replace(frame, pixels=frame.image().to(self.device)).note(facts.note)


def _first_bytes(source: Path) -> bytes:
    mode = source.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise FrameError(f"{source}: is a pipe, socket or device, which may never end; give a picture file")
    with source.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise FrameError(f"{source}: is empty (0 bytes); copy it again from the card")
    if _is_text(head):
        raise FrameError(f"{source}: holds text, not a picture; copy it again from the card")
    if head.startswith(BIG_TIFF):
        raise FrameError(f"{source}: is a BigTIFF; save it as an ordinary TIFF")
    return head


def _is_text(head: bytes) -> bool:
    """Tell whether the bytes are nothing but words; every picture format has others near its beginning."""
    return all(byte in TEXT_BYTES for byte in head)


def _reason(error: OSError) -> str:
    if isinstance(error, IsADirectoryError):
        return "it is a folder; give a picture file"
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    return (error.strerror or type(error).__name__).lower()


def _decode_raw(frame: Frame, facts: SourceTags) -> Frame:
    dng = read_dng_facts(facts.tiff) if facts.tiff is not None else None
    picture = read_raw(frame.source, dng, facts.tiff.main if facts.tiff is not None else None)
    tags = {**picture.tags, **facts.tags} if facts.tiff is None else facts.tags
    if len(tags) > len(facts.tags):
        missing = ", ".join(name for name in tags if name not in facts.tags)
        frame = frame.note(f"metadata: LibRaw gives {missing}")
    metadata = Metadata(orientation=picture.orientation, tags=MappingProxyType(dict(tags)))
    height, width = picture.pixels.shape[-2:]
    camera = replace(_named(frame.source, picture.camera, facts, dng), size=(height, width))
    frame = replace(frame, pixels=picture.pixels, space=picture.space, camera=camera, metadata=metadata)
    return frame.note(*picture.notes)


def _named(source: Path, camera: Camera, facts: SourceTags, dng: DngFacts | None) -> Camera:
    make, model = (str(facts.tags.get(name, "")) for name in ("Make", "Model"))
    model = model or (dng.model if dng is not None else "")
    profile = read_profile(source) if dng is not None else None
    if profile is not None and dng is not None and len(dng.levels.planes) > COLOURS:
        profile = replace(
            profile, calibration=(), forward=()
        )  # in four colours; the matrices have the calibration
    return replace(camera, make=make, model=model, profile=profile)


def _decode_picture(frame: Frame, facts: SourceTags) -> Frame:
    picture = read_picture(frame.source, adobe_rgb=facts.adobe_rgb)
    metadata = Metadata(
        orientation=facts.orientation, tags=MappingProxyType(dict(facts.tags)), icc=picture.icc
    )
    frame = replace(
        frame,
        pixels=picture.pixels,
        space=Space.DISPLAY_RGB,
        primaries=picture.primaries,
        curve=picture.curve,
        metadata=metadata,
        camera=Camera(make=str(facts.tags.get("Make", "")), model=str(facts.tags.get("Model", ""))),
    )
    return frame.note(*picture.notes)


def _decode_embedded(frame: Frame, facts: SourceTags) -> Frame:
    preview = read_embedded(frame.source, "use picture: raw")
    metadata = Metadata(
        orientation=preview.orientation or raw_orientation(frame.source),
        tags=MappingProxyType(dict(facts.tags)),
    )
    frame = replace(
        frame,
        pixels=preview.pixels,
        space=Space.DISPLAY_RGB,
        primaries=PRIMARIES,
        curve=CURVE,
        metadata=metadata,
        camera=Camera(make=str(facts.tags.get("Make", "")), model=str(facts.tags.get("Model", ""))),
    )
    size = f"{preview.pixels.shape[2]}x{preview.pixels.shape[1]}"
    return frame.note(f"{preview.name}, {size}, {PRIMARIES} {CURVE}", *preview.notes)
