"""Where sources go: `done/`, `failed/` with the reason beside, or nowhere. Nothing is replaced there."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

from ..results import FrameResult
from ..shown import shown
from ..whole import write_whole
from .scan import DONE, FAILED
from .shots import MARK, Shot
from .ticket import Then

REASON = ".reason.txt"


class Away:
    """Puts the sources of one hot folder away."""

    def __init__(self, incoming: Path, taken: Callable[[Path], bool]) -> None:
        self._incoming = incoming
        self._taken = taken
        """Whether a path is known as a source already, though nothing may lie there any more."""

    def done(self, shot: Shot, result: FrameResult, then: Then) -> Path | None:
        """Put a frame away whose results are there; return where its picture lies now, if it was moved (`OSError`)."""
        self.clear(shot.main)
        if then is Then.MARK:
            _write(shot.main.with_name(shot.main.name + MARK), _results(result))
        return self._moved(shot, DONE) if then is Then.MOVE else None

    def failed(self, shot: Shot, reason: str, then: Then) -> Path | None:
        """Write why a frame failed, and put it away where that is wanted; return as `done` (`OSError`)."""
        if then is not Then.MOVE:
            self.tell(shot.main, reason)
            return None
        number = self._free(shot, FAILED)
        self._write(self._reason(self._target(shot, shot.main, FAILED, number)), shot.main, reason)
        return self._moved(shot, FAILED, number)

    def tell(self, path: Path, reason: str) -> None:
        """Write below `failed/` what is wrong with a file that stays where it is (`OSError`)."""
        home = self._incoming / FAILED / path.relative_to(self._incoming)
        names = (self._reason(home.with_name(_numbered(home.name, home.stem, n))) for n in count(1))
        self._write(
            next(name for name in names if not os.path.lexists(name) or _is_about(name, path)), path, reason
        )

    def clear(self, path: Path) -> None:
        """Remove what `tell` has written of a file: it is true no more."""
        told = self._reason(self._incoming / FAILED / path.relative_to(self._incoming))
        if _is_about(told, path):
            told.unlink(missing_ok=True)

    def beside(self, shot: Shot, picture: Path) -> None:
        """Move a frame that turned out to belong to one that was put away, beside that; `OSError`."""
        for file in shot.files():
            _move(file, picture.with_name(picture.stem + file.name[len(shot.main.stem) :]))

    def _moved(self, shot: Shot, where: str, number: int = 0) -> Path:
        """Move all files of a frame, side files first, so that a crash in between leaves the picture to be found."""
        number = number or self._free(shot, where)
        for file in shot.files():
            target = self._target(shot, file, where, number)
            if os.path.lexists(file):
                _move(file, target)
        return self._target(shot, shot.main, where, number)

    def _free(self, shot: Shot, where: str) -> int:
        """Return the first number under which all files of a frame have room."""

        def has_room(number: int) -> bool:
            targets = [(file, self._target(shot, file, where, number)) for file in shot.files()]
            reason = self._reason(targets[-1][1])
            if where == FAILED and os.path.lexists(reason) and not _is_about(reason, shot.main):
                return False
            return not self._taken(targets[-1][1]) and not any(_in_the_way(*pair) for pair in targets)

        return next(filter(has_room, count(1)))

    def _target(self, shot: Shot, file: Path, where: str, number: int) -> Path:
        home = self._incoming / where / file.parent.relative_to(self._incoming)
        return home / _numbered(file.name, shot.main.stem, number)

    def _reason(self, path: Path) -> Path:
        return path.with_name(path.name + REASON)

    def _write(self, path: Path, source: Path, reason: str) -> None:
        text = f"{reason}\n\n{_about(source)}\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        if _is_about(path, source):
            _write(path, text)
        else:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)


def _write(path: Path, text: str) -> None:
    """Write a text, unless that is what is there."""
    try:
        if path.read_text("utf-8") == text:
            return
    except (OSError, ValueError):
        pass
    write_whole(path, text)


def _results(result: FrameResult) -> str:
    return "\n".join((result.finished, *(written.path for written in result.outputs), ""))


def _numbered(name: str, stem: str, number: int) -> str:
    """Return the name of one of a frame's files with a number behind the stem that they share."""
    return name if number == 1 else f"{name[: len(stem)]}_{number}{name[len(stem) :]}"


def _in_the_way(file: Path, target: Path) -> bool:
    """Return whether something else than the file itself lies where it is to go."""
    return os.path.lexists(target) and not (
        os.path.lexists(file) and os.path.samestat(file.lstat(), target.lstat())
    )


def _move(file: Path, target: Path) -> None:
    """Rename a file, and never over another (`OSError`)."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, target, follow_symlinks=False)
    except FileExistsError:
        if _in_the_way(file, target):
            raise
    except (OSError, NotImplementedError):  # no hard links: FAT, many network shares
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        try:
            os.replace(file, target)
        except OSError:
            target.unlink(missing_ok=True)
            raise
        return
    file.unlink()


def _about(source: Path) -> str:
    return f"source: {shown(source)}"


def _is_about(path: Path, source: Path) -> bool:
    """Return whether a file is a reason that was written for a source."""
    try:
        return path.read_text("utf-8").rstrip("\n").endswith(f"\n{_about(source)}")
    except (OSError, ValueError):
        return False
