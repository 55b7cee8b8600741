"""Finished pictures as display input."""

import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from unveil.isp.decode.picture import is_display_tiff, read_picture
from unveil.isp.metadata.ifd import read_tiff_tags
from unveil.pipeline.errors import FrameError

D65 = (0.3127, 0.3290, 1.0)
ADOBE = bytes(
    imagecodecs.cms_profile(
        "rgb",
        whitepoint=D65,
        primaries=(0.64, 0.33, 1, 0.21, 0.71, 1, 0.15, 0.06, 1),
        gamma=563 / 256,
    )
)


def ramp(dtype: type, channels: int = 3) -> np.ndarray:
    top = 1.0 if np.issubdtype(dtype, np.floating) else np.iinfo(dtype).max
    values = np.linspace(0, top, 8 * 6 * channels)
    return values.reshape(8, 6, channels).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("planes", ["contig", "separate"])
def test_tiff_samples_are_scaled_to_one(tmp_path: Path, dtype: type, planes: str) -> None:
    samples = ramp(dtype)
    stored = samples.transpose(2, 0, 1) if planes == "separate" else samples
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planes)
    picture = read_picture(tmp_path / "a.tif")
    scale = 1 if dtype is np.float32 else np.iinfo(dtype).max
    assert np.abs(picture.pixels.numpy() - samples.transpose(2, 0, 1) / scale).max() < 1e-6
    assert (picture.primaries, picture.curve, picture.icc) == ("sRGB", "srgb", None)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_samples_are_scaled_to_one(tmp_path: Path, dtype: type) -> None:
    samples = ramp(dtype)
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(samples))
    found = read_picture(tmp_path / "a.png").pixels.numpy()
    assert np.abs(found - samples.transpose(2, 0, 1) / np.iinfo(dtype).max).max() < 1e-6


def test_jpeg_agrees_with_pillow(tmp_path: Path) -> None:
    Image.fromarray(np.kron(ramp(np.uint8), np.ones((8, 8, 1), np.uint8))).save(tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as picture:
        expected = np.asarray(picture, np.float32).transpose(2, 0, 1)
    found = read_picture(tmp_path / "a.jpg").pixels.numpy() * 255
    assert np.abs(found - expected).max() <= 1.01


def test_grey_becomes_three_equal_channels(tmp_path: Path) -> None:
    samples = ramp(np.uint16, 1)[..., 0]
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="minisblack")
    picture = read_picture(tmp_path / "a.tif")
    assert np.abs(picture.pixels.numpy() - samples / 65535).max() < 1e-6
    assert "grey: three equal channels" in picture.notes


def test_inverted_grey_is_turned_round(tmp_path: Path) -> None:
    samples = ramp(np.uint8, 1)[..., 0]
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="miniswhite")
    assert np.abs(read_picture(tmp_path / "a.tif").pixels[0].numpy() - (1 - samples / 255.0)).max() < 1e-6


def test_opaque_alpha_is_dropped_and_said(tmp_path: Path) -> None:
    samples = np.dstack([ramp(np.uint8), np.full((8, 6), 255, np.uint8)])
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(samples))
    picture = read_picture(tmp_path / "a.png")
    assert picture.pixels.shape == (3, 8, 6)
    assert "its alpha channel is opaque everywhere and was dropped" in picture.notes


def test_transparent_pixels_are_refused(tmp_path: Path) -> None:
    samples = np.dstack([ramp(np.uint8), np.full((8, 6), 254, np.uint8)])
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(samples))
    with pytest.raises(FrameError, match=r"a\.png: has transparent pixels; flatten it first"):
        read_picture(tmp_path / "a.png")


def test_palette_png_is_refused(tmp_path: Path) -> None:
    Image.fromarray(ramp(np.uint8)).convert("P").save(tmp_path / "a.png")
    with pytest.raises(FrameError, match=r"a\.png: is a palette PNG; convert it to RGB"):
        read_picture(tmp_path / "a.png")


def test_palette_tiff_is_refused(tmp_path: Path) -> None:
    Image.fromarray(ramp(np.uint8)).convert("P").save(tmp_path / "a.tif")
    with pytest.raises(FrameError, match=r"a\.tif: is a PALETTE TIFF; convert it to RGB"):
        read_picture(tmp_path / "a.tif")


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk_is_refused(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(ramp(np.uint8)).convert("CMYK").save(tmp_path / f"a.{suffix}")
    with pytest.raises(FrameError, match=r"is a (CMYK JPEG|SEPARATED TIFF); convert it to RGB"):
        read_picture(tmp_path / f"a.{suffix}")


def test_bilevel_tiff_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.eye(8, dtype=bool), photometric="minisblack")
    with pytest.raises(FrameError, match=r"a\.tif: is a bool YX TIFF; convert it to RGB, 8 or 16 bits"):
        read_picture(tmp_path / "a.tif")


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_truncated_pictures_fail_with_one_sentence(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    samples = np.random.default_rng(1).integers(0, 255, (200, 200, 3)).astype(np.uint8)
    Image.fromarray(samples).save(path)
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(
        FrameError, match=rf"a\.{suffix}: truncated or damaged: [^\n]+; copy or export it again$"
    ):
        read_picture(path)


def test_samples_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    samples = ramp(np.float32)
    samples[3, 3] = np.nan
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb")
    with pytest.raises(FrameError, match="holds samples that are not numbers"):
        read_picture(tmp_path / "a.tif")


def test_an_srgb_profile_leaves_the_samples_alone(tmp_path: Path) -> None:
    samples = ramp(np.uint8)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(samples).save(tmp_path / "a.png", icc_profile=profile)
    picture = read_picture(tmp_path / "a.png")
    assert np.abs(picture.pixels.numpy() * 255 - samples.transpose(2, 0, 1)).max() < 1e-4
    assert (picture.primaries, picture.icc) == ("sRGB", profile)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_another_profile_is_converted_to_a_space_that_holds_it(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(np.full((16, 16, 3), (20, 230, 30), np.uint8)).save(
        tmp_path / f"a.{suffix}", icc_profile=ADOBE
    )
    picture = read_picture(tmp_path / f"a.{suffix}")
    assert (picture.primaries, picture.curve, picture.icc) == ("Rec2020", "srgb", ADOBE)
    assert 0 <= float(picture.pixels.min()) < float(picture.pixels.max()) <= 1
    assert any(note.startswith("converted from its profile") for note in picture.notes)


def test_a_broken_profile_is_said_and_srgb_assumed(tmp_path: Path) -> None:
    Image.fromarray(ramp(np.uint8)).save(tmp_path / "a.tif", icc_profile=b"not a profile" * 20)
    picture = read_picture(tmp_path / "a.tif")
    assert picture.primaries == "sRGB"
    assert any("its colour profile cannot be used" in note for note in picture.notes)


def test_exif_adobe_rgb_counts_where_there_is_no_profile(tmp_path: Path) -> None:
    Image.fromarray(ramp(np.uint8)).save(tmp_path / "a.jpg")
    picture = read_picture(tmp_path / "a.jpg", adobe_rgb=True)
    assert (picture.primaries, picture.curve) == ("Adobe RGB", "gamma:2.19921875")


def test_a_png_gamma_that_is_not_srgbs_is_said(tmp_path: Path) -> None:
    data = imagecodecs.png_encode(ramp(np.uint8))
    body = b"gAMA" + struct.pack(">I", 100000)
    gamma = struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body))
    (tmp_path / "a.png").write_bytes(data[:33] + gamma + data[33:])
    assert (
        "its gAMA chunk says 1; it is not applied, sRGB is assumed" in read_picture(tmp_path / "a.png").notes
    )


def test_only_the_first_page_is_used_and_said(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        tiff.write(ramp(np.uint8), photometric="rgb")
        tiff.write(ramp(np.uint8), photometric="rgb")
    assert "the file holds 2 pages; the first is used" in read_picture(tmp_path / "a.tif").notes


def test_raw_files_with_a_tiff_name_are_not_display_input(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, ramp(np.uint16, 1)[..., 0], photometric=32803, metadata=None)
    with path.open("rb") as file:
        assert not is_display_tiff(path, read_tiff_tags(file))
    tifffile.imwrite(path, ramp(np.uint16), photometric="rgb", metadata=None)
    with path.open("rb") as file:
        assert is_display_tiff(path, read_tiff_tags(file))
