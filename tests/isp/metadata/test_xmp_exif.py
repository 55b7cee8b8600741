"""EXIF that only the XMP of a file has."""

import subprocess
from io import BytesIO
from pathlib import Path
from shutil import which

import imagecodecs
import numpy as np
import pytest

from unveil.isp.metadata.embed import Attached, attach_jpeg
from unveil.isp.metadata.exif_write import ExifEntries
from unveil.isp.metadata.packets import read_packets
from unveil.isp.metadata.read import read_metadata
from unveil.isp.metadata.xmp_exif import xmp_tags
from unveil.isp.metadata.xmp_tree import PREFIXES

NAMES = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())


def packet(attributes: str, children: str = "") -> bytes:
    inside = f'<rdf:Description rdf:about="" {attributes}>{children}</rdf:Description>'
    return f"<x:xmpmeta {NAMES}><rdf:RDF>{inside}</rdf:RDF></x:xmpmeta>".encode()


PACKET = packet(
    'tiff:Make="Nikon" exif:ExposureTime="1/250" exif:FNumber="28/10" '
    'exif:DateTimeOriginal="2024-05-06T07:08:09.25+02:00" '
    'exif:GPSLatitude="48,51.4933N" exif:GPSLongitude="2,17,40W" exif:GPSTimeStamp="2024-05-06T05:08:09Z" '
    'exif:GPSAltitude="351/10" exif:GPSAltitudeRef="0" aux:Lens="35mm"',
    "<exif:ISOSpeedRatings><rdf:Seq><rdf:li>400</rdf:li></rdf:Seq></exif:ISOSpeedRatings>"
    '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">Me</rdf:li></rdf:Alt></dc:rights>',
)
EXPECTED = {
    "Make": "Nikon",
    "ExposureTime": 1 / 250,
    "FNumber": 2.8,
    "ISO": 400,
    "DateTimeOriginal": "2024:05:06 07:08:09",
    "SubSecTimeOriginal": "25",
    "OffsetTimeOriginal": "+02:00",
    "GPSLatitude": 48 + 51.4933 / 60,
    "GPSLatitudeRef": "N",
    "GPSLongitude": 2 + 17 / 60 + 40 / 3600,
    "GPSLongitudeRef": "W",
    "GPSAltitude": 35.1,
    "GPSAltitudeRef": 0,
    "GPSDateStamp": "2024:05:06",
    "GPSTimeStamp": "05:08:09",
    "LensModel": "35mm",
    "Copyright": "Me",
}


def jpeg(folder: Path, xmp: bytes, exif: ExifEntries) -> Path:
    path = folder / "a.jpg"
    data = bytes(imagecodecs.jpeg8_encode(np.zeros((8, 8, 3), np.uint8)))
    path.write_bytes(attach_jpeg(data, Attached(exif, xmp=xmp)))
    return path


def test_tags_come_in_the_form_of_exif() -> None:
    assert xmp_tags(PACKET) == pytest.approx(EXPECTED)


def test_a_file_without_exif_has_those_of_its_xmp(tmp_path: Path) -> None:
    found = read_metadata(jpeg(tmp_path, PACKET, ExifEntries((), (), ())))
    assert {name: found.tags[name] for name in EXPECTED} == pytest.approx(EXPECTED)
    assert "GPSLatitude" in found.note
    assert found.note.endswith("from its XMP")


@pytest.mark.skipif(which("exiftool") is None, reason="exiftool is not installed")
def test_what_exiftool_writes_as_xmp_is_read(tmp_path: Path) -> None:
    path = jpeg(tmp_path, b"", ExifEntries((), (), ()))
    tags = [
        "-XMP-exif:ExposureTime=1/60",
        "-XMP-exif:GPSLatitude=-33.5",
        "-XMP-tiff:Model=X",
        "-XMP-exif:ISO=800",
    ]
    subprocess.run(["exiftool", "-q", "-overwrite_original", *tags, str(path)], check=True)
    found = xmp_tags(read_packets(BytesIO(path.read_bytes())).xmp)
    assert found == pytest.approx(
        {"ExposureTime": 1 / 60, "GPSLatitude": 33.5, "GPSLatitudeRef": "S", "Model": "X", "ISO": 800}
    )


def test_a_packet_in_utf_16_says_the_same() -> None:
    assert xmp_tags(PACKET.decode().encode("utf-16")) == xmp_tags(PACKET) != {}


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"no xml",
        PACKET[:-20],
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + PACKET,
        packet(
            'exif:ExposureTime="1/0" exif:FNumber="f" exif:GPSLatitude="north" exif:DateTimeOriginal="noon"'
        ),
    ],
)
def test_what_cannot_be_read_gives_nothing(broken: bytes) -> None:
    assert xmp_tags(broken) == {}
