"""What of a source travels, with exiftool and without, and that the source stays as it is."""

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from unveil.isp.metadata import carry as module
from unveil.isp.metadata import exiftool
from unveil.isp.metadata.carry import NO_PACKETS, NO_TAGS, carry
from unveil.isp.metadata.embed import Attached, attach_jpeg
from unveil.isp.metadata.exif_write import exif_entries
from unveil.isp.metadata.xmp_write import Facts, xmp_packet

XMP = xmp_packet(b"", b"", Facts(software="Camera", history="made"))
needs_exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")


@pytest.fixture
def without_exiftool(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    exiftool.exiftool_version.cache_clear()
    module._carry.cache_clear()
    yield
    monkeypatch.undo()
    exiftool.exiftool_version.cache_clear()


def source(folder: Path, name: str = "a.jpg") -> Path:
    path = folder / name
    more = Attached(exif_entries({"Make": "Canon"}, software="Camera"), xmp=XMP)
    path.write_bytes(attach_jpeg(bytes(imagecodecs.jpeg8_encode(np.zeros((8, 8, 3), np.uint8))), more))
    return path


@needs_exiftool
@pytest.mark.parametrize("name", ["50%done.jpg", "-odd name.jpg"])
def test_exiftool_copies_tags_that_are_not_among_the_common_ones(tmp_path: Path, name: str) -> None:
    path = source(tmp_path, name)
    tags = [
        "-UserComment=Hello",
        "-SubjectArea=1 2 3 4",
        "-GPSDOP=2.5",
        "-IPTC:City=Rome",
        "-Orientation#=6",
        "-XMP-crs:Exposure2012=1",
    ]
    subprocess.run(["exiftool", "-q", "-overwrite_original", *tags, str(path)], check=True)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    found = carry(path)
    assert {37510, 37396} <= {entry.code for entry in found.exif.exif}
    assert 11 in {entry.code for entry in found.exif.gps}
    assert 274 not in {entry.code for entry in found.exif.main}
    assert b"Rome" in found.packets.iptc
    assert b"Exposure2012" not in found.packets.xmp
    assert found.note.startswith("metadata: copied by exiftool ")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


@pytest.mark.usefixtures("without_exiftool")
def test_without_exiftool_the_packets_are_copied_and_the_note_says_so(tmp_path: Path) -> None:
    found = carry(source(tmp_path))
    assert (found.exif, found.packets.xmp) == (NO_TAGS, XMP)
    assert found.note.endswith("copied by unveil itself; exiftool is not installed")


def test_a_source_that_is_gone_gives_nothing_and_says_so(tmp_path: Path) -> None:
    found = carry(tmp_path / "gone.jpg")
    assert (found.exif, found.packets) == (NO_TAGS, NO_PACKETS)
    assert "is not there any more" in found.note


def test_a_source_that_changed_is_read_again(tmp_path: Path) -> None:
    path = source(tmp_path)
    assert carry(path).packets.xmp
    path.write_bytes(bytes(imagecodecs.jpeg8_encode(np.zeros((9, 9, 3), np.uint8))))
    assert not carry(path).packets.xmp
