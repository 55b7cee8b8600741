"""unveil: removes reflections from photographs taken through glass.

Importing the package is cheap: torch, dask and rawpy are imported by the parts that use them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .pipeline.frame import Frame as Frame
    from .pipeline.frame import Space as Space
    from .pipeline.hookspecs import hookimpl as hookimpl
    from .pipeline.method import Layers as Layers
    from .pipeline.method import MethodSpec as MethodSpec
    from .pipeline.stage import StageSpec as StageSpec

__version__ = "0.1.0"
_PUBLIC = {
    "Frame": ".pipeline.frame",
    "Layers": ".pipeline.method",
    "MethodSpec": ".pipeline.method",
    "Space": ".pipeline.frame",
    "StageSpec": ".pipeline.stage",
    "hookimpl": ".pipeline.hookspecs",
}
__all__ = ["Frame", "Layers", "MethodSpec", "Space", "StageSpec", "__version__", "hookimpl"]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
