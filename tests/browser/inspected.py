"""What the inspector's pages show: a delivery with its pass, findings, and a text that waits."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.core.drafting import draft_digest
from bridge.core.plain_text import said_paragraphs
from bridge.core.reviewing import seen_content
from bridge.domain.drafts import Draft, DraftState
from bridge.domain.findings import Finding
from bridge.domain.held import HeldText
from bridge.domain.records import COMMENTS, Comment, Fact, Observation, Source
from bridge.domain.refs import TicketRef, WorkItemRef
from bridge.store import drafts, held, history, records
from bridge.store.tables import (
    deliveries,
    findings,
    held_texts,
    operations,
    runs,
    ticket_needs,
    ticket_views,
)
from tests.api.doors import Doors
from tests.web.traced import knocked, pending, ran, settled

DELIVERY, RUN, TEXT = "a-delivery", "a-run", "a-text"
"""Ids that the addresses of the pages name."""


async def fill(doors: Doors) -> None:
    """Let something have come in and led somewhere."""
    for reason in (None, "DUPLICATE_EVENT: The notification told nothing that was not known."):
        await settled(doors, await knocked(doors), "hubspot:802", reason=reason)
    parked = await knocked(doors)
    await settled(doors, parked, "hubspot:803")
    await pending(doors, "hubspot:803", parked, dead=True, last_error="HubSpot refused it")
    id = await knocked(doors)
    await settled(doors, id, "hubspot:801", "boards:991")
    run = await ran(doors, id, "hubspot:801", stage="in_testing", findings=["STATUS_UNMAPPED"])
    raised = [
        Finding("STATUS_UNMAPPED", "boards", f"hubspot:{801 + n}", data={"label": "Triaged"})
        for n in range(3)
    ]
    raised.append(Finding("AUTH_EXPIRED", "boards", data={"connection": "boards"}))
    async with doors.hub.db.write() as store:
        await history.raise_findings(doors.hub.db, store, raised, doors.hub.now())
        await store.execute(
            sa.update(findings).where(findings.c.ref == "hubspot:801").values(id="a-finding")
        )
        await store.execute(sa.update(deliveries).where(deliveries.c.id == id).values(id=DELIVERY))
        await store.execute(sa.update(operations).values(run_id=RUN))
        await store.execute(sa.update(runs).where(runs.c.id == run).values(id=RUN, trace=DELIVERY))
    await _hold(doors)
    await _draft(doors)


async def _draft(doors: Doors) -> None:
    """Messages to a customer that wait for a person; nobody may approve the second."""
    ticket, now = str(TicketRef("hubspot", "801")), doors.hub.now()
    said = {
        "a-draft": "Hello Ana,\n\nit works again. Please try it.\n\nYour team",
        "a-held-draft": "See acme.sentry.io/issues/42",
    }
    async with doors.hub.db.write() as store:
        for id, text in said.items():
            html = said_paragraphs(text)
            made = Draft(
                id, ticket, "stage:in_testing", html, draft_digest(html), DraftState.OPEN, now,
                stage="in_testing", language="en",
            )  # fmt: skip
            await drafts.add(store, made)
        await store.execute(sa.insert(ticket_needs).values(need="to_tell", ticket_key=ticket))
        needs = sa.update(ticket_views).where(ticket_views.c.ticket_key == ticket)
        await store.execute(needs.values(needs=["to_tell", "with_engineering"]))


async def _hold(doors: Doors) -> None:
    """A comment on a work item that an engineer marked and the gate held."""
    item, now = WorkItemRef("boards", "991"), doors.hub.now()
    html = "<div>#customer</div><div>Our Sentry guards the gate again from 4.2 on.</div>"
    comment = Comment("9", html, "jo", "Jo")
    seen = Observation(item, {COMMENTS: Fact([comment.as_value()], now)}, now, Source.READ)
    source = "boards:991#comment/9"
    waiting = HeldText(source, seen_content(comment), "HELD_FOR_REVIEW", "sentry")
    async with doors.hub.db.write() as store:
        await records.observe(doors.hub.db, store, seen, shown=lambda _: "", counter=None)
        await held.keep(doors.hub.db, store, str(TicketRef("hubspot", "801")), [waiting], now)
        await store.execute(sa.update(held_texts).values(id=TEXT))
