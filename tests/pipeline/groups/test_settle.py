"""Groups and their leaders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from unveil.pipeline.errors import RecipeError
from unveil.pipeline.groups.group import Grouping, Member
from unveil.pipeline.groups.settle import leaders_first, settle_groups
from unveil.pipeline.registry import Registry, build_registry
from unveil.pipeline.resume import Task
from unveil.pipeline.url import Url

Shot = Callable[..., Path]


@pytest.fixture(scope="module")
def registry() -> Registry:
    """What is shipped."""
    return build_registry()


def leads(members: dict[Path, Member]) -> dict[str, str]:
    return {source.name: member.leader.name for source, member in members.items()}


def settle(registry: Registry, grouping: Grouping, *sources: Path) -> dict[str, str]:
    return leads(dict(settle_groups(sources, registry, grouping)))


def test_the_frame_in_the_middle_of_the_exposures_leads(shot: Shot, registry: Registry) -> None:
    shots = [shot("a.dng", ev=2, second=0), shot("b.dng", ev=-2, second=1), shot("c.dng", ev=0, second=2)]
    for grouping in (Grouping.AUTO, Grouping.FOLDER):
        assert settle(registry, grouping, *shots) == {"a.dng": "c.dng", "b.dng": "c.dng", "c.dng": "c.dng"}
        assert settle(registry, grouping, *shots[::-1]) == settle(registry, grouping, *shots)
    assert settle(registry, Grouping.NONE, *shots) == {}


def test_of_frames_with_one_exposure_the_first_leads_whatever_its_name(
    shot: Shot, registry: Registry
) -> None:
    shots = [shot("a.dng", second=9), shot("b.dng", second=5), shot("c.dng", second=7)]
    assert set(settle(registry, Grouping.AUTO, *shots).values()) == {"b.dng"}
    shots.append(shot("0.dng", second=12))
    assert set(settle(registry, Grouping.AUTO, *shots).values()) == {"b.dng"}


def test_frames_of_two_cameras_are_not_in_one_group(shot: Shot, registry: Registry) -> None:
    shots = [
        shot(f"{name}.dng", second=at, model=model)
        for at, (name, model) in enumerate((("a", "One"), ("b", "Two"), ("c", "One"), ("d", "Three")))
    ]
    expected = {"a.dng": "a.dng", "c.dng": "a.dng"}
    assert settle(registry, Grouping.AUTO, *shots) == settle(registry, Grouping.FOLDER, *shots) == expected


def test_folders_are_groups_whatever_is_in_them(shot: Shot, registry: Registry) -> None:
    shots = [
        shot("one/a.dng", second=0),
        shot("one/b.dng", second=3000, scene="harbour"),
        shot("two/c.dng", second=None),
        shot("two/d.dng", second=None),
        shot("three/e.dng", second=1500),
    ]
    expected = {"a.dng": "a.dng", "b.dng": "a.dng", "c.dng": "c.dng", "d.dng": "c.dng"}
    assert settle(registry, Grouping.FOLDER, *shots) == expected
    assert settle(registry, Grouping.AUTO, *shots) == {}


def test_files_that_nothing_can_be_read_from_stand_alone(
    shot: Shot, registry: Registry, tmp_path: Path
) -> None:
    broken = tmp_path / "shots" / "b.dng"
    good = shot("a.dng")
    broken.write_bytes(b"II*\0 and no more")
    assert settle(registry, Grouping.AUTO, good, broken, tmp_path / "shots" / "gone.dng") == {}


def test_frames_that_are_elsewhere_are_refused_in_one_sentence(registry: Registry) -> None:
    with pytest.raises(RecipeError, match=r"^s3://a/b.dng: frames that are elsewhere cannot be grouped"):
        settle_groups([Url("s3://a/b.dng")], registry, Grouping.FOLDER)
    assert settle_groups([Url("s3://a/b.dng")], registry, Grouping.NONE) == {}


def test_leaders_are_made_first_and_groups_stay_together() -> None:
    first, second = (Member(leader=Path(name), size=2, by=Grouping.AUTO) for name in "bd")
    places = {"a": first, "x": None, "c": second, "b": first, "d": second}
    tasks = [Task(source=Path(name), member=member) for name, member in places.items()]
    assert [str(task.source) for task in leaders_first(tasks)] == ["b", "a", "x", "d", "c"]
