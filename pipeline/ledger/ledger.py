"""The record of what came of every frame, beside the results: `ledger.sqlite` in the output folder.

One process writes it, the one that runs the shoot; each result is committed as it comes, so that a run that is killed
leaves a ledger that is right up to its last frame. Others may read at any time.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import EnvironmentFailure
from ..results import FrameResult, Status
from ..shown import shown
from .lock import locked
from .schema import SCHEMA, VERSION, key

NAME = "ledger.sqlite"
BUSY = 10.0
"""Seconds that a reader waits for a writer, and the other way round."""


class Ledger:
    """The ledger of one output folder, open."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    def add(self, result: FrameResult, current: Container[str] = ()) -> None:
        """Record what came of a frame, at once.

        A frame that was skipped keeps what the ledger says of it; one that failed keeps the outputs of an earlier run,
        for they still stand.

        Parameters
        ----------
        result
            What came of it.
        current
            Values of `Written.made_by`: outputs of an earlier run made by these stand though the result does not name
            them, because they were left as they are.

        Raises
        ------
        EnvironmentFailure
            The ledger cannot be written.
        """
        earlier = self.get(result.source)
        if earlier is not None and result.status is Status.SKIPPED:
            return
        if earlier is not None and result.status is Status.FAILED:
            result = replace(result, outputs=earlier.outputs, source_file=earlier.source_file)
        elif earlier is not None:
            made = {written.path for written in result.outputs}
            stand = [w for w in earlier.outputs if w.path not in made and w.made_by in current]
            result = replace(result, outputs=(*result.outputs, *stand))
        with self._said("written"), self._connection:
            self._put(result)

    def moved(self, source: str, now: str) -> None:
        """Record that a source lies somewhere else now, with all that is known of it (`EnvironmentFailure`)."""
        known = self.get(source)
        if known is None:
            return
        with self._said("written"), self._connection:
            self._connection.execute("DELETE FROM frames WHERE source = ?", (key(source),))
            self._put(replace(known, source=now))

    def sync(self) -> bool:
        """Make all that was added survive a power cut; False where somebody who reads is in the way of it.

        Entries are not synced one by one (SQLite's `synchronous = NORMAL`), which would take longer than a short frame.
        """
        with self._said("written"):
            ((busy, logged, moved),) = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        return not busy and logged == moved

    def get(self, source: str) -> FrameResult | None:
        """Return what is known of a source, by its absolute path."""
        return next(self._frames("WHERE source = ?", (key(source),)), None)

    def frames(self, status: Status | None = None, flagged: bool = False) -> Iterator[FrameResult]:
        """Give what is known of every frame, in the order in which they first came; of one status, of flagged ones."""
        if status is not None:
            return self._frames("WHERE status = ?", (status.value,))
        return self._frames("WHERE flagged" if flagged else "", ())

    def writer(self, output: str) -> str | None:
        """Return the source of a file, by its name below the output folder; None: it is none of ours."""
        rows = self._rows("SELECT source FROM outputs WHERE path = ?", (key(output),))
        return next((_text(source) for (source,) in rows), None)

    def outputs(self) -> Iterator[str]:
        """Give the names of all files that were ever written, relative to the output folder."""
        return (_text(path) for (path,) in self._rows("SELECT path FROM outputs ORDER BY rowid", ()))

    def counts(self) -> Counter[Status]:
        """Return the number of frames of each status."""
        rows = self._rows("SELECT status, count(*) FROM frames GROUP BY status", ())
        return Counter({Status(status): number for status, number in rows})

    def files(self) -> int:
        """Return the number of results that the frames have."""
        return sum(len(result.outputs) for result in self.frames())

    def flagged(self) -> int:
        """Return the number of frames that somebody should look at."""
        ((number,),) = self._rows("SELECT count(*) FROM frames WHERE flagged", ())
        return int(number)

    def _put(self, result: FrameResult) -> None:
        facts = key(result.source), result.status.value, result.is_flagged(), json.dumps(result.to_json())
        self._connection.execute(
            "INSERT INTO frames (source, status, flagged, result) VALUES (?, ?, ?, ?) ON CONFLICT (source) "
            "DO UPDATE SET status = excluded.status, flagged = excluded.flagged, result = excluded.result",
            facts,
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO outputs (path, source) VALUES (?, ?)",
            [(key(written.path), key(result.source)) for written in result.outputs],
        )

    def _frames(self, where: str, values: tuple[object, ...]) -> Iterator[FrameResult]:
        for (text,) in self._rows(f"SELECT result FROM frames {where} ORDER BY rowid", values):
            try:
                yield FrameResult.from_json(json.loads(text))
            except (ValueError, KeyError, TypeError) as error:
                raise _broken(self.path, error) from error

    def _rows(self, query: str, values: tuple[object, ...]) -> Iterator[tuple[Any, ...]]:
        with self._said("read"):
            yield from self._connection.execute(query, values)

    @contextmanager
    def _said(self, what: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise EnvironmentFailure(f"{shown(self.path)} cannot be {what}: {error}") from error


@contextmanager
def writing(folder: Path) -> Iterator[Ledger]:
    """Open the ledger of an output folder for a run, make it where there is none, and keep other runs out.

    Raises
    ------
    EnvironmentFailure
        Another run writes into the folder, or the ledger cannot be opened or is none.
    """
    path = folder / NAME
    with locked(folder), closing(_connected(path, "rwc")) as connection:
        _prepare(path, connection)
        try:
            yield Ledger(path, connection)
        finally:
            # One file is left, which can be copied and read anywhere; where the disk is full, the next run sees to it.
            with suppress(sqlite3.Error):
                connection.execute("PRAGMA journal_mode = DELETE")


@contextmanager
def reading(folder: Path) -> Iterator[Ledger | None]:
    """Open the ledger of an output folder to read it, also while a run writes it; None where there is none.

    Raises
    ------
    EnvironmentFailure
        The ledger cannot be opened, or is none.
    """
    path = folder / NAME
    if not path.is_file():
        yield None
        return
    with closing(_connected(path, "ro")) as connection:
        _check(path, connection)
        yield Ledger(path, connection)


def read_ledger(folder: Path) -> dict[str, FrameResult]:
    """Return all that the ledger of an output folder says, by source; empty where there is none.

    Raises
    ------
    EnvironmentFailure
        The ledger cannot be read, or is not one.
    """
    with reading(folder) as ledger:
        return {} if ledger is None else {result.source: result for result in ledger.frames()}


def add_to_ledger(folder: Path, results: Iterable[FrameResult]) -> None:
    """Record results in the ledger of an output folder; as `Ledger.add`."""
    with writing(folder) as ledger:
        for result in results:
            ledger.add(result)


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    try:
        return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=BUSY)
    except sqlite3.Error as error:
        raise EnvironmentFailure(f"{shown(path)} cannot be opened: {error}") from error


def _prepare(path: Path, connection: sqlite3.Connection) -> None:
    """Make the tables of a new ledger, and let readers in while results are written."""
    try:
        ((version,),) = connection.execute("PRAGMA user_version")
        if version == 0:
            connection.executescript(SCHEMA)  # before WAL, so that it is on the disk at once
        else:
            _check(path, connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.DatabaseError as error:
        raise _broken(path, error) from error


def _check(path: Path, connection: sqlite3.Connection) -> None:
    try:
        ((version,),) = connection.execute("PRAGMA user_version")
    except sqlite3.DatabaseError as error:
        raise _broken(path, error) from error
    if version != VERSION:
        raise _broken(path, f"version {version} is unknown")


def _broken(path: Path, error: object) -> EnvironmentFailure:
    kind = f"{type(error).__name__}: " if isinstance(error, Exception) else ""
    return EnvironmentFailure(f"{shown(path)}: not a ledger that can be read ({kind}{error}); move it away")


def _text(value: object) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)
