"""When a file is whole: it stays as it is for a while, or a file beside it says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .scan import Sight, Signature
from .shots import WHOLE, Shot


@dataclass(slots=True, kw_only=True)
class Patience:
    """Knows since when each file is as it is now."""

    clock: Callable[[], float]
    """Seconds; only differences count."""
    settle: float
    """Seconds that size and time of change must stay the same."""
    partner: float
    """Seconds that a JPEG waits for its RAW."""
    sign: str = WHOLE
    """What stands behind the name of a file that is whole, in the name of another."""
    signed_only: bool = False
    """Whether a picture waits for such a file."""
    _since: dict[Path, tuple[Signature, float]] = field(default_factory=dict)

    def update(self, sight: Sight) -> None:
        """Take note of what is there; what is not is forgotten."""
        now = self.clock()
        since: dict[Path, tuple[Signature, float]] = {}
        for folder, files in sight.folders.items():
            for name, found in files.items():
                before = self._since.get(folder / name)
                since[folder / name] = before if before and before[0] == found else (found, now)
        self._since = since

    def is_ready(self, shot: Shot) -> bool:
        """Return whether all files of a frame are whole, and none is waited for."""
        if self.signed_only and not self._is_signed(shot.main):
            return False
        waits = self.partner if shot.may_get_raw() else 0.0
        return all(map(self.is_whole, shot.parts())) and self._stands(shot.main, waits)

    def is_whole(self, path: Path) -> bool:
        """Return whether a file is whole."""
        return path in self._since and (self._is_signed(path) or self._stands(path, self.settle))

    def signature(self, path: Path) -> Signature | None:
        """Return what a file was at the last look; None where it was not there."""
        return self._since[path][0] if path in self._since else None

    def signatures(self, shot: Shot) -> tuple[Signature | None, ...]:
        """Return what a frame's picture, JPEGs and side files were."""
        return tuple(map(self.signature, shot.parts()))

    def _is_signed(self, path: Path) -> bool:
        return path.with_name(path.name + self.sign) in self._since

    def _stands(self, path: Path, seconds: float) -> bool:
        return self.clock() - self._since[path][1] >= seconds
