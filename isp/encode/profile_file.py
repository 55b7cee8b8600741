"""ICC profiles that a recipe names by their path. Imports no torch: a plan reads them before any picture.

Reference: ICC.1:2022, section 7.2 (header).
"""

from __future__ import annotations

from pathlib import Path

from ..parameters import Encode

HEADER, CLASS_AT, SPACE_AT, MAGIC_AT = 128, 12, 16, 36
USABLE = (b"mntr", b"prtr", b"scnr", b"spac")
"""Classes of profiles that pixels can be converted to: display, printer, input, colour space."""


def read_profile(path: Path) -> bytes:
    """Return an ICC profile for RGB pixels; `ValueError` with one sentence for another file, `OSError` if none."""
    data = path.read_bytes()
    if len(data) < HEADER or data[MAGIC_AT : MAGIC_AT + 4] != b"acsp":
        raise ValueError(f"{path}: is not an ICC profile")
    space, kind = data[SPACE_AT : SPACE_AT + 4], data[CLASS_AT : CLASS_AT + 4]
    if space != b"RGB ":
        words = space.decode("ascii", "replace").strip()
        raise ValueError(f"{path}: is a profile for {words} pixels; give one for RGB")
    if kind not in USABLE:
        words = kind.decode("ascii", "replace").strip()
        raise ValueError(
            f"{path}: is a profile of class {words!r}; give one of a display, printer or colour space"
        )
    if int.from_bytes(data[:4], "big") != len(data):
        raise ValueError(f"{path}: is {len(data)} bytes long and says another length; copy it again")
    return data


def profile_problems(parameters: Encode) -> list[str]:
    """Return why the profile file of an `encode` cannot be used; nothing where it can, or where there is none."""
    if parameters.profile_file is None:
        return []
    try:
        read_profile(Path(parameters.profile_file))
    except OSError as error:
        return [f"icc: {parameters.profile_file}: cannot be opened: {(error.strerror or str(error)).lower()}"]
    except ValueError as error:
        return [f"icc: {error}"]
    return []


def profile_files(parameters: Encode) -> list[Path]:
    """Return the profile file that decides the result of an `encode`, if there is one."""
    return [Path(parameters.profile_file)] if parameters.profile_file is not None else []
