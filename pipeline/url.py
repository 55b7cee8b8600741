"""Names of files that are elsewhere: `s3://bucket/shoot/a.NEF`."""

from __future__ import annotations

import os
from pathlib import Path, PurePath, PurePosixPath
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

MARK = "://"


class Url(PurePosixPath):
    """A URL as a path: it has a stem, a suffix and a parent, and cannot be read by itself."""

    __slots__ = ()

    def __str__(self) -> str:
        """Return the URL; as a path it has one slash behind the protocol."""
        return super().__str__().replace(":/", MARK, 1)

    @property
    def protocol(self) -> str:
        """What stands before `://`."""
        return self.parts[0].removesuffix(":")

    @property
    def head(self) -> str:
        """Protocol and bucket or host, which say how it is reached."""
        return MARK.join((self.protocol, *self.parts[1:2]))


Place: TypeAlias = Path | Url
"""A file or folder, here or elsewhere."""


def is_url(text: str | PurePath) -> bool:
    """Return whether words name something that is elsewhere; `file://` is here."""
    return isinstance(text, Url) or (MARK in os.fspath(text) and not _is_file(os.fspath(text)))


def here(text: str) -> str:
    """Return the path that a `file://` URL is; other words as they are."""
    return unquote(urlsplit(text, allow_fragments=False).path) if _is_file(text) else text


def absolute(place: Place) -> Place:
    """Return a path from the root on; a URL as it is."""
    return place if isinstance(place, Url) else Path(os.path.abspath(place))


def _is_file(text: str) -> bool:
    return text.lower().startswith(f"file{MARK}")
