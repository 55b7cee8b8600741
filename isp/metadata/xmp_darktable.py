"""What darktable writes of a photograph in its own namespace: white balance, orientation and colour labels.

Its orientations and their bits were found by letting darktable 4.2.1 turn a picture in all eight ways.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from ...pipeline.frame import Triple
from .xmp_tree import name

RDF = name("rdf:")
DARKTABLE = "{http://darktable.sf.net/}"
HEX = re.compile("(?:[0-9a-f]{8})+")
LABELS = ("Red", "Yellow", "Green", "Blue", "Purple")
"""By the numbers of `darktable:colorlabels`."""
ORIENTATIONS = (1, 4, 2, 3, 5, 6, 8, 7)
"""Exif orientation of each value of its module `flip`; -1 stands for what the file itself says."""


def darktable_labels(descriptions: Sequence[Element]) -> str:
    """Return the names of all colour labels, with commas between them; empty where there are none."""
    items = (
        item for node in descriptions for item in node.iterfind(f"{DARKTABLE}colorlabels/{RDF}Seq/{RDF}li")
    )
    numbers = {int(item.text) for item in items if item.text and item.text.strip() in "01234"}
    return ", ".join(LABELS[number] for number in sorted(numbers))


def darktable_orientation(descriptions: Sequence[Element]) -> int | None:
    """Return the Exif orientation that the last `flip` asks for; None where it leaves that to the file."""
    step = _last_steps(descriptions).get("flip")
    params = step.get(f"{DARKTABLE}params", "") if step is not None else ""
    if not HEX.fullmatch(params):
        return None
    (value,) = struct.unpack("<i", bytes.fromhex(params[:8]))
    return ORIENTATIONS[value] if 0 <= value < len(ORIENTATIONS) else None


def darktable_balance(descriptions: Sequence[Element]) -> Triple | None:
    """Return the multipliers, G = 1, of the last `temperature`, unless the light is adapted to later
    (`channelmixerrgb`).
    """
    on = _last_steps(descriptions)
    if "temperature" not in on or "channelmixerrgb" in on:
        return None
    params = on["temperature"].get(f"{DARKTABLE}params", "")
    if not HEX.fullmatch(params) or len(params) < 24:
        return None
    red, green, blue = struct.unpack("<3f", bytes.fromhex(params[:24]))
    if not all(math.isfinite(value) and value > 0 for value in (red, green, blue)):
        return None
    return red / green, 1.0, blue / green


def _last_steps(descriptions: Sequence[Element]) -> dict[str, Element]:
    """The last step of each module that counts, where that one is switched on."""
    steps = [step for node in descriptions for step in _steps(node)]
    last = {step.get(f"{DARKTABLE}operation", ""): step for step in steps}
    return {own: step for own, step in last.items() if step.get(f"{DARKTABLE}enabled") == "1"}


def _steps(node: Element) -> Iterator[Element]:
    end = _whole(node.get(f"{DARKTABLE}history_end"))
    for step in node.iterfind(f"{DARKTABLE}history/{RDF}Seq/{RDF}li"):
        number = _whole(step.get(f"{DARKTABLE}num"))
        if end is None or number is None or number < end:
            yield step


def _whole(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None
