"""What an .xmp file beside a photograph says: rating, label, orientation and white balance.

Programs write `IMG_1.xmp` (Adobe's) or `IMG_1.CR2.xmp` (darktable, digiKam); where both are there, the second comes
first, and the other one gives what it lacks. Never written.

References: Adobe XMP specification part 1 (ISO 16684-1) for the model, part 2 for `xmp:`, `tiff:` and `crs:`. What
darktable says in its own namespace is in `xmp_darktable`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError
from xml.parsers.expat import ExpatError

from ...pipeline.frame import Triple
from .xmp_darktable import darktable_balance, darktable_labels, darktable_orientation
from .xmp_tree import name, parse_xml

RDF, CRS = name("rdf:"), name("crs:")
SUFFIXES = (".xmp", ".XMP")
MAX_BYTES = 1 << 24
KELVIN, TINT = (1667.0, 50000.0), (-150.0, 150.0)
"""Ranges that Camera Raw offers, of temperatures that Robertson's table can tell."""
AS_SHOT = "As Shot"


@dataclass(frozen=True, slots=True, kw_only=True)
class SideData:
    """What the .xmp files beside a photograph say; None and empty: nothing."""

    rating: int | None = None
    """Stars, 0 to 5, or -1 for rejected."""
    label: str = ""
    """Colour label in the words of the program."""
    orientation: int | None = None
    """EXIF orientation, 1 to 8."""
    temperature: tuple[float, float] | None = None
    """Colour temperature in K, and tint on Adobe's scale."""
    balance: Triple | None = None
    """Multipliers for R, G, B with G = 1."""
    notes: tuple[str, ...] = ()
    """Sentences for the trail."""


def read_side_data(source: Path, *, raw: bool) -> SideData:
    """Read the .xmp files beside a photograph.

    Parameters
    ----------
    source : path
        The photograph; it need not exist.
    raw : bool
        It is a RAW file, whose `IMG_1.xmp` it is. A finished picture's only if nothing else is called `IMG_1`.

    Returns
    -------
    SideData
        A file that cannot be read gives nothing but a note.
    """
    found = SideData()
    for path in _beside(source, raw):
        try:
            found = _together(found, _checked(path, parse_side_data(path.read_bytes())))
        except (OSError, ValueError, ParseError, ExpatError) as error:
            words = str(error).splitlines()[0] if str(error) else type(error).__name__
            found = replace(
                found, notes=(*found.notes, f"{path.name}: cannot be read and is left out: {words}")
            )
    return found


def parse_side_data(data: bytes) -> SideData:
    """Read an XMP packet; `ValueError`, `ParseError` or `ExpatError` if it is none, or has a document type."""
    if len(data) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES >> 20} MB")
    root = parse_xml(data)
    descriptions = [node for rdf in root.iter(f"{RDF}RDF") for node in rdf.findall(f"{RDF}Description")]
    if not descriptions:
        raise ValueError("it holds no XMP")
    properties = {name: value for node in descriptions for name, value in _properties(node)}
    temperature, notes = _temperature(properties)
    return SideData(
        rating=_whole(properties.get(name("xmp:Rating")), -1, 5),
        label=properties.get(name("xmp:Label"), "").strip() or darktable_labels(descriptions),
        orientation=_whole(properties.get(name("tiff:Orientation")), 1, 8)
        or darktable_orientation(descriptions),
        temperature=temperature,
        balance=darktable_balance(descriptions),
        notes=notes,
    )


def side_files(source: Path) -> list[Path]:
    """Return the .xmp files that may belong to a photograph, whatever kind it is of."""
    return list(_beside(source, raw=True))


def _beside(source: Path, raw: bool) -> Iterator[Path]:
    for stem in dict.fromkeys((source.name, source.stem)):
        own = stem == source.name or raw or not _shared(source)
        found = next((path for end in SUFFIXES if (path := source.parent / f"{stem}{end}").is_file()), None)
        if found is not None and own and found != source:
            yield found


def _shared(source: Path) -> bool:
    others = (path for path in source.parent.iterdir() if path.stem == source.stem and path != source)
    return any(path.suffix not in SUFFIXES for path in others)


def _together(first: SideData, second: SideData) -> SideData:
    known = {field.name: getattr(first, field.name) for field in fields(first) if field.name != "notes"}
    if first.temperature or first.balance:
        second = replace(second, temperature=None, balance=None)
    kept = {name: value for name, value in known.items() if value not in (None, "")}
    return replace(second, **kept, notes=(*first.notes, *second.notes))


def _checked(path: Path, found: SideData) -> SideData:
    """Say where it is from."""
    said = [f"{name} {value}" for name, value in _words(found)]
    notes = (f"{path.name}: {', '.join(said) or 'says nothing that is used'}", *found.notes)
    return replace(found, notes=notes)


def _words(found: SideData) -> Iterator[tuple[str, str]]:
    if found.rating is not None:
        yield "rating", str(found.rating)
    if found.label:
        yield "label", found.label
    if found.orientation is not None:
        yield "orientation", str(found.orientation)
    if found.temperature is not None:
        yield "white balance", f"{found.temperature[0]:g} K, tint {found.temperature[1]:g}"
    if found.balance is not None:
        yield "white balance", " ".join(f"{value:.4g}" for value in found.balance)


def _properties(node: Element) -> Iterator[tuple[str, str]]:
    yield from node.attrib.items()
    for child in node:
        if child.text and not len(child):
            yield child.tag, child.text


def _whole(text: str | None, low: int, high: int) -> int | None:
    number = _number(text)
    return int(number) if number is not None and low <= number <= high else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _temperature(properties: dict[str, str]) -> tuple[tuple[float, float] | None, tuple[str, ...]]:
    """What `crs:` asks for; what it notes of the camera's own balance is no wish."""
    wish = properties.get(f"{CRS}WhiteBalance", "").strip()
    kelvin, tint = _number(properties.get(f"{CRS}Temperature")), _number(properties.get(f"{CRS}Tint")) or 0.0
    if wish == AS_SHOT or (kelvin is None and not wish):
        return None, ()
    if kelvin is None:
        return None, (f"its white balance {wish!r} has no temperature beside it and is not used",)
    if not (KELVIN[0] <= kelvin <= KELVIN[1] and TINT[0] <= tint <= TINT[1]):
        return None, (f"its white balance of {kelvin:g} K, tint {tint:g} is impossible and not used",)
    return (kelvin, tint), ()
