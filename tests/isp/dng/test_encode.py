"""Frames become DNGs: strength 0 is the source bit for bit, and every program that is there develops it alike."""

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np
import pytest
import rawpy
import torch

from unveil.isp.colour.stage import ColourStage
from unveil.isp.decode.stage import DecodeStage
from unveil.isp.demosaic.stage import DemosaicStage
from unveil.isp.dng.source import read_source_dng
from unveil.isp.encode.stage import EncodeStage
from unveil.isp.linearize.stage import LinearizeStage
from unveil.isp.metadata.packets import source_packets
from unveil.isp.metadata.xmp_tree import name, parse_packet, properties
from unveil.isp.parameters import Colour, Decode, Demosaic, Encode, Linearize
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Destination, Frame, Space

ROOT = Path(__file__).parents[3]
MOSAICS = [
    "blackmagic_pocket4k.dng",
    "canon_550d_magiclantern_chart.dng",
    "canon_eos_d30.crw",
    "kodak_dc50.kdc",
    "synthetic_xtrans_a.dng",
]
COLOURS = ["canon_eos_6d_linear.dng", "kodak_c330_yrgb.raw"]
PHOTO = "photos/bsds500/100007.jpg"


def linear(source: Path, folder: Path) -> Frame:
    frame = DecodeStage(Decode(), "cpu")(Frame(source=source, destination=Destination(folder=folder)))
    return LinearizeStage(Linearize(highlights="keep"))(frame)


def written(frame: Frame, **parameters: Any) -> tuple[Path, tuple[str, ...]]:
    after = EncodeStage(Encode(format="dng", **parameters))(frame)
    output = after.outputs[-1]
    return output.temporary.rename(output.final), after.notes[len(frame.notes) :]


def exiftool(path: Path) -> dict[str, Any]:
    call = ["exiftool", "-json", "-n", "-validate", "-all", str(path)]
    found: list[dict[str, Any]] = json.loads(subprocess.run(call, capture_output=True, check=True).stdout)
    return found[0]


@pytest.mark.shared
@pytest.mark.parametrize("name", [*MOSAICS, *COLOURS])
def test_nothing_changed_is_the_source_bit_for_bit(shared_data: Path, tmp_path: Path, name: str) -> None:
    source = shared_data / "raw" / name
    path, notes = written(linear(source, tmp_path))
    with rawpy.imread(str(source)) as before, rawpy.imread(str(path)) as after:
        assert np.array_equal(after.raw_image_visible[..., :3], before.raw_image_visible[..., :3])
        assert after.white_level == before.white_level
        assert after.black_level_per_channel == before.black_level_per_channel
        assert after.extract_thumb().format is rawpy.ThumbFormat.JPEG
    assert "nothing clipped" in notes[0]


@pytest.mark.shared
@pytest.mark.parametrize("name", [*MOSAICS[1:], *COLOURS])
def test_our_own_reader_finds_the_same_camera(shared_data: Path, tmp_path: Path, name: str) -> None:
    frame = linear(shared_data / "raw" / name, tmp_path)
    again = linear(written(frame)[0], tmp_path)
    assert torch.equal(again.image(), frame.image())
    one, two = frame.camera, again.camera
    assert (two.cfa, two.black, two.white, two.crop) == (one.cfa, one.black, one.white, one.crop)
    assert (two.model, two.baseline_exposure) == (one.model or "unknown", one.baseline_exposure)
    assert again.metadata.orientation == frame.metadata.orientation
    if one.white_balance is not None:
        assert two.white_balance == pytest.approx(one.white_balance, rel=1e-5)
    if one.xyz_to_camera:
        np.testing.assert_allclose(two.xyz_to_camera[-1][1], one.xyz_to_camera[-1][1], atol=1e-5)


@pytest.mark.shared
@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
@pytest.mark.parametrize("name", [*MOSAICS[1:], *COLOURS])
def test_exiftool_finds_no_fault(shared_data: Path, tmp_path: Path, name: str) -> None:
    path, _ = written(linear(shared_data / "raw" / name, tmp_path))
    found = exiftool(path)
    errors, warnings, minor = found["Validate"].split()
    assert (errors, warnings) == ("0", minor), found["Validate"]
    assert (found["FileType"], found["PreviewColorSpace"]) == ("DNG", 2)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["canon_550d_magiclantern_chart.dng", "canon_eos_6d_linear.dng"])
def test_tags_of_a_dng_are_kept_byte_for_byte(shared_data: Path, tmp_path: Path, name: str) -> None:
    source = shared_data / "raw" / name
    before, after = read_source_dng(source), read_source_dng(written(linear(source, tmp_path))[0])
    assert before is not None
    assert after is not None
    assert {**after.main, **after.raw} == {**after.main, **after.raw, **before.main, **before.raw} | {
        tag: entry for tag, entry in after.main.items() if tag in (50706, 50707)
    }


SIDE = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4" xmp:Label="Red"/></rdf:RDF></x:xmpmeta>"""
OWN = SIDE.replace(
    b"/>", b' xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:Contrast2012="20"/>'
)


def of_xmp(path: Path) -> dict[str, str]:
    rdf = parse_packet(source_packets(path).xmp)
    return dict(properties(rdf)) if rdf is not None else {}


@pytest.mark.shared
def test_rating_and_label_beside_the_source_arrive(shared_data: Path, tmp_path: Path) -> None:
    source = tmp_path / "photo.kdc"
    shutil.copyfile(shared_data / "raw" / "kodak_dc50.kdc", source)
    source.with_suffix(".xmp").write_bytes(SIDE)
    path, _ = written(linear(source, tmp_path / "out"))
    found = of_xmp(path)
    assert (found[name("xmp:Rating")], found[name("xmp:Label")]) == ("4", "Red")
    assert found[name("xmp:CreatorTool")].startswith("unveil ")


def test_settings_of_a_developer_stay_where_the_colours_are_the_cameras(
    make_dng: Callable[..., Path], tmp_path: Path
) -> None:
    source = make_dng(np.full((64, 80), 500, np.uint16), cfa=((0, 1), (1, 2)), tags=[(700, 1, len(OWN), OWN)])
    mosaic = linear(source, tmp_path)
    colours = ColourStage(Colour())(DemosaicStage(Demosaic())(mosaic))
    contrast = name("crs:Contrast2012")
    assert of_xmp(written(mosaic, name="a")[0])[contrast] == "20"
    assert of_xmp(written(mosaic, name="a2")[0])[name("xmp:Rating")] == "4"
    assert contrast not in of_xmp(written(colours, name="b")[0])


@pytest.mark.shared
def test_the_makers_crop_of_another_raw_file_is_written(shared_data: Path, tmp_path: Path) -> None:
    path, notes = written(linear(shared_data / "raw" / "canon_eos_d30.crw", tmp_path))
    assert linear(path, tmp_path).camera.crop == (6, 8, 1440, 2160)
    assert notes[1:3] == (
        "colour: the matrix that libraw has for this camera",
        "the file gives no white balance: daylight (D65) is used",
    )


@pytest.mark.shared
def test_a_working_space_brings_its_own_matrix(shared_data: Path, tmp_path: Path) -> None:
    frame = linear(shared_data / "raw" / "canon_550d_magiclantern_chart.dng", tmp_path)
    frame = ColourStage(Colour(working_space="ProPhoto"))(
        DemosaicStage(Demosaic(algorithm="superpixel"))(frame)
    )
    path, notes = written(frame)
    again = linear(path, tmp_path)
    assert again.camera.white_balance == (1.0, 1.0, 1.0)
    stops = again.camera.baseline_exposure - frame.camera.baseline_exposure
    back = ColourStage(Colour(working_space="ProPhoto"))(again).image() * 2**stops
    torch.testing.assert_close(back, frame.image().clamp(min=0), atol=4e-4, rtol=1e-3)
    assert notes[1] == "colour: linear ProPhoto, white balanced"
    assert "do not suit these pixels and are left out" in notes[2]


@pytest.mark.shared
def test_libraw_shows_a_finished_picture_as_it_was(shared_data: Path, tmp_path: Path) -> None:
    frame = linear(shared_data / PHOTO, tmp_path)
    with rawpy.imread(str(written(frame)[0])) as raw:
        shown = raw.postprocess(use_camera_wb=True, no_auto_bright=True, output_bps=16, gamma=(1, 1))
    np.testing.assert_allclose(shown / 65535, frame.image().permute(1, 2, 0).numpy(), atol=5e-4)


def mosaic(make_dng: Any, tmp_path: Path, **tags: Any) -> Frame:
    samples = np.random.default_rng(3).integers(100, 4000, (64, 96), dtype=np.uint16)
    return linear(make_dng(samples, cfa=((0, 1), (1, 2)), **tags), tmp_path / "out")


def test_the_orientation_is_a_tag_and_the_pixels_stay(make_dng: Any, tmp_path: Path) -> None:
    frame = mosaic(make_dng, tmp_path, tags=[(274, 3, 1, 6)])
    again = linear(written(frame)[0], tmp_path)
    assert again.metadata.orientation == 6
    assert torch.equal(again.image(), frame.image())


@pytest.mark.parametrize("compression", ["lossless", "none"])
def test_both_kinds_of_compression_come_back(make_dng: Any, tmp_path: Path, compression: str) -> None:
    frame = mosaic(make_dng, tmp_path)
    assert torch.equal(linear(written(frame, compression=compression)[0], tmp_path).image(), frame.image())


def test_pictures_too_small_for_libraw_are_named_so(make_dng: Any, tmp_path: Path) -> None:
    samples = np.random.default_rng(3).integers(100, 4000, (24, 40), dtype=np.uint16)
    frame = linear(make_dng(samples, cfa=((0, 1), (1, 2))), tmp_path / "out")
    least = replace(frame, pixels=frame.image()[:, :22, :22])
    path, notes = written(least, name="least")
    assert "22x22 mosaic" in notes[0]
    assert "LibRaw" not in notes[0]
    assert linear(path, tmp_path).image().shape == (1, 22, 22)
    path, notes = written(replace(frame, pixels=frame.image()[:, :20]), name="less")
    assert "LibRaw reads no DNG with a side below 22" in notes[0]
    with pytest.raises(
        FrameError, match=r"less\.dng: a DNG of 40 x 20 pixels, and LibRaw reads none with a side below 22"
    ):
        linear(path, tmp_path)


def test_a_monochrome_sensor_stays_one(make_dng: Any, tmp_path: Path) -> None:
    frame = linear(make_dng(np.arange(6144, dtype=np.uint16).reshape(64, 96)), tmp_path / "out")
    again = linear(written(frame)[0], tmp_path)
    assert again.camera.cfa == ((1,),)
    assert torch.equal(again.image(), frame.image())


def test_a_layer_can_be_written(make_dng: Any, tmp_path: Path) -> None:
    frame = mosaic(make_dng, tmp_path)
    frame = replace(frame, layers=MappingProxyType({"reflection": frame.image() / 2}))
    again = linear(written(frame, layer="reflection")[0], tmp_path)
    torch.testing.assert_close(again.image(), frame.image() / 2, atol=1e-5, rtol=0)


def test_a_map_is_not_light(make_dng: Any, tmp_path: Path) -> None:
    frame = replace(mosaic(make_dng, tmp_path), maps=MappingProxyType({"confidence": torch.ones(1, 4, 4)}))
    with pytest.raises(FrameError, match="'confidence' is a map of figures and not light"):
        written(frame, layer="confidence")


def test_what_is_no_number_is_not_written(make_dng: Any, tmp_path: Path) -> None:
    frame = mosaic(make_dng, tmp_path)
    frame = replace(frame, pixels=frame.image() * torch.nan)
    with pytest.raises(FrameError, match=r"made.dng: the picture holds values .* made.dng was not written"):
        written(frame)
    assert not list((tmp_path / "out").glob("*"))


def test_a_mosaic_without_its_colours_is_not_written(make_dng: Any, tmp_path: Path) -> None:
    frame = mosaic(make_dng, tmp_path)
    with pytest.raises(FrameError, match="nothing is known of the colours of its mosaic"):
        written(replace(frame, camera=replace(frame.camera, cfa=None)))


def test_the_source_is_never_written_over(make_dng: Any, tmp_path: Path) -> None:
    frame = mosaic(make_dng, tmp_path)
    frame = replace(frame, destination=Destination(folder=frame.source.parent, overwrite=True))
    before = frame.source.read_bytes()
    with pytest.raises(FrameError, match="is the source itself"):
        written(frame)
    assert frame.source.read_bytes() == before


def test_the_same_frame_gives_the_same_bytes(make_dng: Any, tmp_path: Path) -> None:
    frame = mosaic(make_dng, tmp_path)
    one, two = (written(frame, name=name)[0].read_bytes() for name in ("one", "two"))
    assert one == two


def test_the_frame_stays_linear(make_dng: Any, tmp_path: Path) -> None:
    frame = mosaic(make_dng, tmp_path)
    after = EncodeStage(Encode(format="dng"))(frame)
    assert after.pixels is frame.pixels
    assert after.space is Space.CFA_LINEAR


def _benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_dng", ROOT / "benchmarks" / "dng.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


OWN_MATRIX = "has another colour matrix for this camera than LibRaw, see docs/dng.md"
DITHER = "spreads the 8-bit values of the source at random within their steps, see docs/dng.md"
APART = {
    ("canon_eos_d30.crw", "darktable-cli"): OWN_MATRIX,
    ("canon_eos_d30.crw", "rawtherapee-cli"): OWN_MATRIX,
    ("canon_eos_6d_linear.dng", "darktable-cli"): DITHER,
}


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("program", ["dcraw_emu", "darktable-cli", "rawtherapee-cli"])
@pytest.mark.parametrize("name", [*MOSAICS, *COLOURS])
def test_a_program_develops_it_like_its_source(
    shared_data: Path, tmp_path: Path, program: str, name: str, request: pytest.FixtureRequest
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    if (name, program) in APART:
        request.applymarker(pytest.mark.xfail(reason=f"{program} {APART[name, program]}", strict=True))
    benchmark, source = _benchmark(), shared_data / "raw" / name
    made, frame = benchmark.strength_zero(source, tmp_path)
    before, after = (
        benchmark.develop(
            program, path, tmp_path / f"{number}.tif", by_hand=frame.camera.white_balance is None
        )
        for number, path in enumerate((source, made))
    )
    if before is None:
        pytest.skip(f"{program} does not read the source")
    assert after is not None
    assert benchmark.delta_e(*benchmark.aligned(before, after)[:2]).mean() < 0.3
