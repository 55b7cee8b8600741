"""A batch of frames, from what the ledger says of them to what it will say."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import EnvironmentFailure
from ..ledger import NAME as LEDGER
from ..ledger import Ledger
from ..publish import sweep
from ..results import FrameResult, Status
from ..resume import Task
from ..shown import shown
from ..tally import Tally
from ..work import Work
from .finish import Finish
from .hands import Dropped, Hands, Unbuilt
from .orders import Order, Orders
from .rules import AGAIN, Rules
from .scan import signature
from .settled import settle_frames, with_tried
from .shots import Shot
from .told import Teller

_FULL = tuple(os.strerror(number).casefold() for number in (errno.ENOSPC, errno.EDQUOT))
"""How the system says that there is no room; in the reason of a frame, wherever it was made."""


@dataclass(slots=True, kw_only=True)
class Making:
    """Makes frames, and enters what came of them."""

    rules: Rules
    orders: Orders
    hands: Hands
    finish: Finish
    teller: Teller
    tally: Tally = field(default_factory=lambda: Tally(total=0))
    opened: bool = False
    """Whether the output folder could be used before."""
    broken: bool = False
    """Whether the plan of the command line cannot be built: waiting is no help."""
    _full: bool = False
    """Whether the last frame had no room on the disk."""

    def batch(self) -> int:
        """Return how many frames to take at once; where there was no room, one tells whether there is."""
        return 1 if self._full else self.hands.batch()

    def check_output(self) -> None:
        """Refuse (`EnvironmentFailure`) an output folder that was ours and is not: what a share leaves that is gone."""
        if self.opened and not (self.rules.output / LEDGER).is_file():
            raise EnvironmentFailure(f"the output folder {shown(self.rules.output)} is gone")

    def make(self, shots: Sequence[Shot], order: Order, ledger: Ledger) -> None:
        """Make those frames that are to be made; the others are ready to be put away.

        Raises
        ------
        EnvironmentFailure
            The output folder or its ledger cannot be used, there can be no workers, or the plan of the command line
            cannot be built.
        """
        self.finish.mend(shots, ledger)
        named = {shot.main: shot for shot in shots}
        settled = settle_frames(list(named), order, ledger, self.rules.output, self.rules.existing)
        for source, result in settled.known.items():
            self.finish.add(named[source], result, order)
        if settled.known:
            failed = sum(result.status is Status.FAILED for result in settled.known.values())
            self.teller.known(len(settled.known) - failed, failed)
        for source, result in settled.refused.items():
            self._enter(named[source], result, order, ledger)
        if settled.tasks:
            self.teller.came(shots[0].main.parent, len(settled.tasks), order)
            for result in self._results(settled.tasks, order):
                self._enter(named[Path(result.source)], result, order, ledger)

    def _results(self, tasks: Sequence[Task], order: Order) -> Iterator[FrameResult]:
        """Yield results; where a plan cannot be built its ticket is held back, or the watch ends."""
        plan, output = order.plan, self.rules.output
        sweep(output / name for task in tasks for name in plan.outputs(task.called()))
        work = Work(recipe=plan.recipe, output=output.resolve(), debug=self.rules.debug, receipts=True)
        try:
            yield from self.hands.make(plan, work, tasks)
        except Dropped as error:
            self.teller.trouble("workers", str(error))
        except Unbuilt as error:
            if not order.ticket:
                self.broken = True
                raise EnvironmentFailure(str(error)) from error
            self.orders.hold(order, f"{order.ticket}: {error}")

    def _enter(self, shot: Shot, result: FrameResult, order: Order, ledger: Ledger) -> None:
        """Record what came of a frame, unless that says nothing of the frame itself."""
        self.check_output()
        seen = self.finish.patience.signature(shot.main)
        if result.status is Status.FAILED:
            if signature(shot.main) != seen:
                words = f"{shown(shot.main)}: was changed or taken away while it was being made"
                self.teller.trouble(str(shot.main), words, "changed")
                return
            if any(words in result.reason.casefold() for words in _FULL):
                self._has_no_room(shot, result.reason)
                return
            result = with_tried(result, order, seen)
        ledger.add(result, frozenset(order.plan.file_hashes().values()))
        self._full = False
        self.teller.over("room", "there is room again")
        self.tally.add(result)
        self.teller.frame(result, order)
        self.finish.add(shot, result, order)

    def _has_no_room(self, shot: Shot, reason: str) -> None:
        self._full = True
        self.finish.put_off(shot.main)
        self.teller.trouble("room", f"{reason}; trying again every {AGAIN:.0f} s")
