"""The colours that a JPEG XL says: pixels untouched, read by libjxl's own programs where they are installed."""

import subprocess
from pathlib import Path
from shutil import which
from typing import Any

import imagecodecs
import numpy as np
import pytest
import torch

from unveil.isp.colour.stage import apply_matrix, rgb_to_rgb
from unveil.isp.encode.jxl_header import can_say, with_colour
from unveil.isp.encode.profiles import CURVES
from unveil.isp.metadata.boxes import jxl_codestream
from unveil.isp.tone.curves import decode_curve

RAMP = np.stack(np.meshgrid(np.linspace(0.1, 0.9, 64), np.linspace(0.2, 0.8, 48)), -1) @ np.array(
    [[1, 0.3, 0.2], [0, 0.6, 0.5]]
)
SPACES = [(space, curve) for space, curve in CURVES.items() if can_say(curve)] + [("eciRGB v2", "linear")]


def codestream(samples: np.ndarray, **more: Any) -> bytes:
    return jxl_codestream(bytes(imagecodecs.jpegxl_encode(samples, **more)))[0]


@pytest.mark.parametrize(("space", "curve"), SPACES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_lossless_picture_keeps_its_samples(dtype: type[np.generic], space: str, curve: str) -> None:
    top = np.iinfo(dtype).max  # type: ignore[type-var]
    samples = (RAMP * top).astype(dtype)
    data = with_colour(codestream(samples, lossless=True), space, curve, top.bit_length())
    assert np.array_equal(imagecodecs.jpegxl_decode(data), samples)


@pytest.mark.parametrize(("space", "curve"), SPACES)
def test_a_decoder_gives_a_lossy_picture_in_the_colours_that_are_said(space: str, curve: str) -> None:
    wanted = torch.from_numpy(RAMP).float().permute(2, 0, 1)
    linear = apply_matrix(decode_curve(wanted, curve), rgb_to_rgb(space, "sRGB")).permute(1, 2, 0)
    data = with_colour(codestream(np.ascontiguousarray(linear.numpy()), distance=0.1), space, curve, 16)
    found = imagecodecs.jpegxl_decode(data)
    assert found.dtype == np.uint16
    np.testing.assert_allclose(found / 65535, RAMP, atol=0.02)


@pytest.mark.skipif(which("jxlinfo") is None, reason="jxlinfo is not installed")
@pytest.mark.parametrize(
    ("space", "curve", "words"),
    [
        ("sRGB", "srgb", "D65, sRGB primaries, sRGB transfer function"),
        ("Display P3", "srgb", "D65, P3 primaries, sRGB transfer function"),
        ("Rec2020", "rec709", "D65, Rec.2100 primaries, 709 transfer function"),
        ("ProPhoto", "gamma:1.8", "white_point(x=0.345700,y=0.358500)"),
        ("Adobe RGB", "gamma:2.19921875", "gamma(0.454707)"),
    ],
)
def test_jxlinfo_reads_the_colours(tmp_path: Path, space: str, curve: str, words: str) -> None:
    samples = (RAMP * 65535).astype(np.uint16)
    path = tmp_path / "a.jxl"
    path.write_bytes(with_colour(codestream(samples, lossless=True), space, curve, 16))
    found = subprocess.run(["jxlinfo", str(path)], capture_output=True, text=True, check=True).stdout
    assert "16-bit RGB" in found
    assert words in found


def test_lightness_has_no_numbers_there() -> None:
    assert [
        curve for curve in ("srgb", "linear", "gamma:2.2", "lstar", "gamma:0.5") if not can_say(curve)
    ] == [
        "lstar",
        "gamma:0.5",
    ]
    with pytest.raises(ValueError, match="no numbers for the curve 'lstar'"):
        with_colour(codestream((RAMP * 255).astype(np.uint8)), "eciRGB v2", "lstar", 8)


@pytest.mark.parametrize("data", [b"text", b"\xff\x0a"])
def test_other_data_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a JPEG XL codestream|does not end"):
        with_colour(data, "sRGB", "srgb", 8)
