"""Files, folders and globs to sources."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from unveil.pipeline.errors import RecipeError
from unveil.pipeline.inputs import find_sources, leave_jpegs_of_raws, leave_out, natural


def touch(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return paths


def refuse(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


def names(sources: tuple[Path, ...]) -> list[str]:
    return [source.name for source in sources]


def test_a_file_is_taken_whatever_its_suffix(tmp_path: Path) -> None:
    (odd,) = touch(tmp_path, "frame.xyz")
    assert find_sources([odd]) == (odd,)


def test_a_folder_gives_its_pictures_in_natural_order(tmp_path: Path) -> None:
    touch(
        tmp_path, "IMG_10.NEF", "img_9.nef", "IMG_2.JPG", "IMG_1.CR2", "notes.txt", "IMG_1.xmp", ".hidden.NEF"
    )
    assert names(find_sources([tmp_path])) == ["IMG_1.CR2", "IMG_2.JPG", "img_9.nef", "IMG_10.NEF"]


def test_a_folder_does_not_give_what_is_in_its_subfolders(tmp_path: Path) -> None:
    touch(tmp_path, "a.dng", "sub/b.dng")
    assert names(find_sources([tmp_path])) == ["a.dng"]


def test_two_stars_reach_every_depth(tmp_path: Path) -> None:
    touch(tmp_path, "a.dng", "sub/b.dng", "sub/deeper/c.dng", "sub/d.txt")
    assert names(find_sources([f"{tmp_path}/**/*.dng"])) == ["a.dng", "b.dng", "c.dng"]
    assert names(find_sources([f"{tmp_path}/**/*"])) == ["a.dng", "b.dng", "c.dng"]


def test_a_glob_with_a_suffix_takes_what_it_names(tmp_path: Path) -> None:
    touch(tmp_path, "a.odd", "b.odd", "c.dng")
    assert names(find_sources([f"{tmp_path}/*.odd"])) == ["a.odd", "b.odd"]


def test_a_file_with_brackets_in_its_name_is_itself(tmp_path: Path) -> None:
    touch(tmp_path, "IMG[1].NEF", "IMG1.NEF")
    assert names(find_sources([tmp_path / "IMG[1].NEF"])) == ["IMG[1].NEF"]


def test_the_order_of_the_arguments_is_kept(tmp_path: Path) -> None:
    b, a = touch(tmp_path, "b.dng", "a.dng")
    assert find_sources([b, a]) == (b, a)


def test_a_file_named_twice_or_through_a_link_is_taken_once(tmp_path: Path) -> None:
    (frame,) = touch(tmp_path, "shoot/a.dng")
    (tmp_path / "link.dng").symlink_to(frame)
    assert find_sources([frame, tmp_path / "shoot", tmp_path / "link.dng"]) == (frame,)


def test_a_broken_link_is_left_to_the_frame(tmp_path: Path) -> None:
    (tmp_path / "gone.dng").symlink_to(tmp_path / "nowhere.dng")
    assert names(find_sources([tmp_path / "gone.dng"])) == ["gone.dng"]


def test_a_file_in_a_folder_that_may_not_be_searched_is_left_to_the_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "lstat", refuse)
    assert names(find_sources([tmp_path / "locked/a.dng"])) == ["a.dng"]


def test_a_glob_in_a_folder_that_may_not_be_searched_matches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "lstat", refuse)
    with pytest.raises(RecipeError, match="nothing matches this pattern"):
        find_sources([f"{tmp_path}/locked/*.dng"])


def test_an_empty_folder_named_like_a_picture_is_a_frame_that_will_fail(tmp_path: Path) -> None:
    (tmp_path / "x.NEF").mkdir()
    assert names(find_sources([tmp_path])) == ["x.NEF"]
    assert names(find_sources([tmp_path / "x.NEF"])) == ["x.NEF"]


def test_every_wrong_argument_is_told_at_once(tmp_path: Path) -> None:
    touch(tmp_path, "empty/notes.txt")
    with pytest.raises(RecipeError) as error:
        find_sources([tmp_path / "missing.NEF", f"{tmp_path}/*.cr2", tmp_path / "empty"])
    assert error.value.problems == (
        f"{tmp_path}/missing.NEF: no such file or folder",
        f"{tmp_path}/*.cr2: nothing matches this pattern",
        f"{tmp_path}/empty: no pictures directly in this folder; "
        f"for those in its subfolders give '{tmp_path}/empty/**/*'",
    )


def test_a_name_that_is_not_text_is_told_without_its_control_characters(tmp_path: Path) -> None:
    name = os.fsdecode(b"bad\xff\x1b.NEF")
    with pytest.raises(RecipeError) as error:
        find_sources([tmp_path / name])
    assert str(error.value) == f"{tmp_path}/bad\ufffd\\x1b.NEF: no such file or folder"


def test_numbers_compare_as_numbers_and_letters_without_case() -> None:
    order = ["a1.nef", "A2.nef", "a10.nef", "b.nef"]
    assert [p.name for p in sorted(map(Path, reversed(order)), key=natural)] == order


def test_results_of_an_earlier_run_are_left_out(tmp_path: Path) -> None:
    frame, result = touch(tmp_path, "a.jpg", "a_clean.jpg")
    kept, left = leave_out([frame, result], tmp_path, [Path("a_clean.jpg")])
    assert (kept, left) == ((frame,), (result,))


def test_the_jpeg_of_a_raw_is_left_out_and_others_stay() -> None:
    sources = [Path(name) for name in ("a/1.NEF", "a/1.JPG", "a/2.jpg", "b/1.jpeg", "a/3.dng", "a/3.png")]
    kept, jpegs = leave_jpegs_of_raws(sources)
    assert jpegs == (Path("a/1.JPG"),)
    assert kept == tuple(source for source in sources if source != Path("a/1.JPG"))
