"""What lies in a hot folder and may be taken: whole frames, by what is to be done with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..shown import shown
from .orders import Held, Order, Orders
from .scan import Sight, look
from .shots import Shot, shots
from .told import Teller
from .whole import Patience

IsDue = Callable[[Shot, Order], bool]
"""Whether a frame is still to be dealt with."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Whole frames with which the same is to be done."""

    order: Order
    shots: list[Shot]


@dataclass(slots=True, kw_only=True)
class Incoming:
    """A hot folder as it was at the last look."""

    folder: Path
    """Absolute."""
    apart: frozenset[Path]
    """Folders below it that hold no sources."""
    patience: Patience
    orders: Orders
    teller: Teller
    unsettled: int = 0
    """Frames that were not whole."""
    held: dict[Path, Held] = field(default_factory=dict)
    """Folders whose frames wait for a ticket, or for a better one."""
    settling: set[Path] = field(default_factory=set)
    """Folders whose ticket is not whole."""
    _sight: Sight = field(default_factory=Sight)
    _turns: dict[str, int] = field(default_factory=dict)
    """When each order had its last turn."""
    _turn: int = 0

    def look(self) -> bool:
        """Look what is there; False, and say so, where the folder is gone."""
        try:
            self._sight = look(self.folder, self.apart)
        except OSError as error:
            self.teller.trouble("incoming", f"{shown(self.folder)}: {error.strerror}; waiting for it")
            return False
        self.teller.over("incoming", f"{shown(self.folder)} is back")
        for problem in self._sight.problems:
            self.teller.trouble(problem, problem)
        self.patience.update(self._sight)
        return True

    def next(self, is_due: IsDue, most: int) -> Ready | None:
        """Return whole frames of one order, which take turns; None where nothing can be taken now."""
        self.unsettled = 0
        self.held, self.settling = {}, set()
        found: dict[str, Ready] = {}
        for folder, files in sorted(self._sight.folders.items()):
            order = self.orders.of(folder, files, self.patience)
            for shot in shots(folder, files, self.patience.sign):
                self._sort(folder, shot, order, is_due, found)
        if not found:
            return None
        key = min(found, key=lambda key: self._turns.get(key, 0))
        self._turn += 1
        self._turns[key] = self._turn
        return Ready(found[key].order, found[key].shots[:most])

    def _sort(
        self, folder: Path, shot: Shot, order: Order | Held, is_due: IsDue, found: dict[str, Ready]
    ) -> None:
        if isinstance(order, Held):
            if order.reason:
                self.held[folder] = order
            else:
                self.settling.add(folder)
                self.unsettled += 1
        elif is_due(shot, order):
            if self.patience.is_ready(shot):
                found.setdefault(f"{order.key()} {order.ticket}", Ready(order, [])).shots.append(shot)
            else:
                self.unsettled += 1
