"""Where plugins come from: the defaults, the installed distributions, and the variables that steer both.

`UNVEIL_LOAD_PLUGINS`: a comma list of installed plugins to load (names of distributions or of entry points);
empty loads none of them; unset loads all. The defaults are always loaded.
`UNVEIL_TRACE_PLUGINS=1`: print every hook call with its arguments and results to stderr.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

import pluggy

from .errors import PluginError
from .suggest import unknown

GROUP = "unveil"
"""The entry-point group of plugins, and the name of the pluggy project."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a plugin is from; its text is what errors name."""

    module: str
    """Module path (with the object after a colon, as in an entry point), or the class of a plugin object."""
    distribution: str = ""
    """Empty for an object that the caller registered."""
    version: str = ""

    def __str__(self) -> str:
        return f"{self.distribution} {self.version} ({self.module})" if self.distribution else self.module


def given(plugins: Iterable[object]) -> Iterator[tuple[Origin, object]]:
    """Yield origin and object of plugins given as module paths or as objects."""
    for plugin in plugins:
        if isinstance(plugin, str):
            origin = _own(plugin)
            yield origin, _imported(origin)
        else:
            yield _own(_module_of(plugin)), plugin


def installed() -> Iterator[tuple[Origin, object]]:
    """Yield origin and object of the installed plugins, by name, as `UNVEIL_LOAD_PLUGINS` says."""
    points = sorted(entry_points(group=GROUP), key=lambda point: (_distribution(point), point.name))
    for point in _chosen(points, os.environ.get("UNVEIL_LOAD_PLUGINS")):
        version = point.dist.version if point.dist else ""
        origin = Origin(point.value, _distribution(point), version)
        yield origin, _imported(origin, point)


def trace(manager: pluggy.PluginManager) -> None:
    """Print every hook call to stderr where `UNVEIL_TRACE_PLUGINS` is set."""
    if os.environ.get("UNVEIL_TRACE_PLUGINS", "") in ("", "0"):
        return

    def before(hook: str, implementations: Sequence[pluggy.HookImpl], arguments: Any) -> None:
        names = ", ".join(implementation.plugin_name for implementation in implementations)
        print(f"hook {hook}({_shown(arguments)}): {names or 'no plugin'}", file=sys.stderr)

    def after(result: pluggy.Result[Any], hook: str, *_: Any) -> None:
        if result.exception is not None:
            print(f"hook {hook} raised {result.exception!r}", file=sys.stderr)
            return
        kept = [list(one) if isinstance(one, Iterator) else one for one in result.get_result() or ()]
        result.force_result(kept)
        print(f"hook {hook} -> {kept}", file=sys.stderr)

    manager.add_hookcall_monitoring(before, after)


def _shown(arguments: Any) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())


def _own(module: str) -> Origin:
    from .. import __version__

    package = __name__.partition(".")[0]
    return Origin(module, package, __version__) if module.startswith(f"{package}.") else Origin(module)


def _module_of(plugin: object) -> str:
    if isinstance(plugin, ModuleType):
        return plugin.__name__
    kind = plugin if isinstance(plugin, type) else type(plugin)
    return f"{kind.__module__}.{kind.__qualname__}"


def _imported(origin: Origin, point: EntryPoint | None = None) -> object:
    try:
        return point.load() if point else import_module(origin.module)
    except Exception as error:
        raise PluginError(
            f"the plugin {origin} cannot be loaded: {type(error).__name__}: {error}; "
            "repair or uninstall it, or leave it out with UNVEIL_LOAD_PLUGINS"
        ) from error


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist else ""


def _chosen(points: Sequence[EntryPoint], asked: str | None) -> list[EntryPoint]:
    if asked is None:
        return list(points)
    words = [word.strip() for word in asked.split(",") if word.strip()]
    known = {name for point in points for name in (_distribution(point), point.name)}
    for word in words:
        if _plain(word) not in map(_plain, known):
            raise PluginError(f"UNVEIL_LOAD_PLUGINS: {unknown('installed plugin', word, known)}")
    wanted = {_plain(word) for word in words}
    return [point for point in points if {_plain(_distribution(point)), _plain(point.name)} & wanted]


def _plain(name: str) -> str:
    """Names of distributions compare without case, and `-`, `_` and `.` are the same (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).casefold()
