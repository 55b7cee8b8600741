"""Packages of PyPI, npm and Debian, fetched by each registry's own client and checked against their hash."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ..pipeline.errors import EnvironmentFailure

TIMEOUT_S = 900

# A wheel is chosen by platform; the one that was hashed is fetched everywhere, and never installed.
_WHEEL = ("--only-binary=:all:", "--platform", "manylinux2014_x86_64", "--python-version", "3.11")


@dataclass(frozen=True)
class Package:
    """One version of one package: `registry` is pypi, npm or debian; `sha256` is that of the downloaded file."""

    name: str
    registry: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.registry})"


def download(package: Package, folder: Path) -> Path:
    """Fetch the package into the (empty) folder and return its file.

    `EnvironmentFailure` where the client is missing, the registry gives nothing, or the hash is another.
    """
    command = _command(package)
    client = "pip" if package.registry == "pypi" else command[0]
    if shutil.which(command[0]) is None:
        raise EnvironmentFailure(f"{package}: needs {client}, which is not installed here")
    _run(package, command, folder)
    files = [path for path in folder.iterdir() if path.is_file()]
    if len(files) != 1:
        raise EnvironmentFailure(f"{package}: {client} left {len(files)} files instead of the package")
    check(str(package), files[0].read_bytes(), package.sha256)
    return files[0]


def check(what: str, data: bytes, sha256: str) -> None:
    """Raise `EnvironmentFailure` where the data are not those that were hashed for the table."""
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise EnvironmentFailure(f"{what}: sha256 is {found}, expected {sha256}; it is not used")


def _command(package: Package) -> list[str]:
    if package.registry == "pypi":
        pinned = f"{package.name}=={package.version}"
        return [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *_WHEEL, pinned]
    if package.registry == "npm":
        return ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    return ["apt-get", "download", "--quiet", f"{package.name}={package.version}"]


def _run(package: Package, command: list[str], folder: Path) -> None:
    try:
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired as e:
        raise EnvironmentFailure(f"{package}: no answer within {TIMEOUT_S} s") from e
    if run.returncode:
        said = (run.stderr.strip() or run.stdout.strip() or f"exit status {run.returncode}").splitlines()[-1]
        raise EnvironmentFailure(f"{package}: cannot be fetched: {said}{_advice(package)}")


def _advice(package: Package) -> str:
    if package.registry != "debian":
        return ""
    return f"; run `apt-get update`, and see with `apt-cache policy {package.name}` which version is offered"
