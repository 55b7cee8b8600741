"""Facts that are read before a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from unveil.isp.metadata.facts import capture_facts, exposure_of
from unveil.pipeline.naming import CaptureFacts


@pytest.mark.parametrize(
    ("tags", "ev"),
    [
        ({"ExposureTime": 1, "FNumber": 1, "ISO": 100}, 0),
        ({"ExposureTime": 2, "FNumber": 1, "ISO": 100}, 1),
        ({"ExposureTime": 1, "FNumber": 2, "ISO": 100}, -2),
        ({"ExposureTime": 1, "FNumber": 1, "ISO": 800}, 3),
        ({"ExposureTime": 1 / 128, "FNumber": 8, "ISO": 200.0}, -12),
        ({"ExposureTime": 0.5, "ISO": 100}, -1),
        ({"ExposureTime": "0.25", "FNumber": 0, "ISO": "100"}, -2),
    ],
)
def test_exposure_is_time_times_sensitivity_by_aperture_squared(tags: dict[str, object], ev: float) -> None:
    assert exposure_of(tags) == pytest.approx(ev)


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"ISO": 100},
        {"ExposureTime": 1},
        {"ExposureTime": 0, "ISO": 100},
        {"ExposureTime": "bulb", "ISO": 100},
    ],
)
def test_without_time_or_sensitivity_nothing_is_known(tags: dict[str, object]) -> None:
    assert exposure_of(tags) is None


@pytest.mark.parametrize(
    ("name", "camera", "year", "iso"),
    [
        ("canon_eos_d30.crw", "Canon EOS D30", 2018, 100),
        ("canon_eos_6d_linear.dng", "Canon EOS 6D", 2019, None),
        ("blackmagic_pocket4k.dng", "Blackmagic", None, None),
        ("kodak_dc50.kdc", "Kodak Digital Science DC50 Zoom Camera", 1997, None),
    ],
)
def test_camera_and_date_of_real_files_are_found(
    shared_data: Path, name: str, camera: str, year: int | None, iso: int | None
) -> None:
    facts = capture_facts(shared_data / "raw" / name)
    assert facts.camera.startswith(camera)
    assert (facts.taken.year if facts.taken else None) == year
    assert iso is None or facts.iso == iso


def test_of_a_file_that_cannot_be_read_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "a.nef").write_bytes(b"II*\0")
    assert capture_facts(tmp_path / "a.nef") == CaptureFacts()
    assert capture_facts(tmp_path / "gone.nef") == CaptureFacts()
