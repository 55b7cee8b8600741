"""The XMP packet of a file that leaves: what the source has, less what is no longer true, and how the file came about.

Reference: XMP specification part 1 (ISO 16684-1:2019); part 2 (Adobe, 2022) for xmpMM:History.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from .iptc import iptc_properties
from .xmp_tree import (
    PREFIXES,
    RDF,
    descriptions,
    element,
    listed,
    name,
    packet_of,
    parse_packet,
)

OLD_FILE = {
    "tiff": (
        "Orientation",
        "ImageWidth",
        "ImageLength",
        "BitsPerSample",
        "Compression",
        "PhotometricInterpretation",
        "SamplesPerPixel",
        "PlanarConfiguration",
        "YCbCrSubSampling",
        "YCbCrPositioning",
        "XResolution",
        "YResolution",
        "ResolutionUnit",
        "NativeDigest",
        "Software",
    ),
    "exif": (
        "PixelXDimension",
        "PixelYDimension",
        "ColorSpace",
        "NativeDigest",
        "ComponentsConfiguration",
        "CompressedBitsPerPixel",
    ),
    "photoshop": (
        "ICCProfile",
        "ColorMode",
        "SidecarForExtension",
    ),
    "xmp": (
        "Thumbnails",
        "CreatorTool",
        "MetadataDate",
    ),
    "xmpMM": (
        "InstanceID",
        "DocumentID",
    ),
    "dc": ("format",),
}
ABOUT_THE_OLD_FILE = frozenset(
    name(f"{prefix}:{local}") for prefix, names in OLD_FILE.items() for local in names
)
"""How the old file was stored, and what it was called."""
DEVELOPING = f"{{{PREFIXES['crs']}}}"
"""Settings of a RAW developer: applied to our finished picture, they would be applied twice. A DNG of the sensor's own
colours is developed with them still."""
HISTORY = "xmpMM:History"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is said of a file in its packet besides what the source has."""

    software: str
    history: str
    """What was done, for the entry in its history."""
    rating: int | None = None
    label: str = ""


def xmp_packet(source: bytes, iptc: bytes, facts: Facts, *, developing: bool = False) -> bytes:
    """Return the packet of a file.

    Parameters
    ----------
    source : bytes
        The source's packet, as read; empty, or broken: none.
    iptc : bytes
        The source's IPTC records; what the packet does not say is said as IPTC says it.
    facts : Facts
        Rating and label replace those of the source where they are given. The history gets one entry, without a
        time, so that the same picture gives the same file.
    developing : bool
        Keep the settings of a RAW developer.
    """
    rdf = parse_packet(source) if source else None
    tree = _true_part(rdf, developing) if rdf is not None else ElementTree.Element(name("rdf:RDF"))
    own = ElementTree.SubElement(tree, name("rdf:Description"), {name("rdf:about"): ""})
    for (tag, kind), texts in iptc_properties(iptc).items():
        if not _has(tree, tag):
            own.append(listed(tag, kind, texts) if kind else element(tag, texts[0]))
    said = {"xmp:CreatorTool": facts.software, "xmp:Label": facts.label}
    if facts.rating is not None:
        said["xmp:Rating"] = str(facts.rating)
    for tag, text in said.items():
        if text:
            _remove(tree, frozenset({name(tag)}))
            own.append(element(tag, _legal(text)))
    _add_history(
        tree, own, {"action": "converted", "softwareAgent": facts.software, "parameters": facts.history}
    )
    return packet_of(tree)


def has_developing(source: bytes) -> bool:
    """Tell whether a packet holds settings of a RAW developer, which are left out."""
    rdf = parse_packet(source) if DEVELOPING[1:-1].encode() in source else None
    return rdf is not None and any(
        key.startswith(DEVELOPING)
        for one in descriptions(rdf)
        for key in (*one.attrib, *(c.tag for c in one))
    )


def _true_part(rdf: ElementTree.Element, developing: bool) -> ElementTree.Element:
    _remove(rdf, ABOUT_THE_OLD_FILE)
    for one in descriptions(rdf):
        if not developing:
            _remove_developing(one)
        # All descriptions must be about the same thing (part 1, section 7.4): ours has no name.
        one.set(name("rdf:about"), "")
        if not len(one) and set(one.attrib) == {name("rdf:about")}:
            rdf.remove(one)
    return rdf


def _remove_developing(one: ElementTree.Element) -> None:
    one.attrib = {key: text for key, text in one.attrib.items() if not key.startswith(DEVELOPING)}
    for child in [child for child in one if child.tag.startswith(DEVELOPING)]:
        one.remove(child)


def _remove(rdf: ElementTree.Element, names: frozenset[str]) -> None:
    for one in descriptions(rdf):
        for key in names & one.attrib.keys():
            del one.attrib[key]
        for child in [child for child in one if child.tag in names]:
            one.remove(child)


def _has(rdf: ElementTree.Element, tag: str) -> bool:
    wanted = name(tag)
    return any(wanted in one.attrib or one.find(wanted) is not None for one in descriptions(rdf))


def _add_history(rdf: ElementTree.Element, own: ElementTree.Element, event: Mapping[str, str]) -> None:
    path = f"{name('rdf:Description')}/{name(HISTORY)}/{name('rdf:Seq')}"
    held = rdf.find(path)
    if held is None:
        _remove(rdf, frozenset({name(HISTORY)}))
        history = element(HISTORY)
        held = ElementTree.SubElement(history, name("rdf:Seq"))
        own.append(history)
    item = ElementTree.SubElement(held, name("rdf:li"), {f"{{{RDF}}}parseType": "Resource"})
    item.extend([element(f"stEvt:{key}", _legal(text)) for key, text in event.items()])


def _legal(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(letter for letter in text if letter.isprintable())
