"""Runs with folders of this machine alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from unveil.pipeline.errors import RecipeError
from unveil.pipeline.inputs import find_sources

PictureMaker = Callable[..., Path]
Run = Callable[..., Any]

PROGRAM = """
import sys
from unveil.cli import main
assert main(sys.argv[1:]) == 0
assert not {"s3fs", "aiohttp", "botocore", "unveil.pipeline.remote"} & set(sys.modules)
"""


def test_nothing_for_urls_is_imported(short_recipe: Path, picture: PictureMaker, tmp_path: Path) -> None:
    given = ["run", str(short_recipe), str(picture("a.png")), "-o", str(tmp_path / "out"), "--jobs", "0"]
    done = subprocess.run([sys.executable, "-c", PROGRAM, *given], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_file_urls_are_paths(run: Run, picture: PictureMaker, tmp_path: Path) -> None:
    source = picture("a b.png")
    tally, results = run(source.as_uri(), output=(tmp_path / "out").as_uri(), ledger=None, jobs=1)
    assert (tally.exit_status(), results[0].source) == (0, str(source))
    assert (tmp_path / "out/a b_small.jpg").is_file()


def test_other_verbs_refuse_urls() -> None:
    with pytest.raises(RecipeError, match="URLs are for `unveil run`"):
        find_sources(["s3://user:password@bucket/a.nef"])


def test_two_runs_into_one_folder_are_kept_apart_whatever_their_ledgers(
    run: Run, picture: PictureMaker, tmp_path: Path
) -> None:
    from unveil.pipeline.errors import EnvironmentFailure
    from unveil.pipeline.ledger.lock import locked

    (tmp_path / "out").mkdir()
    with locked(tmp_path / "out"), pytest.raises(EnvironmentFailure, match="another run"):
        run(picture("a.png"), output=str(tmp_path / "out"))
