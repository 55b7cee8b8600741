"""Connections that break, sources that change, and what is left of passwords."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from unveil.pipeline.errors import RecipeError
from unveil.pipeline.remote.access import Access, split_credentials
from unveil.pipeline.results import Status
from unveil.pipeline.url import Url

PictureMaker = Callable[..., Path]
Run = Callable[..., Any]


@pytest.fixture
def shoot(memory: Any, picture: PictureMaker) -> Any:
    """One picture in the store."""
    memory.pipe("/shoot/a.png", picture("a.png").read_bytes())
    return memory


def breaking(times: int, error: Exception, then: Any, before: Callable[..., None] = lambda *a: None) -> Any:
    """Return a method that fails some times, in mid-transfer, before it does what it should."""
    left = [times]

    def method(self: Any, *args: Any, **more: Any) -> Any:
        if left[0] > 0:
            left[0] -= 1
            before(self, *args)
            raise error
        return then(self, *args, **more)

    return method


def half(self: Any, remote: str, local: str) -> None:
    Path(local).write_bytes(self.cat(remote)[:100])


def test_broken_transfer_is_tried_again(shoot: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = type(shoot)
    monkeypatch.setattr(kind, "get_file", breaking(2, ConnectionResetError("gone"), kind.get_file, half))
    monkeypatch.setattr(kind, "put_file", breaking(2, ConnectionResetError("gone"), kind.put_file))
    tally, _ = run("memory://shoot", output="memory://clean")
    assert (tally.exit_status(), shoot.find("/clean")) == (0, ["/clean/a_small.jpg"])


def test_connection_that_stays_away_fails_the_frame(
    shoot: Any, run: Run, picture: PictureMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoot.pipe("/shoot/b.png", picture("b.png", 1).read_bytes())
    kind = type(shoot)
    monkeypatch.setattr(kind, "get_file", breaking(4, ConnectionResetError(104, "gone"), kind.get_file, half))
    tally, results = run("memory://shoot", output="memory://clean")
    assert (results[0].status, results[0].reason) == (
        Status.FAILED,
        "memory://shoot/a.png: cannot be fetched: gone",
    )
    assert (tally.exit_status(), shoot.find("/clean")) == (1, ["/clean/b_small.jpg"])


def test_short_file_is_not_taken_for_whole(shoot: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        type(shoot), "get_file", lambda self, remote, local, **more: half(self, remote, local)
    )
    _, results = run("memory://shoot", output="memory://clean")
    assert "100 of" in results[0].reason
    assert "bytes came" in results[0].reason


def test_broken_delivery_leaves_nothing(shoot: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = type(shoot)

    def part(self: Any, local: str, remote: str) -> None:
        self.pipe_file(remote, b"half")

    monkeypatch.setattr(kind, "put_file", breaking(4, ConnectionResetError(104, "gone"), kind.put_file, part))
    tally, results = run("memory://shoot", output="memory://clean")
    assert (tally.exit_status(), shoot.find("/clean")) == (1, [])
    assert results[0].reason == "memory://shoot/a.png: memory://clean/a_small.jpg cannot be written: gone"


def test_source_that_changes_while_it_is_fetched_fails(
    shoot: Any, run: Run, picture: PictureMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, other, get = type(shoot), picture("b.png", 1).read_bytes(), type(shoot).get_file

    def changed(self: Any, remote: str, local: str, **more: Any) -> None:
        get(self, remote, local, **more)
        self.pipe_file(remote, other)

    monkeypatch.setattr(kind, "get_file", changed)
    _, results = run("memory://shoot", output="memory://clean")
    assert results[0].reason.startswith("memory://shoot/a.png: was changed while it was fetched")
    assert shoot.find("/clean") == []


def test_what_a_killed_worker_left_of_a_delivery_is_swept(shoot: Any, run: Run) -> None:
    shoot.pipe("/clean/.unveil-receipts/1234.part", b"half")
    run("memory://shoot", output="memory://clean")
    assert shoot.find("/clean") == ["/clean/a_small.jpg"]


def test_passwords_are_taken_out_of_urls() -> None:
    pytest.importorskip("fsspec.implementations.ftp")
    url, options = split_credentials("ftp://anna:s3cret@host:2121/shoot/a.nef")
    assert str(url) == "ftp://host:2121/shoot/a.nef"
    assert options == {"username": "anna", "password": "s3cret"}
    access = Access(options={url.head: options})
    assert "s3cret" not in repr(access)
    assert pickle.loads(pickle.dumps(access)).options == access.options


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("memory://a:b@shoot/x", "memory://shoot/x: user and password"),
        ("memory://shoot//x.nef", "missing, empty"),
        ("memory://shoot/../x.nef", "missing, empty"),
        ("memory://", "missing, empty"),
        ("zip://a.nef::memory://b.zip", "several URLs"),
        ("nonsense://u:p@host/a", "Protocol not known"),
    ],
)
def test_wrong_urls_are_refused_without_their_password(text: str, sentence: str) -> None:
    with pytest.raises(RecipeError, match=sentence) as caught:
        split_credentials(text)
    assert "a:b" not in str(caught.value)
    assert "u:p" not in str(caught.value)


def test_protocol_that_is_unknown_is_told(run: Run, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="nonsense"):
        run("nonsense://host/a.nef", output=str(tmp_path / "out"), ledger=None)


def test_url_is_a_path_that_says_its_protocol() -> None:
    url = Url("s3://bucket/shoot/a.tar.nef")
    assert (url.name, url.stem, url.suffix, str(url.parent)) == (
        "a.tar.nef",
        "a.tar",
        ".nef",
        "s3://bucket/shoot",
    )
    assert (url.protocol, url.head, str(url.with_suffix(""))) == (
        "s3",
        "s3://bucket",
        "s3://bucket/shoot/a.tar",
    )
    assert pickle.loads(pickle.dumps(url)) == url
    assert str(pickle.loads(pickle.dumps(url))) == str(url)
