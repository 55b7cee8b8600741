"""A store in memory, and servers of this machine: S3 (moto), HTTP and SFTP."""

from __future__ import annotations

import contextlib
import http.server
import importlib.util
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
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


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An HTTP server of this machine that lists its folders: its address and its folder."""
    pytest.importorskip("aiohttp", reason="no aiohttp")
    folder = tmp_path / "web"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", folder
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sftp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """An SSH server of this machine, which lets us in by a key: the URL of its folder, and that folder."""
    if importlib.util.find_spec("paramiko") is None:
        pytest.skip("no paramiko")
    sshd = shutil.which("sshd") or "/usr/sbin/sshd"
    if not (os.path.exists(sshd) and shutil.which("ssh-keygen") and os.geteuid() == 0):
        pytest.skip("no sshd that we may start")
    home = tmp_path / "ssh"
    home.mkdir()
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / name], check=True, timeout=20
        )
    Path("/run/sshd").mkdir(exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = (
        f"ListenAddress=127.0.0.1:{port}",
        f"HostKey={home / 'host'}",
        f"AuthorizedKeysFile={home / 'user.pub'}",
        f"PidFile={home / 'pid'}",
        "StrictModes=no",
        "UsePAM=no",
        "PermitRootLogin=yes",
        "Subsystem=sftp internal-sftp",
    )
    flags = [part for option in options for part in ("-o", option)]
    server = subprocess.Popen([sshd, "-D", "-e", "-f", "/dev/null", *flags], stderr=subprocess.DEVNULL)
    known = {"username": "root", "key_filename": str(home / "user"), "look_for_keys": False}
    monkeypatch.setitem(fsspec.config.conf, "sftp", known)
    _wait_for(port)
    yield f"sftp://127.0.0.1:{port}{tmp_path / 'ssh'}", home
    for system in _sftp_systems():
        system.client.close()
    server.terminate()
    server.wait(10)


def _sftp_systems() -> list[Any]:
    kind = fsspec.get_filesystem_class("sftp")
    systems = list(kind._cache.values())
    kind.clear_instance_cache()
    return systems


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    pytest.skip("sshd does not answer")
