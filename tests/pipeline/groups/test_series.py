"""Series of a scene, developed by whole runs."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import rawpy

from unveil.pipeline.groups.group import Grouping
from unveil.pipeline.plan import Plan, make_plan
from unveil.pipeline.recipe.recipe import parse_recipe
from unveil.pipeline.registry import build_registry
from unveil.pipeline.results import FrameResult, Status
from unveil.pipeline.run import Options, execute, prepare

Shot = Callable[..., Path]
Results = dict[str, FrameResult]
RECIPE = """
unveil: 1
name: series
{group}
stages:
  - decode
  - linearize
  - separate: {{method: unveilnet, scale: 64}}
  - demosaic: {{algorithm: superpixel}}
  - colour: {{white_balance: {balance}}}
  - tone: {{exposure: auto}}
  - encode: {{format: png, name: "{{stem}}"}}
"""
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:WhiteBalance="Custom"
crs:Temperature="3200" crs:Tint="+5"/></rdf:RDF></x:xmpmeta>"""
SAID = {
    "white balance": r"^white balance ([\d.]+ [\d.]+ [\d.]+)",
    "exposure": r"^exposure (?:auto: )?([-+][\d.]+) EV",
    "proxy": r"^shown at ([\d.]+) times",
}


@cache
def plan(balance: str = "as-shot", group: str = "") -> Plan:
    registry = build_registry()
    return make_plan(parse_recipe(RECIPE.format(balance=balance, group=group), registry), registry)


def run(inputs: list[Path], out: Path, group: Grouping | None, plan: Plan) -> Results:
    found: list[FrameResult] = []
    execute(prepare(plan, inputs, Options(output=out, group=group, jobs=0)), found.append)
    return {Path(result.source).stem: result for result in found}


def said(results: Results, what: str) -> list[str]:
    """Return what the trails say of a value, frame by frame."""
    return [
        match[1]
        for _, result in sorted(results.items())
        for entry in result.trail
        for note in entry.notes
        if (match := re.search(SAID[what], note))
    ]


def notes(result: FrameResult) -> str:
    return "\n".join(note for entry in result.trail for note in entry.notes)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.png"))}


@pytest.fixture
def bracket(shot: Shot) -> list[Path]:
    """Three exposures of a scene, two seconds apart, whose camera found another white balance each time."""
    return [
        shot("a.dng", ev=-2, second=0, neutral=(0.5, 1, 0.7)),
        shot("b.dng", ev=0, second=2, neutral=(0.45, 1, 0.6)),
        shot("c.dng", ev=2, second=4, neutral=(0.6, 1, 0.8)),
    ]


@pytest.mark.parametrize("balance", ["as-shot", "auto"])
def test_a_bracket_shares_white_balance_and_exposure(
    bracket: list[Path], tmp_path: Path, balance: str
) -> None:
    alone = run(bracket, tmp_path / "alone", None, plan(balance))
    assert [len(set(said(alone, what))) for what in ("white balance", "exposure")] == [3, 3]
    assert [len(said(alone, "proxy")), alone["a"].leader] == [0, ""]
    together = run(bracket, tmp_path / "together", Grouping.AUTO, plan(balance))
    for what in ("white balance", "exposure"):
        assert said(together, what) == [said(alone, what)[1]] * 3
    assert {Path(result.leader).name for result in together.values()} == {"b.dng"}
    assert "follows b.dng in a group of 3 frames (group: auto)" in notes(together["a"])
    assert "leads a group of 3 frames (group: auto)" in notes(together["b"])


def test_a_method_sees_a_bracket_at_one_brightness_but_never_saturation_as_grey(
    bracket: list[Path], tmp_path: Path
) -> None:
    results = run(bracket, tmp_path / "out", Grouping.AUTO, plan())
    dark, bright = map(float, said(results, "proxy"))
    assert dark / bright >= 4
    assert bright >= 0.5


def test_the_leader_is_developed_as_if_it_were_alone(bracket: list[Path], tmp_path: Path) -> None:
    run(bracket, tmp_path / "alone", None, plan())
    run(bracket, tmp_path / "together", Grouping.AUTO, plan())
    alone, together = digests(tmp_path / "alone"), digests(tmp_path / "together")
    assert [name for name in alone if alone[name] == together[name]] == ["b.png"]


def test_a_follower_alone_comes_out_as_with_the_others(bracket: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(bracket, out, Grouping.AUTO, plan())
    whole = digests(out)
    (out / "a.png").unlink()
    again = run(bracket, out, Grouping.AUTO, plan())
    assert statuses(again) == "a"
    assert digests(out) == whole


def statuses(results: Results) -> str:
    """Return which frames were made."""
    return "".join(name for name, result in sorted(results.items()) if result.status is Status.DONE)


def test_a_second_run_makes_what_follows_another_leader(
    shot: Shot, bracket: list[Path], tmp_path: Path
) -> None:
    out, how = tmp_path / "out", plan(group="group: auto")
    assert statuses(run(bracket[:2], out, None, how)) == "ab"
    assert statuses(run(bracket[:2], out, None, how)) == ""
    assert "follows a.dng" in notes(run([*bracket[:2]], tmp_path / "two", None, how)["b"])
    # The middle of three exposures is another frame than the darker of two.
    third = run(bracket, out, None, how)
    assert statuses(third) == "abc"
    assert "follows b.dng" in notes(third["a"])
    later = shot("d.dng", ev=0, second=30)
    assert statuses(run([*bracket, later], out, None, how)) == "d"
    assert statuses(run([*bracket, later], out, Grouping.NONE, how)) == "acd"


def test_a_second_run_notices_a_leader_that_changed(shot: Shot, bracket: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(bracket, out, Grouping.AUTO, plan())
    os.utime(bracket[1], ns=(1, 1))
    assert statuses(run(bracket, out, Grouping.AUTO, plan())) == ""
    shot("b.dng", ev=0, second=2, neutral=(0.7, 1, 0.5))
    changed = run(bracket, out, Grouping.AUTO, plan())
    assert statuses(changed) == "abc"
    assert len(set(said(changed, "white balance"))) == 1


def test_a_second_run_notices_an_xmp_beside_the_leader(bracket: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(bracket, out, Grouping.AUTO, plan())
    bracket[1].with_suffix(".xmp").write_text(XMP)
    changed = run(bracket, out, Grouping.AUTO, plan())
    assert statuses(changed) == "abc"
    assert len(set(said(changed, "white balance"))) == 1
    assert "3200 K, tint +5 (.xmp)" in notes(changed["a"])


def test_frames_whose_leader_cannot_be_developed_are_by_themselves(
    shot: Shot, bracket: list[Path], tmp_path: Path
) -> None:
    shot("b.dng", ev=0, second=2, damaged=True)
    alone = run([bracket[0], bracket[2]], tmp_path / "alone", None, plan())
    results = run(bracket, tmp_path / "out", Grouping.FOLDER, plan())
    assert {name: result.status for name, result in results.items()} == {
        "a": Status.DONE,
        "b": Status.FAILED,
        "c": Status.DONE,
    }
    assert said(results, "white balance") == said(alone, "white balance")
    assert "that one cannot be developed, so all is decided by this frame itself" in notes(results["a"])
    assert statuses(run(bracket, tmp_path / "out", Grouping.FOLDER, plan())) == ""


def test_dngs_of_a_bracket_have_one_neutral(bracket: list[Path], tmp_path: Path) -> None:
    text = "unveil: 1\nname: d\nstages: [decode, linearize, encode: {format: dng}]\n"
    registry = build_registry()
    dng = make_plan(parse_recipe(text, registry), registry)
    for folder, grouping in (("alone", Grouping.NONE), ("together", Grouping.AUTO)):
        run(bracket, tmp_path / folder, grouping, dng)

    def neutrals(folder: str) -> set[tuple[float, ...]]:
        found = set()
        for path in (tmp_path / folder).glob("*.dng"):
            with rawpy.imread(str(path)) as raw:
                found.add(tuple(round(value, 3) for value in raw.camera_whitebalance[:3]))
        return found

    assert len(neutrals("alone")) == 3
    assert len(neutrals("together")) == 1
    assert neutrals("together") < neutrals("alone")


def test_frames_that_fail_are_retried_in_their_group(shot: Shot, bracket: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    whole = bracket[0].read_bytes()
    shot("a.dng", ev=-2, second=0, damaged=True)
    assert statuses(run(bracket, out, Grouping.FOLDER, plan())) == "bc"
    bracket[0].write_bytes(whole)
    found: list[FrameResult] = []
    options = Options(output=out, group=Grouping.FOLDER, jobs=0, retry_failed=True)
    execute(prepare(plan(), bracket, options), found.append)
    assert ["follows b.dng" in notes(result) for result in found] == [True]
