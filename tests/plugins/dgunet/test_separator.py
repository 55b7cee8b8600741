"""DGUNet for two layers."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from unveil.plugins.dgunet.blocks import DegNet, project
from unveil.plugins.dgunet.separator import DGUNetSeparator, make_separator


def noise(*shape: int, seed: int = 5) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def small() -> DGUNetSeparator:
    torch.manual_seed(0)
    return make_separator("separation_small")


def loss_of(network: DGUNetSeparator, front: Tensor, back: Tensor) -> Tensor:
    pairs = network(front + back)
    return torch.stack([F.l1_loss(t.float(), front) + F.l1_loss(r.float(), back) for t, r in pairs]).sum()


def test_untrained_takes_everything_for_transmission_in_every_stage() -> None:
    picture = noise(2, 3, 16, 24)
    pairs = small()(picture)
    assert len(pairs) == 7
    for transmission, reflection in pairs:
        torch.testing.assert_close(transmission, picture)
        assert torch.equal(reflection, torch.zeros_like(picture))


@pytest.mark.parametrize("autocast", [False, True])
def test_a_few_steps_find_a_blurred_reflection(autocast: bool) -> None:
    network = small()
    front = 0.7 * F.interpolate(noise(2, 3, 8, 8), size=32, mode="bilinear")
    back = 0.3 * F.interpolate(noise(2, 3, 2, 2, seed=6), size=32, mode="bilinear")
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    losses = []
    for _ in range(20):
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            loss = loss_of(network, front, back)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.6 * losses[0]


def test_gradient_reaches_every_parameter_once_the_zeros_are_gone() -> None:
    network = small()
    for parameter in network.parameters():
        parameter.data += 0.01 * torch.randn(parameter.shape)
    torch.autograd.backward(loss_of(network, noise(1, 3, 16, 16), noise(1, 3, 16, 16, seed=6)))
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("grey", [0.0, 0.5, 1.0])
def test_plain_pictures_give_finite_answers_and_gradients(grey: float) -> None:
    network = small()
    for parameter in network.parameters():
        parameter.data += 0.01 * torch.randn(parameter.shape)
    loss = loss_of(network, torch.full((1, 3, 16, 24), grey), torch.zeros(1, 3, 16, 24))
    torch.autograd.backward(loss)
    assert bool(loss.isfinite())
    assert all(bool(p.grad.isfinite().all()) for p in network.parameters() if p.grad is not None)


def test_projection_with_a_ridge_takes_dependent_rows_and_nearly_equals_the_published_one() -> None:
    rows, basis = noise(1, 6, 40), noise(1, 3, 40, seed=6)
    torch.testing.assert_close(project(rows, basis, 1e-4), project(rows, basis), atol=2e-3, rtol=0)
    twice = torch.cat([basis, basis], 1)
    torch.testing.assert_close(project(rows, twice, 1e-4), project(rows, basis), atol=2e-3, rtol=0)
    assert torch.equal(project(rows, torch.zeros_like(basis), 1e-4), torch.zeros_like(rows))


def test_degradation_starts_from_the_sum_of_the_layers_and_its_adjoint_from_copies() -> None:
    slope, front, back = torch.nn.PReLU(), noise(1, 3, 4, 4), noise(1, 3, 4, 4, seed=6)
    down, up = DegNet(slope, 6, 3, 4), DegNet(slope, 3, 6, 4)
    for net in (down, up):
        for parameter in net.body.parameters():
            torch.nn.init.zeros_(parameter)
    torch.testing.assert_close(down(torch.cat([front, back], 1)), front + back)
    assert torch.equal(up(front), torch.cat([front, front], 1))


@pytest.mark.parametrize(("variant", "count"), [("separation", 3_648_481), ("separation_small", 591_353)])
def test_number_of_parameters(variant: str, count: int) -> None:
    assert sum(p.numel() for p in make_separator(variant).parameters()) == count
