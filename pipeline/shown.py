"""File names, sizes and times as people read them."""

from __future__ import annotations

import os
from pathlib import PurePath

UNITS = ("B", "kB", "MB", "GB", "TB")


def shown(path: PurePath | str) -> str:
    """Return a file name that can be printed anywhere.

    Bytes that are not UTF-8 become U+FFFD, and control characters (line ends, terminal escapes) are spelled
    out: a name cannot move the cursor, fake a line of output or fail to encode.
    """
    text = os.fsencode(path).decode("utf-8", "replace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def size(count: int) -> str:
    """Return a number of bytes in decimal units, e.g. `5.2 MB`."""
    value, unit = float(count), UNITS[0]
    for unit in UNITS:
        if value < 1000 or unit == UNITS[-1]:
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == UNITS[0] else f"{value:.1f} {unit}"


def duration(seconds: float) -> str:
    """Return a time as `4.2 s`, `3 min 5 s` or `2 h 7 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def rate(per_minute: float) -> str:
    """Return a throughput, e.g. `4.2 frames/min`."""
    return f"{per_minute:.0f} frames/min" if per_minute >= 10 else f"{per_minute:.1f} frames/min"


def counted(number: int, noun: str) -> str:
    """Return `1 frame`, `2 frames`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
