"""One frame through the stages."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import torch

from unveil.pipeline.develop import develop, output_names
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Destination, Frame, Output, Space
from unveil.pipeline.hookspecs import hookimpl
from unveil.pipeline.naming import Naming
from unveil.pipeline.plan import make_plan
from unveil.pipeline.recipe.recipe import parse_recipe
from unveil.pipeline.registry import DEFAULT_PLUGINS, Registry, build_registry
from unveil.pipeline.stage import Parameters, StageContext, StageSpec

Picture = Callable[..., Path]
D = Space.DISPLAY_RGB

RECIPE = """\
unveil: 1
name: short
stages:
  - decode: {}
  - linearize: {}
  - demosaic: {}
  - colour: {}
  - tone: {exposure: 0}
  - act: {}
  - encode: {format: jpeg, name: "{stem}_a"}
  - act_late: {}
  - encode: {format: png, name: "sub/{stem}_b"}
"""


class Acting:
    """A plugin that does what the test says, in its stages and its hooks."""

    def __init__(self) -> None:
        self.act: Callable[[Frame], Frame] = lambda frame: frame
        self.act_late: Callable[[Frame], Frame] = lambda frame: frame
        self.told: list[tuple[str, str]] = []
        self.hook_error: Exception | None = None

    @hookimpl
    def unveil_stages(self) -> Iterable[StageSpec]:
        for name in ("act", "act_late"):
            yield StageSpec(
                name=name,
                summary="",
                parameters=Parameters,
                routes={D: frozenset({D})},
                build=self._builder(name),
            )

    @hookimpl
    def unveil_frame_started(self, source: Path) -> None:
        self._tell("started", source.name)

    @hookimpl
    def unveil_frame_finished(self, frame: Frame) -> None:
        self._tell(
            "finished", " ".join(output.final.name for output in frame.outputs if output.final.exists())
        )

    @hookimpl
    def unveil_frame_failed(self, source: Path, error: Exception) -> None:
        self._tell("failed", str(error))

    def _tell(self, what: str, words: str) -> None:
        self.told.append((what, words))
        if self.hook_error is not None:
            raise self.hook_error

    def _builder(self, name: str) -> Callable[[Parameters, StageContext], Callable[[Frame], Frame]]:
        def build(parameters: Parameters, context: StageContext) -> Callable[[Frame], Frame]:
            def stage(frame: Frame) -> Frame:
                act: Callable[[Frame], Frame] = getattr(self, name)
                return act(frame)

            return stage

        return build


class Bench:
    """The recipe above, built, with the acting plugin in it."""

    def __init__(self, folder: Path) -> None:
        self.plugin = Acting()
        self.registry: Registry = build_registry([*DEFAULT_PLUGINS, self.plugin])
        self.steps = make_plan(parse_recipe(RECIPE, self.registry), self.registry, "cpu").build()
        self.folder = folder / "out"
        self.folder.mkdir()

    def develop(self, source: Path, overwrite: bool = False) -> Frame:
        destination = Destination(folder=self.folder, overwrite=overwrite)
        return develop(self.steps, self.registry, source, destination, "cpu")

    def files(self) -> list[str]:
        return sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*") if p.is_file())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def raising(error: BaseException) -> Callable[[Frame], Frame]:
    def act(frame: Frame) -> Frame:
        raise error

    return act


def test_all_outputs_stand_and_nothing_else(bench: Bench, picture: Picture) -> None:
    frame = bench.develop(picture())
    assert bench.files() == ["a_a.jpg", "sub/a_b.png"]
    assert [output.role for output in frame.outputs] == ["transmission", "transmission"]


def test_the_outputs_are_known_beforehand(bench: Bench, picture: Picture) -> None:
    assert output_names(bench.steps, bench.registry, Naming.of(picture())) == ["a_a.jpg", "sub/a_b.png"]


def test_the_trail_tells_every_stage_in_plain_data(bench: Bench, picture: Picture) -> None:
    bench.plugin.act = lambda frame: frame.note("said by act")
    trail = bench.develop(picture()).trail
    assert [entry.stage for entry in trail] == [name for name, _, _ in bench.steps]
    assert trail[5].notes == ("said by act",)
    assert trail[6].parameters["quality"] == 92
    assert all(entry.seconds >= 0 and entry.device == "cpu" for entry in trail)
    json.dumps([dict(entry.parameters) for entry in trail])


def test_notes_move_into_the_trail(bench: Bench, picture: Picture) -> None:
    seen: list[tuple[str, ...]] = []

    def look(frame: Frame) -> Frame:
        seen.append(frame.notes)
        return frame

    bench.plugin.act = look
    assert bench.develop(picture()).notes == ()
    assert seen == [()]


def test_the_source_is_left_as_it_was(bench: Bench, picture: Picture) -> None:
    source = picture()
    before = sha256(source.read_bytes()).digest(), source.stat().st_mtime_ns
    bench.develop(source)
    assert (sha256(source.read_bytes()).digest(), source.stat().st_mtime_ns) == before


def test_an_unexpected_exception_becomes_a_sentence_and_stays_the_cause(
    bench: Bench, picture: Picture
) -> None:
    bench.plugin.act_late = raising(ZeroDivisionError("what\na mess"))
    source = picture()
    with pytest.raises(FrameError) as error:
        bench.develop(source)
    assert str(error.value) == (
        f"{source}: stage 'act_late' failed: ZeroDivisionError: what a mess; rerun with --debug"
    )
    assert isinstance(error.value.__cause__, ZeroDivisionError)
    assert bench.files() == []


def test_a_frame_error_is_passed_on_and_names_the_file(bench: Bench, picture: Picture) -> None:
    bench.plugin.act = raising(FrameError("too dark"))
    source = picture()
    with pytest.raises(FrameError) as error:
        bench.develop(source)
    assert str(error.value) == f"{source}: too dark"


def test_an_interruption_leaves_no_temporary_file(bench: Bench, picture: Picture) -> None:
    bench.plugin.act_late = raising(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        bench.develop(picture())
    assert bench.files() == []


def test_a_half_written_file_of_this_frame_is_removed_and_others_are_not(
    bench: Bench, picture: Picture
) -> None:
    for name in ("a_a.jpg", "other.jpg"):
        (bench.folder / f".{name}.part-{os.getpid()}").write_bytes(b"half")
    bench.plugin.act = raising(OSError(28, "No space left on device"))
    with pytest.raises(FrameError, match="No space left on device"):
        bench.develop(picture())
    assert bench.files() == [f".other.jpg.part-{os.getpid()}"]


def test_a_temporary_file_of_a_foreign_name_is_removed_too(
    bench: Bench, picture: Picture, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign"
    foreign.touch()
    output = Output(temporary=foreign, final=bench.folder / "foreign", role="transmission")
    bench.plugin.act = lambda frame: replace(frame, outputs=(output,))
    bench.plugin.act_late = raising(ValueError())
    with pytest.raises(FrameError):
        bench.develop(picture())
    assert not foreign.exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_pixels_that_are_not_finite_are_never_written(bench: Bench, picture: Picture, value: float) -> None:
    def spoil(frame: Frame) -> Frame:
        pixels = frame.image().clone()
        pixels[1, 2, 3] = value
        return replace(frame, pixels=pixels)

    bench.plugin.act = spoil
    with pytest.raises(FrameError, match="stage 'act' left 1 values in the frame that are not finite"):
        bench.develop(picture())
    assert bench.files() == []


def test_layers_that_are_not_finite_are_refused(bench: Bench, picture: Picture) -> None:
    layer = torch.full((3, 24, 32), torch.nan)
    bench.plugin.act = lambda frame: replace(frame, layers={"reflection": layer})
    with pytest.raises(FrameError, match="2304 values in the layer 'reflection' that are not finite"):
        bench.develop(picture())


def test_a_stage_that_gives_another_space_than_it_says_is_refused(bench: Bench, picture: Picture) -> None:
    bench.plugin.act = lambda frame: replace(frame, space=Space.LINEAR_RGB)
    with pytest.raises(
        FrameError, match="stage 'act' gave linear-rgb for display-rgb, but declares display-rgb"
    ):
        bench.develop(picture())


def test_a_stage_that_does_not_take_the_space_is_named_with_its_neighbour(
    bench: Bench, picture: Picture
) -> None:
    steps = [bench.steps[0], bench.steps[4]]
    with pytest.raises(
        FrameError, match="stage 'tone' takes linear-rgb, but after stage 'decode' the frame is display-rgb"
    ):
        develop(steps, bench.registry, picture(), Destination(folder=bench.folder), "cpu")


def test_an_output_that_appears_meanwhile_fails_the_frame_and_is_kept(bench: Bench, picture: Picture) -> None:
    def race(frame: Frame) -> Frame:
        (bench.folder / "a_a.jpg").write_text("precious")
        return frame

    bench.plugin.act_late = race
    with pytest.raises(FrameError, match=r"a_a\.jpg appeared"):
        bench.develop(picture())
    assert bench.files() == ["a_a.jpg"]
    assert (bench.folder / "a_a.jpg").read_text() == "precious"


def test_overwriting_replaces_what_is_there(bench: Bench, picture: Picture) -> None:
    (bench.folder / "a_a.jpg").write_text("old")
    bench.develop(picture(), overwrite=True)
    assert (bench.folder / "a_a.jpg").read_bytes()[:2] == b"\xff\xd8"


def test_hooks_are_told_when_the_results_stand(bench: Bench, picture: Picture) -> None:
    bench.develop(picture())
    assert bench.plugin.told == [("started", "a.png"), ("finished", "a_a.jpg a_b.png")]


def test_hooks_are_told_of_a_failure(bench: Bench, picture: Picture) -> None:
    bench.plugin.act = raising(FrameError("a.png: too dark"))
    with pytest.raises(FrameError):
        bench.develop(picture())
    assert bench.plugin.told == [("started", "a.png"), ("failed", "a.png: too dark")]


def test_a_hook_that_fails_before_the_frame_fails_it(bench: Bench, picture: Picture) -> None:
    bench.plugin.hook_error = RuntimeError("no network")
    with pytest.raises(FrameError, match=r"a\.png: RuntimeError: no network"):
        bench.develop(picture())
    assert bench.files() == []


def test_a_hook_that_fails_after_the_frame_is_noted_and_the_results_stand(
    bench: Bench, picture: Picture
) -> None:
    def break_hook(frame: Frame) -> Frame:
        bench.plugin.hook_error = RuntimeError("no network")
        return frame

    bench.plugin.act_late = break_hook
    frame = bench.develop(picture())
    assert frame.trail[-1].notes == ("a plugin failed when it was told: RuntimeError: no network",)
    assert bench.files() == ["a_a.jpg", "sub/a_b.png"]


@pytest.mark.parametrize("content", [b"", b"not a picture, but text\n" * 40, b"\xff\xd8\xff\xe0 broken"])
def test_a_file_that_is_no_picture_fails_with_its_name(bench: Bench, tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "broken.NEF"
    source.write_bytes(content)
    with pytest.raises(FrameError, match=r"broken\.NEF: "):
        bench.develop(source)
    assert bench.files() == []


def test_a_folder_and_a_missing_file_fail_with_their_names(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "folder.NEF").mkdir()
    for name in ("folder.NEF", "missing.NEF"):
        with pytest.raises(FrameError, match=name):
            bench.develop(tmp_path / name)
