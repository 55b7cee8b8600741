"""Files beside a photograph: what is read, from which, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from unveil.isp.metadata.xmp import SideData, parse_side_data, read_side_data

HEAD = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" '
    'xmlns:darktable="http://darktable.sf.net/" '
)
TAIL = "</rdf:Description></rdf:RDF></x:xmpmeta>"
# As darktable 4.2 wrote it for a file with the multipliers 2.47699, 1, 1.69425.
TEMPERATURE = "2b871e400000803f54ddd83f0000c07f"


def packet(attributes: str = "", inside: str = "") -> bytes:
    return f"{HEAD}{attributes}>{inside}{TAIL}".encode()


def step(operation: str, number: int, *, enabled: int = 1, params: str = TEMPERATURE) -> str:
    return (
        f'<rdf:li darktable:num="{number}" darktable:operation="{operation}" darktable:enabled="{enabled}" '
        f'darktable:params="{params}"/>'
    )


def history(*steps: str) -> str:
    return f"<darktable:history><rdf:Seq>{''.join(steps)}</rdf:Seq></darktable:history>"


def test_attributes_are_read() -> None:
    data = packet(
        'xmp:Rating="4" xmp:Label="Red" tiff:Orientation="6" crs:WhiteBalance="Custom" crs:Temperature="4350" '
        'crs:Tint="-7"'
    )
    expected = SideData(rating=4, label="Red", orientation=6, temperature=(4350.0, -7.0))
    assert parse_side_data(data) == expected


def test_elements_are_read_as_attributes_are() -> None:
    inside = "<xmp:Rating>-1</xmp:Rating><xmp:Label> Grün </xmp:Label><tiff:Orientation>3</tiff:Orientation>"
    assert parse_side_data(packet(inside=inside)) == SideData(rating=-1, label="Grün", orientation=3)


def test_packets_in_utf16_with_wrapper_and_padding_are_read() -> None:
    words = packet('xmp:Rating="2"').decode()
    data = f"<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>{words}<?xpacket end='w'?>"
    assert parse_side_data(("\ufeff" + data).encode("utf-16-le")).rating == 2
    assert parse_side_data(data.encode() + b"\n\0\0").rating == 2


def test_the_balance_of_the_camera_is_no_wish() -> None:
    assert parse_side_data(packet('crs:WhiteBalance="As Shot" crs:Temperature="5000"')).temperature is None


def test_settings_of_a_look_are_not_those_of_the_picture() -> None:
    look = '<crs:Look><rdf:Description crs:Temperature="3000"/></crs:Look>'
    assert parse_side_data(packet('xmp:Rating="1"', look)).temperature is None


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        (
            'crs:WhiteBalance="Shade"',
            "its white balance 'Shade' has no temperature beside it and is not used",
        ),
        ('crs:Temperature="12"', "its white balance of 12 K, tint 0 is impossible and not used"),
        ('crs:Temperature="5000" crs:Tint="900"', "5000 K, tint 900 is impossible"),
    ],
)
def test_a_balance_that_cannot_be_used_is_said(attributes: str, words: str) -> None:
    found = parse_side_data(packet(attributes))
    assert found.temperature is None
    assert words in found.notes[0]


@pytest.mark.parametrize("value", ["six", "9", "-2", "nan", ""])
def test_impossible_ratings_are_left_out(value: str) -> None:
    assert parse_side_data(packet(f'xmp:Rating="{value}"')).rating is None


def test_multipliers_of_darktable_are_read() -> None:
    found = parse_side_data(packet(inside=history(step("temperature", 0))))
    assert found.balance == pytest.approx((2.47699, 1.0, 1.69425), abs=1e-5)


@pytest.mark.parametrize(
    "steps",
    [
        [step("temperature", 0), step("channelmixerrgb", 1)],
        [step("temperature", 0), step("temperature", 1, enabled=0)],
        [step("temperature", 7)],
        [step("temperature", 0, params="gz14eJxjYIAACQ")],
        [step("temperature", 0, params="00" * 16)],
    ],
)
def test_multipliers_that_do_not_count_are_left_out(steps: list[str]) -> None:
    assert parse_side_data(packet('darktable:history_end="7"', history(*steps))).balance is None


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused(document: str, encoding: str) -> None:
    data = (document + packet('xmp:Label="&b;"').decode()).encode(encoding)
    with pytest.raises(ValueError, match="it has a document type, which XMP must not have"):
        parse_side_data(data)


def test_both_names_are_read_and_the_longer_comes_first(tmp_path: Path) -> None:
    (tmp_path / "a.xmp").write_bytes(packet('xmp:Rating="1" xmp:Label="Blue" crs:Temperature="5000"'))
    (tmp_path / "a.NEF.xmp").write_bytes(packet('xmp:Rating="0"', history(step("temperature", 0))))
    found = read_side_data(tmp_path / "a.NEF", raw=True)
    assert (found.rating, found.label, found.temperature) == (0, "Blue", None)
    assert found.balance is not None
    assert found.notes[0] == "a.NEF.xmp: rating 0, white balance 2.477 1 1.694"
    assert found.notes[1].startswith("a.xmp: rating 1, label Blue")


def test_large_letters_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.XMP").write_bytes(packet('xmp:Rating="5"'))
    assert read_side_data(tmp_path / "a.CR2", raw=True).rating == 5


def test_a_finished_picture_beside_its_raw_leaves_the_raws_file_alone(tmp_path: Path) -> None:
    (tmp_path / "a.xmp").write_bytes(packet('xmp:Rating="5"'))
    assert read_side_data(tmp_path / "a.jpg", raw=False).rating == 5
    (tmp_path / "a.CR2").touch()
    assert read_side_data(tmp_path / "a.jpg", raw=False) == SideData()
    assert read_side_data(tmp_path / "a.CR2", raw=True).rating == 5


@pytest.mark.parametrize("data", [b"", b"<a>", b"\xff\xfe\x00", packet()[:90], b"<a/>", b"shopping list"])
def test_a_broken_file_gives_a_note_and_nothing_else(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.xmp").write_bytes(data)
    found = read_side_data(tmp_path / "a.CR2", raw=True)
    assert found.notes[0].startswith("a.xmp: cannot be read and is left out: ")
    assert found == SideData(notes=found.notes)


def test_without_a_file_there_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.xmp").mkdir()
    assert read_side_data(tmp_path / "a.CR2", raw=True) == SideData()
