"""What of a source's metadata travels to the files made of it, as it stands there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import imagecodecs
import numpy as np

from .containers import jpeg_exif
from .exif_write import ExifEntries
from .exiftool import PROGRAM, SECONDS, exiftool_version
from .ifd_copy import copied_entries
from .packets import Packets, read_packets

NO_TAGS, NO_PACKETS = ExifEntries((), (), ()), Packets()
# Groups and tags that are copied, each to its own place, and those that are not: pictures inside the metadata, a
# maker's own data, and the settings of RAW developers.
COPIED = ("-EXIF:all", "-GPS:all", "-IPTC:all", "-XMP:all")
LEFT_OUT = (
    "--IFD1:all",
    "--MakerNotes:all",
    "--ThumbnailImage",
    "--PreviewImage",
    "--XMP-crs:all",
    "--XMP-xmp:Thumbnails",
)
KEPT_SOURCES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Metadata of a source for another file of the same photograph."""

    exif: ExifEntries = NO_TAGS
    """Tags beside the common ones, which travel with the frame."""
    packets: Packets = NO_PACKETS
    note: str = ""
    """By whom they were taken, for the trail."""


def carry(source: Path) -> Carried:
    """Take the metadata of a source: with the exiftool program where it is installed, else with our own reader.

    exiftool gives every EXIF and GPS tag, IPTC and XMP of all files that it knows. Our own reader gives the packets of
    XMP and IPTC of JPEG, PNG, RAF and TIFF-like files, and leaves EXIF to the common tags of the frame. A source that
    is gone gives nothing. The source is read only.
    """
    try:
        facts = source.stat()
    except OSError:
        return Carried(note="metadata: the tags that the frame carries; its source is not there any more")
    return _carry(source, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=KEPT_SOURCES)
def _carry(source: Path, changed: int, size: int) -> Carried:
    """One answer for all files that are made of a source; it must not have changed meanwhile."""
    found = _with_exiftool(source)
    if found is not None:
        return found
    reason = "failed on it" if exiftool_version() else "is not installed"
    with source.open("rb") as file:
        packets = read_packets(file)
    note = f"metadata: the common tags, XMP and IPTC copied by unveil itself; exiftool {reason}"
    return Carried(packets=packets, note=note)


def _with_exiftool(source: Path) -> Carried | None:
    """Let exiftool copy the metadata into a JPEG of one pixel, and take it out of that."""
    version = exiftool_version()
    if version is None:
        return None
    try:
        with _plainly_named(source.absolute()) as name:
            command = [PROGRAM, "-q", "-q", "-m", "-tagsFromFile", str(name), *COPIED, *LEFT_OUT]
            command += ["-ExifByteOrder=II", "-o", "-", "-"]
            done = subprocess.run(
                command, input=_carrier(), capture_output=True, timeout=SECONDS, check=False
            )
        if done.returncode != 0 or not done.stdout:
            return None
        exif = jpeg_exif(BytesIO(done.stdout))
        entries = copied_entries(exif) if exif else NO_TAGS
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None
    packets = read_packets(BytesIO(done.stdout))
    return Carried(exif=entries, packets=packets, note=f"metadata: copied by exiftool {version}")


@contextmanager
def _plainly_named(source: Path) -> Iterator[Path]:
    """Give a name without %, which exiftool would take for a part of another name."""
    if "%" not in str(source):
        yield source
        return
    with TemporaryDirectory() as folder:
        link = Path(folder) / f"source{source.suffix.replace('%', '')}"
        link.symlink_to(source)
        yield link


def _carrier() -> bytes:
    return bytes(imagecodecs.jpeg8_encode(np.zeros((1, 1, 3), np.uint8)))
