"""Shots of one scene: a frame of the package, taken again with other settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rawpy

from unveil.isp.dng.container import write_cfa_dng
from unveil.samples.make import XYZ_TO_CAMERA

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
Shot = Callable[..., Path]


@pytest.fixture
def shot(tmp_path: Path) -> Shot:
    """Return a writer of DNGs: what is seen, EV beside the metered exposure, second when taken, neutral, to the path.

    Light is scaled at the sensor, above black, and cut off where the sensor is full.
    """

    def write(
        name: str,
        scene: str = "otters",
        ev: float = 0.0,
        second: int | None = 0,
        neutral: tuple[float, float, float] = (0.5, 1.0, 0.7),
        model: str = "Model G",
        damaged: bool = False,
    ) -> Path:
        path = tmp_path / "shots" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with rawpy.imread(str(SAMPLES / f"{scene}.dng")) as raw:
            counts, white = raw.raw_image_visible.astype(np.float64), raw.white_level
            black = raw.black_level_per_channel[0]
            rows = raw.raw_pattern.tolist()
        counts = counts[100:340, 100:420]  # is enough
        cfa = tuple(tuple(1 if colour == 3 else colour for colour in row) for row in rows)
        taken = np.clip((counts - black) * 2.0**ev + black, 0, white).round().astype(np.uint16)
        tags: dict[str, object] = {"ExposureTime": 0.01 * 2.0**ev, "FNumber": 8.0, "ISO": 100}
        if second is not None:
            tags["DateTimeOriginal"] = f"2024:05:31 17:{second // 60:02d}:{second % 60:02d}"
        write_cfa_dng(
            path,
            taken,
            cfa=cfa,
            black=((float(black),),),
            white=float(white),
            xyz_to_camera=XYZ_TO_CAMERA,
            as_shot_neutral=neutral,
            make="Maker",
            model=model,
            tags=tags,
        )
        if damaged:
            data = bytearray(path.read_bytes())
            start = (
                data.index(b"\xff\xda") + 1000
            )  # in the samples, behind the head of the first lossless JPEG
            data[start : start + 4000] = b"\xff" * 4000
            path.write_bytes(data)
        return path

    return write
