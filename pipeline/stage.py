"""The contract of a stage: `Frame -> Frame`, with checked parameters and declared spaces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from .frame import Frame, Space
from .naming import Naming

Stage = Callable[[Frame], Frame]
"""Takes a frozen frame and returns a new one; knows nothing of YAML, dask or the command line."""

Routes = Mapping[Space | None, frozenset[Space]]
"""For each space that a stage takes (None: it starts a chain) the spaces that it may give for it."""


class Parameters(BaseModel):
    """Base of every stage's and method's parameters: unknown keys are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSpec:
    """A stage as a plugin offers it."""

    name: str
    """Name used in recipes, e.g. `linearize`."""
    summary: str
    """One line for `unveil stages`."""
    parameters: type[Parameters]
    routes: Routes
    """Which spaces it takes and what it gives for each."""
    build: Callable[[Any, StageContext], Stage]
    """Turn checked parameters into the stage; heavy imports and weights are loaded here, not at import."""
    outputs: Callable[[Any, Naming], str] | None = None
    """For a stage that writes: parameters and what the frame's files are called after to the path of its file, relative
    to the output folder. None: it writes nothing."""
    records: Callable[[Any, Naming], str] | None = None
    """For a stage that may write a file which is no picture: as `outputs`; empty where its parameters ask for none."""
    again: Callable[[Any, StageContext, Path], Stage] | None = None
    """For a stage that writes records: parameters, context and a record to the stage that takes from it what it would
    have found. None: there is no such way."""
    keeps: Callable[[Any], frozenset[str]] | None = None
    """For a stage that adds side layers: parameters to their names. None: it adds none."""
    decides: Callable[[Any], bool] | None = None
    """For a stage that takes something from the frame itself which frames of a group may share (`Frame.decide`):
    parameters to whether it does. None: it never does."""
    reads: Callable[[Any], str | None] | None = None
    """For a stage that reads a side layer: parameters to its name, or None where they name no layer."""
    narrow: Callable[[Any], Routes] | None = None
    """For a stage that takes less than `routes` with some parameters: parameters to the routes that are left.
    None: its parameters do not matter."""
    refuses: Callable[[Any, Callable[[str], Any], frozenset[Space | None]], Sequence[str]] | None = None
    """For a stage whose parameters decide where it may stand: parameters, the registry's methods by name, and the
    spaces that may reach it, to one sentence for each reason why a plan cannot be made. None: it has none."""
    loads: Callable[[Any, Callable[[str], Any]], Sequence[Path]] | None = None
    """For a stage with weights: parameters and the registry's methods by name, to the weight files that `build` would
    load now; `EnvironmentFailure` where there are none. None: it has no weights."""
    pixels: Callable[[Any, Path], int | None] | None = None
    """For a stage that starts a chain: parameters and a source to the number of its pixels, quickly, from its header;
    None where it cannot be told, or always."""
    companions: Callable[[Any, Path], Sequence[Path]] | None = None
    """For a stage that reads files beside the source: parameters and the source to those of them that are there, in an
    order that does not change. None: it reads none."""

    def files(self, parameters: Any, naming: Naming) -> tuple[str, ...]:
        """Return all files that the stage writes for a frame, relative to the output folder."""
        named = (make(parameters, naming) for make in (self.outputs, self.records) if make is not None)
        return tuple(name for name in named if name)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageContext:
    """What the plan gives a stage when it builds it."""

    device: str
    """Torch device name that the plan chose, e.g. `cpu` or `cuda:0`."""
    method: Callable[[str], Any]
    """The registry's method of that name; `RecipeError` with a suggestion if there is none."""
    max_memory: int | None = None
    """Bytes that a network may take while it looks at a frame; None: what it finds free."""
    recipe: str = ""
    """The whole recipe as YAML, for a stage that writes down how its results came about."""
    place: int = 0
    """Index of the stage in the recipe."""
