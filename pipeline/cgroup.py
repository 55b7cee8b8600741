"""What the control groups of Linux leave this process of the memory: in containers, SLURM jobs and systemd units.

References: the kernel's admin guide, cgroup-v2 (memory.max, memory.current, memory.stat) and cgroup-v1/memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

V2 = "memory.max", "memory.current", "inactive_file"
V1 = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"


def cgroup_memory(root: Path = Path("/")) -> tuple[int, int] | None:
    """Return limit and free bytes of the tightest group above this process; None where there is no limit.

    Files that the system keeps in memory and would drop count as free.

    Parameters
    ----------
    root
        Where `proc` and `sys` are found.
    """
    found = [room for folder, names in _groups(root) if (room := _room(folder, *names)) is not None]
    return (min(limit for limit, _ in found), min(free for _, free in found)) if found else None


def _groups(root: Path) -> Iterator[tuple[Path, tuple[str, str, str]]]:
    """Yield the folders of the groups with their files' names; in a container paths may be those of the host."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        own = PurePosixPath(path.lstrip("/"))
        if not controllers:
            base, names = root / "sys/fs/cgroup", V2
        elif "memory" in controllers.split(","):
            base, names = root / "sys/fs/cgroup/memory", V1
        else:
            continue
        yield from ((base / part, names) for part in (own, *own.parents))


def _room(folder: Path, limit: str, used: str, droppable: str) -> tuple[int, int] | None:
    try:
        most = int((folder / limit).read_text())  # "max" is no limit
        now = int((folder / used).read_text())
        rows = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return most, max(0, most - now + int(rows.get(droppable, 0)))
    except (OSError, ValueError):
        return None
