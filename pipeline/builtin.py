"""The host's own plugin: the folder of recipes shipped with the package."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .hookspecs import hookimpl


@hookimpl
def unveil_recipe_folders() -> Iterable[Path]:
    """Offer the shipped recipes."""
    yield Path(__file__).resolve().parents[1] / "recipes"
