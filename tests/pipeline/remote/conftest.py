"""A store in memory, and servers of this machine: S3 (moto), HTTP and SFTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from unveil.pipeline.plan import Plan
from unveil.pipeline.remote import access
from unveil.pipeline.results import FrameResult
from unveil.pipeline.run import Options, execute, prepare
from unveil.pipeline.store import place_of
from unveil.pipeline.tally import Tally

Run = Callable[..., tuple[Tally, list[FrameResult]]]


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Any:
    """fsspec's store in memory, empty."""
    system = fsspec.filesystem("memory")
    monkeypatch.setattr(type(system), "store", {})
    monkeypatch.setattr(type(system), "pseudo_dirs", [""])
    return system


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait between tries."""
    monkeypatch.setattr(access, "PAUSES", (0.0, 0.0, 0.0))


@pytest.fixture
def run(short_plan: Plan, tmp_path: Path) -> Run:
    """Run the short recipe in this process: inputs, output, options."""

    def go(
        *inputs: str | Path, output: str, plan: Plan = short_plan, **more: Any
    ) -> tuple[Tally, list[FrameResult]]:
        results: list[FrameResult] = []
        options = Options(**{"output": place_of(output), "ledger": tmp_path / "ledger", "jobs": 0, **more})
        return execute(prepare(plan, list(inputs), options), results.append), results

    return go


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """The address of an S3 server of this machine."""
    pytest.importorskip("moto.server", reason="no S3 server: pip install 'moto[s3]' flask flask-cors")
    pytest.importorskip("s3fs", reason="no s3fs")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_address: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An S3 server with an empty bucket `shoot`, reached as the environment says, by workers too."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-of-somebody")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    system = fsspec.filesystem("s3")
    if system.exists("shoot"):
        system.rm("shoot", recursive=True)
    system.mkdir("shoot")
    yield system
    type(system).clear_instance_cache()
