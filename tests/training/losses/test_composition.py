"""Layers that make up the photograph cost nothing, and errors cost what the formulas say."""

import pytest
import torch
from torch import Generator, Tensor

from unveil.training.losses.composition import composition, reconstruction, weighed_composition
from unveil.training.synth.vignetted import Draws, vignetted


def flat(value: float) -> Tensor:
    return torch.full((1, 3, 4, 5), value)


def test_composition_of_flat_layers() -> None:
    alpha = torch.full((1, 1, 1, 1), 0.9)
    expected = (0.9 * 0.5**2.2 + 0.4**2.2 - 0.7**2.2) ** 2
    assert float(composition(flat(0.7), flat(0.5), flat(0.4), alpha)) == pytest.approx(expected, rel=1e-5)


def test_synthetic_layers_make_up_their_mixture() -> None:
    generator = Generator().manual_seed(0)
    first, second = (torch.rand(2, 3, 32, 32, generator=generator) * 0.6 for _ in range(2))
    place = torch.tensor([200, 200])
    draws = Draws(
        sigma=torch.tensor([2.0, 4.0]),
        attenuation=torch.tensor([1.1, 1.1]),
        alpha=torch.tensor([0.8, 0.9]),
        top=place,
        left=place,
    )
    batch = vignetted(first, second, draws)
    assert batch.alpha is not None
    assert float(composition(batch.blended, first, batch.reflection, batch.alpha)) < 1e-10
    assert float(composition(batch.blended, first, 0.8 * batch.reflection, batch.alpha)) > 1e-4


def test_composition_of_black_and_negative_layers_has_a_finite_gradient() -> None:
    transmission = torch.tensor([0.0, -0.2, 0.5]).reshape(1, 3, 1, 1).requires_grad_()
    loss = composition(
        torch.full((1, 3, 1, 1), 0.5), transmission, torch.zeros(1, 3, 1, 1), torch.ones(1, 1, 1, 1)
    )
    (gradient,) = torch.autograd.grad(loss, transmission)
    assert bool(torch.isfinite(gradient).all())


def test_weighed_composition_of_known_pixels() -> None:
    transmission = torch.tensor([0.5, 0.5]).reshape(1, 1, 1, 2).expand(1, 3, 1, 2)
    reflection = torch.tensor([0.1, 0.4]).reshape(1, 1, 1, 2).expand(1, 3, 1, 2)
    confidence = torch.tensor([0.0, 1.0]).reshape(1, 1, 1, 2)
    blended = torch.tensor([0.6, 0.6]).reshape(1, 1, 1, 2).expand(1, 3, 1, 2)
    loss = weighed_composition(blended, transmission, reflection, confidence)
    assert float(loss) == pytest.approx((0 + 0.2**2) / 2, rel=1e-5)


def test_weighed_composition_teaches_the_map() -> None:
    confidence = torch.full((1, 1, 4, 5), 0.5, requires_grad=True)
    loss = weighed_composition(flat(0.5), flat(0.6), flat(0.4), confidence)
    (gradient,) = torch.autograd.grad(loss, confidence)
    assert bool((gradient < 0).all())  # 0.5 = (1 - c) 0.6 + 0.4 asks for c = 5 / 6


def test_reconstruction_of_flat_layers() -> None:
    assert float(reconstruction(flat(0.7), flat(0.5), flat(0.4))) == pytest.approx(0.04, rel=1e-5)
