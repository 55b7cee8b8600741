"""The loss is lowest at the truth."""

import torch
import torch.nn.functional as F
from torch import Generator

from unveil.plugins.unveilnet.network import REFLECTION_GAMMA
from unveil.training.batch import Batch
from unveil.training.losses.separation import separation_loss


def test_truth_costs_nothing_and_errors_cost_more() -> None:
    generator = Generator().manual_seed(0)
    smooth = F.interpolate(torch.rand(2, 3, 4, 4, generator=generator), size=(64, 64), mode="bilinear") * 0.3
    transmission = torch.rand(2, 3, 64, 64, generator=generator) * 0.5 + 0.1
    mixture = Batch(blended=transmission + smooth, transmission=transmission, reflection=smooth)
    truth = F.interpolate(smooth, size=(32, 32), mode="area").clamp(min=1e-5) ** (1 / REFLECTION_GAMMA)
    at_truth = float(separation_loss(truth, mixture))
    assert at_truth < 0.02
    assert float(separation_loss(truth * 0.8, mixture)) > 2 * at_truth
    assert float(separation_loss(torch.zeros_like(truth), mixture)) > 5 * at_truth


def test_gradient_reaches_the_answer() -> None:
    encoded = torch.full((1, 3, 32, 32), 0.3, requires_grad=True)
    blended = torch.full((1, 3, 64, 64), 0.5)
    mixture = Batch(blended=blended, transmission=blended * 0.5, reflection=blended * 0.5)
    (gradient,) = torch.autograd.grad(separation_loss(encoded, mixture), encoded)
    assert bool(torch.isfinite(gradient).all())
    assert float(gradient.abs().sum()) > 0
