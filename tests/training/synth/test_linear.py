"""Mixtures obey the physics they claim, and the seed."""

import pytest
import torch
from torch import Generator, Tensor

from unveil.training.synth.linear import Ranges, blur, mix


def scenes(n: int = 8) -> tuple[Tensor, Tensor]:
    generator = Generator().manual_seed(5)
    smooth = torch.nn.functional.interpolate(torch.rand(2 * n, 3, 6, 6, generator=generator), size=(96, 96))
    return smooth[:n], smooth[n:]


def test_layers_add_up_where_nothing_is_clipped() -> None:
    mixture = mix(*scenes(), Generator().manual_seed(0), Ranges(rendering=0))
    inside = (mixture.blended < 1) & (mixture.blended > mixture.transmission)
    total = mixture.transmission + mixture.reflection
    assert float(inside.float().mean()) > 0.3
    torch.testing.assert_close(total[inside], mixture.blended[inside], atol=1e-5, rtol=0)


def test_same_seed_gives_the_same_mixtures() -> None:
    first, second = (mix(*scenes(), Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(first.blended, second.blended)
    assert torch.equal(first.transmission, second.transmission)


def test_everything_stays_in_range() -> None:
    mixture = mix(*scenes(), Generator().manual_seed(1))
    for layer in (mixture.blended, mixture.transmission, mixture.reflection):
        assert bool(torch.isfinite(layer).all())
        assert float(layer.min()) >= 0
        assert float(layer.max()) <= 1


def test_share_of_reflected_light_is_what_was_asked() -> None:
    ranges = Ranges(share=(0.3, 0.3), clean=0, rendering=0, exposure=(0.3, 0.3))
    mixture = mix(*scenes(), Generator().manual_seed(2), ranges)
    share = mixture.reflection.mean((1, 2, 3)) / mixture.blended.mean((1, 2, 3))
    torch.testing.assert_close(share, torch.full_like(share, 0.3), atol=0.03, rtol=0)


def test_clean_pictures_have_no_reflection_beyond_noise() -> None:
    mixture = mix(*scenes(), Generator().manual_seed(3), Ranges(clean=1, rendering=0))
    assert float(mixture.reflection.mean()) < 0.01


@pytest.mark.parametrize("sigma", [0.8, 2.0, 3.0])
def test_blur_of_a_point_has_the_variance_asked_for(sigma: float) -> None:
    point = torch.zeros(1, 1, 65, 65)
    point[..., 32, 32] = 1
    spread = blur(point, torch.tensor([sigma]))[0, 0].sum(0)
    x = torch.arange(65.0) - 32
    assert float((spread * x * x).sum()) == pytest.approx(sigma**2, rel=0.05)


@pytest.mark.parametrize("sigma", [0.3, 3.0, 20.0])
def test_blur_keeps_a_flat_picture(sigma: float) -> None:
    flat = torch.full((2, 3, 64, 64), 0.4)
    torch.testing.assert_close(blur(flat, torch.full((2,), sigma)), flat)
