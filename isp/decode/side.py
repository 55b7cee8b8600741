"""What the .xmp beside a file changes of its frame."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from ...pipeline.frame import Frame, Space
from ..metadata.xmp import SideData, read_side_data

RATING = "Rating"
"""Exif tag 18246, which many programs read; it has no way to say rejected."""


def with_side_data(frame: Frame) -> Frame:
    """Return a decoded frame with what the .xmp files beside its source say, which comes before what the file says."""
    raw = frame.space is not Space.DISPLAY_RGB
    return apply_side_data(frame, read_side_data(frame.source, raw=raw))


def apply_side_data(frame: Frame, side: SideData) -> Frame:
    """Return the frame with rating, label, orientation and white balance; a finished picture has no white balance."""
    tags = dict(frame.metadata.tags)
    if side.rating is not None:
        tags.pop(RATING, None)
        tags |= {RATING: side.rating} if side.rating >= 0 else {}
    metadata = replace(
        frame.metadata,
        rating=side.rating,
        label=side.label,
        tags=MappingProxyType(tags),
        orientation=side.orientation or frame.metadata.orientation,
    )
    camera = frame.camera
    if frame.space is not Space.DISPLAY_RGB:
        camera = replace(camera, side_balance=side.balance, side_temperature=side.temperature)
    return replace(frame, metadata=metadata, camera=camera).note(*_notes(frame, side))


def _notes(frame: Frame, side: SideData) -> tuple[str, ...]:
    own = frame.metadata.orientation
    if side.orientation in (None, own):
        return side.notes
    return (*side.notes, f"orientation {side.orientation} of the .xmp is used; the file itself says {own}")
