"""The hooks that a plugin may implement. Every hook starts with `unveil_`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

from .frame import Frame
from .method import MethodSpec
from .naming import CaptureFacts
from .network import NetworkSpec
from .stage import StageSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

hookspec = pluggy.HookspecMarker("unveil")
hookimpl = pluggy.HookimplMarker("unveil")


class UnveilSpecs:
    """All hooks, typed; each docstring holds a small complete plugin."""

    @hookspec
    def unveil_stages(self) -> Iterable[StageSpec]:
        """Offer stages to recipes.

        Called once, when the registry is built; must be cheap (no torch import, no weights)::

            @hookimpl
            def unveil_stages():
                yield StageSpec(name="invert", summary="1 - x", parameters=Parameters,
                                routes={Space.DISPLAY_RGB: frozenset({Space.DISPLAY_RGB})}, build=build_invert)
        """
        return ()

    @hookspec
    def unveil_methods(self) -> Iterable[MethodSpec]:
        """Offer reflection-removal methods to the `separate` stage.

        Called once, when the registry is built; must be cheap (no torch import, no weights)::

            @hookimpl
            def unveil_methods():
                yield MethodSpec(name="dim", summary="half of everything is reflection", domain=Domain.LINEAR,
                                 multiple=1, global_statistics=False, fit=512, gives=("transmission",), cost=0.0,
                                 parameters=Parameters, build=build_dim)
        """
        return ()

    @hookspec
    def unveil_networks(self) -> Iterable[NetworkSpec]:
        """Offer published networks whose authors' weights can be imported and whose answers can be checked.

        Called once, when the registry is built; must be cheap (no torch import, no weights)::

            @hookimpl
            def unveil_networks():
                yield NetworkSpec(name="halve", summary="half of everything", network=make_halve,
                                  convert=from_authors, reference=published_path, inputs=("I",))
        """
        return ()

    @hookspec
    def unveil_recipe_folders(self) -> Iterable[Path]:
        """Offer folders of `*.yaml` recipes that can be run by name::

        @hookimpl
        def unveil_recipe_folders():
            yield Path(__file__).parent / "recipes"
        """
        return ()

    @hookspec(firstresult=True)
    def unveil_capture_facts(self, source: Path) -> CaptureFacts | None:
        """Tell when and with what a picture was taken, for tokens in the names of its results; None: somebody else may.

        Called before a run, for each source of a recipe that has such tokens; must be quick, and not raise::

            @hookimpl
            def unveil_capture_facts(source):
                return CaptureFacts(camera="Kodak") if source.suffix == ".kdc" else None
        """

    @hookspec(firstresult=True)
    def unveil_glimpse(self, source: Path) -> NDArray[np.float32] | None:
        """Give a small picture, (h, w) linear luminance with 1 = white and a long side of 64, to tell whether files
        show the same scene; None: somebody else may.

        Called before a run with `group: auto`, for files that were taken one after another; must be quick, and not
        raise::

            @hookimpl
            def unveil_glimpse(source):
                return read_thumbnail(source) if source.suffix == ".kdc" else None
        """

    @hookspec
    def unveil_frame_started(self, source: Path) -> None:
        """Called in the worker before a frame is decoded::

        @hookimpl
        def unveil_frame_started(source):
            print("started", source)
        """

    @hookspec
    def unveil_frame_finished(self, frame: Frame) -> None:
        """Called in the worker when all outputs of a frame stand under their final names::

        @hookimpl
        def unveil_frame_finished(frame):
            print("wrote", *(output.final for output in frame.outputs))
        """

    @hookspec
    def unveil_frame_failed(self, source: Path, error: Exception) -> None:
        """Called in the worker when a frame failed; nothing of it was left behind::

        @hookimpl
        def unveil_frame_failed(source, error):
            print("failed", source, error)
        """
