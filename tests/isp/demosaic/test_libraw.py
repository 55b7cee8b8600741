"""LibRaw's interpolation of an edited mosaic."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rawpy
import torch

from unveil.isp.demosaic.libraw import demosaic_libraw
from unveil.pipeline.errors import FrameError

RGGB = ((0, 1), (1, 2))
WHITE = (50717, 4, 1, 4095)


def test_the_edited_mosaic_is_used_and_not_the_file(make_dng: Callable[..., Path]) -> None:
    source = make_dng(np.full((64, 80), 500, np.uint16), cfa=RGGB, tags=[WHITE, (50714, 4, 1, 100)])
    found = demosaic_libraw(source, torch.full((1, 64, 80), 0.25))
    assert found.shape == (3, 64, 80)
    assert torch.allclose(found, torch.full((3, 64, 80), 0.25), atol=1e-5)


def test_measured_samples_come_back_within_half_a_step(
    make_dng: Callable[..., Path], noise: torch.Generator
) -> None:
    source = make_dng(np.full((64, 80), 500, np.uint16), cfa=RGGB, tags=[WHITE])
    mosaic = torch.rand(1, 64, 80, generator=noise) * 2 - 0.5
    red = demosaic_libraw(source, mosaic)[0, ::2, ::2]
    assert (red - mosaic[0, ::2, ::2]).abs().max() < 0.51 * 2 / 57343 + 1e-6


@pytest.mark.parametrize("algorithm", ["AHD", "DHT", "AAHD", "VNG", "PPG"])
def test_each_algorithm_interpolates_in_its_own_way(
    make_dng: Callable[..., Path], noise: torch.Generator, algorithm: str
) -> None:
    source = make_dng(np.full((64, 80), 500, np.uint16), cfa=RGGB, tags=[WHITE])
    mosaic = torch.rand(1, 64, 80, generator=noise)
    found = demosaic_libraw(source, mosaic, algorithm)
    inner = slice(8, -8)
    assert (found[1, ::2, 1::2] - mosaic[0, ::2, 1::2]).abs()[inner, inner].max() < 1e-4
    for other in {"AHD", "VNG"} - {algorithm}:
        assert not torch.allclose(found, demosaic_libraw(source, mosaic, other), atol=0.05)


@pytest.mark.parametrize("algorithm", ["AHD", "AAHD", "DHT"])
def test_it_decides_as_in_its_own_development(
    make_dng: Callable[..., Path], noise: torch.Generator, algorithm: str
) -> None:
    counts = torch.randint(100, 4096, (64, 80), generator=noise)
    source = make_dng(counts.numpy().astype(np.uint16), cfa=RGGB, tags=[WHITE, (50714, 4, 1, 100)])
    settings = {"output_color": rawpy.ColorSpace.raw, "output_bps": 16, "gamma": (1, 1), "user_flip": 0}
    with rawpy.imread(str(source)) as raw:
        theirs = raw.postprocess(
            demosaic_algorithm=rawpy.DemosaicAlgorithm[algorithm],
            user_wb=[2.1, 1.0, 1.7, 1.0],
            no_auto_bright=True,
            adjust_maximum_thr=0,
            **settings,
        )
    gains = torch.tensor([[2.1, 1.0], [1.0, 1.7]]).repeat(32, 40)
    mine = demosaic_libraw(source, ((counts - 100) / 3995 * gains).clamp(0, 1)[None], algorithm)
    difference = (mine.permute(1, 2, 0).numpy() * 65535 - theirs.astype(np.float32))[8:-8, 8:-8]
    assert (np.abs(difference) > 8).mean() < 0.005


def test_samples_that_are_not_finite_are_refused(make_dng: Callable[..., Path]) -> None:
    source = make_dng(np.full((64, 80), 500, np.uint16), cfa=RGGB, tags=[WHITE])
    mosaic = torch.zeros(1, 64, 80)
    mosaic[0, 3, 3] = float("nan")
    with pytest.raises(ValueError, match="not finite"):
        demosaic_libraw(source, mosaic)


def test_orientation_is_not_applied(make_dng: Callable[..., Path]) -> None:
    source = make_dng(np.full((64, 80), 500, np.uint16), cfa=RGGB, tags=[WHITE, (274, 3, 1, 6)])
    assert demosaic_libraw(source, torch.ones(1, 64, 80)).shape == (3, 64, 80)


def test_a_mosaic_of_another_size_is_refused(make_dng: Callable[..., Path]) -> None:
    source = make_dng(np.full((64, 80), 500, np.uint16), cfa=RGGB, tags=[WHITE])
    with pytest.raises(FrameError, match="its mosaic is 80x64 pixels, the frame's 40x32"):
        demosaic_libraw(source, torch.ones(1, 32, 40))


def test_the_file_is_not_written_to(make_dng: Callable[..., Path]) -> None:
    source = make_dng(np.full((64, 80), 500, np.uint16), cfa=RGGB, tags=[WHITE])
    before = source.read_bytes()
    demosaic_libraw(source, torch.ones(1, 64, 80))
    assert source.read_bytes() == before


def test_a_source_that_is_gone_fails_the_frame(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match=r"gone\.dng: LibRaw cannot interpolate it"):
        demosaic_libraw(tmp_path / "gone.dng", torch.ones(1, 32, 40))
