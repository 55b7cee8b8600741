"""Small pictures and histograms for the page."""

from __future__ import annotations

import base64
from pathlib import Path

import cv2
import numpy as np
import pytest

from unveil.pipeline.errors import EnvironmentFailure
from unveil.pipeline.report.pictures import BINS, EDGE, FILES, Look, histogram, look_at


def bars(look: Look) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.frombuffer(base64.b64decode(look.histogram), np.uint8).reshape(3, BINS)


def write(path: Path, *rgb: int, size: tuple[int, int] = (400, 800), depth: type = np.uint8) -> str:
    cv2.imwrite(str(path), np.full((*size, 3), rgb[::-1], depth))
    return path.name


def test_a_thumbnail_keeps_the_shape_and_the_colour(tmp_path: Path) -> None:
    name = write(tmp_path / "a.png", 200, 100, 30)
    look = look_at(tmp_path, [name], [])[name]
    small = cv2.imread(str(tmp_path / look.thumbnail))
    assert small is not None
    assert small.shape == (EDGE // 2, EDGE, 3)
    assert small.mean((0, 1))[::-1] == pytest.approx((200, 100, 30), abs=4)


def test_a_small_picture_is_not_made_larger(tmp_path: Path) -> None:
    name = write(tmp_path / "a.png", 9, 9, 9, size=(24, 32))
    small = cv2.imread(str(tmp_path / look_at(tmp_path, [name], [])[name].thumbnail))
    assert small is not None
    assert max(small.shape) <= 32


@pytest.mark.parametrize(("depth", "scale"), [(np.uint8, 1), (np.uint16, 257)])
def test_a_histogram_counts_each_colour_at_its_value(tmp_path: Path, depth: type, scale: int) -> None:
    name = write(tmp_path / "a.png", 200 * scale, 100 * scale, 30 * scale, depth=depth)
    heights = bars(look_at(tmp_path, [], [name])[name])
    assert heights.argmax(axis=1).tolist() == [200 // 4, 100 // 4, 30 // 4]
    assert (heights > 0).sum() == 3


def test_a_clipped_picture_still_shows_its_other_tones() -> None:
    picture = np.full((10, 10, 3), 255, np.uint8)
    picture[0, :5] = 128
    heights = bars(Look(thumbnail="", histogram=histogram(picture)))
    assert (heights[0, 32], heights[0, -1]) == (255, 255)
    assert bars(Look(thumbnail="", histogram=histogram(np.full((2, 2, 3), 255, np.uint8)))).max() == 255


def test_pictures_are_made_once_and_again_where_the_file_changed(tmp_path: Path) -> None:
    name = write(tmp_path / "a.png", 200, 100, 30)
    first = look_at(tmp_path, [name], [])
    made = tmp_path / first[name].thumbnail
    stamp = made.stat().st_mtime_ns
    assert look_at(tmp_path, [name], []) == first
    assert made.stat().st_mtime_ns == stamp
    write(tmp_path / "a.png", 20, 20, 20, size=(300, 500))
    second = look_at(tmp_path, [name], [])
    assert second != first
    assert [path.name for path in (tmp_path / FILES).glob("*.webp")] == [Path(second[name].thumbnail).name]


def test_a_file_that_is_no_picture_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"nonsense")
    (tmp_path / "b.jpg").write_bytes(b"")
    assert look_at(tmp_path, ["a.jpg", "b.jpg"], []) == {}


def test_a_name_that_is_not_text_has_a_thumbnail(tmp_path: Path) -> None:
    write(tmp_path / "a.png", 200, 100, 30)
    (tmp_path / "a.png").rename(tmp_path / "\udcff.png")
    assert (tmp_path / look_at(tmp_path, ["\udcff.png"], [])["\udcff.png"].thumbnail).is_file()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    name = write(tmp_path / "a.png", 200, 100, 30)
    (tmp_path / FILES).write_text("in the way")
    with pytest.raises(EnvironmentFailure, match="index_files cannot be made"):
        look_at(tmp_path, [name], [])
