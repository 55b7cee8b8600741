"""An output folder as a run uses it, and where its ledger is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from .errors import RecipeError
from .ledger import NAME, Ledger
from .ledger.lock import locked
from .namings import AtHand, in_place
from .publish import sweep
from .receipts import adopt, forget, recover
from .results import SourceFile
from .resume import Folder, Shelf, is_same_file
from .shoot import make_folder
from .shown import shown
from .url import Place, Url, absolute, here, is_url
from .whole import write_whole
from .work import Work, WorkerTask

ELSEWHERE = "results.json"
"""File beside a ledger that is not in the output folder: it says where that is."""


class Store(Shelf, Protocol):
    """Where results go."""

    def make(self) -> None:
        """Make the folder, and see that files can be written to it (`EnvironmentFailure`)."""
        ...

    def held(self) -> AbstractContextManager[None]:
        """Keep other runs out, as far as the lock of the ledger does not."""
        ...

    def recover(self) -> None:
        """Enter frames of a run that was killed into the ledger."""
        ...

    def adopt(self, ledger: Ledger) -> None:
        """Enter frames that have receipts into the ledger."""
        ...

    def forget(self, source: str) -> None:
        """Remove the receipt of a frame."""
        ...

    def sweep(self, names: Iterable[PurePosixPath]) -> None:
        """Remove what a killed run has left half done of these files."""
        ...


@dataclass(frozen=True, slots=True)
class LocalStore(Folder):
    """A folder of this machine."""

    home: Path
    """Folder of the ledger."""

    def make(self) -> None:
        """Make both folders, and see that files can be written to them (`EnvironmentFailure`)."""
        make_folder(self.path)
        if self.home != self.path:
            make_folder(self.home)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lock the output folder too where the ledger is in another (`EnvironmentFailure`: another run has it)."""
        if self.home == self.path:
            yield
            return
        with locked(self.path):
            yield

    def recover(self) -> None:
        """Enter frames of a run that was killed into the ledger."""
        recover(self.path, self.home)

    def adopt(self, ledger: Ledger) -> None:
        """Enter frames that have receipts into the ledger."""
        adopt(self.path, ledger)

    def forget(self, source: str) -> None:
        """Remove the receipt of a frame."""
        forget(self.path, source)

    def sweep(self, names: Iterable[PurePosixPath]) -> None:
        """Remove temporary files of processes that no longer run."""
        sweep(self.path / name for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """What a run reads and where it writes."""

    sources: tuple[Place, ...]
    store: Store
    output: Place
    is_same: Callable[[Place, SourceFile], bool] = is_same_file
    at_hand: AtHand = in_place
    work: Callable[[Work], WorkerTask] = lambda work: work
    """What the workers are sent for the work of the run."""


def place_of(text: str) -> Place:
    """Return what words for an output folder name."""
    return Url(text) if is_url(text) else Path(here(text))


def results_of(home: Path) -> Place:
    """Return where the results are that the ledger of a folder is of (`RecipeError` where that cannot be read)."""
    note = home / ELSEWHERE
    if not note.is_file():
        return home
    try:
        text = str(json.loads(note.read_text("utf-8"))["output"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecipeError(f"{shown(note)}: cannot be read, so where the results are is not known") from error
    return Url(text) if is_url(text) else Path(text)


def check_home(home: Path, output: Place) -> None:
    """Refuse (`RecipeError`) a folder whose ledger is of other results."""
    if not ((home / ELSEWHERE).is_file() or (home / NAME).is_file()):
        return
    known = results_of(home)
    if absolute(known) != absolute(output):
        raise RecipeError(
            f"the ledger in {shown(home)} is of the results in {shown(known)}, and not of {shown(output)}; "
            "give another --ledger"
        )


def note_results(home: Path, output: Place) -> None:
    """Write down beside a ledger where its results are, if that is elsewhere (`EnvironmentFailure`)."""
    if absolute(home) != absolute(output):
        write_whole(home / ELSEWHERE, json.dumps({"output": str(absolute(output))}) + "\n")
