"""A leader that ends the process which develops it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from unveil.pipeline.groups.deadly import is_deadly, marked
from unveil.pipeline.groups.group import Grouping
from unveil.pipeline.plan import make_plan
from unveil.pipeline.receipts import tidy
from unveil.pipeline.recipe.recipe import parse_recipe
from unveil.pipeline.registry import build_registry
from unveil.pipeline.results import FrameResult, Status
from unveil.pipeline.run import Options, execute, prepare

DYING = """
import os, sys
from pathlib import Path
from unveil.pipeline.groups.deadly import marked
with marked(Path(sys.argv[1]), Path("/a.dng")):
    os._exit(9)
"""
SEPARATE = "  - separate: {method: unveilnet, scale: 64}\n  - encode:"


def test_a_mark_goes_with_the_leader(tmp_path: Path) -> None:
    with marked(tmp_path, Path("/a.dng")):
        assert not is_deadly(tmp_path, Path("/a.dng"))
        assert len(list(tmp_path.rglob("*.*"))) == 2
    tidy(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_dies_leaves_its_mark_until_the_run_ends(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", DYING, str(tmp_path)], check=False)
    assert is_deadly(tmp_path, Path("/a.dng"))
    assert not is_deadly(tmp_path, Path("/b.dng"))
    tidy(tmp_path)
    assert not is_deadly(tmp_path, Path("/a.dng"))


def test_the_frames_that_follow_a_deadly_leader_are_made(
    picture: Callable[..., Path], struck_recipe: Path, tmp_path: Path
) -> None:
    text = struck_recipe.read_text().replace("  - encode:", SEPARATE)
    registry = build_registry()
    plan = make_plan(parse_recipe(text, registry), registry)
    shots = [picture(f"shots/{name}.png", seed) for seed, name in enumerate(("kill", "x", "y"))]
    found: list[FrameResult] = []
    options = Options(output=tmp_path / "out", group=Grouping.FOLDER, jobs=1)
    execute(prepare(plan, shots, options), found.append)
    assert {Path(result.source).stem: result.status for result in found} == {
        "kill": Status.FAILED,
        "x": Status.DONE,
        "y": Status.DONE,
    }
    notes = [result.trail[0].notes[0] for result in found if result.trail]
    assert all("a process died while it developed this frame" in note for note in notes)
    assert not (tmp_path / "out" / ".unveil-receipts").exists()
