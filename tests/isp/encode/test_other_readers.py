"""Every format in every depth and space, read back by other programs: samples, profile and tags."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import get_args

import imagecodecs
import numpy as np
import pytest
import torch
from PIL import Image

from unveil.benchmarks.accuracy.roundtrip import EXPECTED, NO_IPTC, WRITTEN
from unveil.benchmarks.accuracy.roundtrip_readers import (
    by_imagemagick,
    by_libavif,
    by_libjxl,
    by_pillow,
    imagemagick,
)
from unveil.isp.decode.stage import DecodeStage
from unveil.isp.encode.jxl_header import can_say
from unveil.isp.encode.profiles import CURVES, Colour, convert, named
from unveil.isp.encode.stage import SOFTWARE, EncodeStage
from unveil.isp.parameters import Decode, Encode
from unveil.isp.parameters.encode import DEPTHS, ProfileSpace
from unveil.pipeline.frame import Destination, Frame, Space

SPACES = ("embed", *get_args(ProfileSpace))
FINISHED = [
    (kind, depth) for kind in ("tiff", "png", "jpeg", "jxl", "avif") for depth in sorted(DEPTHS[kind])
]
NEEDED = {"tiff": "convert", "jxl": "djxl", "avif": "avifdec", "png": "convert", "jpeg": "convert"}
SIDE = (40, 60)
"""Height and width of the frame, which is turned upright as it is written."""

needs_exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")


@pytest.fixture(scope="module")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Frame:
    source = tmp_path_factory.mktemp("source") / "photo.jpg"
    source.write_bytes(imagecodecs.jpeg8_encode(np.zeros((*SIDE, 3), np.uint8)))
    if shutil.which("exiftool"):
        subprocess.run(["exiftool", "-q", "-q", "-overwrite_original", *WRITTEN, str(source)], check=True)
    small = torch.rand(1, 3, 5, 7, generator=torch.Generator().manual_seed(8)) * 0.7 + 0.15
    pixels = torch.nn.functional.interpolate(small, SIDE, mode="bicubic")[0].clamp(0, 1)
    read = DecodeStage(Decode(), "cpu")(Frame(source=source))
    return replace(read, pixels=pixels, curve="srgb", metadata=replace(read.metadata, orientation=6))


def written(frame: Frame, folder: Path, **parameters: object) -> Path:
    to = replace(frame, destination=Destination(folder=folder))
    output = EncodeStage(Encode.model_validate(parameters))(to).outputs[-1]
    return output.temporary.rename(output.final)


def every_space(frame: Frame, folder: Path, kind: str, depth: int) -> dict[str, Path]:
    quality = 100 if kind in ("jxl", "avif") else 95
    common = {"format": kind, "depth": depth, "quality": quality}
    return {
        space: written(frame, folder, **common, icc=space, name=re.sub(r"\W", "_", space)) for space in SPACES
    }


def target_of(space: str) -> Colour:
    return named(*(("sRGB", "srgb") if space == "embed" else (space, CURVES[space])))


def wanted(frame: Frame, space: str) -> np.ndarray:
    upright = torch.rot90(frame.image(), -1, (1, 2))
    found = convert(upright, named("sRGB", "srgb"), target_of(space), "relative", True)
    return np.asarray(found.clamp(0, 1).permute(1, 2, 0).numpy())


def shown(path: Path, kind: str, folder: Path) -> np.ndarray:
    """The samples as another program reads them, 0 to 1."""
    read = {"jxl": by_libjxl, "avif": by_libavif}.get(kind, by_imagemagick)
    found = read(path, folder)
    assert found is not None, path.name
    return np.asarray(found / np.iinfo(found.dtype).max)


def profile_of(path: Path, kind: str, depth: int, folder: Path) -> bytes | None:
    """The profile as Pillow finds it, of a JPEG XL in the PNG that `djxl` makes, and in what Pillow cannot read
    exiftool.
    """
    if kind == "tiff" and depth > 8:
        call = ["exiftool", "-b", "-ICC_Profile", str(path)]
        return subprocess.run(call, capture_output=True, check=True).stdout
    with Image.open(folder / f"{path.name}.djxl.png" if kind == "jxl" else path) as image:
        return image.info.get("icc_profile")


@needs_exiftool
@pytest.mark.parametrize(("kind", "depth"), FINISHED)
def test_samples_and_profile_are_as_another_program_reads_them(
    photograph: Frame, tmp_path: Path, kind: str, depth: int
) -> None:
    program = imagemagick() if NEEDED[kind] == "convert" else shutil.which(NEEDED[kind])
    if program is None:
        pytest.skip(f"{NEEDED[kind]} is not installed")
    # A JPEG and the rounding of the conversion back from Y'CbCr in avifdec leave more than half a step.
    step = 1 / (2 ** min(depth, 16) - 1)
    allowed = 0.08 if kind == "jpeg" else 1.01 * step if kind == "avif" else 0.51 * step
    for space, path in every_space(photograph, tmp_path, kind, depth).items():
        error = np.abs(shown(path, kind, tmp_path) - wanted(photograph, space))
        assert error.max() < allowed + 2 / 65535, (space, error.max() / step)
        assert error.mean() < 0.01, space
        if kind != "jxl" or not can_say(target_of(space).curve):
            assert profile_of(path, kind, depth, tmp_path) == target_of(space).profile, space


@needs_exiftool
@pytest.mark.parametrize(("kind", "depth"), FINISHED)
def test_every_tag_is_there_for_exiftool(photograph: Frame, tmp_path: Path, kind: str, depth: int) -> None:
    paths = every_space(photograph, tmp_path, kind, depth)
    call = ["exiftool", "-json", "-n", "-G0", "-all", *map(str, paths.values())]
    answers = json.loads(subprocess.run(call, capture_output=True, check=True).stdout)
    expected = {
        name: value
        for name, value in EXPECTED.items()
        if not (name.startswith("IPTC") and next(iter(paths.values())).suffix in NO_IPTC)
    }
    expected |= {"EXIF:Software": SOFTWARE, "XMP:CreatorTool": SOFTWARE}
    assert len(answers) == len(SPACES)
    for space, found in zip(paths, answers, strict=True):
        assert {name: found.get(name) for name in expected} == expected, space
        if kind != "jxl":
            told = found["ICC_Profile:ProfileDescription"]
            assert told.startswith("sRGB" if space == "embed" else space)


@pytest.mark.parametrize(("kind", "depth"), [(k, d) for k, d in FINISHED if d == 8])
def test_pillow_shows_the_same_picture(photograph: Frame, tmp_path: Path, kind: str, depth: int) -> None:
    if kind == "jxl":
        pytest.skip("Pillow reads no JPEG XL")
    path = written(photograph, tmp_path, format=kind, depth=depth, quality=100)
    found = by_pillow(path, tmp_path)
    assert found is not None
    assert np.abs(found / 255 - wanted(photograph, "embed")).max() < (0.02 if kind == "jpeg" else 1.01 / 255)


@pytest.mark.skipif(shutil.which("exrheader") is None, reason="exrheader is not installed")
@pytest.mark.parametrize("depth", [16, 32])
@pytest.mark.parametrize("space", ["Rec2020", "ProPhoto", "ACEScg", "sRGB"])
def test_openexrs_own_program_reads_primaries_and_tags(
    photograph: Frame, tmp_path: Path, depth: int, space: str
) -> None:
    pytest.importorskip("OpenEXR", reason="the extra exr is not installed")
    light = replace(photograph, space=Space.LINEAR_RGB, primaries=space, curve="")
    path = written(light, tmp_path, format="exr", depth=depth)
    told = subprocess.run(["exrheader", str(path)], capture_output=True, text=True, check=True).stdout
    assert f"{'16' if depth == 16 else '32'}-bit floating-point" in told
    assert "chromaticities" in told
    assert f'software (type string): "{SOFTWARE}"' in told
    assert "xmp (type string)" in told
    assert "(0 0) - (39 59)" in told


def test_a_metadata_map_is_not_changed_by_writing(photograph: Frame, tmp_path: Path) -> None:
    before = MappingProxyType(dict(photograph.metadata.tags))
    written(photograph, tmp_path, format="png")
    assert photograph.metadata.tags == before
    assert photograph.metadata.orientation == 6
