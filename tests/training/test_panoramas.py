"""Panoramas are looked into as a camera would, and keep their lamps."""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from unveil.isp.tone.curves import decode_curve
from unveil.pipeline.errors import EnvironmentFailure, RecipeError
from unveil.training.panoramas import CEILING, Panoramas, look, read_panorama


def directions(height: int = 256) -> Tensor:
    """A panorama whose colours are where it is: x to the right, y up, z ahead."""
    lon = (torch.arange(2 * height) + 0.5) / (2 * height) * 2 * math.pi - math.pi
    lat = math.pi / 2 - (torch.arange(height) + 0.5)[:, None] / height * math.pi
    parts = lat.cos() * lon.sin(), lat.sin() + 0 * lon, lat.cos() * lon.cos()
    return torch.stack(parts)


def write(path: Path, width: int = 128, lamp: float = 5000.0) -> Path:
    picture = np.full((width // 2, width, 3), 0.2, np.float32)
    picture[width // 4 - 3 : width // 4 + 3, ::16] = lamp
    picture[:, :, 2] *= 0.5
    cv2.imwrite(str(path), picture)
    return path


@pytest.mark.parametrize(("yaw", "pitch"), [(0.0, 0.0), (1.2, 0.4), (math.pi, -0.3), (-3.0, 0.0)])
def test_middle_of_a_view_is_where_it_looks(yaw: float, pitch: float) -> None:
    seen = look(directions(), 65, yaw, pitch, math.radians(60))[:, 32, 32]
    expected = [math.cos(pitch) * math.sin(yaw), math.sin(pitch), math.cos(pitch) * math.cos(yaw)]
    assert seen.tolist() == pytest.approx(expected, abs=0.01)


def test_view_is_a_pinhole_cameras() -> None:
    view = math.radians(60)
    seen = look(directions(), 64, 0.0, 0.0, view)
    right, up = torch.meshgrid(
        torch.arange(1.0 - 64, 64, 2) / 64, torch.arange(63.0, -64, -2) / 64, indexing="xy"
    )
    tangent = math.tan(view / 2)
    torch.testing.assert_close(seen[0] / seen[2], right * tangent, atol=0.02, rtol=0)
    torch.testing.assert_close(seen[1] / seen[2], up * tangent, atol=0.02, rtol=0)


def test_borders_meet_behind() -> None:
    seen = look(directions(), 64, math.pi, 0.0, math.radians(40))
    assert float(seen.diff(dim=-1).abs().max()) < 0.05


def test_views_keep_light_above_white_up_to_the_ceiling(tmp_path: Path) -> None:
    panoramas = Panoramas([write(tmp_path / "a.hdr")], 64)
    views = panoramas.views(6, Generator().manual_seed(1))
    linear = decode_curve(views, "srgb")
    assert views.shape == (6, 3, 64, 64)
    assert float(linear.max()) == pytest.approx(CEILING, rel=1e-3)
    assert 0.2 < float(linear.median()) <= 1
    assert torch.equal(views, panoramas.views(6, Generator().manual_seed(1)))


def test_radiance_file_is_read_as_red_green_blue(tmp_path: Path) -> None:
    picture = read_panorama(write(tmp_path / "a.hdr", lamp=8.0))
    assert picture.shape == (3, 64, 128)
    assert picture[:, 0, 1].tolist() == pytest.approx([0.1, 0.2, 0.2], rel=0.02)
    assert float(picture.max()) == pytest.approx(8, rel=0.02)


def test_openexr_file_is_read_where_the_package_is(tmp_path: Path) -> None:
    openexr = pytest.importorskip("OpenEXR", reason="needs the package OpenEXR")
    light = np.full((16, 32, 3), [1.0, 2.0, 40.0], np.float32)
    openexr.File({"type": openexr.scanlineimage}, {"RGB": light}).write(str(tmp_path / "a.exr"))
    assert read_panorama(tmp_path / "a.exr")[:, 5, 5].tolist() == pytest.approx([1, 2, 40], rel=0.01)


def test_files_that_are_no_panoramas_are_named(tmp_path: Path) -> None:
    (tmp_path / "text.hdr").write_text("no picture")
    with pytest.raises(RecipeError, match=r"text\.hdr: not a panorama"):
        read_panorama(tmp_path / "text.hdr")
    cv2.imwrite(str(tmp_path / "square.hdr"), np.ones((32, 32, 3), np.float32))
    with pytest.raises(RecipeError, match="is 32 x 32; a panorama is twice as wide as high"):
        read_panorama(tmp_path / "square.hdr")
    (tmp_path / "text.exr").write_text("no picture")
    with pytest.raises((RecipeError, EnvironmentFailure), match=r"text\.exr"):
        read_panorama(tmp_path / "text.exr")
