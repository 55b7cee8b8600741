"""A mosaic in 16-bit steps."""

import numpy as np
import pytest
import torch

from unveil.isp.demosaic.steps import FULL, extremes, to_steps

CPU = torch.device("cpu")


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.3, 2.5), (100.0, 65000.0), (1e-4, 2e-4)])
def test_any_range_comes_back_within_half_a_step(low: float, high: float, noise: torch.Generator) -> None:
    samples = torch.rand(1, 20, 30, generator=noise) * (high - low) + low
    counts, steps = to_steps(samples, *extremes(samples))
    assert (counts.min(), counts.max()) == (0, FULL)
    found = steps.back(counts[..., None].repeat(3, 2), CPU)
    assert (found - samples).abs().max() < 0.51 * (high - low) / FULL + 1e-6 * max(abs(low), abs(high))


def test_samples_out_of_the_range_are_cut_off() -> None:
    counts, _ = to_steps(torch.tensor([[[-0.1, 0.0, 0.5, 1.0, 1.5]]]), 0.0, 1.0)
    assert counts.tolist() == [[0, 0, 32768, 65535, 65535]]


def test_cut_off_fractions_come_back_within_half_a_step(noise: torch.Generator) -> None:
    samples = torch.rand(1, 20, 30, generator=noise)
    counts, steps = to_steps(samples, 0.0, 1.0, truncate=True)
    found = steps.back(counts[..., None].repeat(3, 2), CPU) - samples
    assert found.abs().max() < 0.52 / FULL
    assert abs(float(found.mean())) < 0.1 / FULL


def test_whole_counts_stay_whole_where_fractions_are_cut_off() -> None:
    whole = np.arange(FULL + 1, dtype=np.uint16)
    counts, _ = to_steps(
        torch.arange(FULL + 1, dtype=torch.float32)[None, None] / FULL, 0.0, 1.0, truncate=True
    )
    assert np.array_equal(counts[0], whole)


def test_a_flat_mosaic_comes_back() -> None:
    flat = torch.full((1, 4, 4), 0.25)
    counts, steps = to_steps(flat, *extremes(flat))
    assert torch.equal(steps.back(counts[..., None].repeat(3, 2), CPU), flat.expand(3, 4, 4))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_samples_that_are_not_finite_are_refused(value: float) -> None:
    samples = torch.zeros(1, 4, 4)
    samples[0, 1, 2] = value
    with pytest.raises(ValueError, match="samples that are not finite"):
        extremes(samples)
