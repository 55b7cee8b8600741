"""Every finished format through the stage: pixels, profile, tags and packets, with conversion and sidecar."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch

from unveil.isp.encode.attach import SOFTWARE, history
from unveil.isp.encode.profiles import CURVES, convert, named
from unveil.isp.encode.stage import EncodeStage
from unveil.isp.metadata.embed import Attached, attach_jpeg
from unveil.isp.metadata.exif_write import exif_entries
from unveil.isp.metadata.packets import read_packets
from unveil.isp.metadata.xmp_write import Facts, xmp_packet
from unveil.isp.parameters import Encode
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Destination, Frame, Metadata, Space, TrailEntry

READERS: dict[str, Callable[[bytes], Any]] = {
    ".tif": imagecodecs.tiff_decode,
    ".png": imagecodecs.png_decode,
    ".jpg": imagecodecs.jpeg8_decode,
    ".jxl": imagecodecs.jpegxl_decode,
    ".avif": imagecodecs.avif_decode,
}
LOSSY = {"jpeg": 0.02, "jxl": 0.03, "avif": 0.02}
CAPTION = b"\x1c\x02\x78\x00\x05Hello"


def picture() -> torch.Tensor:
    small = torch.rand(1, 3, 5, 7, generator=torch.Generator().manual_seed(8)) * 0.8 + 0.1
    return torch.nn.functional.interpolate(small, (60, 80), mode="bicubic")[0].clamp(0, 1)


def source(folder: Path) -> Path:
    packet = xmp_packet(b"", b"", Facts(software="Camera", history="made", rating=2))
    more = Attached(exif_entries({"Make": "Canon", "ISO": 400}, software="Camera"), xmp=packet, iptc=CAPTION)
    path = folder / "IMG_1.jpg"
    path.write_bytes(attach_jpeg(bytes(imagecodecs.jpeg8_encode(np.zeros((8, 8, 3), np.uint8))), more))
    return path


def frame(folder: Path, **more: Any) -> Frame:
    made = Frame(
        source=folder / "IMG_1.CR2",
        pixels=picture(),
        space=Space.DISPLAY_RGB,
        primaries="sRGB",
        curve="srgb",
        metadata=Metadata(tags=MappingProxyType({"Make": "Canon", "ISO": 400})),
        destination=Destination(folder=folder / "out"),
    )
    return replace(made, **more)


def written(before: Frame, **parameters: Any) -> Path:
    outputs = EncodeStage(Encode(**parameters))(before).outputs
    return next(output.temporary.rename(output.final) for output in outputs)


def samples(path: Path) -> np.ndarray:
    found = np.asarray(
        tifffile.imread(path) if path.suffix == ".tif" else READERS[path.suffix](path.read_bytes())
    )
    return found


@pytest.mark.parametrize(
    ("kind", "depth"),
    [("tiff", 16), ("png", 16), ("jxl", 8), ("jxl", 16), ("avif", 8), ("avif", 10), ("avif", 12)],
)
def test_a_lossless_file_has_every_sample(tmp_path: Path, kind: str, depth: int) -> None:
    found = samples(written(frame(tmp_path), format=kind, depth=depth, quality=100))
    expected = (picture() * (2**depth - 1)).round().permute(1, 2, 0).numpy()
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("kind", LOSSY)
@pytest.mark.parametrize("space", ["embed", "Display P3", "Adobe RGB", "ProPhoto", "Rec2020"])
def test_a_lossy_file_shows_the_colours_in_its_space(tmp_path: Path, kind: str, space: str) -> None:
    path = written(frame(tmp_path), format=kind, icc=space, quality=95)
    found = samples(path)
    top = {"jpeg": 255, "jxl": 65535, "avif": 1023}[kind]
    target = named(space, CURVES[space]) if space != "embed" else named("sRGB", "srgb")
    expected = convert(picture(), named("sRGB", "srgb"), target, "relative", True).permute(1, 2, 0).numpy()
    error = np.abs(found / top - expected)
    assert error.mean() < LOSSY[kind] / 4, f"mean {error.mean():.4f}"
    assert np.percentile(error, 99) < LOSSY[kind], f"99th percentile {np.percentile(error, 99):.4f}"


@pytest.mark.parametrize(("kind", "depth"), [("tiff", 32), ("exr", 32), ("exr", 16)])
def test_linear_light_of_any_range_leaves_before_tone(tmp_path: Path, kind: str, depth: int) -> None:
    if kind == "exr":
        exr = pytest.importorskip("OpenEXR", reason="the extra exr is not installed")
    pixels = picture() * 4 - 1
    path = written(frame(tmp_path, pixels=pixels, space=Space.LINEAR_RGB), format=kind, depth=depth)
    found = exr.File(str(path)).channels()["RGB"].pixels if kind == "exr" else tifffile.imread(path)
    np.testing.assert_allclose(
        found, pixels.permute(1, 2, 0).numpy(), rtol=0 if depth == 32 else 1e-3, atol=1e-4
    )


def test_a_float_tiff_is_converted_without_clipping(tmp_path: Path) -> None:
    pixels = picture() * 2 - 0.5
    path = written(frame(tmp_path, pixels=pixels), depth=32, icc="Rec2020")
    back = convert(
        torch.from_numpy(tifffile.imread(path)).permute(2, 0, 1),
        named("Rec2020", "rec709"),
        named("sRGB", "srgb"),
        "relative",
        True,
    )
    torch.testing.assert_close(back, pixels, atol=2e-5, rtol=1e-4)


def test_a_map_of_figures_is_not_converted(tmp_path: Path) -> None:
    before = frame(tmp_path, maps=MappingProxyType({"confidence": torch.full((1, 3, 4), 0.25)}))
    path = written(before, format="png", depth=8, layer="confidence", icc="eciRGB v2")
    assert np.unique(samples(path)).tolist() == [64]


def test_what_conversion_clips_is_told(tmp_path: Path) -> None:
    green = torch.tensor([0.0, 1.0, 0.0])[:, None, None].expand(3, 4, 4)
    before = frame(tmp_path, pixels=green, primaries="Rec2020")
    notes = EncodeStage(Encode(icc="sRGB"))(before).notes
    assert notes[0] == "4x4, 16 bits, clipped below black: R 100.00%, B 100.00%; above white: G 100.00%"
    assert notes[1] == "colours converted to sRGB"


def test_progressive_and_subsampled_jpegs_are_what_they_say(tmp_path: Path) -> None:
    plain = written(frame(tmp_path), format="jpeg", name="a").read_bytes()
    passes = written(frame(tmp_path), format="jpeg", progressive=True, name="b").read_bytes()
    assert (b"\xff\xc0" in plain, b"\xff\xc2" in passes) == (True, True)
    assert np.array_equal(imagecodecs.jpeg8_decode(plain), imagecodecs.jpeg8_decode(passes))
    small = written(frame(tmp_path), format="jpeg", subsampling=420, name="c").read_bytes()
    at = small.index(b"\xff\xc0")
    assert small[at + 11] == 0x22


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_exiftool_finds_everything_in_every_format(tmp_path: Path) -> None:
    path = source(tmp_path)
    tags = ["-UserComment=Hello", "-GPSDOP=2.5", "-Orientation#=6"]
    subprocess.run(["exiftool", "-q", "-overwrite_original", *tags, str(path)], check=True)
    metadata = Metadata(tags=MappingProxyType({"Make": "Canon", "ISO": 400}), orientation=6, label="Red")
    before = frame(tmp_path, source=path, metadata=metadata)
    for kind in ("tiff", "png", "jpeg", "jxl", "avif"):
        written(before, format=kind)
    call = ["exiftool", "-json", "-n", "-G0", "-all", str(tmp_path / "out")]
    every = json.loads(subprocess.run(call, capture_output=True, text=True, check=True).stdout)
    assert len(every) == 5
    for found in every:
        assert (found["EXIF:Make"], found["EXIF:ISO"], found["EXIF:Orientation"]) == ("Canon", 400, 1)
        assert (found["EXIF:UserComment"], found["EXIF:GPSDOP"]) == ("Hello", 2.5)
        assert (found["EXIF:Software"], found["XMP:CreatorTool"]) == (SOFTWARE, SOFTWARE)
        assert (found["XMP:Rating"], found["XMP:Label"], found["XMP:Description"]) == (2, "Red", "Hello")
        assert found["XMP:HistorySoftwareAgent"] == ["Camera", SOFTWARE]
        assert not [key for key in found if key.endswith(("Warning", "Error"))]
        if not found["SourceFile"].endswith(("jxl", "avif")):
            assert found["IPTC:Caption-Abstract"] == "Hello"
        if not found["SourceFile"].endswith("jxl"):
            assert found["ICC_Profile:ProfileDescription"] == "sRGB, sRGB curve"


@pytest.mark.parametrize("space", [Space.CFA_LINEAR, Space.LINEAR_RGB, Space.DISPLAY_RGB])
def test_a_sidecar_has_the_packet_of_the_file(tmp_path: Path, space: Space) -> None:
    before = frame(tmp_path, metadata=Metadata(rating=5, label="Green"))
    picture = written(before, format="png")
    after = EncodeStage(Encode(format="xmp"))(replace(before, space=space))
    (output,) = after.outputs
    assert (output.final.name, output.role) == ("IMG_1.xmp", "sidecar")
    with picture.open("rb") as file:
        assert read_packets(file).xmp == output.temporary.read_bytes()
    assert len(after.notes) == 1


def test_the_history_tells_the_stages(tmp_path: Path) -> None:
    entry = TrailEntry(stage="tone", parameters={"curve": "srgb", "gamma": 2.2}, seconds=0.1, device="cpu")
    written = replace(entry, stage="encode", parameters={})
    assert history(
        frame(tmp_path, trail=(replace(entry, stage="decode", parameters={}), entry, written))
    ) == ("decode, tone (curve srgb), encode")


def test_a_name_of_255_bytes_is_written(tmp_path: Path) -> None:
    stem = "ä" * 125
    path = written(frame(tmp_path, source=tmp_path / f"{stem}.CR2"), format="jpeg")
    assert path.name == f"{stem}.jpg"
    assert samples(path).shape == (60, 80, 3)
    with pytest.raises(FrameError, match="its name has 264 bytes, a file can have 255; shorten `name:`"):
        written(frame(tmp_path, source=tmp_path / f"{'ä' * 130}.CR2"), format="jpeg")


def test_a_curve_that_a_jpeg_xl_cannot_say_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match="a jxl has no numbers for the curve 'lstar'"):
        written(frame(tmp_path, curve="lstar"), format="jxl")
