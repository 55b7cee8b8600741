"""Frames become files: samples, profile, orientation, EXIF, names, and failures that leave nothing."""

import errno
import json
import os
import shutil
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from PIL import Image, ImageCms

from unveil.isp.decode.stage import DecodeStage
from unveil.isp.encode.attach import SOFTWARE
from unveil.isp.encode.icc import icc_profile
from unveil.isp.encode.stage import EncodeStage
from unveil.isp.metadata.read import read_metadata
from unveil.isp.orient import apply_orientation
from unveil.isp.parameters import Decode, Encode
from unveil.isp.tone.curves import encode_curve
from unveil.pipeline.errors import FrameError, RecipeError
from unveil.pipeline.frame import Destination, Frame, Metadata, Space
from unveil.pipeline.naming import Naming
from unveil.pipeline.plan import make_plan
from unveil.pipeline.recipe.recipe import parse_recipe
from unveil.pipeline.registry import DEFAULT_PLUGINS, build_registry

FORMATS = ["tiff", "png", "jpeg"]
TAGS = {
    "Make": "Canon",
    "Model": "Canon EOS 6D",
    "ExposureTime": 1 / 250,
    "FNumber": 2.8,
    "ISO": 400,
    "DateTimeOriginal": "2024:05:06 07:08:09",
    "LensModel": "EF50mm f/1.8 STM",
    "FocalLength": 50.0,
    "GPSLatitudeRef": "N",
    "GPSLatitude": 48.858222,
    "Software": "Firmware 1.1.8",
}


def display_frame(folder: Path, pixels: torch.Tensor | None = None, **more: Any) -> Frame:
    frame = Frame(
        source=Path("IMG_0001.CR2"),
        pixels=torch.rand(3, 24, 40) if pixels is None else pixels,
        space=Space.DISPLAY_RGB,
        primaries="sRGB",
        curve="srgb",
        metadata=Metadata(tags=MappingProxyType(TAGS)),
        destination=Destination(folder=folder),
    )
    return replace(frame, **more)


def written(frame: Frame, **parameters: Any) -> Path:
    """Encode, and do the host's part: give the file its final name."""
    output = EncodeStage(Encode(**parameters))(frame).outputs[-1]
    return output.temporary.rename(output.final)


def read(path: Path) -> np.ndarray:
    if path.suffix == ".tif":
        return np.asarray(tifffile.imread(path))
    decode = imagecodecs.png_decode if path.suffix == ".png" else imagecodecs.jpeg8_decode
    return np.asarray(decode(path.read_bytes()))


def test_a_picture_with_nan_is_not_written(tmp_path: Path) -> None:
    pixels = torch.full((3, 2, 2), 0.5)
    pixels[1, 1, 1] = torch.nan
    with pytest.raises(FrameError, match=r"IMG_0001.CR2: the picture holds values that are not numbers"):
        written(display_frame(tmp_path, pixels))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("kind", "depth"), [("tiff", 8), ("tiff", 16), ("png", 8), ("png", 16), ("jpeg", 8)])
def test_the_file_shows_the_pixels(tmp_path: Path, kind: str, depth: int) -> None:
    ramp = torch.linspace(0, 1, 64).expand(3, 32, -1) * torch.tensor([1.0, 0.5, 0.25])[:, None, None]
    samples = read(written(display_frame(tmp_path, ramp), format=kind, depth=depth, quality=100))
    assert samples.dtype == (np.uint8 if depth == 8 else np.uint16)
    error = np.abs(samples / (2**depth - 1) - ramp.permute(1, 2, 0).numpy())
    limit = 2 / 255 if kind == "jpeg" else 0.51 / (2**depth - 1)
    assert error.max() <= limit, f"mean {error.mean():.6f}, maximum {error.max():.6f}, allowed {limit:.6f}"


def test_depth_defaults_to_what_the_format_is_for(tmp_path: Path) -> None:
    frame = display_frame(tmp_path)
    assert [read(written(frame, format=kind)).dtype.itemsize * 8 for kind in FORMATS] == [16, 16, 8]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["tiff", "png"])
def test_the_picture_is_upright_and_its_tag_says_so(tmp_path: Path, kind: str, orientation: int) -> None:
    pixels = torch.rand(3, 6, 10, generator=torch.Generator().manual_seed(orientation))
    frame = display_frame(tmp_path, pixels, metadata=Metadata(orientation=orientation))
    path = written(frame, format=kind)
    upright = apply_orientation(pixels, orientation).permute(1, 2, 0).numpy()
    np.testing.assert_allclose(read(path) / 65535, upright, atol=1e-5)
    assert read_metadata(path).orientation == 1


@pytest.mark.parametrize("kind", FORMATS)
def test_our_own_reader_finds_the_same_picture_and_tags(tmp_path: Path, kind: str) -> None:
    pixels = torch.full((3, 16, 16), 0.25)
    path = written(display_frame(tmp_path, pixels), format=kind)
    frame = DecodeStage(Decode(), "cpu")(Frame(source=path))
    assert (frame.primaries, frame.curve, frame.metadata.orientation) == ("sRGB", "srgb", 1)
    torch.testing.assert_close(frame.image(), pixels, atol=2 / 255 if kind == "jpeg" else 1e-5, rtol=0)
    expected = {**TAGS, "Software": SOFTWARE}
    assert {name: frame.metadata.tags[name] for name in expected} == {
        name: pytest.approx(value, abs=1e-6) if isinstance(value, float) else value
        for name, value in expected.items()
    }


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
@pytest.mark.parametrize("kind", FORMATS)
def test_exiftool_finds_the_tags_and_no_serious_fault(tmp_path: Path, kind: str) -> None:
    path = written(display_frame(tmp_path, metadata=Metadata(orientation=6, tags=TAGS)), format=kind)
    call = ["exiftool", "-json", "-n", "-validate", "-all", str(path)]
    found = json.loads(subprocess.run(call, capture_output=True, text=True, check=True).stdout)[0]
    assert {name: found[name] for name in TAGS if name not in ("Software", "GPSLatitude")} == {
        name: value for name, value in TAGS.items() if name not in ("Software", "GPSLatitude")
    }
    assert found["GPSLatitude"] == pytest.approx(48.858222, abs=1e-7)
    assert (found["Software"], found["Orientation"]) == (SOFTWARE, 1)
    assert found["ProfileDescription"] == "sRGB, sRGB curve"
    assert found["Validate"].split()[0] == "0", found["Validate"]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(("space", "curve"), [("Display P3", "srgb"), ("ProPhoto", "gamma:1.8")])
def test_the_profile_is_that_of_the_numbers(tmp_path: Path, kind: str, space: str, curve: str) -> None:
    path = written(display_frame(tmp_path, primaries=space, curve=curve), format=kind, depth=8)
    with Image.open(path) as image:
        profile = ImageCms.ImageCmsProfile(BytesIO(image.info["icc_profile"]))
    words = "sRGB curve" if curve == "srgb" else "gamma 1.8"
    assert ImageCms.getProfileDescription(profile).strip() == f"{space}, {words}"


@pytest.mark.parametrize("kind", FORMATS)
def test_icc_none_embeds_none(tmp_path: Path, kind: str) -> None:
    with Image.open(written(display_frame(tmp_path), format=kind, depth=8, icc="none")) as image:
        assert "icc_profile" not in image.info


def test_fit_shrinks_the_upright_picture_in_linear_light(tmp_path: Path) -> None:
    checks = ((torch.arange(80)[:, None] + torch.arange(40)) % 2).float().expand(3, -1, -1)
    frame = display_frame(tmp_path, checks, metadata=Metadata(orientation=6))
    samples = read(written(frame, format="png", fit=40))
    assert samples.shape == (20, 40, 3)
    half = float(encode_curve(torch.tensor(0.5), "srgb"))
    np.testing.assert_allclose(samples / 65535, half, atol=1e-4)


def test_a_layer_is_written_under_its_role(tmp_path: Path) -> None:
    layer = torch.full((3, 4, 4), 0.25)
    frame = display_frame(tmp_path, layers=MappingProxyType({"reflection": layer}))
    frame = EncodeStage(Encode(layer="reflection", name="reflection/{stem}"))(frame)
    frame = EncodeStage(Encode())(frame)
    assert [(output.role, output.final) for output in frame.outputs] == [
        ("reflection", tmp_path / "reflection" / "IMG_0001.tif"),
        ("transmission", tmp_path / "IMG_0001.tif"),
    ]
    assert np.unique(tifffile.imread(frame.outputs[0].temporary)).tolist() == [16384]


def test_a_layer_of_one_plane_is_written_grey(tmp_path: Path) -> None:
    frame = display_frame(tmp_path, layers=MappingProxyType({"confidence": torch.full((1, 4, 6), 0.5)}))
    assert np.unique(read(written(frame, format="png", depth=8, layer="confidence"))).tolist() == [128]


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ({}, "has no layer 'reflection' to write, it has none"),
        ({"blended": torch.zeros(3, 4, 4)}, "has no layer 'reflection' to write, it has blended"),
    ],
)
def test_a_missing_layer_names_those_that_are_there(tmp_path: Path, layers: Any, words: str) -> None:
    with pytest.raises(FrameError, match=words):
        written(display_frame(tmp_path, layers=layers), layer="reflection")


def test_the_note_says_size_and_clipping(tmp_path: Path) -> None:
    pixels = torch.full((3, 10, 10), 0.5)
    assert EncodeStage(Encode())(display_frame(tmp_path, pixels)).notes == (
        "10x10, 16 bits, nothing clipped",
        "metadata: the tags that the frame carries; its source is not there any more",
    )
    pixels[0, 0], pixels[1, 0, 0] = 1.5, -0.1
    notes = EncodeStage(Encode(format="jpeg"))(display_frame(tmp_path, pixels)).notes
    assert notes[0] == "10x10, 8 bits, clipped below black: G 1.00%; above white: R 10.00%"


def test_the_frame_stays_as_it_was(tmp_path: Path) -> None:
    frame = display_frame(tmp_path, torch.full((3, 4, 4), 1.5))
    after = EncodeStage(Encode(fit=16))(frame)
    assert after.pixels is frame.pixels
    assert np.unique(after.image()).tolist() == [1.5]


def test_the_file_waits_beside_its_final_name(tmp_path: Path) -> None:
    output = EncodeStage(Encode(name="a/b/{stem}"))(display_frame(tmp_path)).outputs[0]
    assert output.final == tmp_path / "a" / "b" / "IMG_0001.tif"
    assert output.temporary == tmp_path / "a" / "b" / f".IMG_0001.tif.part-{os.getpid()}"
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == [output.temporary.name]


def test_the_same_frame_gives_the_same_bytes(tmp_path: Path) -> None:
    frame = display_frame(tmp_path)
    for kind in FORMATS:
        one, two = (written(frame, format=kind, name=name).read_bytes() for name in ("one", "two"))
        assert one == two


def test_an_existing_file_is_only_replaced_when_asked(tmp_path: Path) -> None:
    (tmp_path / "IMG_0001.tif").write_text("mine")
    with pytest.raises(FrameError, match="is there already; give --overwrite"):
        written(display_frame(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["IMG_0001.tif"]
    replaced = display_frame(tmp_path, destination=Destination(folder=tmp_path, overwrite=True))
    assert read(written(replaced)).shape == (24, 40, 3)


def test_the_source_is_never_written_over(tmp_path: Path) -> None:
    source = tmp_path / "scan.tif"
    source.write_text("original")
    frame = display_frame(tmp_path, source=source, destination=Destination(folder=tmp_path, overwrite=True))
    with pytest.raises(FrameError, match="is the source itself"):
        written(frame)
    assert source.read_text() == "original"


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder, outside = tmp_path / "out", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (folder / "proof").symlink_to(outside)
    with pytest.raises(FrameError, match="lies outside the output folder"):
        written(display_frame(folder), name="proof/{stem}")
    assert not list(outside.iterdir())


def test_a_folder_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "IMG_0001.tif").mkdir()
    with pytest.raises(FrameError, match=r"IMG_0001.tif: is a folder"):
        written(display_frame(tmp_path))


def test_a_file_where_a_folder_should_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "proof").write_text("a file")
    with pytest.raises(FrameError, match=r"IMG_0001.tif: cannot be written: (file exists|not a directory)"):
        written(display_frame(tmp_path), name="proof/{stem}")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_no_permission_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(FrameError, match="cannot be written: permission denied"):
        written(display_frame(tmp_path))


def test_a_full_disk_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FrameError, match="cannot be written: no space left on device"):
        written(display_frame(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_picture_too_long_for_jpeg_names_its_size(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match="a 70000x1 picture cannot be written as jpeg"):
        written(display_frame(tmp_path, torch.zeros(3, 1, 70000)), format="jpeg")
    assert not list(tmp_path.iterdir())


def test_a_map_is_written_in_grey_at_the_size_of_the_frame(tmp_path: Path) -> None:
    before = display_frame(tmp_path, maps=MappingProxyType({"confidence": torch.full((1, 3, 4), 0.25)}))
    with Image.open(written(before, format="png", depth=8, layer="confidence", name="c")) as picture:
        assert picture.size == (40, 24)
        assert picture.getcolors() == [(40 * 24, (64, 64, 64))]


@pytest.mark.parametrize(
    ("stages", "sentence"),
    [
        (
            ["decode", "linearize", "demosaic", "colour", "tone", "encode: {format: dng}"],
            "stages[5]: 'encode' takes cfa-linear, camera-rgb or linear-rgb, but stages[4] 'tone' gives display-rgb",
        ),
        (
            ["decode", "linearize", "demosaic", "colour", "encode: {format: tiff}"],
            "stages[4]: 'encode' takes display-rgb, but stages[3] 'colour' gives linear-rgb; put 'tone' between them",
        ),
    ],
)
def test_where_a_format_may_stand_is_checked_before_a_pixel_is_read(stages: list[str], sentence: str) -> None:
    lines = ["unveil: 1", "name: a", "stages:", *(f"  - {stage}" for stage in stages)]
    registry = build_registry(DEFAULT_PLUGINS)
    with pytest.raises(RecipeError) as caught:
        make_plan(parse_recipe("\n".join(lines), registry, "a.yaml"), registry)
    assert sentence in str(caught.value)


def test_a_dng_and_a_picture_can_leave_one_chain() -> None:
    lines = ["unveil: 1", "name: a", "stages:", "  - decode", "  - linearize", "  - encode: {format: dng}"]
    lines += ["  - demosaic", "  - colour", "  - tone", "  - encode"]
    registry = build_registry(DEFAULT_PLUGINS)
    plan = make_plan(parse_recipe("\n".join(lines), registry, "a.yaml"), registry)
    assert [str(path) for path in plan.outputs(Naming(stem="x"))] == ["x.dng", "x.tif"]


@pytest.mark.parametrize("space", [Space.DISPLAY_RGB, Space.LINEAR_RGB])
def test_a_float_tiff_keeps_values_outside_of_black_and_white(tmp_path: Path, space: Space) -> None:
    pixels = torch.rand(3, 24, 40, generator=torch.Generator().manual_seed(1)) * 3 - 1
    frame = display_frame(tmp_path, pixels, space=space, curve="srgb" if space is Space.DISPLAY_RGB else "")
    path = written(frame, depth=32)
    assert np.array_equal(read(path), pixels.permute(1, 2, 0).numpy())
    with tifffile.TiffFile(path) as tiff:
        profile = tiff.pages.first.tags[34675].value
    assert profile == icc_profile("sRGB", "srgb" if space is Space.DISPLAY_RGB else "linear")


def test_a_float_tiff_of_infinite_values_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match="holds values that are not numbers"):
        written(display_frame(tmp_path, torch.full((3, 2, 2), torch.inf)), depth=32)


@pytest.mark.parametrize("format_", ["png", "jpeg", "dng"])
def test_only_tiff_and_exr_hold_floats(format_: str) -> None:
    with pytest.raises(ValueError, match=f"depth 32 is not possible in a {format_}: use format tiff or exr"):
        Encode.model_validate({"format": format_, "depth": 32})
