"""The colour profile in a DNG."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unveil.isp.colour.profile import read_profile

SRATIONAL, RATIONAL, ASCII, FLOAT, LONG, SHORT = 10, 5, 2, 11, 4, 3
EYE = np.eye(3).ravel()
Tag = tuple[int, int, int, Any]


def fractions(tag: int, values: np.ndarray) -> Tag:
    return (tag, SRATIONAL, len(values), [part for value in values for part in (round(value * 10000), 10000)])


def words(tag: int, text: str) -> Tag:
    return (tag, ASCII, 0, text)


def test_a_dng_with_colour_matrices_alone_has_no_profile(make_dng: Callable[..., Path]) -> None:
    path = make_dng(np.full((8, 8, 3), 100, np.uint16), tags=[words(50936, "Plain"), fractions(50723, EYE)])
    assert read_profile(path) is None


def test_matrices_are_sorted_by_light_and_the_analogue_balance_is_in_the_calibration(
    make_dng: Callable[..., Path],
) -> None:
    balance = (50727, RATIONAL, 3, (2, 1, 1, 1, 3, 2))
    forward = [fractions(50964, EYE * 0.9), fractions(50965, EYE * 0.8)]
    second = [
        fractions(50722, EYE),
        (50779, SHORT, 1, 17),
        fractions(50723, EYE * 1.1),
        fractions(50724, EYE),
    ]
    profile = read_profile(make_dng(np.full((8, 8, 3), 100, np.uint16), tags=[balance, *forward, *second]))
    assert profile is not None
    assert [kelvin for kelvin, _ in profile.forward] == [2856.0, 6504.0]
    np.testing.assert_allclose(profile.forward[0][1], np.eye(3) * 0.8)
    np.testing.assert_allclose(profile.calibration[1][1], np.diag([2.2, 1.1, 1.65]))


@pytest.mark.parametrize(("signature", "factor"), [("maker", 1.1), ("other", 1.0)])
def test_a_calibration_counts_where_the_signatures_agree(
    make_dng: Callable[..., Path], signature: str, factor: float
) -> None:
    tags = [
        fractions(50723, EYE * 1.1),
        words(50931, "maker"),
        words(50932, signature),
        fractions(50964, EYE),
    ]
    profile = read_profile(make_dng(np.full((8, 8, 3), 100, np.uint16), tags=tags))
    assert profile is not None
    found = profile.calibration[0][1] if profile.calibration else np.eye(3)
    np.testing.assert_allclose(found, np.eye(3) * factor)


def test_tables_are_read_with_their_shape(make_dng: Callable[..., Path]) -> None:
    entries = np.arange(24, dtype=np.float32).tolist()
    tags = [(50981, LONG, 3, (2, 2, 2)), (50982, FLOAT, 24, entries), (51108, LONG, 1, 1)]
    profile = read_profile(make_dng(np.full((8, 8, 3), 100, np.uint16), tags=tags))
    assert profile is not None
    assert profile.look is not None
    assert (profile.look.shape, profile.look.srgb, profile.look.entries) == ((2, 2, 2), True, tuple(entries))


@pytest.mark.parametrize("values", [[0.0] * 11, [float("nan")] * 12])
def test_a_table_that_does_not_fit_or_holds_no_numbers_is_left_out(
    make_dng: Callable[..., Path], values: list[float]
) -> None:
    tags = [(50937, LONG, 2, (2, 2)), (50938, FLOAT, len(values), values)]
    assert read_profile(make_dng(np.full((8, 8, 3), 100, np.uint16), tags=tags)) is None


def test_another_file_has_none(tmp_path: Path) -> None:
    path = tmp_path / "a.cr2"
    path.write_bytes(b"nothing")
    assert read_profile(path) is None


@pytest.mark.shared
def test_a_real_profile(shared_data: Path) -> None:
    profile = read_profile(shared_data / "raw" / "canon_eos_6d_linear.dng")
    assert profile is not None
    assert profile.name == "Adobe Standard"
    assert [(kelvin, table.shape) for kelvin, table in profile.hue_sat] == [
        (2856, (1, 90, 30)),
        (6504, (1, 90, 30)),
    ]
    assert profile.look is not None
    assert profile.look.shape == (16, 36, 8)
    np.testing.assert_allclose(np.diag(profile.calibration[0][1]), [2.158672 * 0.9883, 1, 1.414752])
