"""Frames that are in the ledger, and what becomes of their sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import EnvironmentFailure
from ..ledger import Ledger
from ..receipts import forget
from ..results import FrameResult, Status
from ..shown import shown
from .away import Away
from .orders import Order
from .partners import copies
from .rules import AGAIN
from .scan import Signature
from .settled import is_source
from .shots import Shot
from .told import Teller
from .whole import Patience


@dataclass(slots=True, kw_only=True)
class Finish:
    """Puts sources away, and remembers which frames are dealt with."""

    incoming: Path
    output: Path
    patience: Patience
    teller: Teller
    clock: Callable[[], float]
    _over: dict[Path, tuple[tuple[Signature | None, ...], str]] = field(default_factory=dict)
    """Frames that are dealt with, as they were and by which order."""
    _not_before: dict[Path, float] = field(default_factory=dict)
    _waiting: dict[Path, tuple[Shot, FrameResult, Order]] = field(default_factory=dict)
    """Frames that are in the ledger, and whose sources are where they were."""

    def is_due(self, shot: Shot, order: Order) -> bool:
        """Return whether a frame is still to be dealt with, now."""
        if shot.main in self._waiting or self._not_before.get(shot.main, 0.0) > self.clock():
            return False
        return self._over.get(shot.main) != (self.patience.signatures(shot), order.key())

    def add(self, shot: Shot, result: FrameResult, order: Order) -> None:
        """Take a frame that is in the ledger."""
        self._waiting[shot.main] = shot, result, order

    def put_off(self, source: Path) -> None:
        """Let a frame wait for a while."""
        self._not_before[source] = self.clock() + AGAIN

    def forget_gone(self) -> None:
        """Forget frames that lie here no more."""
        there = self.patience.signature
        self._over = {path: known for path, known in self._over.items() if there(path)}
        self._not_before = {path: when for path, when in self._not_before.items() if there(path)}

    def drop(self) -> None:
        """Forget the frames that are to be put away: the ledger knows them, and they will be found again."""
        self._waiting.clear()

    def put_away(self, ledger: Ledger) -> None:
        """Put sources away when the ledger is safe on the disk: a receipt would name them where they are no more."""
        if not self._waiting or not ledger.sync():
            return
        waiting, self._waiting = self._waiting, {}
        for _, result, _ in waiting.values():
            forget(self.output, result.source)
        for shot, result, order in waiting.values():
            key = self.patience.signatures(shot), order.key()
            with self.minding(shot.main):
                now = self._moved(shot, result, order, ledger)
                if now is not None:
                    ledger.moved(result.source, str(now))
                    self.teller.moved(shot.main, now)
                self._over[shot.main] = key

    def beside(self, shot: Shot, raw: Path, ledger: Ledger) -> None:
        """Put a JPEG away whose RAW was put away before it came."""
        with self.minding(shot.main):
            self.away(ledger).beside(shot, raw)
            self.teller.moved(shot.main, raw.with_name(raw.stem + shot.main.suffix))

    def mend(self, shots: Sequence[Shot], ledger: Ledger) -> None:
        """Tell the ledger where sources are that were put away just before a kill, if others came in their place."""
        for shot in shots:
            known = ledger.get(str(shot.main))
            if known is None or known.source_file is None or is_source(shot.main, known):
                continue
            for path in copies(self.incoming, shot.main, {shot.main.suffix.lower()}):
                if ledger.get(str(path)) is None and is_source(path, known):
                    ledger.moved(str(shot.main), str(path))
                    break

    def away(self, ledger: Ledger) -> Away:
        """Return what moves files; a name that the ledger knows is not given out again."""
        return Away(self.incoming, lambda path: ledger.get(str(path)) is not None)

    @contextmanager
    def minding(self, source: Path) -> Iterator[None]:
        """Say what keeps a source from being put away, and try that again later."""
        try:
            yield
        except (OSError, EnvironmentFailure) as error:
            cause = error if isinstance(error, OSError) else error.__cause__
            if not isinstance(cause, OSError):
                raise
            self.put_off(source)
            words = cause.strerror or str(cause)
            self.teller.trouble(
                str(source), f"{shown(source)}: cannot be put away: {words}; it is tried again"
            )

    def _moved(self, shot: Shot, result: FrameResult, order: Order, ledger: Ledger) -> Path | None:
        away = self.away(ledger)
        if result.status is Status.FAILED:
            return away.failed(shot, result.reason, order.then)
        return away.done(shot, result, order.then)
