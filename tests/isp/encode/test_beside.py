"""Names of files beside which they are written, and the writing."""

from __future__ import annotations

from pathlib import Path

import pytest

from unveil.isp.encode.beside import final_path, write_beside
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Destination, Frame


def frame(folder: Path, overwrite: bool = False) -> Frame:
    return Frame(source=folder / "IMG_1.NEF", destination=Destination(folder=folder, overwrite=overwrite))


def test_a_free_name_is_taken(tmp_path: Path) -> None:
    assert final_path(frame(tmp_path), "a/b.tif", "`name:`") == tmp_path / "a/b.tif"


def test_a_name_that_leaves_the_folder_is_refused_with_the_parameter_to_change(tmp_path: Path) -> None:
    with pytest.raises(
        FrameError, match=r"lies outside the output folder .*; change `record:` of 'separate'"
    ):
        final_path(frame(tmp_path), "../b", "`record:` of 'separate'")


def test_a_file_that_is_there_is_replaced_only_when_told(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"1")
    with pytest.raises(FrameError, match="is there already; give --overwrite"):
        final_path(frame(tmp_path), "b", "")
    assert final_path(frame(tmp_path, overwrite=True), "b", "") == tmp_path / "b"


def test_the_source_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "IMG_1.NEF").write_bytes(b"1")
    with pytest.raises(FrameError, match="is the source itself"):
        final_path(frame(tmp_path, overwrite=True), "IMG_1.NEF", "")


def test_a_frame_without_a_destination_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no destination"):
        final_path(Frame(source=tmp_path / "a"), "b", "")


def test_parts_are_written_in_order_beside_the_name(tmp_path: Path) -> None:
    temporary = write_beside(tmp_path / "new/b.tif", [b"one", b"two"])
    assert temporary.read_bytes() == b"onetwo"
    assert temporary.name.startswith(".b.tif.part-")
    assert not (tmp_path / "new/b.tif").exists()


def test_nothing_stays_where_writing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FrameError, match=r"file/b\.tif: cannot be written: "):
        write_beside(tmp_path / "file/b.tif", [b"1"])
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
