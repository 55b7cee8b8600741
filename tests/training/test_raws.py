"""RAW files become small scene-linear pictures, and are developed once."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from unveil.isp.tone.curves import decode_curve
from unveil.pipeline.errors import FrameError
from unveil.training import raws
from unveil.training.photographs import Photographs
from unveil.training.raws import cache_folder, read_scene

RGGB = ((0, 1), (1, 2))


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNVEIL_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def raw(make_dng: Callable[..., Path]) -> Path:
    """A mosaic, twice as bright from left to right."""
    ramp = np.linspace(8000, 16000, 96)[None].repeat(64, 0)
    colours = np.array([[0.5, 1.0], [1.0, 0.8]])
    return make_dng((ramp * np.tile(colours, (32, 48))).astype(np.uint16), cfa=RGGB)


def test_scene_is_linear_and_exposed(raw: Path) -> None:
    scene = read_scene(raw, 720)
    assert scene.dtype is torch.float16
    assert scene.shape == (3, 32, 48)
    linear = decode_curve(scene.float(), "srgb").mean((0, 1))
    assert float(linear[-2] / linear[1]) == pytest.approx(2, rel=0.06)
    assert float(linear.max()) == pytest.approx(1, rel=0.1)


def test_neutral_of_the_camera_is_grey(raw: Path) -> None:
    middle = read_scene(raw, 720)[:, 16, 24].float()
    assert float(middle.max() - middle.min()) < 0.02


def test_short_side_is_limited(raw: Path) -> None:
    assert read_scene(raw, 16).shape == (3, 16, 24)


def test_scene_is_developed_once(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_scene(raw, 720)
    assert len(list(cache_folder().glob("*.npy"))) == 1
    monkeypatch.delattr(raws, "_develop")
    assert torch.equal(read_scene(raw, 720), first)


def test_scene_that_was_kept_in_part_is_developed_again(raw: Path) -> None:
    first = read_scene(raw, 720)
    kept = next(cache_folder().glob("*.npy"))
    kept.write_bytes(kept.read_bytes()[:50])
    assert torch.equal(read_scene(raw, 720), first)


def test_folder_that_cannot_hold_scenes_costs_time_only(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("UNVEIL_CACHE", str(tmp_path / "file"))
    assert read_scene(raw, 720).shape == (3, 32, 48)


def test_file_that_is_no_raw_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.dng"
    path.write_text("no picture")
    with pytest.raises(FrameError, match=r"a\.dng"):
        read_scene(path, 720)


@pytest.mark.shared
def test_real_raw_gives_crops(shared_data: Path) -> None:
    photographs = Photographs([shared_data / "raw" / "canon_eos_d30.crw"], 64, 200)
    crops = photographs.crops(4, torch.Generator().manual_seed(0))
    assert crops.shape == (4, 3, 64, 64)
    assert float(crops.min()) >= 0
    assert 0.05 < float(crops.mean()) < 0.9
