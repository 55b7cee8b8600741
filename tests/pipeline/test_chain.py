"""Spaces are followed from stage to stage, and advice says what to insert."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from unveil.pipeline.chain import after, check_end, check_outputs, check_spaces, missing_between, routed
from unveil.pipeline.frame import Space
from unveil.pipeline.naming import Naming
from unveil.pipeline.registry import DEFAULT_PLUGINS, Registry, build_registry
from unveil.pipeline.stage import Parameters, Routes, StageSpec

LEAVES = "leaves the output folder; give a path below it, with '/' between folders"
RGB, LINEAR, DISPLAY = Space.CAMERA_RGB, Space.LINEAR_RGB, Space.DISPLAY_RGB


def stage(name: str, routes: Routes, outputs: Callable[[Any, Naming], str] | None = None) -> StageSpec:
    return StageSpec(
        name=name,
        summary=name,
        parameters=Parameters,
        routes=routes,
        build=lambda parameters, context: lambda frame: frame,
        outputs=outputs,
    )


def writer(name: Callable[[str], str]) -> StageSpec:
    return stage("write", {DISPLAY: frozenset({DISPLAY})}, lambda parameters, naming: name(naming.stem))


@pytest.fixture(scope="module")
def registry() -> Registry:
    return build_registry(DEFAULT_PLUGINS)


def spaces_told(registry: Registry, *names: str) -> list[tuple[int, str]]:
    """With the parameters that a stage has by default, where these matter."""
    specs = [registry.stages.get(name) for name in names]
    chain = [spec and routed(spec, spec.parameters() if spec.narrow else None) for spec in specs]
    return check_spaces(chain, registry.stages.values())


def test_the_way_of_a_frame_holds_together(registry: Registry) -> None:
    assert (
        spaces_told(registry, "decode", "linearize", "separate", "demosaic", "colour", "tone", "encode") == []
    )


@pytest.mark.parametrize("place", [2, 3, 4, 5])
def test_separate_may_stand_anywhere_after_linearize(registry: Registry, place: int) -> None:
    chain = ["decode", "linearize", "demosaic", "colour", "tone", "encode"]
    assert spaces_told(registry, *chain[:place], "separate", *chain[place:]) == []


def test_every_space_that_may_arrive_has_to_be_taken() -> None:
    spec = stage("s", {RGB: frozenset({RGB}), LINEAR: frozenset({LINEAR})})
    assert after(spec, frozenset({RGB, LINEAR})) == frozenset[Space | None]({RGB, LINEAR})
    assert after(spec, frozenset({RGB, DISPLAY})) is None


def test_the_shortest_way_is_found_for_all_spaces_at_once(registry: Registry) -> None:
    decoded = frozenset(registry.stages["decode"].routes[None])
    found = missing_between(
        frozenset[Space | None](decoded), registry.stages["tone"], registry.stages.values()
    )
    assert found == (["linearize", "demosaic", "colour"], frozenset[Space | None]({DISPLAY}))


def test_no_way_is_none() -> None:
    wanted = stage("wanted", {Space.CFA: frozenset({Space.CFA})})
    assert missing_between(frozenset({DISPLAY}), wanted, [wanted]) is None


def test_a_stage_that_writes_is_never_advised() -> None:
    back = stage("back", {DISPLAY: frozenset({LINEAR})}, lambda parameters, naming: naming.stem)
    wanted = stage("wanted", {LINEAR: frozenset({LINEAR})})
    assert missing_between(frozenset({DISPLAY}), wanted, [back, wanted]) is None


@pytest.mark.parametrize(
    ("names", "index", "sentence"),
    [
        (
            ["decode", "tone"],
            1,
            "'tone' takes linear-rgb, but stages[0] 'decode' gives cfa, camera-rgb or display-rgb; "
            "put 'linearize', 'demosaic' and 'colour' between them",
        ),
        (
            ["tone", "encode"],
            0,
            "'tone' takes linear-rgb, but nothing stands before it; "
            "start with 'decode', 'linearize', 'demosaic' and 'colour'",
        ),
        (
            ["decode", "decode"],
            1,
            "'decode' can only come first, but stages[0] 'decode' stands before it; move or remove it",
        ),
        (
            ["nonsense", "colour", "encode"],
            2,
            "'encode' takes display-rgb, but stages[1] 'colour' gives linear-rgb; put 'tone' between them",
        ),
    ],
)
def test_a_chain_that_does_not_meet_names_both_neighbours_and_the_remedy(
    registry: Registry, names: list[str], index: int, sentence: str
) -> None:
    assert spaces_told(registry, *names) == [(index, sentence)]


def test_nothing_is_said_of_what_follows_an_unknown_stage(registry: Registry) -> None:
    assert spaces_told(registry, "decode", "linearize", "nonsense", "tone", "encode") == []


def test_two_mistakes_are_both_told(registry: Registry) -> None:
    told = spaces_told(registry, "decode", "demosaic", "colour", "encode")
    assert [index for index, _ in told] == [1, 3]


def test_where_no_stage_leads_there_the_order_is_blamed() -> None:
    first, last = (
        stage("first", {None: frozenset({DISPLAY})}),
        stage("last", {Space.CFA: frozenset({Space.CFA})}),
    )
    assert check_spaces([first, last], [first, last]) == [
        (
            1,
            "'last' takes cfa, but stages[0] 'first' gives display-rgb; no stage leads there; change "
            "their order",
        )
    ]


def test_a_chain_needs_a_stage_that_writes_at_its_end(registry: Registry) -> None:
    decode, tone, encode = (registry.stages[name] for name in ("decode", "tone", "encode"))
    assert check_end([decode, tone]) == [(1, "nothing would be written; add 'encode' at the end")]
    assert check_end([decode, encode, tone]) == [
        (2, "what 'tone' does would not be written; add 'encode' after it or remove it")
    ]
    assert check_end([decode, tone, encode]) == []
    assert check_end([decode, None]) == []


@pytest.mark.parametrize("pattern", ["{stem}.x", "a/b/{stem}.x", "{stem}..x"])
def test_names_below_the_folder_are_good(pattern: str) -> None:
    assert check_outputs([(4, writer(lambda stem: pattern.format(stem=stem)), None)]) == []


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("../{stem}", f"the name '../{{stem}}' {LEAVES}"),
        ("a/../../{stem}", f"the name 'a/../../{{stem}}' {LEAVES}"),
        ("/{stem}", f"the name '/{{stem}}' {LEAVES}"),
        ("C:\\{stem}", rf"the name 'C:\\{{stem}}' {LEAVES}"),
        ("{stem}\0", r"the name '{stem}\x00' holds a control character; remove it"),
        ("{date}", "the name of its file cannot be made: {date} is unknown"),
        ("{", "the name of its file cannot be made: Single '{' encountered in format string"),
    ],
)
def test_names_that_cannot_be_used_are_refused(pattern: str, sentence: str) -> None:
    assert check_outputs([(4, writer(lambda stem: pattern.format(stem=stem)), None)]) == [(4, sentence)]


def test_two_files_of_one_name_are_refused_even_where_only_the_case_differs() -> None:
    first, second = writer(lambda stem: f"a/{stem}"), writer(lambda stem: f"A/./{stem}")
    assert check_outputs([(1, first, None), (3, second, None)]) == [
        (
            3,
            "writes 'A/./{stem}', and so does stages[1] 'write'; give one of them another name, e.g. "
            "{stem}_2",
        )
    ]
