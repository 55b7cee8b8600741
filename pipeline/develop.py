"""Takes one frame through the stages of a plan."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .checks import check_pixels, check_route, check_start
from .errors import FrameError
from .frame import Destination, Frame, TrailEntry
from .naming import Naming
from .publish import publish, remove, sweep
from .stage import Parameters, Stage

if TYPE_CHECKING:
    from torch import Tensor

    from .registry import Registry

Step = tuple[str, Parameters, Stage]
"""Name of a stage, its parameters, and the stage built with them."""


def develop(
    steps: Sequence[Step],
    registry: Registry,
    source: Path,
    destination: Destination,
    device: str,
    seal: Callable[[Frame], None] = lambda frame: None,
    url: str = "",
) -> Frame:
    """Run one frame through the stages and put its results under their final names.

    Each stage leaves an entry in the trail: parameters, time, device, and what it noted. Pixels and layers
    are moved to `device` after every stage. The frame's outputs get their names together, when all stages are
    through; after a failure or an interruption none of its files is left. Hooks are called on the way:
    started, then finished or failed.

    Parameters
    ----------
    steps
        Built stages in order, as `Plan.build` gives them.
    registry
        Tells the routes of the stages and calls the hooks.
    source
        The file; read only.
    destination
        Folder of the results, and whether existing ones may be replaced.
    device
        Torch device, e.g. `cpu` or `cuda:0`.
    seal
        Called with the finished frame before its outputs get their names; what it raises fails the frame.
    url
        Where the file was fetched from, if it was.

    Returns
    -------
    Frame
        The frame after its last stage, with trail and outputs.

    Raises
    ------
    FrameError
        Any failure of the frame, one sentence that names file and stage. What the stage itself raised is the
        cause.
    """
    try:
        registry.hook.unveil_frame_started(source=source)
        frame = Frame(source=source, url=url, destination=destination)
        frame = _produce(steps, registry, frame, device, seal)
    except Exception as error:
        raise _failure(registry, source, error) from (error.__cause__ or error)
    return _announced(registry, frame)


def output_names(steps: Iterable[Step], registry: Registry, naming: Naming) -> list[str]:
    """Return the files that the stages write for a frame, relative to the output folder."""
    return [file for name, parameters, _ in steps for file in registry.stage(name).files(parameters, naming)]


def _produce(
    steps: Sequence[Step], registry: Registry, frame: Frame, device: str, seal: Callable[[Frame], None]
) -> Frame:
    """Run the stages and publish; whatever happens, no temporary file stays."""
    destination = frame.destination
    assert destination is not None
    finals = [destination.folder / name for name in output_names(steps, registry, frame.naming)]
    before = signature(frame.source)
    try:
        for step in steps:
            frame = run_step(step, registry, frame, device)
        seal(frame)
        if signature(frame.source) != before:
            raise FrameError(
                f"{frame.source}: was changed, moved or deleted while it was being developed; nothing was kept of it: "
                "run again when it is whole"
            )
        publish(frame.outputs, destination.overwrite)
        return frame
    finally:
        remove(output.temporary for output in frame.outputs)
        sweep(finals, os.getpid())


def signature(source: Path) -> tuple[int, int, int] | None:
    """Return what tells whether a file is still the same: inode, size, time of its last change; None: not there."""
    try:
        status = source.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def run_step(step: Step, registry: Registry, frame: Frame, device: str) -> Frame:
    """Run one stage on the frame, check what it gave and leave an entry in the trail (`FrameError`)."""
    name, parameters, stage = step
    routes = registry.stage(name).routes
    check_start(name, routes, frame)
    started = perf_counter()
    try:
        result = stage(frame)
    except FrameError:
        raise
    except Exception as error:
        raise FrameError(f"stage {name!r} failed: {_words(error)}; rerun with --debug") from error
    check_route(name, routes, frame, result)
    check_pixels(name, frame, result)
    result = _moved(result, device)
    entry = TrailEntry(
        stage=name,
        parameters=parameters.model_dump(mode="json"),
        seconds=round(perf_counter() - started, 4),
        device=device,
        notes=result.notes,
    )
    return replace(result, notes=(), decisions=MappingProxyType({}), trail=(*frame.trail, entry))


def _moved(frame: Frame, device: str) -> Frame:
    """Return the frame with pixels and layers on the device; waits for work queued on a GPU."""
    import torch

    def move(tensor: Tensor) -> Tensor:
        return tensor.to(device)

    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    layers = MappingProxyType({name: move(layer) for name, layer in frame.layers.items()})
    maps = MappingProxyType({name: move(figures) for name, figures in frame.maps.items()})
    return replace(
        frame, pixels=None if frame.pixels is None else move(frame.pixels), layers=layers, maps=maps
    )


def _failure(registry: Registry, source: Path, error: Exception) -> FrameError:
    """Return the sentence for a failed frame, after telling the hooks; it names the file."""
    text = sentence(source, error)
    failure = FrameError(text)
    broken = _called(registry.hook.unveil_frame_failed, source=source, error=failure)
    return FrameError(f"{text} ({broken})") if broken else failure


def sentence(source: Path, error: Exception) -> str:
    """Return the sentence for what went wrong with a file; it names the file."""
    text = str(error) if isinstance(error, FrameError) else f"{_words(error)}; rerun with --debug"
    return text if source.name in text else f"{source}: {text}"


def _announced(registry: Registry, frame: Frame) -> Frame:
    """Tell the hooks that the frame is done; one that fails is noted in the trail: the results stand."""
    broken = _called(registry.hook.unveil_frame_finished, frame=frame)
    if not broken:
        return frame
    entry = TrailEntry(stage="finished", parameters={}, seconds=0.0, device="", notes=(broken,))
    return replace(frame, trail=(*frame.trail, entry))


def _called(hook: Callable[..., Any], **arguments: Any) -> str:
    """Call a hook; return what went wrong in it, as a sentence, or nothing."""
    try:
        hook(**arguments)
    except Exception as error:
        return f"a plugin failed when it was told: {_words(error)}"
    return ""


def _words(error: Exception) -> str:
    """Return an unexpected exception on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
