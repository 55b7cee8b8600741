"""An ICC profile in a JPEG XL: samples untouched, and libjxl's own program gives the very profile back."""

import shutil
import subprocess
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageCms

from unveil.isp.encode.icc import icc_profile
from unveil.isp.encode.jxl_header import with_colour
from unveil.isp.encode.jxl_icc import HEADER, icc_bits
from unveil.isp.metadata.boxes import jxl_codestream

SAMPLES = np.random.default_rng(3).integers(0, 65536, (16, 24, 3)).astype(np.uint16)


def other_platform(letters: bytes) -> bytes:
    profile = icc_profile("Adobe RGB", "gamma:2.19921875")
    return profile[:40] + letters + profile[44:]


PROFILES = {
    "eciRGB v2": icc_profile("eciRGB v2", "lstar"),
    "of Little CMS": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    "longer than 16 bits": icc_profile("sRGB", "srgb") + bytes(range(256)) * 300,
    **{
        name.decode(): other_platform(name) for name in (b"APPL", b"MSFT", b"SGI ", b"SUNW", b"SXXX", b"ABCD")
    },
}


def file_with(profile: bytes, samples: np.ndarray = SAMPLES) -> bytes:
    codestream = jxl_codestream(bytes(imagecodecs.jpegxl_encode(samples, lossless=True)))[0]
    return with_colour(codestream, "", "", samples.dtype.itemsize * 8, profile)


@pytest.mark.parametrize("name", PROFILES)
def test_samples_come_back(name: str) -> None:
    assert np.array_equal(imagecodecs.jpegxl_decode(file_with(PROFILES[name])), SAMPLES)


@pytest.mark.skipif(shutil.which("djxl") is None, reason="djxl is not installed")
@pytest.mark.parametrize("name", [name for name in PROFILES if not name.startswith("longer")])
def test_djxl_gives_the_same_profile(tmp_path: Path, name: str) -> None:
    path, png = tmp_path / "a.jxl", tmp_path / "a.png"
    path.write_bytes(file_with(PROFILES[name]))
    subprocess.run(["djxl", str(path), str(png)], check=True, capture_output=True)
    with Image.open(png) as image:
        assert image.info["icc_profile"] == PROFILES[name]


def test_what_is_too_short_for_a_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="takes ICC profiles of 128"):
        icc_bits(bytes(HEADER - 1))
