"""OpenEXR: linear light of any range comes back, with primaries and tags."""

from io import BytesIO

import numpy as np
import pytest

from unveil.isp import extras
from unveil.isp.encode.exr import chromaticities, exr_bytes
from unveil.isp.encode.stage import EncodeStage
from unveil.isp.parameters import Encode
from unveil.pipeline.errors import EnvironmentFailure

OpenEXR = pytest.importorskip("OpenEXR", reason="the extra exr is not installed")
TAGS = {
    "Make": "Canon",
    "ExposureTime": 0.004,
    "ISO": 400,
    "DateTimeOriginal": "2024:05:06 07:08:09",
    "GPSLatitude": 33.5,
    "GPSLatitudeRef": "S",
    "GPSAltitude": 12.0,
    "GPSAltitudeRef": 1,
}


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_every_sample_comes_back_with_primaries_and_tags(dtype: type[np.floating]) -> None:
    samples = (np.random.default_rng(3).random((21, 34, 3)) * 20 - 2).astype(dtype)
    file = OpenEXR.File(BytesIO(exr_bytes(samples, "Rec2020", TAGS, "unveil 1", b"<x/>")))
    assert np.array_equal(file.channels()["RGB"].pixels, samples)
    header = file.header()
    # ITU-R BT.2020-2, tables 3: red, green, blue, white.
    expected = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)
    assert header["chromaticities"] == pytest.approx(expected, abs=1e-6)
    assert (header["software"], header["xmp"], header["cameraMake"]) == ("unveil 1", "<x/>", "Canon")
    assert (header["isoSpeed"], header["capDate"]) == (400, "2024:05:06 07:08:09")
    assert (header["latitude"], header["altitude"]) == (-33.5, -12.0)


def test_the_white_is_that_of_the_space() -> None:
    assert chromaticities("ProPhoto")[6:] == pytest.approx((0.3457, 0.3585), abs=1e-4)


def test_without_the_package_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(
        EnvironmentFailure, match=r"needs the package OpenEXR; install it with: .*unveil\[exr\]"
    ):
        EncodeStage(Encode(format="exr"))
