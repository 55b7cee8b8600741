"""One page on a shoot, which opens from disk."""

from __future__ import annotations

from .cards import FileLink, link
from .page import NAME, write_report
from .pictures import FILES

__all__ = ["FILES", "NAME", "FileLink", "link", "write_report"]
