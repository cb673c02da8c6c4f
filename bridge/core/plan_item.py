"""One pass over one work item: its links back, the fields its tickets own, files and comments."""

from __future__ import annotations

from datetime import datetime

from bridge.core.comments import NoteStep, comments_to_item
from bridge.core.instants import earliest
from bridge.core.item_fields import wishes_of_tickets
from bridge.core.item_links import page_of, plan_item_links
from bridge.core.ledger import CopyPlan, Target, attachment_plan, file_source, files_of
from bridge.core.owned import Weighed, weigh
from bridge.core.relating import relations_due
from bridge.core.releases import off_day_findings
from bridge.core.reopened import tell_of_reopened
from bridge.core.restored import forgotten_until
from bridge.core.situation import ItemSituation, LinkedTicket, Plan
from bridge.core.stages import GONE
from bridge.core.subtasks import plan_subtasks
from bridge.core.weight import WeightStep, plan_weight
from bridge.domain.findings import Finding
from bridge.domain.links import LedgerEntry, LinkState
from bridge.domain.operations import CopyAttachment, ItemField, Operation, SetItemFields
from bridge.domain.records import URL, Attachment, Presence
from bridge.domain.refs import Ref, TicketRef


def plan_item(s: ItemSituation, hub_url: str | None, now: datetime) -> Plan:
    """What one pass does about a work item; one that can't be seen is left alone."""
    if s.observation.presence is not Presence.PRESENT:
        return Plan(verdict="ITEM_UNREADABLE", verdict_data={"item": str(s.ref)})
    unseen = tuple(
        each.link.ticket
        for each in s.tickets
        if each.observation is None and each.link.state is LinkState.ACTIVE
    )
    if unseen:
        data = {"item": str(unseen[0])}
        return Plan(look_first=unseen, verdict="WAITING_TICKET_READ", verdict_data=data)
    wishes, disagreements = wishes_of_tickets(s)
    weight = plan_weight(s, page_of(s, hub_url), now)
    weighed = weigh(
        [*wishes, *weight.wishes], s.observation, s.fingerprints, now, s.tracker.reference.fields
    )
    links = plan_item_links(s, hub_url, weight)
    files, too_large = _files(s, now)
    notes = comments_to_item(s, now, frozenset(each.source for each in files.send))
    below, back = plan_subtasks(s, now), tell_of_reopened(s, now)
    blocked = next(
        (v for v in weighed.verdicts if v.verdict not in ("IN_SYNC", "UPDATE_DUE")), None
    )
    operations: list[Operation] = [*_writes(s, weighed, weight)]
    operations += [links.operation] if links.operation is not None else []
    operations += _copies(s, files)
    operations += relations_due(s)
    return Plan(
        operations=(*operations, *notes.operations, *back.operations, *below.operations),
        findings=(
            *_findings(s, weighed, disagreements, too_large, files.refused, notes),
            *below.findings,
            *off_day_findings(s, now),
        ),
        verdicts=weighed.verdicts,
        verdict=blocked.verdict if blocked else "IN_SYNC",
        verdict_data=blocked.data if blocked else {},
        fingerprints=(*weighed.fingerprints, *weight.keep),
        ledger=(*files.adopted, *notes.ledger, *back.ledger),
        read_self=links.read_self or files.read_self or notes.read_self or back.read_self,
        wake_at=earliest(
            weighed.wake_at,
            weight.wake_at,
            files.wake_at,
            notes.wake_at,
            below.wake_at,
            back.wake_at,
        ),
    )


def _writes(s: ItemSituation, weighed: Weighed, weight: WeightStep) -> tuple[Operation, ...]:
    whole = _where(s)
    fields = tuple(
        ItemField(wish.field, wish.value, restore, whole, weight.beside(wish))
        for wish, restore in weighed.writes
    )
    return (SetItemFields(s.ref, fields, s.observation.revision),) if fields else ()


def _where(s: ItemSituation) -> str:
    """Where people open the first ticket that is known; the others agree with it."""
    seen = (each.observation for each in s.tickets if each.observation is not None)
    return next((url for each in seen if (url := each.text(URL))), "")


def _takes_files(ticket: LinkedTicket) -> bool:
    """Whether the route that launched the item copies files along."""
    seen, mapping, id = ticket.observation, ticket.mapping, ticket.link.route
    if seen is None or mapping is None or id is None or seen.presence in GONE:
        return False
    route = mapping.route(id)
    spec = route.launch if route is not None else None
    active = ticket.link.state is LinkState.ACTIVE and not ticket.closed
    return spec is not None and spec.attachments and active


def _files(s: ItemSituation, now: datetime) -> tuple[CopyPlan[Attachment], list[Finding]]:
    """The files to copy, and a finding for each that is too large."""
    limit = s.tracker.max_attachment_bytes
    fitting: list[tuple[Ref, Attachment]] = []
    too_large: list[Finding] = []
    for ticket in s.tickets:
        if ticket.observation is None or not _takes_files(ticket):
            continue
        for file in files_of(ticket.observation):
            ref = ticket.link.ticket
            source = file_source(ref, file.id)
            if limit is not None and file.size is not None and file.size > limit:
                data = {"file": file.name, "size": str(file.size), "limit": str(limit)}
                too_large.append(_finding(s, "ATTACHMENT_TOO_LARGE", source, data))
            else:
                fitting.append((ref, file))
    forgotten = forgotten_until(s.observation, s.restored)
    target = Target(s.observation, s.ledger, s.tracker.probe_grace, now, forgotten)
    return attachment_plan(fitting, target), too_large


def _copies(s: ItemSituation, files: CopyPlan[Attachment]) -> list[Operation]:
    return [
        CopyAttachment(s.ref, c.ref, c.thing, c.source, c.content, c.marker)
        for c in files.send
        if isinstance(c.ref, TicketRef)
    ]


def _findings(
    s: ItemSituation,
    weighed: Weighed,
    disagreements: list[Finding],
    too_large: list[Finding],
    refused: tuple[LedgerEntry, ...],
    notes: NoteStep,
) -> tuple[Finding, ...]:
    copies = [_finding(s, "COPY_REJECTED", e.source, {"file": e.source}) for e in refused]
    return (*disagreements, *weighed.findings, *too_large, *copies, *notes.findings)


def _finding(s: ItemSituation, code: str, topic: str, data: dict[str, str]) -> Finding:
    return Finding(code, s.ref.connection, str(s.ref), topic, data)
