"""The log of a training: means, lines, and whether the loss fell."""

import csv
from pathlib import Path

import pytest

from unveil.training.log import Log, fell


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, losses: dict[int, float]) -> Log:
    log = Log(path)
    for step, loss in losses.items():
        log.add({"loss": loss})
        log.write({"step": step})
    return log


def test_line_has_the_means_since_the_last_one(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.csv")
    for loss in (1.0, 3.0):
        log.add({"loss": loss})
    log.write({"step": 2})
    log.add({"loss": 5.0})
    log.write({"step": 3})
    assert rows(log.path) == [{"step": "2", "loss": "2"}, {"step": "3", "loss": "5"}]


@pytest.mark.parametrize(("step", "kept"), [(0, []), (20, ["10", "20"]), (25, ["10", "20"])])
def test_resumed_log_goes_on_from_its_step(tmp_path: Path, step: int, kept: list[str]) -> None:
    log = write(tmp_path / "log.csv", {10: 3.0, 20: 2.0, 30: 1.0})
    log.start(step)
    log.write({"step": 99, "loss": 0.5})
    assert [row["step"] for row in rows(log.path)] == [*kept, "99"]


def test_new_column_is_empty_in_the_lines_before(tmp_path: Path) -> None:
    log = write(tmp_path / "log.csv", {10: 3.0})
    log.write({"step": 20, "pairs": 0.5})
    assert rows(log.path) == [
        {"step": "10", "loss": "3", "pairs": ""},
        {"step": "20", "loss": "", "pairs": "0.5"},
    ]


@pytest.mark.parametrize(
    ("losses", "expected"),
    [({1: 2.0, 2: 1.5}, True), ({1: 2.0, 2: 1.9}, False), ({1: 2.0, 2: 2.5}, False), ({1: 2.0}, False)],
)
def test_fall_of_a_tenth_counts(tmp_path: Path, losses: dict[int, float], expected: bool) -> None:
    assert fell(write(tmp_path / "log.csv", losses).path) is expected
