"""The packet of a file that leaves: what is true stays, what is not goes, and its history grows."""

import json
import subprocess
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from unveil.isp.metadata.xmp_tree import PREFIXES, name, parse_packet, properties
from unveil.isp.metadata.xmp_write import Facts, has_developing, xmp_packet

NAMES = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())
SOURCE = f"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta {NAMES}><rdf:RDF>
<rdf:Description rdf:about="uuid:1" xmp:Rating="2" xmp:Label="Blue" xmp:CreatorTool="Camera" tiff:Orientation="6"
 tiff:ImageWidth="6000" crs:Exposure2012="+1.50" xmlns:own="http://example.com/own/" own:Idea="kept">
<dc:subject><rdf:Bag><rdf:li>window</rdf:li><rdf:li>glass</rdf:li></rdf:Bag></dc:subject>
<crs:ToneCurvePV2012><rdf:Seq><rdf:li>0, 0</rdf:li></rdf:Seq></crs:ToneCurvePV2012>
<xmpMM:History><rdf:Seq><rdf:li stEvt:action="created" stEvt:softwareAgent="Camera"/></rdf:Seq></xmpMM:History>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()
FACTS = Facts(software="unveil 1", history="decode, tone (curve srgb), encode")
CAPTION = b"\x1c\x02\x78\x00\x05Hello" + b"\x1c\x02\x19\x00\x03one" + b"\x1c\x02\x19\x00\x03two"


def said(packet: bytes) -> dict[str, list[str]]:
    rdf = parse_packet(packet)
    assert rdf is not None
    found: dict[str, list[str]] = {}
    for key, text in properties(rdf):
        found.setdefault(key, []).append(text)
    return found


def test_what_is_true_of_the_photograph_stays() -> None:
    found = said(xmp_packet(SOURCE, b"", FACTS))
    assert found[name("dc:subject")] == ["window", "glass"]
    assert found["{http://example.com/own/}Idea"] == ["kept"]
    assert (found[name("xmp:Rating")], found[name("xmp:Label")]) == (["2"], ["Blue"])


def test_what_is_true_of_the_old_file_only_goes() -> None:
    packet = xmp_packet(SOURCE, b"", FACTS)
    assert not {name("tiff:Orientation"), name("tiff:ImageWidth")} & said(packet).keys()
    assert b"camera-raw-settings" not in packet
    assert said(packet)[name("xmp:CreatorTool")] == ["unveil 1"]


def test_settings_of_a_developer_are_seen() -> None:
    assert has_developing(SOURCE)
    assert not has_developing(xmp_packet(SOURCE, b"", FACTS))


def test_rating_and_label_of_the_frame_replace_those_of_the_source() -> None:
    facts = Facts(software="u", history="h", rating=-1, label="Red")
    found = said(xmp_packet(SOURCE, b"", facts))
    assert (found[name("xmp:Rating")], found[name("xmp:Label")]) == (["-1"], ["Red"])


@pytest.mark.parametrize("source", [b"", b"broken <", b"<!DOCTYPE a>" + SOURCE])
def test_without_a_packet_that_can_be_read_one_is_made(source: bytes) -> None:
    found = said(xmp_packet(source, b"", FACTS))
    assert found[name("xmp:CreatorTool")] == ["unveil 1"]
    assert found.keys() <= {name("xmp:CreatorTool"), name("rdf:about"), name("xmpMM:History")}


def test_iptc_is_told_where_xmp_does_not_say_it() -> None:
    found = said(xmp_packet(SOURCE, CAPTION, FACTS))
    assert found[name("dc:description")] == ["Hello"]
    assert found[name("dc:subject")] == ["window", "glass"]
    assert said(xmp_packet(b"", CAPTION, FACTS))[name("dc:subject")] == ["one", "two"]


def test_the_same_facts_give_the_same_bytes_and_control_characters_are_left_out() -> None:
    odd = Facts(software="u\x01", history="a\x00b & <c>")
    assert xmp_packet(SOURCE, CAPTION, odd) == xmp_packet(SOURCE, CAPTION, odd)
    assert parse_packet(xmp_packet(SOURCE, CAPTION, odd)) is not None


@pytest.mark.skipif(which("exiftool") is None, reason="exiftool is not installed")
def test_exiftool_reads_the_packet_and_its_history(tmp_path: Path) -> None:
    path = tmp_path / "a.xmp"
    path.write_bytes(xmp_packet(xmp_packet(SOURCE, CAPTION, FACTS), b"", FACTS))
    call = ["exiftool", "-json", "-struct", "-validate", "-warning", "-XMP:all", "-G0", str(path)]
    found: dict[str, Any] = json.loads(
        subprocess.run(call, capture_output=True, text=True, check=True).stdout
    )[0]
    history = found["XMP:History"]
    assert [event.get("SoftwareAgent") for event in history] == ["Camera", "unveil 1", "unveil 1"]
    assert history[1]["Parameters"] == "decode, tone (curve srgb), encode"
    assert (found["XMP:Subject"], found["XMP:Description"]) == (["window", "glass"], "Hello")
    assert not [key for key in found if key.endswith(("Warning", "Error"))]
