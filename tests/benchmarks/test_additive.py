"""The check of additive light: told from display values that add, and measured on real triples."""

from pathlib import Path

import cv2
import pytest
import torch
from torch import Generator, Tensor

from unveil.benchmarks.additive import CURVES, main, measure, residual
from unveil.isp.tone.curves import decode_curve, encode_curve
from unveil.pipeline.errors import RecipeError


def layers() -> tuple[Tensor, Tensor]:
    generator = Generator().manual_seed(2)
    first, second = (0.1 + 0.4 * torch.rand(3, 40, 40, generator=generator) for _ in range(2))
    return first, second


def test_light_that_adds_leaves_nothing_in_its_own_curve_alone() -> None:
    first, second = layers()
    blended = encode_curve(decode_curve(first, "srgb") + decode_curve(second, "srgb"), "srgb")
    found = {curve: residual(blended, (first, second), curve) for curve in CURVES}
    assert found["sRGB"].mean < 0.01
    assert found["sRGB"].light < 0.01
    assert found["gamma 2.2"].mean > 0.5
    assert found["display"].bias > 30


def test_pixels_that_are_clipped_are_left_out() -> None:
    first, second = layers()
    blended = first + second
    first[:, :, :20] = 1.0
    blended[:, :, :20] = 1.0
    assert residual(blended, (first, second), "display").mean < 1e-4


def test_missing_layer_is_told(tmp_path: Path) -> None:
    for part in ("blended", "transmission"):
        (tmp_path / part).mkdir()
        cv2.imwrite(str(tmp_path / part / "a.png"), torch.zeros(20, 20, 3).byte().numpy())
    with pytest.raises(RecipeError, match=r"a\.png: no picture of this stem in .*reflection"):
        measure(tmp_path)


def test_real_triples_add_in_linear_light(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shared_data / "reflection/flash"
    found = {(name, curve): figures for name, curve, figures in measure(folder)}
    for name in ("Objects_0000", "object_0060"):
        assert found[name, "gamma 2.2"].light < 2.5
        assert found[name, "display"].mean > 4 * found[name, "gamma 2.2"].mean
    assert main([str(folder)]) == 0
    assert "Objects_0000" in capsys.readouterr().out
