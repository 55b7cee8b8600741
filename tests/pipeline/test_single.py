"""One stage on its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from unveil.pipeline.errors import RecipeError
from unveil.pipeline.frame import Frame, Space
from unveil.pipeline.registry import build_registry
from unveil.pipeline.single import build_stage


def test_a_stage_is_built_with_its_parameters(picture: Callable[..., Path]) -> None:
    name, parameters, stage = build_stage(build_registry(), "decode", "cpu")
    assert (name, parameters.model_dump()) == (
        "decode",
        {"picture": "raw", "crop": "visible", "sidecar": "read"},
    )
    assert stage(Frame(source=picture())).space is Space.DISPLAY_RGB


def test_an_unknown_stage_is_told_with_a_suggestion() -> None:
    with pytest.raises(RecipeError, match="did you mean 'decode'"):
        build_stage(build_registry(), "decod", "cpu")
