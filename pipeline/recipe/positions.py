"""YAML of recipes: plain data with the position of every value and key.

Only what a recipe needs is read: one document of mappings, lists and scalars. Tags, anchors and aliases are
refused, so that nothing is built that the text does not spell out. Plain scalars follow the core schema of
YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema): `no` is text and `1e-3` is a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

from ..errors import RecipeError

MAX_BYTES = 64 * 1024
"""Larger files are refused; the largest sensible recipe is a hundredth of it."""
MAX_DEPTH = 16
"""Deepest nesting that is read."""

Where = tuple[str | int, ...]
"""Path inside a recipe, e.g. `("stages", 4, "tone", "gamma")`."""
Position = tuple[int, int]
"""Line and column, both from 1."""

_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS = {"": None, "~": None, "true": True, "false": False}
_WORDS |= {"null": None, "Null": None, "NULL": None}
_WORDS |= {"True": True, "TRUE": True, "False": False, "FALSE": False}


@dataclass(slots=True)
class Document:
    """The data of one recipe and where each part stands."""

    source: str
    """The file as the user named it."""
    value: Any = None
    values: dict[Where, Position] = field(default_factory=dict)
    keys: dict[Where, Position] = field(default_factory=dict)
    problems: list[tuple[Position, str]] = field(default_factory=list)
    """Mistakes that did not keep the rest from being read."""


def spell(where: Where) -> str:
    """Return a path as errors show it: `stages[4].tone.gamma`; an odd name is quoted and cut."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{_name(part)}" for part in where)
    return "".join(parts).removeprefix(".")


def read_bytes(path: Path, source: str) -> bytes:
    """Return the bytes of a recipe file; `RecipeError` where it cannot be read or is too large."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RecipeError(f"{source}: cannot be read: {error.strerror or error}") from error
    if len(data) > MAX_BYTES:
        raise RecipeError(f"{source}: larger than {MAX_BYTES // 1024} KiB; is this a recipe?")
    return data


def read_yaml(data: bytes, source: str) -> Document:
    """Read a recipe; `RecipeError` where the text is not UTF-8, not YAML, or more than data."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _position(data[: error.start].decode("latin-1"))
        raise RecipeError(
            f"{source}:{line}:{column}: byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from error
    return _Reader(text, source).document()


def plain(text: str) -> Any:
    """Return what an unquoted scalar means: nothing, true or false, a number, or else the text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if special := _SPECIAL.fullmatch(text):
        return float("nan" if special[3] else f"{special[1]}inf")
    return text


def _name(part: str) -> str:
    return part if re.fullmatch(r"[\w-]{1,60}", part) else repr(part[:60])


def _integer(text: str) -> int | float:
    if text[:2] in ("0o", "0x"):
        return int(text[2:], 8 if text[1] == "o" else 16)
    return int(text) if len(text) <= 20 else float(text)  # int() refuses very long digits


def _position(text: str) -> Position:
    """Return the position just after `text`."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def _start(event: yaml.Event) -> Position:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


class _Reader:
    """Builds a `Document` from the events of PyYAML's safe, pure Python parser."""

    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.result = Document(source)

    def document(self) -> Document:
        try:
            events: Iterator[yaml.Event] = yaml.parse(self.text, Loader=yaml.SafeLoader)
            for event in events:
                if isinstance(event, yaml.DocumentStartEvent):
                    self._document(event, events)
        except yaml.reader.ReaderError as error:
            position = _position(self.text[: error.position])
            self._fail(position, f"character U+{ord(self.text[error.position]):04X} has no place in a recipe")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._fail((mark.line + 1, mark.column + 1) if mark else (1, 1), _syntax(error))
        except (ValueError, OverflowError) as error:  # PyYAML on escapes beyond Unicode
            self._fail((1, 1), f"this is not valid YAML: {error}")
        return self.result

    def _document(self, start: yaml.Event, events: Iterator[yaml.Event]) -> None:
        if self.result.values:
            self._fail(_start(start), "a second document starts here; a file holds one recipe")
        self.result.value = self._node(next(events), events, ())

    def _fail(self, position: Position, sentence: str) -> NoReturn:
        problems = sorted([*self.result.problems, (position, sentence)])
        raise RecipeError(*(f"{self.result.source}:{line}:{col}: {text}" for (line, col), text in problems))

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], where: Where) -> Any:
        self._plain_data(event, where)
        self.result.values[where] = _start(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(events, where)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, where)
        return self._scalar(event) if isinstance(event, yaml.ScalarEvent) else None

    def _plain_data(self, event: yaml.Event, where: Where) -> None:
        if anchor := getattr(event, "anchor", None):
            name = f"{'*' if isinstance(event, yaml.AliasEvent) else '&'}{anchor}"
            self._fail(_start(event), f"{name!r}: recipes have no anchors and aliases; write the value out")
        if tag := getattr(event, "tag", None):
            short = tag.replace("tag:yaml.org,2002:", "!!")
            self._fail(_start(event), f"{short!r}: recipes have no tags; remove it")
        if len(where) > MAX_DEPTH:
            self._fail(_start(event), f"nested deeper than {MAX_DEPTH} levels")

    def _list(self, events: Iterator[yaml.Event], where: Where) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._node(event, events, (*where, len(items))))
        return items

    def _mapping(self, events: Iterator[yaml.Event], where: Where) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._plain_data(event, where)
                self._fail(_start(event), "a list or mapping stands where a name is expected")
            self._plain_data(event, where)
            self._scalar(event)
            self._entry(mapping, event, events, where)
        return mapping

    def _entry(
        self, mapping: dict[str, Any], key: yaml.ScalarEvent, events: Iterator[yaml.Event], where: Where
    ) -> None:
        name: str = key.value
        path = (*where, name)
        if name not in mapping:
            self.result.keys[path] = _start(key)
            mapping[name] = self._node(next(events), events, path)
            return
        line = self.result.keys[path][0]
        self.result.problems.append(
            (_start(key), f"{spell(path)}: given twice, first in line {line}; keep one")
        )
        _Reader._node(_Reader("", self.result.source), next(events), events, path)

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        text: str = event.value
        if any("\ud800" <= character <= "\udfff" for character in text):
            self._fail(_start(event), "half of a surrogate pair is no character")
        return plain(text) if event.style is None else text


def _syntax(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "the text breaks off"
    if "'\\t'" in problem:
        return "a tab stands here; YAML indents with spaces only"
    context = f" ({error.context})" if error.context and error.problem else ""
    return f"this is not valid YAML: {problem}{context}"
