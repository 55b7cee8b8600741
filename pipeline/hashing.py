"""Hashes of files: SHA-256 for what must not be forged, XXH3 for what must be fast."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import xxhash

BLOCK = 1 << 20


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal; `OSError` where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def xxh3(path: Path) -> str:
    """Return the 64-bit XXH3 of a file in hexadecimal, as ASC MHL writes it; `OSError` where it cannot be read."""
    digest = xxhash.xxh3_64()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def sha256_once(path: Path) -> str:
    """Return the same, read anew only after the file's size or time of change is another."""
    status = path.stat()
    return _known(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _known(path: Path, size: int, changed: int) -> str:
    return sha256(path)
