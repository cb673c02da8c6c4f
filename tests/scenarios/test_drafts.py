"""Telling the customer: drafted when the work comes so far, approved by a person, once.

The rules are H5 (every ticket is communicated to the client), C14, C18 and O27 (the client hears
that it is reported, and that it is available), K11 and K14 (who reads decides how it is said).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bridge.core.eta_ranges import told_date
from bridge.domain.mapping_tell import EtaRanges
from bridge.store.tables import audit_log
from connectors.azure_devops.simulator import Field
from tests.scenarios.test_mirror import bug, link
from tests.scenarios.test_preview import activated
from tests.scenarios.test_process_success import DATE
from tests.scenarios.world import World, open_world
from tests.scenarios.zendesk_shop import MAPPING, open_shop
from tests.shipped import SHIPPED


@pytest.fixture
async def quick(tmp_path: Path) -> AsyncIterator[World]:
    """What a draft says does not depend on the database."""
    async with open_world(tmp_path) as opened:
        yield opened


async def drafts(world: World, **query: str) -> list[dict[str, Any]]:
    answer = await world.client.get("/api/v1/drafts", headers=world.admin, params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def press(world: World, draft: dict[str, Any], deed: str, **body: Any) -> httpx.Response:
    """A person decides about the draft as they saw it."""
    headers = {**world.admin, "If-Match": f'"{draft["digest"]}"'}
    path = f"/api/v1/drafts/{draft['id']}/{deed}"
    return await world.client.post(path, headers=headers, json=body)


async def needs(world: World, ticket: str, connection: str = "hubspot") -> list[str]:
    path = f"/api/v1/tickets/{connection}/{ticket}"
    answer = await world.client.get(path, headers=world.admin)
    found: list[str] = answer.json()["needs"]
    return found


async def available(world: World) -> tuple[str, str]:
    """A bug that engineering is done with: ticket and item."""
    ticket, item = await bug(world)
    world.boards.person_moves_state(item, "Closed")
    await world.settle()
    return ticket, item


async def test_available_ticket_is_drafted_once_and_approved_as_it_was_seen(world: World) -> None:
    """H5, O27."""
    ticket, item = await bug(world)
    assert await drafts(world) == []
    world.boards.person_moves_state(item, "Closed")
    await world.settle()
    [draft] = await drafts(world)
    assert draft["ticket"]["id"] == ticket
    assert (draft["reason"], draft["customer"], draft["state"]) == (
        *("stage:available", "Acme"),
        "open",
    )
    assert 'The work on "Export fails" is finished' in draft["text"]
    assert await needs(world, ticket) == ["to_tell", "with_engineering"]
    await world.sweep("hubspot")
    await world.sweep("boards")
    assert [each["id"] for each in await drafts(world, state="all")] == [draft["id"]]
    for _ in range(2):
        answer = await press(world, draft, "approve")
        assert (answer.status_code, answer.json()["text"]) == (200, draft["text"]), answer.text
        assert answer.json()["approved_by"] == "BRIDGE_ADMIN_TOKEN"
    await world.settle()
    assert await drafts(world) == []
    assert "to_tell" not in await needs(world, ticket)
    a = audit_log.c
    async with world.hub.db.read() as store:
        told = await store.execute(sa.select(a.action, a.detail).where(a.target.like("draft %")))
        [(action, detail)] = told
    assert (action, detail["ticket"]) == ("draft.approved", f"hubspot:{ticket}")


async def test_two_people_at_once_decide_once(world: World) -> None:
    await available(world)
    [draft] = await drafts(world)
    answers = await asyncio.gather(
        press(world, draft, "approve"), press(world, draft, "discard", reason="By phone.")
    )
    assert sorted(each.status_code for each in answers) == [200, 409]
    [lost] = [each.json() for each in answers if each.status_code == 409]
    assert lost["code"] == "draft_decided"
    assert len(await drafts(world, state="all")) == 1


async def test_words_of_ones_own_are_checked_and_kept_as_they_were_approved(quick: World) -> None:
    await available(quick)
    [draft] = await drafts(quick)
    leak = await press(quick, draft, "approve", text="See https://acme.sentry.io/issues/42/")
    assert (leak.status_code, leak.json()["code"]) == (422, "still_suspect")
    assert leak.json()["detail"].startswith("It names something of Sentry's.") or (
        "Say it so that a customer could have written it" in leak.json()["detail"]
    )
    assert [each["text"] for each in await drafts(quick)] == [draft["text"]]
    strange = await press(quick, draft, "approve", recipients=["999"])
    assert (strange.status_code, strange.json()["code"]) == (422, "not_on_ticket")
    words = "Hello Ana,\n\nit works <again>.\nKim"
    answer = await press(quick, draft, "approve", text=words)
    assert (answer.status_code, answer.json()["text"]) == (200, words), answer.text
    late = await press(quick, draft, "approve")
    assert (late.status_code, late.json()["code"]) == (409, "draft_decided")


async def test_draft_that_says_something_else_by_now_is_looked_at_again(quick: World) -> None:
    await available(quick)
    [draft] = await drafts(quick)
    stale = await press(quick, {**draft, "digest": "0" * 64}, "approve")
    assert (stale.status_code, stale.json()["code"]) == (412, "draft_changed")


async def test_work_that_goes_back_takes_the_draft_along_and_brings_it_back(quick: World) -> None:
    ticket, item = await available(quick)
    [draft] = await drafts(quick)
    quick.boards.person_moves_state(item, "Active")
    await quick.settle()
    assert await drafts(quick) == []
    assert "to_tell" not in await needs(quick, ticket)
    late = await press(quick, draft, "approve")
    assert (late.status_code, "not so any more" in late.json()["detail"]) == (409, True)
    quick.boards.person_moves_state(item, "Closed")
    await quick.settle()
    assert [each["id"] for each in await drafts(quick)] == [draft["id"]]


async def test_agent_who_tells_the_customer_need_not_be_asked_to(quick: World) -> None:
    ticket, _ = await available(quick)
    quick.hubspot.agent_replies(ticket, "It works again, please try.")
    await quick.settle()
    assert await drafts(quick) == []
    [over] = await drafts(quick, state="superseded")
    assert over["why"] == "a person told the customer meanwhile"


async def test_mapping_that_sends_approves_by_itself_and_reported_is_told_too(
    tmp_path: Path,
) -> None:
    """C14: the customer is notified when the bug is opened."""
    stage = "{id: reported, label: Reported to engineering"
    assert stage in SHIPPED
    async with open_world(
        tmp_path, mapping=SHIPPED.replace(stage, f"{stage}, tell: send")
    ) as world:
        await bug(world)
        assert await drafts(world) == []
        [draft] = [e for e in await drafts(world, state="all") if e["stage"] == "reported"]
        assert draft["approved_by"] is None
        assert draft["state"] != "open"


async def test_message_by_hand_waits_for_approval_and_discarding_ends_it(quick: World) -> None:
    ticket, _ = await bug(quick)
    there = f"/api/v1/tickets/hubspot/{ticket}/drafts"
    for text, code in (("Sentry says no", "still_suspect"), (" ", "invalid_request")):
        refused = await quick.client.post(there, headers=quick.admin, json={"text": text})
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    said = {"text": "We have not forgotten you."}
    made = await quick.client.post(there, headers=quick.admin, json=said)
    assert (made.status_code, made.json()["reason"]) == (201, "by_hand"), made.text
    await quick.settle()
    assert "to_tell" in await needs(quick, ticket)
    answer = await press(quick, made.json(), "discard", reason="Told by phone.")
    assert (answer.status_code, answer.json()["state"]) == (200, "discarded")
    await quick.settle()
    assert "to_tell" not in await needs(quick, ticket)


async def test_range_that_a_person_names_by_hand_is_the_date_that_was_told(tmp_path: Path) -> None:
    """O28: what was told is the range's end."""
    ranges = "tell: {ranges: {parts_after: 45d}}\n"
    async with open_world(tmp_path, mapping=SHIPPED + ranges) as world:
        ticket, item = await bug(world)
        due = (world.hub.now() + timedelta(days=70)).date()
        world.boards.add_field(Field(DATE, "Target Date", "dateTime"))
        world.boards.person_edits(int(item), {DATE: f"{due}T00:00:00Z"})
        await world.settle()
        spec = EtaRanges.model_validate({"parts_after": "45d"})
        told = told_date(due, "en", spec, due - timedelta(days=70))
        there = f"/api/v1/tickets/hubspot/{ticket}/drafts"
        for text, eta in ((told.when, told.day), (due.isoformat(), due), ("soon", None)):
            said = {"text": f"We expect it {text}."}
            made = await world.client.post(there, headers=world.admin, json=said)
            assert made.json()["eta"] == (None if eta is None else eta.isoformat()), made.text


async def test_wording_that_lacks_its_date_says_what_is_missing(tmp_path: Path) -> None:
    tell = 'tell: {wording: [{for: available, text: "It comes on {{ eta }}."}]}\n'
    async with open_world(tmp_path, mapping=SHIPPED + tell) as world:
        ticket, _ = await available(world)
        assert await drafts(world) == []
        assert "WORDING_INCOMPLETE" in await world.findings()
        assert "to_tell" in await needs(world, ticket)
        # The words are mended: what they were for happened before, and is told all the same.
        await activated(world, SHIPPED)
        assert "WORDING_INCOMPLETE" not in await world.findings()
        [draft] = await drafts(world)
        assert draft["ticket"]["id"] == ticket


async def test_list_is_narrowed_and_paged(quick: World) -> None:
    one, item = await available(quick)
    two = quick.hubspot.person_creates_ticket(subject="Import", category="Bug", company_id=None)
    await quick.settle()
    assert await link(quick, two, item) == 201
    await quick.settle()
    assert [e["ticket"]["id"] for e in await drafts(quick, customer="Acme")] == [one]
    assert [e["ticket"]["id"] for e in await drafts(quick, ticket=f"hubspot:{two}")] == [two]
    assert await drafts(quick, stage="declined") == []
    assert await drafts(quick, mine="nobody@acme.com") == []
    first = await quick.client.get("/api/v1/drafts?limit=1", headers=quick.admin)
    cursor = first.json()["next_cursor"]
    second = await drafts(quick, limit="1", cursor=cursor)
    assert [first.json()["items"][0]["ticket"]["id"], second[0]["ticket"]["id"]] == [one, two]


async def test_zendesk_customer_is_greeted_and_the_public_reply_of_an_agent_counts(
    tmp_path: Path,
) -> None:
    """The same in another helpdesk: who wrote last is greeted by name."""
    tell = "tell: {signs: Escalations at Acme}\n"
    async with open_shop(tmp_path, mapping=MAPPING + tell) as shop:
        ticket, item = await shop.bug()
        asker = int(shop.zendesk.tickets[ticket].values["requester_id"])
        shop.zendesk.customer_writes(ticket, "Is there any news?", by=asker)
        shop.clock.seconds += 60
        shop.world.boards.person_moves_state(item, "Closed")
        await shop.world.settle()
        [draft] = await drafts(shop.world)
        assert draft["text"].startswith("Hello Kim,\n\n")
        assert draft["text"].endswith("\n\nEscalations at Acme")
        assert [each["name"] for each in draft["receivers"]] == ["Kim"]
        shop.clock.seconds += 60
        shop.zendesk.agent_writes(ticket, "It is done, please try it.")
        await shop.world.settle()
        assert await drafts(shop.world) == []


async def test_draft_of_a_deleted_ticket_waits_for_nobody_and_is_back_with_its_ticket(
    quick: World,
) -> None:
    ticket, _ = await available(quick)
    [draft] = await drafts(quick)
    quick.hubspot.person_deletes(ticket)
    await quick.settle()
    assert await drafts(quick) == []
    assert "to_tell" not in await needs(quick, ticket)
    late = await press(quick, draft, "approve")
    assert (late.status_code, late.json()["code"]) == (409, "draft_decided")
    assert "the ticket is not in the helpdesk any more" in late.json()["detail"]
    quick.hubspot.person_restores(ticket)
    await quick.settle()
    [again] = await drafts(quick)
    assert again["id"] == draft["id"]
    assert "to_tell" in await needs(quick, ticket)


async def test_approved_message_goes_nowhere_once_its_ticket_is_deleted(quick: World) -> None:
    ticket, _ = await available(quick)
    [draft] = await drafts(quick)
    quick.hubspot.person_deletes(ticket)
    assert (await press(quick, draft, "approve")).status_code == 200
    await quick.settle()
    [over] = await drafts(quick, state="all")
    assert over["state"] == "superseded"


async def test_what_engineering_marks_for_the_customer_is_said_only_once_a_person_approves_it(
    tmp_path: Path,
) -> None:
    """H5: an edit of the comment afterwards is not sent again."""
    as_draft = re.sub(r"(?m)^comments:.*$", "comments: {to_ticket: marked, as: draft}", SHIPPED)
    async with open_world(tmp_path, mapping=as_draft) as world:
        ticket, item = await bug(world)
        world.hubspot.customer_writes(ticket, "It still fails.")
        [thread] = world.hubspot.threads.values()
        world.hubspot.portal.threads.assign(thread, "A-9001")
        comment = world.boards.person_comments(item, "<div>#customer</div><div>Under way.</div>")
        await world.settle()
        [draft] = [each for each in await drafts(world) if each["reason"].startswith("comment:")]
        assert (draft["text"], await needs(world, ticket)) == (
            *("Under way.",),
            ["to_tell", "with_engineering"],
        )
        assert len(thread.messages) == 1
        assert (await press(world, draft, "approve")).status_code == 200
        await world.settle()
        assert [each.text for each in thread.messages][1:] == ["Under way."]
        world.boards.person_edits_comment(item, comment, "<div>#customer</div><div>Done.</div>")
        await world.settle()
        await world.sweep("boards")
        assert len(thread.messages) == 2
        assert not [e for e in await drafts(world) if e["reason"].startswith("comment:")]
        notes = [each.properties["hs_note_body"] or "" for each in world.hubspot.notes.values()]
        assert not [each for each in notes if "Under way." in each]
