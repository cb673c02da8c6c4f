"""Where a launched item goes: the project, its phase, and the people who are to do it."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.core.facts import PROPERTY, Facts
from bridge.core.instants import later
from bridge.core.launch_fields import Problem
from bridge.core.recipients import addresses_of, names_unknown_owner
from bridge.core.situation import TrackerView
from bridge.domain.launch_parts import ProjectSource
from bridge.domain.mapping import LaunchSpec
from bridge.domain.notices import People
from bridge.domain.phases import PhaseWanted
from bridge.domain.records import ProjectInfo

ABSENT_AGE = timedelta(minutes=10)
"""How long it is believed that a phase is not there."""
PHASE_AGE = timedelta(hours=12)
"""How long it is believed that it is."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where it goes, or why that is not known yet.

    `missing` are values that may still come; `look_up` is a phase to be looked for first;
    `outdated` are
    connections that may have had somebody or something new since they were read.
    """

    project: str | None = None
    phase: str = ""
    assignees: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    look_up: PhaseWanted | None = None
    outdated: tuple[str, ...] = ()


def place(
    spec: LaunchSpec, tracker: TrackerView, facts: Facts, people: People, now: datetime
) -> Placed:
    """The project, phase and people of what `spec` would launch for the ticket."""
    assignees, unknown = people_of(spec, facts, people)
    strangers = any(names_unknown_owner(each, facts) for each in spec.assignees)
    placed = Placed(
        assignees=assignees,
        missing=unknown,
        outdated=(facts.ref.connection,) if strangers else (),
    )
    if not isinstance(spec.project, ProjectSource):
        return _in_phase(spec, tracker, replace(placed, project=spec.project), now)
    said = _said(spec.project, facts)
    if not said:
        return replace(placed, missing=(*unknown, spec.project.property or "customer"))
    source = spec.project
    found = [each for each in tracker.reference.projects if _is_meant(each, source, said)]
    if len(found) != 1:
        code = "PROJECT_AMBIGUOUS" if found else "PROJECT_NOT_FOUND"
        data = {"customer": said, "connection": tracker.name, "count": str(len(found))}
        problem = (code, said[:200], data)
        outdated = (*placed.outdated, tracker.name)
        return replace(placed, problems=(problem,), outdated=outdated)
    return _in_phase(spec, tracker, replace(placed, project=found[0].id), now)


def people_of(
    spec: LaunchSpec, facts: Facts, people: People
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The addresses of those who are to do it, each once, and the names that lead to nobody."""
    found: dict[str, str] = {}
    unknown: list[str] = []
    for name in spec.assignees:
        addresses = addresses_of(name, facts, people)
        unknown += [] if addresses else [name]
        for each in addresses:
            found.setdefault(each.casefold(), each)
    return tuple(found.values()), tuple(unknown)


def _said(source: ProjectSource, facts: Facts) -> str:
    """The customer's name, or the id that the field holds; empty where nothing stands there."""
    if source.property is None:
        return (facts.read("customer").word or "").strip()
    if source.association is None:
        return (facts.read(f"{PROPERTY}{source.property}").word or "").strip()
    held: Table[str, str | None] = facts.company.properties if facts.company is not None else {}
    return (held.get(source.property) or "").strip()


def _is_meant(project: ProjectInfo, source: ProjectSource, said: str) -> bool:
    if source.property is not None:
        return project.id == said
    return project.customer.strip().casefold() == said.casefold()


def _in_phase(spec: LaunchSpec, tracker: TrackerView, placed: Placed, now: datetime) -> Placed:
    phase = spec.wanted_phase
    if phase is None:
        return placed
    if placed.project is None:
        return replace(placed, missing=(*placed.missing, "project"))
    wanted = PhaseWanted(tracker.name, placed.project, phase.name, phase.create, phase.lasts)
    known = tracker.phases.get(wanted.key)
    if known is None or not known.settled:
        return replace(placed, look_up=wanted)
    age = PHASE_AGE if known.id else ABSENT_AGE
    look_up = wanted if now >= later(known.looked_at, age) else None
    data = {"phase": phase.name, "project": placed.project, "connection": tracker.name}
    data |= {"reason": known.reason} if known.reason else {}
    problems: tuple[Problem, ...] = (("PHASE_NOT_FOUND", wanted.key[:200], data),)
    return replace(placed, phase=known.id, problems=() if known.id else problems, look_up=look_up)
