"""Files become frames: spaces, sizes, orientation, and one sentence for each file that cannot be read."""

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import rawpy
import tifffile
import torch

from unveil.isp.decode.stage import DecodeStage
from unveil.isp.linearize.stage import LinearizeStage
from unveil.isp.parameters import Decode, Linearize
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Frame, Space

RGGB = ((0, 1), (1, 2))
WHITE = (50717, 4, 1, 4095)


def decode(source: Path) -> Frame:
    return DecodeStage(Decode(), "cpu")(Frame(source=source))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "space", "size", "balanced", "matrix"),
    [
        ("blackmagic_pocket4k.dng", Space.CFA, (2176, 4128), True, "dng"),
        ("canon_550d_magiclantern_chart.dng", Space.CFA, (1156, 1734), True, "dng"),
        ("canon_eos_6d_linear.dng", Space.CAMERA_RGB, (816, 1224), True, "dng"),
        ("canon_eos_d30.crw", Space.CFA, (1448, 2176), False, "libraw"),
        ("kodak_c330_yrgb.raw", Space.CAMERA_RGB, (912, 1216), False, ""),
        ("kodak_dc50.kdc", Space.CFA, (512, 768), False, "libraw"),
        ("kodak_dc50_chart.kdc", Space.CFA, (512, 768), False, "libraw"),
        ("synthetic_xtrans_a.dng", Space.CFA, (672, 1200), True, "dng"),
    ],
)
def test_real_files_decode_to_what_they_are(
    shared_data: Path, name: str, space: Space, size: tuple[int, int], balanced: bool, matrix: str
) -> None:
    frame = decode(shared_data / "raw" / name)
    assert frame.space is space
    assert frame.image().shape[-2:] == size
    assert frame.image().dtype is torch.float32
    assert (frame.camera.white_balance is not None) is balanced
    assert frame.camera.matrix_source == matrix
    assert (frame.camera.cfa is None) is (space is Space.CAMERA_RGB)


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["blackmagic_pocket4k.dng", "canon_550d_magiclantern_chart.dng", "canon_eos_d30.crw"]
)
def test_linear_values_are_the_counts_of_libraw_less_black(shared_data: Path, name: str) -> None:
    source = shared_data / "raw" / name
    frame = LinearizeStage(Linearize(highlights="keep"))(decode(source))
    with rawpy.imread(str(source)) as raw:
        black = np.array(raw.black_level_per_channel, np.float64)[raw.raw_colors_visible]
        expected = (raw.raw_image_visible - black) / (raw.white_level - black)
    assert np.abs(frame.image()[0].numpy() - expected).max() < 1e-6


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("all_black.dng", "holds no picture: every sample is 0"),
        ("pruned_canon_r6.cr3", "truncated or damaged: LibRaw stopped with 'Input/output error'"),
        ("truncated_leica_m10.dng", "truncated or damaged: LibRaw stopped with 'Input/output error'"),
        ("truncated_nikon.nef", "truncated or damaged: LibRaw stopped with 'Input/output error'"),
        ("unsupported_gopro_hero6.gpr", "neither TIFF, PNG or JPEG nor a RAW format that LibRaw"),
    ],
)
def test_broken_files_fail_with_one_sentence(shared_data: Path, name: str, sentence: str) -> None:
    with pytest.raises(FrameError) as caught:
        decode(shared_data / "raw/bad" / name)
    assert name in str(caught.value)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_file_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.nef").touch()
    with pytest.raises(FrameError, match=r"a\.nef: is empty \(0 bytes\)"):
        decode(tmp_path / "a.nef")


def test_text_renamed_to_nef_is_not_a_picture(tmp_path: Path) -> None:
    (tmp_path / "notes.NEF").write_text("shopping list\n" * 100)
    with pytest.raises(FrameError, match=r"notes\.NEF: holds text, not a picture"):
        decode(tmp_path / "notes.NEF")


def test_a_bigtiff_is_named_as_such(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "big.tif", np.zeros((4, 4, 3), np.uint8), photometric="rgb", bigtiff=True)
    with pytest.raises(FrameError, match=r"big\.tif: is a BigTIFF; save it as an ordinary TIFF"):
        decode(tmp_path / "big.tif")


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.NEF")
    with pytest.raises(FrameError, match=r"pipe\.NEF: is a pipe, socket or device"):
        decode(tmp_path / "pipe.NEF")


def test_a_device_without_an_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "zero.NEF").symlink_to("/dev/zero")
    with pytest.raises(FrameError, match=r"zero\.NEF: is a pipe, socket or device"):
        decode(tmp_path / "zero.NEF")


def test_a_folder_is_not_a_picture(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match="cannot be opened: it is a folder; give a picture file"):
        decode(tmp_path)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match=r"gone\.dng: cannot be opened: there is no such file"):
        decode(tmp_path / "gone.dng")


def test_a_file_without_permission_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.dng").write_bytes(b"II*\0")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FrameError, match=r"a\.dng: cannot be opened: no permission to read it"):
        decode(tmp_path / "a.dng")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_carried_and_not_applied(make_dng: Callable[..., Path], orientation: int) -> None:
    samples = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64)
    frame = decode(make_dng(samples, cfa=RGGB, tags=[WHITE, (274, 3, 1, orientation)]))
    assert frame.metadata.orientation == orientation
    assert np.array_equal(frame.image()[0].numpy(), samples)


def test_decoded_pixels_are_a_copy(make_dng: Callable[..., Path]) -> None:
    samples = np.full((600, 800), 777, np.uint16)
    source = make_dng(samples, cfa=RGGB, tags=[WHITE])
    first, second = decode(source), decode(source)
    first.image().zero_()
    assert bool((second.image() == 777).all())


def test_decode_leaves_the_file_alone(make_dng: Callable[..., Path]) -> None:
    source = make_dng(np.full((48, 64), 500, np.uint16), cfa=RGGB, tags=[WHITE])
    source.chmod(0o444)
    before = (source.read_bytes(), source.stat().st_mtime_ns)
    decode(source)
    assert (source.read_bytes(), source.stat().st_mtime_ns) == before


def test_make_model_and_tags_come_along(make_dng: Callable[..., Path]) -> None:
    frame = decode(make_dng(np.full((48, 64), 500, np.uint16), cfa=RGGB, tags=[WHITE]))
    assert (frame.camera.make, frame.camera.model) == ("Testmaker", "Model T")
    assert frame.metadata.tags["Model"] == "Model T"
    assert any(note.startswith("metadata: read by") for note in frame.notes)


def test_a_png_is_display_input_with_orientation_one(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((4, 6, 3), (0, 128, 255), np.uint8))
    frame = decode(tmp_path / "a.png")
    assert frame.space is Space.DISPLAY_RGB
    assert (frame.primaries, frame.curve, frame.metadata.orientation) == ("sRGB", "srgb", 1)
    assert frame.image()[:, 0, 0].tolist() == pytest.approx([1.0, 128 / 255, 0.0])


def test_a_finished_picture_is_known_by_its_content_and_not_its_name(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((4, 6, 3), 9, np.uint8))
    renamed = (tmp_path / "a.png").rename(tmp_path / "a.dng")
    assert decode(renamed).space is Space.DISPLAY_RGB


@pytest.mark.shared
def test_the_embedded_preview_is_a_finished_picture(shared_data: Path) -> None:
    source = shared_data / "raw/canon_eos_d30.crw"
    frame = DecodeStage(Decode(picture="embedded"), "cpu")(Frame(source=source))
    assert frame.space is Space.DISPLAY_RGB
    assert frame.image().shape == (3, 960, 1440)
    assert frame.camera.model == "Canon EOS D30"
    assert "embedded preview, 1440x960, sRGB srgb" in frame.notes


def test_without_a_preview_one_sentence_says_what_to_do(make_dng: Callable[..., Path]) -> None:
    source = make_dng(np.full((48, 64), 500, np.uint16), cfa=RGGB, tags=[WHITE])
    with pytest.raises(FrameError, match=r"made\.dng: holds no preview; use picture: raw"):
        DecodeStage(Decode(picture="embedded"), "cpu")(Frame(source=source))


@pytest.mark.shared
def test_a_preview_in_the_file_is_told(shared_data: Path) -> None:
    notes = decode(shared_data / "raw/canon_eos_d30.crw").notes
    assert "embedded preview: JPEG, 283 kB" in notes
