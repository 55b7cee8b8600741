"""What is settled before any work."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from unveil.pipeline.errors import EnvironmentFailure, RecipeError
from unveil.pipeline.naming import Naming
from unveil.pipeline.results import Status
from unveil.pipeline.resume import Task
from unveil.pipeline.shoot import make_folder, settle


def clean(naming: Naming) -> tuple[PurePosixPath, ...]:
    return (PurePosixPath(f"{naming.stem}_clean.tif"), PurePosixPath(f"proof/{naming.stem}.jpg"))


def test_two_folders_with_one_name_are_refused(tmp_path: Path) -> None:
    one, two = tmp_path / "a/IMG_1.NEF", tmp_path / "b/IMG_1.NEF"
    with pytest.raises(RecipeError) as error:
        settle([one, two], clean, tmp_path / "out", False)
    assert error.value.problems == (
        f"{one} and {two} would both write IMG_1_clean.tif; "
        "run the folders one by one, each with its own output folder, put {parent} into every `name` of the "
        "recipe, or give --existing unique",
    )


def test_a_raw_and_a_finished_picture_are_refused_with_the_way_out(tmp_path: Path) -> None:
    raw, jpeg = tmp_path / "IMG_1.CR2", tmp_path / "IMG_1.TIF"
    with pytest.raises(RecipeError) as error:
        settle([jpeg, raw], clean, tmp_path / "out", False)
    assert str(error.value) == (
        f"{jpeg} and {raw} would both write IMG_1_clean.tif; "
        f"one is a RAW and one a finished picture: give one kind only, e.g. '{tmp_path}/*.CR2'"
    )


def test_names_that_differ_in_case_only_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="give one of them only, or rename one"):
        settle([tmp_path / "img.nef", tmp_path / "IMG.NEF"], clean, tmp_path / "out", False)


def test_a_recipe_without_the_stem_takes_one_frame_only(tmp_path: Path) -> None:
    def fixed(naming: Naming) -> tuple[PurePosixPath, ...]:
        return (PurePosixPath("result.tif"),)

    assert settle([tmp_path / "a.nef"], fixed, tmp_path, False).todo == (Task(source=tmp_path / "a.nef"),)
    with pytest.raises(RecipeError, match=r"put \{stem\} or \{sequence\} into every `name` of the recipe"):
        settle([tmp_path / "a.nef", tmp_path / "b.nef"], fixed, tmp_path, False)


def test_many_clashes_are_cut_short(tmp_path: Path) -> None:
    pairs = [tmp_path / folder / f"{n}.nef" for n in range(15) for folder in "ab"]
    with pytest.raises(RecipeError) as error:
        settle(pairs, clean, tmp_path / "out", False)
    assert len(error.value.problems) == 11
    assert error.value.problems[-1] == "and 5 more of the same kind"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_result_in_the_place_of_a_source_is_refused(tmp_path: Path, overwrite: bool) -> None:
    source = tmp_path / "a.jpg"
    source.touch()

    def same(naming: Naming) -> tuple[PurePosixPath, ...]:
        return (PurePosixPath(f"{naming.stem}.jpg"),)

    with pytest.raises(RecipeError, match="its result would replace the source"):
        settle([source], same, tmp_path, overwrite)


def test_a_result_in_the_place_of_another_source_is_refused(tmp_path: Path) -> None:
    sources = [tmp_path / "a.nef", tmp_path / "a_clean.tif"]
    for source in sources:
        source.touch()
    with pytest.raises(RecipeError, match=r"a\.nef: its result would replace the source .*a_clean\.tif"):
        settle(sources, clean, tmp_path, True)


def test_a_frame_with_an_output_is_skipped_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "proof").mkdir()
    (tmp_path / "proof/a.jpg").touch()
    shoot = settle([tmp_path / "a.nef", tmp_path / "b.nef"], clean, tmp_path, False)
    assert shoot.todo == (Task(source=tmp_path / "b.nef"),)
    (skipped,) = shoot.skipped
    assert skipped.status is Status.SKIPPED
    assert skipped.reason == "proof/a.jpg is there already; --overwrite replaces what is there"
    assert shoot.total() == 2


def test_overwriting_skips_nothing(tmp_path: Path) -> None:
    (tmp_path / "a_clean.tif").touch()
    assert settle([tmp_path / "a.nef"], clean, tmp_path, True).skipped == ()


def test_sources_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert settle([Path("a.nef")], clean, Path("out"), False).todo == (Task(source=tmp_path / "a.nef"),)


def test_the_output_folder_is_created_with_its_parents(tmp_path: Path) -> None:
    make_folder(tmp_path / "a/b")
    assert list((tmp_path / "a/b").iterdir()) == []


def test_a_file_as_output_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(EnvironmentFailure, match="out cannot be used: it is a file, not a folder"):
        make_folder(tmp_path / "out")
    with pytest.raises(EnvironmentFailure, match="Not a directory"):
        make_folder(tmp_path / "out/below")


def test_a_folder_that_cannot_be_made_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="cannot be used: File name too long"):
        make_folder(tmp_path / ("x" * 300))
