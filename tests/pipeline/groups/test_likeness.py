"""Whether two small pictures show the same."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from unveil.isp.decode.glimpse import read_glimpse
from unveil.pipeline.groups.likeness import LOWEST, Glimpse, light_of, likeness
from unveil.pipeline.groups.scenes import ALIKE

Shot = Callable[..., Path]


@pytest.fixture
def scene() -> Glimpse:
    """Light with structure of every size, 48 x 64, none of it black or blown at -2 EV to +1 EV."""
    noise = np.random.default_rng(3)
    levels = [np.kron(noise.normal(0, 0.5, (48 // n, 64 // n)), np.ones((n, n))) for n in (16, 8, 4, 2)]
    light = np.sum(levels, axis=0)
    return np.asarray(0.1 * 2.0 ** np.clip(light, -1.5, 1.5), dtype=np.float32)


def exposed(scene: Glimpse, ev: float) -> Glimpse:
    return np.asarray(np.clip(scene * np.float32(2.0**ev), 0, 1), dtype=np.float32)


def test_a_scene_is_like_itself_at_every_exposure(scene: Glimpse) -> None:
    for ev in (-2.0, 0.0, 1.0):
        assert likeness(scene, exposed(scene, ev)) == pytest.approx(1, abs=1e-5)
    assert likeness(scene, exposed(scene, 3)) > ALIKE  # a part of it is blown


def test_another_scene_is_not_alike(scene: Glimpse) -> None:
    assert abs(likeness(scene, np.ascontiguousarray(scene[::-1]))) < ALIKE / 2
    assert abs(likeness(scene, np.ascontiguousarray(scene[:, ::-1]))) < ALIKE / 2


def test_two_pixels_of_movement_are_allowed_and_six_are_not(scene: Glimpse) -> None:
    assert likeness(scene, np.roll(scene, (1, -2), (0, 1))) > 0.99
    assert likeness(scene, np.roll(scene, 6, 1)) < ALIKE


def test_it_is_the_same_both_ways(scene: Glimpse) -> None:
    other = np.roll(scene, (2, 1), (0, 1))
    assert likeness(scene, other) == pytest.approx(likeness(other, scene), abs=0.02)


def test_pictures_of_other_sides_or_without_light_are_not_alike(scene: Glimpse) -> None:
    assert likeness(scene, scene.T.copy()) == -1
    assert likeness(scene, np.zeros_like(scene)) == -1
    assert likeness(np.ones_like(scene), np.ones_like(scene)) == -1
    assert likeness(scene[:4, :4], scene[:4, :4]) == -1


def test_nan_and_infinity_count_as_unexposed(scene: Glimpse) -> None:
    broken = scene.copy()
    broken[10, 10], broken[20, 20] = np.nan, np.inf
    assert likeness(scene, broken) > 0.99


def test_light_is_the_median_in_ev(scene: Glimpse) -> None:
    assert light_of(exposed(scene, 1)) - light_of(scene) == pytest.approx(1, abs=1e-5)
    assert light_of(np.zeros_like(scene)) == pytest.approx(np.log2(LOWEST))


def test_brackets_and_other_scenes_at_the_sensor(shot: Shot) -> None:
    metered = glimpse(shot("a.dng"))
    assert max(metered.shape) == 64
    for ev in (-3, -2, -1, 1, 2, 3):
        assert likeness(metered, glimpse(shot("b.dng", ev=ev))) > 0.8
    assert likeness(glimpse(shot("b.dng", ev=-2)), glimpse(shot("c.dng", ev=2))) > 0.6
    assert likeness(metered, glimpse(shot("d.dng", scene="harbour"))) < ALIKE / 2


def test_the_picture_with_the_glass_is_like_the_one_without(shared_data: Path) -> None:
    """Real pairs, taken one after the other from a tripod."""
    folder = shared_data / "reflection" / "real20"
    names = sorted(path.name for path in (folder / "blended").iterdir())
    pairs = [(glimpse(folder / "blended" / n), glimpse(folder / "transmission" / n)) for n in names]
    assert min(likeness(blended, clear) for blended, clear in pairs) > ALIKE


def test_photographs_of_different_things_are_not_alike(shared_data: Path) -> None:
    looks = [glimpse(path) for path in sorted((shared_data / "photos" / "kodak24").glob("*.png"))]
    found = [likeness(one, two) for one, two in combinations(looks, 2) if one.shape == two.shape]
    assert len(found) > 100
    assert max(found) < ALIKE


def glimpse(path: Path) -> Glimpse:
    found = read_glimpse(path)
    assert found is not None
    return found
