"""What darktable says in its own namespace, as it writes it, and what exiftool and Lightroom write beside a file."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from unveil.isp.metadata.xmp import SideData, parse_side_data, read_side_data

BLEND = 'darktable:blendop_version="11" darktable:blendop_params="gz14eJxjYIAACQYYOOHEgAZY0QVwggZ7CB6pfNoAAE8gGQg="'


def step(number: int, operation: str, params: str, enabled: int = 1) -> str:
    return (
        f'<rdf:li darktable:num="{number}" darktable:operation="{operation}" darktable:enabled="{enabled}" '
        f'darktable:modversion="2" darktable:params="{params}" darktable:multi_name="" {BLEND}/>'
    )


def sidecar(*steps: str, labels: str = "", attributes: str = 'xmp:Rating="1"') -> bytes:
    """A file with the layout of darktable 4.2.1."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
    xmlns:darktable="http://darktable.sf.net/" {attributes} darktable:xmp_version="5" darktable:history_end="8">
   <darktable:masks_history><rdf:Seq/></darktable:masks_history>
   <darktable:colorlabels><rdf:Seq>{labels}</rdf:Seq></darktable:colorlabels>
   <darktable:history><rdf:Seq>{"".join(steps)}</rdf:Seq></darktable:history>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
""".encode()


@pytest.mark.parametrize(("bits", "orientation"), list(enumerate((1, 4, 2, 3, 5, 6, 8, 7))))
def test_a_flip_is_the_orientation(bits: int, orientation: int) -> None:
    assert parse_side_data(sidecar(step(6, "flip", f"0{bits}000000"))).orientation == orientation


@pytest.mark.parametrize(
    "steps",
    [
        [step(6, "flip", "ffffffff")],
        [step(6, "flip", "05000000", enabled=0)],
        [step(9, "flip", "05000000")],
        [step(6, "flip", "09000000")],
        [step(6, "flip", "gz05eJxj")],
        [step(6, "flip", "")],
    ],
)
def test_a_flip_that_does_not_count_leaves_the_file_its_own(steps: list[str]) -> None:
    assert parse_side_data(sidecar(*steps)).orientation is None


def test_the_orientation_of_tiff_comes_first() -> None:
    data = sidecar(step(6, "flip", "05000000"), attributes='tiff:Orientation="3"')
    assert parse_side_data(data).orientation == 3


def test_colour_labels_get_their_names() -> None:
    labels = "<rdf:li>3</rdf:li><rdf:li>0</rdf:li><rdf:li>9</rdf:li><rdf:li/>"
    assert parse_side_data(sidecar(labels=labels)).label == "Red, Blue"
    assert parse_side_data(sidecar()).label == ""


def test_a_rejected_picture_of_darktable_is_rejected() -> None:
    assert parse_side_data(sidecar(attributes='xmp:Rating="-1"')).rating == -1


def test_all_of_a_file_of_darktable_is_read(tmp_path: Path) -> None:
    steps = (step(6, "flip", "06000000"), step(7, "temperature", "2b871e400000803f54ddd83f0000c07f"))
    (tmp_path / "a.CRW.xmp").write_bytes(
        sidecar(*steps, labels="<rdf:li>4</rdf:li>", attributes='xmp:Rating="5"')
    )
    found = read_side_data(tmp_path / "a.CRW", raw=True)
    assert (found.rating, found.label, found.orientation) == (5, "Purple", 8)
    assert found.balance == pytest.approx((2.47699, 1.0, 1.69425), abs=1e-5)


def test_a_file_of_lightroom_is_read() -> None:
    data = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0-c000 1.000000, 0000/00/00-00:00:00">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
   xmp:Rating="4" xmp:Label="Yellow" tiff:Orientation="8" dc:format="image/x-canon-cr2"
   crs:Version="15.4" crs:ProcessVersion="11.0" crs:WhiteBalance="Custom" crs:Temperature="4850" crs:Tint="+12"
   crs:Exposure2012="0.00" crs:HasSettings="True">
   <crs:ToneCurvePV2012><rdf:Seq><rdf:li>0, 0</rdf:li><rdf:li>255, 255</rdf:li></rdf:Seq></crs:ToneCurvePV2012>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>"""
    assert parse_side_data(data) == SideData(
        rating=4, label="Yellow", orientation=8, temperature=(4850.0, 12.0)
    )


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="the program exiftool is not installed")
def test_a_file_that_exiftool_writes_is_read(tmp_path: Path) -> None:
    tags = ["Rating=2", "Label=Green", "tiff:Orientation#=6", "crs:ColorTemperature=5100", "crs:Tint=-4"]
    target = tmp_path / "a.NEF.xmp"
    command = ["exiftool", "-q", "-o", str(target), *(f"-xmp-{t}" if ":" in t else f"-XMP:{t}" for t in tags)]
    subprocess.run([*command, "-XMP-crs:WhiteBalance=Custom"], check=True, timeout=30)
    found = read_side_data(tmp_path / "a.NEF", raw=True)
    assert (found.rating, found.label, found.orientation) == (2, "Green", 6)
    assert found.temperature == (5100.0, -4.0)
