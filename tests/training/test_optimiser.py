"""Muon moves inner convolutions by steps of one length in every direction, Adam moves the rest."""

from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor, nn

from unveil.pipeline.errors import RecipeError
from unveil.training.config import TrainConfig
from unveil.training.optimiser import MuonAndAdam, make_optimiser
from unveil.training.train import Training

PHOTOGRAPHS = Path(__file__).parents[1] / "data" / "photographs"
RATE = 1e-3


def config(**changes: object) -> TrainConfig:
    values = {
        "unveil_training": 1,
        "photographs": (PHOTOGRAPHS,),
        "hold_out": 3,
        "size": 32,
        "batch": 2,
        "steps": 4,
        "warm_up": 2,
        "method": "ibcln",
        "iterations": 1,
        "synthesis": "linear",
        "losses": {"perceptual": 0.0, "adversarial": 0.0},
        "optimiser": "muon",
        "learning_rate": RATE,
        "weight_decay": 0.0,
        "precision": "float32",
        "mixtures": 2,
    }
    return TrainConfig.model_validate(values | changes)


def network() -> nn.Sequential:
    """Return a net that sees a picture, has one inner convolution, and gives a picture."""
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(3, 24, 3), nn.Conv2d(24, 16, 3), nn.Conv2d(16, 3, 3))


def moved(net: nn.Sequential) -> dict[str, Tensor]:
    """Return how far each weight goes in one step."""
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    optimiser = make_optimiser([{"params": list(net.parameters()), "share": 1.0}], config())
    assert isinstance(optimiser, MuonAndAdam)
    net(torch.rand(2, 3, 16, 16, generator=Generator().manual_seed(2))).square().mean().backward()
    optimiser.step()
    optimiser.zero_grad()
    assert all(parameter.grad is None for parameter in net.parameters())
    return {name: (tensor - before[name]).contiguous() for name, tensor in net.state_dict().items()}


def test_every_weight_moves() -> None:
    assert all(float(step.abs().max()) > 0 for step in moved(network()).values())


def test_inner_convolution_moves_as_far_in_every_direction() -> None:
    steps = moved(network())
    inner, last = (torch.linalg.svdvals(steps[name].flatten(1)) for name in ("1.weight", "2.weight"))
    assert float(inner.min() / inner.max()) > 0.5
    assert float(last.min() / last.max()) < 0.5


def test_steps_do_not_depend_on_how_weights_lie_in_memory() -> None:
    there = moved(network())
    other = network().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    assert not other[1].weight.is_contiguous()
    for name, step in moved(other).items():
        missed = float((step - there[name]).norm() / there[name].norm())
        assert missed < 0.05, name  # Muon counts in bfloat16


def test_resumed_training_has_the_same_losses(tmp_path: Path) -> None:
    straight = Training(config(), tmp_path, "cpu")
    straight.one_step()
    straight.save(tmp_path / "checkpoint.pt")
    expected = [straight.one_step()["loss"] for _ in range(2)]
    resumed = Training(config(), tmp_path, "cpu")
    resumed.restore(tmp_path / "checkpoint.pt")
    assert [resumed.one_step()["loss"] for _ in range(2)] == pytest.approx(expected, rel=1e-5)


def test_checkpoint_of_another_optimiser_is_refused(tmp_path: Path) -> None:
    Training(config(optimiser="adam"), tmp_path, "cpu").save(tmp_path / "checkpoint.pt")
    with pytest.raises(RecipeError, match="is not a whole checkpoint of this training"):
        Training(config(), tmp_path, "cpu").restore(tmp_path / "checkpoint.pt")
