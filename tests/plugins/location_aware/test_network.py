"""The network answers as the authors' release does."""

from pathlib import Path

import pytest
import torch

from unveil.plugins.location_aware.network import LocationAware, make_network
from unveil.plugins.location_aware.plugin import unveil_networks
from unveil.plugins.separation.verify import verify

SMALL = Path(__file__).parents[2] / "data" / "reference" / "location_aware"


def test_keys_and_the_small_case_are_those_of_the_release() -> None:
    (spec,) = unveil_networks()
    checks = list(verify(spec, SMALL))
    assert [check.case for check in checks] == ["keys of LRM", "case_b"]
    assert [check for check in checks if check.failed()] == []


@pytest.mark.reference
def test_every_case_is_that_of_the_release(reference: Path) -> None:
    (spec,) = unveil_networks()
    checks = list(verify(spec, reference / "location_aware"))
    assert len(checks) >= 3
    assert [check for check in checks if check.failed()] == []


def test_the_answer_is_at_three_sizes_and_learns() -> None:
    network = LocationAware()
    (answer,) = network.cascade(torch.rand(2, 3, 16, 24), iterations=1)
    assert answer.transmission.shape == answer.reflection.shape == (2, 3, 16, 24)
    assert answer.confidence.shape == (2, 1, 16, 24)
    assert answer.half.shape == (2, 3, 8, 12)
    assert answer.quarter.shape == (2, 3, 4, 6)
    torch.autograd.backward([image.sum() for image in (answer.transmission, answer.half, answer.quarter)])
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_the_small_net_has_the_same_layers_with_fewer_channels() -> None:
    network = make_network("small")
    assert list(network.state_dict()) == list(make_network("").state_dict())
    assert sum(p.numel() for p in network.parameters()) == 735_943
    *_, answer = network.cascade(torch.rand(1, 3, 16, 24), iterations=2)
    assert answer.transmission.shape == answer.reflection.shape == (1, 3, 16, 24)
    assert answer.state.cell.shape == (1, 24, 16, 24)
