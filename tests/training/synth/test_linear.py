"""Mixtures obey the physics they claim, and the seed."""

from dataclasses import replace

import pytest
import torch
from torch import Generator, Tensor

from unveil.isp.tone.curves import encode_curve
from unveil.training.synth.linear import mix
from unveil.training.synth.ranges import Ranges

PHOTOMETRIC = Ranges(
    fresnel=1, tinted=0.3, sharp=0.2, disc=0.5, motion=0.5, haze=0.3, illuminant=0.3, metered=0.5, balanced=0.7
)  # fmt: skip
EVERYTHING = replace(PHOTOMETRIC, fresnel=0.6, camera=0.6, mosaic=0.3, jpeg=0.5, noiseless=True)


def scenes(n: int = 8) -> tuple[Tensor, Tensor]:
    generator = Generator().manual_seed(5)
    smooth = torch.nn.functional.interpolate(torch.rand(2 * n, 3, 6, 6, generator=generator), size=(96, 96))
    return smooth[:n], smooth[n:]


def test_mixtures_of_older_configurations_stay_what_they_were() -> None:
    mixture = mix(*scenes(), Generator().manual_seed(11))
    means = [float(x.double().mean()) for x in (mixture.blended, mixture.transmission, mixture.reflection)]
    assert means == pytest.approx([0.285901, 0.234445, 0.051947], abs=2e-6)
    assert mixture.blended[3, :, 40, 50].tolist() == pytest.approx(
        [0.1360436, 0.6457604, 0.7609369], abs=1e-6
    )


@pytest.mark.parametrize("ranges", [Ranges(rendering=0), replace(PHOTOMETRIC, rendering=0, clean=0)])
def test_layers_add_up_where_nothing_is_clipped(ranges: Ranges) -> None:
    mixture = mix(*scenes(), Generator().manual_seed(0), ranges)
    inside = (mixture.blended < 1) & (mixture.blended > mixture.transmission)
    total = mixture.transmission + mixture.reflection
    assert float(inside.float().mean()) > 0.3
    torch.testing.assert_close(total[inside], mixture.blended[inside], atol=1e-5, rtol=0)


def test_reflection_without_noise_adds_up_to_the_mixture_before_it() -> None:
    ranges = replace(PHOTOMETRIC, rendering=0, camera=0.5, noiseless=True, shot=(-12, -12), read=(-14, -14))
    mixture = mix(*scenes(), Generator().manual_seed(0), ranges)
    inside = (mixture.blended < 1) & (mixture.reflection > 0)
    total = mixture.transmission + mixture.reflection
    torch.testing.assert_close(total[inside], mixture.blended[inside], atol=1e-4, rtol=0)


@pytest.mark.parametrize("ranges", [Ranges(), EVERYTHING])
def test_same_seed_gives_the_same_mixtures(ranges: Ranges) -> None:
    first, second = (mix(*scenes(), Generator().manual_seed(7), ranges) for _ in range(2))
    assert torch.equal(first.blended, second.blended)
    assert torch.equal(first.transmission, second.transmission)
    assert not torch.equal(first.blended, mix(*scenes(), Generator().manual_seed(8), ranges).blended)


@pytest.mark.parametrize("ranges", [Ranges(), EVERYTHING])
def test_everything_stays_in_range(ranges: Ranges) -> None:
    mixture = mix(*scenes(), Generator().manual_seed(1), ranges)
    for layer in (mixture.blended, mixture.transmission, mixture.reflection):
        assert bool(torch.isfinite(layer).all())
        assert float(layer.min()) >= 0
        assert float(layer.max()) <= 1


def test_share_of_reflected_light_is_what_was_asked() -> None:
    ranges = Ranges(share=(0.3, 0.3), clean=0, rendering=0, exposure=(0.3, 0.3))
    mixture = mix(*scenes(), Generator().manual_seed(2), ranges)
    share = mixture.reflection.mean((1, 2, 3)) / mixture.blended.mean((1, 2, 3))
    torch.testing.assert_close(share, torch.full_like(share, 0.3), atol=0.03, rtol=0)


def test_share_follows_from_the_glass_when_asked() -> None:
    ranges = Ranges(
        fresnel=1, clean=0, local=0, rendering=0, double=0, incidence=(0, 0), view=(5, 5), internal=(1, 1),
        brightness=(2, 2), exposure=(0.3, 0.3), lamp=(0, 0), warmth=0, sky=0, curve=(1, 1), noiseless=True,
    )  # fmt: skip
    mixture = mix(*scenes(), Generator().manual_seed(2), ranges)
    share = mixture.reflection.mean((1, 2, 3)) / (mixture.transmission + mixture.reflection).mean((1, 2, 3))
    expected = 4 * 0.0817 / (4 * 0.0817 + 1 - 0.0817)
    torch.testing.assert_close(share, torch.full_like(share, expected), atol=0.01, rtol=0)


@pytest.mark.parametrize("fresnel", [0.0, 1.0])
def test_clean_pictures_have_no_reflection_beyond_noise(fresnel: float) -> None:
    ranges = Ranges(clean=1, rendering=0, fresnel=fresnel, haze=fresnel)
    mixture = mix(*scenes(), Generator().manual_seed(3), ranges)
    assert float(mixture.reflection.mean()) < 0.01


def test_light_above_white_of_a_panorama_is_kept() -> None:
    behind, scene = scenes(2)
    scene[:, :, 40:44, 40:44] = encode_curve(torch.tensor(50.0), "srgb")
    ranges = Ranges(
        fresnel=1, clean=0, local=0, sharp=1, double=0, incidence=(0, 0), view=(5, 5), brightness=(0, 0),
        rendering=0, exposure=(0.5, 0.5), noiseless=True,
    )  # fmt: skip
    mixture = mix(behind, scene, Generator().manual_seed(4), ranges)
    lamp, beside = mixture.blended[:, :, 42, 42], mixture.reflection[:, :, 60:, 60:].mean((2, 3))
    assert float(lamp.min()) == 1
    assert float(beside.max()) < 0.1
