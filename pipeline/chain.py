"""Does a chain of stages hold together? Spaces from stage to stage, and the files at its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from pydantic import TypeAdapter, ValidationError

from .frame import Space
from .naming import Naming
from .stage import StageSpec
from .suggest import listing

Spaces = frozenset[Space | None]
START: Spaces = frozenset({None})
"""Before the first stage there is a file and no pixels."""
MAX_INSERTED = 4
"""Longest insertion that is looked for."""
_PROBES = ("IMG_0001", "IMG_0002")


def after(spec: StageSpec, spaces: Spaces) -> Spaces | None:
    """Return the spaces that a stage may give for `spaces`; None where it does not take all of them."""
    if not spaces <= spec.routes.keys():
        return None
    return frozenset(given for space in spaces for given in spec.routes[space])


def routed(spec: StageSpec, parameters: Any) -> StageSpec:
    """Return a stage with the routes that its parameters leave; parameters that are not known (None) leave all."""
    if spec.narrow is None or parameters is None:
        return spec
    return replace(spec, routes=spec.narrow(parameters))


def missing_between(
    spaces: Spaces, wanted: StageSpec, stages: Iterable[StageSpec]
) -> tuple[list[str], Spaces] | None:
    """Return the shortest list of stages that leads from `spaces` to a stage, and what that gives then.

    None if there is no way. Breadth first over sets of spaces, in the registry's order; stages that write
    files are left out.
    """
    useful = [spec for spec in stages if spec.outputs is None]
    queue: deque[tuple[Spaces, list[str]]] = deque([(spaces, [])])
    seen = {spaces}
    while queue:
        current, names = queue.popleft()
        if (given := after(wanted, current)) is not None:
            return names, given
        for spec in useful if len(names) < MAX_INSERTED else ():
            following = after(spec, current)
            if following is not None and following not in seen:
                seen.add(following)
                queue.append((following, [*names, spec.name]))
    return None


def check_spaces(chain: Sequence[StageSpec | None], stages: Iterable[StageSpec]) -> list[tuple[int, str]]:
    """Return index and sentence for every stage that does not take what may reach it.

    One mistake is told once: what follows is checked as if the advice had been taken, and nothing is said of
    a stage after one that is not known (None).
    """
    known = list(stages)
    problems: list[tuple[int, str]] = []
    spaces: Spaces | None = START
    for index, spec in enumerate(chain):
        if spec is None or spaces is None:
            spaces = _certain(spec)
        elif (following := after(spec, spaces)) is not None:
            spaces = following
        else:
            inserted = missing_between(spaces, spec, known)
            problems.append((index, _mismatch(chain, index, spec, spaces, inserted)))
            if not _starts(spec):
                spaces = inserted[1] if inserted else _certain(spec)
    return problems


def _certain(spec: StageSpec | None) -> Spaces | None:
    """Return what a stage gives where that is one space whatever it takes, else None."""
    given = frozenset(space for out in spec.routes.values() for space in out) if spec else frozenset()
    return frozenset[Space | None](given) if len(given) == 1 else None


def _starts(spec: StageSpec) -> bool:
    return set(spec.routes) == {None}


def check_end(chain: Sequence[StageSpec | None]) -> list[tuple[int, str]]:
    """Return index and sentence where nothing is written at the end."""
    if not chain or None in chain:
        return []
    writers = [index for index, spec in enumerate(chain) if spec is not None and spec.outputs is not None]
    last = chain[-1]
    if not writers:
        return [(len(chain) - 1, "nothing would be written; add 'encode' at the end")]
    if writers[-1] < len(chain) - 1 and last is not None:
        return [
            (
                len(chain) - 1,
                f"what {last.name!r} does would not be written; add 'encode' after it or remove it",
            )
        ]
    return []


def check_outputs(written: Iterable[tuple[int, StageSpec, Any]]) -> list[tuple[int, str]]:
    """Return index and sentence for every file name that cannot be used or is taken."""
    problems: list[tuple[int, str]] = []
    taken: dict[str, tuple[int, str]] = {}
    for index, spec, parameters in written:
        try:
            names = list(zip(*(spec.files(parameters, Naming(stem=stem)) for stem in _PROBES), strict=True))
        except (KeyError, IndexError, ValueError, AttributeError, TypeError) as error:
            problems.append((index, f"the name of its file cannot be made: {_reason(error)}"))
            continue
        for name, other in names:
            shown = name.replace(_PROBES[0], "{stem}") if name != other else name
            if wrong := _unusable(name):
                problems.append((index, f"the name {shown!r} {wrong}"))
            first = taken.setdefault(str(PurePosixPath(name)).casefold(), (index, spec.name))
            if first[0] != index:
                problems.append(
                    (
                        index,
                        f"writes {shown!r}, and so does stages[{first[0]}] {first[1]!r}; "
                        "give one of them another name, e.g. {stem}_2",
                    )
                )
    return problems


def check_layers(checked: Iterable[tuple[int, StageSpec, Any]]) -> list[tuple[int, str]]:
    """Return index and sentence for every stage that reads a side layer which no stage before it keeps."""
    problems: list[tuple[int, str]] = []
    kept: set[str] = set()
    before: list[StageSpec] = []
    for index, spec, parameters in checked:
        wanted = spec.reads(parameters) if spec.reads else None
        if wanted is not None and wanted not in kept:
            keepers = [earlier.name for earlier in before if _may_keep(earlier, wanted)]
            advice = f"; give {listing(map(repr, keepers))} the parameter keep: [{wanted}]" if keepers else ""
            there = (
                f"the layers there are {listing(map(repr, sorted(kept)))}" if kept else "no layer is there"
            )
            problems.append(
                (
                    index,
                    f"{spec.name!r} reads the layer {wanted!r}, but no stage before it keeps it: {there}{advice}",
                )
            )
        if spec.keeps:
            kept |= spec.keeps(parameters)
            before.append(spec)
    return problems


def _may_keep(spec: StageSpec, layer: str) -> bool:
    """Tell whether a stage has a parameter `keep` that takes this layer."""
    field = spec.parameters.model_fields.get("keep")
    kind: Any = field.annotation if field is not None else None
    try:
        return kind is not None and bool(TypeAdapter(kind).validate_python((layer,)))
    except ValidationError:
        return False


def _reason(error: Exception) -> str:
    return f"{{{error.args[0]}}} is unknown" if isinstance(error, KeyError) else str(error)


def _unusable(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        return "leaves the output folder; give a path below it, with '/' between folders"
    if any(ord(character) < 32 for character in name):
        return "holds a control character; remove it"
    return ""


def _mismatch(
    chain: Sequence[StageSpec | None],
    index: int,
    spec: StageSpec,
    spaces: Spaces,
    inserted: tuple[list[str], Spaces] | None,
) -> str:
    takes = _spell(spec.routes)
    between = listing(map(repr, inserted[0])) if inserted else ""
    if spaces == START:
        help_ = f"start with {between}" if between else "no stage leads there"
        return f"{spec.name!r} takes {takes}, but nothing stands before it; {help_}"
    before = chain[index - 1]
    neighbour = f"stages[{index - 1}] {before.name!r}" if before else f"stages[{index - 1}]"
    if _starts(spec):
        return f"{spec.name!r} can only come first, but {neighbour} stands before it; move or remove it"
    gives = _spell(spaces - spec.routes.keys())
    verb = "may also give" if spaces & spec.routes.keys() else "gives"
    help_ = f"put {between} between them" if between else "no stage leads there; change their order"
    return f"{spec.name!r} takes {takes}, but {neighbour} {verb} {gives}; {help_}"


def _spell(spaces: Iterable[Space | None]) -> str:
    order = [None, *Space]
    present = set(spaces)
    return listing((str(s) if s else "a file" for s in order if s in present), "or")
