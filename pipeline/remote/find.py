"""Folders, globs and files that are elsewhere, to sources."""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import EnvironmentFailure, RecipeError
from ..inputs import find_sources, is_picture, natural
from ..results import SourceFile
from ..shown import shown
from ..url import Place, Url, here, is_url
from .access import Access, split_credentials, words
from .facts import file_facts

Listed = Mapping[Url, Mapping[str, Any]]
"""Files with what fsspec says of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Sources, here and elsewhere, each once."""

    sources: tuple[Place, ...]
    facts: Mapping[Url, SourceFile]
    """Of those elsewhere."""
    access: Access


def find_everywhere(inputs: Sequence[str | Path], output: str | None = None) -> Found:
    """Return the files that paths and URLs name, as `inputs.find_sources` does for paths.

    `output`, a URL, is only asked for user and password.

    Raises
    ------
    RecipeError
        Something is not there; every such argument at once.
    EnvironmentFailure
        Something cannot be listed: no permission, no connection, a package is missing.
    """
    options: dict[str, Mapping[str, Any]] = {}
    given: list[tuple[Place, bool]] = []
    for one in (*inputs, *([output] if output else [])):
        url, known = split_credentials(str(one)) if is_url(one) else (Path(here(str(one))), {})
        if isinstance(url, Url) and known:
            options[url.head] = known
        given.append((url, str(one).endswith("/")))
    access = Access(options=options)
    return _found(access, given[: len(inputs)])


def _found(access: Access, given: Sequence[tuple[Place, bool]]) -> Found:
    sources: dict[Place, None] = {}
    facts: dict[Url, SourceFile] = {}
    problems: list[str] = []
    for place, is_folder in given:
        try:
            if isinstance(place, Url):
                listed = _expand(access, place, is_folder)
                facts |= {url: file_facts(info) for url, info in listed.items()}
                sources |= dict.fromkeys(listed)
            else:
                sources |= dict.fromkeys(find_sources([place]))
        except RecipeError as error:
            problems.extend(error.problems)
    if problems:
        raise RecipeError(*problems)
    return Found(sources=tuple(sources), facts=facts, access=access)


def listing(
    access: Access, url: Url, find: Callable[[Any, str], Mapping[str, Any]]
) -> dict[Url, Mapping[str, Any]]:
    """Return what a function lists of a file system: a path to fsspec's `info`; as URLs."""

    def found(system: Any, path: str) -> dict[Url, Mapping[str, Any]]:
        text = str(url)
        if not text.endswith(path.rstrip("/")):
            raise RecipeError(f"{shown(url)}: write it as {url.protocol}://{path}")
        head = text[: len(text) - len(path.rstrip("/"))]
        return {Url(head + name): info for name, info in find(system, path).items()}

    return access.at(url, found)


def _expand(access: Access, url: Url, is_folder: bool) -> Listed:
    try:
        if not is_folder:
            info = _info(access, url)
            if info is not None and info["type"] != "directory":
                return {url: info}
            if info is None and glob.has_magic(str(url)):
                return _matching(access, url)
            if info is None:
                raise FileNotFoundError
        return _in_folder(access, url)
    except FileNotFoundError as error:
        raise RecipeError(f"{shown(url)}: no such file, folder or bucket") from error
    except (OSError, NotImplementedError) as error:
        raise EnvironmentFailure(f"{shown(url)}: cannot be looked at: {words(error)}") from error


def _info(access: Access, url: Url) -> Mapping[str, Any] | None:
    """Return what there is of that name; None: nothing. The first time that a server is spoken to."""

    def ask(system: Any, path: str) -> Mapping[str, Any] | None:
        try:
            info: Mapping[str, Any] = system.info(path)
        except FileNotFoundError:
            return None
        return info

    return replace(access, patient=False).at(url, ask)


def _in_folder(access: Access, url: Url) -> Listed:
    def ask(system: Any, path: str) -> Mapping[str, Any]:
        # A server of pages takes a folder for one only with the slash.
        asked = f"{path.rstrip('/')}/" if url.protocol.startswith("http") else path
        return {info["name"]: info for info in system.ls(asked, detail=True)}

    listed = listing(access, url, ask)
    found = _pictures(listed, lambda one: is_picture(one) and not one.name.startswith("."))
    if not found:
        raise RecipeError(
            f"{shown(url)}: no pictures directly in this folder; "
            f"for those in its subfolders give '{shown(url / '**/*')}'"
        )
    return found


def _matching(access: Access, url: Url) -> Listed:
    listed = listing(access, url, lambda system, path: system.glob(path, detail=True))
    found = _pictures(listed, lambda one: is_picture(one) or url.suffix != "")
    if not found:
        raise RecipeError(f"{shown(url)}: nothing matches this pattern")
    return found


def _pictures(listed: Listed, wanted: Callable[[Url], bool]) -> Listed:
    files = [url for url, info in listed.items() if info["type"] != "directory" and wanted(url)]
    return {url: listed[url] for url in sorted(files, key=natural)}
