"""Subtasks of launched items: which are still to be created, each once by the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape

from bridge.core.instants import earliest, later
from bridge.core.launching import launch_marker
from bridge.core.ledger import SHORTEST_GRACE
from bridge.core.restored import forgotten_until
from bridge.core.situation import ItemSituation, LinkedTicket
from bridge.core.values import sha256
from bridge.domain.findings import Finding
from bridge.domain.launch_parts import SubtaskSpec
from bridge.domain.links import LedgerEntry, LedgerState, LinkState
from bridge.domain.operations import AddSubtask

LOOKS = 2
"""How often the lag of the vendor's lists must have passed before "not found" means anything."""


@dataclass(frozen=True, slots=True)
class SubtaskStep:
    """What to create now, what was refused, and when to go on."""

    operations: tuple[AddSubtask, ...] = ()
    findings: tuple[Finding, ...] = ()
    wake_at: datetime | None = None


def plan_subtasks(s: ItemSituation, now: datetime) -> SubtaskStep:
    """The subtasks that routes want below the item that they launched."""
    operations: list[AddSubtask] = []
    findings: list[Finding] = []
    waits: list[datetime] = []
    for ticket in s.tickets:
        for source, spec in _wanted(s, ticket):
            entry = s.ledger.get(source)
            made = _operation(s, source, spec)
            if entry is None:
                forgotten = forgotten_until(s.observation, s.restored)
                operations.append(made if forgotten is None else _looking(made, forgotten))
            elif entry.state is LedgerState.REJECTED:
                data = {"file": spec.title, "reason": ""}
                findings.append(
                    Finding("COPY_REJECTED", s.ref.connection, str(s.ref), source, data)
                )
            elif entry.state is LedgerState.INTENDED:
                due = _look_at(s, entry, now)
                if now < due:
                    waits.append(due)
                else:
                    operations.append(_looking(made, entry.intended_at or now))
    return SubtaskStep(tuple(operations), tuple(findings), earliest(*waits))


def _wanted(s: ItemSituation, ticket: LinkedTicket) -> list[tuple[str, SubtaskSpec]]:
    """The subtasks of the ticket's route, if it was by this route that the item was made."""
    ref, mapping, id = ticket.link.ticket, ticket.mapping, ticket.link.route
    route = mapping.route(id) if mapping is not None and id is not None else None
    if route is None or route.launch is None or ticket.link.state is not LinkState.ACTIVE:
        return []
    if s.markers.get(str(ref)) != launch_marker(ref, route.id):
        return []
    wanted = route.launch.subtasks
    return [(f"{s.ref}#subtask/{sha256(each.title)[:12]}", each) for each in wanted]


def _operation(s: ItemSituation, source: str, spec: SubtaskSpec) -> AddSubtask:
    return AddSubtask(
        item=s.ref,
        title=spec.title,
        html=_description(spec),
        template=spec.template,
        source=source,
        content=sha256(spec.title),
        marker=f"tb-{sha256(source)[:20]}",
    )


def _description(spec: SubtaskSpec) -> str:
    """The questions as a checklist, and the form to attach where no template brings it."""
    parts = []
    if spec.form is not None and spec.template is None:
        parts.append(f"<p>Form to attach: <b>{escape(spec.form)}</b></p>")
    if spec.questions:
        boxes = "".join(f"<li>☐ {escape(each)}</li>" for each in spec.questions)
        parts.append(f"<ul>{boxes}</ul>")
    return "".join(parts)


def _looking(made: AddSubtask, since: datetime) -> AddSubtask:
    return AddSubtask(
        made.item, made.title, made.html, made.template, made.source, made.content, made.marker,
        look_since=since,
    )  # fmt: skip


def _look_at(s: ItemSituation, entry: LedgerEntry, now: datetime) -> datetime:
    if entry.intended_at is None:
        return now
    return later(entry.intended_at, max(s.tracker.probe_grace, SHORTEST_GRACE) * LOOKS)
