"""The two adversarial losses, by hand."""

from math import exp, log

import pytest
import torch

from unveil.training.losses.adversarial import (
    least_squares_discriminator,
    least_squares_generator,
    relativistic_discriminator,
    relativistic_generator,
)

REAL, MADE = torch.tensor([[2.0], [1.0]]), torch.tensor([[0.5], [-0.5]])


def realer(logit: float) -> float:
    """Cross entropy of a logit that should say yes."""
    return log(1 + exp(-logit))


def test_least_squares_by_hand() -> None:
    assert float(least_squares_generator(MADE)) == pytest.approx((0.25 + 2.25) / 2)
    assert float(least_squares_discriminator(REAL, MADE)) == pytest.approx(0.5 * (0.5 + 0.25))


def test_relativistic_by_hand() -> None:
    real_against_made = [2.0 - 0.0, 1.0 - 0.0]
    made_against_real = [0.5 - 1.5, -0.5 - 1.5]
    discriminator = sum(map(realer, real_against_made)) / 2 + sum(realer(-x) for x in made_against_real) / 2
    generator = sum(map(realer, made_against_real)) / 2 + sum(realer(-x) for x in real_against_made) / 2
    assert float(relativistic_discriminator(REAL, MADE)) == pytest.approx(discriminator, rel=1e-6)
    assert float(relativistic_generator(REAL, MADE)) == pytest.approx(generator / 2, rel=1e-6)


def test_network_and_discriminator_pull_opposite_ways() -> None:
    made = torch.tensor([[0.4], [0.6]], requires_grad=True)
    for up, down in (
        (least_squares_generator(made), least_squares_discriminator(REAL, made)),
        (relativistic_generator(REAL, made), relativistic_discriminator(REAL, made)),
    ):
        assert bool((torch.autograd.grad(up, made)[0] < 0).all())
        assert bool((torch.autograd.grad(down, made)[0] > 0).all())


def test_large_logits_stay_finite() -> None:
    far = torch.tensor([[1e4]])
    assert float(relativistic_discriminator(-far, far)) == pytest.approx(4e4)
