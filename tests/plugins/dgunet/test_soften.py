"""A part of what a method finds."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from unveil.isp.tone.curves import decode_curve
from unveil.pipeline.method import Layers
from unveil.plugins.dgunet.soften import Softened


def half_of_it(proxy: Tensor) -> Layers:
    return Layers(transmission=proxy / 2, reflection=proxy / 4, confidence=proxy[:, :1])


@pytest.mark.parametrize("part", [0.0, 0.6, 1.0])
def test_the_reflection_is_scaled_in_linear_light(part: float) -> None:
    proxy = torch.rand(2, 3, 8, 12, generator=torch.Generator().manual_seed(3))
    whole, soft = half_of_it(proxy), Softened(half_of_it, part)(proxy)

    def light(picture: Tensor) -> Tensor:
        return decode_curve(picture, "srgb")

    taken, all_of_it = light(proxy) - light(soft.transmission), light(proxy) - light(whole.transmission)
    torch.testing.assert_close(taken, part * all_of_it, atol=2e-6, rtol=0)
    assert soft.reflection is not None
    assert whole.reflection is not None
    torch.testing.assert_close(light(soft.reflection), part * light(whole.reflection), atol=2e-6, rtol=0)
    assert soft.confidence is not None
    assert torch.equal(soft.confidence, proxy[:, :1])
