"""A run whose sources or results are elsewhere, settled on the machine that starts it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..errors import FrameError, RecipeError
from ..results import SourceFile
from ..resume import is_same_file
from ..store import Ends, LocalStore
from ..url import Place, Url
from ..work import Work
from .access import split_credentials
from .facts import UNKNOWN_SIZE, file_facts, is_alike
from .fetch import fetch_file, read_remote
from .find import Found, find_everywhere
from .scratch import scratch_folder
from .store import RemoteStore
from .work import RemoteWork


def remote_ends(inputs: Sequence[str | Path], output: Place, home: Path, jobs: int | None) -> Ends:
    """Find the sources, and say how a run reads them and where it writes.

    Raises
    ------
    RecipeError
        Something is not there, or cannot be reached by worker processes.
    EnvironmentFailure
        Something cannot be listed, or a package is missing.
    """
    elsewhere = isinstance(output, Url)
    found = find_everywhere(inputs, str(output) if elsewhere else None)
    url = split_credentials(str(output))[0] if elsewhere else None
    protocols = {place.protocol for place in (*found.sources, url) if isinstance(place, Url)}
    if "memory" in protocols and jobs != 0:
        raise RecipeError("memory:// is seen by one process alone; give --jobs 0")
    return Ends(
        sources=found.sources,
        store=RemoteStore(url=url, home=home, access=found.access) if url else LocalStore(Path(output), home),
        output=url or output,
        is_same=partial(_is_same, found),
        at_hand=partial(_at_hand, found),
        work=partial(_work, found, url),
    )


def _work(found: Found, url: Url | None, work: Work) -> RemoteWork:
    # Beside results that are elsewhere workers need not have a folder in common.
    return RemoteWork(work=replace(work, receipts=url is None), access=found.access, url=url)


def _is_same(found: Found, source: Place, known: SourceFile) -> bool:
    """Return whether a source is what it was; it is fetched only where neither tag nor time tell."""
    if not isinstance(source, Url):
        return is_same_file(source, known)
    now = found.facts[source]
    with suppress(OSError, FrameError):
        if not (now.tag or now.changed):  # a web server's list of names
            now = found.access.at(source, lambda system, path: file_facts(system.info(path)))
        if is_alike(now, known.size, known.changed, known.tag):
            return True
        if now.size not in (known.size, UNKNOWN_SIZE) or (now.tag and known.tag):
            return False
        return read_remote(source, found.access).xxh3 == known.xxh3
    return False


@contextmanager
def _at_hand(found: Found, source: Place) -> Iterator[Path]:
    """Give a file that can be read: a source elsewhere is fetched for it, and where it cannot be, is not there."""
    if not isinstance(source, Url):
        yield source
        return
    with scratch_folder() as scratch:
        path = scratch / source.name
        with suppress(OSError, FrameError):
            fetch_file(found.access, source, path)
        yield path
