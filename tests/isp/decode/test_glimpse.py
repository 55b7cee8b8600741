"""Small grey pictures of files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile

from unveil.isp.decode.glimpse import SIDE, read_glimpse

SAMPLES = Path(__file__).resolve().parents[3] / "samples"


def test_every_raw_file_gives_one_with_its_aspect(shared_data: Path) -> None:
    for path in sorted((shared_data / "raw").glob("*.*")):
        found = read_glimpse(path)
        assert found is not None, path
        assert max(found.shape) == SIDE
        assert found.dtype == np.float32
        assert np.isfinite(found).all()
        assert found.std() > 0


def test_broken_files_give_a_picture_or_nothing(shared_data: Path) -> None:
    for path in sorted((shared_data / "raw" / "bad").glob("*.*")):
        found = read_glimpse(path)
        assert found is None or max(found.shape) == SIDE


@pytest.mark.parametrize("name", ["grey.png", "grey.tif"])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_values_are_linear_light(tmp_path: Path, depth: type[np.unsignedinteger[Any]], name: str) -> None:
    grey = np.full((48, 96, 3), round(0.5 * np.iinfo(depth).max), dtype=depth)
    path = tmp_path / name
    if path.suffix == ".png":
        path.write_bytes(imagecodecs.png_encode(grey))
    else:
        tifffile.imwrite(path, grey, photometric="rgb")
    found = read_glimpse(path)
    assert found is not None
    assert found.shape == (32, 64)
    np.testing.assert_allclose(found, 0.214, atol=0.005)  # sRGB 0.5


def test_a_mosaic_without_a_preview_is_averaged() -> None:
    found = read_glimpse(SAMPLES / "otters.dng")
    assert found is not None
    assert max(found.shape) == SIDE
    assert 0 < float(np.median(found)) < 1


def test_what_is_no_picture_gives_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.dng").write_bytes(b"no picture")
    assert read_glimpse(tmp_path / "a.dng") is None
    assert read_glimpse(tmp_path / "gone.dng") is None
