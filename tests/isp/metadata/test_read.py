"""Tags in one form, whichever reader found them."""

import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from unveil.isp.metadata import exiftool
from unveil.isp.metadata.exif_tags import TAGS, TagValue, clean_tag
from unveil.isp.metadata.read import SourceTags, read_metadata

EXPECTED: dict[str, TagValue] = {
    "Make": "Maker",
    "Model": "Model 7",
    "Software": "6.10",
    "Copyright": "(c) Someone",
    "ExposureTime": 1 / 250,
    "FNumber": 2.8,
    "ISO": 400,
    "DateTimeOriginal": "2024:05:06 07:08:09",
    "SubSecTimeOriginal": "007",
    "ExposureCompensation": -2 / 3,
    "FocalLength": 35.0,
    "LensModel": "35mm F2",
    "SerialNumber": "00123",
    "GPSLatitudeRef": "S",
    "GPSLatitude": 33 + 51 / 60 + 30.5 / 3600,
    "GPSLongitudeRef": "E",
    "GPSLongitude": 151.2,
    "GPSAltitudeRef": 0,
    "GPSAltitude": 12.5,
    "GPSTimeStamp": "03:04:05",
}


@pytest.fixture
def without_exiftool(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    exiftool.exiftool_version.cache_clear()
    yield
    monkeypatch.undo()
    exiftool.exiftool_version.cache_clear()


def picture_with_tags(path: Path) -> Path:
    """A picture that Pillow wrote, with the tags above."""
    exif = Image.Exif()
    exif.update({271: "Maker", 272: "Model 7", 305: "6.10", 33432: "(c) Someone", 274: 6})
    exif.get_ifd(34665).update(
        {
            33434: IFDRational(1, 250),
            33437: IFDRational(28, 10),
            34855: 400,
            36867: "2024:05:06 07:08:09",
            37521: "007",
            37380: IFDRational(Fraction(-2, 3)),
            37386: IFDRational(35),
            42036: "35mm F2",
            42033: "00123",
        }
    )
    exif.get_ifd(34853).update(
        {
            1: "S",
            2: (IFDRational(33), IFDRational(51), IFDRational(61, 2)),
            3: "E",
            4: (IFDRational(151), IFDRational(12), IFDRational(0)),
            5: b"\0",
            6: IFDRational(25, 2),
            7: (IFDRational(3), IFDRational(4), IFDRational(5)),
        }
    )
    if path.suffix == ".tif":  # Pillow does not put Exif directories into the TIFF files that it saves
        path.write_bytes(exif.tobytes().removeprefix(b"Exif\0\0"))
    else:
        Image.fromarray(np.full((8, 8, 3), 100, np.uint8)).save(path, exif=exif)
    return path


def check(found: SourceTags) -> None:
    assert set(found.tags) == set(EXPECTED)
    for name, value in EXPECTED.items():
        assert type(found.tags[name]) is type(value), name
        if isinstance(value, float):
            assert found.tags[name] == pytest.approx(value, rel=1e-6), name
        else:
            assert found.tags[name] == value, name
    assert found.orientation == 6


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
@pytest.mark.usefixtures("without_exiftool")
def test_own_reader_finds_every_tag(tmp_path: Path, suffix: str) -> None:
    found = read_metadata(picture_with_tags(tmp_path / f"a.{suffix}"))
    check(found)
    assert found.note == "metadata: read by unveil itself; exiftool is not installed"


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs the exiftool program")
def test_exiftool_gives_the_same_form(tmp_path: Path, suffix: str) -> None:
    found = read_metadata(picture_with_tags(tmp_path / f"a.{suffix}"))
    check(found)
    assert found.note.startswith("metadata: read by exiftool ")


@pytest.mark.shared
@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs the exiftool program")
@pytest.mark.parametrize(
    "name", ["canon_eos_6d_linear.dng", "kodak_dc50.kdc", "canon_550d_magiclantern_chart.dng"]
)
def test_both_readers_agree_on_real_files(
    shared_data: Path, name: str, request: pytest.FixtureRequest
) -> None:
    with_program = read_metadata(shared_data / "raw" / name).tags
    request.getfixturevalue("without_exiftool")
    alone = read_metadata(shared_data / "raw" / name).tags
    assert set(alone) == set(with_program)
    for tag, value in with_program.items():
        assert alone[tag] == (pytest.approx(value, rel=1e-6) if isinstance(value, float) else value), tag


@pytest.mark.usefixtures("without_exiftool")
def test_a_file_without_metadata_has_no_tags(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "a.png")
    found = read_metadata(tmp_path / "a.png")
    assert (dict(found.tags), found.orientation, found.adobe_rgb) == ({}, 1, False)


def test_adobe_rgb_is_known_by_its_interoperability_index(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(34665)[40961] = 65535
    exif.get_ifd(34665)[40965] = {1: "R03"}
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "a.jpg", exif=exif)
    assert read_metadata(tmp_path / "a.jpg").adobe_rgb


@pytest.mark.parametrize(
    ("name", "value", "cleaned"),
    [
        ("ExposureTime", 0, None),
        ("ISO", "0", None),
        ("Flash", 0, 0),
        ("ExposureCompensation", "undef", None),
        ("FocalLength", float("nan"), None),
        ("FNumber", "inf", None),
        ("Artist", "  \0", None),
        ("Artist", " Ann \0 Other", "Ann"),
        ("ISO", "100", 100),
        ("FNumber", 4, 4.0),
        ("SerialNumber", 12, "12"),
    ],
)
def test_values_that_say_nothing_are_left_out(name: str, value: TagValue, cleaned: TagValue | None) -> None:
    found = clean_tag(name, value)
    assert found == cleaned
    assert type(found) is type(cleaned)


def test_no_two_tags_share_a_place() -> None:
    places = [(tag.directory, tag.code) for tag in TAGS.values()]
    assert len(places) == len(set(places))


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_metadata(tmp_path / "gone.jpg")
