"""A second run does what is new, changed, failed or gone, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from unveil.pipeline.errors import RecipeError
from unveil.pipeline.existing import Existing
from unveil.pipeline.ledger import read_ledger
from unveil.pipeline.plan import Plan, make_plan
from unveil.pipeline.recipe.recipe import parse_recipe
from unveil.pipeline.registry import build_registry
from unveil.pipeline.results import FrameResult, Status
from unveil.pipeline.run import Options, execute, prepare

Picture = Callable[..., Path]

TWO = """\
unveil: 1
name: two
stages:
  - decode: {}
  - linearize: {}
  - demosaic: {}
  - colour: {}
  - tone: {exposure: 0}
  - encode: {format: jpeg, quality: 90, name: "{stem}_small"}
  - encode: {format: png, name: "{stem}_done"}
"""


def two(text: str = TWO) -> Plan:
    registry = build_registry()
    return make_plan(parse_recipe(text, registry), registry)


def run(plan: Plan, sources: list[Path], folder: Path, **more: object) -> list[FrameResult]:
    found: list[FrameResult] = []
    options = replace(Options(output=folder, jobs=0), **more)  # type: ignore[arg-type]
    execute(prepare(plan, sources, options), found.append)
    return found


def written(folder: Path) -> dict[str, int]:
    return {
        path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.suffix in (".jpg", ".png")
    }


@pytest.fixture
def source(picture: Picture) -> Path:
    return picture("a.png")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_an_edited_encode_writes_its_own_file_only(source: Path, out: Path) -> None:
    run(two(), [source], out)
    before = written(out)
    (result,) = run(two(TWO.replace("90", "50")), [source], out)
    after = written(out)
    assert (result.status, [w.path for w in result.outputs]) == (Status.DONE, ["a_small.jpg"])
    assert after["a_small.jpg"] != before["a_small.jpg"]
    assert after["a_done.png"] == before["a_done.png"]
    (again,) = run(two(TWO.replace("90", "50")), [source], out)
    assert again.reason == "done before, and nothing changed"
    known = read_ledger(out)[str(source)]
    assert {w.path for w in known.outputs} == {"a_small.jpg", "a_done.png"}


def test_an_edited_earlier_stage_writes_every_file(source: Path, out: Path) -> None:
    run(two(), [source], out)
    before = written(out)
    (result,) = run(two(TWO.replace("exposure: 0", "exposure: 1")), [source], out)
    assert result.status is Status.DONE
    assert not set(before.items()) & set(written(out).items())


def test_an_added_encode_leaves_the_others(source: Path, out: Path) -> None:
    run(two(), [source], out)
    before = written(out)
    run(two(TWO + '  - encode: {format: jpeg, name: "{stem}_more"}\n'), [source], out)
    assert set(before.items()) < set(written(out).items())
    assert (out / "a_more.jpg").is_file()


def test_a_changed_source_is_done_again_and_a_touched_one_is_not(
    picture: Picture, source: Path, out: Path
) -> None:
    run(two(), [source], out)
    os.utime(source, (1, 1))
    assert run(two(), [source], out)[0].status is Status.SKIPPED
    picture("a.png", 7)
    assert run(two(), [source], out)[0].status is Status.DONE


def test_a_deleted_result_is_made_again(source: Path, out: Path) -> None:
    run(two(), [source], out)
    before = written(out)
    (out / "a_done.png").unlink()
    assert run(two(), [source], out)[0].status is Status.DONE
    assert written(out)["a_small.jpg"] == before["a_small.jpg"]
    assert (out / "a_done.png").is_file()


def test_what_somebody_changed_or_made_is_not_touched(source: Path, out: Path) -> None:
    run(two(), [source], out)
    (out / "a_done.png").write_bytes(b"retouched")
    (result,) = run(two(TWO.replace("exposure: 0", "exposure: 1")), [source], out)
    assert result.status is Status.SKIPPED
    assert result.reason == "a_done.png was changed by somebody; --overwrite replaces what is there"
    assert (out / "a_done.png").read_bytes() == b"retouched"
    (result,) = run(two(), [source], out, existing=Existing.OVERWRITE)
    assert result.status is Status.DONE
    assert (out / "a_done.png").read_bytes() != b"retouched"


def test_a_file_of_unknown_origin_is_not_touched(source: Path, out: Path) -> None:
    out.mkdir()
    (out / "a_done.png").write_bytes(b"mine")
    (result,) = run(two(), [source], out)
    assert result.reason == "a_done.png is there already; --overwrite replaces what is there"
    assert (out / "a_done.png").read_bytes() == b"mine"


def test_a_failed_frame_is_tried_again_and_can_be_asked_for_alone(
    picture: Picture, source: Path, tmp_path: Path, out: Path
) -> None:
    broken = tmp_path / "b.png"
    broken.write_bytes(b"half")
    assert [r.status for r in run(two(), [source, broken], out)] == [Status.DONE, Status.FAILED]
    new = picture("c.png", 3)
    picture("b.png", 5)
    (result,) = run(two(), [source, broken, new], out, retry_failed=True)
    assert (Path(result.source).name, result.status) == ("b.png", Status.DONE)
    with pytest.raises(RecipeError, match=r"none of the inputs failed in an earlier run .* --retry-failed"):
        run(two(), [source, broken, new], out, retry_failed=True)


def named(name: str) -> Plan:
    return two(TWO.replace("{stem}_done", name))


def test_a_frame_keeps_its_number_when_others_join(picture: Picture, out: Path) -> None:
    a, b, c = (picture(f"{name}.png", n) for n, name in enumerate("abc"))
    plan = named("{sequence:03}_{stem}")
    run(plan, [a, c], out)
    assert [r.status for r in run(plan, [a, b, c], out)] == [Status.SKIPPED, Status.SKIPPED, Status.DONE]
    assert sorted(path.name for path in out.glob("*.png")) == ["001_a.png", "002_c.png", "003_b.png"]


def test_frames_of_one_name_get_numbers_that_stay(picture: Picture, out: Path, tmp_path: Path) -> None:
    sources = [picture("a.png"), picture("card/a.png", 1)]
    assert [r.status for r in run(two(), sources, out, existing=Existing.UNIQUE)] == [Status.DONE] * 2
    files = {"a_done.png", "a_small.jpg", "a_done_2.png", "a_small_2.jpg"}
    assert files == {path.name for path in out.iterdir() if path.suffix in (".png", ".jpg")}
    before = written(out)
    assert [r.status for r in run(two(), sources, out, existing=Existing.UNIQUE)] == [Status.SKIPPED] * 2
    assert [r.status for r in run(two(), sources[1:], out, existing=Existing.UNIQUE)] == [Status.SKIPPED]
    assert written(out) == before


def test_with_numbers_nobody_elses_file_is_touched(source: Path, out: Path) -> None:
    out.mkdir()
    (out / "a_done.png").write_bytes(b"mine")
    assert run(two(), [source], out, existing=Existing.UNIQUE)[0].status is Status.DONE
    assert (out / "a_done.png").read_bytes() == b"mine"
    assert (out / "a_done_2.png").is_file()


def test_names_hold_what_the_file_says_of_the_camera(shared_data: Path, out: Path) -> None:
    source = shared_data / "raw" / "canon_eos_d30.crw"
    run(named("{camera}/{date}/{iso}_{stem}_{layer}"), [source], out)
    (result,) = out.rglob("*.png")
    assert result.relative_to(out).as_posix().startswith("Canon EOS D30/20")
    assert "no-" not in result.as_posix().removeprefix(out.as_posix())
