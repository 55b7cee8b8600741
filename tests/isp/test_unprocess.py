"""The camera run backwards, and forwards again."""

import pytest
import torch

from unveil.isp.colour.stage import camera_matrix
from unveil.isp.tone.curves import decode_curve
from unveil.isp.unprocess import (
    add_noise,
    mosaic,
    noise_levels,
    process,
    to_counts,
    undo_white_balance,
    unprocess,
)
from unveil.pipeline.frame import Camera, Triple

CAMERA = Camera(
    xyz_to_camera=((6504.0, ((0.9, -0.3, -0.1), (-0.4, 1.2, 0.2), (-0.1, 0.2, 0.6))),),
)
MULTIPLIERS: Triple = (2.1, 1.0, 1.6)
FROM_CAMERA = camera_matrix(CAMERA, "sRGB", MULTIPLIERS)[0]
TO_CAMERA = FROM_CAMERA.inverse()
RGGB = ((0, 1), (1, 2))


@pytest.mark.parametrize("shape", [(3, 8, 10), (2, 3, 8, 10)])
def test_a_picture_comes_back(shape: tuple[int, ...], noise: torch.Generator) -> None:
    picture = torch.rand(shape, generator=noise)
    sensor = unprocess(picture, TO_CAMERA, MULTIPLIERS, keep_highlights=False)
    back = process(sensor, FROM_CAMERA, MULTIPLIERS)
    assert (back - picture).abs().max() < 1e-4


@pytest.mark.parametrize(
    "curve", ["srgb", "rec709", "lstar", "linear", "gamma:1.8", "gamma:2.19921875", "gamma:2.6"]
)
@pytest.mark.parametrize("space", ["sRGB", "Rec2020", "ProPhoto", "ACEScg"])
def test_a_picture_comes_back_with_every_curve_and_space(
    curve: str, space: str, noise: torch.Generator
) -> None:
    picture = torch.rand(3, 8, 10, generator=noise)
    picture[0, :, 0] = picture[1, :, 1] = picture[2, 0] = 0
    matrix = camera_matrix(CAMERA, space, MULTIPLIERS)[0]
    sensor = unprocess(picture, matrix.double().inverse(), MULTIPLIERS, curve, keep_highlights=False)
    assert (process(sensor, matrix, MULTIPLIERS, curve) - picture).abs().max() < 1e-5


def test_only_light_of_a_pure_gamma_needs_double_precision() -> None:
    picture = torch.rand(3, 2, 2)
    assert unprocess(picture, TO_CAMERA, MULTIPLIERS, "gamma:2.2").dtype == torch.float64
    for curve in ("srgb", "rec709", "lstar", "linear"):
        assert unprocess(picture, TO_CAMERA, MULTIPLIERS, curve).dtype == torch.float32


def test_with_highlights_kept_all_below_them_comes_back(noise: torch.Generator) -> None:
    picture = 0.9 * torch.rand(3, 32, 32, generator=noise)
    back = process(unprocess(picture, TO_CAMERA, MULTIPLIERS), FROM_CAMERA, MULTIPLIERS)
    assert (back - picture).abs().max() < 1e-4


def test_white_saturates_every_colour() -> None:
    torch.testing.assert_close(unprocess(torch.ones(3, 2, 2), TO_CAMERA, MULTIPLIERS), torch.ones(3, 2, 2))


def test_grey_has_the_colour_of_the_light() -> None:
    level = decode_curve(torch.tensor(0.5), "srgb")
    sensor = unprocess(torch.full((3, 1, 1), 0.5), TO_CAMERA, MULTIPLIERS).flatten()
    torch.testing.assert_close(sensor, level / torch.tensor(MULTIPLIERS), atol=1e-6, rtol=0)


def test_no_colour_is_lifted_and_light_keeps_its_order() -> None:
    ramp = torch.linspace(0, 1.2, 200)[None, None].expand(3, 1, -1)
    sensor = undo_white_balance(ramp, MULTIPLIERS)
    assert (sensor <= ramp + 1e-7).all()
    assert (sensor.diff(dim=-1) > 0).all()


def test_light_adds_up_below_the_highlights(noise: torch.Generator) -> None:
    scene, reflection = 0.4 * torch.rand(2, 3, 8, 8, generator=noise)
    apart = sum(undo_white_balance(part, MULTIPLIERS) for part in (scene, reflection))
    torch.testing.assert_close(undo_white_balance(scene + reflection, MULTIPLIERS), apart)


def test_the_mosaic_keeps_the_colour_of_each_cell() -> None:
    planes = torch.tensor([1.0, 2.0, 3.0])[:, None, None].expand(3, 4, 4)
    assert mosaic(planes, RGGB).tolist() == [[[1, 2, 1, 2], [2, 3, 2, 3]] * 2]
    assert mosaic(planes.expand(5, -1, -1, -1), RGGB).shape == (5, 1, 4, 4)


def test_noise_has_the_variance_of_its_model(noise: torch.Generator) -> None:
    shot, read = 0.01, 0.0004
    for level in (0.0, 0.2, 0.8):
        noisy = add_noise(torch.full((300, 300), level), shot, read, noise)
        assert float(noisy.mean()) == pytest.approx(level, abs=2e-3)
        assert float(noisy.var()) == pytest.approx(shot * level + read, rel=0.03)


def test_the_seed_decides_the_noise() -> None:
    clean = torch.full((3, 16, 16), 0.5)
    first, again, other = (
        add_noise(clean, 0.01, 0.001, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_without_noise_nothing_changes(noise: torch.Generator) -> None:
    clean = torch.rand(3, 4, 4)
    assert torch.equal(add_noise(clean, 0.0, 0.0, noise), clean)
    with pytest.raises(ValueError, match="must not be negative"):
        add_noise(clean, -0.1, 0.0, noise)


def test_noise_levels_are_those_of_the_paper(noise: torch.Generator) -> None:
    drawn = torch.tensor([noise_levels(noise) for _ in range(500)], dtype=torch.float64)
    shot, read = drawn.log().T
    assert drawn[:, 0].min() >= 1e-4
    assert drawn[:, 0].max() <= 0.012
    spread = read - 2.18 * shot - 1.20
    assert float(spread.mean()) == pytest.approx(0, abs=0.05)
    assert float(spread.std()) == pytest.approx(0.26, rel=0.15)


def test_counts_have_black_white_and_a_ceiling() -> None:
    linear = torch.tensor([[[-1.0, 0.0, 0.5, 1.0, 1.5]]])
    assert to_counts(linear, ((100.0,),), 1100).tolist() == [[[0, 100, 600, 1100, 1100]]]
    assert to_counts(linear, ((100.0,),), 1100, ceiling=1500).tolist() == [[[0, 100, 600, 1100, 1500]]]


def test_counts_have_the_black_of_each_cell() -> None:
    black = ((10.0, 20.0), (30.0, 40.0))
    assert to_counts(torch.zeros(1, 2, 2), black, 1000).tolist() == [[[10, 20], [30, 40]]]


def test_the_way_back_is_differentiable(noise: torch.Generator) -> None:
    picture = torch.rand(3, 4, 4, generator=noise).requires_grad_()
    sensor = mosaic(unprocess(picture, TO_CAMERA, MULTIPLIERS), RGGB)
    (gradient,) = torch.autograd.grad(add_noise(sensor, 0.01, 0.001, noise).sum(), picture)
    assert gradient.isfinite().all()
    assert gradient.abs().max() > 0


def test_nan_stays_in_its_pixel() -> None:
    picture = torch.full((3, 1, 2), 0.5)
    picture[:, 0, 0] = torch.nan
    sensor = unprocess(picture, TO_CAMERA, MULTIPLIERS)
    assert sensor[..., 0].isnan().all()
    assert sensor[..., 1].isfinite().all()
