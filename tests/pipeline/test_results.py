"""Results as plain data."""

from __future__ import annotations

import json
import os
import pickle

import pytest

from unveil.pipeline.frame import TrailEntry
from unveil.pipeline.results import FrameResult, Status, Written

FULL = FrameResult(
    source=os.fsdecode(b"/shoot/\xff \xe5\x86\x99.NEF"),
    status=Status.DONE,
    outputs=(Written(path="proof/a.jpg", role="transmission", size=12),),
    seconds=1.5,
    device="cpu",
    trail=(
        TrailEntry(
            stage="tone", parameters={"exposure": "auto"}, seconds=0.1, device="cpu", notes=("+1 EV",)
        ),
    ),
    scores={"reflection": 0.25},
)


@pytest.mark.parametrize(
    "result", [FULL, FrameResult(source="/a", status=Status.FAILED, reason="/a: is empty", traceback="...")]
)
def test_json_gives_back_the_same_result(result: FrameResult) -> None:
    text = json.dumps(result.to_json())
    assert FrameResult.from_json(json.loads(text.encode())) == result


def test_a_result_crosses_processes() -> None:
    assert pickle.loads(pickle.dumps(FULL)) == FULL


@pytest.mark.parametrize(
    "data", [{}, {"source": "/a", "status": "lost"}, {"source": "/a", "status": "done", "odd": 1}]
)
def test_other_data_is_refused(data: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        FrameResult.from_json(data)
