"""Tags in the form of our metadata reader, written and read again."""

import struct
from io import BytesIO

import pytest

from unveil.isp.metadata.exif_tags import TAGS
from unveil.isp.metadata.exif_write import COLOR_SPACE, HEIGHT, ORIENTATION, WIDTH, exif_blob, exif_entries
from unveil.isp.metadata.ifd import TiffTags, read_tiff_tags
from unveil.isp.metadata.read import own_tags

EXAMPLES = {"text": "Some words", "integer": 3, "rational": 2.8, "signed": -1 / 3, "degrees": 48.858222}
TIME = {"GPSTimeStamp": "07:08:09.50"}


def written(tags: dict[str, object], **more: object) -> TiffTags:
    blob = exif_blob(exif_entries(tags, software="unveil 1", **more))  # type: ignore[arg-type]
    found = read_tiff_tags(BytesIO(blob))
    assert found is not None
    return found


@pytest.mark.parametrize("name", [name for name in TAGS if name != "Software"])
def test_every_tag_that_is_read_is_written(name: str) -> None:
    value = TIME.get(name) or EXAMPLES[TAGS[name].kind]
    found = own_tags(written({name: value}))
    assert found[name] == (pytest.approx(value, abs=1e-6) if isinstance(value, float) else value)


def test_software_says_who_wrote_the_file() -> None:
    assert own_tags(written({"Software": "Camera 1.0"}))["Software"] == "unveil 1"


def test_orientation_and_size_are_those_of_the_file() -> None:
    tags = written({}, orientation=6, width=300, height=200)
    assert tags.main[ORIENTATION] == (6,)
    assert (tags.exif[WIDTH], tags.exif[HEIGHT]) == ((300,), (200,))
    assert WIDTH not in written({}).exif


@pytest.mark.parametrize(("srgb", "code"), [(True, 1), (False, 0xFFFF)])
def test_the_colour_space_says_srgb_only_where_it_is(srgb: bool, code: int) -> None:
    assert written({}, srgb=srgb).exif[COLOR_SPACE] == (code,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NoSuchTag", "x"),
        ("SubjectDistance", -1.0),
        ("Flash", 70000),
        ("ISO", 0),
        ("FNumber", float("nan")),
        ("GPSTimeStamp", "noon"),
        ("LensModel", b"bytes"),
        ("Model", None),
    ],
)
def test_what_cannot_be_written_is_left_out(name: str, value: object) -> None:
    assert own_tags(written({name: value, "Make": "Canon"})) == {"Make": "Canon", "Software": "unveil 1"}


def test_seconds_of_arc_do_not_reach_sixty() -> None:
    degrees = written({"GPSLatitude": 47.9999999999}).gps[2]
    assert degrees == (48, 0, 0)


def test_positions_are_kept_to_a_centimetre() -> None:
    latitude = own_tags(written({"GPSLatitude": 12.3456789, "GPSLatitudeRef": "S"}))["GPSLatitude"]
    assert latitude == pytest.approx(12.3456789, abs=1e-7)


def test_long_texts_end_and_all_tags_fit_a_jpeg_segment() -> None:
    tags = {name: "ü" * 5000 for name, tag in TAGS.items() if tag.kind == "text"}
    blob = exif_blob(exif_entries(tags, software="unveil 1"), jpeg=True)
    assert len(blob) < 65_000
    found = read_tiff_tags(BytesIO(blob))
    assert found is not None
    assert own_tags(found)["Artist"] == "ü" * 500


def test_the_blob_is_a_little_endian_tiff_with_its_directory_first() -> None:
    blob = exif_blob(exif_entries({}, software="unveil 1"))
    assert blob[:4] == b"II*\0"
    assert struct.unpack("<I", blob[4:8]) == (8,)
