"""Whole runs with sources and results in a store that has no folders of this machine."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest

from unveil.pipeline.errors import RecipeError
from unveil.pipeline.existing import Existing
from unveil.pipeline.ledger import reading
from unveil.pipeline.plan import make_plan
from unveil.pipeline.recipe.recipe import parse_recipe
from unveil.pipeline.registry import build_registry
from unveil.pipeline.remix.record import read_facts
from unveil.pipeline.results import Status

PictureMaker = Callable[..., Path]
Run = Callable[..., Any]

RECIPE = """\
unveil: 1
name: record
stages:
  - decode: {}
  - linearize: {}
  - demosaic: {}
  - separate: {method: unveilnet, mask: mask.png, record: "layers/{stem}"}
  - colour: {}
  - tone: {exposure: 0}
  - encode: {format: jpeg}
"""


@pytest.fixture
def shoot(memory: Any, picture: PictureMaker) -> Any:
    """Two pictures, a text and a hidden picture in the store."""
    for number in (10, 2):
        memory.pipe(f"/shoot/IMG_{number}.png", picture(f"{number}.png", number).read_bytes())
    memory.pipe("/shoot/notes.txt", b"notes")
    memory.pipe("/shoot/.hidden.png", b"hidden")
    return memory


def test_folder_elsewhere_to_folder_elsewhere(shoot: Any, run: Run, tmp_path: Path) -> None:
    tally, results = run("memory://shoot", output="memory://clean")
    assert (tally.exit_status(), [r.source for r in results]) == (
        0,
        ["memory://shoot/IMG_2.png", "memory://shoot/IMG_10.png"],
    )
    assert sorted(shoot.find("/clean")) == ["/clean/IMG_10_small.jpg", "/clean/IMG_2_small.jpg"]
    assert shoot.cat("/clean/IMG_2_small.jpg").startswith(b"\xff\xd8")
    with reading(tmp_path / "ledger") as ledger:
        assert ledger is not None
        assert ledger.get("memory://shoot/IMG_2.png") == results[0]


def test_nothing_stays_on_this_machine(
    shoot: Any, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    shoot.pipe("/shoot/broken.png", b"no picture")
    tally, _ = run("memory://shoot", output="memory://clean")
    assert tally.exit_status() == 1
    assert list(scratch.iterdir()) == []


def test_elsewhere_to_here(shoot: Any, run: Run, tmp_path: Path) -> None:
    tally, results = run("memory://shoot/*_2.png", output=str(tmp_path / "out"), ledger=None)
    assert tally.exit_status() == 0
    assert [path.name for path in sorted((tmp_path / "out").glob("*.jpg"))] == ["IMG_2_small.jpg"]
    assert results[0].source == "memory://shoot/IMG_2.png"
    assert (
        run("memory://shoot/*_2.png", output=str(tmp_path / "out"), ledger=None)[1][0].status
        is Status.SKIPPED
    )


def test_here_to_elsewhere(memory: Any, run: Run, picture: PictureMaker) -> None:
    source = picture("a.png")
    tally, results = run(source, output="memory://clean")
    assert (tally.exit_status(), results[0].source) == (0, str(source))
    assert memory.find("/clean") == ["/clean/a_small.jpg"]


def test_results_here_are_those_of_a_run_here(
    shoot: Any, run: Run, picture: PictureMaker, tmp_path: Path
) -> None:
    run("memory://shoot/IMG_2.png", output="memory://clean")
    picture("IMG_2.png", 2)
    run(tmp_path / "IMG_2.png", output=str(tmp_path / "out"), ledger=None)
    assert shoot.cat("/clean/IMG_2_small.jpg") == (tmp_path / "out/IMG_2_small.jpg").read_bytes()


def test_second_run_does_what_is_new_or_changed(shoot: Any, run: Run, picture: PictureMaker) -> None:
    run("memory://shoot", output="memory://clean")
    shoot.pipe("/shoot/IMG_2.png", picture("new.png", 3).read_bytes())
    shoot.pipe("/shoot/IMG_3.png", picture("other.png", 4).read_bytes())
    _, results = run("memory://shoot", output="memory://clean")
    assert {r.source[-9:]: r.status for r in results} == {
        "IMG_2.png": Status.DONE,
        "IMG_3.png": Status.DONE,
        "MG_10.png": Status.SKIPPED,
    }


def test_source_that_was_only_touched_is_not_made_again(shoot: Any, run: Run) -> None:
    run("memory://shoot", output="memory://clean")
    shoot.pipe("/shoot/IMG_2.png", shoot.cat("/shoot/IMG_2.png"))
    _, results = run("memory://shoot", output="memory://clean")
    assert {r.status for r in results} == {Status.SKIPPED}


def test_files_of_others_are_left_alone(shoot: Any, run: Run) -> None:
    shoot.pipe("/clean/IMG_2_small.jpg", b"mine")
    _, results = run("memory://shoot/IMG_2.png", output="memory://clean")
    assert (results[0].status, shoot.cat("/clean/IMG_2_small.jpg")) == (Status.SKIPPED, b"mine")
    _, results = run("memory://shoot/IMG_2.png", output="memory://clean", existing=Existing.UNIQUE)
    assert [written.path for written in results[0].outputs] == ["IMG_2_small_2.jpg"]
    _, results = run("memory://shoot/IMG_2.png", output="memory://clean", existing=Existing.OVERWRITE)
    assert shoot.cat("/clean/IMG_2_small.jpg") != b"mine"


def test_result_that_somebody_changed_is_left_alone(shoot: Any, run: Run) -> None:
    run("memory://shoot/IMG_2.png", output="memory://clean")
    shoot.pipe("/clean/IMG_2_small.jpg", b"mine")
    _, results = run("memory://shoot/IMG_2.png", output="memory://clean")
    assert (results[0].status, "changed by somebody" in results[0].reason) == (Status.SKIPPED, True)


def test_ledger_is_asked_for(shoot: Any, run: Run) -> None:
    with pytest.raises(RecipeError, match="--ledger"):
        run("memory://shoot", output="memory://clean", ledger=None)


def test_ledger_of_other_results_is_refused(shoot: Any, run: Run, tmp_path: Path) -> None:
    run("memory://shoot", output="memory://clean")
    with pytest.raises(RecipeError, match="is of the results in memory://clean, and not of memory://other"):
        run("memory://shoot", output="memory://other")
    with pytest.raises(RecipeError, match="memory://clean"):
        run("memory://shoot", output=str(tmp_path / "ledger"), ledger=None)


def test_ledger_may_be_elsewhere_than_results_here(run: Run, picture: PictureMaker, tmp_path: Path) -> None:
    source = picture("a.png")
    run(source, output=str(tmp_path / "out"))
    assert [path.name for path in (tmp_path / "out").iterdir() if path.suffix != ".lock"] == ["a_small.jpg"]
    note = json.loads((tmp_path / "ledger/results.json").read_text())
    assert note == {"output": str(tmp_path / "out")}
    assert run(source, output=str(tmp_path / "out"))[1][0].status is Status.SKIPPED


def test_page_cannot_be_elsewhere(shoot: Any, run: Run) -> None:
    with pytest.raises(RecipeError, match="--report"):
        run("memory://shoot", output="memory://clean", report=True)


def test_memory_is_of_one_process(shoot: Any, run: Run) -> None:
    with pytest.raises(RecipeError, match="--jobs 0"):
        run("memory://shoot", output="memory://clean", jobs=2)


def test_failed_frame_is_told_by_its_url(shoot: Any, run: Run) -> None:
    shoot.pipe("/shoot/broken.png", b"no picture")
    tally, results = run("memory://shoot/broken.png", output="memory://clean", debug=True)
    assert tally.exit_status() == 1
    assert results[0].reason.startswith("memory://shoot/broken.png: ")
    assert tempfile.gettempdir() not in results[0].reason
    assert shoot.find("/clean") == []


def test_record_calls_its_source_by_the_url(
    shoot: Any, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a mask of the working folder does not make the frame new at every run."""
    registry = build_registry()
    (tmp_path / "mask.png").write_bytes(imagecodecs.png_encode(np.full((24, 32), 255, np.uint8)))
    monkeypatch.chdir(tmp_path)
    plan = make_plan(parse_recipe(RECIPE, registry), registry, "cpu")
    _, results = run("memory://shoot/IMG_2.png", output="memory://clean", plan=plan)
    assert results[0].status is Status.DONE, results[0].reason
    (record,) = [written.path for written in results[0].outputs if written.path.endswith(".unveil")]
    shoot.get_file(f"/clean/{record}", str(tmp_path / "a.unveil"))
    assert read_facts(tmp_path / "a.unveil").source == "memory://shoot/IMG_2.png"
    assert run("memory://shoot/IMG_2.png", output="memory://clean", plan=plan)[1][0].status is Status.SKIPPED
