"""Parameters of `decode`."""

from __future__ import annotations

from ...pipeline.stage import Parameters


class Decode(Parameters):
    """`decode` has no choices: the file decides."""
