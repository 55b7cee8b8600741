"""CR3Net gives what its authors' release gives."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from unveil.plugins.cr3net.network import Cr3Net, make_network
from unveil.plugins.cr3net.plugin import unveil_networks
from unveil.plugins.separation.verify import TOLERANCE, verify, verify_case

SMALL = Path(__file__).parents[2] / "data" / "reference" / "cr3net"


def noise(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(5))


def test_small_case_is_met() -> None:
    (spec,) = unveil_networks()
    check = verify_case(spec, SMALL / "case_b.json")
    assert not check.failed(), check


@pytest.mark.reference
def test_every_reference_case_and_key_is_met(reference: Path) -> None:
    (spec,) = unveil_networks()
    checks = list(verify(spec, reference / "cr3net"))
    assert {check.case for check in checks} >= {"keys of G_T", "case_a", "case_b"}
    assert [check for check in checks if check.failed(TOLERANCE)] == []


def test_network_has_the_published_number_of_parameters_with_one_shared_slope() -> None:
    network = Cr3Net()
    assert sum(p.numel() for p in network.parameters()) == 11_023_259
    slopes = [module for module in network.modules() if isinstance(module, nn.PReLU)]
    assert len(slopes) == 11
    assert len(network.state_dict()) == 485


@torch.inference_mode()
def test_last_of_the_shared_slopes_counts() -> None:
    network = Cr3Net()
    state = network.state_dict()
    shared = [key for key in state if key.endswith(".body.1.weight") and state[key].numel() == 1]
    assert len(shared) == 80
    state |= {key: torch.tensor([float(i)]) for i, key in enumerate(shared)}
    network.load_state_dict(state)
    assert {float(network.state_dict()[key]) for key in shared} == {79.0}


@torch.inference_mode()
def test_smallest_size_is_8() -> None:
    answer = Cr3Net().eval()(noise(1, 3, 8, 8), noise(1, 4, 4, 4))
    assert [tuple(layer.shape[1:]) for layer in answer] == [(3, 8, 8), (3, 8, 8), (4, 4, 4), (4, 4, 4)]


def test_answers_with_and_without_gradients_are_the_same() -> None:
    network = Cr3Net().eval()
    inputs = noise(1, 3, 16, 24), noise(1, 4, 8, 12)
    learning = network(*inputs)
    with torch.no_grad():
        torch.testing.assert_close(network(*inputs), learning)


def test_gradient_reaches_every_parameter() -> None:
    network = Cr3Net()
    answer = network(noise(1, 3, 16, 16), noise(1, 4, 8, 8))
    sum(layer.square().mean() for layer in answer).backward()
    assert [name for name, p in network.named_parameters() if p.grad is None] == []


@torch.inference_mode()
def test_the_small_net_has_fewer_channels_and_blocks() -> None:
    network = make_network("small")
    assert len(network.state_dict()) == 485 - 2 * 3 * 4 * 5
    assert sum(p.numel() for p in network.parameters()) == 903_087
    answer = network(noise(1, 3, 16, 24), noise(1, 4, 8, 12))
    assert [tuple(layer.shape[1:]) for layer in answer] == [(3, 16, 24), (3, 16, 24), (4, 8, 12), (4, 8, 12)]
