"""The crash-safe record of a shoot, in its output folder: what went in, what came out, with which hashes."""

from .ledger import NAME, Ledger, add_to_ledger, read_ledger, reading, writing

__all__ = ["NAME", "Ledger", "add_to_ledger", "read_ledger", "reading", "writing"]
