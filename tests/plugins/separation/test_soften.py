"""A part of what a method finds."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from unveil.isp.tone.curves import decode_curve
from unveil.pipeline.method import Layers
from unveil.plugins.separation.soften import Softened


def half_of_it(proxy: Tensor) -> Layers:
    colour = proxy[:, :3]
    return Layers(
        transmission=colour / 2,
        reflection=colour / 4,
        confidence=colour[:, :1],
        mosaic=proxy[:, 3:] / 2 if proxy.shape[1] == 4 else None,
    )


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("part", [0.0, 0.6, 1.0])
def test_the_reflection_is_scaled_in_linear_light(channels: int, part: float) -> None:
    proxy = torch.rand(2, channels, 8, 12, generator=torch.Generator().manual_seed(3))
    whole, soft = half_of_it(proxy), Softened(half_of_it, part)(proxy)

    def light(picture: Tensor) -> Tensor:
        return decode_curve(picture, "srgb")

    colour = proxy[:, :3]
    taken, all_of_it = light(colour) - light(soft.transmission), light(colour) - light(whole.transmission)
    torch.testing.assert_close(taken, part * all_of_it, atol=2e-6, rtol=0)
    assert soft.reflection is not None
    assert whole.reflection is not None
    torch.testing.assert_close(light(soft.reflection), part * light(whole.reflection), atol=2e-6, rtol=0)
    assert soft.confidence is not None
    assert torch.equal(soft.confidence, colour[:, :1])
    if channels == 4:
        assert soft.mosaic is not None
        torch.testing.assert_close(proxy[:, 3:] - soft.mosaic, part * proxy[:, 3:] / 2)
