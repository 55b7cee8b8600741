"""A recipe resolved against the registry, checked end to end before a pixel is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType

from .chain import START, Spaces, after, check_end, check_layers, check_outputs, check_spaces, routed
from .devices import resolve_device
from .errors import PluginError, RecipeError, UnveilError
from .naming import Naming
from .plan_hash import file_hashes, plan_hash
from .recipe.recipe import Recipe
from .registry import Registry
from .stage import Parameters, Stage, StageContext, StageSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStage:
    """One step of a plan."""

    name: str
    parameters: Parameters
    spec: StageSpec
    takes: Spaces
    """What may reach it; None: a file that is not decoded yet."""
    gives: Spaces
    """What it may give for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be done to every frame, on which device. Cheap; `build` loads the weights."""

    recipe: Recipe
    registry: Registry
    device: str
    """Torch device name, e.g. `cpu` or `cuda:1`."""
    stages: tuple[PlannedStage, ...]
    hash: str
    """SHA-256 (hex) of all that decides the result: stages, parameters, weights, and the plugins with their versions.
    The recipe's name, description and comments, and the device, are not in it."""

    def file_hashes(self) -> Mapping[int, str]:
        """Return the hash of all that decides a file, for each stage that may write one, by its index."""
        return file_hashes(self.recipe.stages, self.registry)

    def outputs(self, naming: Naming) -> tuple[PurePosixPath, ...]:
        """Return the files that a frame will leave, relative to the output folder."""
        return tuple(self.files(naming).values())

    def files(self, naming: Naming) -> Mapping[int, PurePosixPath]:
        """Return the same by the index of the stage that writes each; a stage writes one at most."""
        return {
            index: PurePosixPath(name)
            for index, stage in enumerate(self.stages)
            for name in stage.spec.files(stage.parameters, naming)
        }

    def build(
        self, max_memory: int | None = None, built: Mapping[int, Stage] = MappingProxyType({})
    ) -> tuple[tuple[str, Parameters, Stage], ...]:
        """Make every stage ready to run; imports torch and loads weights.

        Parameters
        ----------
        max_memory : int, optional
            Bytes that a network may take while it looks at a frame; by default what it finds free.
        built : mapping, optional
            Stages that are there already, by their index in the recipe: they are taken as they are.

        Raises
        ------
        UnveilError
            What the stage itself says, e.g. `EnvironmentFailure` for a missing weight file.
        PluginError
            Any other failure, naming the stage and its origin.
        """
        return tuple(
            (
                stage.name,
                stage.parameters,
                built[place] if place in built else self._built(stage, self.context(place, max_memory)),
            )
            for place, stage in enumerate(self.stages)
        )

    def context(self, place: int, max_memory: int | None = None) -> StageContext:
        """Return what the stage at an index of the recipe is built with."""
        return StageContext(
            device=self.device,
            method=self.registry.method,
            max_memory=max_memory,
            recipe=self.recipe.to_yaml(),
            place=place,
        )

    def _built(self, stage: PlannedStage, context: StageContext) -> Stage:
        try:
            return stage.spec.build(stage.parameters, context)
        except UnveilError:
            raise
        except Exception as error:
            raise PluginError(
                f"the stage {stage.name!r} of {self.registry.origin(stage.name)} cannot be built: "
                f"{type(error).__name__}: {error}"
            ) from error


def make_plan(recipe: Recipe, registry: Registry, device: str = "cpu") -> Plan:
    """Check a recipe end to end and choose the device.

    Parameters
    ----------
    device
        `auto`, `cpu`, `cuda`, `cuda:N` or `mps`; all but `cpu` import torch to look.

    Raises
    ------
    RecipeError
        Spaces that do not meet, nothing written, two outputs of one name, a layer that is not kept; one sentence each.
    EnvironmentFailure
        The device is not there.
    """
    specs = [routed(registry.stage(name), parameters) for name, parameters in recipe.stages]
    written = [(index, spec, recipe.stages[index][1]) for index, spec in enumerate(specs)]
    problems = [*check_spaces(specs, registry.stages.values()), *check_end(specs), *check_outputs(written)]
    problems += check_layers(written)
    planned = _planned(recipe, specs)
    problems += [(i, text) for i, stage in enumerate(planned) for text in _refusals(stage, registry)]
    if not specs:
        raise RecipeError(f"{recipe.source or recipe.name}: there are no stages")
    if problems:
        raise RecipeError(*(f"{_place(recipe, index)}: stages[{index}]: {text}" for index, text in problems))
    return Plan(
        recipe=recipe,
        registry=registry,
        device=resolve_device(device),
        stages=planned,
        hash=plan_hash(recipe.stages, registry),
    )


def _planned(recipe: Recipe, specs: list[StageSpec]) -> tuple[PlannedStage, ...]:
    planned: list[PlannedStage] = []
    spaces = START
    for spec, (name, parameters) in zip(specs, recipe.stages, strict=True):
        gives = after(spec, spaces) or frozenset()
        planned.append(PlannedStage(name=name, parameters=parameters, spec=spec, takes=spaces, gives=gives))
        spaces = gives
    return tuple(planned)


def _refusals(stage: PlannedStage, registry: Registry) -> Sequence[str]:
    refuses = stage.spec.refuses
    return refuses(stage.parameters, registry.method, stage.takes) if refuses else ()


def _place(recipe: Recipe, index: int) -> str:
    return recipe.places[index] if index < len(recipe.places) else recipe.source or recipe.name
