"""The network's shapes and the physics of its answer."""

import torch
from torch import Generator

from unveil.isp.tone.curves import decode_curve
from unveil.plugins.unveilnet.network import (
    ERROR,
    REFLECTION_GAMMA,
    Encoder,
    UnveilNet,
    found,
    look_twice,
    split,
)


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


def trusted(share: float) -> float:
    return share**2 / (share**2 + ERROR**2)


def test_what_one_look_finds_alone_counts_for_five_sixths() -> None:
    light, whole = 0.8, 0.5**REFLECTION_GAMMA
    linear = torch.full((1, 3, 64, 64), light)
    there, nothing = torch.full((1, 3, 32, 32), 0.5), torch.zeros(1, 3, 16, 16)
    both = found(linear, there, there[..., ::2, ::2])
    fine_alone = found(linear, there, nothing)
    coarse_alone = found(linear, torch.zeros_like(there), there[..., ::2, ::2])
    part = whole / 2**0.25
    torch.testing.assert_close(both, torch.full_like(linear, whole * trusted(whole / light)))
    for alone in (fine_alone, coarse_alone):
        torch.testing.assert_close(alone, torch.full_like(linear, part * trusted(part / light)))
    assert 0.7 < float(fine_alone.mean() / both.mean()) < 5 / 6 + 0.01


def test_little_is_doubted_where_it_is_found_and_not_elsewhere() -> None:
    linear = torch.full((1, 3, 64, 256), 0.5)
    fine = torch.zeros(1, 3, 32, 128)
    fine[..., :32], fine[..., 96:] = 0.5, 0.1  # the left quarter, and faintly the right one
    coarse = fine[..., ::2, ::2]
    strong, faint = found(linear, fine, coarse)[0, 0, 32, [8, 248]].tolist()
    assert 0.9 * 0.5**REFLECTION_GAMMA < strong < 0.5**REFLECTION_GAMMA
    assert 0 < faint < 0.1 * 0.1**REFLECTION_GAMMA


def test_what_is_found_is_never_above_the_light_nor_below_0() -> None:
    linear = torch.rand(2, 3, 64, 64, generator=Generator().manual_seed(3)) - 0.1
    together = found(linear, torch.rand(2, 3, 32, 32), torch.rand(2, 3, 16, 16))
    assert bool((together >= 0).all())
    assert bool((together <= linear.clamp(min=0)).all())


def test_gradient_is_finite_where_neither_look_finds_anything() -> None:
    fine, coarse = (torch.zeros(1, 3, n, n, requires_grad=True) for n in (32, 16))
    found(torch.rand(1, 3, 64, 64), fine, coarse).sum().backward()  # type: ignore[no-untyped-call]
    for answer in (fine, coarse):
        assert answer.grad is not None
        assert bool(answer.grad.isfinite().all())


def test_second_look_sees_light_averaged_over_squares_of_two() -> None:
    seen: list[torch.Tensor] = []

    def look(display: torch.Tensor) -> torch.Tensor:
        seen.append(decode_curve(display, "srgb"))
        return display[..., ::2, ::2]

    linear = torch.zeros(1, 3, 64, 64)
    linear[..., ::2] = 0.6  # stripes of one pixel are grey at half the size
    fine, coarse = look_twice(look, linear)
    assert (fine.shape[-1], coarse.shape[-1]) == (32, 16)
    torch.testing.assert_close(seen[0], linear, atol=1e-5, rtol=0)
    torch.testing.assert_close(seen[1], torch.full((1, 3, 32, 32), 0.3), atol=1e-5, rtol=0)
