"""Decisions of the frames that lead groups, found again in every process that makes a frame which follows one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from types import MappingProxyType
from typing import Any

from ..beside import beside
from ..develop import Step, run_step, sentence, signature
from ..errors import FrameError
from ..frame import Destination, Frame
from ..plan import Plan, PlannedStage
from ..results import FrameResult, SourceFile
from ..stage import Stage
from .deadly import is_deadly, marked
from .group import Member

KEPT = 64
"""Leaders whose decisions a process remembers; they are a few numbers, and groups come one after another."""
Decisions = dict[int, Mapping[str, Any]]
"""Of each stage that decides, by its index in the recipe."""
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """What a leader gives the frames that follow it."""

    decisions: Decisions
    file: SourceFile | None
    """The leader as it was; None: it cannot be read."""
    beside: str = ""
    """Hash of the files beside it that were read too, as `beside.beside` gives it."""
    failure: str = ""
    """Why it decides nothing, one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a frame is developed."""

    steps: tuple[Step, ...]
    lead: Lead | None = None
    """Of a frame that follows another."""
    decisions: Decisions | None = None
    """Of a leader: what will hold its decisions when it is developed."""
    leader: Path | None = None
    """The frame that leads its group; None: it is in none."""

    def sealed(self, result: FrameResult) -> FrameResult:
        """Return the result of a frame with what is written down of its leader."""
        if self.leader is None:
            return result
        if self.lead is None:
            return replace(result, leader=str(self.leader))
        lead = self.lead
        return replace(result, leader=str(self.leader), leader_file=lead.file, leader_beside=lead.beside)


class Leaders:
    """Develops leaders as far as it needs to know what they decide, and remembers it."""

    def __init__(
        self, plan: Plan, steps: Sequence[Step], facts: Callable[[Path], SourceFile], output: Path | None
    ) -> None:
        """Take built stages, the output folder where it is on this machine, and `facts`, which gives what is written
        down of a source or raises `FrameError`.
        """
        self._output = output
        self._plan, self._steps, self._facts = plan, tuple(steps), facts
        self._known: OrderedDict[Path, tuple[tuple[int, int, int] | None, Lead]] = OrderedDict()
        self._lock = Lock()

    def way(self, source: Path, member: Member | None) -> Way:
        """Return how a frame with that place in a group is developed."""
        if member is None:
            return Way(steps=self._steps)
        said = member.words(source)
        if source == member.leader:
            steps, decisions = listening(self._plan, self._steps)
            return Way(steps=_saying(steps, said), decisions=decisions, leader=source)
        lead = self.lead(member.leader)
        if lead.failure:
            said += f"; that one cannot be developed, so all is decided by this frame itself: {lead.failure}"
        steps = following(self._plan, self._steps, lead)
        return Way(steps=_saying(steps, said), lead=lead, leader=member.leader)

    def lead(self, leader: Path) -> Lead:
        """Return what a leader decides; one that fails decides nothing. Nothing is written."""
        with self._lock:  # frames beside this one would wait for the same leader
            known = self._known.get(leader)
            if (
                known is None
                or known[0] != signature(leader)
                or known[1].beside != beside(self._plan, leader)
            ):
                self._remember(leader, self._found(leader))
            self._known.move_to_end(leader)
            return self._known[leader][1]

    def learn(self, way: Way, result: FrameResult) -> None:
        """Remember what a leader has decided while it was developed for itself."""
        if way.leader is not None and way.decisions is not None and result.source_file is not None:
            with self._lock:
                lead = Lead(decisions=way.decisions, file=result.source_file, beside=result.beside)
                self._remember(way.leader, lead)

    def _remember(self, leader: Path, lead: Lead) -> None:
        self._known[leader] = (signature(leader), lead)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    def _found(self, leader: Path) -> Lead:
        lead = Lead(decisions={}, file=None, beside=beside(self._plan, leader))
        try:
            lead = replace(lead, file=self._facts(leader))
            return replace(lead, decisions=self._tried(leader))
        except Exception as error:
            return replace(lead, failure=sentence(leader, error))

    def _tried(self, leader: Path) -> Decisions:
        if self._output is None:
            return self._developed(leader)
        if is_deadly(self._output, leader):
            raise FrameError(f"{leader}: a process died while it developed this frame")
        with marked(self._output, leader):
            return self._developed(leader)

    def _developed(self, leader: Path) -> Decisions:
        """Run the stages up to the last one that decides, without those that write results."""
        decisions: Decisions = {}
        before, deciding = signature(leader), deciding_stages(self._plan)
        with TemporaryDirectory() as scratch:  # for records, which are written by stages that do more
            frame = Frame(source=leader, destination=Destination(folder=Path(scratch)))
            for place, step in enumerate(self._steps[: max(deciding, default=-1) + 1]):
                if self._plan.stages[place].spec.outputs is None:
                    frame = run_step(
                        _told(step, place, decisions), self._plan.registry, frame, self._plan.device
                    )
        if signature(leader) != before:
            raise FrameError(f"{leader}: was changed, moved or deleted while it was being developed")
        return {place: found for place, found in decisions.items() if place in deciding}


def deciding_stages(plan: Plan) -> frozenset[int]:
    """Return the stages, by index, whose decisions frames of a group share."""
    return frozenset(place for place, stage in enumerate(plan.stages) if _decides(stage))


def listening(plan: Plan, steps: Sequence[Step]) -> tuple[tuple[Step, ...], Decisions]:
    """Return steps that develop a leader, and what will hold its decisions when they are through."""
    decisions: Decisions = {}
    deciding = deciding_stages(plan)
    return tuple(
        _told(step, place, decisions) if place in deciding else step for place, step in enumerate(steps)
    ), decisions


def following(plan: Plan, steps: Sequence[Step], lead: Lead) -> tuple[Step, ...]:
    """Return steps that obey what a leader decided."""
    deciding = deciding_stages(plan)
    return tuple(
        _given(step, lead.decisions.get(place, NOTHING)) if place in deciding else step
        for place, step in enumerate(steps)
    )


def _saying(steps: Sequence[Step], words: str) -> tuple[Step, ...]:
    """Return steps of which the first has something said in the trail besides."""
    return _around(steps[0], lambda stage, frame: stage(frame.note(words))), *steps[1:]


def _decides(stage: PlannedStage) -> bool:
    decides = stage.spec.decides
    return decides is not None and decides(stage.parameters)


def _told(step: Step, place: int, decisions: Decisions) -> Step:
    def run(stage: Stage, frame: Frame) -> Frame:
        done = stage(frame)
        decisions[place] = done.decisions
        return done

    return _around(step, run)


def _given(step: Step, decided: Mapping[str, Any]) -> Step:
    return _around(step, lambda stage, frame: stage(replace(frame, decisions=decided)))


def _around(step: Step, run: Callable[[Stage, Frame], Frame]) -> Step:
    name, parameters, stage = step
    return name, parameters, lambda frame: run(stage, frame)
