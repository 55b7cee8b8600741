"""A recipe: an ordered list of stages with checked parameters, from a YAML file or a name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..errors import RecipeError
from ..groups.group import Grouping
from ..registry import Registry
from ..shown import shown
from ..stage import Parameters
from ..suggest import unknown
from .check import VERSION, check_document
from .positions import plain, read_bytes, read_yaml
from .schema import recipe_schema as recipe_schema

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What is done to every frame. `load_recipe` makes it; every name and parameter in it is checked."""

    name: str
    description: str = ""
    source: str = field(default="", compare=False)
    """The file it was read from, as the user named it."""
    group: Grouping = Grouping.NONE
    """Which frames of a run share what their stages take from a frame itself."""
    stages: tuple[tuple[str, Parameters], ...]
    places: tuple[str, ...] = field(default=(), compare=False)
    """`file:line:column` of each stage, for errors that are found later."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data that `parse_recipe` reads back; every parameter is spelled out."""
        stages = [{name: parameters.model_dump(mode="json")} for name, parameters in self.stages]
        head = {"unveil": VERSION, "name": self.name, "description": self.description}
        group = {"group": self.group.value} if self.group is not Grouping.NONE else {}
        return {**head, **group, "stages": stages}

    def to_yaml(self) -> str:
        """Return the recipe as YAML, one line for each stage; `parse_recipe` gives back the same recipe."""
        return yaml.dump(self.to_dict(), Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True)


def load_recipe(name_or_path: str | Path, registry: Registry, overrides: Sequence[str] = ()) -> Recipe:
    """Find, read and check a recipe.

    Parameters
    ----------
    name_or_path
        The name of a recipe that the package or a plugin brings, or the path of a `.yaml` or `.yml` file.
    overrides
        Parameters to replace, e.g. `separate.strength=0.5`; see `recipe_set`.

    Raises
    ------
    RecipeError
        With one sentence for each mistake in the file and in the overrides.
    """
    path, source = _find(os.fspath(name_or_path), registry)
    return parse_recipe(read_bytes(path, source), registry, source, overrides)


def parse_recipe(
    data: bytes | str, registry: Registry, source: str = "recipe", overrides: Sequence[str] = ()
) -> Recipe:
    """Check the text of a recipe; as `load_recipe`, with `source` as the file in messages."""
    document = read_yaml(data.encode() if isinstance(data, str) else data, source)
    head, stages, places = check_document(document, registry, overrides)
    return Recipe(
        name=head.name,
        description=head.description,
        group=Grouping(head.group),
        source=source,
        stages=tuple(stages),
        places=tuple(places),
    )


def _find(asked: str, registry: Registry) -> tuple[Path, str]:
    if asked in registry.recipes:
        path = registry.recipes[asked]
        return path, shown(path)
    path = Path(asked)
    if path.suffix.lower() in SUFFIXES or os.sep in asked:
        return _file(path, shown(asked)), shown(asked)
    if path.is_file():
        raise RecipeError(f"{shown(asked)}: not a recipe; the name of a recipe file ends in .yaml or .yml")
    beside = next((asked + suffix for suffix in SUFFIXES if Path(asked + suffix).is_file()), None)
    hint = (
        f"; for the file here say {beside}"
        if beside
        else "; a recipe file is given by its path, ending in .yaml"
    )
    raise RecipeError(f"{unknown('recipe', shown(asked), registry.recipes)}{hint}")


def _file(path: Path, asked: str) -> Path:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise RecipeError(f"{asked}: there is no such file") from None
    except OSError as error:
        raise RecipeError(f"{asked}: cannot be read: {error.strerror}") from error
    if not path.is_file():
        raise RecipeError(f"{asked}: not a file; give the path of a recipe")
    if path.suffix.lower() not in SUFFIXES:
        raise RecipeError(f"{asked}: not a recipe; the name of a recipe file ends in .yaml or .yml")
    return path


class _Dumper(yaml.SafeDumper):
    """Writes stages on one line each, and quotes text that would be read back as something else."""


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    style = None if isinstance(plain(text), str) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _mapping(dumper: _Dumper, mapping: Mapping[str, Any]) -> yaml.Node:
    flow = "stages" not in mapping and not (
        len(mapping) == 1 and isinstance(next(iter(mapping.values())), dict)
    )
    return dumper.represent_mapping("tag:yaml.org,2002:map", mapping, flow_style=flow)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _mapping)
