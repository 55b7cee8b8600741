"""Check values against a pydantic model and say in plain words what was found and what is allowed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from ..suggest import did_you_mean, listing
from .positions import Where, plain

Schema = Mapping[str, Any]

_BY_SCHEMA = (
    "missing",
    "_type",
    "_error",
    "greater_than",
    "less_than",
    "too_short",
    "too_long",
    "int_from_float",
)
_LIMITS = (
    ("exclusiveMinimum", "above {}"),
    ("minimum", "at least {}"),
    ("exclusiveMaximum", "below {}"),
    ("maximum", "at most {}"),
)
_TYPES = {"boolean": "true or false", "null": "nothing", "object": "a mapping"}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong with a value."""

    where: Where
    """Path from the root of the recipe."""
    text: str
    """What was found, what is allowed, what to do."""
    of_key: bool = False
    """True where the name is wrong, not the value."""


def check(
    model: type[BaseModel], value: Mapping[str, Any], where: Where
) -> tuple[BaseModel | None, list[Mistake]]:
    """Return the checked model and no mistakes, or None and all of them.

    Types are strict: no text for numbers, no true or false for numbers, no fractions for whole numbers.
    Numbers are finite. Lists stand for tuples.
    """
    infinite = [
        Mistake((*where, *path), f"found {show(bad)}; allowed: finite numbers") for path, bad in _odd(value)
    ]
    try:
        checked = model.model_validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        told = {mistake.where for mistake in infinite}
        found = [m for m in _mistakes(model, value, where, error) if m.where not in told]
        return None, [*infinite, *found]
    return (None, infinite) if infinite else (checked, [])


@dataclass(frozen=True, slots=True)
class Described:
    """One parameter, in words."""

    name: str
    allowed: str
    default: str
    """As a recipe would spell it; `required` where there is none."""
    description: str


def describe(model: type[BaseModel]) -> list[Described]:
    """Return every parameter of a stage or method in words, for help and documentation; those inside a mapping as
    `policy.drift`.
    """
    root = model.model_json_schema()
    found: list[Described] = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found += [replace(one, name=f"{name}.{one.name}") for one in describe(inner)]
            continue
        found.append(
            Described(
                name=name,
                allowed=allowed(root["properties"][name], root),
                default="required" if field.is_required() else _default(field),
                description=field.description or "",
            )
        )
    return found


def allowed(schema: Schema, root: Schema) -> str:
    """Return in words what a JSON Schema (as pydantic writes it) allows."""
    return listing(dict.fromkeys(_alternatives(schema, root)), "or")


def show(value: object) -> str:
    """Return a value as a recipe would spell it, cut to a readable length."""
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else f"{'-' if value < 0 else ''}.inf"
    if isinstance(value, dict):
        text = f"{{{', '.join(f'{key}: {show(item)}' for key, item in value.items())}}}"
    else:
        text = f"[{', '.join(map(show, value))}]" if isinstance(value, list) else repr(value)
    return text if len(text) <= 60 else f"{text[:56]} ..."


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    return show(list(value) if isinstance(value, tuple) else value)


def _alternatives(schema: Schema, root: Schema) -> Iterator[str]:
    schema = _resolved(schema, root)
    kind = schema.get("type", "")
    if "const" in schema or "enum" in schema:
        yield from map(show, schema.get("enum", [schema.get("const")]))
    elif "anyOf" in schema or "oneOf" in schema:
        for branch in schema.get("anyOf", schema.get("oneOf", ())):
            yield from _alternatives(branch, root)
    elif kind == "array":
        yield _allowed_list(schema, root)
    elif kind == "string":
        yield _allowed_text(schema)
    elif kind in ("number", "integer"):
        yield _allowed_number(schema)
    else:
        yield _TYPES.get(kind, "anything")


def _allowed_number(schema: Schema) -> str:
    name = "a number" if schema["type"] == "number" else "a whole number"
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and least == most:
        return show(least)
    if least is not None and most is not None:
        return f"{name} from {show(least)} to {show(most)}"
    limits = [words.format(show(schema[key])) for key, words in _LIMITS if key in schema]
    return f"{name} {' and '.join(limits)}" if limits else name


def _resolved(schema: Schema, root: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    found: Schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return found


def _allowed_list(schema: Schema, root: Schema) -> str:
    if "prefixItems" in schema:
        items = list(dict.fromkeys(allowed(item, root) for item in schema["prefixItems"]))
        return f"a list of {len(schema['prefixItems'])}, each {listing(items, 'or')}"
    least = schema.get("minItems", 0)
    words = "a list that is not empty" if least == 1 else f"a list of at least {least}" if least else "a list"
    return f"{words}, each {allowed(schema['items'], root)}" if schema.get("items") else words


def _allowed_text(schema: Schema) -> str:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    words = (
        "text that is not empty" if least == 1 else f"text of at least {least} letters" if least else "text"
    )
    return words if most is None else f"{words}, {most} letters at most"


def _odd(value: object, path: Where = ()) -> Iterator[tuple[Where, float]]:
    """Yield every number that is not finite, with its path."""
    if isinstance(value, float) and not math.isfinite(value):
        yield path, value
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _odd(item, (*path, key))


def _mistakes(model: type[BaseModel], value: Any, where: Where, error: ValidationError) -> list[Mistake]:
    """Turn pydantic's errors into one mistake for each value; branches of a union count once."""
    root = model.model_json_schema()
    found: dict[Where, Mistake] = {}
    for details in error.errors(include_url=False):
        path = _path(details, value)
        if not any(path[: len(known)] == known for known in found):
            found = {known: m for known, m in found.items() if known[: len(path)] != path}
            found[path] = _mistake(details, path, value, where, root)
    return list(found.values())


def _path(details: ErrorDetails, value: Any) -> Where:
    """Return the part of pydantic's location that exists in the data; the rest names branches of unions."""
    path: list[str | int] = []
    for part in details["loc"]:
        inside = isinstance(value, dict) and part in value
        if inside or (isinstance(value, list) and isinstance(part, int) and part < len(value)):
            path.append(part)
            value = value[part]
    missing = details["loc"][-1] if details["type"] == "missing" else 0
    return (*path, missing) if isinstance(missing, str) else tuple(path)


def _mistake(details: ErrorDetails, path: Where, value: Any, where: Where, root: Schema) -> Mistake:
    kind, schema = details["type"], _walk(root, path, root)
    full = (*where, *path)
    if kind == "missing" and path[-1:] == details["loc"][-1:]:
        return Mistake(full, f"missing; add it (allowed: {allowed(schema or {}, root)})")
    if kind == "extra_forbidden":
        names = _names(_walk(root, path[:-1], root) or {}, root)
        return Mistake(full, _unknown_key(str(path[-1]), names), of_key=True)
    for part in path:
        value = value[part]
    if kind in ("value_error", "assertion_error") or not schema or not _told_by_schema(kind):
        reason = details["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
        return Mistake(full, f"found {show(value)}; {reason}")
    return Mistake(
        full, f"found {show(value)}; allowed: {allowed(schema, root)}{_advice(value, schema, root)}"
    )


def _told_by_schema(kind: str) -> bool:
    return any(part in kind for part in _BY_SCHEMA)


def _walk(schema: Schema, path: Where, root: Schema) -> Schema | None:
    """Return the schema of the value at `path`; None where the schema does not say."""
    schema = _resolved(schema, root)
    if not path:
        return schema
    part = path[0]
    if isinstance(part, int):
        fixed = schema.get("prefixItems", [])
        inner = fixed[part] if part < len(fixed) else schema.get("items")
    else:
        inner = schema.get("properties", {}).get(part, schema.get("additionalProperties"))
    if isinstance(inner, Mapping):
        return _walk(inner, path[1:], root)
    branches = (_walk(branch, path, root) for branch in schema.get("anyOf", schema.get("oneOf", ())))
    return next((found for found in branches if found is not None), None)


def _names(schema: Schema, root: Schema) -> list[str]:
    """Return the keys that a mapping may have; of a union, those of all branches."""
    branches = [_resolved(branch, root) for branch in schema.get("anyOf", schema.get("oneOf", [schema]))]
    return [name for branch in branches for name in branch.get("properties", ())]


def _unknown_key(name: str, names: list[str]) -> str:
    if not names:
        return "is unknown; there are no parameters here, remove it"
    return f"is unknown{did_you_mean(name, names) or ';'} allowed: {listing(names, 'or')}"


def _advice(value: object, schema: Schema, root: Schema) -> str:
    if not isinstance(value, str):
        return ""
    branches = [_resolved(branch, root) for branch in schema.get("anyOf", [schema])]
    numeric = any(branch.get("type") in ("number", "integer", "boolean") for branch in branches)
    if numeric and not isinstance(plain(value), str | None):
        return "; write it without quotes"
    words = [str(word) for branch in branches for word in branch.get("enum", [branch.get("const")]) if word]
    return did_you_mean(value, words)
