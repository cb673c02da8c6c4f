"""What a panel says of a ticket: the same to whoever draws it, and no more than support may see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bridge.core.guard import tells_nothing
from bridge.core.scales_told import PlanTold, plan_told
from bridge.domain.refs import TicketRef
from bridge.engine.endings import Ending, ending_of
from bridge.engine.explain import explain_ticket
from bridge.engine.hub import Hub
from bridge.kit.clock import from_ms, rfc3339
from bridge.store import draft_lists, signals, views, work
from bridge.store.database import Row
from bridge.web.promised import next_told
from bridge.web.rendering import address, page_of
from bridge.web.shown import Work, known_ticket, mapping_of, work_of
from bridge.web.telling import about, label_of
from bridge.web.tickets import Why, why_of
from bridge.web.visitor import PageProblem

UNNAMED = "From engineering"
"""In place of the name of an item that nobody outside engineering may read."""


@dataclass(frozen=True, slots=True)
class PanelContent:
    """A ticket as a panel shows it."""

    ref: TicketRef
    row: Row
    work: tuple[Work, ...]
    tasks: int
    """How many internal technical tasks there are: never which."""
    why: Why
    checked_at: datetime | None
    drafted: tuple[str, ...] = ()
    """What the drafts are about that wait for a person."""
    ending: Ending | None = None
    """How far its work, its customer and itself are, and how it stands to escalation."""
    plan: PlanTold | None = None
    """What the customer's plan gives, and where its policy is published."""


async def content_of(hub: Hub, connection: str, id: str) -> PanelContent:
    """What there is to say of that connection's ticket; PageProblem if the hub knows none."""
    ref = await known_ticket(hub, connection, id)
    found = await explain_ticket(hub, ref, asked=id)
    async with hub.db.read() as store:
        row = await views.load(store, str(ref))
        linked = (await views.linked_items(store, [str(ref)]))[str(ref)]
        tasks = (await signals.internal_tasks(store, [str(ref)])).get(str(ref), 0)
        items = [work_of(hub, each) for each in linked]
        waiting = await draft_lists.open_of(store, [str(ref)])
        born = await work.with_origin(store, [each.ref for each in items])
    if row is None or found is None:
        raise PageProblem(
            404,
            "This ticket was not looked at yet",
            "The hub has heard of it and reads it in a moment. Open it again then.",
        )
    # In the helpdesk, as on the ticket itself, an item of error tracking has no name.
    unnamed = {
        each.ref: UNNAMED for each in items if each.ref in born or not tells_nothing(each.key)
    }
    mapping = mapping_of(hub, ref.connection)
    return PanelContent(
        ref=ref,
        row=row,
        work=tuple(replace(e, key=UNNAMED, url="") if e.ref in unnamed else e for e in items),
        tasks=tasks,
        why=why_of(replace(found, names={**found.names, **unnamed}), hub.now()),
        checked_at=found.seen_at,
        drafted=tuple(about(e["reason"], label_of(e)) for e in waiting),
        ending=await ending_of(hub, ref),
        plan=plan_told(mapping, row["plan"]) if mapping is not None else None,
    )


def _promise(row: Row) -> dict[str, Any] | None:
    """The promise that comes next, in words."""
    said = next_told(row)
    due = row["promise_due_at"]
    if said is None:
        return None
    return {**said, "due_at": None if due is None else rfc3339(from_ms(due))}


def as_document(content: PanelContent, public_url: str, said: str) -> dict[str, Any]:
    """The same for a helpdesk that draws it itself."""
    row, checked = content.row, content.checked_at
    return {
        "ticket": row.key or content.ref.id,
        "customer_sees": {"stage": row.stage_label, "expected": row.eta, "told": row.eta_told},
        "release": row.release_name,
        "promise": _promise(row),
        "work": [
            {
                "key": each.key,
                "status": each.status,
                "broken": each.state == "broken",
                "url": address(each.url) or None,
            }
            for each in content.work
        ],
        "internal_tasks": content.tasks,
        "drafts_ready": list(content.drafted),
        "why": content.why.sentence,
        "what_to_do": content.why.what_to_do,
        "policy": (address(content.plan.address) or None) if content.plan else None,
        "escalation": escalation_told(content.ending),
        "checklist": [
            {"label": each.label, "known": each.given}
            for each in (content.ending.standing.checklist if content.ending else ())
        ],
        "checked_at": None if checked is None else rfc3339(checked),
        "said": said,
        "page": f"{public_url}{page_of(content.ref.connection, content.ref.id)}",
    }


def escalation_told(ending: Ending | None) -> str | None:
    """How the ticket stands to escalation, in a sentence; None where there is nothing to say."""
    if ending is None:
        return None
    waiting = ending.standing.waiting
    if waiting is not None:
        return f"{waiting.asked_by} asked to escalate it; it waits for a decision."
    return f"Escalated, and carried by {ending.carried_by}." if ending.carried_by else None
