"""The user's store of weights: authors' checkpoints, converted once, each with a card beside it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...pipeline.errors import EnvironmentFailure, RecipeError
from ...pipeline.network import NetworkSpec
from ...pipeline.suggest import unknown

if TYPE_CHECKING:
    from torch import Tensor

FOLDER_VARIABLE = "UNVEIL_WEIGHTS"
_SHA = r"[0-9a-f]{64}"


def store_folder() -> Path:
    """Return the folder of the store: `UNVEIL_WEIGHTS`, else one in the user's data folder."""
    if folder := os.environ.get(FOLDER_VARIABLE):
        return Path(folder)
    if sys.platform == "win32":
        data = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        data = Path.home() / "Library" / "Application Support"
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "unveil" / "weights"


def check_variant(spec: NetworkSpec, variant: str) -> str:
    """Return the variant, the usual one for an empty name; `RecipeError` with a suggestion if there is none."""
    if not variant:
        return spec.variants[0]
    if variant not in spec.variants:
        if spec.variants == ("",):
            raise RecipeError(f"{spec.name} has no variants; leave {variant!r} out")
        raise RecipeError(
            unknown(f"variant of {spec.name}", variant, [name for name in spec.variants if name])
        )
    return variant


def stored(name: str, variant: str) -> list[Path]:
    """Return the imported weight files of a network, the one imported last first."""
    stem = re.escape(_stem(name, variant))
    pattern = re.compile(rf"{stem}-{_SHA}\.safetensors")
    folder = store_folder()
    found = [path for path in folder.iterdir() if pattern.fullmatch(path.name)] if folder.is_dir() else []
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


_NONE: Mapping[str, Path] = {}


def find_weights(name: str, variant: str = "", own: Mapping[str, Path] = _NONE) -> Path:
    """Return the weights of a variant of a network; see `find_variant`."""
    return find_variant(name, (variant,), own)[1]


def find_variant(name: str, variants: Sequence[str], own: Mapping[str, Path] = _NONE) -> tuple[str, Path]:
    """Return the first of the variants that has weights, and their file.

    Those that were imported last come first, then those that come with the plugin.

    Parameters
    ----------
    name : str
        Of the network.
    variants : sequence of str
        The one to be preferred first.
    own : mapping
        `NetworkSpec.own`.

    Raises
    ------
    EnvironmentFailure
        There are none; says where was looked and how they get there.
    """
    for variant in variants:
        if files := stored(name, variant):
            return variant, files[0]
        if variant in own and own[variant].is_file():
            return variant, own[variant]
    names = " or ".join(repr(_stem(name, variant)) for variant in variants)
    ways = ", or ".join(dict.fromkeys(_way(name, variant, variant in own) for variant in variants))
    raise EnvironmentFailure(f"no weights of {names} are in {store_folder()}; {ways}")


def _way(name: str, variant: str, own: bool) -> str:
    option = f" --variant {variant}" if variant else ""
    start = f"train them (`unveil train --method {name}`)" if own else "get the authors' files"
    return f"{start} and run `unveil weights import {name} FILE...{option}`"


def import_weights(spec: NetworkSpec, variant: str, files: Sequence[Path]) -> Path:
    """Convert the authors' files to float32 safetensors in the store and return where they are.

    A single file whose keys are the network's own, as training writes it, is taken as it is. What is stored
    already is not written again, but counts as imported last.

    Raises
    ------
    RecipeError
        Too few files, or no such variant.
    EnvironmentFailure
        A file cannot be read, holds more than plain tensors, or does not fit the network (the first key that is
        missing, unexpected, of another shape or not finite is named); or the store cannot be written.
    """
    from .checkpoints import check_fit, read_checkpoint

    variant = check_variant(spec, variant)
    if not files or len(set(files)) < len(files):
        raise RecipeError(f"{spec.name} takes {spec.files} different files, got {len(files)}")
    held = {path: read_checkpoint(path) for path in files}
    expected = spec.network(variant).state_dict()
    fitting = check_fit(", ".join(map(str, files)), _state(spec, variant, held, expected.keys()), expected)
    try:
        return _store(spec, variant, fitting, files)
    except OSError as error:
        raise EnvironmentFailure(f"the weights cannot be stored in {store_folder()}: {error}") from error


def _state(
    spec: NetworkSpec, variant: str, held: Mapping[Path, Mapping[str, Any]], keys: Set[str]
) -> Mapping[str, Tensor]:
    from .checkpoints import tensors

    first = next(iter(held))
    if len(held) == 1 and (variant in spec.own or held[first].keys() == keys):
        return tensors(first, held[first])
    if len(held) < spec.files:
        raise RecipeError(f"{spec.name} takes {spec.files} different files, got {len(held)}")
    return spec.convert(held, variant)


def _store(spec: NetworkSpec, variant: str, state: Mapping[str, Tensor], files: Sequence[Path]) -> Path:
    from safetensors.torch import save

    data: bytes = save(dict(state))
    digest = hashlib.sha256(data).hexdigest()
    path = store_folder() / f"{_stem(spec.name, variant)}-{digest}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    card = {
        "method": spec.name,
        "variant": variant,
        "licence": "as its authors say",
        "source": spec.summary,
        "files": [{"name": file.name, "sha256": _sha256(file)} for file in files],
        "sha256": digest,
    }
    _write(path.with_suffix(".json"), (json.dumps(card, indent=2) + "\n").encode())
    _write(path, data)
    return path


def _write(path: Path, data: bytes) -> None:
    """Write a file in one step: under its name it is whole or not there."""
    part = path.with_name(f".{path.name}.part-{os.getpid()}")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _stem(name: str, variant: str) -> str:
    return f"{name}-{variant}" if variant else name


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
