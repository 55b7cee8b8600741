"""Whole runs against an S3 server, in this process and in workers of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from unveil.cli import main
from unveil.pipeline.errors import EnvironmentFailure, FrameError, RecipeError
from unveil.pipeline.ledger import read_ledger
from unveil.pipeline.remote.access import Access
from unveil.pipeline.remote.deliver import deliver
from unveil.pipeline.remote.store import RemoteStore
from unveil.pipeline.results import Status, Written
from unveil.pipeline.url import Url

PictureMaker = Callable[..., Path]
Run = Callable[..., Any]


@pytest.fixture
def shoot(s3: Any, picture: PictureMaker) -> Any:
    """Two pictures in the bucket."""
    for number in (10, 2):
        s3.pipe(f"shoot/in/IMG_{number}.png", picture(f"{number}.png", number).read_bytes())
    return s3


def test_bucket_to_bucket(shoot: Any, run: Run, tmp_path: Path) -> None:
    tally, results = run("s3://shoot/in", output="s3://shoot/clean")
    assert (tally.exit_status(), [r.source for r in results]) == (
        0,
        ["s3://shoot/in/IMG_2.png", "s3://shoot/in/IMG_10.png"],
    )
    assert sorted(shoot.find("shoot/clean")) == [
        "shoot/clean/IMG_10_small.jpg",
        "shoot/clean/IMG_2_small.jpg",
    ]
    (written,) = read_ledger(tmp_path / "ledger")["s3://shoot/in/IMG_2.png"].outputs
    assert written.tag == shoot.info("shoot/clean/IMG_2_small.jpg")["ETag"].strip('"')
    assert {r.status for r in run("s3://shoot/in", output="s3://shoot/clean")[1]} == {Status.SKIPPED}


def test_workers_fetch_and_deliver(shoot: Any, run: Run, tmp_path: Path) -> None:
    tally, results = run("s3://shoot/in/*.png", output="s3://shoot/clean", jobs=2)
    assert (tally.exit_status(), len({r.worker for r in results})) == (0, 2)
    assert sorted(shoot.find("shoot/clean")) == [
        "shoot/clean/IMG_10_small.jpg",
        "shoot/clean/IMG_2_small.jpg",
    ]


def test_what_a_killed_client_did_not_enter_is_entered_by_the_next(
    shoot: Any, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(RemoteStore, "adopt", lambda self, ledger: None)
        patch.setattr(RemoteStore, "forget", lambda self, source: None)
        run("s3://shoot/in", output="s3://shoot/clean")
    (tmp_path / "ledger/ledger.sqlite").unlink()
    before = shoot.info("shoot/clean/IMG_2_small.jpg")["LastModified"]
    _, results = run("s3://shoot/in", output="s3://shoot/clean")
    assert {r.status for r in results} == {Status.SKIPPED}
    assert shoot.info("shoot/clean/IMG_2_small.jpg")["LastModified"] == before
    assert {r.status for r in read_ledger(tmp_path / "ledger").values()} == {Status.DONE}
    assert shoot.find("shoot/clean/.unveil-receipts") == []


def test_worker_takes_what_a_dead_one_has_delivered(shoot: Any, run: Run, tmp_path: Path) -> None:
    store = RemoteStore(url=Url("s3://shoot/clean"), home=tmp_path, access=Access())
    _, (result,) = run("s3://shoot/in/IMG_2.png", output="s3://shoot/clean")
    store.leave(result)
    assert store.standing(result.source) == result
    shoot.pipe("shoot/clean/IMG_2_small.jpg", b"other")
    assert store.standing(result.source) is None


def test_file_that_appears_meanwhile_is_left_alone(
    shoot: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave = RemoteStore.leave

    def somebody(self: RemoteStore, result: Any) -> None:
        leave(self, result)
        shoot.pipe("shoot/clean/IMG_2_small.jpg", b"mine")

    monkeypatch.setattr(RemoteStore, "leave", somebody)
    tally, results = run("s3://shoot/in/IMG_2.png", output="s3://shoot/clean")
    assert (tally.exit_status(), "appeared while" in results[0].reason) == (1, True)
    assert shoot.cat("shoot/clean/IMG_2_small.jpg") == b"mine"
    assert shoot.find("shoot/clean/.unveil-receipts") == []


def test_server_itself_refuses_to_replace_what_is_there(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.pipe("shoot/x", b"mine")
    (tmp_path / "made").write_bytes(b"other")
    monkeypatch.setattr(type(s3), "exists", lambda self, path, **more: False)  # it came after the look
    files = [(tmp_path / "made", Written(path="x", role="transmission", size=5))]
    with pytest.raises(FrameError, match="appeared while"):
        deliver(Access(), Url("s3://shoot"), files, overwrite=False)
    assert s3.cat("shoot/x") == b"mine"


def test_missing_bucket_and_key_are_told(s3: Any, run: Run, picture: PictureMaker) -> None:
    with pytest.raises(RecipeError, match="s3://nowhere/in: no such file, folder or bucket"):
        run("s3://nowhere/in", output="s3://shoot/clean")
    with pytest.raises(RecipeError, match=r"s3://shoot/\*\.nef: nothing matches"):
        run("s3://shoot/*.nef", output="s3://shoot/clean")
    with pytest.raises(EnvironmentFailure, match="s3://nowhere/clean cannot be used: no such bucket"):
        run(picture("a.png"), output="s3://nowhere/clean")


def test_server_that_is_not_there_is_told(
    s3: Any, run: Run, picture: PictureMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    type(s3).clear_instance_cache()
    with pytest.raises(EnvironmentFailure, match="s3://shoot/in: cannot be looked at: "):
        run("s3://shoot/in", output="s3://shoot/clean")


def test_ledger_of_a_bucket_is_asked_by_the_verbs(
    shoot: Any, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("s3://shoot/in", output="s3://shoot/clean")
    home = str(tmp_path / "ledger")
    assert main(["status", home]) == 0
    assert main(["verify", home, "--sources"]) == 0
    assert main(["export", home, "--format", "json", "-o", str(tmp_path / "all.json")]) == 0
    assert len(json.loads((tmp_path / "all.json").read_text())["frames"]) == 2
    assert main(["export", home, "--format", "mhl"]) == 2
    shoot.pipe("shoot/clean/IMG_2_small.jpg", b"other")
    shoot.rm("shoot/clean/IMG_10_small.jpg")
    capsys.readouterr()
    assert main(["verify", home, "--json"]) == 1
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {bad["path"]: bad["finding"] for bad in found["bad"]} == {
        "IMG_2_small.jpg": "changed",
        "IMG_10_small.jpg": "missing",
    }


def test_command_line(
    shoot: Any, short_recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["run", str(short_recipe), "s3://shoot/in", "-o", "s3://shoot/clean", "--jobs", "0"]
    assert main(given) == 2
    assert "--ledger" in capsys.readouterr().err
    assert main([*given, "--ledger", str(tmp_path / "ledger"), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (lines[0]["output"], lines[1]["source"]) == ("s3://shoot/clean", "s3://shoot/in/IMG_2.png")
