"""A built plan and frames sent through it."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

from unveil.pipeline.plan import Plan
from unveil.pipeline.results import Status
from unveil.pipeline.resume import Task
from unveil.pipeline.work import Work, run_here

Picture = Callable[..., Path]


def work(plan: Plan, folder: Path, debug: bool = False) -> Work:
    folder.mkdir(exist_ok=True)
    return Work(recipe=plan.recipe, output=folder, debug=debug)


def test_a_good_frame_tells_what_was_written(picture: Picture, short_plan: Plan, tmp_path: Path) -> None:
    (result,) = run_here(work(short_plan, tmp_path / "out"), [Task(source=picture())], "cpu")
    assert result.status is Status.DONE
    (written,) = result.outputs
    assert (written.path, written.role) == ("a_small.jpg", "transmission")
    assert written.size == (tmp_path / "out/a_small.jpg").stat().st_size
    assert [entry.stage for entry in result.trail] == [name for name, _ in short_plan.recipe.stages]
    json.dumps(result.to_json())


def test_a_bad_frame_does_not_stop_the_others(picture: Picture, short_plan: Plan, tmp_path: Path) -> None:
    empty = tmp_path / "empty.NEF"
    empty.touch()
    results = list(
        run_here(work(short_plan, tmp_path / "out"), [Task(source=empty), Task(source=picture())], "cpu")
    )
    assert [result.status for result in results] == [Status.FAILED, Status.DONE]
    assert results[0].reason.startswith(f"{empty}: is empty")
    assert results[0].traceback == ""


def test_debugging_keeps_the_traceback_down_to_the_cause(
    picture: Picture, struck_plan: Plan, tmp_path: Path
) -> None:
    (result,) = run_here(
        work(struck_plan, tmp_path / "out", debug=True), [Task(source=picture("raise.png"))], "cpu"
    )
    assert "ZeroDivisionError: struck" in result.traceback
    assert 'in strike\n    raise ZeroDivisionError("struck")' in result.traceback


def test_work_can_be_sent_to_another_process(short_plan: Plan, tmp_path: Path) -> None:
    sent = work(short_plan, tmp_path)
    assert pickle.loads(pickle.dumps(sent)) == sent
