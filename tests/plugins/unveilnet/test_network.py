"""The network's shapes and the physics of its answer."""

import torch

from unveil.plugins.unveilnet.network import Encoder, UnveilNet, split


def test_encoder_gives_five_scales() -> None:
    features = Encoder().eval()(torch.rand(1, 3, 64, 96))
    assert [tuple(f.shape[1:]) for f in features] == [
        (16, 32, 48), (24, 16, 24), (40, 8, 12), (112, 4, 6), (320, 2, 3),
    ]  # fmt: skip


def test_reflection_comes_at_half_size_between_0_and_1() -> None:
    encoded = UnveilNet().eval()(torch.rand(2, 3, 64, 96))
    assert encoded.shape == (2, 3, 32, 48)
    assert bool(((encoded > 0) & (encoded < 1)).all())


def test_layers_add_up_and_light_does_not_subtract() -> None:
    linear = torch.rand(2, 3, 64, 64) - 0.1
    transmission, reflection = split(linear, torch.rand(2, 3, 32, 32))
    torch.testing.assert_close(transmission + reflection, linear)
    assert bool((reflection >= 0).all())
    assert bool((transmission >= linear.clamp(max=0)).all())
