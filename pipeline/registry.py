"""What the plugins offer, by name: stages, methods, networks and recipes, each with its origin."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar

import pluggy

from .errors import PluginError, RecipeError
from .frame import Space
from .hookspecs import UnveilSpecs
from .loading import GROUP, Origin, given, installed, trace
from .method import MethodSpec
from .network import NetworkSpec
from .stage import Parameters, StageSpec
from .suggest import unknown

DEFAULT_PLUGINS = (
    "unveil.pipeline.builtin",
    "unveil.isp.plugin",
    "unveil.plugins.separation.plugin",
    "unveil.plugins.cr3net.plugin",
    "unveil.plugins.dgunet.plugin",
    "unveil.plugins.durrnet.plugin",
    "unveil.plugins.ibcln.plugin",
    "unveil.plugins.location_aware.plugin",
    "unveil.plugins.unveilnet.plugin",
)
"""The built-in parts, in load order; plugins like any other."""

Kind = Literal["stage", "method", "network", "recipe"]
T = TypeVar("T")
_NAME = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")


class Table(Generic[T]):
    """Things of one kind by name, each with its origin."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._rows: dict[str, tuple[T, Origin]] = {}

    def add(self, things: Iterable[tuple[str, T]], origin: Origin) -> None:
        """Add all of `things` or, on a clash (`PluginError`), none of them."""
        rows = dict(self._rows)
        for name, thing in things:
            if name in rows:
                raise PluginError(_clash(self.kind, name, rows[name][1], origin))
            rows[name] = (thing, origin)
        self._rows = rows

    def things(self) -> Mapping[str, T]:
        """Return the things by name, in load order."""
        return MappingProxyType({name: thing for name, (thing, _) in self._rows.items()})

    def origins(self) -> Mapping[str, Origin]:
        """Return the origins by name."""
        return MappingProxyType({name: origin for name, (_, origin) in self._rows.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginInfo:
    """A loaded plugin, as `unveil plugins` shows it."""

    name: str
    """Module path, or entry point."""
    origin: Origin
    hooks: tuple[str, ...]
    """Hooks that it implements, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Everything that recipes can name. Cheap to build and not to be pickled: a worker builds its own."""

    stages: Mapping[str, StageSpec]
    methods: Mapping[str, MethodSpec]
    networks: Mapping[str, NetworkSpec]
    """Published networks, most of them behind the method of the same name."""
    recipes: Mapping[str, Path]
    """Recipe files by name (the file's name without suffix)."""
    recipe_folders: tuple[Path, ...]
    hook: pluggy.HookRelay
    """Calls the hooks of all plugins, e.g. `hook.unveil_frame_started(source=path)`."""
    origins: Mapping[Kind, Mapping[str, Origin]]
    loaded: tuple[PluginInfo, ...]

    def stage(self, name: str) -> StageSpec:
        """Return the stage of that name; `RecipeError` with a suggestion if there is none."""
        if name not in self.stages:
            raise RecipeError(unknown("stage", name, self.stages))
        return self.stages[name]

    def method(self, name: str) -> MethodSpec:
        """Return the method of that name; `RecipeError` with a suggestion if there is none."""
        if name not in self.methods:
            raise RecipeError(unknown("method", name, self.methods))
        return self.methods[name]

    def network(self, name: str) -> NetworkSpec:
        """Return the published network of that name; `RecipeError` with a suggestion if there is none."""
        if name not in self.networks:
            raise RecipeError(unknown("published network", name, self.networks))
        return self.networks[name]

    def origin(self, name: str, kind: Kind = "stage") -> Origin:
        """Return where a stage (or method, or recipe) is from; `KeyError` if there is none of that name."""
        return self.origins[kind][name]

    def plugins(self) -> tuple[PluginInfo, ...]:
        """Return the loaded plugins in load order."""
        return self.loaded


def build_registry(plugins: Iterable[object] | None = None) -> Registry:
    """Load plugins and collect what they offer.

    Parameters
    ----------
    plugins
        Module paths or plugin objects; exactly these are loaded. None: `DEFAULT_PLUGINS`, then the installed
        plugins (entry-point group `unveil`).

    Raises
    ------
    PluginError
        A plugin cannot be loaded, breaks the contract, or offers a name that is taken; names the origins.
    """
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(UnveilSpecs)
    trace(manager)
    origins: dict[str, Origin] = {}
    for source in (given(DEFAULT_PLUGINS), installed()) if plugins is None else (given(plugins),):
        for origin, plugin in source:
            _register(manager, plugin, origin, origins)
    return _collect(manager, origins)


def _register(
    manager: pluggy.PluginManager, plugin: object, origin: Origin, origins: dict[str, Origin]
) -> None:
    """Register one plugin and check its hooks at once, so that the error names it."""
    name = origin.module
    if name in origins:
        raise PluginError(f"the plugin {name} is offered twice: by {origins[name]} and by {origin}")
    try:
        manager.register(plugin, name)
        manager.check_pending()
    except (ValueError, TypeError, pluggy.PluginValidationError) as error:
        raise PluginError(f"the plugin {origin} does not fit: {' '.join(str(error).split())}") from error
    origins[name] = origin


def _collect(manager: pluggy.PluginManager, origins: Mapping[str, Origin]) -> Registry:
    stages, methods, recipes = Table[StageSpec]("stage"), Table[MethodSpec]("method"), Table[Path]("recipe")
    networks = Table[NetworkSpec]("network")
    folders: list[Path] = []
    for name, origin in origins.items():
        stages.add(((s.name, s) for s in _offers(manager, name, origin, "stages", _check_stage)), origin)
        methods.add(((m.name, m) for m in _offers(manager, name, origin, "methods", _check_method)), origin)
        networks.add(
            ((n.name, n) for n in _offers(manager, name, origin, "networks", _check_network)), origin
        )
        for folder in _offers(manager, name, origin, "recipe_folders", _check_folder):
            folders.append(folder)
            recipes.add(((path.stem, path) for path in recipe_files(folder)), origin)
    tables: tuple[Table[Any], ...] = (stages, methods, networks, recipes)
    return Registry(
        stages=stages.things(),
        methods=methods.things(),
        networks=networks.things(),
        recipes=recipes.things(),
        recipe_folders=tuple(folders),
        hook=manager.hook,
        origins=MappingProxyType({table.kind: table.origins() for table in tables}),
        loaded=tuple(
            PluginInfo(name=name, origin=origin, hooks=_hooks(manager, name))
            for name, origin in origins.items()
        ),
    )


def recipe_files(folder: Path) -> list[Path]:
    """Return the recipes in a folder, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.is_file())


def _hooks(manager: pluggy.PluginManager, name: str) -> tuple[str, ...]:
    callers = manager.get_hookcallers(manager.get_plugin(name)) or ()
    return tuple(sorted(caller.name for caller in callers))


def _offers(
    manager: pluggy.PluginManager, name: str, origin: Origin, hook: str, check: Callable[[Any], str]
) -> list[Any]:
    """Return what one plugin yields for a hook, each thing checked."""
    others = [plugin for other, plugin in manager.list_name_plugin() if other != name]
    try:
        answers = manager.subset_hook_caller(f"unveil_{hook}", others)()
        things = [thing for answer in answers for thing in answer]
    except Exception as error:
        raise PluginError(
            f"the plugin {origin} failed in unveil_{hook}: {type(error).__name__}: {error}"
        ) from error
    for thing in things:
        if wrong := check(thing):
            raise PluginError(f"the plugin {origin}, unveil_{hook}: {wrong}")
    return things


def _check_stage(spec: object) -> str:
    if not isinstance(spec, StageSpec):
        return f"expected a StageSpec, got {spec!r}"
    return _check_spec("stage", spec) or _check_routes(spec)


def _check_method(spec: object) -> str:
    if not isinstance(spec, MethodSpec):
        return f"expected a MethodSpec, got {spec!r}"
    return _check_spec("method", spec)


def _check_network(spec: object) -> str:
    if not isinstance(spec, NetworkSpec):
        return f"expected a NetworkSpec, got {spec!r}"
    return _check_name("network", spec.name) or (
        "" if spec.variants else f"network {spec.name!r}: no variant"
    )


def _check_name(kind: str, name: object) -> str:
    if isinstance(name, str) and _NAME.fullmatch(name):
        return ""
    return f"{name!r} is no name for a {kind}; use small letters, digits, '-' and '_'"


def _check_spec(kind: str, spec: StageSpec | MethodSpec) -> str:
    if wrong := _check_name(kind, spec.name):
        return wrong
    if not (isinstance(spec.parameters, type) and issubclass(spec.parameters, Parameters)):
        return f"{kind} {spec.name!r}: parameters is {spec.parameters!r}, not a subclass of Parameters"
    return "" if callable(spec.build) else f"{kind} {spec.name!r}: build cannot be called"


def _check_routes(spec: StageSpec) -> str:
    takes, gives = list(spec.routes), [space for out in spec.routes.values() for space in out]
    wrong = [s for s in takes if s is not None and not isinstance(s, Space)]
    wrong += [s for s in gives if not isinstance(s, Space)]
    if wrong:
        return f"stage {spec.name!r}: {wrong[0]!r} in its routes is not a Space"
    if not takes or not all(spec.routes.values()):
        return f"stage {spec.name!r}: every route needs a space that it gives"
    return ""


def _check_folder(folder: object) -> str:
    if not isinstance(folder, Path):
        return f"expected a Path, got {folder!r}"
    return "" if folder.is_dir() else f"{folder} is not a folder"


def _clash(kind: Kind, name: str, first: Origin, second: Origin) -> str:
    if first == second:
        return f"the plugin {first} offers the {kind} {name!r} twice"
    return (
        f"two plugins offer the {kind} {name!r}: {first} and {second}; "
        "uninstall one of them, or leave it out with UNVEIL_LOAD_PLUGINS"
    )
