"""Three colours at every pixel."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import torch
from torch import Tensor

from unveil.isp.demosaic.choose import Values
from unveil.isp.demosaic.pekkucuksen2010 import demosaic_pekkucuksen2010
from unveil.isp.demosaic.stage import DemosaicStage
from unveil.isp.parameters import Demosaic
from unveil.isp.parameters.demosaic import Algorithm
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Camera, Frame, Space

Cfa = tuple[tuple[int, ...], ...]
RGGB = ((0, 1), (1, 2))
XTRANS = (
    (1, 1, 0, 1, 1, 2),
    (1, 1, 2, 1, 1, 0),
    (2, 0, 1, 0, 2, 1),
    (1, 1, 2, 1, 1, 0),
    (1, 1, 0, 1, 1, 2),
    (0, 2, 1, 2, 0, 1),
)
BALANCE = (2.0, 1.0, 1.5)


def frame_of(mosaic: Tensor, cfa: Cfa, layers: Mapping[str, Tensor] = MappingProxyType({})) -> Frame:
    camera = Camera(cfa=cfa, white_balance=BALANCE)
    return Frame(source=Path("a.dng"), pixels=mosaic, space=Space.CFA_LINEAR, camera=camera, layers=layers)


def test_edges_are_judged_white_balanced_and_the_result_is_not(noise: torch.Generator) -> None:
    mosaic = torch.rand(1, 24, 26, generator=noise)
    gains = torch.ones(1, 24, 26)
    gains[:, ::2, ::2], gains[:, 1::2, 1::2] = BALANCE[0], BALANCE[2]
    found = DemosaicStage(Demosaic(values="light"))(frame_of(mosaic, RGGB)).image()
    expected = demosaic_pekkucuksen2010(mosaic * gains, RGGB) / torch.tensor(BALANCE)[:, None, None]
    assert torch.equal(found, expected)


@pytest.mark.parametrize("values", ["display", "light"])
@pytest.mark.parametrize("algorithm", ["auto", "menon2007", "malvar2004", "ea", "superpixel"])
def test_transmission_and_reflection_add_up_to_what_came(
    algorithm: Algorithm, values: Values, noise: torch.Generator
) -> None:
    transmission, reflection = torch.rand(2, 1, 32, 34, generator=noise)
    layers = {"reflection": reflection, "blended": transmission + reflection, "transmission": transmission}
    stage = DemosaicStage(Demosaic(algorithm=algorithm, values=values))
    found = stage(frame_of(transmission, RGGB, layers))
    assert torch.allclose(found.image() + found.layers["reflection"], found.layers["blended"], atol=1e-5)
    assert torch.allclose(found.image(), found.layers["transmission"], atol=1e-5)


@pytest.mark.parametrize(
    ("cfa", "algorithm"), [(RGGB, "ahd"), (RGGB, "dht"), (XTRANS, "auto"), (XTRANS, "vng")]
)
def test_layers_add_up_beside_what_libraw_interpolates(
    make_dng: Callable[..., Path], noise: torch.Generator, cfa: Cfa, algorithm: Algorithm
) -> None:
    source = make_dng(np.full((528, 540), 500, np.uint16), cfa=cfa, tags=[(50717, 4, 1, 4095)])
    transmission, reflection = torch.rand(2, 1, 528, 540, generator=noise) / 2
    layers = {"reflection": reflection, "blended": transmission + reflection}
    frame = replace(frame_of(transmission, cfa, layers), source=source)
    found = DemosaicStage(Demosaic(algorithm=algorithm))(frame)
    assert torch.allclose(found.image() + found.layers["reflection"], found.layers["blended"], atol=1e-5)


def test_three_colour_layers_stay(noise: torch.Generator) -> None:
    layer = torch.rand(3, 16, 18, generator=noise)
    frame = frame_of(torch.rand(1, 16, 18, generator=noise), RGGB, {"blended": layer})
    assert torch.equal(DemosaicStage(Demosaic())(frame).layers["blended"], layer)


@pytest.mark.parametrize("algorithm", ["superpixel", "half"])
def test_smaller_results_give_pixels_and_layers_one_size(algorithm: str, noise: torch.Generator) -> None:
    layers = {"a": torch.rand(1, 9, 8, generator=noise), "b": torch.ones(3, 9, 8)}
    frame = frame_of(torch.ones(1, 9, 8), RGGB, layers)
    found = DemosaicStage(Demosaic(algorithm=algorithm))(frame)
    assert {tensor.shape for tensor in (found.image(), *found.layers.values())} == {(3, 4, 4)}


def test_the_trail_says_what_was_chosen(noise: torch.Generator) -> None:
    mosaic = torch.rand(1, 8, 8, generator=noise)
    found = DemosaicStage(Demosaic())(frame_of(mosaic, RGGB))
    assert found.notes == ("demosaic: RGGB by pekkucuksen2010 on display values (chosen by auto)",)
    found = DemosaicStage(Demosaic(algorithm="ea", values="light"))(frame_of(mosaic, RGGB))
    assert found.notes == ("demosaic: RGGB by OpenCV's ea (16-bit steps) on light",)


def test_monochrome_gives_three_equal_channels_whatever_the_algorithm(noise: torch.Generator) -> None:
    mosaic = torch.rand(1, 6, 5, generator=noise)
    for algorithm in ("auto", "superpixel", "malvar2004", "ahd"):
        found = DemosaicStage(Demosaic(algorithm=algorithm))(frame_of(mosaic, ((1,),)))
        assert torch.equal(found.image(), mosaic.expand(3, 6, 5))


def test_frames_with_three_colours_pass_untouched() -> None:
    frame = Frame(source=Path("a.png"), pixels=torch.ones(3, 4, 4), space=Space.LINEAR_RGB)
    assert DemosaicStage(Demosaic())(frame) is frame


def test_the_frame_that_came_is_not_changed(noise: torch.Generator) -> None:
    mosaic, layer = torch.rand(2, 1, 16, 16, generator=noise)
    frame = frame_of(mosaic, RGGB, {"reflection": layer})
    before = mosaic.clone(), layer.clone()
    DemosaicStage(Demosaic())(frame)
    assert torch.equal(mosaic, before[0])
    assert torch.equal(layer, before[1])


@pytest.mark.parametrize("size", [(1, 8), (8, 1)])
def test_mosaics_below_two_by_two_fail_the_frame(size: tuple[int, int]) -> None:
    with pytest.raises(FrameError, match=r"a\.dng: the mosaic is .* pixels; .* needs at least 2x2"):
        DemosaicStage(Demosaic())(frame_of(torch.zeros(1, *size), RGGB))


def test_samples_that_are_not_finite_fail_the_frame_where_they_cannot_be_carried() -> None:
    with pytest.raises(FrameError, match=r"a\.dng: the mosaic has samples that are not finite"):
        DemosaicStage(Demosaic(algorithm="ea"))(frame_of(torch.full((1, 8, 8), torch.inf), RGGB))


def test_xtrans_goes_through_libraw_and_keeps_values_out_of_range(
    make_dng: Callable[..., Path], xtrans: Cfa
) -> None:
    source = make_dng(np.full((528, 540), 500, np.uint16), cfa=xtrans, tags=[(50717, 4, 1, 4095)])
    mosaic = torch.linspace(-0.2, 1.7, 528 * 540).reshape(1, 528, 540)
    frame = Frame(source=source, pixels=mosaic, space=Space.CFA_LINEAR, camera=Camera(cfa=xtrans))
    for algorithm, tolerance in (("auto", 3e-3), ("vng", 2e-2)):
        found = DemosaicStage(Demosaic(algorithm=algorithm))(frame)
        assert (found.image() - mosaic)[:, 9:-9, 9:-9].abs().max() < tolerance
