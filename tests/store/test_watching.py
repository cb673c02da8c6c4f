"""Figures that move when something changes and stand still else, and what pages list, on both."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bridge.core.check_result import Result
from bridge.domain.access import AccessRole, Actor, Person
from bridge.domain.findings import Finding
from bridge.store import (
    audit_log,
    checks,
    connections,
    history,
    jobs,
    sessions,
    standing,
    tallies,
    tokens,
    views,
    watching,
    work,
)
from bridge.store.audit_log import AuditFilter
from bridge.store.tokens import digest
from bridge.store.views import TicketView
from tests.store.kit import START, Store, item, ticket


async def _record(store: Store) -> str:
    async with store.db.read() as connection:
        return (await watching.of_tickets(connection, ["hubspot:1"]))["hubspot:1"]


async def _health(store: Store) -> str:
    async with store.db.read() as connection:
        return await watching.of_health(connection, store.clock.now())


async def _list(store: Store) -> str:
    async with store.db.read() as connection:
        newest = await watching.newest_change(connection)
        return watching.list_figure(newest, *await tallies.counts(connection))


async def test_figure_of_a_record_moves_with_its_passes_and_links_alone(store: Store) -> None:
    unknown = await _record(store)
    await store.mark(ticket("1"), ticket("2"), item("9"))
    figures = [await _record(store)]
    assert figures[0] != unknown
    taken = {each.key: each for each in await store.claim()}
    await store.finish(taken["hubspot:2"])
    await store.finish(taken["boards:9"])
    assert await _record(store) == figures[0]
    await store.finish(taken["hubspot:1"])
    figures.append(await _record(store))
    async with store.db.write() as connection:
        made = await work.add_link(
            store.db, connection, ticket=ticket("1"), item=item("9"), route=None, by="x", now=START
        )
    assert made is not None
    figures.append(await _record(store))
    assert len(set(figures)) == 3
    async with store.db.read() as connection:
        assert await standing.tickets_and_links(connection, "boards") == (0, 1)
        assert await standing.tickets_and_links(connection, "board") == (0, 0)


async def test_figure_of_health_moves_with_what_its_page_shows(store: Store) -> None:
    await store.connected("hubspot", "boards")
    seen = [await _health(store)]
    assert await _health(store) == seen[0]

    async def moved(**values: object) -> None:
        async with store.db.write() as connection:
            await connections.change(connection, "hubspot", **values)
        seen.append(await _health(store))

    await moved(paused_by="person", paused_reason="x")
    await moved(last_delivery_at=START)
    # The next delivery within the same seconds is no news.
    await moved(last_delivery_at=START + timedelta(seconds=1))
    assert seen.pop() == seen[-1]
    async with store.db.write() as connection:
        await history.raise_findings(
            store.db, connection, [Finding("WEBHOOKS_SILENT", "boards")], START
        )
    seen.append(await _health(store))
    async with store.db.write() as connection:
        result = Result("credential", False, "It is refused.", "Make one.")
        await checks.keep(store.db, connection, "boards", results=[result], by="Ada", now=START)
        job = await jobs.add(
            store.db, connection, kind="backfill", target="hubspot", params={}, by="x", now=START
        )
    seen.append(await _health(store))
    store.later(minutes=1)
    seen.append(await _health(store))
    assert len(set(seen)) == len(seen)
    async with store.db.read() as connection:
        assert [each.id for each in await jobs.under_way(connection, limit=5)] == [job.id]
        last = (await checks.load_all(connection))["boards"]
        assert (last.at, last.by, last.results, last.wrong) == (START, "Ada", (result,), 1)


async def test_list_moves_with_changes_and_new_tickets_which_are_counted(store: Store) -> None:
    before = await _list(store)
    async with store.db.write() as connection:
        since = await watching.newest_change(connection)
        view = TicketView(
            ticket("1"), None, None, "", None, None, None, None, None, None, None, None, "IN_SYNC",
            ("to_tell",), closed=False,
        )  # fmt: skip
        await views.store(store.db, connection, view, START)
    seen = {before, await _list(store)}
    async with store.db.write() as connection:
        for key in ("hubspot:1", "hubspot:2", "hubspot:1"):
            await history.add_transition(
                connection, key, "stage", before=None, after="b", cause="x", now=START
            )
        assert await watching.changed_tickets(connection, since) == 2
        newest = await watching.newest_change(connection)
        assert await watching.changed_tickets(connection, newest) == 0
    assert len({*seen, await _list(store)}) == 3


async def test_people_and_invitations_are_those_that_hold(store: Store) -> None:
    later = START + timedelta(hours=1)
    async with store.db.write() as connection:
        ada = Person(Actor("Ada", AccessRole.ADMIN))
        bo = Person(Actor("Bo", AccessRole.CSM))
        for secret, person, until in (("1", ada, later), ("2", ada, later), ("3", bo, START)):
            await sessions.begin(connection, secret, person, now=START, expires_at=until)
        await sessions.add_link(connection, "4", bo, by="Ada", now=START, expires_at=later)
        await sessions.add_link(connection, "5", bo, by="Ada", now=START, expires_at=START)
    async with store.db.read() as connection:
        [signed_in] = await sessions.people(connection, START)
        [invited] = await sessions.invitations(connection, START)
        held = await sessions.holding(connection, [digest(e) for e in ("1", "3", "6")], START)
    assert (signed_in.name, signed_in.role, signed_in.sessions) == ("Ada", AccessRole.ADMIN, 2)
    assert (invited.name, invited.by, invited.expires_at) == ("Bo", "Ada", later)
    assert held == {digest("1")}


async def test_audit_log_is_narrowed_and_goes_on_where_a_page_ends(store: Store) -> None:
    done = [("Ada", "link", "hubspot:1"), ("Bo", "job.paused", "job 1"), ("Ada", "job", "x")]
    async with store.db.write() as connection:
        for number, (who, action, target) in enumerate(done):
            await asyncio.sleep(0.002)  # an id begins with its millisecond
            await tokens.audit(
                connection, actor=who, action=action, target=target,
                detail={"to": f"boards:{number}"}, now=START + timedelta(days=number),
            )  # fmt: skip

    async def found(wanted: AuditFilter, cursor: str = "", limit: int = 9) -> list[str]:
        async with store.db.read() as connection:
            looked = await audit_log.page(connection, wanted, cursor=cursor, limit=limit)
        return [each["target"] for each in looked.found]

    assert await found(AuditFilter()) == ["x", "job 1", "hubspot:1"]
    assert await found(AuditFilter(actor="ADA")) == ["x", "hubspot:1"]
    assert await found(AuditFilter(actions=("job.",))) == ["job 1"]
    assert await found(AuditFilter(about="boards:2")) == ["x"]
    day = START + timedelta(days=1)
    assert await found(AuditFilter(since=day, until=day + timedelta(days=1))) == ["job 1"]
    async with store.db.read() as connection:
        looked = await audit_log.page(connection, AuditFilter(), cursor="", limit=1)
        ids = list(await connection.execute(sa.text("SELECT id FROM audit_log")))
    assert len(ids) == 3
    assert await found(AuditFilter(), cursor=looked.further) == ["job 1", "hubspot:1"]


async def test_search_of_the_audit_log_stops_somewhere_and_goes_on_from_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "REACH", 2)
    async with store.db.write() as connection:
        for number in range(7):
            await asyncio.sleep(0.002)
            await tokens.audit(
                connection, actor="Bo" if number else "Ada", action="link", target=str(number),
                detail={}, now=START + timedelta(days=number),
            )  # fmt: skip

    async def pages(wanted: AuditFilter) -> list[list[str]]:
        said, cursor = [], ""
        while True:
            async with store.db.read() as connection:
                looked = await audit_log.page(connection, wanted, cursor=cursor, limit=9)
            said.append([each["target"] for each in looked.found])
            if not looked.further:
                return said
            cursor = looked.further

    assert await pages(AuditFilter(actor="ada")) == [[], [], ["0"]]
    # Only the days that are wanted count.
    assert await pages(AuditFilter(actor="ada", until=START + timedelta(days=2))) == [["0"]]
