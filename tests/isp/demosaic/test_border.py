"""Edges of a mosaic."""

import pytest
import torch

from unveil.isp.demosaic.border import check_size, mirrored


def test_rows_and_columns_are_mirrored_about_the_outermost_sample() -> None:
    mosaic = torch.arange(4.0)[None, None]
    assert mirrored(mosaic, 2, -3, 6).flatten().tolist() == [3, 2, 1, 0, 1, 2, 3, 2, 1]


@pytest.mark.parametrize("size", [2, 3, 4, 7])
def test_places_outside_have_the_parity_of_the_sample_they_show(size: int) -> None:
    mosaic = torch.arange(float(size))[None, :, None]
    shown = mirrored(mosaic, 1, -10, size + 11).flatten()
    assert torch.equal(shown % 2, torch.arange(-10.0, size + 11) % 2)


def test_inside_nothing_is_copied() -> None:
    mosaic = torch.rand(1, 9, 5)
    assert mirrored(mosaic, 1, 2, 6).data_ptr() == mosaic[:, 2:].data_ptr()


@pytest.mark.parametrize("shape", [(4, 4), (3, 4, 4), (1, 1, 4, 4)])
def test_what_is_no_mosaic_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected a \(1, H, W\) mosaic, got"):
        check_size(torch.zeros(shape), 2, 2)


def test_small_mosaics_are_refused_with_both_sizes() -> None:
    with pytest.raises(ValueError, match="the mosaic is 5x1 pixels; the demosaicer needs at least 3x2"):
        check_size(torch.zeros(1, 1, 5), 2, 3)
