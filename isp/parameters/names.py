"""Names of files below the output folder, as recipes give them."""

from __future__ import annotations

import re
from string import Formatter

# Characters that a file name cannot hold on one of the usual systems (NTFS, FAT; `/` separates folders).
ILLEGAL = re.compile(r'[<>:"|?*\\\x00-\x1f]')


def check_name(name: str) -> str:
    """Return a path below the output folder as recipes give it; `ValueError` if it is none."""
    check_tokens(name)
    if found := ILLEGAL.search(name):
        raise ValueError(f"{found.group()!r} cannot stand in a file name")
    parts = name.split("/")
    if parts[0] == "":
        raise ValueError("must be a path below the output folder, not an absolute one")
    if any(part.strip() in ("", ".", "..") for part in parts):
        raise ValueError("must not have empty parts, '.' or '..' between its slashes")
    return name


def check_tokens(name: str) -> None:
    """Refuse (`ValueError`) braces around anything but `stem`."""
    try:
        tokens = [
            (token, form, kind) for _, token, form, kind in Formatter().parse(name) if token is not None
        ]
    except ValueError as error:
        raise ValueError("a brace in it is not closed; the only token is {stem}") from error
    for token, form, kind in tokens:
        if (token, form, kind) != ("stem", "", None):
            raise ValueError(f"no token {{{token}}}; the only one is {{stem}}, without a format")
