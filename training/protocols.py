"""The published test sets: where their pairs lie, how they are sized, what others reached on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..pipeline.errors import RecipeError
from ..pipeline.suggest import listing, unknown
from .layouts import find_pairs
from .pairs import Pair, list_pairs

MULTIPLE = 8
"""Of Location-aware's test: both pictures of a pair are shrunk until their sides are multiples of 8."""


@dataclass(frozen=True, slots=True)
class Published:
    """A mean PSNR that others report, dB."""

    method: str
    psnr: float
    source: str
    pairs: int | None = None
    """How many pairs it is over; None: the whole set."""


@dataclass(frozen=True, slots=True)
class Standard:
    """A published test set."""

    words: tuple[str, ...]
    """One of them is in its folder's name; only letters and digits count."""
    size: int
    """Pairs that published means are over."""
    published: tuple[Published, ...]


@dataclass(frozen=True, slots=True)
class PairSet:
    """Pairs that share a mean."""

    name: str
    folder: Path
    pairs: list[Pair]
    standard: Standard | None = None


_IBCLN = "Li et al., CVPR 2020"
_DSRNET = "Hu, Guo, ICCV 2023"
STANDARDS: Mapping[str, Standard] = {
    "real20": Standard(
        ("real20", "real"),
        20,
        (
            Published("IBCLN", 21.86, f"{_IBCLN}; as tabled by Dong et al., ICCV 2021"),
            Published("Location-aware", 23.34, "Dong et al., ICCV 2021, Table 1"),
            Published("DSRNet", 23.91, f"{_DSRNET}; as tabled by later papers, its own table has 24.23"),
            Published("RDNet", 25.58, "Zhao et al., CVPR 2025"),
            Published("WindowSeat", 26.60, "Huawei Bayer Lab, 2025"),
        ),
    ),
    "nature20": Standard(
        ("nature",),
        20,
        (Published("IBCLN", 23.40, "measured on 10 pictures among its release's results", 10),),
    ),
    "sir2-postcard": Standard(
        ("postcard",),
        199,
        (
            Published("IBCLN", 23.39, f"{_IBCLN}; as tabled by later papers"),
            Published("DSRNet", 24.56, _DSRNET),
        ),
    ),
    "sir2-object": Standard(
        ("object",),
        200,
        (
            Published("IBCLN", 24.87, f"{_IBCLN}; as tabled by later papers"),
            Published("DSRNet", 26.28, _DSRNET),
        ),
    ),
    "sir2-wild": Standard(("wild",), 55, (Published("DSRNet", 25.68, _DSRNET),)),
}
GROUPS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in STANDARDS},
    "sir2": ("sir2-postcard", "sir2-object", "sir2-wild"),
}
"""What `--protocol` may name, and the sets that it stands for."""


def find_sets(folder: Path, protocol: str | None) -> list[PairSet]:
    """Return the pairs of a folder, in one set or in those of a protocol.

    Raises
    ------
    RecipeError
        The protocol is unknown, or the folder does not hold what it asks for.
    """
    if not folder.is_dir():
        raise RecipeError(f"{folder}: there is no such folder")
    if protocol is None:
        return [PairSet(folder.name, folder, find_pairs(folder) or list_pairs(folder))]
    if protocol not in GROUPS:
        raise RecipeError(unknown("protocol", protocol, GROUPS))
    names = GROUPS[protocol]
    return [_find(folder, name, alone=len(names) == 1) for name in names]


def _find(folder: Path, name: str, alone: bool) -> PairSet:
    standard = STANDARDS[name]
    inside = _folder_of(folder, standard, alone)
    pairs = find_pairs(inside)
    if not pairs:
        raise RecipeError(
            f"{inside}: holds no pairs of {name}; they lie in blended/ and transmission_layer/ (or transmission/) by "
            "the same stem, or in a folder for each scene as m.jpg and g.jpg"
        )
    return PairSet(name, inside, pairs, standard)


def _folder_of(folder: Path, standard: Standard, alone: bool) -> Path:
    """Return the one folder directly below that has the set's name, or the folder itself where it is the set."""
    below = [path for path in sorted(folder.iterdir()) if path.is_dir()]
    named = [path for path in below if _is_named(path, standard)]
    if len(named) == 1:
        return named[0]
    if named:
        raise RecipeError(f"{folder}: which of {listing(p.name + '/' for p in named)}? Give --pairs that one")
    others = any(_is_named(path, other) for path in below for other in STANDARDS.values())
    if _is_named(folder.absolute(), standard) or (alone and not others):
        return folder
    raise RecipeError(f"{folder}: has no folder with {standard.words[0]!r} in its name")


def _is_named(path: Path, standard: Standard) -> bool:
    letters = "".join(filter(str.isalnum, path.name.casefold()))
    return any(word in letters for word in standard.words)
