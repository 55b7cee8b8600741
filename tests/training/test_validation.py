"""What a training is measured on."""

from pathlib import Path

import torch

from unveil.training.config import TrainConfig
from unveil.training.validation import Validation

PHOTOGRAPHS = Path(__file__).parents[1] / "data" / "photographs"


def test_trainings_of_other_seeds_are_measured_on_the_same_mixtures() -> None:
    one, other = (validation(seed).mixtures for seed in (1, 7))
    assert torch.equal(one.blended, other.blended)
    assert torch.equal(one.transmission, other.transmission)
    assert not torch.equal(one.blended, one.transmission)


def validation(seed: int) -> Validation:
    values = {"unveil_training": 1, "photographs": (PHOTOGRAPHS,), "size": 64, "mixtures": 2, "seed": seed}
    held_out = sorted(PHOTOGRAPHS.glob("*.jpg"))[:3]
    return Validation(held_out, TrainConfig.model_validate(values), torch.device("cpu"))
