"""Check the data of a recipe against the registry; every mistake of it is told at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..chain import check_end, check_layers, check_outputs, check_spaces, routed
from ..errors import PluginError, RecipeError
from ..registry import Registry
from ..stage import Parameters, StageSpec
from ..suggest import did_you_mean, listing
from .explain import Mistake, check, show
from .method_parameters import with_method
from .overrides import Labels, apply_overrides
from .positions import Document, Where, spell

VERSION = 1
"""The version of the recipe format that is read and written."""
METHOD_STAGE = "separate"
"""The stage whose `method` names a method; that method's parameters stand beside its own."""

Checked = tuple["RecipeFile", list[tuple[str, Parameters]], list[str]]


class RecipeFile(BaseModel):
    """The top of a recipe file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unveil: int = Field(ge=VERSION, le=VERSION, description="version of the recipe format")
    name: str = Field(min_length=1, max_length=100, description="what the recipe is called")
    description: str = Field("", description="one line for `unveil recipes list`")
    group: Literal["none", "folder", "auto"] = Field(
        "none",
        description="which frames share white balance, exposure and what else is taken from a frame itself: those of "
        "one scene (auto), of one folder, or none",
    )
    stages: list[Any] = Field(
        min_length=1, description="what is done to a frame, in order; one stage for each dash"
    )


class Entry(BaseModel):
    """One stage of the list, as written."""

    index: int
    name: str
    parameters: dict[str, Any]

    @property
    def where(self) -> Where:
        """Path of the parameters, e.g. `("stages", 4, "tone")`."""
        return ("stages", self.index, self.name)


def check_document(document: Document, registry: Registry, overrides: Sequence[str] = ()) -> Checked:
    """Return the head, the stages with their parameters, and the place of each stage.

    Raises
    ------
    RecipeError
        With one sentence for each mistake, in the order of the file.
    """
    found: list[Mistake] = []
    head = _check_head(document, found)
    entries = _entries(document.value, registry, found) if isinstance(document.value, dict) else []
    set_problems, labels = apply_overrides([(e.name, e.index, e.parameters) for e in entries], overrides)
    parameters = {entry.index: _check_entry(entry, registry, found) for entry in entries}
    _check_chain(document, entries, parameters, registry, found)
    lines = [*_sentences(document, found, labels), *set_problems]
    if lines or head is None:
        raise RecipeError(*lines)
    stages = [(entry.name, checked) for entry in entries if (checked := parameters[entry.index]) is not None]
    return head, stages, [_place(document, ("stages", entry.index)) for entry in entries]


def _check_head(document: Document, found: list[Mistake]) -> RecipeFile | None:
    value = document.value
    if value is None:
        raise RecipeError(f"{document.source}: the file is empty; a recipe has unveil, name and stages")
    if not isinstance(value, dict):
        raise RecipeError(
            f"{_place(document, ())}: found {_kind(value)}; "
            "a recipe is a mapping with unveil, name and stages"
        )
    version = value.get("unveil")
    if isinstance(version, int) and not isinstance(version, bool) and version != VERSION:
        raise RecipeError(
            f"{_place(document, ('unveil',))}: unveil: found {version}; this program reads version {VERSION} "
            "of the format; change the recipe or install the unveil that it was written for"
        )
    head, mistakes = check(RecipeFile, value, ())
    found.extend(mistakes)
    return head if isinstance(head, RecipeFile) else None


def _entries(value: dict[str, Any], registry: Registry, found: list[Mistake]) -> list[Entry]:
    stages = value.get("stages")
    entries = [
        _entry(index, item, registry, found)
        for index, item in enumerate(stages if isinstance(stages, list) else ())
    ]
    return [entry for entry in entries if entry is not None]


def _entry(index: int, item: Any, registry: Registry, found: list[Mistake]) -> Entry | None:
    where: Where = ("stages", index)
    if isinstance(item, str):
        return Entry(index=index, name=item, parameters={})
    if not isinstance(item, dict) or not item:
        found.append(Mistake(where, f"found {_kind(item)}; write the name of a stage, e.g. '- decode'"))
        return None
    name, *others = item
    if others:
        found.append(Mistake((*where, others[0]), _two_keys(item, registry), of_key=True))
        return None
    parameters = {} if item[name] is None else item[name]
    if not isinstance(parameters, dict):
        text = f"found {_kind(parameters)}; write its parameters as {name}: {{parameter: value}}"
        found.append(Mistake((*where, name), text))
        parameters = {}
    return Entry(index=index, name=name, parameters=parameters)


def _two_keys(item: dict[str, Any], registry: Registry) -> str:
    name, *others = item
    spec = registry.stages.get(name)
    if spec is not None and all(other in spec.parameters.model_fields for other in others):
        are = "is a parameter" if len(others) == 1 else "are parameters"
        return f"{listing(map(repr, others))} {are} of {name!r}; write - {name}: {{{others[0]}: ...}}"
    return f"found {listing(map(repr, item))} under one dash; give each stage its own dash"


def _check_entry(entry: Entry, registry: Registry, found: list[Mistake]) -> Parameters | None:
    spec = registry.stages.get(entry.name)
    if spec is None:
        guess = did_you_mean(entry.name, registry.stages) or ";"
        text = f"no stage is named {entry.name!r}{guess} allowed: {listing(sorted(registry.stages), 'or')}"
        found.append(Mistake(entry.where, text, of_key=True))
        return None
    model, values, unknown = spec.parameters, entry.parameters, list[Mistake]()
    if entry.name == METHOD_STAGE and "method" in spec.parameters.model_fields:
        model, values, unknown = _of_method(entry, spec, registry)
    checked, mistakes = _check_model(model, values, entry.where, spec, registry)
    found.extend([*unknown, *mistakes])
    return checked if isinstance(checked, Parameters) and not mistakes and not unknown else None


def _check_model(
    model: type[Parameters], value: dict[str, Any], where: Where, spec: StageSpec, registry: Registry
) -> tuple[BaseModel | None, list[Mistake]]:
    try:
        return check(model, value, where)
    except Exception as error:
        raise PluginError(
            f"the parameters of {spell(where)} ({registry.origin(spec.name)}) cannot be checked: "
            f"{type(error).__name__}: {error}"
        ) from error


def _of_method(
    entry: Entry, spec: StageSpec, registry: Registry
) -> tuple[type[Parameters], dict[str, Any], list[Mistake]]:
    """Return the model of the stage with the method that is named, the values to check, and what is wrong with it.

    Where the method is not known, its parameters cannot be: only the stage's own are checked.
    """
    own = spec.parameters.model_fields
    name = entry.parameters.get("method", own["method"].default)
    if isinstance(name, str) and name in registry.methods:
        return with_method(spec.parameters, registry.methods[name].parameters), entry.parameters, []
    values = {key: value for key, value in entry.parameters.items() if key in own}
    if not isinstance(name, str):
        return spec.parameters, values, []
    guess = did_you_mean(name, registry.methods) or ";"
    choices = listing(sorted(registry.methods), "or")
    text = f"no method is named {name!r}{guess} allowed: {choices}"
    return spec.parameters, values, [Mistake((*entry.where, "method"), text)]


def _check_chain(
    document: Document,
    entries: list[Entry],
    parameters: dict[int, Parameters | None],
    registry: Registry,
    found: list[Mistake],
) -> None:
    listed = document.value.get("stages")
    chain: list[StageSpec | None] = [None] * (len(listed) if isinstance(listed, list) else 0)
    for entry in entries:
        spec = registry.stages.get(entry.name)
        chain[entry.index] = routed(spec, parameters.get(entry.index)) if spec is not None else None
    written = [
        (index, spec, parameters[index])
        for index, spec in enumerate(chain)
        if spec is not None and parameters.get(index) is not None
    ]
    problems = [*check_spaces(chain, registry.stages.values()), *check_end(chain), *check_outputs(written)]
    if len(written) == len(chain):
        problems += check_layers(written)
    found.extend(Mistake(("stages", index), text) for index, text in problems)


def _sentences(document: Document, found: list[Mistake], labels: Labels) -> list[str]:
    """Return the mistakes as sentences, in the order of the file; those of overrides come last."""
    rows: list[tuple[tuple[int, int], str]] = []
    for position, text in document.problems:
        rows.append((position, f"{document.source}:{position[0]}:{position[1]}: {text}"))
    for mistake in found:
        position = _position(document, mistake.where, mistake.of_key)
        label, order = f"{document.source}:{position[0]}:{position[1]}", position
        if override := _label(labels, mistake.where):
            label, order = override, (10**9, 0)
        path = f"{spell(mistake.where)}: " if mistake.where else ""
        rows.append((order, f"{label}: {path}{mistake.text}"))
    return list(dict.fromkeys(text for _, text in sorted(rows, key=lambda row: row[0])))


def _label(labels: Labels, where: Where) -> str:
    """Return the override that a part is from, or that reaches into it; empty if it is the file's own."""
    if len(where) <= 3:
        return ""
    for known, label in labels.items():
        if known[: len(where)] == where or where[: len(known)] == known:
            return label
    return ""


def _position(document: Document, where: Where, of_key: bool = False) -> tuple[int, int]:
    """Return where a part stands, or else what holds it."""
    if of_key and where in document.keys:
        return document.keys[where]
    while where not in document.values:
        where = where[:-1]
    return document.values[where]


def _place(document: Document, where: Where) -> str:
    line, column = _position(document, where)
    return f"{document.source}:{line}:{column}"


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    return "a list" if isinstance(value, list) else show(value)
