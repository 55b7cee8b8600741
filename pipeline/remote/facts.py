"""What tells whether a file that is elsewhere is still the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ..results import SourceFile

TAGS = ("ETag", "etag", "md5Hash", "Content-MD5", "content_md5", "Last-Modified")
"""Entries of `fsspec`'s `info` that change with the content; each kind of store has its own."""
TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")
UNKNOWN_SIZE = -1


def file_facts(info: Mapping[str, Any]) -> SourceFile:
    """Return size, time of the last change and tag of what `info` of fsspec describes; no hash."""
    size = info.get("size")
    return SourceFile(
        size=UNKNOWN_SIZE if size is None else int(size),
        changed=next((_nanoseconds(info[key]) for key in TIMES if info.get(key)), 0),
        xxh3="",
        tag=next((str(info[key]).strip('"') for key in TAGS if info.get(key)), ""),
    )


def is_alike(found: SourceFile, size: int, changed: int, tag: str) -> bool:
    """Return whether a file is what it was by tag, or by time where it has none; size decides first."""
    if found.size not in (size, UNKNOWN_SIZE):
        return False
    if found.tag and tag:
        return found.tag == tag
    return bool(changed) and found.changed == changed


def _nanoseconds(value: Any) -> int:
    """Return a time as stores give it in nanoseconds since 1970; 0 where it cannot be read."""
    try:
        if isinstance(value, str):
            value = _read(value)
        if isinstance(value, datetime):
            whole = value if value.tzinfo else value.replace(tzinfo=UTC)
            return int(whole.timestamp()) * 10**9 + whole.microsecond * 1000
        return int(float(value) * 1e9)
    except (TypeError, ValueError, OverflowError):
        return 0


def _read(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)
