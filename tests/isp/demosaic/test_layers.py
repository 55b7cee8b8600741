"""Side layers that add up with the picture."""

import pytest
import torch
from torch import Tensor

from unveil.isp.demosaic.layers import interpolate_layers, share_of_edges


def linear(mosaic: Tensor) -> Tensor:
    return torch.cat([mosaic, mosaic.roll(1, 2), mosaic.roll(1, 1)])


def layers_of(picture: Tensor, mosaic: Tensor, **layers: Tensor) -> dict[str, Tensor]:
    return interpolate_layers(layers, linear, mosaic, picture, 2)


def test_the_picture_comes_out_as_the_picture(noise: torch.Generator) -> None:
    mosaic, picture = torch.rand(1, 16, 18, generator=noise), torch.rand(3, 16, 18, generator=noise)
    assert torch.allclose(layers_of(picture, mosaic, same=mosaic)["same"], picture, atol=1e-5)


def test_layers_add_up_at_every_pixel(noise: torch.Generator) -> None:
    picture = torch.rand(3, 16, 18, generator=noise)
    mosaic, other = torch.rand(2, 1, 16, 18, generator=noise)
    found = layers_of(picture, mosaic, other=other, both=mosaic + other, less=mosaic - 3 * other)
    assert torch.allclose(picture + found["other"], found["both"], atol=1e-5)
    assert torch.allclose(picture - 3 * found["other"], found["less"], atol=1e-5)


def test_a_layer_without_edges_is_left_alone(noise: torch.Generator) -> None:
    mosaic, picture = torch.rand(1, 16, 18, generator=noise), torch.rand(3, 16, 18, generator=noise)
    soft = torch.full((1, 16, 18), 0.3)
    assert torch.equal(layers_of(picture, mosaic, soft=soft)["soft"], linear(soft))


@pytest.mark.parametrize("scale", [-2.0, 0.0, 0.25, 1.0])
def test_the_share_is_how_often_the_edges_are_there(scale: float, noise: torch.Generator) -> None:
    mosaic = torch.rand(1, 20, 20, generator=noise)
    assert share_of_edges(scale * mosaic + 0.7, mosaic, 2) == pytest.approx(scale, abs=1e-6)


def test_the_share_is_linear(noise: torch.Generator) -> None:
    mosaic, first, second = torch.rand(3, 1, 20, 20, generator=noise)
    apart = share_of_edges(first, mosaic, 2) - 2 * share_of_edges(second, mosaic, 2)
    assert share_of_edges(first - 2 * second, mosaic, 2) == pytest.approx(apart, abs=1e-6)


def test_flat_tiny_and_broken_mosaics_have_no_share(noise: torch.Generator) -> None:
    layer = torch.rand(1, 20, 20, generator=noise)
    broken = layer.clone()
    broken[0, 3, 3] = float("nan")
    assert share_of_edges(layer, torch.full((1, 20, 20), 0.5), 2) == 0
    assert share_of_edges(layer, broken, 2) == 0
    assert share_of_edges(layer[:, :2, :2], layer[:, :2, :2], 6) == 0
