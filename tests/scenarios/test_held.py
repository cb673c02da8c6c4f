"""Held texts: nothing of what the gate held leaves that no person looked at (O29 to O32)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bridge.domain.links import Relation
from bridge.domain.records import Observation, Source
from bridge.domain.refs import SignalRef, WorkItemRef
from bridge.kit.faults import Fault, FaultKind
from bridge.store import records, signals
from bridge.store.tables import audit_log, held_texts, origins
from connectors.azure_devops.simulator import Field
from tests.scenarios.test_erasing import erase
from tests.scenarios.test_findings import found as findings_of
from tests.scenarios.test_mirror import bug
from tests.scenarios.world import World, open_world
from tests.shipped import SHIPPED

DOUBTFUL = "Our Sentry guards the gate again from 4.2 on."
"""Suspicious, for its word; but no text of error tracking's."""
PROVEN = "<div>#customer</div><div>Jane Doe wrote:</div><blockquote>card 4711 declined</blockquote>"
OWN_WORDS = "The payment works again from version 4.2 on."
PAIR = "  - {ticket: release_note, work_item: Custom.Note, owner: work_item}\n"
NOTES = r"^POST /crm/.*/notes"


@pytest.fixture
async def quick(tmp_path: Path) -> AsyncIterator[World]:
    """What is decided does not depend on the database: one is enough where nothing else is said."""
    async with open_world(tmp_path) as opened:
        yield opened


async def held(world: World, state: str = "open") -> list[dict[str, Any]]:
    """The held texts in that state, newest first."""
    answer = await world.client.get(f"/api/v1/held?state={state}", headers=world.admin)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def press(
    world: World, text: dict[str, Any], how: str, *, words: str = "", seen: str | None = None
) -> httpx.Response:
    """A person decides about a held text that they looked at."""
    return await world.client.post(
        f"/api/v1/held/{text['id']}/{how}",
        headers={**world.admin, "If-Match": f'"{seen or text["seen"]}"'},
        json={"reason": "Read by Ana."} | ({"text": words} if words else {}),
    )


def notes(world: World) -> list[str]:
    """What the internal notes in HubSpot say."""
    return [n.properties["hs_note_body"] or "" for n in world.hubspot.notes.values()]


async def doubtful(world: World, text: str = DOUBTFUL) -> tuple[str, str, int, dict[str, Any]]:
    """A ticket, its item, a comment on it that is held, and the held text."""
    id, item = await bug(world)
    comment = world.boards.person_comments(item, f"<div>#customer</div><div>{text}</div>")
    await world.settle()
    [waiting] = await held(world)
    return id, item, comment, waiting


async def origin(world: World, item: str) -> None:
    """The item was once made for a signal."""
    signal, work_item = SignalRef("sentry", "4711"), WorkItemRef("boards", item)
    now = world.hub.now()
    async with world.hub.db.write() as connection:
        seen = Observation(signal, {}, now, Source.READ)
        await records.observe(world.hub.db, connection, seen, shown=lambda _: "", counter=None)
        await signals.add_origin(world.hub.db, connection, signal, work_item, by="test", now=now)


async def test_released_text_reaches_the_ticket_once_exactly_as_it_was_seen(world: World) -> None:
    id, item, _, waiting = await doubtful(world)
    [finding] = await findings_of(world, "HELD_FOR_REVIEW")
    assert finding["what_to_do"] == "Ask an operator to release, rewrite or reject the held text."
    assert waiting["id"] in finding["detail"]
    assert finding["sentence"] == f"A comment on #{item} is waiting for somebody's approval."
    assert (waiting["ticket"]["id"], waiting["work_item"]["id"]) == (id, item)
    assert (waiting["rule"], waiting["releasable"]) == ("sentry", True)
    assert waiting["text"] == ["#customer", DOUBTFUL]
    assert waiting["would_send"] == [DOUBTFUL]
    assert {"op": "drop", "text": "#customer"} in waiting["lines"]
    for _ in range(2):
        answer = await press(world, waiting, "release")
        assert (answer.status_code, answer.json()["state"]) == (200, "released"), answer.text
        await world.settle()
    [note] = notes(world)
    assert note.startswith(f"<p>{DOUBTFUL}</p><p>From <a href=")
    assert f">#{item}</a>" in note
    assert world.hubspot.threads == {}
    assert await held(world) == []
    assert "HELD_FOR_REVIEW" not in await world.findings()
    a = audit_log.c
    async with world.hub.db.read() as connection:
        asked = sa.select(a.actor, a.detail).where(a.action == "held.released")
        [(actor, detail)] = await connection.execute(asked)
    assert actor == "BRIDGE_ADMIN_TOKEN"
    assert (detail["reason"], detail["rule"]) == ("Read by Ana.", "sentry")


async def test_two_people_at_once_decide_once(world: World) -> None:
    *_, waiting = await doubtful(world)
    answers = await asyncio.gather(
        press(world, waiting, "release"), press(world, waiting, "reject")
    )
    assert sorted(each.status_code for each in answers) == [200, 409]
    [won] = [each.json()["state"] for each in answers if each.status_code == 200]
    [lost] = [each.json() for each in answers if each.status_code == 409]
    assert (lost["code"], won in lost["detail"]) == ("held_decided", True)
    await world.settle()
    assert len(notes(world)) == (1 if won == "released" else 0)


async def test_proven_text_is_never_released_only_said_anew(quick: World) -> None:
    _, item = await bug(quick)
    quick.boards.person_comments(item, PROVEN)
    await quick.settle()
    [waiting] = await held(quick)
    assert (waiting["rule"], waiting["releasable"]) == ("attribution", False)
    assert waiting["would_send"] == []
    refused = await press(quick, waiting, "release")
    assert (refused.status_code, refused.json()["code"]) == (422, "never_released")
    assert "rewrite it in your own words" in refused.json()["detail"]
    for words in ("See https://acme.sentry.io/issues/1", "Jane wrote:\n> card declined", " "):
        refused = await press(quick, waiting, "rewrite", words=words)
        assert refused.status_code == 422, refused.text
    await quick.settle()
    assert notes(quick) == []
    answer = await press(quick, waiting, "rewrite", words=OWN_WORDS)
    assert (answer.status_code, answer.json()["words"]) == (200, OWN_WORDS)
    await quick.settle()
    [note] = notes(quick)
    assert note.startswith(f"<p>{OWN_WORDS}</p>")
    assert "4711" not in note


async def test_text_edited_since_it_was_seen_is_not_sent(quick: World) -> None:
    _, item, comment, waiting = await doubtful(quick)
    edited = "<div>#customer</div><div>Sentry says that card 4711 is stolen.</div>"
    quick.boards.person_edits_comment(item, comment, edited)
    await quick.settle()
    refused = await press(quick, waiting, "release")
    assert (refused.status_code, refused.json()["code"]) == (412, "held_changed")
    await quick.settle()
    assert notes(quick) == []
    [anew] = await held(quick)
    assert anew["id"] == waiting["id"]
    assert anew["seen"] != waiting["seen"]


async def test_text_edited_between_its_release_and_its_writing_waits_anew(quick: World) -> None:
    _, item, comment, waiting = await doubtful(quick)
    slow_down = {"retry-after": "1", "content-type": "application/json"}
    quick.hubspot.faults.add(Fault(NOTES, FaultKind.ANSWER, status=429, headers=slow_down))
    assert (await press(quick, waiting, "release")).status_code == 200
    for _ in range(500):
        if quick.hubspot.faults.struck:
            break
        await asyncio.sleep(0.01)
    quick.boards.person_edits_comment(
        item, comment, "<div>#customer</div><div>Sentry says that card 4711 is stolen.</div>"
    )
    await quick.settle()
    assert quick.hubspot.faults.struck
    assert notes(quick) == []
    [anew] = await held(quick)
    assert (anew["state"], anew["decided_by"]) == ("open", None)


async def test_write_whose_answer_was_lost_is_not_repeated(quick: World) -> None:
    id, *_, waiting = await doubtful(quick)
    quick.hubspot.faults.add(Fault(NOTES, FaultKind.RESET_AFTER))
    assert (await press(quick, waiting, "release")).status_code == 200
    await quick.settle(seconds=40)
    await quick.client.post(f"/api/v1/tickets/hubspot/{id}/check?wait=2", headers=quick.admin)
    await quick.settle(seconds=40)
    assert len(notes(quick)) == 1


async def test_rejected_text_stays_until_it_is_edited(quick: World) -> None:
    _, item, comment, waiting = await doubtful(quick)
    assert (await press(quick, waiting, "reject")).status_code == 200
    await quick.settle()
    assert await held(quick) == []
    assert "HELD_FOR_REVIEW" not in await quick.findings()
    refused = await press(quick, waiting, "release")
    assert (refused.status_code, refused.json()["code"]) == (409, "held_decided")
    quick.boards.person_edits_comment(
        item, comment, f"<div>#customer</div><div>{DOUBTFUL} Really.</div>"
    )
    await quick.settle()
    [anew] = await held(quick)
    assert anew["text"][1].endswith("Really.")
    assert notes(quick) == []


async def test_text_whose_comment_is_deleted_is_withdrawn(quick: World) -> None:
    _, item, comment, waiting = await doubtful(quick)
    quick.boards.person_deletes_comment(item, comment)
    await quick.settle()
    assert await held(quick) == []
    assert [each["id"] for each in await held(quick, "withdrawn")] == [waiting["id"]]
    assert "HELD_FOR_REVIEW" not in await quick.findings()
    refused = await press(quick, waiting, "release")
    assert (refused.status_code, refused.json()["code"]) == (409, "held_decided")


@pytest.mark.parametrize("removed", [False, True])
async def test_item_that_ever_had_an_origin_holds_all_its_texts(
    quick: World, removed: bool
) -> None:
    _, item = await bug(quick)
    await origin(quick, item)
    if removed:
        async with quick.hub.db.write() as connection:
            await connection.execute(sa.update(origins).values(removed_at=1))
    for text in ("Fixed in 4.2.", "TypeError: card 4711 is undefined"):
        quick.boards.person_comments(item, f"<div>#customer</div><div>{text}</div>")
    await quick.settle()
    bad, good = sorted(await held(quick), key=lambda each: bool(each["releasable"]))
    assert (good["releasable"], bad["releasable"]) == (True, False)
    assert good["why"].startswith("Its work item was made for a Sentry issue")
    refused = await press(quick, bad, "release")
    assert (refused.status_code, refused.json()["code"]) == (422, "never_released")
    assert notes(quick) == []
    assert (await press(quick, good, "release")).status_code == 200
    await quick.settle()
    [note] = notes(quick)
    assert note.startswith("<p>Fixed in 4.2.</p>")
    # Nor does the note say which item it is, or lead to it.
    assert "From engineering" in note
    assert not re.search(rf"#{item}\b|_workitems", note)


async def test_relation_to_an_item_with_an_origin_changes_nothing_for_the_tickets_own(
    quick: World,
) -> None:
    _, item = await bug(quick)
    other = quick.boards.person_creates("Bug", "CHECKOUT-1AB: card 4711")
    async with quick.hub.db.write() as connection:
        now, ref = quick.hub.now(), WorkItemRef("boards", other)
        seen = Observation(ref, {}, now, Source.WEBHOOK)
        await records.observe(quick.hub.db, connection, seen, shown=lambda _: "", counter=None)
    await origin(quick, other)
    async with quick.hub.db.write() as connection:
        pair = Relation(ref, WorkItemRef("boards", item))
        signal = SignalRef("sentry", "4711")
        await signals.relate(quick.hub.db, connection, signal, pair, by="test", now=now)
    answer = await quick.client.post(
        "/api/v1/links",
        headers=quick.admin,
        json={
            "ticket": {"connection": "hubspot", "id": next(iter(quick.hubspot.tickets))},
            "work_item": {"connection": "boards", "id": other},
        },
    )
    assert answer.json()["code"] == "sentry_never_on_ticket"
    quick.boards.person_comments(item, "<div>#customer</div><div>Fixed in 4.2.</div>")
    await quick.settle()
    [note] = notes(quick)
    assert note.startswith("<p>Fixed in 4.2.</p>")
    assert await held(quick) == []


async def test_field_that_is_held_shows_what_a_person_lets_pass(tmp_path: Path) -> None:
    async with open_world(tmp_path, mapping=SHIPPED + PAIR) as world:
        world.hubspot.add_property("tickets", "release_note")
        world.boards.add_field(Field("Custom.Note", "Custom.Note", "string"))
        id, item = await bug(world)
        world.boards.person_edits(item, {"Custom.Note": DOUBTFUL})
        await world.settle()
        [waiting] = await held(world)
        assert (waiting["kind"], waiting["name"]) == ("field", "Custom.Note")
        assert (waiting["code"], waiting["text"]) == ("LEAK_SUSPECT", [DOUBTFUL])
        assert (await press(world, waiting, "release")).status_code == 200
        await world.settle()
        assert world.ticket(id)["release_note"] == DOUBTFUL
        assert "LEAK_SUSPECT" not in await world.findings()
        # Another value is another text.
        world.boards.person_edits(item, {"Custom.Note": "see https://acme.sentry.io/issues/1"})
        await world.settle()
        assert world.ticket(id)["release_note"] == DOUBTFUL
        [waiting] = await held(world)
        assert (await press(world, waiting, "release")).json()["code"] == "never_released"
        assert (await press(world, waiting, "rewrite", words=OWN_WORDS)).status_code == 200
        await world.settle()
        assert world.ticket(id)["release_note"] == OWN_WORDS


async def test_item_with_an_origin_shows_no_field_that_nobody_looked_at(tmp_path: Path) -> None:
    async with open_world(tmp_path, mapping=SHIPPED + PAIR) as world:
        world.hubspot.add_property("tickets", "release_note")
        world.boards.add_field(Field("Custom.Note", "Custom.Note", "string"))
        id, item = await bug(world)
        await origin(world, item)
        world.boards.person_edits(item, {"Custom.Note": "Card checks", "System.State": "Active"})
        await world.settle()
        assert not world.ticket(id).get("release_note")
        assert world.ticket(id)["work_stage"] == "In development"
        [waiting] = await held(world)
        assert (waiting["code"], waiting["releasable"]) == ("HELD_FOR_REVIEW", True)
        answer = await world.client.get(
            f"/api/v1/tickets/hubspot/{id}/explain", headers=world.admin
        )
        assert "Card checks" not in answer.text


async def test_ticket_merged_away_takes_its_held_texts_along(quick: World) -> None:
    id, _, _, waiting = await doubtful(quick)
    other = quick.hubspot.person_creates_ticket(subject="Same", company_id=quick.acme)
    await quick.settle()
    survivor = quick.hubspot.person_merges(other, id)
    await quick.settle()
    [moved] = await held(quick)
    assert (moved["id"], moved["ticket"]["id"]) == (waiting["id"], survivor)
    assert (await press(quick, moved, "release")).status_code == 200
    await quick.settle()
    assert len(notes(quick)) == 1


async def test_no_word_of_a_held_text_is_kept_with_it(quick: World) -> None:
    _, item = await bug(quick)
    quick.boards.person_comments(item, PROVEN)
    await quick.settle()
    async with quick.hub.db.read() as connection:
        kept = [tuple(each) for each in await connection.execute(sa.select(held_texts))]
    assert kept
    assert "4711" not in repr(kept)
    [waiting] = await held(quick)
    assert (await press(quick, waiting, "rewrite", words=OWN_WORDS)).status_code == 200
    await quick.settle()
    await erase(quick, refs=[f"boards:{item}"])
    [after] = [e for e in await held(quick, "all") if e["id"] == waiting["id"]]
    assert (after["text"], after["seen"], after["words"], after["reason"]) == ([], None, None, None)
