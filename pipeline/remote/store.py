"""An output folder that is elsewhere: what is there, and the receipts of frames."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import xxhash

from ..errors import EnvironmentFailure, FrameError
from ..ledger import Ledger, writing
from ..results import FrameResult, SourceFile, Written
from ..shoot import make_folder
from ..shown import shown
from ..url import Url
from .access import Access, words
from .deliver import PARTS, WHOLE, deliver, take_away
from .facts import file_facts, is_alike
from .fetch import read_remote
from .find import listing


@dataclass(slots=True, kw_only=True)
class RemoteStore:
    """Results below a URL; their ledger is in a folder of this machine, receipts are beside the results.

    Workers need not see the ledger: a receipt is put where the files of its frame go, before they go there, as
    `pipeline.receipts` does on a disk.
    """

    url: Url
    home: Path
    """Folder of the ledger."""
    access: Access
    _there: dict[str, SourceFile] | None = field(default=None, repr=False)

    def make(self) -> None:
        """Make the ledger's folder, and see that files can be put below the URL (`EnvironmentFailure`)."""
        make_folder(self.home)
        probe = self._receipts / f"{uuid.uuid4().hex}.part"

        def put(system: Any, path: str) -> None:
            if self.url.protocol.startswith("http"):
                raise NotImplementedError("http servers are read only")
            if self.url.protocol not in WHOLE:
                system.makedirs(path.rpartition("/")[0], exist_ok=True)
            system.pipe_file(path, b"")
            system.rm_file(path)

        try:
            replace(self.access, patient=False).at(probe, put)
        except (OSError, NotImplementedError) as error:
            reason = "no such bucket" if isinstance(error, FileNotFoundError) else words(error)
            raise EnvironmentFailure(
                f"the output folder {shown(self.url)} cannot be used: {reason}"
            ) from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """Do nothing: the lock of the ledger's folder is all there is."""
        yield

    def holds(self, name: PurePosixPath) -> bool:
        """Return whether a file of that name was there when this was asked first."""
        return name.as_posix() in self._listed()

    def is_intact(self, written: Written) -> bool:
        """Return whether a result is what was written; it is read only where neither tag nor time tell."""
        found = self._listed().get(written.path)
        if found is None or found.size != written.size:
            return False
        if is_alike(found, written.size, written.changed, written.tag):
            return True
        with suppress(OSError, FrameError):
            return read_remote(self.url / written.path, self.access).xxh3 == written.xxh3
        return False

    def recover(self) -> None:
        """Enter frames of a killed run into the ledger, and remove what it has left half done."""
        names = self._receipt_names()
        if any(name.suffix == ".json" for name in names):
            self.home.mkdir(parents=True, exist_ok=True)
            with writing(self.home) as ledger:
                self.adopt(ledger)
        take_away(self.access, [name for name in names if name.suffix == ".part"])

    def adopt(self, ledger: Ledger) -> None:
        """Enter frames that have receipts and files into the ledger, and remove the receipts."""
        self._there = None
        receipts = [url for url in self._receipt_names() if url.suffix == ".json"]
        for url in receipts:
            if (result := self._read(url)) is not None:
                stand = tuple(self._as_there(w) for w in result.outputs if self.is_intact(w))
                earlier = ledger.get(result.source)
                if stand:
                    known = {written.made_by for written in earlier.outputs} if earlier else set()
                    ledger.add(replace(result, outputs=stand), known)
        if receipts and ledger.sync():
            take_away(self.access, receipts)

    def sweep(self, names: Iterable[PurePosixPath]) -> None:
        """Do nothing: what is half done has no place beside the results."""

    def forget(self, source: str) -> None:
        """Remove the receipt of a frame."""
        take_away(self.access, (self._receipt(source),))

    def leave(self, result: FrameResult) -> None:
        """Put down the receipt of a frame; `FrameError` where that fails."""
        url, data = self._receipt(result.source), json.dumps(result.to_json()).encode()

        def put(system: Any, path: str) -> None:
            if self.url.protocol not in WHOLE:
                system.makedirs(path.rpartition("/")[0], exist_ok=True)
            system.pipe_file(path, data)

        try:
            self.access.at(url, put)
        except (OSError, NotImplementedError) as error:
            raise FrameError(f"{shown(url)}: cannot be written: {words(error)}") from error

    def standing(self, source: str) -> FrameResult | None:
        """Return the result of a frame that has a receipt and all its files; None for any other."""
        result = self._read(self._receipt(source))
        if result is None:
            return None
        whole = RemoteStore(url=self.url, home=self.home, access=self.access)
        whole._there = {w.path: facts for w in result.outputs if (facts := self._looked(w.path))}
        if not all(whole.is_intact(written) for written in result.outputs):
            return None
        return replace(result, outputs=tuple(whole._as_there(written) for written in result.outputs))

    def deliver(self, files: Sequence[tuple[Path, Written]], overwrite: bool) -> tuple[Written, ...]:
        """Bring the files of a frame to their names, as `deliver.deliver`."""
        return deliver(self.access, self.url, files, overwrite)

    @property
    def _receipts(self) -> Url:
        return self.url / PARTS

    def _receipt(self, source: str) -> Url:
        return self._receipts / f"{xxhash.xxh3_64_hexdigest(os.fsencode(source))}.json"

    def _receipt_names(self) -> list[Url]:
        return sorted(self._found(self._receipts))

    def _read(self, url: Url) -> FrameResult | None:
        try:
            return FrameResult.from_json(
                json.loads(self.access.at(url, lambda system, path: system.cat_file(path)))
            )
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            return None
        except OSError as error:
            raise FrameError(f"{shown(url)}: cannot be read: {words(error)}") from error

    def _looked(self, name: str) -> SourceFile | None:
        try:
            return self.access.at(self.url / name, lambda system, path: file_facts(system.info(path)))
        except OSError:
            return None

    def _as_there(self, written: Written) -> Written:
        found = self._listed()[written.path]
        return replace(written, changed=found.changed, tag=found.tag)

    def _listed(self) -> Mapping[str, SourceFile]:
        if self._there is None:
            depth = len(self.url.parts)
            self._there = {
                "/".join(url.parts[depth:]): file_facts(info) for url, info in self._found(self.url).items()
            }
        return self._there

    def _found(self, url: Url) -> dict[Url, Mapping[str, Any]]:
        try:
            found = listing(self.access, url, lambda system, path: system.find(path, detail=True))
        except FileNotFoundError:
            return {}
        except (OSError, NotImplementedError) as error:
            raise EnvironmentFailure(
                f"the output folder {shown(self.url)} cannot be read: {words(error)}"
            ) from error
        return {one: info for one, info in found.items() if one.is_relative_to(url)}
