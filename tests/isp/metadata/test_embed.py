"""Profile and EXIF in JPEG, PNG and TIFF: found again by other readers, pixels untouched."""

import os
from io import BytesIO

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from unveil.isp.metadata.containers import jpeg_icc
from unveil.isp.metadata.embed import Attached, attach_jpeg, attach_png, attach_tiff
from unveil.isp.metadata.exif_write import exif_entries

PICTURE = np.random.default_rng(1).integers(0, 255, (20, 30, 3), dtype=np.uint8)
EXIF = exif_entries({"Make": "Canon", "ExposureTime": 0.004}, software="unveil 1")
EXPOSURE_TIME, EXIF_IFD, MAKE = 33434, 34665, 271


def tiff() -> bytes:
    file = BytesIO()
    tifffile.imwrite(file, PICTURE, photometric="rgb", byteorder="<", metadata=None)
    return file.getvalue()


def test_a_jpeg_has_both_and_the_same_pixels() -> None:
    plain = bytes(imagecodecs.jpeg8_encode(PICTURE, level=90))
    image = Image.open(BytesIO(attach_jpeg(plain, Attached(EXIF, b"profile" * 20))))
    assert image.info["icc_profile"] == b"profile" * 20
    assert image.getexif()[MAKE] == "Canon"
    assert image.getexif().get_ifd(EXIF_IFD)[EXPOSURE_TIME] == 0.004
    assert np.array_equal(np.asarray(image), np.asarray(Image.open(BytesIO(plain))))


def test_a_large_profile_is_split_over_segments() -> None:
    profile = os.urandom(150_000)
    data = attach_jpeg(bytes(imagecodecs.jpeg8_encode(PICTURE)), Attached(EXIF, profile))
    assert jpeg_icc(BytesIO(data)) == profile
    assert Image.open(BytesIO(data)).info["icc_profile"] == profile


def test_a_png_has_both_and_the_same_pixels() -> None:
    image = Image.open(
        BytesIO(attach_png(bytes(imagecodecs.png_encode(PICTURE)), Attached(EXIF, b"profile")))
    )
    image.verify()
    image = Image.open(
        BytesIO(attach_png(bytes(imagecodecs.png_encode(PICTURE)), Attached(EXIF, b"profile")))
    )
    assert image.info["icc_profile"] == b"profile"
    assert image.getexif()[MAKE] == "Canon"
    assert np.array_equal(np.asarray(image), PICTURE)


def test_a_tiff_has_both_and_the_same_pixels() -> None:
    image = Image.open(BytesIO(attach_tiff(tiff(), Attached(EXIF, b"profile"))))
    assert image.info["icc_profile"] == b"profile"
    assert image.getexif()[MAKE] == "Canon"
    assert image.getexif().get_ifd(EXIF_IFD)[EXPOSURE_TIME] == 0.004
    assert np.array_equal(np.asarray(image), PICTURE)


def test_without_a_profile_none_is_there() -> None:
    for data in (
        attach_jpeg(bytes(imagecodecs.jpeg8_encode(PICTURE)), Attached(EXIF, None)),
        attach_png(bytes(imagecodecs.png_encode(PICTURE)), Attached(EXIF, None)),
        attach_tiff(tiff(), Attached(EXIF, None)),
    ):
        assert "icc_profile" not in Image.open(BytesIO(data)).info


@pytest.mark.parametrize("attach", [attach_jpeg, attach_png, attach_tiff])
def test_other_data_is_refused(attach: object) -> None:
    with pytest.raises(ValueError, match=r"not|only"):
        attach(b"text, no picture", Attached(EXIF, None))  # type: ignore[operator]
