"""Limits of memory that control groups set."""

from __future__ import annotations

from pathlib import Path

import pytest

from unveil.pipeline.cgroup import cgroup_memory


def group(folder: Path, names: tuple[str, str], limit: object, used: int, stat: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{used}\n")
    (folder / "memory.stat").write_text(stat)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "proc/self").mkdir(parents=True)
    return tmp_path


def test_the_tightest_group_above_counts(root: Path) -> None:
    (root / "proc/self/cgroup").write_text("0::/slurm/job_7/step\n")
    names = ("memory.max", "memory.current")
    group(root / "sys/fs/cgroup/slurm", names, 9000, 1000, "inactive_file 0\n")
    group(root / "sys/fs/cgroup/slurm/job_7", names, 5000, 3000, "anon 1\ninactive_file 500\n")
    group(root / "sys/fs/cgroup/slurm/job_7/step", names, "max", 3000, "inactive_file 500\n")
    assert cgroup_memory(root) == (5000, 2500)


def test_the_first_version_is_read_too_and_a_path_of_the_host_is_passed_over(root: Path) -> None:
    (root / "proc/self/cgroup").write_text("4:cpu,cpuacct:/x\n3:memory:/docker/abc\n")
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
    group(root / "sys/fs/cgroup/memory", names, 4000, 3900, "cache 1\ntotal_inactive_file 1000\n")
    assert cgroup_memory(root) == (4000, 1100)


@pytest.mark.parametrize("line", ["0::/a\n", "1:name=systemd:/\n", ""])
def test_without_a_limit_there_is_none(root: Path, line: str) -> None:
    (root / "proc/self/cgroup").write_text(line)
    group(root / "sys/fs/cgroup/a", ("memory.max", "memory.current"), "max", 1, "")
    assert cgroup_memory(root) is None


def test_systems_without_groups_have_none(tmp_path: Path) -> None:
    assert cgroup_memory(tmp_path) is None
