"""A package is taken from its registry's client only with the hash that is known."""

import hashlib
from pathlib import Path

import pytest

from unveil.pipeline.errors import EnvironmentFailure
from unveil.training.registries import Package, download


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "out"
    path.mkdir()
    return path


def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, script: str) -> None:
    """Put a program of that name in the place of the registry's client, which needs a network."""
    (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")


def test_package_with_the_known_hash_is_returned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    client(tmp_path, monkeypatch, "npm", 'printf "$3" > made-1.0.tgz')
    package = Package("made", "npm", "1.0", hashlib.sha256(b"made@1.0").hexdigest())
    assert download(package, folder) == folder / "made-1.0.tgz"


def test_package_with_another_hash_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    client(tmp_path, monkeypatch, "npm", "printf other > made-1.0.tgz")
    with pytest.raises(EnvironmentFailure, match=r"made 1\.0 \(npm\): sha256 is .* it is not used"):
        download(Package("made", "npm", "1.0", "0" * 64), folder)


def test_client_that_fails_is_quoted_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    client(tmp_path, monkeypatch, "apt-get", "echo 'E: Version 1.0 was not found' >&2; exit 100")
    with pytest.raises(EnvironmentFailure, match=r"E: Version 1\.0 was not found; run `apt-get update`"):
        download(Package("made", "debian", "1.0", "0" * 64), folder)


def test_client_that_leaves_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    client(tmp_path, monkeypatch, "npm", "true")
    with pytest.raises(EnvironmentFailure, match="npm left 0 files instead of the package"):
        download(Package("made", "npm", "1.0", "0" * 64), folder)
