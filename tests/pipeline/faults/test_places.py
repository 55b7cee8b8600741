"""Disks that fill up, and files and folders that may not be read or written."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
import pytest

from unveil.pipeline.results import Status

if TYPE_CHECKING:
    from .conftest import Lab

Picture = Callable[..., Path]
Hashes = Callable[[Sequence[Path]], dict[Path, str]]


@pytest.fixture
def small_disk(lab: Lab) -> Iterator[Path]:
    """A file system of 640 KiB under the output folder."""
    lab.out.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=640k", "tmpfs", str(lab.out)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user cannot mount a small file system")
    yield lab.out
    subprocess.run(["umount", "-l", str(lab.out)], check=True)


def noise(path: Path, seed: int) -> Path:
    """Write a picture whose JPEG is about 130 kB."""
    pixels = np.random.default_rng(seed).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    path.write_bytes(imagecodecs.png_encode(pixels))
    return path


def test_a_full_disk_fails_what_has_no_room_and_nothing_else(
    lab: Lab, small_disk: Path, tmp_path: Path, hashes: Hashes
) -> None:
    sources = [noise(tmp_path / f"{n}.png", n) for n in range(8)]
    before = hashes(sources)

    status, stderr = lab.run(sources, "--jobs", "0")
    # The disk has no room for a frame, which fails, or none for the ledger, which ends the run.
    assert status in (1, 3), stderr
    if status == 1:
        assert all("cannot be written: no space left on device" in r for r in lab.reasons().values())
        assert set(lab.statuses()) == {source.stem for source in sources}
    else:
        assert "cannot be written: database or disk is full" in stderr
    assert not list(lab.out.glob(".*.part-*"))

    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    status, stderr = lab.run(sources, "--jobs", "0")
    assert status == 0, stderr
    assert len(lab.statuses()) == len(sources)
    assert set(lab.statuses().values()) == {Status.DONE}
    assert hashes(sources) == before
    lab.check()


@pytest.fixture
def someone(lab: Lab) -> Lab:
    """The lab, used by somebody for whom permissions count: root does without its privilege to pass over them."""
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may read and write everything, and there is no setpriv to change that")
        lab.before = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    return lab


def test_what_may_not_be_read_or_written_fails_alone(someone: Lab, hashes: Hashes) -> None:
    lab = someone
    lab.recipe.write_text(lab.recipe.read_text().replace("{stem}_small", "{stem}/small"))
    sources = [noise(lab.folder / f"{name}.png", 0) for name in ("good", "secret", "locked")]
    before = hashes(sources)
    (lab.out / "locked").mkdir(parents=True)
    sources[1].chmod(0)
    (lab.out / "locked").chmod(0o555)

    status, stderr = lab.run(sources, "--jobs", "0")
    sources[1].chmod(0o644)
    assert status == 1, stderr
    assert lab.statuses() == {"good": Status.DONE, "secret": Status.FAILED, "locked": Status.FAILED}
    reasons = lab.reasons()
    assert "cannot be opened: no permission to read it" in reasons["secret"]
    assert "cannot be written: permission denied" in reasons["locked"]
    assert hashes(sources) == before
    lab.check()

    lab.out = lab.out / "locked" / "deeper"
    status, stderr = lab.run(sources[:1], "--jobs", "0")
    assert status == 3
    assert f"the output folder {lab.out} cannot be used: Permission denied" in stderr
