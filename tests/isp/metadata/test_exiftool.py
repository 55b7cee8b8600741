"""The exiftool program, where it fails or is missing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from unveil.isp.metadata import exiftool


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is the whole search path."""
    monkeypatch.setenv("PATH", str(tmp_path))
    exiftool.exiftool_version.cache_clear()
    yield tmp_path
    exiftool.exiftool_version.cache_clear()


def install(folder: Path, script: str) -> None:
    (folder / "exiftool").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "exiftool").chmod(0o755)


def test_a_missing_program_gives_nothing(programs: Path) -> None:
    assert exiftool.exiftool_version() is None
    assert exiftool.read_with_exiftool(programs / "a.dng") is None


def test_an_answer_that_is_not_json_gives_nothing(programs: Path) -> None:
    install(programs, "echo 13.00")
    assert exiftool.exiftool_version() == "13.00"
    assert exiftool.read_with_exiftool(programs / "a.dng") is None


def test_the_exif_group_comes_before_the_maker_notes(programs: Path) -> None:
    install(programs, """echo '[{"EXIF:Make": "A", "MakerNotes:Make": "B", "Composite:ISO": 50}]'""")
    assert exiftool.read_with_exiftool(programs / "a.dng") == {"Make": "A"}


def test_without_exif_the_makers_own_tags_count(programs: Path) -> None:
    install(programs, """echo '[{"MakerNotes:Make": "B", "Composite:ISO": 50, "MakerNotes:Flash": 0}]'""")
    assert exiftool.read_with_exiftool(programs / "a.dng") == {"Make": "B", "ISO": 50, "Flash": 0}


def test_names_that_start_with_a_dash_are_files(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(programs, """for last; do :; done; echo "[{\\"EXIF:Model\\": \\"$last\\"}]" """)
    monkeypatch.chdir(programs)
    assert exiftool.read_with_exiftool(Path("-delete_original")) == {
        "Model": str(programs / "-delete_original")
    }
