"""The finished picture of a RAW file: embedded in it, or the camera's JPEG beside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from unveil.isp.colour.stage import ColourStage
from unveil.isp.decode.picture import ADOBE_CURVE
from unveil.isp.decode.preview import Preview, lay_as_sensor, read_beside, read_embedded, resize_display
from unveil.isp.decode.stage import DecodeStage
from unveil.isp.demosaic.stage import DemosaicStage
from unveil.isp.encode.icc import icc_profile
from unveil.isp.linearize.stage import LinearizeStage
from unveil.isp.orient import UNDO, apply_orientation
from unveil.isp.parameters import Colour, Decode, Demosaic, Linearize, Tone
from unveil.isp.tone.curves import decode_curve
from unveil.isp.tone.stage import ToneStage
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Frame

SAMPLES = Path(__file__).parents[3] / "samples"
ORIENTATION = 0x0112


def linear(source: Path) -> Frame:
    return LinearizeStage(Linearize())(DecodeStage(Decode(), "cpu")(Frame(source=source)))


@pytest.fixture(scope="module")
def mosaic() -> Frame:
    """The linear mosaic of a sample frame, 900 x 600."""
    return linear(SAMPLES / "otters.dng")


@pytest.fixture(scope="module")
def developed(mosaic: Frame) -> Tensor:
    """The same frame, developed to a third of its size, as the sensor lies."""
    frame = ColourStage(Colour(working_space="sRGB"))(DemosaicStage(Demosaic())(mosaic))
    return resize_display(ToneStage(Tone())(frame).image().clamp(0, 1), 200, 300)


def save(pixels: Tensor, path: Path, *, orientation: int = 1, icc: bytes | None = None) -> Path:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    array = (pixels * 255).round().byte().permute(1, 2, 0).numpy()
    Image.fromarray(np.ascontiguousarray(array)).save(path, "JPEG", quality=97, exif=exif, icc_profile=icc)
    return path


def beside(folder: Path, pixels: Tensor, name: str = "IMG_1.JPG", orientation: int = 1) -> Path:
    """Put a RAW file with a JPEG of its name into a folder; return the RAW file."""
    save(pixels, folder / name, orientation=orientation)
    return Path(shutil.copy(SAMPLES / "otters.dng", folder / "IMG_1.dng"))


@pytest.mark.shared
def test_a_jpeg_in_a_raw_file_is_read(shared_data: Path) -> None:
    source = shared_data / "raw" / "canon_eos_d30.crw"
    found = read_embedded(source)
    assert found.pixels.shape == (3, 960, 1440)
    assert found.orientation == 1
    lying = lay_as_sensor(found, linear(source).image(), 1, source)
    assert lying.notes == ()
    assert torch.equal(lying.pixels, found.pixels)


@pytest.mark.shared
def test_a_bitmap_in_a_raw_file_is_read(shared_data: Path) -> None:
    source = shared_data / "raw" / "kodak_dc50.kdc"
    found = read_embedded(source)
    assert found.pixels.shape == (3, 64, 96)
    assert found.orientation is None
    assert 0 <= float(found.pixels.min()) < 0.1 < 0.5 < float(found.pixels.max()) <= 1
    assert lay_as_sensor(found, linear(source).image(), 1, source).notes == ()


def test_a_raw_file_without_a_preview_is_told_in_one_sentence() -> None:
    source = SAMPLES / "otters.dng"
    with pytest.raises(FrameError) as error:
        read_embedded(source)
    assert str(error.value) == (
        f"{source}: holds no preview; use picture: rendered, or picture: beside with the camera's JPEG next to it"
    )


@pytest.mark.parametrize("name", ["IMG_1.JPG", "IMG_1.jpg", "IMG_1.jpeg", "IMG_1.Jpeg"])
def test_the_jpeg_beside_a_raw_file_is_found(tmp_path: Path, developed: Tensor, name: str) -> None:
    found = read_beside(beside(tmp_path, developed, name, orientation=3))
    assert found.name == name
    assert found.orientation == 3
    assert float((found.pixels - developed).abs().mean()) < 0.02


def test_no_jpeg_beside_it_is_told_in_one_sentence(tmp_path: Path, developed: Tensor) -> None:
    source = beside(tmp_path, developed, "IMG_2.JPG")
    with pytest.raises(FrameError) as error:
        read_beside(source)
    assert str(error.value) == (
        f"{source}: there is no IMG_1.JPG or .jpeg beside it; put the camera's JPEG there, or use "
        "picture: embedded or picture: rendered"
    )


def test_two_jpegs_beside_it_are_refused(tmp_path: Path, developed: Tensor) -> None:
    source = beside(tmp_path, developed)
    save(developed, tmp_path / "IMG_1.jpeg")
    with pytest.raises(
        FrameError, match=r"IMG_1\.JPG and IMG_1\.jpeg are beside it; leave one of them there"
    ):
        read_beside(source)


def test_a_truncated_jpeg_is_told_in_one_sentence(tmp_path: Path, developed: Tensor) -> None:
    source = beside(tmp_path, developed)
    jpeg = tmp_path / "IMG_1.JPG"
    jpeg.write_bytes(jpeg.read_bytes()[:5000])
    with pytest.raises(FrameError, match=r"IMG_1\.JPG: truncated or damaged: "):
        read_beside(source)


def test_a_profile_is_converted_to_srgb_and_said(tmp_path: Path) -> None:
    """Adobe RGB (1998) and sRGB share red, blue and white: grey of 0.5 there is 0.5 ** 2.2 in light here."""
    icc = icc_profile("Adobe RGB", ADOBE_CURVE)
    save(torch.full((3, 16, 24), 0.5), tmp_path / "IMG_1.JPG", icc=icc)
    found = read_beside(tmp_path / "IMG_1.dng")
    light = decode_curve(found.pixels, "srgb")
    torch.testing.assert_close(light, torch.full_like(light, (128 / 255) ** 2.19921875), atol=2e-3, rtol=0)
    assert any("IMG_1.JPG: converted from its profile" in note for note in found.notes)


def test_a_folder_named_like_the_jpeg_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "IMG_1.JPG").mkdir()
    with pytest.raises(FrameError, match=r"IMG_1\.JPG: cannot be read: is a directory"):
        read_beside(tmp_path / "IMG_1.dng")


STORED: dict[str, Callable[[int], tuple[int, int | None]]] = {
    "with the sensor's tag": lambda orientation: (1, orientation),
    "upright, without a tag": lambda orientation: (orientation, None),
    "upright, tagged 1": lambda orientation: (orientation, 1),
    "as the sensor, without a tag": lambda orientation: (1, None),
    "as the sensor, wrongly tagged 1": lambda orientation: (1, 1),
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("how", STORED)
def test_any_way_of_storing_comes_to_lie_as_the_sensor(
    mosaic: Frame, developed: Tensor, orientation: int, how: str
) -> None:
    turn, tag = STORED[how](orientation)
    stored = Preview(name="a.jpg", pixels=apply_orientation(developed, turn), orientation=tag)
    found = lay_as_sensor(stored, mosaic.image(), orientation, Path("a.dng"))
    assert torch.equal(found.pixels, developed)
    assert found.orientation == orientation


def test_a_tag_that_is_wrong_is_said(mosaic: Frame, developed: Tensor) -> None:
    stored = Preview(name="a.jpg", pixels=developed, orientation=1)
    found = lay_as_sensor(stored, mosaic.image(), 3, Path("a.dng"))
    assert found.notes == ("a.jpg: it does not lie as its orientation 1 says, but as 3, so that was taken",)


def test_a_picture_turned_by_a_program_is_turned_back(mosaic: Frame, developed: Tensor) -> None:
    stored = Preview(name="a.jpg", pixels=apply_orientation(developed, UNDO[6]), orientation=6)
    found = lay_as_sensor(stored, mosaic.image(), 1, Path("a.dng"))
    assert torch.equal(found.pixels, developed)


def test_another_aspect_is_refused_in_one_sentence(mosaic: Frame, developed: Tensor) -> None:
    cropped = Preview(name="embedded preview", pixels=developed[:, :168], orientation=None)
    with pytest.raises(FrameError) as error:
        lay_as_sensor(cropped, mosaic.image(), 6, Path("a.dng"))
    assert str(error.value) == (
        "a.dng: the sides of its embedded preview (300 x 168) are not as those of the mosaic (900 x 600), even "
        "turned; 2% is allowed; use picture: rendered, or a picture that was not cropped"
    )


def test_a_crop_of_a_few_rows_is_taken(mosaic: Frame, developed: Tensor) -> None:
    stored = Preview(name="a.jpg", pixels=developed[:, 1:-1], orientation=None)
    assert lay_as_sensor(stored, mosaic.image(), 1, Path("a.dng")).pixels.shape == (3, 198, 300)


def test_the_picture_of_another_shot_is_doubted(mosaic: Frame) -> None:
    other = linear(SAMPLES / "harbour.dng").image().expand(3, -1, -1)
    found = lay_as_sensor(
        Preview(name="a.jpg", pixels=other, orientation=1), mosaic.image(), 1, Path("a.dng")
    )
    assert "it looks unlike the mosaic" in found.notes[0]


def test_a_flat_frame_trusts_the_tag() -> None:
    grey = Preview(name="a.jpg", pixels=torch.full((3, 20, 30), 0.5), orientation=3)
    found = lay_as_sensor(grey, torch.full((1, 40, 60), 0.2), 3, Path("a.dng"))
    assert found.orientation == 3


@pytest.mark.parametrize("size", [(8, 12), (200, 300), (450, 700)])
def test_resizing_keeps_the_mean_light(developed: Tensor, size: tuple[int, int]) -> None:
    found = resize_display(developed, *size)
    assert found.shape == (3, *size)
    before, after = (float(decode_curve(x, "srgb").mean()) for x in (developed, found))
    assert after == pytest.approx(before, rel=0.02)
