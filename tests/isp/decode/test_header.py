"""Sizes of pictures by their headers."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import rawpy
import tifffile

from unveil.isp.decode.header import count_pixels
from unveil.samples.truth import list_samples


def test_finished_pictures_tell_their_size(tmp_path: Path) -> None:
    pixels = np.zeros((30, 50, 3), np.uint8)
    (tmp_path / "a.jpg").write_bytes(imagecodecs.jpeg8_encode(pixels))
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(pixels))
    tifffile.imwrite(tmp_path / "a.tif", pixels)
    assert [count_pixels(path) for path in sorted(tmp_path.iterdir())] == [1500] * 3


def test_raw_files_tell_the_size_of_the_sensor(shared_data: Path) -> None:
    raws = [
        *(sample.frame for sample in list_samples()),
        *(p for p in (shared_data / "raw").iterdir() if p.is_file()),
    ]
    for path in raws:
        with rawpy.imread(str(path)) as raw:
            assert count_pixels(path) == raw.sizes.raw_height * raw.sizes.raw_width


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"II*\0"])
def test_what_tells_no_size_has_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.NEF"
    path.write_bytes(content)
    assert count_pixels(path) is None
    assert count_pixels(tmp_path / "missing.tif") is None
