"""Small nets learn from what `unveilnet` finds."""

from pathlib import Path

import pytest
import torch
from torch import Generator

from unveil.pipeline.errors import RecipeError
from unveil.plugins.separation.parameters import Inference
from unveil.plugins.unveilnet.method import UnveilNetMethod
from unveil.plugins.unveilnet.plugin import WEIGHTS
from unveil.training.batch import Batch
from unveil.training.config import load_config
from unveil.training.supply import Supply
from unveil.training.teacher import Teacher
from unveil.training.trainee import build

PHOTOGRAPHS = Path(__file__).parents[1] / "data" / "photographs"
CPU = torch.device("cpu")
TAUGHT = f"""
unveil_training: 1
method: dgunet
photographs: [{PHOTOGRAPHS}]
hold_out: 3
teacher: {WEIGHTS}
size: 64
batch: 2
"""


def mixture() -> Batch:
    light = torch.rand(2, 3, 128, 128, generator=Generator().manual_seed(5))
    return Batch(blended=light, transmission=0.5 * light, reflection=0.5 * light)


def test_layers_are_those_of_the_teacher_at_half_the_size() -> None:
    asked = mixture()
    taught = Teacher(WEIGHTS, CPU)(asked)
    layers = UnveilNetMethod.load(WEIGHTS, "cpu", Inference())(asked.blended)
    assert layers.reflection is not None
    expected = torch.nn.functional.avg_pool2d(layers.reflection, 2)
    assert taught.reflection.shape == (2, 3, 64, 64)
    torch.testing.assert_close(taught.transmission + taught.reflection, taught.blended)
    bfloat16 = 0.02  # what the teacher computes in
    torch.testing.assert_close(taught.reflection, expected, atol=bfloat16, rtol=0)


def test_pupil_gets_crops_of_its_own_size_from_mixtures_of_twice_that(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(TAUGHT)
    config = load_config(tmp_path / "a.yaml")
    supply, pupil = Supply(config, CPU), build(config, CPU)
    batch = supply.draw(pupil.draw)
    assert supply.photographs.size == 128
    assert batch.blended.shape == batch.transmission.shape == (2, 3, 64, 64)


def test_teacher_of_published_mixtures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(TAUGHT.replace("dgunet", "ibcln"))
    with pytest.raises(RecipeError, match=r"teacher: teaches linear mixtures; say `synthesis: linear`"):
        load_config(tmp_path / "a.yaml")
