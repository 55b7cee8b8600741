"""Blocks with an answer that is known."""

import pytest
import torch
from torch import nn

from unveil.plugins.location_aware.blocks import AttentionBlock, Pyramid, SqueezeBlock


@pytest.fixture
def picture() -> torch.Tensor:
    return torch.rand(1, 6, 16, 24, generator=torch.Generator().manual_seed(3))


def test_pyramid_of_a_plane_is_0_inside() -> None:
    detail = Pyramid(6)(torch.full((1, 6, 48, 48), 0.7)).detach()
    assert detail.shape == (1, 24, 48, 48)
    assert float(detail[..., 12:-12, 12:-12].abs().max()) < 1e-6
    assert float(detail[..., 0, :].min()) > 0.5


def test_pyramid_ends_with_the_laplacian_at_full_size(picture: torch.Tensor) -> None:
    centre = picture[..., 1:-1, 1:-1]
    around = (
        picture[..., :-2, 1:-1] + picture[..., 2:, 1:-1] + picture[..., 1:-1, :-2] + picture[..., 1:-1, 2:]
    )
    detail = Pyramid(6)(picture)[:, 18:, 1:-1, 1:-1]
    torch.testing.assert_close(detail, 4 * centre - around, atol=1e-5, rtol=0)


def test_squeeze_block_adds_at_most_a_tenth_of_what_it_finds() -> None:
    block = SqueezeBlock(32, nn.ReLU())
    x = torch.randn(1, 32, 8, 8, generator=torch.Generator().manual_seed(4))
    with torch.no_grad():
        found = block.conv2(block.conv1(x))
        added = block(x) - x
    assert bool((added.abs() <= 0.1 * found.abs() + 1e-6).all())
    assert float(added.abs().max()) > 0


def test_attention_block_without_weights_leaves_the_picture() -> None:
    block = AttentionBlock(64, 2)
    nn.init.zeros_(block.conv2.conv2d.weight)
    x = torch.randn(1, 64, 8, 8)
    with torch.no_grad():
        assert torch.equal(block(x), x)
