"""Overrides of single parameters: `--set separate.strength=0.5`.

The form is `stage.parameter=value`; `value` is YAML (`0.5`, `auto`, `[reflection]`). Where a stage stands
several times in the recipe, `encode.quality=80` sets it in each of them, and `encode[1].quality=80` in the
second (counted from 0, as in messages). More dots reach inside a parameter that is a mapping.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..errors import RecipeError
from ..suggest import did_you_mean, listing
from .positions import Where, read_yaml

Labels = dict[Where, str]
"""Which override a part of the recipe is from."""
Entries = Sequence[tuple[str, int, dict[str, Any]]]
"""Name, index in the recipe and (mutable) parameters of every stage."""

_FORM = re.compile(
    r"\s*(?P<stage>[\w-]+)(\[(?P<n>\d{1,6})\])?\.(?P<path>[\w-]+(\.[\w-]+)*)\s*=(?P<value>.*)", re.S
)


def apply_overrides(entries: Entries, overrides: Sequence[str]) -> tuple[list[str], Labels]:
    """Replace parameters in place; return the sentences about overrides that do not fit, and the labels."""
    problems: list[str] = []
    labels: Labels = {}
    for text in overrides:
        label = f"--set {text.strip()}"
        try:
            _apply(entries, text, label, labels)
        except RecipeError as error:
            problems.extend(error.problems)
    return problems, labels


def _apply(entries: Entries, text: str, label: str, labels: Labels) -> None:
    form = _FORM.fullmatch(text)
    if form is None:
        raise RecipeError(f"{label}: write stage.parameter=value, e.g. separate.strength=0.5")
    value = _value(form["value"], label)
    path = form["path"].split(".")
    for name, index, parameters in _chosen(entries, form["stage"], form["n"], label):
        where: Where = ("stages", index, name, *path)
        _put(parameters, path, value, label)
        for known in [known for known in labels if known[: len(where)] == where]:
            del labels[known]
        labels[where] = label


def _value(text: str, label: str) -> Any:
    try:
        return read_yaml(text.encode("utf-8", "replace"), "value").value
    except RecipeError as error:
        reason = error.problems[0].partition(": ")[2]
        raise RecipeError(f"{label}: the value cannot be read: {reason}") from error


def _chosen(entries: Entries, stage: str, nth: str | None, label: str) -> Entries:
    same = [entry for entry in entries if entry[0] == stage]
    if not same:
        names = list(dict.fromkeys(name for name, _, _ in entries))
        guess = did_you_mean(stage, names) or ";"
        raise RecipeError(f"{label}: the recipe has no stage {stage!r}{guess} it has {listing(names)}")
    if nth is None:
        return same
    if int(nth) >= len(same):
        there = f"{stage}[0] to {stage}[{len(same) - 1}]" if len(same) > 1 else f"{stage}[0] only"
        raise RecipeError(f"{label}: the recipe has {there}; counting starts at 0")
    return [same[int(nth)]]


def _put(parameters: dict[str, Any], path: list[str], value: Any, label: str) -> None:
    for depth, part in enumerate(path[:-1]):
        inner = parameters.setdefault(part, {})
        if not isinstance(inner, dict):
            raise RecipeError(f"{label}: {'.'.join(path[: depth + 1])!r} has no parameters inside it")
        parameters = inner
    parameters[path[-1]] = value
