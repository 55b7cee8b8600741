"""How many frames are made at once, by cores, GPUs and memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from unveil.pipeline.batch import default_places, frame_bytes, places, say_if_tight
from unveil.pipeline.batch.needs import UNKNOWN, bytes_for
from unveil.pipeline.plan import Plan

GIB = 2**30


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """25 cores and 32 GiB, all free."""
    monkeypatch.setattr(places, "CPU_COUNT", 25)
    monkeypatch.setattr(places, "MEMORY_LIMIT", 32 * GIB)
    monkeypatch.setattr(places, "free_memory", lambda device: 32 * GIB)


@pytest.mark.usefixtures("machine")
def test_frames_at_once_fit_into_the_memory() -> None:
    for megapixels, most in ((6, 25), (24, 12), (50, 6), (150, 2), (1000, 1)):
        need = bytes_for(megapixels * 1_000_000)
        found = default_places(1000, "cpu", need=need)
        assert found.processes <= most
        assert found.processes * need <= found.memory or found.processes == 1
    assert default_places(1000, "cpu", need=bytes_for(6_000_000)).processes == 25


@pytest.mark.usefixtures("machine")
def test_what_others_use_of_the_memory_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "free_memory", lambda device: 4 * GIB)
    assert default_places(1000, "cpu").processes == 1
    assert default_places(1000, "cuda:0").frames == 1


@pytest.mark.usefixtures("machine")
def test_too_many_jobs_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    need = bytes_for(24_000_000)
    say_if_tight(default_places(1000, "cpu", 25, need), need)
    assert capsys.readouterr().err == (
        "25 frames at once may need 75.1 GiB of memory, and 32 GiB are free; fewer --jobs are safer\n"
    )
    say_if_tight(default_places(1000, "cpu", need=need), need)
    assert capsys.readouterr().err == ""


def test_the_largest_frame_decides_and_unknown_ones_are_taken_for_large(
    short_plan: Plan, tmp_path: Path
) -> None:
    sources = []
    for number, side in enumerate((10, 30, 20)):
        sources.append(tmp_path / f"{number}.png")
        sources[-1].write_bytes(imagecodecs.png_encode(np.zeros((side, 100, 3), np.uint8)))
    assert frame_bytes(short_plan, sources) == bytes_for(3000)
    text = tmp_path / "text.NEF"
    text.write_text("no picture")
    assert frame_bytes(short_plan, [*sources, text]) == bytes_for(UNKNOWN)
    assert frame_bytes(short_plan, [tmp_path / "missing.NEF"]) == bytes_for(UNKNOWN)


@pytest.mark.skipif(os.name != "posix", reason="needs the limits of POSIX")
def test_a_process_that_may_take_little_makes_one_frame_at_once() -> None:
    code = """\
import resource
resource.setrlimit(resource.RLIMIT_RSS, (2**31, 2**31))
from unveil.pipeline.batch import default_places
print(default_places(1000, "cpu").processes, default_places(1000, "cpu").memory <= 2**31)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1 True\n"
