"""Edges at the same places cost more; the number is that of a slow NumPy form."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from unveil.training.losses.exclusion import exclusion

Array = NDArray[np.float64]


def layer(seed: int) -> Tensor:
    return torch.rand(1, 3, 32, 24, generator=Generator().manual_seed(seed))


def slowly(first: Array, second: Array) -> float:
    """Do it for two (C, H, W) layers whose sides can be halved twice."""

    def squash(x: Array) -> Array:
        return np.asarray(2 / (1 + np.exp(-x)) - 1)

    def half(x: Array) -> Array:
        return np.asarray((x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]) / 4)

    terms: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(3):
        for axis in (1, 2):
            g, h = np.diff(first, axis=axis), np.diff(second, axis=axis)
            alpha = 2 * np.abs(g).mean() / (np.abs(h).mean() + 1e-6)
            product = squash(g) ** 2 * squash(alpha * h) ** 2
            terms[axis].append((product.mean() + 1e-6) ** 0.25)
        first, second = half(first), half(second)
    return float((np.mean(terms[1]) + np.mean(terms[2])) / 2)


def test_it_is_what_the_text_says() -> None:
    first, second = layer(0), layer(1)
    expected = slowly(first[0].double().numpy(), second[0].double().numpy())
    assert float(exclusion(first, second)) == pytest.approx(expected, rel=1e-5)


def test_a_batch_is_the_mean_of_its_pictures() -> None:
    first, second = torch.cat([layer(0), layer(2)]), torch.cat([layer(1), 0.3 * layer(3)])
    expected = (exclusion(layer(0), layer(1)) + exclusion(layer(2), 0.3 * layer(3))) / 2
    assert float(exclusion(first, second)) == pytest.approx(float(expected), rel=1e-5)


def test_flat_layer_leaves_the_floor_only() -> None:
    assert float(exclusion(layer(0), torch.full((1, 3, 32, 24), 0.5))) == pytest.approx(1e-6**0.25, rel=1e-4)


def test_shared_edges_cost_more_than_edges_elsewhere() -> None:
    steps = torch.zeros(2, 1, 1, 32, 32)
    steps[0, ..., 8:] = 1
    steps[1, ..., 24:] = 1
    assert float(exclusion(steps[0], steps[0])) > 2 * float(exclusion(steps[0], steps[1]))


def test_gradient_of_flat_layers_is_finite() -> None:
    reflection = torch.zeros(1, 3, 16, 16, requires_grad=True)
    (gradient,) = torch.autograd.grad(exclusion(layer(0)[..., :16, :16], reflection), reflection)
    assert bool(torch.isfinite(gradient).all())
