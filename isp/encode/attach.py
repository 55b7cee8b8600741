"""What a frame's files carry beside their pixels: tags, packets, and the history of how they came about."""

from __future__ import annotations

from ... import __version__
from ...pipeline.frame import Frame, Space
from ..metadata.carry import Carried
from ..metadata.embed import LONGEST_XMP, Attached
from ..metadata.exif_write import exif_entries
from ..metadata.ifd_copy import merged
from ..metadata.packets import source_packets
from ..metadata.xmp_write import Facts, has_developing, xmp_packet

SOFTWARE = f"unveil {__version__}"
SAID = (
    "method",
    "strength",
    "algorithm",
    "white_balance",
    "working_space",
    "exposure",
    "curve",
    "output_space",
)
"""Parameters that the history tells beside the name of a stage."""


def xmp_of(frame: Frame, carried: Carried) -> bytes:
    """Return the XMP packet of a frame's finished files."""
    packet = xmp_packet(carried.packets.xmp, carried.packets.iptc, _facts(frame))
    return packet if len(packet) <= LONGEST_XMP else xmp_packet(b"", carried.packets.iptc, _facts(frame))


def _facts(frame: Frame) -> Facts:
    return Facts(
        software=SOFTWARE,
        history=history(frame),
        rating=frame.metadata.rating,
        label=frame.metadata.label,
    )


def attached(
    frame: Frame, carried: Carried, icc: bytes | None, size: tuple[int, int], srgb: bool
) -> Attached:
    """Return all that a finished picture carries; `size` is (height, width), 0 where the format says it elsewhere."""
    own = exif_entries(frame.metadata.tags, software=SOFTWARE, width=size[1], height=size[0], srgb=srgb)
    return Attached(
        exif=merged(own, carried.exif), icc=icc, xmp=xmp_of(frame, carried), iptc=carried.packets.iptc
    )


def attached_to_dng(frame: Frame, carried: Carried) -> Attached:
    """Return all that a DNG carries; settings of RAW developers stay, unless its colours are no longer the camera's."""
    own = exif_entries(frame.metadata.tags, software=SOFTWARE, orientation=frame.metadata.orientation)
    packets = source_packets(frame.source)
    iptc = packets.iptc or carried.packets.iptc
    xmp = xmp_packet(
        packets.xmp or carried.packets.xmp,
        iptc,
        _facts(frame),
        developing=frame.space is not Space.LINEAR_RGB,
    )
    return Attached(exif=merged(own, carried.exif), xmp=xmp, iptc=iptc)


def notes(frame: Frame, carried: Carried, packet: bytes) -> list[str]:
    """Return what the trail has to say of the metadata."""
    words = [carried.note]
    source = carried.packets.xmp
    if source and len(source) > LONGEST_XMP // 2 and len(packet) < len(source) // 2:
        words.append("metadata: the source's XMP is too long for a file and was left out")
    if source and has_developing(source):
        words.append("metadata: the settings of another RAW developer in the source's XMP were left out")
    return words


def history(frame: Frame) -> str:
    """Return the stages that a frame went through, with the parameters that decide how it looks."""
    told = []
    for entry in frame.trail:
        if entry.stage == "encode":
            continue
        said = [f"{name} {entry.parameters[name]}" for name in SAID if name in entry.parameters]
        told.append(f"{entry.stage} ({', '.join(said)})" if said else entry.stage)
    return ", ".join([*told, "encode"])
