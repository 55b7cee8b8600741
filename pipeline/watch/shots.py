"""Which files of a folder are one frame: picture, the camera's JPEG, side files, and signs that they are whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..inputs import JPEG_SUFFIXES, is_picture, leave_jpegs_of_raws, natural

WHOLE = ".done"
"""Behind the name of a file: another file by which whoever brings it says that it is whole (`IMG_1.NEF.done`)."""
MARK = ".unveiled"
"""Behind the name of a source: a file by which we say that its results are there."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame as it lies in a hot folder."""

    main: Path
    """What is developed."""
    jpegs: tuple[Path, ...] = ()
    """The camera's own, of a RAW."""
    sides: tuple[Path, ...] = ()
    """XMP files of any of these."""
    signs: tuple[Path, ...] = ()
    """Files that say that one of these is whole."""

    def parts(self) -> tuple[Path, ...]:
        """Return all but the signs."""
        return (self.main, *self.jpegs, *self.sides)

    def files(self) -> tuple[Path, ...]:
        """Return all its files, the picture itself last: as long as it is there the frame is known as one."""
        return (*self.signs, *self.sides, *self.jpegs, self.main)

    def may_get_raw(self) -> bool:
        """Return whether it is a JPEG alone, whose RAW may be on its way."""
        return is_jpeg(self.main)


def shots(folder: Path, names: Collection[str], sign: str = WHOLE) -> Iterator[Shot]:
    """Yield the frames of a folder in natural order; `sign` is what stands behind names of files that are whole."""
    there = {name.casefold(): folder / name for name in sorted(names)}
    pictures = sorted((folder / name for name in names if is_picture(Path(name))), key=natural)
    mains, jpegs = leave_jpegs_of_raws(pictures)
    of_stem: dict[str, list[Path]] = defaultdict(list)
    for jpeg in jpegs:
        of_stem[jpeg.stem].append(jpeg)
    given: set[Path] = set()

    def first(found: Iterable[Path | None]) -> tuple[Path, ...]:
        new = tuple(dict.fromkeys(path for path in found if path and path not in given))
        given.update(new)
        return new

    def named(*wanted: str) -> tuple[Path, ...]:
        return first(there.get(name.casefold()) for name in wanted)

    for main in mains:
        own = first(() if is_jpeg(main) else of_stem[main.stem])
        sides = named(f"{main.stem}.xmp", *(f"{part.name}.xmp" for part in (main, *own)))
        yield Shot(
            main=main,
            jpegs=own,
            sides=sides,
            signs=named(*(f"{part.name}{sign}" for part in (main, *own, *sides))),
        )


def is_jpeg(path: Path) -> bool:
    """Return whether a file is a JPEG by its suffix."""
    return path.suffix.lower() in JPEG_SUFFIXES
