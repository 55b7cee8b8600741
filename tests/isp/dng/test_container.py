"""Mosaics written as DNG, read back by LibRaw, by our own reader and by exiftool."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rawpy

from unveil.isp.decode.stage import DecodeStage
from unveil.isp.dng.container import write_cfa_dng
from unveil.isp.parameters import Decode
from unveil.pipeline.frame import Frame, Matrix3

MATRIX: Matrix3 = ((0.9, -0.3, -0.1), (-0.4, 1.2, 0.2), (-0.1, 0.2, 0.6))
BAYER = {
    "RGGB": ((0, 1), (1, 2)),
    "BGGR": ((2, 1), (1, 0)),
    "GRBG": ((1, 0), (2, 1)),
    "GBRG": ((1, 2), (0, 1)),
}
XTRANS = (
    (1, 1, 0, 1, 1, 2),
    (1, 1, 2, 1, 1, 0),
    (2, 0, 1, 0, 2, 1),
    (1, 1, 2, 1, 1, 0),
    (1, 1, 0, 1, 1, 2),
    (0, 2, 1, 2, 0, 1),
)
TAGS = {"ExposureTime": 1 / 250, "FNumber": 2.8, "ISO": 400, "DateTimeOriginal": "2024:05:06 07:08:09"}


def counts(height: int = 64, width: int = 96) -> np.ndarray:
    return np.random.default_rng(9).integers(60, 4095, (height, width), dtype=np.uint16, endpoint=True)


def write(path: Path, samples: np.ndarray, **more: Any) -> Path:
    given: dict[str, Any] = {
        "cfa": BAYER["RGGB"],
        "black": ((64.0,),),
        "white": 4095.0,
        "xyz_to_camera": MATRIX,
        "as_shot_neutral": (0.5, 1.0, 0.7),
        "make": "Unveil",
        "model": "Test camera",
    }
    write_cfa_dng(path, samples, **{**given, **more})
    return path


@pytest.mark.parametrize(
    "size", [(64, 96), (240, 480), (241, 482), (500, 730), (32, 32), (22, 23), (300, 255), (961, 497)]
)
def test_libraw_reads_the_counts_bit_for_bit(tmp_path: Path, size: tuple[int, int]) -> None:
    samples = counts(*size)
    with rawpy.imread(str(write(tmp_path / "a.dng", samples))) as raw:
        assert np.array_equal(raw.raw_image_visible, samples)


def test_all_sixteen_bits_come_back(tmp_path: Path) -> None:
    samples = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    with rawpy.imread(str(write(tmp_path / "a.dng", samples, white=65535.0))) as raw:
        assert np.array_equal(raw.raw_image_visible, samples)


@pytest.mark.parametrize("cfa", [*BAYER.values(), XTRANS], ids=[*BAYER, "X-Trans"])
def test_the_pattern_is_that_of_the_first_sample(tmp_path: Path, cfa: Any) -> None:
    path = write(tmp_path / "a.dng", counts(96, 120), cfa=cfa)
    assert DecodeStage(Decode(), "cpu")(Frame(source=path)).camera.cfa == cfa


def test_our_own_reader_finds_every_fact(tmp_path: Path) -> None:
    black = ((60.0, 61.5), (62.0, 63.0))
    path = write(tmp_path / "a.dng", counts(), black=black, orientation=6, baseline_exposure=0.5, tags=TAGS)
    frame = DecodeStage(Decode(), "cpu")(Frame(source=path))
    assert np.array_equal(frame.image()[0].numpy(), counts())
    camera = frame.camera
    assert (camera.make, camera.model, camera.white) == ("Unveil", "Test camera", ((4095.0,),))
    assert camera.white_balance == pytest.approx((2.0, 1.0, 1 / 0.7), rel=1e-6)
    ((kelvin, matrix),) = camera.xyz_to_camera
    assert (kelvin, camera.matrix_source) == (6504.0, "dng")
    np.testing.assert_allclose(matrix, MATRIX, atol=1e-6)
    assert camera.baseline_exposure == 0.5
    assert frame.metadata.orientation == 6
    assert {name: frame.metadata.tags[name] for name in TAGS} == TAGS
    assert np.abs(np.array(camera.black) - black).max() <= 1


def test_libraw_develops_it(tmp_path: Path) -> None:
    samples = np.full((64, 96), 64 + 2000, np.uint16)
    path = write(tmp_path / "a.dng", samples, as_shot_neutral=(1.0, 1.0, 1.0))
    with rawpy.imread(str(path)) as raw:
        developed = raw.postprocess(use_camera_wb=True, no_auto_bright=True, output_bps=16, gamma=(1, 1))
    assert developed.shape == (64, 96, 3)
    assert developed.min() > 0


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
@pytest.mark.parametrize("size", [(64, 96), (255, 333)])
def test_exiftool_finds_no_fault(tmp_path: Path, size: tuple[int, int]) -> None:
    path = write(tmp_path / "a.dng", counts(*size), tags=TAGS, orientation=8)
    call = ["exiftool", "-json", "-n", "-validate", "-all", str(path)]
    found = json.loads(subprocess.run(call, capture_output=True, text=True, check=True).stdout)[0]
    assert found["Validate"].split()[0] == "0"
    assert found["Validate"].split()[1] == "0", found["Validate"]
    assert {name: found[name] for name in TAGS} == TAGS
    assert found["UniqueCameraModel"] == "Unveil Test camera"
    assert (found["DNGVersion"], found["FileType"], found["Orientation"]) == ("1 4 0 0", "DNG", 8)


def test_smooth_pictures_are_compressed(tmp_path: Path) -> None:
    ramp = np.linspace(100, 4000, 480)[None, :] + np.linspace(0, 90, 480)[:, None]
    samples = ramp.astype(np.uint16)
    samples[::2, 1::2] //= 2
    assert write(tmp_path / "a.dng", samples).stat().st_size < 0.4 * samples.nbytes


@pytest.mark.parametrize(
    ("samples", "more", "words"),
    [
        (np.zeros((4, 4), np.float32), {}, r"expected \(H, W\) or \(H, W, 3\) uint16, got \(4, 4\) float32"),
        (np.zeros((3, 4, 4), np.uint16), {}, r"expected \(H, W\) or \(H, W, 3\) uint16"),
        (np.zeros((0, 4), np.uint16), {}, r"expected \(H, W\) or \(H, W, 3\) uint16"),
        (counts(), {"cfa": ((1,),)}, "pattern of red, green and blue"),
        (counts(), {"cfa": tuple((0, 1, 2, 0, 1, 2, 0) for _ in range(7))}, "2x2 or 6x6 cells"),
        (counts(), {"black": ((5000.0,),)}, "black < white"),
        (counts(), {"white": 70000.0}, "65535"),
        (counts(), {"as_shot_neutral": (0.0, 1.0, 1.0)}, "neutral must be finite and above 0"),
    ],
)
def test_what_a_dng_cannot_hold_is_refused(tmp_path: Path, samples: Any, more: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        write(tmp_path / "a.dng", samples, **more)
    assert not list(tmp_path.iterdir())


@pytest.mark.shared
@pytest.mark.parametrize("name", ["canon_eos_d30.crw", "synthetic_xtrans_a.dng"])
def test_a_real_mosaic_survives_the_round_trip(shared_data: Path, tmp_path: Path, name: str) -> None:
    frame = DecodeStage(Decode(), "cpu")(Frame(source=shared_data / "raw" / name))
    camera = frame.camera
    samples = frame.image()[0].numpy().astype(np.uint16)
    path = write(
        tmp_path / "a.dng",
        samples,
        cfa=camera.cfa,
        black=camera.black,
        white=camera.white[0][0],
        xyz_to_camera=camera.xyz_to_camera[-1][1],
        make=camera.make,
        model=camera.model,
    )
    again = DecodeStage(Decode(), "cpu")(Frame(source=path))
    assert np.array_equal(again.image().numpy(), frame.image().numpy())
    expected = replace(camera, white_balance=again.camera.white_balance, matrix_source="dng", crop=None)
    assert replace(again.camera, xyz_to_camera=()) == replace(expected, xyz_to_camera=())
