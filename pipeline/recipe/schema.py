"""JSON Schema of recipes, for editors and other tools."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ..registry import Registry
from .check import METHOD_STAGE, VERSION, RecipeFile
from .method_parameters import with_method

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def recipe_schema(registry: Registry) -> dict[str, Any]:
    """Return a JSON Schema (draft 2020-12) of recipes with the stages and methods of a registry.

    It tells names, parameters and their limits. Whether stages fit together (`make_plan`) is beyond a schema.
    """
    models = {f"stage:{name}": spec.parameters for name, spec in registry.stages.items()}
    separate = registry.stages.get(METHOD_STAGE)
    if separate is not None:
        models |= {
            f"method:{name}": with_method(separate.parameters, spec.parameters)
            for name, spec in registry.methods.items()
        }
    found, shared = models_json_schema([(model, "validation") for model in dict.fromkeys(models.values())])
    definitions = {key: _own(found[model, "validation"], shared) for key, model in models.items()}
    if separate is not None:
        own = definitions[f"stage:{METHOD_STAGE}"]
        own |= _methods(own["properties"], registry)
        del own["additionalProperties"]  # the method's model, which `allOf` names, refuses what neither takes
    top = RecipeFile.model_json_schema()
    top["properties"]["unveil"] = {"const": VERSION, "description": "version of the recipe format"}
    top["properties"]["stages"]["items"] = {"anyOf": [_bare(registry), *map(_entry, _summaries(registry))]}
    top |= {"$schema": DIALECT, "title": "unveil recipe", "description": "What is done to every photograph."}
    return {**top, "$defs": {**shared.get("$defs", {}), **definitions}}


def _own(reference: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of what a reference names, so that it can be narrowed without touching another stage."""
    found: dict[str, Any] = shared["$defs"][reference["$ref"].rpartition("/")[2]]
    return dict(found)


def _methods(properties: dict[str, Any], registry: Registry) -> dict[str, Any]:
    """Return what the registry adds to `separate`: the methods; which one is named decides what else it takes."""
    method = properties["method"]
    rules = []
    for name in registry.methods:
        needed = [] if method.get("default") == name else ["method"]
        named = {"properties": {"method": {"const": name}}, "required": needed}
        rules.append({"if": named, "then": {"$ref": f"#/$defs/method:{name}"}})
    return {
        "properties": {**properties, "method": {**method, "enum": list(registry.methods)}},
        "allOf": rules,
    }


def _bare(registry: Registry) -> dict[str, Any]:
    """A stage by its name alone: all its parameters have their defaults."""
    names = [name for name, spec in registry.stages.items() if not _required(spec.parameters)]
    return {"type": "string", "enum": names}


def _required(model: type[BaseModel]) -> bool:
    return any(field.is_required() for field in model.model_fields.values())


def _summaries(registry: Registry) -> list[tuple[str, str, bool]]:
    return [(name, spec.summary, _required(spec.parameters)) for name, spec in registry.stages.items()]


def _entry(stage: tuple[str, str, bool]) -> dict[str, Any]:
    name, summary, required = stage
    parameters: dict[str, Any] = {"$ref": f"#/$defs/stage:{name}"}
    return {
        "title": name,
        "description": summary,
        "type": "object",
        "properties": {name: parameters if required else {"anyOf": [parameters, {"type": "null"}]}},
        "required": [name],
        "additionalProperties": False,
    }
