"""Names of files below the output folder, as recipes give them."""

from __future__ import annotations

import re
from string import Formatter

from ...pipeline.naming import TOKENS, check_tokens

# Characters that a file name cannot hold on one of the usual systems (NTFS, FAT; `/` separates folders).
ILLEGAL = re.compile(r'[<>:"|?*\\\x00-\x1f]')

ABOUT_TOKENS = "; tokens: " + ", ".join(f"{{{token}}}" for token in TOKENS)
"""For the descriptions of parameters that are names."""


def check_name(name: str) -> str:
    """Return a path below the output folder as recipes give it; `ValueError` if it is none."""
    check_tokens(name)
    # What stands between braces is no part of the name.
    bare = "".join(text if token is None else f"{text}x" for text, token, _, _ in Formatter().parse(name))
    if found := ILLEGAL.search(bare):
        raise ValueError(f"{found.group()!r} cannot stand in a file name")
    parts = bare.split("/")
    if parts[0] == "":
        raise ValueError("must be a path below the output folder, not an absolute one")
    if any(part.strip() in ("", ".", "..") for part in parts):
        raise ValueError("must not have empty parts, '.' or '..' between its slashes")
    return name
