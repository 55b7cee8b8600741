"""What belongs to a frame comes with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from unveil.pipeline.errors import FrameError
from unveil.pipeline.remote.access import Access
from unveil.pipeline.remote.fetch import Fetcher, companions
from unveil.pipeline.url import Url

Run = Callable[..., Any]


@pytest.mark.parametrize(
    ("name", "names", "found"),
    [
        (
            "a.NEF",
            ["a.NEF", "a.xmp", "a.NEF.xmp", "a.JPG", "a.txt", "ab.xmp", "b.NEF.xmp"],
            ["a.xmp", "a.NEF.xmp", "a.JPG"],
        ),
        ("a.png", ["a.png", "a.XMP"], ["a.XMP"]),
        ("a.jpg", ["a.jpg", "a.NEF", "a.xmp", "a.jpg.xmp"], ["a.jpg.xmp"]),
        ("a.NEF", ["a.NEF"], []),
    ],
)
def test_companions(name: str, names: list[str], found: list[str]) -> None:
    assert companions(name, names) == tuple(found)


def test_frame_comes_with_its_companions(memory: Any, tmp_path: Path) -> None:
    for name in ("a.NEF", "a.xmp", "a.JPG", "b.xmp"):
        memory.pipe(f"/shoot/{name}", name.encode())
    facts = Fetcher(Access()).fetch(Url("memory://shoot/a.NEF"), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.JPG", "a.NEF", "a.xmp"]
    assert (facts.size, facts.changed > 0) == (5, True)


def test_server_that_lists_nothing_is_asked_for_the_usual_names(
    memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.NEF", "a.NEF.xmp"):
        memory.pipe(f"/shoot/{name}", b"x")
    monkeypatch.setattr(type(memory), "ls", lambda self, path, detail=True: [])
    Fetcher(Access()).fetch(Url("memory://shoot/a.NEF"), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.NEF", "a.NEF.xmp"]


def test_source_that_is_gone_is_told(memory: Any, tmp_path: Path) -> None:
    with pytest.raises(FrameError, match=r"memory://shoot/a\.NEF: is not there any more"):
        Fetcher(Access()).fetch(Url("memory://shoot/a.NEF"), tmp_path)


def test_side_file_has_its_effect(
    memory: Any, run: Run, make_dng: Callable[..., Path], tmp_path: Path
) -> None:
    pytest.importorskip("rawpy")
    import numpy as np

    frame = make_dng(np.full((48, 64), 900, np.uint16), cfa=((0, 1), (1, 2)), name="a.dng")
    memory.pipe("/shoot/a.dng", frame.read_bytes())
    memory.pipe(
        "/shoot/a.xmp",
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>',
    )
    _, results = run("memory://shoot/a.dng", output="memory://clean")
    assert "orientation 6 of the .xmp is used" in str(results[0].trail), results[0].reason
