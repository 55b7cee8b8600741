"""Three colours at every pixel."""

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
import pytest
import torch

from unveil.isp.cfa import colour_masks
from unveil.isp.demosaic.stage import DemosaicStage, block_size, demosaic_malvar2004, superpixel
from unveil.isp.parameters import Demosaic
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Camera, Frame, Space

ORDERS = {
    "RGGB": ((0, 1), (1, 2)),
    "GRBG": ((1, 0), (2, 1)),
    "GBRG": ((1, 2), (0, 1)),
    "BGGR": ((2, 1), (1, 0)),
}
RGGB = ORDERS["RGGB"]
XTRANS = (
    (1, 1, 0, 1, 1, 2),
    (1, 1, 2, 1, 1, 0),
    (2, 0, 1, 0, 2, 1),
    (1, 1, 2, 1, 1, 0),
    (1, 1, 0, 1, 1, 2),
    (0, 2, 1, 2, 0, 1),
)
Cfa = tuple[tuple[int, ...], ...]


def mosaic_of(picture: torch.Tensor, cfa: Cfa) -> torch.Tensor:
    masks = colour_masks(cfa, picture.shape[1], picture.shape[2])
    return (picture * masks).sum(0, keepdim=True)


def psnr(first: torch.Tensor, second: torch.Tensor) -> float:
    return float(-10 * (first - second)[:, 8:-8, 8:-8].pow(2).mean().log10())


def frame_of(mosaic: torch.Tensor, cfa: Cfa, **more: object) -> Frame:
    camera = Camera(cfa=cfa, white_balance=(2.0, 1.0, 1.5))
    return Frame(source=Path("a.dng"), pixels=mosaic, space=Space.CFA_LINEAR, camera=camera, **more)  # type: ignore[arg-type]


def test_impulse_at_red_gives_the_coefficients_of_the_paper() -> None:
    mosaic = torch.zeros(1, 12, 12)
    mosaic[0, 4, 4] = 8.0
    red, green, blue = demosaic_malvar2004(mosaic, RGGB)
    assert red[4, 4] == 8
    # Figure 2, top left: G at the red itself, at its green neighbours no use, at the next reds -1.
    assert (green[4, 4], green[4, 6], green[2, 4]) == (4, -1, -1)
    # Top middle and right: R at a green beside, above; 4 for the neighbour. Bottom right: B at red is 6.
    assert (red[4, 5], red[5, 4], red[5, 5]) == (4, 4, 2)
    assert (blue[4, 4], blue[4, 6]) == (6, -1.5)


@pytest.mark.parametrize("order", ORDERS)
def test_planes_are_reproduced_exactly(order: str) -> None:
    rows, columns = torch.meshgrid(torch.arange(20.0), torch.arange(24.0), indexing="ij")
    picture = torch.stack([0.1 + 0.01 * rows, 0.5 - 0.02 * columns, 0.3 + 0.01 * rows - 0.01 * columns])
    found = demosaic_malvar2004(mosaic_of(picture, ORDERS[order]), ORDERS[order])
    assert torch.allclose(found[:, 2:-2, 2:-2], picture[:, 2:-2, 2:-2], atol=1e-6)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [(2, 2), (2, 3), (3, 2), (5, 4), (4, 5), (7, 7), (2, 9)])
def test_flat_colour_stays_flat_up_to_the_border_at_every_size(order: str, size: tuple[int, int]) -> None:
    picture = torch.tensor([0.2, 0.5, 0.8])[:, None, None].expand(3, *size)
    found = demosaic_malvar2004(mosaic_of(picture, ORDERS[order]), ORDERS[order])
    assert torch.allclose(found, picture, atol=1e-6)


@pytest.mark.parametrize("order", ORDERS)
def test_measured_samples_are_kept_exactly(order: str, noise: torch.Generator) -> None:
    mosaic = torch.rand(1, 11, 14, generator=noise)
    found = demosaic_malvar2004(mosaic, ORDERS[order])
    assert torch.equal(mosaic_of(found, ORDERS[order]), mosaic)


def test_demosaicing_is_linear(noise: torch.Generator) -> None:
    first, second = torch.rand(2, 1, 16, 16, generator=noise)
    both = demosaic_malvar2004(first - 2 * second, RGGB)
    apart = demosaic_malvar2004(first, RGGB) - 2 * demosaic_malvar2004(second, RGGB)
    assert torch.allclose(both, apart, atol=1e-5)


@pytest.mark.shared
@pytest.mark.parametrize("order", ORDERS)
def test_a_photograph_comes_back_at_38_dB(order: str, shared_data: Path) -> None:
    picture = cv2.imread(str(shared_data / "photos/bsds500/100007.jpg"), cv2.IMREAD_COLOR_RGB)
    assert picture is not None
    planes = torch.from_numpy(picture.astype(np.float32).transpose(2, 0, 1) / 255)
    found = demosaic_malvar2004(mosaic_of(planes, ORDERS[order]), ORDERS[order])
    assert psnr(found, planes) > 38


def test_other_mosaics_are_refused_by_malvar2004() -> None:
    with pytest.raises(ValueError, match="takes Bayer mosaics, this is a 6x6 mosaic"):
        demosaic_malvar2004(torch.zeros(1, 12, 12), XTRANS)


@pytest.mark.parametrize("size", [(1, 8), (8, 1)])
def test_mosaics_below_two_by_two_fail_the_frame(size: tuple[int, int]) -> None:
    with pytest.raises(FrameError, match=r"a\.dng: the mosaic is .* pixels; .* needs at least 2x2"):
        DemosaicStage(Demosaic())(frame_of(torch.zeros(1, *size), RGGB))


def test_superpixel_averages_the_greens_of_a_cell() -> None:
    mosaic = torch.tensor([[[0.1, 0.4], [0.6, 0.9]]])
    assert superpixel(mosaic, RGGB).flatten().tolist() == pytest.approx([0.1, 0.5, 0.9])


def test_superpixel_of_xtrans_uses_blocks_of_three() -> None:
    picture = torch.tensor([0.2, 0.5, 0.8])[:, None, None].expand(3, 13, 12)
    found = superpixel(mosaic_of(picture, XTRANS), XTRANS)
    assert block_size(XTRANS) == 3
    assert torch.allclose(found, picture[:, :4, :4])


def test_superpixel_of_monochrome_keeps_the_size(noise: torch.Generator) -> None:
    mosaic = torch.rand(1, 5, 7, generator=noise)
    assert torch.equal(superpixel(mosaic, ((1,),)), mosaic.expand(3, 5, 7))


def test_layers_are_demosaiced_like_the_pixels(noise: torch.Generator) -> None:
    picture, layer = torch.rand(2, 1, 16, 18, generator=noise)
    colour_layer = torch.rand(3, 16, 18, generator=noise)
    layers = MappingProxyType({"reflection": layer, "blended": colour_layer})
    found = DemosaicStage(Demosaic())(frame_of(picture, RGGB, layers=layers))
    alone = DemosaicStage(Demosaic())(frame_of(layer, RGGB))
    assert found.space is Space.CAMERA_RGB
    assert torch.equal(found.layers["reflection"], alone.image())
    assert torch.equal(found.layers["blended"], colour_layer)


def test_superpixel_gives_pixels_and_layers_one_size(noise: torch.Generator) -> None:
    layers = MappingProxyType({"a": torch.rand(1, 9, 8, generator=noise), "b": torch.ones(3, 9, 8)})
    found = DemosaicStage(Demosaic(algorithm="superpixel"))(
        frame_of(torch.ones(1, 9, 8), RGGB, layers=layers)
    )
    assert {tensor.shape for tensor in (found.image(), *found.layers.values())} == {(3, 4, 4)}


def test_monochrome_gives_three_equal_channels_whatever_the_algorithm(noise: torch.Generator) -> None:
    mosaic = torch.rand(1, 6, 5, generator=noise)
    for algorithm in ("auto", "superpixel", "malvar2004"):
        found = DemosaicStage(Demosaic(algorithm=algorithm))(frame_of(mosaic, ((1,),)))
        assert torch.equal(found.image(), mosaic.expand(3, 6, 5))


def test_frames_with_three_colours_pass_untouched() -> None:
    frame = Frame(source=Path("a.png"), pixels=torch.ones(3, 4, 4), space=Space.LINEAR_RGB)
    assert DemosaicStage(Demosaic())(frame) is frame


def test_malvar2004_on_xtrans_says_what_to_use() -> None:
    with pytest.raises(
        FrameError, match=r"takes Bayer only; use demosaic\.algorithm: auto, libraw or superp"
    ):
        DemosaicStage(Demosaic(algorithm="malvar2004"))(frame_of(torch.ones(1, 12, 12), XTRANS))


def test_xtrans_goes_through_libraw_and_keeps_values_out_of_range(make_dng: Callable[..., Path]) -> None:
    source = make_dng(np.full((528, 540), 500, np.uint16), cfa=XTRANS, tags=[(50717, 4, 1, 4095)])
    mosaic = torch.linspace(-0.2, 1.7, 528 * 540).reshape(1, 528, 540)
    frame = Frame(source=source, pixels=mosaic, space=Space.CFA_LINEAR, camera=Camera(cfa=XTRANS))
    found = DemosaicStage(Demosaic())(frame)
    assert (found.image() - mosaic)[:, 9:-9, 9:-9].abs().max() < 1e-3
    assert found.notes == ("demosaic: 6x6 mosaic by LibRaw (16-bit steps)",)
