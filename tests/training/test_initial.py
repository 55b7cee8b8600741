"""Networks start alive, and those that paint the whole picture start by copying it."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Generator, nn

from unveil.training.config import TrainConfig
from unveil.training.initial import ALIVE, start_alive, start_normal, start_strong
from unveil.training.trainee import build

PHOTOGRAPHS = Path(__file__).parents[1] / "data" / "photographs"


@pytest.mark.parametrize("method", ["ibcln", "location_aware"])
def test_small_net_starts_as_a_copy(method: str) -> None:
    torch.manual_seed(3)
    losses: Mapping[str, float] = {"perceptual": 0.0} | ({"adversarial": 0.0} if method == "ibcln" else {})
    values = {"unveil_training": 1, "photographs": (PHOTOGRAPHS,), "method": method, "losses": losses}
    trainee = build(TrainConfig.model_validate(values), torch.device("cpu"))
    picture = torch.rand(1, 3, 32, 48, generator=Generator().manual_seed(0))
    with torch.no_grad():
        made = trainee.remove(trainee.network.eval(), picture)
    assert float((made - picture).abs().mean()) < 0.02
    assert not torch.equal(made, picture)


def test_deviation_grows_as_nets_get_narrow() -> None:
    layer = nn.Conv2d(64, 64, 5)
    start_normal(layer, 16)
    assert float(layer.weight.detach().std()) == pytest.approx(0.04, rel=0.02)


def test_strong_weights_keep_signals_through_many_layers() -> None:
    torch.manual_seed(0)
    down = [nn.Sequential(nn.Conv2d(64, 64, 3, padding=1), nn.ReLU()) for _ in range(8)]
    network = nn.Sequential(*down, nn.ConvTranspose2d(64, 64, 4, 2, 1), nn.ReLU())
    noise = torch.randn(1, 64, 32, 32, generator=Generator().manual_seed(0))
    with torch.no_grad():
        usual = float((network(noise) ** 2).mean())
        start_strong(network)
        strong = float((network(noise) ** 2).mean())
    assert usual < 1e-3
    assert 0.3 < strong < 3


def test_outputs_start_grey() -> None:
    block = nn.Sequential(nn.Conv2d(2, 3, 1), nn.ReLU())
    start_alive([block])
    layer = block[0]
    assert isinstance(layer, nn.Conv2d)
    assert layer.bias is not None
    assert layer.bias.tolist() == pytest.approx([ALIVE] * 3)
