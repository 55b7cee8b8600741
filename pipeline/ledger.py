"""The record of what came of every frame, beside the results: `ledger.json` in the output folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from .errors import EnvironmentFailure
from .results import FrameResult, Status
from .shown import shown

NAME = "ledger.json"
VERSION = 1


def read_ledger(folder: Path) -> dict[str, FrameResult]:
    """Return what the ledger of an output folder says, by source; empty where there is none.

    Raises
    ------
    EnvironmentFailure
        The ledger cannot be read, or is not one.
    """
    path = folder / NAME
    try:
        data = json.loads(path.read_bytes())
        if data["unveil"] != VERSION:
            raise ValueError(f"version {data['unveil']!r} is unknown")
        results = [FrameResult.from_json(frame) for frame in data["frames"]]
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise EnvironmentFailure(f"{shown(path)} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise EnvironmentFailure(
            f"{shown(path)}: not a ledger that can be read ({type(error).__name__}: {error}); move it away"
        ) from error
    return {result.source: result for result in results}


def write_ledger(folder: Path, results: Iterable[FrameResult]) -> Mapping[str, FrameResult]:
    """Merge results into the ledger of an output folder, in one step, and return the whole.

    A frame that was skipped keeps what the ledger says of it; one that failed keeps the outputs of an earlier
    run, for they still stand.

    Raises
    ------
    EnvironmentFailure
        The ledger cannot be read or written.
    """
    known = read_ledger(folder)
    for result in results:
        earlier = known.get(result.source)
        if earlier is None or result.status is Status.DONE:
            known[result.source] = result
        elif result.status is Status.FAILED:
            known[result.source] = replace(result, outputs=earlier.outputs)
    document = {"unveil": VERSION, "frames": [result.to_json() for result in known.values()]}
    write_whole(folder / NAME, json.dumps(document, separators=(",", ":")))
    return known


def write_whole(path: Path, text: str) -> None:
    """Write a file beside its name and rename it: it is there whole or not at all (`EnvironmentFailure`)."""
    temporary = path.with_name(f".{path.name}.part-{os.getpid()}")
    try:
        temporary.write_text(text, "utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise EnvironmentFailure(f"{shown(path)} cannot be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
