"""A mosaic in 16-bit steps."""

import pytest
import torch

from unveil.isp.demosaic.steps import FULL, to_steps

CPU = torch.device("cpu")


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.3, 2.5), (100.0, 65000.0), (1e-4, 2e-4)])
@pytest.mark.parametrize("margin", [0, 4096])
def test_any_range_comes_back_within_half_a_step(
    low: float, high: float, margin: int, noise: torch.Generator
) -> None:
    samples = torch.rand(1, 20, 30, generator=noise) * (high - low) + low
    counts, steps = to_steps(samples, margin)
    assert (counts.min(), counts.max()) == (margin, FULL - margin)
    found = steps.back(counts[..., None].repeat(3, 2), CPU)
    step = (high - low) / (FULL - 2 * margin)
    assert (found - samples).abs().max() < 0.51 * step + 1e-6 * max(abs(low), abs(high))


def test_a_flat_mosaic_comes_back() -> None:
    counts, steps = to_steps(torch.full((1, 4, 4), 0.25))
    assert torch.equal(steps.back(counts[..., None].repeat(3, 2), CPU), torch.full((3, 4, 4), 0.25))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_samples_that_are_not_finite_are_refused(value: float) -> None:
    samples = torch.zeros(1, 4, 4)
    samples[0, 1, 2] = value
    with pytest.raises(ValueError, match="samples that are not finite"):
        to_steps(samples)
