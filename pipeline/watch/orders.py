"""What is to be done with the frames of each folder: as the command line says, or the ticket beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import RecipeError, UnveilError
from ..groups.group import Grouping
from ..plan import Plan, make_plan
from ..recipe.recipe import SUFFIXES, load_recipe
from ..registry import Registry
from ..shown import shown
from ..stage import Parameters
from .scan import Signature
from .ticket import NAME, Then, Ticket, read_ticket
from .whole import Patience

_NAMES = ("name", "record")
"""Parameters of stages that hold names of files."""
_SET = re.compile(r"--set (.*?): ", re.S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done with a frame."""

    plan: Plan
    job: str
    then: Then
    ticket: str = ""
    """The ticket's path; empty: as the command line says."""

    def key(self) -> str:
        """Return what two orders share where the same is made of a frame."""
        return f"{self.plan.hash} {self.plan.recipe.name} {self.job} {self.then}"


@dataclass(frozen=True, slots=True)
class Held:
    """Why the frames of a folder wait."""

    reason: str = ""
    """One sentence for each mistake; empty where nothing is wrong and a moment will do."""
    broken: bool = False
    """Whether somebody has to do something about the ticket itself."""
    ticket: str = NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What the command line says."""

    recipe: str
    overrides: Sequence[str] = ()
    job: str = ""
    then: Then = Then.LEAVE
    device: str = "cpu"


class Orders:
    """Gives the order of each folder; a ticket is read once, and again when it changes."""

    def __init__(self, base: Base, registry: Registry, incoming: Path, required: bool) -> None:
        """Make the plan of the command line; `UnveilError` where there is something wrong with it."""
        self._base = base
        self.registry = registry
        self._incoming = incoming
        self._required = required
        self._read: dict[Path, tuple[Signature, Order | Held]] = {}
        plan = _planned(base.recipe, base.overrides, registry, base.device)
        self.usual = Order(plan=plan, job=base.job, then=base.then)

    def of(self, folder: Path, files: Mapping[str, Signature], patience: Patience) -> Order | Held:
        """Return what is to be done with the frames of a folder, or why they wait."""
        ticket = folder / NAME
        if NAME not in files:
            self._read.pop(folder, None)
            if self._required and folder != self._incoming:
                return Held(f"{shown(folder)}: its frames wait for their ticket, {NAME}")
            return self.usual
        if not patience.is_whole(ticket):
            return Held()
        if (known := self._read.get(folder)) and known[0] == files[NAME]:
            return known[1]
        order = self._made(ticket)
        self._read[folder] = files[NAME], order
        return order

    def hold(self, order: Order, reason: str) -> None:
        """Hold the frames of a ticket back until it changes: what it wants cannot be had."""
        folder = Path(order.ticket).parent
        if folder in self._read:
            self._read[folder] = self._read[folder][0], Held(reason, broken=True)

    def _made(self, path: Path) -> Order | Held:
        try:
            return order_of(read_ticket(path), self.usual, self._base, self.registry)
        except UnveilError as error:
            return Held(str(error), broken=True)


def order_of(ticket: Ticket, usual: Order, base: Base, registry: Registry) -> Order:
    """Return what a ticket orders.

    Raises
    ------
    UnveilError
        The recipe is not there, or what is to be replaced in it does not fit; with file and line of the ticket where
        they are known.
    """
    says = ticket.says
    recipe = _recipe(ticket) if says.recipe else base.recipe
    overrides = [] if says.recipe else list(base.overrides)
    places: dict[str, str] = {}
    if says.strength is not None:
        overrides.append(f"separate.strength={says.strength!r}")
        places[overrides[-1]] = ticket.at("strength")
    for index, text in enumerate(says.set):
        overrides.append(text)
        places[text.strip()] = ticket.at("set", index)
    try:
        plan = _planned(recipe, overrides, registry, base.device)
        if says.naming is not None:
            named = _renamed(plan, says.naming)
            if not named:
                raise RecipeError("no name of the recipe holds {stem}, which `naming` is put in place of")
            places |= dict.fromkeys(named, ticket.at("naming"))
            plan = _planned(recipe, [*overrides, *named], registry, base.device)
    except RecipeError as error:
        raise RecipeError(*(_placed(text, places, ticket) for text in error.problems)) from error
    order = replace(usual, plan=plan, ticket=str(ticket.path))
    return replace(order, job=says.job or usual.job, then=Then(says.then or usual.then))


def _planned(recipe: str, overrides: Sequence[str], registry: Registry, device: str) -> Plan:
    read = load_recipe(recipe, registry, overrides)
    if read.group is not Grouping.NONE:
        raise RecipeError(
            f"{read.source}: group: found {read.group}; pictures that come one by one are in no group: leave it out, "
            "or develop the folder with `unveil run` when all are there"
        )
    return make_plan(read, registry, device)


def _recipe(ticket: Ticket) -> str:
    """Return the recipe that a ticket names; a file is looked for from the ticket's folder on."""
    name = ticket.says.recipe or ""
    return str(ticket.path.parent / name) if name.lower().endswith(SUFFIXES) else name


def _renamed(plan: Plan, naming: str) -> list[str]:
    """Return overrides that put something else for `{stem}` into all names of a recipe."""
    counts: dict[str, int] = {}
    found: list[str] = []
    for stage, parameters in plan.recipe.stages:
        nth = counts[stage] = counts.get(stage, -1) + 1
        found += [
            f"{stage}[{nth}].{field}={json.dumps(name.replace('{stem}', naming), ensure_ascii=False)}"
            for field, name in _names(parameters)
        ]
    return found


def _names(parameters: Parameters) -> list[tuple[str, str]]:
    given = [(field, getattr(parameters, field, None)) for field in _NAMES]
    return [(field, name) for field, name in given if isinstance(name, str) and "{stem}" in name]


def _placed(text: str, places: Mapping[str, str], ticket: Ticket) -> str:
    """Return a sentence about a recipe or an override with the place in the ticket that it is about."""
    for override, place in places.items():
        if text.startswith(f"--set {override}: "):
            key = "naming: " if override.partition("=")[0].endswith(_NAMES) and "[" in override else ""
            return f"{place}: {key}{text.removeprefix('--set ')}"
    where = ticket.at("recipe") if ticket.says.recipe else ticket.at()
    return f"{where}: {text}"
