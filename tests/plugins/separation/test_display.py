"""The display picture that is shown beside the mosaic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from unveil.isp.decode.stage import DecodeStage
from unveil.isp.linearize.stage import LinearizeStage
from unveil.isp.parameters import Decode, Linearize
from unveil.pipeline.errors import FrameError
from unveil.pipeline.frame import Camera, Frame, Space
from unveil.plugins.separation.display import show

SAMPLE = Path(__file__).parents[3] / "samples" / "otters.dng"


def linear(source: Path) -> Frame:
    return LinearizeStage(Linearize())(DecodeStage(Decode(), "cpu")(Frame(source=source)))


def shift(first: Tensor, second: Tensor) -> float:
    """Return by how many pixels two pictures are shifted."""
    one, other = (np.ascontiguousarray(x.mean(0).double().numpy()) for x in (first, second))
    window = cv2.createHanningWindow(one.shape[::-1], cv2.CV_64F)
    (x, y), _ = cv2.phaseCorrelate(one, other, window)
    return float(np.hypot(x, y))


def test_a_small_rendering_is_the_large_one_shrunk() -> None:
    frame = linear(SAMPLE)
    large, small = show(frame, "rendered", 600, 900).pixels, show(frame, "rendered", 100, 150).pixels
    shrunk = torch.nn.functional.interpolate(large[None], (100, 150), mode="area")[0]
    assert float((small - shrunk).abs().mean()) < 0.02
    assert 0 <= float(small.min()) <= float(small.max()) <= 1


def test_our_rendering_keeps_its_notes_and_leaves_the_frame() -> None:
    frame = linear(SAMPLE)
    notes = show(frame, "rendered", 600, 900).notes
    assert all(note.startswith("display picture: ") for note in notes)
    assert not set(notes) & set(frame.notes)


@pytest.mark.shared
def test_the_preview_of_a_camera_file_stands_where_the_mosaic_does(shared_data: Path) -> None:
    """The camera's preview leaves out 6 and 8 rows and columns at the rim: stretched, its corners would be off."""
    frame = linear(shared_data / "raw" / "canon_eos_d30.crw")
    rendered, embedded = (show(frame, which, 724, 1088).pixels for which in ("rendered", "embedded"))
    assert embedded.shape == (3, 724, 1088)
    assert _off(rendered, embedded) < 1
    stretched = replace(frame, camera=replace(frame.camera, crop=None))
    assert _off(rendered, show(stretched, "embedded", 724, 1088).pixels) > 2


def _off(rendered: Tensor, embedded: Tensor) -> float:
    corners = [(slice(a, a + 300), slice(b, b + 450)) for a in (0, 424) for b in (0, 638)]
    return max(shift(rendered[:, r, c], embedded[:, r, c]) for r, c in corners)


def test_the_jpeg_of_a_crop_is_put_where_the_maker_crops(tmp_path: Path) -> None:
    pixels = torch.zeros(1, 60, 100)
    camera = Camera(cfa=((0, 1), (1, 2)), crop=(10, 20, 40, 60))
    frame = Frame(source=tmp_path / "a.dng", pixels=pixels, space=Space.CFA_LINEAR, camera=camera)
    array = np.zeros((40, 60, 3), np.uint8)
    array[:, 30:] = 255
    Image.fromarray(array).save(tmp_path / "a.jpg", quality=100, subsampling=0)
    shown = show(frame, "beside", 60, 100)
    assert float(shown.pixels[:, :, :46].max()) < 0.05
    assert float(shown.pixels[:, :, 54:].min()) > 0.95
    assert "; the rim that the maker crops repeats its border" in shown.notes[0]


def test_the_jpeg_of_the_whole_sensor_is_put_over_all_of_it(tmp_path: Path) -> None:
    camera = Camera(cfa=((0, 1), (1, 2)), crop=(0, 20, 60, 60))
    frame = Frame(
        source=tmp_path / "a.dng", pixels=torch.zeros(1, 60, 100), space=Space.CFA_LINEAR, camera=camera
    )
    Image.new("RGB", (50, 30)).save(tmp_path / "a.jpg")
    assert show(frame, "beside", 60, 100).notes[0] == (
        "display picture: a.jpg, 50 x 30, scaled up to 100 x 60"
    )
    Image.new("RGB", (90, 30)).save(tmp_path / "a.jpg")
    with pytest.raises(FrameError, match=r"the sides of its a\.jpg"):
        show(frame, "beside", 60, 100)
