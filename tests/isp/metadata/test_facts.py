"""Facts that are read before a run."""

from __future__ import annotations

import pytest

from unveil.isp.metadata.facts import exposure_of


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
