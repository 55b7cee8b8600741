"""TensorBoard: event files are written and read back; without the extra a training goes on and says so."""

from pathlib import Path
from typing import Any

import pytest
import torch

from unveil.training import train
from unveil.training.board import FOLDER, MISSING, Board
from unveil.training.sheet import write_sheet
from unveil.training.train import run

PHOTOGRAPHS = Path(__file__).parents[1] / "data" / "photographs"


def read(output: Path) -> Any:
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="needs the extra `tensorboard`"
    )
    found = accumulator.EventAccumulator(str(output / FOLDER))
    found.Reload()
    return found


def points(output: Path, name: str) -> list[tuple[int, float]]:
    return [(event.step, event.value) for event in read(output).Scalars(name)]


def training(folder: Path, *, steps: int = 3) -> Path:
    path = folder / "config.yaml"
    path.write_text(
        f"unveil_training: 1\nphotographs: ['{PHOTOGRAPHS}']\nhold_out: 3\nsize: 64\nbatch: 2\nsteps: {steps}\n"
        "pretrained: false\nvalidate_every: 2\nlog_every: 1\nlook_at: [1]\nmixtures: 2\n"
    )
    return path


def test_figures_and_sheets_are_read_back(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="needs the extra `tensorboard`")
    sheet = tmp_path / "step_000007.png"
    write_sheet([(torch.rand(3, 40, 40),) * 3], sheet)
    board = Board(tmp_path, 0)
    board.figures("losses", 7, {"loss": 0.5, "pixel": 0.25})
    board.sheet(7, sheet)
    board.close()
    assert points(tmp_path, "losses/loss") == [(7, 0.5)]
    image = read(tmp_path).Images("step")[0]
    assert (image.step, image.width, image.height) == (7, 3 * 196, 196)


def test_nothing_is_written_before_there_is_a_figure(tmp_path: Path) -> None:
    Board(tmp_path, 0).close()
    assert not list(tmp_path.iterdir())


def test_a_training_writes_its_losses_and_validations(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="needs the extra `tensorboard`")
    run(training(tmp_path), tmp_path / "out", "cpu", say=lambda line: None)
    assert [step for step, _ in points(tmp_path / "out", "losses/loss")] == [1, 2, 3]
    assert [step for step, _ in points(tmp_path / "out", "validation/psnr")] == [2, 3]
    assert {"early", "step"} <= set(read(tmp_path / "out").Tags()["images"])


def test_points_after_the_checkpoint_are_not_shown_twice(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="needs the extra `tensorboard`")
    first = Board(tmp_path, 0)
    for step in (1, 2, 3):
        first.figures("losses", step, {"loss": step})
    first.close()
    second = Board(tmp_path, 1)
    second.figures("losses", 2, {"loss": 20.0})
    second.close()
    assert points(tmp_path, "losses/loss") == [(1, 1.0), (2, 20.0)]


def test_without_the_extra_a_training_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "installed", lambda: False)
    said: list[str] = []
    run(training(tmp_path, steps=1), tmp_path / "out", "cpu", say=said.append)
    assert MISSING in said
    assert not (tmp_path / "out" / FOLDER).exists()
    assert (tmp_path / "out/log.csv").exists()
