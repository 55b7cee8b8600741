"""A history that the tools of the ASC read."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from unveil.pipeline.errors import EnvironmentFailure
from unveil.pipeline.hashing import xxh3
from unveil.pipeline.ledger import add_to_ledger, reading
from unveil.pipeline.ledger.mhl import c4, write_mhl
from unveil.pipeline.results import FrameResult, Status, Written

SPACE = "{urn:ASC:MHL:v2.0}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    (out / "proof").mkdir(parents=True)
    outputs = []
    for name in ("a.tif", "proof/a.jpg"):
        path = out / name
        path.write_bytes(name.encode() * 99)
        status = path.stat()
        outputs.append(
            Written(
                path=name, role="t", size=status.st_size, changed=1_700_000_000_000_000_000, xxh3=xxh3(path)
            )
        )
    add_to_ledger(out, [FrameResult(source="/s/a.nef", status=Status.DONE, outputs=tuple(outputs))])
    return out


def write(folder: Path) -> Path:
    with reading(folder) as ledger:
        assert ledger is not None
        return write_mhl(folder, ledger)


def test_the_manifest_names_every_result_with_size_time_and_hash(folder: Path) -> None:
    root = ElementTree.parse(write(folder)).getroot()
    entries = root.findall(f"{SPACE}hashes/{SPACE}hash")
    assert [e.findtext(f"{SPACE}path") for e in entries] == ["a.tif", "proof/a.jpg"]
    path = entries[0].find(f"{SPACE}path")
    assert path is not None
    assert path.attrib == {"size": "495", "lastmodificationdate": "2023-11-14T22:13:20+00:00"}
    assert entries[0].findtext(f"{SPACE}xxh3") == xxh3(folder / "a.tif")


def test_the_chain_holds_the_identity_of_the_manifest(folder: Path) -> None:
    manifest = write(folder)
    chain = (manifest.parent / "ascmhl_chain.xml").read_text("utf-8")
    assert c4(manifest.read_bytes()) in chain
    assert manifest.name in chain


def test_identities_are_those_of_the_standard() -> None:
    # The example of SMPTE ST 2114: the C4 ID of no bytes at all.
    empty = "c459dsjfscH38cYeXXYogktxf4Cd9ibshE3BHUo6a58hBXmRQdZrAkZzsWcbWtDg5oQstpDuni4Hirj75GEmTc1sFT"
    assert c4(b"") == empty


def test_a_history_that_is_there_is_not_touched(folder: Path) -> None:
    write(folder)
    with pytest.raises(EnvironmentFailure, match=r"holds a history already; `ascmhl create .*` adds"):
        write(folder)


@pytest.mark.skipif(shutil.which("ascmhl") is None, reason="the program `ascmhl` (PyPI) is not installed")
def test_the_reference_tool_finds_nothing_new_and_nothing_missing(folder: Path) -> None:
    write(folder)
    done = subprocess.run(["ascmhl", "diff", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
