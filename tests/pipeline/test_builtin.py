"""The host is a plugin of its own and offers the shipped recipes."""

from __future__ import annotations

from pathlib import Path

import unveil
from unveil.pipeline.registry import build_registry


def test_the_shipped_recipes_come_from_the_package() -> None:
    registry = build_registry(["unveil.pipeline.builtin"])
    folder = Path(unveil.__file__).resolve().parent / "recipes"
    assert registry.recipe_folders == (folder,)
    assert sorted(registry.recipes) == sorted(path.stem for path in folder.glob("*.yaml"))
    assert registry.stages == {}
