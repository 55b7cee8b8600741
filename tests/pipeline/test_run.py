"""A whole run, in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from unveil.pipeline.errors import EnvironmentFailure, RecipeError
from unveil.pipeline.existing import Existing
from unveil.pipeline.ledger import read_ledger
from unveil.pipeline.plan import Plan
from unveil.pipeline.results import FrameResult, Status
from unveil.pipeline.run import Options, execute, prepare
from unveil.pipeline.tally import Tally

Picture = Callable[..., Path]


def options(folder: Path, overwrite: bool = False, report: bool = False) -> Options:
    return Options(
        output=folder, existing=Existing.OVERWRITE if overwrite else Existing.SKIP, jobs=0, report=report
    )


def ignore(result: FrameResult) -> None:
    pass


def run(plan: Plan, inputs: list[Path], how: Options) -> Tally:
    return execute(prepare(plan, inputs, how), ignore)


def results(plan: Plan, inputs: list[Path], how: Options) -> dict[str, FrameResult]:
    found: list[FrameResult] = []
    execute(prepare(plan, inputs, how), found.append)
    return {Path(result.source).name: result for result in found}


def test_results_ledger_and_page_stand_in_the_output_folder(
    picture: Picture, short_plan: Plan, tmp_path: Path
) -> None:
    out = tmp_path / "new/out"
    tally = run(short_plan, [picture("a.png"), picture("b.png")], options(out, report=True))
    assert (tally.exit_status(), tally.total, tally.counts[Status.DONE]) == (0, 2, 2)
    assert sorted(path.name for path in out.iterdir()) == [
        ".unveil.lock",
        "a_small.jpg",
        "b_small.jpg",
        "index.html",
        "index_files",
        "ledger.sqlite",
    ]
    assert tally.page == out / "index.html"
    assert [Path(source).name for source in read_ledger(out)] == ["a.png", "b.png"]


def test_a_second_run_skips_what_is_there_and_the_ledger_keeps_its_trail(
    picture: Picture, short_plan: Plan, tmp_path: Path
) -> None:
    source, out = picture(), tmp_path / "out"
    run(short_plan, [source], options(out))
    written = (out / "a_small.jpg").stat().st_mtime_ns
    found = results(short_plan, [source, picture("b.png")], options(out))
    assert {name: result.status for name, result in found.items()} == {
        "a.png": Status.SKIPPED,
        "b.png": Status.DONE,
    }
    assert found["a.png"].reason == "done before, and nothing changed"
    assert (out / "a_small.jpg").stat().st_mtime_ns == written
    assert read_ledger(out)[str(source)].trail != ()


def test_overwriting_does_it_again(picture: Picture, short_plan: Plan, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(short_plan, [picture()], options(out))
    inode = (out / "a_small.jpg").stat().st_ino
    tally = run(short_plan, [picture()], options(out, overwrite=True))
    assert tally.counts[Status.DONE] == 1
    assert (out / "a_small.jpg").stat().st_ino != inode


def test_a_failed_frame_gives_exit_status_one(picture: Picture, short_plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "empty.NEF").touch()
    tally = run(short_plan, [tmp_path / "empty.NEF", picture()], options(tmp_path / "out"))
    assert tally.exit_status() == 1
    assert read_ledger(tmp_path / "out")[str(tmp_path / "empty.NEF")].status is Status.FAILED


def test_results_are_not_picked_up_as_inputs(picture: Picture, short_plan: Plan, tmp_path: Path) -> None:
    shoot = picture("shoot/a.png").parent
    run(short_plan, [shoot], options(shoot))
    prepared = prepare(short_plan, [shoot, shoot / "a_small.jpg"], options(shoot))
    assert prepared.left_out == (shoot / "a_small.jpg",)
    assert execute(prepared, ignore).counts == {Status.SKIPPED: 1}
    with pytest.raises(RecipeError, match="every input is a result of an earlier run"):
        prepare(short_plan, [shoot / "a_small.jpg"], options(shoot))


def test_wrong_inputs_leave_no_output_folder(short_plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(RecipeError):
        prepare(short_plan, [tmp_path / "missing"], options(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_an_output_folder_that_is_a_file_is_the_environment(
    picture: Picture, short_plan: Plan, tmp_path: Path
) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(EnvironmentFailure, match="it is a file, not a folder"):
        prepare(short_plan, [picture()], options(tmp_path / "out"))


def test_an_interrupted_run_keeps_what_is_done(picture: Picture, short_plan: Plan, tmp_path: Path) -> None:
    prepared = prepare(
        short_plan, [picture("a.png"), picture("b.png")], options(tmp_path / "out", report=True)
    )

    def interrupt(result: FrameResult) -> None:
        raise KeyboardInterrupt

    tally = execute(prepared, interrupt)
    assert (tally.exit_status(), tally.interrupted, tally.done()) == (130, True, 1)
    assert [Path(source).name for source in read_ledger(tmp_path / "out")] == ["a.png"]
    assert tally.page is not None


def test_an_error_of_the_caller_is_passed_on_with_the_ledger_written(
    picture: Picture, short_plan: Plan, tmp_path: Path
) -> None:
    prepared = prepare(short_plan, [picture()], options(tmp_path / "out"))

    def broken(result: FrameResult) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        execute(prepared, broken)
    assert len(read_ledger(tmp_path / "out")) == 1


def test_a_frame_is_new_when_a_file_beside_it_changes(
    picture: Picture, short_plan: Plan, tmp_path: Path
) -> None:
    source, other = picture(), picture("b.png", 1)

    def made() -> dict[str, Status]:
        found = results(short_plan, [source, other], options(tmp_path / "out"))
        return {name: result.status for name, result in found.items()}

    assert made() == {"a.png": Status.DONE, "b.png": Status.DONE}
    side = source.with_suffix(".png.xmp")
    for rating in (3, 5):
        side.write_text(
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            f'<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{rating}"/></rdf:RDF></x:xmpmeta>'
        )
        assert made() == {"a.png": Status.DONE, "b.png": Status.SKIPPED}
        assert made() == {"a.png": Status.SKIPPED, "b.png": Status.SKIPPED}
    side.unlink()
    assert made() == {"a.png": Status.DONE, "b.png": Status.SKIPPED}
