"""Results that are gone, changed or rotten are found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from unveil.pipeline.hashing import xxh3
from unveil.pipeline.ledger import add_to_ledger, reading
from unveil.pipeline.ledger.verify import Finding, verify
from unveil.pipeline.results import FrameResult, SourceFile, Status, Written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    out.mkdir()
    outputs = []
    for name in "abcd":
        path = out / f"{name}.jpg"
        path.write_bytes(name.encode() * 1000)
        status = path.stat()
        outputs.append(
            Written(
                path=path.name, role="transmission", size=1000, changed=status.st_mtime_ns, xxh3=xxh3(path)
            )
        )
    source = tmp_path / "s.nef"
    source.write_bytes(b"raw")
    file = SourceFile(size=3, changed=source.stat().st_mtime_ns, xxh3=xxh3(source))
    add_to_ledger(
        out,
        [FrameResult(source=str(source), status=Status.DONE, outputs=tuple(outputs), source_file=file)],
    )
    return out


def findings(folder: Path, sources: bool = False) -> dict[str, Finding]:
    with reading(folder) as ledger:
        assert ledger is not None
        return {Path(bad.path).name: bad.finding for bad in verify(folder, ledger, sources)}


def test_what_is_as_it_was_written_is_good(folder: Path) -> None:
    os.utime(folder / "a.jpg", (1, 1))
    assert findings(folder, sources=True) == {}


def test_every_kind_of_harm_is_told_apart(folder: Path) -> None:
    (folder / "a.jpg").unlink()
    (folder / "b.jpg").write_bytes(b"retouched")
    rot = folder / "c.jpg"
    status = rot.stat()
    rot.write_bytes(b"c" * 999 + b"b")
    os.utime(rot, ns=(status.st_atime_ns, status.st_mtime_ns))
    (folder / "d.jpg").unlink()
    (folder / "d.jpg").mkdir()
    assert findings(folder) == {
        "a.jpg": Finding.MISSING,
        "b.jpg": Finding.CHANGED,
        "c.jpg": Finding.ROTTEN,
        "d.jpg": Finding.CHANGED,
    }


def test_sources_are_read_where_that_is_asked_for(folder: Path) -> None:
    (folder.parent / "s.nef").write_bytes(b"RAW")
    assert findings(folder) == {}
    assert findings(folder, sources=True) == {"s.nef": Finding.CHANGED}
