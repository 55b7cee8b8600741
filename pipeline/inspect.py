"""Facts of a picture file, as the first stage reads it; nothing is developed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .develop import run_step, sentence
from .errors import FrameError, RecipeError
from .frame import Frame, Space
from .inputs import may_exist
from .shown import shown
from .single import build_stage

if TYPE_CHECKING:
    from .registry import Registry

LETTERS = "RGB"
DEVELOPMENT: Sequence[tuple[str, Mapping[str, str]]] = (
    ("linearize", {}),
    ("demosaic", {"algorithm": "superpixel"}),  # the quick one: colour is asked about here, not detail
    ("colour", {}),
)
CLIPPED = "clipped"
"""Map that `linearize` keeps."""


def inspect(source: Path, registry: Registry) -> dict[str, Any]:
    """Return what a file says of itself, ready for JSON.

    Keys: `file`, `make`, `model`, `width`, `height`, `crop` (row, column, height, width of what the maker shows),
    `space`, `primaries` and `curve` (finished pictures), `cfa` (rows of letters), `black`, `white` (counts, for each
    cell of their pattern), `clipped` (share of the samples that are saturated), `white_balance` (R, G, B with G = 1),
    `side_balance` and `side_temperature` (what an .xmp beside the file asks for instead), `matrix_source`, `matrices`,
    `baseline_exposure`, `orientation`, `rating` and `label` (of that .xmp), `icc` (bytes), `exif`, `chosen` (what
    `linearize` and `colour` make of it where a recipe says nothing: white balance, light, matrices), `notes`. What is
    not said is null. Width and height are those of the pixels as stored, before the orientation.

    Raises
    ------
    RecipeError
        There is no such file.
    FrameError
        The file cannot be read.
    """
    if not may_exist(source):
        raise RecipeError(f"{shown(source)}: no such file")
    try:
        frame = run_step(build_stage(registry, "decode", "cpu"), registry, Frame(source=source), "cpu")
        return facts(frame) | {"clipped": _clipped(frame, registry), "chosen": _chosen(frame, registry)}
    except FrameError as error:
        raise FrameError(sentence(source, error)) from (error.__cause__ or error)


def _clipped(frame: Frame, registry: Registry) -> float | None:
    """Share of the samples that are saturated, as `linearize` finds it; None of a finished picture."""
    if frame.space is Space.DISPLAY_RGB:
        return None
    kept: dict[str, Any] = {"highlights": "keep", "keep": [CLIPPED]}
    found = run_step(build_stage(registry, "linearize", "cpu", **kept), registry, frame, "cpu")
    return float(found.maps[CLIPPED].mean()) if CLIPPED in found.maps else None


def _chosen(frame: Frame, registry: Registry) -> list[str]:
    """What the stages choose for the file where a recipe leaves it to them, in their own words."""
    if frame.space is Space.DISPLAY_RGB:
        return []
    read = len(frame.trail)
    for name, parameters in DEVELOPMENT:
        frame = run_step(build_stage(registry, name, "cpu", **parameters), registry, frame, "cpu")
    return [
        f"{entry.stage}: {note}"
        for entry in frame.trail[read:]
        for note in entry.notes
        if entry.stage != "demosaic"
    ]


def facts(frame: Frame) -> dict[str, Any]:
    """Return the facts of a decoded frame; see `inspect`."""
    camera, pixels = frame.camera, frame.image()
    finished = frame.space is Space.DISPLAY_RGB
    return {
        "file": str(frame.source),
        "make": camera.make or None,
        "model": camera.model or None,
        "width": pixels.shape[2],
        "height": pixels.shape[1],
        "crop": camera.crop,
        "space": frame.space.value if frame.space else None,
        "primaries": frame.primaries or None,
        "curve": frame.curve or None,
        "cfa": ["".join(LETTERS[colour] for colour in row) for row in camera.cfa] if camera.cfa else None,
        "black": None if finished else camera.black,
        "white": None if finished else camera.white,
        "clipped": None,
        "white_balance": camera.white_balance,
        "side_balance": camera.side_balance,
        "side_temperature": camera.side_temperature,
        "matrix_source": camera.matrix_source or None,
        "matrices": [{"kelvin": kelvin, "xyz_to_camera": matrix} for kelvin, matrix in camera.xyz_to_camera],
        "baseline_exposure": None if finished else camera.baseline_exposure,
        "orientation": frame.metadata.orientation,
        "rating": frame.metadata.rating,
        "label": frame.metadata.label or None,
        "icc": len(frame.metadata.icc) if frame.metadata.icc else None,
        "exif": {name: plain(value) for name, value in sorted(frame.metadata.tags.items())},
        "chosen": [],
        "notes": [note for entry in frame.trail for note in entry.notes],
    }


def plain(value: Any) -> Any:
    """Return a tag's value as JSON has it: fractions as numbers, bytes as hexadecimal, sequences as lists."""
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    if isinstance(value, (float, Fraction)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, bytes):
        return value.hex(" ")
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value)


def rows(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Return facts as rows for people: name and value; what is unknown is left out."""
    facts = [(key, value) for key, value in found.items() if key not in ("exif", "chosen", "notes")]
    notes = [("chosen", words) for words in found["chosen"]] + [("note", note) for note in found["notes"]]
    every = (*facts, *found["exif"].items(), *notes)
    return [(key.replace("_", " "), _words(value)) for key, value in every if value not in (None, [], "")]


def _words(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, tuple)):
        return " ".join(
            f"[{_words(item)}]" if isinstance(item, (list, tuple)) else _words(item) for item in value
        )
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(item)}" for key, item in value.items())
    return str(value)
