"""What workers do where a source or the output folder is elsewhere: fetch, develop, deliver."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from ..errors import FrameError
from ..frame import Destination, temporary_prefix
from ..receipts import forget, leave, standing
from ..results import FrameResult, SourceFile, Status
from ..resume import Task
from ..url import Place, Url
from ..work import Bench, Work, failed
from .access import Access
from .fetch import Fetcher
from .scratch import scratch_folder, sweep_scratch
from .store import RemoteStore


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteWork:
    """A run's work with frames that are fetched or delivered; it can be sent to another process."""

    work: Work
    access: Access
    url: Url | None = None
    """Output folder, where it is elsewhere."""

    @property
    def output(self) -> Path:
        """Output folder, absolute; where that is elsewhere, one of this machine in which nothing is written."""
        return self.work.output

    def bench(self, device: str, threads: int = 1) -> RemoteBench:
        """Build the plan; `UnveilError` where weights, a plugin or the device are missing or others."""
        return RemoteBench(self, device, threads)


class RemoteBench:
    """A built plan, ready for frames that are fetched or delivered."""

    def __init__(self, work: RemoteWork, device: str, threads: int = 1) -> None:
        """Build the stages, and remove what killed processes have left in scratch folders."""
        sweep_scratch()
        self.folder, self.access = work.work.output, work.access
        self.bench = Bench(work.work, device, threads)
        self.fetcher = Fetcher(work.access)
        self.store = RemoteStore(url=work.url, home=self.folder, access=work.access) if work.url else None

    def frame(self, task: Task) -> FrameResult:
        """Develop one frame; a frame that fails is a result too, and nothing of it stays on this machine."""
        started, source, debug = perf_counter(), str(task.source), self.bench.work.debug
        try:
            before = self.store.standing(source) if self.store else standing(self.folder, source)
            if before:
                return before  # made by a worker that died before it could say so
            with scratch_folder() as scratch:
                result = self._said(self._made(task, scratch), task.source, scratch)
        except FrameError as error:
            result = failed(source, error, started, self.bench.plan.device, debug)
            result = replace(result, plan=self.bench.plan.hash, sequence=task.called().sequence)
        if result.status is Status.FAILED:
            self.store.forget(source) if self.store else forget(self.folder, source)
        return replace(result, seconds=round(perf_counter() - started, 3))

    def _made(self, task: Task, scratch: Path) -> FrameResult:
        """Fetch the source, develop it, and deliver its files before they count as done."""
        local, facts = self._fetched(task.source, scratch / "source")
        folder = scratch / "results" if self.store else self.folder
        if self.store:
            folder.mkdir()

        def seal(result: FrameResult) -> FrameResult:
            if facts and result.source_file:
                file = replace(facts, xxh3=result.source_file.xxh3, size=result.source_file.size)
                result = replace(result, source_file=file)
            return self._delivered(result, folder, task.overwrite)

        destination = Destination(
            folder=folder, overwrite=task.overwrite or self.store is not None, naming=task.called()
        )
        return self.bench.made(task, local, destination, seal, str(task.source) if facts else "")

    def _fetched(self, source: Place, folder: Path) -> tuple[Path, SourceFile | None]:
        if not isinstance(source, Url):
            return source, None
        folder.mkdir()
        return folder / source.name, self.fetcher.fetch(source, folder)

    def _delivered(self, result: FrameResult, folder: Path, overwrite: bool) -> FrameResult:
        """Leave a receipt; where files go elsewhere, bring them there."""
        if not result.outputs:
            return result
        if self.store is None:
            leave(self.folder, result)
            return result
        self.store.leave(result)
        finals = [(folder / written.path, written) for written in result.outputs]
        files = [(f.with_name(f"{temporary_prefix(f)}{os.getpid()}"), written) for f, written in finals]
        return replace(result, outputs=self.store.deliver(files, overwrite))

    def _said(self, result: FrameResult, source: Place, scratch: Path) -> FrameResult:
        """Return the result with the names of files that people know instead of those in the scratch folder."""
        names = {str(scratch / "source" / source.name): str(source)}
        if self.store:
            names[str(scratch / "results")] = str(self.store.url)

        def clean(text: str) -> str:
            for known, name in names.items():
                text = text.replace(known, name)
            return text

        trail = tuple(replace(e, notes=tuple(map(clean, e.notes))) for e in result.trail)
        return replace(result, reason=clean(result.reason), traceback=clean(result.traceback), trail=trail)
