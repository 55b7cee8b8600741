"""Receipts: what a frame's files will be, written down before they get their names.

Whoever makes a frame is often not who keeps the ledger, and either may die at any time. A receipt, a small file in the
output folder, bridges the moment between: files that have their names are never without an entry in the ledger or a
receipt. Who records a result removes its receipt; one that is still there belongs to a run that was killed.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic

import xxhash

from .errors import FrameError
from .frame import Output, temporary_prefix
from .ledger import Ledger, writing
from .publish import is_running, publish, remove, sync_folders
from .results import FrameResult, Written
from .resume import is_intact

FOLDER = ".unveil-receipts"
MANY, SECONDS = 256, 5.0
"""Frames, or the time, after which the ledger is synced and receipts are removed."""


def leave(folder: Path, result: FrameResult) -> None:
    """Write the receipt of a frame, safe on the disk; `FrameError` where that fails."""
    path = _path(folder, result.source)
    temporary = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(exist_ok=True)
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(result.to_json(), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folders((path.parent,))
    except OSError as error:
        remove((temporary,))
        raise FrameError(f"{path}: cannot be written: {(error.strerror or 'error').lower()}") from error


def forget(folder: Path, source: str) -> None:
    """Remove the receipt of a frame, where it has one."""
    remove((_path(folder, source),))


class Entered:
    """Frames that are in the ledger, whose receipts are removed when the ledger is safe on the disk, many at once.

    A receipt that is still there when a run is killed is entered once more, which changes nothing.
    """

    def __init__(self, forget: Callable[[str], None], ledger: Ledger) -> None:
        """`forget` removes the receipt of a source."""
        self._forget = forget
        self._ledger = ledger
        self._sources: set[str] = set()
        self._removed = monotonic()

    def add(self, source: str) -> None:
        """Take a frame that was entered."""
        self._sources.add(source)
        if len(self._sources) >= MANY or monotonic() - self._removed >= SECONDS:
            self.remove()

    def remove(self) -> None:
        """Remove receipts; where the ledger cannot be synced now they stay for the next time."""
        self._removed = monotonic()
        if self._ledger.sync():
            for source in self._sources:
                self._forget(source)
            self._sources.clear()


def standing(folder: Path, source: str) -> FrameResult | None:
    """Return the result of a frame that has a receipt and all files of it; None for any other."""
    result = _read(_path(folder, source))
    if result is None:
        return None
    _complete(folder, result)
    return result if all(is_intact(folder, written) for written in result.outputs) else None


def recover(folder: Path, home: Path | None = None) -> None:
    """Enter the frames of an earlier run that was killed into the ledger, where it has left receipts.

    `home` is the folder of the ledger, where that is another.

    Raises
    ------
    EnvironmentFailure
        Another run writes into the folder, or the ledger cannot be written.
    """
    if (folder / FOLDER).is_dir():
        with writing(home or folder) as ledger:
            adopt(folder, ledger)


def adopt(folder: Path, ledger: Ledger) -> None:
    """Enter the frames that have receipts into the ledger, and remove the receipts.

    Of a frame that was to replace files and has replaced only some of them, those are entered.
    """
    home = folder / FOLDER
    receipts = sorted(home.glob("*.json"))
    for path in receipts:
        if (result := _read(path)) is not None:
            _complete(folder, result)
            stand = tuple(written for written in result.outputs if is_intact(folder, written))
            earlier = ledger.get(result.source)
            if stand:
                known = {written.made_by for written in earlier.outputs} if earlier else set()
                ledger.add(replace(result, outputs=stand), known)
    if receipts and ledger.sync():
        remove(receipts)
    tidy(folder)


def tidy(folder: Path) -> None:
    """Remove the folder of the receipts, where none is left, and receipts that were never finished."""
    home = folder / FOLDER
    remove(path for path in home.glob("*.*") if _is_left_over(path))
    with suppress(OSError):
        home.rmdir()


def _complete(folder: Path, result: FrameResult) -> None:
    """Give those files their names whose process died while it did so; what has a name stays as it is."""
    pid, _, host = result.worker.partition("@")
    if host != socket.gethostname() or (pid != str(os.getpid()) and is_running(int(pid))):
        return
    for written in result.outputs:
        final = folder / written.path
        temporary = final.with_name(f"{temporary_prefix(final)}{pid}")
        if is_intact(folder, _named(written, temporary, folder)):
            with suppress(FrameError):
                output = Output(temporary=temporary, final=final, role=written.role)
                publish((output,), overwrite=False)


def _named(written: Written, path: Path, folder: Path) -> Written:
    return replace(written, path=path.relative_to(folder).as_posix())


def _read(path: Path) -> FrameResult | None:
    """Return what a receipt says; None where there is none, or none that was finished."""
    try:
        return FrameResult.from_json(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_left_over(path: Path) -> bool:
    owner = path.suffix.removeprefix(".")
    return owner.isdecimal() and not is_running(int(owner))


def _path(folder: Path, source: str) -> Path:
    name = xxhash.xxh3_64_hexdigest(os.fsencode(source))
    return folder / FOLDER / f"{name}.json"
