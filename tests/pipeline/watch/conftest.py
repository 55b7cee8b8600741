"""A hot folder that is looked at when a test says so, by a clock that it sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from unveil.pipeline.ledger import Ledger, read_ledger, writing
from unveil.pipeline.registry import Registry, build_registry
from unveil.pipeline.results import Status
from unveil.pipeline.watch.loop import Watch
from unveil.pipeline.watch.orders import Base
from unveil.pipeline.watch.rules import Rules
from unveil.pipeline.watch.start import Waits, make_watch
from unveil.pipeline.watch.stop import Stop
from unveil.pipeline.watch.ticket import Then
from unveil.pipeline.watch.told import Teller


class Hot:
    """A hot folder, its output folder, and the watch between them; everything is made in this process."""

    def __init__(self, folder: Path, recipe: Path) -> None:
        self.incoming = folder / "in"
        self.incoming.mkdir(exist_ok=True)
        self.out = folder / "out"
        self.now = 0.0
        self.rules = Rules(incoming=self.incoming, output=self.out, jobs=0, clock=lambda: self.now)
        self.base = Base(recipe=str(recipe), then=Then.MOVE)
        self.waits = Waits(settle=5, partner=10)
        self.registry = registry()
        self.watch: Watch
        self._stack = ExitStack()
        self._ledger: Ledger

    def start(self, then: Then | None = None) -> Hot:
        """Begin to watch, or begin anew as after a restart."""
        self._stack.close()
        self.base = replace(self.base, then=then or self.base.then)
        self.watch = make_watch(self.rules, self.base, self.waits, self.registry, Stop(), Teller(False))
        self.out.mkdir(exist_ok=True)
        self._ledger = self._stack.enter_context(writing(self.out))
        self.watch.making.opened = True
        return self

    def look(self, *after: float) -> None:
        """Look once after each of some times, until nothing can be taken."""
        for seconds in after or (0, 20):
            self.now += seconds
            while self.watch.step(self._ledger):
                pass

    def stop(self) -> None:
        """Close the ledger."""
        self._stack.close()

    def statuses(self) -> dict[str, Status]:
        """Return what the ledger says of each source, by where it lies below the hot folder."""
        known = read_ledger(self.out)
        return {Path(s).relative_to(self.incoming).as_posix(): r.status for s, r in known.items()}

    def files(self, *, out: bool = False) -> list[str]:
        """Return all files of the hot folder, or the results."""
        home = self.out if out else self.incoming
        found = (p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file())
        return sorted(name for name in found if not name.startswith((".", "ledger.sqlite")))


REGISTRY: list[Registry] = []


def registry() -> Registry:
    """What the package offers, built once."""
    if not REGISTRY:
        REGISTRY.append(build_registry())
    return REGISTRY[0]


@pytest.fixture
def hot(tmp_path: Path, short_recipe: Path) -> Iterator[Hot]:
    """A hot folder with a short recipe, whose sources are moved; `start` begins to watch."""
    hot = Hot(tmp_path, short_recipe)
    yield hot
    hot.stop()


@pytest.fixture
def touch(tmp_path: Path) -> Callable[..., Sequence[Path]]:
    """Return a writer of small files that are no pictures, whatever their names."""

    def write(*names: str, text: str = "x") -> Sequence[Path]:
        paths = [tmp_path / name for name in names]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return paths

    return write
