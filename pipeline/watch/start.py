"""Puts a watch together and starts it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ..console import say
from ..errors import RecipeError
from ..inputs import PICTURE_SUFFIXES
from ..registry import Registry
from ..shown import shown
from .finish import Finish
from .hands import Crewed, Hands, Here
from .incoming import Incoming
from .loop import Watch
from .making import Making
from .orders import Base, Orders
from .rules import Rules
from .scan import own_folders
from .shots import WHOLE
from .stop import Stop, told_to_stop
from .told import Teller
from .whole import Patience


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """What frames wait for."""

    settle: float = 5.0
    """Seconds that a file must stay the same."""
    partner: float = 10.0
    """Seconds that a JPEG waits for its RAW."""
    sign: str = ""
    """What stands behind the name of a picture in the name of a file without which it is not taken."""
    tickets: bool = False
    """Whether frames in sub-folders wait for a ticket."""


def watch_folder(rules: Rules, base: Base, waits: Waits, registry: Registry, as_json: bool) -> int:
    """Watch a folder until SIGTERM or Ctrl-C; return the exit status, as `Watch.run`.

    Raises
    ------
    RecipeError
        The folder is not there, lies where results are written, or the recipe or an option is wrong.
    UnveilError
        As `Watch.run`.
    """
    _check(rules, waits)
    with told_to_stop(say) as stop:
        watch = make_watch(rules, base, waits, registry, stop, Teller(as_json))
        watch.teller.begin(rules.incoming, rules.output)
        return watch.run()


def make_watch(
    rules: Rules, base: Base, waits: Waits, registry: Registry, stop: Stop, teller: Teller
) -> Watch:
    """Put a watch together (`UnveilError` where the recipe of the command line is wrong)."""
    orders = Orders(base, registry, rules.incoming, waits.tickets)
    device = orders.usual.plan.device
    patience = Patience(
        clock=rules.clock,
        settle=waits.settle,
        partner=waits.partner,
        sign=waits.sign or WHOLE,
        signed_only=bool(waits.sign),
    )
    finish = Finish(
        incoming=rules.incoming,
        output=rules.output,
        patience=patience,
        teller=teller,
        clock=rules.clock,
    )
    incoming = Incoming(
        folder=rules.incoming,
        apart=own_folders(rules.incoming, rules.output),
        patience=patience,
        orders=orders,
        teller=teller,
    )
    hands: Hands = Here(device, stop, rules.max_memory)
    if rules.jobs != 0:
        hands = Crewed(device, rules.jobs, stop, rules.max_memory)
    making = Making(rules=rules, orders=orders, hands=hands, finish=finish, teller=teller)
    return Watch(rules=rules, incoming=incoming, making=making, finish=finish, teller=teller, stop=stop)


def _check(rules: Rules, waits: Waits) -> None:
    if not rules.incoming.is_dir():
        raise RecipeError(f"{shown(rules.incoming)}: no such folder")
    real, output = os.path.realpath(rules.incoming), os.path.realpath(rules.output)
    if os.path.commonpath([real, output]) == output:
        raise RecipeError(
            f"{shown(rules.incoming)}: results that go to {shown(rules.output)} might be taken as sources there; "
            "give an output folder that it does not lie in"
        )
    sign = waits.sign
    if sign and (not sign.startswith(".") or sign.lower() in PICTURE_SUFFIXES | {".xmp"} or "/" in sign):
        raise RecipeError(
            f"--done {shown(sign)}: allowed: a suffix with its dot, e.g. .done, and none of pictures"
        )
