"""Figures of pairs say what was mixed."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from unveil.training.synth.blur import blur
from unveil.training.synth.statistics import main, measure


def scenes() -> tuple[Tensor, Tensor]:
    noise = torch.rand(2, 3, 96, 96, generator=Generator().manual_seed(0))
    first, second = 0.1 + 0.5 * blur(noise, torch.ones(2))
    return first, second


def test_nothing_added_is_no_reflection() -> None:
    first, _ = scenes()
    found = measure(first * 0.8, first)
    assert found.share == pytest.approx(0, abs=1e-4)
    assert found.where == 0


def test_share_is_that_of_the_mixture() -> None:
    first, second = scenes()
    second = second * torch.linspace(-1, 1, 96).clamp(min=0)  # half of the picture has none
    found = measure(first + second, first)
    assert found.share == pytest.approx(float(second.mean() / (first + second).mean()), abs=0.01)
    assert 0.4 < found.where < 0.5


def test_defocused_reflections_are_less_sharp() -> None:
    first, second = scenes()
    second = 2 * (second - second.amin()) * torch.linspace(-1, 1, 96).clamp(min=0)
    sharp = measure(0.4 * (first + second), first)
    soft = measure(0.4 * (first + blur(second[None], torch.tensor([3.0]))[0]), first)
    assert soft.sharpness < 0.5 * sharp.sharpness


def test_lamps_and_clipping_are_counted() -> None:
    first, _ = scenes()
    lamp = torch.zeros_like(first)
    lamp[:, 40:45, 40:45] = 3
    found = measure((first + lamp).clamp(max=1), first)
    assert found.clipped == pytest.approx(25 / 96**2, rel=0.01)
    assert found.lamps > 0.95


def test_table_has_a_row_for_each_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for part, value in (("blended", 150), ("transmission", 100)):
        (tmp_path / "set" / part).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "set" / part / "a.png"), np.full((40, 50, 3), value, np.uint8))
    assert main([str(tmp_path / "set")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| pairs | number | share | where | sharpness")
    assert lines[2].startswith("| set | 1 | 0.00 / 0.00 / 0.00 |")
    assert main([str(tmp_path / "none")]) == 2
