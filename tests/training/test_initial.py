"""Networks start alive, and those that paint the whole picture start by copying it."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor, nn

from unveil.plugins.ibcln.network import Ibcln
from unveil.training.config import TrainConfig
from unveil.training.initial import ALIVE, start_alive, start_even, start_normal, start_strong
from unveil.training.trainee import Trainee, build

PHOTOGRAPHS = Path(__file__).parents[1] / "data" / "photographs"
PICTURE = torch.rand(1, 3, 32, 48, generator=Generator().manual_seed(0))


def small_trainee(method: str) -> Trainee:
    torch.manual_seed(3)
    losses: Mapping[str, float] = {"perceptual": 0.0} | ({"adversarial": 0.0} if method == "ibcln" else {})
    values = {"unveil_training": 1, "photographs": (PHOTOGRAPHS,), "method": method, "losses": losses}
    return build(TrainConfig.model_validate(values), torch.device("cpu"))


@pytest.mark.parametrize("method", ["ibcln", "location_aware"])
def test_small_net_starts_as_a_copy(method: str) -> None:
    trainee = small_trainee(method)
    with torch.no_grad():
        made = trainee.remove(trainee.network.eval(), PICTURE)
    assert float((made - PICTURE).abs().mean()) < 0.03
    assert not torch.equal(made, PICTURE)


def test_small_ibcln_drops_no_features_in_training() -> None:
    trainee = small_trainee("ibcln")
    trainee.network.train()
    with torch.no_grad():
        assert torch.equal(trainee.remove(trainee.network, PICTURE), trainee.remove(trainee.network, PICTURE))


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


def test_even_layers_give_what_was_asked_though_what_they_see_was_scaled_before() -> None:
    torch.manual_seed(0)
    blocks = [nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()) for _ in range(4)]
    noise = torch.randn(4, 8, 32, 32, generator=Generator().manual_seed(0))
    start_even(dict(zip(blocks, (0.7, 0.7, 0.5, 2.0), strict=True)), lambda: nn.Sequential(*blocks)(noise))
    with torch.no_grad():
        x = noise
        for block, asked in zip(blocks, (0.7, 0.7, 0.5, 2.0), strict=True):
            assert float(block[0](x).std()) == pytest.approx(asked, rel=0.1)
            x = block(x)


def test_gates_of_small_ibcln_start_open_and_unsaturated() -> None:
    trainee = small_trainee("ibcln")
    assert isinstance(trainee.network, Ibcln)
    gates: dict[str, Tensor] = {}
    for name in ("conv_i", "conv_g", "conv_o"):
        block = trainee.network.G_T.get_submodule(name)
        block.register_forward_hook(lambda _, __, x, name=name: gates.setdefault(name, x))
    with torch.no_grad():
        trainee.remove(trainee.network.eval(), PICTURE)
    assert 0.6 < float(gates["conv_i"].mean()) < 0.85
    assert 0.6 < float(gates["conv_o"].mean()) < 0.85
    assert 0.2 < float(gates["conv_g"].std()) < 0.8


def test_outputs_start_grey() -> None:
    block = nn.Sequential(nn.Conv2d(2, 3, 1), nn.ReLU())
    start_alive([block])
    layer = block[0]
    assert isinstance(layer, nn.Conv2d)
    assert layer.bias is not None
    assert layer.bias.tolist() == pytest.approx([ALIVE] * 3)
