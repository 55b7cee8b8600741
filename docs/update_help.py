"""Writes the help of every verb into `docs/command-line.md`; with `--check` only tells whether it is there.

A block that starts with `$ unveil … --help` holds what that command prints.
"""

from __future__ import annotations

import io
import os
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path

DOCUMENT = Path(__file__).parent / "command-line.md"
BLOCK = re.compile(r"^```text\n\$ unveil(?P<verb>[a-z ]*) --help\n.*?^```$", re.DOTALL | re.MULTILINE)


def printed(verb: str) -> str:
    """Return what `unveil VERB --help` prints on a terminal of 80 columns."""
    from unveil.cli import main

    os.environ["COLUMNS"] = "80"
    out = io.StringIO()
    with redirect_stdout(out):
        main([*verb.split(), "--help"])
    return "\n".join(line.rstrip() for line in out.getvalue().strip().splitlines())


def renewed(text: str) -> str:
    """Return the document with every block as the program prints it now."""
    return BLOCK.sub(lambda m: f"```text\n$ unveil{m['verb']} --help\n{printed(m['verb'])}\n```", text)


def run(arguments: list[str]) -> int:
    """Write or check the document; 1 where it is out of date."""
    text = DOCUMENT.read_text("utf-8")
    new = renewed(text)
    if "--check" not in arguments:
        DOCUMENT.write_text(new, "utf-8")
    elif new != text:
        print(f"{DOCUMENT.name} is out of date; run `make docs`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(run(sys.argv[1:]))
