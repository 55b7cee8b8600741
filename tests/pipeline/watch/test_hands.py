"""Frames of a hot folder on worker processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from unveil.pipeline.ledger import read_ledger
from unveil.pipeline.registry import build_registry
from unveil.pipeline.results import Status

from .conftest import Hot

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs the signals of POSIX")


def test_workers_stay_for_later_frames_and_a_poisoned_one_is_the_end_of_itself_alone(
    hot: Hot, picture: Callable[..., Path], struck_recipe: Path
) -> None:
    hot.base = replace(hot.base, recipe=str(struck_recipe))
    hot.rules = replace(hot.rules, jobs=1)
    hot.registry = build_registry()
    hot.start()
    try:
        for seed, name in enumerate(("a", "b", "kill")):
            picture(f"in/{name}.png", seed)
            hot.look()
    finally:
        hot.watch.making.hands.close()
    known = {Path(source).stem: result for source, result in read_ledger(hot.out).items()}
    assert known["a"].worker == known["b"].worker
    assert known["a"].worker.split("@")[0] != str(os.getpid())
    assert known["kill"].status is Status.FAILED
    assert hot.files() == ["done/a.png", "done/b.png", "failed/kill.png", "failed/kill.png.reason.txt"]
    assert "its worker process died twice" in (hot.incoming / "failed/kill.png.reason.txt").read_text()
