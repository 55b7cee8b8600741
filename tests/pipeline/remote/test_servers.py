"""Sources on an HTTP server; sources and results on an SSH server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from unveil.pipeline.errors import EnvironmentFailure, RecipeError
from unveil.pipeline.results import Status

PictureMaker = Callable[..., Path]
Run = Callable[..., Any]
Server = tuple[str, Path]


def test_folder_of_a_web_server(web: Server, run: Run, picture: PictureMaker, tmp_path: Path) -> None:
    address, _ = web
    for number in (1, 2):
        picture(f"web/IMG_{number}.png", number)
    tally, results = run(f"{address}/", output=str(tmp_path / "out"), ledger=None)
    assert (tally.exit_status(), [r.source for r in results]) == (
        0,
        [f"{address}/IMG_1.png", f"{address}/IMG_2.png"],
    )
    again = run(f"{address}/", output=str(tmp_path / "out"), ledger=None)[1]
    assert {r.status for r in again} == {Status.SKIPPED}


def test_web_server_takes_no_results(web: Server, run: Run, picture: PictureMaker) -> None:
    with pytest.raises(EnvironmentFailure, match="http servers are read only"):
        run(picture("a.png"), output=f"{web[0]}/clean")


def test_file_that_a_web_server_has_not_is_told(web: Server, run: Run, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"gone\.png: no such file"):
        run(f"{web[0]}/gone.png", output=str(tmp_path / "out"), ledger=None)


def test_ssh_server(sftp: Server, run: Run, picture: PictureMaker) -> None:
    url, folder = sftp
    for number in (1, 2):
        picture(f"ssh/in/IMG_{number}.png", number)
    tally, results = run(f"{url}/in", output=f"{url}/deep/clean")
    assert (tally.exit_status(), [r.source for r in results]) == (
        0,
        [f"{url}/in/IMG_1.png", f"{url}/in/IMG_2.png"],
    )
    there = sorted(path.name for path in (folder / "deep/clean").rglob("*") if path.is_file())
    assert there == ["IMG_1_small.jpg", "IMG_2_small.jpg"]
    assert {r.status for r in run(f"{url}/in", output=f"{url}/deep/clean")[1]} == {Status.SKIPPED}
    (folder / "deep/clean/IMG_1_small.jpg").write_bytes(b"mine")
    (first, _) = run(f"{url}/in", output=f"{url}/deep/clean")[1]
    assert "changed by somebody" in first.reason


def test_folder_that_an_ssh_server_has_not_is_told(sftp: Server, run: Run, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no such file"):
        run(f"{sftp[0]}/gone", output=str(tmp_path / "out"), ledger=None)
