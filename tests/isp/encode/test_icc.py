"""Profiles against Little CMS: what it makes of the pixels is what our own matrices and curves say."""

import hashlib
from io import BytesIO

import imagecodecs
import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from unveil.isp.colour.colorimetry import D50_XYZ, bradford, rgb_to_xyz, white_point
from unveil.isp.colour.stage import apply_matrix, rgb_to_rgb
from unveil.isp.encode.icc import icc_profile
from unveil.isp.tone.curves import decode_curve, encode_curve

SPACES = ["sRGB", "Display P3", "Adobe RGB", "Rec2020", "ProPhoto"]
CURVES = ["srgb", "rec709", "linear", "gamma:2.2", "gamma:1.8"]


def convert(pixels: np.ndarray, source: bytes, target: bytes) -> np.ndarray:
    found = imagecodecs.cms_transform(
        np.ascontiguousarray(pixels),
        source,
        target,
        colorspace="rgb",
        outcolorspace="rgb",
        outdtype="float32",
    )
    return np.asarray(found)


def colours() -> np.ndarray:
    return np.random.default_rng(5).random((16, 16, 3), dtype=np.float32)


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("space", SPACES)
def test_little_cms_sees_the_colours_that_we_mean(space: str, curve: str) -> None:
    pixels = colours()
    linear = decode_curve(torch.from_numpy(pixels).permute(2, 0, 1), curve)
    expected = apply_matrix(linear, rgb_to_rgb(space, "ProPhoto")).permute(1, 2, 0).numpy()
    found = convert(pixels, icc_profile(space, curve), icc_profile("ProPhoto", "linear"))
    np.testing.assert_allclose(found, expected, atol=2e-4)


@pytest.mark.parametrize("curve", CURVES)
def test_the_way_back_encodes_with_our_curve(curve: str) -> None:
    linear = colours()
    found = convert(linear, icc_profile("Rec2020", "linear"), icc_profile("Rec2020", curve))
    np.testing.assert_allclose(found, encode_curve(torch.from_numpy(linear), curve).numpy(), atol=3e-4)


def test_srgb_is_the_srgb_of_little_cms() -> None:
    pixels = colours()
    built_in = bytes(imagecodecs.cms_profile("srgb"))
    np.testing.assert_allclose(convert(pixels, icc_profile("sRGB", "srgb"), built_in), pixels, atol=3e-4)


@pytest.mark.parametrize("space", SPACES)
def test_grey_stays_grey_to_sixteen_bits(space: str) -> None:
    ramp = np.repeat(np.linspace(0, 1, 256, dtype=np.float32)[None, :, None], 3, axis=2)
    found = convert(ramp, icc_profile(space, "srgb"), icc_profile("sRGB", "srgb"))
    assert np.ptp(found, axis=2).max() < 1 / 65535


@pytest.mark.parametrize("space", SPACES)
def test_the_colorants_are_the_primaries_under_d50(space: str) -> None:
    profile = ImageCms.ImageCmsProfile(BytesIO(icc_profile(space, "srgb"))).profile
    found = np.array(
        [getattr(profile, name)[0] for name in ("red_colorant", "green_colorant", "blue_colorant")]
    ).T
    expected = bradford(white_point(space), np.array(D50_XYZ)) @ rgb_to_xyz(space)
    np.testing.assert_allclose(found, expected, atol=4e-5)


def test_eight_bit_pictures_convert_in_pillow() -> None:
    image = Image.fromarray((colours() * 255).round().astype(np.uint8))
    ours = ImageCms.ImageCmsProfile(BytesIO(icc_profile("sRGB", "srgb")))
    found = ImageCms.profileToProfile(image, ours, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")))
    assert found is not None
    assert np.abs(np.asarray(found).astype(int) - np.asarray(image)).max() <= 1


def test_the_profile_says_what_it_is() -> None:
    data = icc_profile("Display P3", "gamma:2.2")
    profile = ImageCms.ImageCmsProfile(BytesIO(data))
    assert ImageCms.getProfileDescription(profile).strip() == "Display P3, gamma 2.2"
    assert profile.profile.version == pytest.approx(4.4)
    assert profile.profile.device_class == "mntr"


def test_size_and_identity_in_the_header_are_right() -> None:
    data = icc_profile("Rec2020", "rec709")
    assert int.from_bytes(data[:4], "big") == len(data)
    zeroed = data[:44] + bytes(4) + data[48:64] + bytes(4) + data[68:84] + bytes(16) + data[100:]
    assert hashlib.md5(zeroed, usedforsecurity=False).digest() == data[84:100]


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="no RGB space named 'CMYK'"):
        icc_profile("CMYK", "srgb")
    with pytest.raises(ValueError, match="no curve named 'log'"):
        icc_profile("sRGB", "log")
