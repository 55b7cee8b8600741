"""The demo, with small sample frames in the place of the shipped ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unveil.cli import main
from unveil.pipeline.demo import AFTER, BEFORE, demo_rows, prepare_demo, run_demo
from unveil.pipeline.ledger import read_ledger
from unveil.pipeline.registry import build_registry
from unveil.pipeline.results import FrameResult, Status
from unveil.pipeline.run import Options
from unveil.pipeline.tally import Tally
from unveil.samples import truth

OUTPUTS = ["frame_clean.tif", "proof/frame.jpg", "before/frame.jpg", "reflection/frame.png"]


@pytest.fixture
def samples(make_dng: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one sample: a frame, and its truth with a tenth of the light gone."""
    light = np.random.default_rng(5).uniform(300, 3000, (96, 128))
    frame = make_dng(light.astype(np.uint16), cfa=((0, 1), (1, 2)), name="frame.dng")
    make_dng((light * 0.9).astype(np.uint16), cfa=((0, 1), (1, 2)), name="truth.dng")
    entry = {"file": "frame.dng", "truth": "truth.dng", "description": "noise", "licence": "CC0-1.0"}
    (frame.parent / "samples.json").write_text(json.dumps({"samples": [entry]}))
    monkeypatch.setattr(truth, "FOLDER", frame.parent)
    return frame.parent


def demo(output: Path) -> tuple[Tally, list[FrameResult]]:
    prepared = prepare_demo(build_registry(), "cpu", Options(output=output, jobs=0))
    return run_demo(prepared, lambda result: None)


def test_every_sample_leaves_its_files_scores_and_a_page(samples: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    tally, (result,) = demo(out)
    assert (tally.exit_status(), result.status) == (0, Status.DONE)
    assert [written.path for written in result.outputs] == OUTPUTS
    assert all((out / name).is_file() for name in OUTPUTS)
    # A tenth of the light, against white: the truth is known, so the score of the input is too.
    assert result.scores[BEFORE] == pytest.approx(_expected_psnr(samples), abs=0.05)
    assert np.isfinite(result.scores[AFTER])
    assert read_ledger(out)[result.source].scores == result.scores
    assert tally.page == out / "index.html"
    assert "psnr_before" in tally.page.read_text("utf-8")


def _expected_psnr(samples: Path) -> float:
    light = np.random.default_rng(5).uniform(300, 3000, (96, 128))
    difference = (light.astype(np.uint16) - (light * 0.9).astype(np.uint16)) / 65535
    return float(-10 * np.log10(np.mean(difference**2)))


def test_a_second_demo_replaces_the_first(samples: Path, tmp_path: Path) -> None:
    demo(tmp_path / "out")
    assert demo(tmp_path / "out")[0].counts == {Status.DONE: 1}


def test_the_closing_table_tells_frame_time_files_and_scores(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "-o", str(tmp_path / "out"), "--device", "cpu", "--jobs", "0"]) == 0
    out, err = capsys.readouterr()
    head, row = out.splitlines()[-2:]
    assert head.split() == ["frame", "time", "written", "PSNR", "before", "PSNR", "after"]
    assert re.match(
        r"frame\.dng +\d+\.\d s +frame_clean\.tif, proof/frame\.jpg, .* \d+\.\d\d dB +\d+\.\d\d dB$", row
    )
    assert "look at" in err


def test_a_failed_frame_shows_its_reason_and_no_score() -> None:
    failed = FrameResult(source="/s/a.dng", status=Status.FAILED, reason="too dark")
    assert demo_rows([failed]) == [("a.dng", "0.0 s", "too dark", "", "")]
