"""An ASC MHL history of the results: what archives and film labs check copies with.

References
----------
ASC Motion Imaging Technology Council: "ASC Media Hash List (ASC MHL)", specification v2.0.
SMPTE ST 2114:2017, "Unique Digital Media Identifier (C4 ID)".
"""

from __future__ import annotations

import hashlib
import platform
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from ... import __version__
from ..errors import EnvironmentFailure
from ..report import FILES as PAGE_FILES
from ..report import NAME as PAGE
from ..results import Written
from ..shown import shown
from .ledger import NAME, Ledger
from .lock import NAME as LOCK

FOLDER, CHAIN = "ascmhl", "ascmhl_chain.xml"
IGNORED = (".DS_Store", FOLDER, f"{FOLDER}/", NAME, LOCK, PAGE, PAGE_FILES, f"{PAGE_FILES}/")
_MANIFEST, _DIRECTORY = "urn:ASC:MHL:v2.0", "urn:ASC:MHL:DIRECTORY:v2.0"
_C4 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_C4_DIGITS = 88


def write_mhl(folder: Path, ledger: Ledger) -> Path:
    """Write the first generation of an ASC MHL history with the XXH3 of every result, and return its manifest.

    `ascmhl diff` and `ascmhl create` go on from there.

    Raises
    ------
    EnvironmentFailure
        The folder has a history already, or it cannot be written.
    """
    home = folder / FOLDER
    now = datetime.now(UTC)
    name = f"0001_{folder.resolve().name}_{now:%Y-%m-%d_%H%M%SZ}.mhl"
    manifest = _document(_manifest(ledger, now.isoformat(timespec="seconds")))
    try:
        home.mkdir()
        (home / name).write_bytes(manifest)
        (home / CHAIN).write_bytes(_document(_chain(name, c4(manifest))))
    except FileExistsError as error:
        raise EnvironmentFailure(
            f"{shown(home)} holds a history already; `ascmhl create {shown(folder)}` adds a generation to it"
        ) from error
    except OSError as error:
        raise EnvironmentFailure(f"{shown(home)} cannot be written: {error.strerror}") from error
    return home / name


def c4(data: bytes) -> str:
    """Return the C4 ID of bytes: `c4` and their SHA-512 in base 58, 90 characters."""
    number, digits = int.from_bytes(hashlib.sha512(data).digest(), "big"), ""
    while number:
        number, digit = divmod(number, len(_C4))
        digits = _C4[digit] + digits
    return "c4" + digits.rjust(_C4_DIGITS, _C4[0])


def _manifest(ledger: Ledger, now: str) -> Element:
    root = Element("hashlist", {"version": "2.0", "xmlns": _MANIFEST})
    creator = SubElement(root, "creatorinfo")
    SubElement(creator, "creationdate").text = now
    SubElement(creator, "hostname").text = platform.node() or "unknown"
    SubElement(creator, "tool", {"version": __version__}).text = "unveil"
    process = SubElement(root, "processinfo")
    SubElement(process, "process").text = "in-place"
    ignored = SubElement(process, "ignore")
    for pattern in IGNORED:
        SubElement(ignored, "pattern").text = pattern
    hashes = SubElement(root, "hashes")
    for result in ledger.frames():
        for written in result.outputs:
            hashes.append(_entry(written, result.finished or now))
    return root


def _entry(written: Written, hashed: str) -> Element:
    entry = Element("hash")
    changed = datetime.fromtimestamp(written.changed / 1e9, UTC).isoformat(timespec="seconds")
    facts = {"size": str(written.size), "lastmodificationdate": changed}
    SubElement(entry, "path", facts).text = written.path
    SubElement(entry, "xxh3", {"action": "original", "hashdate": hashed}).text = written.xxh3
    return entry


def _chain(name: str, identity: str) -> Element:
    root = Element("ascmhldirectory", {"xmlns": _DIRECTORY})
    generation = SubElement(root, "hashlist", {"sequencenr": "1"})
    SubElement(generation, "path").text = name
    SubElement(generation, "c4").text = identity
    return root


def _document(root: Element) -> bytes:
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"
