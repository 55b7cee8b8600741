"""Conversion to other profiles: named spaces as Little CMS does it, files with their intent and black point."""

import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import torch

from unveil.isp.colour.colorimetry import D50_XYZ
from unveil.isp.encode import icc
from unveil.isp.encode.icc import icc_profile
from unveil.isp.encode.profile_file import profile_problems, read_profile
from unveil.isp.encode.profiles import CURVES, INTENTS, Colour, convert, named, target_of
from unveil.isp.parameters import Encode

SRGB = named("sRGB", "srgb")
BLACK = 0.02
"""Light that the device below gives for 0."""


def colours() -> torch.Tensor:
    return torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(4))


def device(path: Path) -> Path:
    """A display whose black is not dark: its curve begins above 0."""
    table = np.round(np.linspace(BLACK, 1, 256) * 65535).astype(">u2").tobytes()
    curve = b"curv\0\0\0\0" + struct.pack(">I", 256) + table
    colorants = icc._colorants("sRGB")
    tags = [
        (b"desc", icc._text("Grey black")),
        (b"cprt", icc._text("none")),
        (b"wtpt", icc._xyz(np.array(D50_XYZ))),
        *((name, icc._xyz(colorants[:, i])) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))),
        *((name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")),
    ]
    path.write_bytes(icc._assemble(tags))
    return path


@pytest.mark.parametrize("space", CURVES)
def test_named_spaces_are_converted_as_little_cms_does(space: str) -> None:
    wide = named("ProPhoto", "gamma:1.8")
    inside = convert(colours() * 0.5 + 0.25, SRGB, wide, "relative", True)
    target = target_of(Encode(icc=space), wide)
    found = convert(inside, wide, target, "relative", True)
    expected = imagecodecs.cms_transform(
        np.ascontiguousarray(inside.permute(1, 2, 0).numpy()),
        wide.profile,
        target.profile,
        colorspace="rgb",
        outcolorspace="rgb",
        outdtype="float32",
        intent=INTENTS["relative"],
    )
    np.testing.assert_allclose(found.permute(1, 2, 0).numpy(), expected, atol=2e-4)


@pytest.mark.parametrize("space", CURVES)
def test_there_and_back_is_the_picture_even_outside_the_gamut(space: str) -> None:
    pixels = colours() * 1.6 - 0.3
    other = named(space, CURVES[space])
    there = convert(pixels, SRGB, other, "relative", True)
    back = convert(there, other, SRGB, "relative", True)
    torch.testing.assert_close(back, pixels, atol=2e-5, rtol=1e-4)


def test_grey_stays_grey_and_white_white() -> None:
    ramp = torch.linspace(0, 1, 33).expand(3, 1, -1)
    found = convert(ramp, SRGB, named("eciRGB v2", "lstar"), "relative", True)
    assert float((found - found[0]).abs().max()) < 1e-5
    assert found[:, 0, -1].tolist() == pytest.approx([1, 1, 1], abs=1e-5)
    # L* of a middle grey, CIE 15: 116 * 0.2140411 ** (1 / 3) - 16.
    middle = convert(torch.full((3, 1, 1), 0.5), SRGB, named("eciRGB v2", "lstar"), "relative", True)
    assert float(middle[0, 0, 0]) == pytest.approx(0.5339, abs=1e-4)


def test_what_is_there_already_is_not_touched() -> None:
    pixels = colours()
    assert convert(pixels, SRGB, target_of(Encode(icc="sRGB"), SRGB), "relative", True) is pixels
    assert target_of(Encode(), SRGB) is SRGB


def test_a_profile_file_is_used_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "P3.ICC"
    path.write_bytes(icc_profile("Display P3", "srgb"))
    target = target_of(Encode(icc=str(path)), SRGB)
    assert target == Colour("", "", path.read_bytes())
    found = convert(colours(), SRGB, target, "relative", False)
    expected = convert(colours(), SRGB, named("Display P3", "srgb"), "relative", False)
    # A profile has its numbers in steps of 1/65536.
    torch.testing.assert_close(found, expected, atol=3e-4, rtol=0)


def test_black_point_compensation_keeps_the_shadows(tmp_path: Path) -> None:
    target = Colour("", "", read_profile(device(tmp_path / "grey.icc")))
    linear = named("sRGB", "linear")
    shadows = torch.linspace(0, BLACK, 9).expand(3, 1, -1).contiguous()
    crushed = convert(shadows, linear, target, "relative", False)
    kept = convert(shadows, linear, target, "relative", True)
    assert float(crushed.abs().max()) < 1e-3
    assert bool((kept[0, 0].diff() > 0).all())
    torch.testing.assert_close(kept, shadows, atol=1e-3, rtol=0)


@pytest.mark.parametrize("intent", INTENTS)
def test_every_intent_is_taken(tmp_path: Path, intent: str) -> None:
    target = Colour("", "", read_profile(device(tmp_path / "grey.icc")))
    assert bool(convert(colours(), SRGB, target, intent, True).isfinite().all())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"text", "is not an ICC profile"),
        (bytes(imagecodecs.cms_profile("gray")), "is a profile for GRAY pixels; give one for RGB"),
        (icc_profile("sRGB", "srgb")[:-4], "says another length"),
        (icc_profile("sRGB", "srgb")[:12] + b"link" + icc_profile("sRGB", "srgb")[16:], "of class 'link'"),
    ],
)
def test_another_file_is_refused_in_the_recipe(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "a.icc").write_bytes(data)
    (problem,) = profile_problems(Encode(icc=str(tmp_path / "a.icc")))
    assert words in problem


def test_a_missing_file_is_refused_in_the_recipe(tmp_path: Path) -> None:
    (problem,) = profile_problems(Encode(icc=str(tmp_path / "a.icc")))
    assert problem.endswith("a.icc: cannot be opened: no such file or directory")
    assert profile_problems(Encode(icc="sRGB")) == []


def test_a_profile_that_little_cms_refuses_is_one_sentence() -> None:
    broken = Colour("", "", icc_profile("sRGB", "srgb")[:140])
    with pytest.raises(ValueError, match="cannot be converted to the profile"):
        convert(colours(), SRGB, broken, "relative", True)
