"""Whole samples to files, read back by other libraries."""

from io import BytesIO

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from unveil.isp.encode.writers import jpeg_bytes, png_bytes, tiff_bytes
from unveil.isp.metadata.embed import Attached
from unveil.isp.metadata.exif_write import exif_entries

MORE = Attached(exif_entries({}, software="unveil 1"))


def picture(dtype: type[np.generic], height: int = 37, width: int = 53) -> np.ndarray:
    top = np.iinfo(dtype).max  # type: ignore[type-var]
    return np.random.default_rng(3).integers(0, top, (height, width, 3), dtype=dtype, endpoint=True)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_and_png_keep_every_sample(dtype: type[np.generic]) -> None:
    samples = picture(dtype)
    assert np.array_equal(tifffile.imread(BytesIO(tiff_bytes(samples, MORE))), samples)
    assert np.array_equal(imagecodecs.png_decode(png_bytes(samples, MORE)), samples)


def test_a_tiff_is_deflated_with_predictor() -> None:
    with tifffile.TiffFile(BytesIO(tiff_bytes(picture(np.uint16), MORE))) as tiff:
        page = tiff.pages.first
        assert (page.compression, page.predictor, page.bitspersample) == (8, 2, 16)
        assert page.tags["ImageWidth"].value == 53


def test_a_jpeg_has_colour_at_full_resolution() -> None:
    samples = np.zeros((32, 32, 3), np.uint8)
    samples[:, ::2, 0] = samples[:, 1::2, 2] = 255
    data = jpeg_bytes(samples, MORE, 100)
    assert np.abs(imagecodecs.jpeg8_decode(data).astype(int) - samples).mean() < 3
    image = Image.open(BytesIO(data))
    assert {layer[1:3] for layer in image.layer} == {(1, 1)}  # type: ignore[attr-defined]


def test_a_lower_quality_is_a_smaller_jpeg() -> None:
    samples = picture(np.uint8)
    assert len(jpeg_bytes(samples, MORE, 50)) < len(jpeg_bytes(samples, MORE, 95))


def test_a_jpeg_of_sixteen_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="JPEG takes uint8 samples, got uint16"):
        jpeg_bytes(picture(np.uint16), MORE, 90)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1)])
def test_the_smallest_pictures_are_written(size: tuple[int, int]) -> None:
    samples = picture(np.uint8, *size)
    assert np.array_equal(tifffile.imread(BytesIO(tiff_bytes(samples, MORE))).reshape(samples.shape), samples)
    assert imagecodecs.png_decode(png_bytes(samples, MORE)).shape == samples.shape
    assert imagecodecs.jpeg8_decode(jpeg_bytes(samples, MORE, 90)).shape == samples.shape
