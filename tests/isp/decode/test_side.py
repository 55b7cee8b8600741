"""Files beside a photograph change its frame, and say so."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from unveil.isp.decode.stage import DecodeStage
from unveil.isp.metadata.exif_write import exif_entries
from unveil.isp.parameters import Decode
from unveil.pipeline.frame import Frame

RGGB = ((0, 1), (1, 2))
TAGS = [(50717, 4, 1, 4095), (274, 3, 1, 8)]


def decode(source: Path, **parameters: str) -> Frame:
    return DecodeStage(Decode.model_validate(parameters), "cpu")(Frame(source=source))


def write_side(path: Path, attributes: str) -> None:
    path.write_text(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
        f'xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" {attributes}/></rdf:RDF>',
        encoding="utf-8",
    )


@pytest.fixture
def source(make_dng: Callable[..., Path]) -> Path:
    return make_dng(np.full((48, 64), 500, np.uint16), cfa=RGGB, tags=TAGS)


@pytest.mark.parametrize("name", ["made.xmp", "made.dng.xmp"])
def test_all_that_it_says_is_in_the_frame(source: Path, name: str) -> None:
    write_side(
        source.parent / name,
        'xmp:Rating="3" xmp:Label="Red" tiff:Orientation="6" crs:Temperature="4300" crs:Tint="9"',
    )
    frame = decode(source)
    assert (frame.metadata.rating, frame.metadata.label, frame.metadata.orientation) == (3, "Red", 6)
    assert frame.camera.side_temperature == (4300.0, 9.0)
    assert frame.camera.white_balance == pytest.approx((2.0, 1.0, 1.25))
    assert f"{name}: rating 3, label Red, orientation 6, white balance 4300 K, tint 9" in frame.notes
    assert "orientation 6 of the .xmp is used; the file itself says 8" in frame.notes


def test_an_ignored_file_changes_nothing(source: Path) -> None:
    without = decode(source)
    write_side(source.parent / "made.xmp", 'xmp:Rating="3" tiff:Orientation="6"')
    frame = decode(source, sidecar="ignore")
    assert (frame.metadata, frame.camera, frame.notes) == (without.metadata, without.camera, without.notes)


def test_the_rating_travels_to_outputs_as_exif(source: Path) -> None:
    write_side(source.parent / "made.xmp", 'xmp:Rating="5"')
    entries = exif_entries(decode(source).metadata.tags, software="x").main
    assert [entry.payload for entry in entries if entry.code == 18246] == [b"\5\0"]


def test_rejected_is_no_number_of_stars(source: Path) -> None:
    write_side(source.parent / "made.xmp", 'xmp:Rating="-1"')
    metadata = decode(source).metadata
    assert metadata.rating == -1
    assert "Rating" not in metadata.tags


def test_a_finished_picture_takes_no_white_balance_from_it(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((4, 6, 3), 9, np.uint8))
    write_side(tmp_path / "a.png.xmp", 'xmp:Label="Blue" crs:Temperature="4300"')
    frame = decode(tmp_path / "a.png")
    assert frame.metadata.label == "Blue"
    assert frame.camera.side_temperature is None


def test_a_broken_file_does_not_fail_the_frame(source: Path) -> None:
    (source.parent / "made.xmp").write_text("<")
    assert any(note.startswith("made.xmp: cannot be read and is left out") for note in decode(source).notes)
