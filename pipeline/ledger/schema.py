"""The tables of a ledger."""

from __future__ import annotations

VERSION = 1
SCHEMA = f"""
BEGIN;
CREATE TABLE frames (
    source  PRIMARY KEY,       -- absolute path
    status  TEXT NOT NULL,     -- done, skipped, failed
    flagged INTEGER NOT NULL,  -- 1: somebody should look at it
    result  TEXT NOT NULL      -- JSON, as results.FrameResult.to_json
);
CREATE INDEX by_status ON frames (status);
CREATE TABLE outputs (
    path    PRIMARY KEY,       -- below the output folder
    source  NOT NULL           -- the frame that it is of
);
PRAGMA user_version = {VERSION};
COMMIT;
"""


def key(path: str) -> str | bytes:
    """Return a path as the tables hold it: as text, or as bytes where it is no Unicode."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return path.encode("utf-8", "surrogateescape")
    return path
