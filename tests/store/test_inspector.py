"""What the inspector's lists ask, on both databases: the condition and the word say the same."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.core.verdicts import GIVEN_UP, Verdict, verdict_of
from bridge.domain.findings import Finding
from bridge.domain.operations import Outcome, OutcomeKind
from bridge.kit.ids import new_id
from bridge.store import finding_groups, history, inspector, views, work
from bridge.store.inspector import Narrowed
from bridge.store.tables import deliveries, records
from bridge.store.views import TicketView
from tests.store.kit import Store, item, ticket

DUPLICATE, STALE = "DUPLICATE_EVENT: known.", "STALE_EVENT: older."
ENDS: tuple[tuple[str, str, str | None], ...] = (
    ("waiting", "received", None),
    ("applied", "done", DUPLICATE),
    ("no_change", "done", None),
    ("no_change", "done", f"{DUPLICATE}; {STALE}"),
    ("ignored", "ignored", "not ours"),
    ("held", "done", None),
    ("retrying", "done", None),
    ("parked", "done", None),
    ("parked", "ignored", f"{GIVEN_UP}too deep"),
    ("parked", "done", "refused"),
    ("duplicate", "done", DUPLICATE),
    ("superseded", "done", STALE),
    ("waiting", "done", None),
    ("superseded", "done", None),
    ("parked", "done", "one of two was refused"),
    ("superseded", "done", "one of two got no clear answer"),
    ("applied", "done", "refused first, then done"),
    ("parked", "ignored", f"{GIVEN_UP}too deep, though something was written before"),
)
"""What became of it, the delivery's state, and its reason."""
_RUNS = count()


async def delivered(store: Store, state: str, reason: str | None, *keys: str) -> str:
    """A delivery that was read; its id."""
    id = new_id()
    async with store.db.write() as connection:
        values = {
            "id": id, "connection": "hubspot", "received_at": store.now_ms, "size": 2,
            "content_type": "application/json", "body": b"{}", "state": state, "reason": reason,
            "records": list(keys),
        }  # fmt: skip
        await connection.execute(sa.insert(deliveries).values(values))
    return id


async def ran(store: Store, trace: str, outcome: OutcomeKind | None, *held: str) -> None:
    """A kept run of the trace, later than all before it."""
    id, now = f"{next(_RUNS):026x}", store.clock.now()
    async with store.db.write() as connection:
        await history.end_run(
            store.db, connection, id=id, record_key="hubspot:1", woken_by="test", trace=trace,
            started_at=now, finished_at=now, mapping_hash=None, verdict="IN_SYNC", inputs={},
            decided={"held": list(held)},
        )  # fmt: skip
        if outcome is not None:
            one = await history.begin_operation(
                connection, run_id=id, record_key="hubspot:1", name="hubspot",
                kind="SetTicketFields", request={}, now=now,
            )  # fmt: skip
            await history.end_operation(connection, one, Outcome(outcome), now)


async def pending(store: Store, id: str, trace: str, **values: Any) -> None:
    """A record that waits because of the trace."""
    await store.mark(ticket(id))
    async with store.db.write() as connection:
        await connection.execute(
            sa.update(records).where(records.c.vendor_id == id).values(trace=trace, **values)
        )


async def looked(store: Store, limit: int = 50, cursor: str | None = None, **wanted: Any) -> Any:
    async with store.db.read() as connection:
        return await inspector.page(connection, Narrowed(**wanted), cursor=cursor, limit=limit)


async def test_each_end_is_found_by_its_condition_and_by_no_other(store: Store) -> None:
    made = [(end, await delivered(store, state, reason)) for end, state, reason in ENDS]
    ids = [id for _, id in made]
    await ran(store, ids[1], OutcomeKind.DONE)
    await ran(store, ids[5], None, "boards:1#comment/2")
    await pending(store, "6", ids[6], attempts=2)
    await pending(store, "7", ids[7], dead=True)
    await ran(store, ids[9], OutcomeKind.REJECTED)
    await pending(store, "12", ids[12])
    await ran(store, ids[13], OutcomeKind.DEFERRED)
    await ran(store, ids[14], OutcomeKind.DONE)
    await ran(store, ids[14], OutcomeKind.REJECTED)
    await ran(store, ids[15], OutcomeKind.DONE)
    await ran(store, ids[15], OutcomeKind.UNKNOWN)
    await ran(store, ids[16], OutcomeKind.REJECTED)
    await ran(store, ids[16], OutcomeKind.DONE)
    await ran(store, ids[17], OutcomeKind.DONE)
    for verdict in Verdict:
        found = (await looked(store, verdict=verdict)).found
        assert {each["id"] for each in found} == {id for end, id in made if end == verdict}, verdict
    async with store.db.read() as connection:
        came = await inspector.came_of(connection, ids)
    said = [
        verdict_of(state, reason, came[id])
        for (_, state, reason), id in zip(ENDS, ids, strict=True)
    ]
    assert said == [end for end, _, _ in ENDS]
    assert came[ids[1]].operations == {("SetTicketFields", "done"): 1}


async def test_deliveries_are_searched_by_record_reason_and_time(store: Store) -> None:
    first = await delivered(store, "done", "100% of it", "hubspot:812")
    store.later(hours=2)
    second = await delivered(store, "done", None, "hubspot:8120")

    async def found(**wanted: Any) -> list[str]:
        return [each["id"] for each in (await looked(store, **wanted)).found]

    assert await found() == [second, first]
    assert await found(text="100% OF") == [first]
    assert await found(text="nothing", keys=("hubspot:812",)) == [first]
    assert await found(connection="boards") == []
    # The clock of the test is not the one of the ids: both bounds must hold.
    later = store.clock.now() - timedelta(hours=1)
    assert await found(since=later) == [second]
    await ran(store, second, OutcomeKind.DONE)
    assert await found(text="nothing", keys=("hubspot:1",)) == [second]


async def test_page_stops_looking_somewhere_and_goes_on_from_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspector, "REACH", 2)
    made = [await delivered(store, "done", None) for _ in range(7)]
    await ran(store, made[0], OutcomeKind.DONE)
    seen: list[str] = []
    cursor, pages = None, 0
    while True:
        page = await looked(store, cursor=cursor, verdict=Verdict.APPLIED)
        seen += [each["id"] for each in page.found]
        pages, cursor = pages + 1, page.further
        if cursor is None:
            break
    assert seen == [made[0]]
    assert pages == 3


async def test_strip_counts_what_is_stored(store: Store) -> None:
    await delivered(store, "received", None)
    await pending(store, "7", "x", dead=True)
    async with store.db.read() as connection:
        strip = await inspector.strip(connection, store.clock.now())
    assert (strip.unread, strip.parked) == (1, 1)


async def test_findings_are_grouped_with_the_customers_they_concern(store: Store) -> None:
    await store.mark(ticket("1"), ticket("2"), item("9"))
    view: dict[str, Any] = {
        "key": None, "url": None, "subject": "x", "plan": None, "category": None,
        "severity": None, "stage_id": None, "stage_label": None, "eta": None, "route": None,
        "verdict": "IN_SYNC", "needs": (), "closed": False,
    }  # fmt: skip
    now = store.clock.now()
    async with store.db.write() as connection:
        for id, customer in (("1", "Acme"), ("2", "Beta")):
            shown = TicketView(ticket(id), customer=customer, **view)
            await views.store(store.db, connection, shown, now)
        await work.add_link(
            store.db, connection, ticket=ticket("1"), item=item("9"), route="bug", by="x", now=now
        )
        raised = [
            Finding("STATUS_UNMAPPED", "boards", "boards:9"),
            Finding("STATUS_UNMAPPED", "boards", "hubspot:2"),
            Finding("AUTH_EXPIRED", "hubspot"),
        ]
        await history.raise_findings(store.db, connection, raised, now)
        await history.raise_findings(store.db, connection, raised[:1], now)
    async with store.db.read() as connection:
        groups = {each["code"]: each for each in await finding_groups.groups(connection, "open")}
        assert set(groups) == {"STATUS_UNMAPPED", "AUTH_EXPIRED"}
        assert (groups["STATUS_UNMAPPED"]["findings"], groups["STATUS_UNMAPPED"]["seen"]) == (2, 3)
        assert await finding_groups.customers(connection, "open") == {
            "STATUS_UNMAPPED": (2, "Acme")
        }
        assert await finding_groups.places(connection, "open") == {
            "STATUS_UNMAPPED": ["boards"],
            "AUTH_EXPIRED": ["hubspot"],
        }
        assert await finding_groups.counts(connection) == {"open": 3}
        n, last = await finding_groups.newest(connection, "STATUS_UNMAPPED")
        ids = await finding_groups.next_open(
            connection, "STATUS_UNMAPPED", after="", until=last, limit=9
        )
        assert (n, ids[-1]) == (2, last)
        assert await finding_groups.customers_of(connection, ["hubspot:2"]) == {"hubspot:2": "Beta"}
        assert len(await finding_groups.groups(connection, "open", "hubspot")) == 1
