"""Profiles, checked against published colours."""

import imagecodecs
import numpy as np
import pytest
import torch
from PIL import ImageCms

from unveil.isp.decode.profile import ProfileError, describe_profile, from_profile, is_srgb
from unveil.isp.tone.stage import decode_curve

D65 = (0.3127, 0.3290, 1.0)
D50 = (0.3457, 0.3585, 1.0)
WIDE = bytes(
    imagecodecs.cms_profile(
        "rgb", whitepoint=D50, primaries=(0.7347, 0.2653, 1, 0.1596, 0.8404, 1, 0.0366, 0.0001, 1), gamma=1.8
    )
)
DISPLAY_P3 = bytes(
    imagecodecs.cms_profile(
        "rgb", whitepoint=D65, primaries=(0.68, 0.32, 1, 0.265, 0.69, 1, 0.15, 0.06, 1), gamma=2.2
    )
)
SRGB = bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
GREY_22 = bytes(imagecodecs.cms_profile("gray", whitepoint=D65, gamma=1.8))


def pixels(*values: tuple[float, ...]) -> np.ndarray:
    return np.array([values], np.float32)


def linear(samples: np.ndarray) -> np.ndarray:
    return decode_curve(torch.from_numpy(samples), "srgb").numpy()


def test_srgb_is_told_from_other_profiles() -> None:
    assert is_srgb(SRGB, 3)
    assert not is_srgb(DISPLAY_P3, 3)
    assert not is_srgb(GREY_22, 1)


def test_display_p3_red_lies_where_it_should_in_rec2020() -> None:
    found, space, curve = from_profile(pixels((1, 0, 0), (1, 1, 1)), DISPLAY_P3)
    assert (space, curve) == ("Rec2020", "srgb")
    # Display P3 to Rec. 2020, from the primaries of SMPTE EG 432-1 and BT.2020.
    assert linear(found)[0, 0] == pytest.approx([0.753833, 0.045744, -0.001210], abs=2e-4)
    assert found[0, 1] == pytest.approx([1, 1, 1], abs=1e-4)


def test_colours_outside_rec2020_get_prophoto() -> None:
    found, space, _ = from_profile(pixels((0, 1, 0), (0.5, 0.5, 0.5)), WIDE)
    assert space == "ProPhoto"
    assert linear(found)[0, 0] == pytest.approx([0, 1, 0], abs=2e-3)
    assert linear(found)[0, 1] == pytest.approx([0.5**1.8] * 3, abs=1e-3)


def test_values_above_one_survive() -> None:
    found, _, _ = from_profile(pixels((1.2, 1.2, 1.2)), DISPLAY_P3)
    assert linear(found)[0, 0] == pytest.approx([1.2**2.2] * 3, abs=2e-3)


def test_grey_profiles_give_neutral_pixels() -> None:
    found, _, _ = from_profile(pixels((0.25,), (0.5,)), GREY_22)
    assert found.shape == (1, 2, 3)
    assert linear(found)[0, 1] == pytest.approx([0.5**1.8] * 3, abs=1e-3)


def test_a_broken_profile_is_a_profile_error() -> None:
    with pytest.raises(ProfileError):
        is_srgb(b"nothing of the kind" * 20, 3)


def test_a_grey_profile_does_not_suit_three_channels() -> None:
    with pytest.raises(ProfileError):
        from_profile(pixels((1, 0, 0)), GREY_22)


def test_profiles_are_described_in_their_own_words() -> None:
    assert describe_profile(SRGB) == "sRGB built-in"
    assert describe_profile(b"") == "unnamed"
