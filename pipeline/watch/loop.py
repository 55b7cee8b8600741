"""Goes round a hot folder: looks, takes what is whole, has it made, and puts the sources where they were wanted."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import EnvironmentFailure
from ..ledger import Ledger, writing
from ..receipts import adopt
from ..shoot import make_folder
from ..shown import counted, shown
from .finish import Finish
from .incoming import Incoming, Ready
from .making import Making
from .orders import Held
from .partners import raw_of
from .rules import AGAIN, Rules
from .stop import Stop
from .told import Teller


@dataclass(slots=True, kw_only=True)
class Watch:
    """A watch that goes on until it is told to stop."""

    rules: Rules
    incoming: Incoming
    making: Making
    finish: Finish
    teller: Teller
    stop: Stop
    _held: dict[Path, Held] = field(default_factory=dict)
    """Folders of which was said that their frames wait, and why."""
    _worked: float = 0.0
    """When something was last taken."""

    def run(self) -> int:
        """Watch; return the exit status: 0, 1 where `once` and something failed or is held, 130 after Ctrl-C.

        Raises
        ------
        UnveilError
            The output folder cannot be used, or another run has it; or the plan of the command line cannot be built.
            A folder that could be used before is waited for, unless `once`.
        """
        started = self.rules.clock()
        try:
            self._sessions()
        except KeyboardInterrupt:
            self.stop.interrupted = True
        finally:
            self.making.hands.close()
        tally = self.making.tally
        tally.seconds, tally.interrupted = round(self.rules.clock() - started, 3), self.stop.interrupted
        failed = self.rules.once and (tally.failed or self.incoming.held)
        status = 130 if self.stop.interrupted else 1 if failed else 0
        self.teller.end(tally, status)
        return status

    def step(self, ledger: Ledger) -> bool:
        """Look once, and make a batch of what is whole; return whether there was any."""
        self._put_away(ledger)
        if not self.incoming.look():
            return False
        self.finish.forget_gone()
        ready = self.incoming.next(self.finish.is_due, self.making.batch())
        self._tell_held(ledger)
        if ready is None:
            return False
        self._worked = self.rules.clock()
        self._make(ready, ledger)
        self._put_away(ledger)
        return True

    def _put_away(self, ledger: Ledger) -> None:
        """Put sources away, but not while the output folder is gone: its receipts would name them where they were."""
        self.making.check_output()
        self.finish.put_away(ledger)

    def _sessions(self) -> None:
        """Watch with the ledger open; where output folder or ledger fail, wait and open it again."""
        was_open = False
        while not self.stop():
            try:
                self.making.check_output()
                make_folder(self.rules.output)
                with writing(self.rules.output) as ledger:
                    adopt(self.rules.output, ledger)
                    self.making.opened = was_open = True
                    self.teller.over("output", f"{shown(self.rules.output)} can be used again")
                    self._rounds(ledger)
                return
            except EnvironmentFailure as error:
                if not was_open or self.rules.once or self.making.broken:
                    raise
                self.finish.drop()
                self.teller.trouble("output", f"{error}; trying again every {AGAIN:.0f} s")
                self.stop.wait(AGAIN)

    def _rounds(self, ledger: Ledger) -> None:
        self._worked = self.rules.clock()
        try:
            while not self.stop():
                if self.step(ledger):
                    continue
                if self.rules.once and self._is_through():
                    break
                self.stop.wait(self.rules.every)
        finally:
            with suppress(EnvironmentFailure):
                adopt(self.rules.output, ledger)
                self._put_away(ledger)

    def _is_through(self) -> bool:
        """Return whether what was there is done; what is still being written is left for the next time."""
        left, patience = self.incoming.unsettled, self.incoming.patience
        longest = max(patience.settle, patience.partner) + self.rules.every
        if left and self.rules.clock() - self._worked <= longest:
            return False
        if left:
            self.teller.trouble("left", f"{counted(left, 'frame')} not whole yet, left for the next time")
        return True

    def _make(self, ready: Ready, ledger: Ledger) -> None:
        """Make what is to be made: not JPEGs whose RAW was put away before they came."""
        registry = self.incoming.orders.registry
        found = []
        for shot in ready.shots:
            if raw := raw_of(shot, self.rules.incoming, registry):
                self.finish.beside(shot, raw, ledger)
            else:
                found.append(shot)
        if ready.order.ticket:
            ticket = Path(ready.order.ticket)
            with self.finish.minding(ticket):
                self.finish.away(ledger).clear(ticket)
        if found:
            self.making.make(found, ready.order, ledger)

    def _tell_held(self, ledger: Ledger) -> None:
        """Say whose frames wait for what, beside the frames too where their ticket is broken."""
        held = self.incoming.held
        for folder, why in held.items():
            self.teller.trouble(str(folder), _waits(folder, why), "held")
            if why.broken and self._held.get(folder) != why:
                with self.finish.minding(folder):
                    self.finish.away(ledger).tell(folder / why.ticket, why.reason)
        # The next ticket may be no better: as long as it settles nothing is over.
        still = {folder: why for folder, why in self._held.items() if folder in self.incoming.settling}
        for folder in self._held.keys() - held.keys() - still.keys():
            self.teller.over(str(folder), f"{shown(folder)}: its frames wait no more")
        self._held = {**still, **held}


def _waits(folder: Path, why: Held) -> str:
    return (
        f"{why.reason}\n{shown(folder)}: its frames wait until that is changed" if why.broken else why.reason
    )
