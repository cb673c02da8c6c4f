"""What a person could launch for a ticket: each route's item as it would be made, or why not."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from datetime import datetime

from bridge.core.facts import PROPERTY, Facts
from bridge.core.launching import WAITING, launch_step
from bridge.core.outlook import Cause
from bridge.core.situation import TicketSituation
from bridge.domain.links import Launch
from bridge.domain.mapping import LaunchSpec, Route
from bridge.domain.operations import LaunchItem
from bridge.domain.records import Reference, Value

LONGEST = 160
"""Characters of a field that fit in a line; longer ones and those in HTML are left to the item."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One route's launch. `launch`: it was asked for already, and is never made twice."""

    route: Route
    spec: LaunchSpec
    launch: Launch | None = None
    item: LaunchItem | None = None
    """As it would be made now; None if something is missing, or still on its way."""
    says: tuple[tuple[str, str], ...] = ()
    """The fields of it that fit in a line, as their tracker names them."""
    cause: Cause | None = None
    """Why it can't be made now."""
    missing: tuple[str, ...] = ()
    """What must be filled in at the ticket first, in words."""
    reads_phases: bool = False
    """All is there but the phase: the project's phases are read once it is asked for."""
    references: Table[str, Reference] = field(default_factory=dict)
    asked: bool = False
    """Somebody has asked for it by hand."""

    @property
    def project(self) -> str:
        """The project that it goes to, as its tracker names it; empty if that is not known yet."""
        known = self.spec.fixed_project if self.item is None else self.item.project
        reference = self.references.get(self.spec.in_, Reference())
        names = {each.id: each.name for each in reference.projects}
        return names.get(known or "", known or "")


def launch_offers(s: TicketSituation, facts: Facts, now: datetime) -> tuple[Offer, ...]:
    """Each route that launches, in the order of the mapping."""
    return tuple(
        _offer(s, facts, each, each.launch, now)
        for each in s.mapping.routes
        if each.launch is not None
    )


def _offer(
    s: TicketSituation, facts: Facts, route: Route, spec: LaunchSpec, now: datetime
) -> Offer:
    references = {name: each.reference for name, each in s.trackers.items()}
    asked = route.id in s.launch_by_hand
    held = next((each for each in s.launches if each.route == route.id), None)
    if held is not None:
        return Offer(route, spec, held, references=references, asked=asked)
    step = launch_step(s, facts, route, now)
    item = next((each for each in step.operations if isinstance(each, LaunchItem)), None)
    if item is not None:
        says = _says(item.fields, references.get(spec.in_, Reference()))
        return Offer(route, spec, None, item, says, references=references, asked=asked)
    missing = step.data.get("missing", "")
    if step.verdict == WAITING and [each.name for each in step.look_up] == [missing]:
        return Offer(route, spec, reads_phases=True, references=references, asked=asked)
    return Offer(
        route,
        spec,
        cause=Cause(step.verdict, step.data) if step.verdict else None,
        missing=tuple(in_words(each, facts.reference) for each in missing.split(", ") if each),
        references=references,
        asked=asked,
    )


def in_words(name: str, reference: Reference) -> str:
    """What people call a fact of the ticket that a route needs."""
    if not name.startswith(PROPERTY):
        return name.replace("_", " ")
    own = name.removeprefix(PROPERTY)
    known = reference.fields.get(own)
    return f"the field {own if known is None else known.label or own}"


def _says(fields: Table[str, Value], reference: Reference) -> tuple[tuple[str, str], ...]:
    found = []
    for name, value in fields.items():
        text = str(value) if isinstance(value, str | int | float) else ""
        if text and len(text) <= LONGEST and "<" not in text and "\n" not in text:
            known = reference.fields.get(name)
            label = known.label if known is not None else ""
            found.append((label or name.rpartition(".")[2], text))
    return tuple(found)
