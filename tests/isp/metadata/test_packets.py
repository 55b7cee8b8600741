"""XMP and IPTC found where each container keeps them, and put there."""

import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from shutil import which

import imagecodecs
import numpy as np
import pytest
import tifffile

from unveil.isp.metadata.embed import Attached, attach_jpeg, attach_png, attach_tiff
from unveil.isp.metadata.exif_write import exif_entries
from unveil.isp.metadata.iptc import iptc_properties
from unveil.isp.metadata.packets import Packets, read_packets

PICTURE = np.zeros((8, 8, 3), np.uint8)
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>'
IPTC = b"\x1c\x01\x5a\x00\x03\x1b%G" + b"\x1c\x02\x78\x00\x06B\xc3\xa4ume" + b"\x1c\x02\x19\x00\x01k"
MORE = Attached(exif_entries({}, software="unveil 1"), xmp=XMP, iptc=IPTC)


def tiff() -> bytes:
    file = BytesIO()
    tifffile.imwrite(file, PICTURE, photometric="rgb", byteorder="<", metadata=None)
    return attach_tiff(file.getvalue(), MORE)


def png() -> bytes:
    return attach_png(bytes(imagecodecs.png_encode(PICTURE)), MORE)


def jpeg() -> bytes:
    return attach_jpeg(bytes(imagecodecs.jpeg8_encode(PICTURE)), MORE)


def test_what_is_put_in_is_found_again() -> None:
    assert read_packets(BytesIO(jpeg())) == (XMP, IPTC)
    assert read_packets(BytesIO(tiff())) == (XMP, IPTC)
    assert read_packets(BytesIO(png())) == (XMP, b"")


@pytest.mark.skipif(which("exiftool") is None, reason="exiftool is not installed")
@pytest.mark.parametrize("make", [jpeg, tiff, png])
def test_exiftool_finds_the_caption(tmp_path: Path, make: Callable[[], bytes]) -> None:
    path = tmp_path / f"a.{make.__name__}"
    path.write_bytes(make())
    call = ["exiftool", "-s3", "-IPTC:Caption-Abstract", "-charset", "utf8", str(path)]
    assert subprocess.run(call, capture_output=True, check=True).stdout.decode().strip() == "Bäume"


@pytest.mark.skipif(which("exiftool") is None, reason="exiftool is not installed")
def test_what_exiftool_writes_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(bytes(imagecodecs.jpeg8_encode(PICTURE)))
    tags = ["-IPTC:Keywords=one", "-IPTC:City=Köln", "-XMP-dc:Title=T"]
    subprocess.run(["exiftool", "-q", "-overwrite_original", *tags, str(path)], check=True)
    with path.open("rb") as file:
        found = read_packets(file)
    assert iptc_properties(found.iptc) == {
        ("dc:subject", "Bag"): ("one",),
        ("photoshop:City", ""): ("Köln",),
    }
    assert b"<rdf:li xml:lang='x-default'>T</rdf:li>" in found.xmp


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"II*\0\xff\xff\xff\xff", b"\xff\xd8\xff\xed\0\x20Photoshop 3.0\0" + b"8BIM"]
)
def test_other_and_broken_files_have_none(data: bytes) -> None:
    assert read_packets(BytesIO(data)) == Packets()


@pytest.mark.parametrize("data", [b"", b"\x1c", b"\x1c\x02\x78\x80\x04aaaa", b"\x1c\x02\x78\xff"])
def test_broken_iptc_says_nothing(data: bytes) -> None:
    assert iptc_properties(data) == {}
