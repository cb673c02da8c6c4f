"""A High bug: both development leads are told, each for themselves, until they say so (H12)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bridge.domain.notices import NoticeState
from bridge.engine import notices
from bridge.engine.hub import CallFailed
from bridge.kit.faults import Fault, FaultKind
from bridge.store import notices as stored
from bridge.store.tables import records
from tests.scenarios.telling import LEADS, Telling, telling
from tests.scenarios.test_findings import found, work_on
from tests.shipped import WITH_NOTICES


@pytest.fixture(params=["sqlite", "postgresql"])
async def told(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Telling]:
    url = request.getfixturevalue("migrated_postgres") if request.param == "postgresql" else None
    async with telling(tmp_path, database_url=url) as world:
        yield world


@pytest.fixture
async def quick(tmp_path: Path) -> AsyncIterator[Telling]:
    async with telling(tmp_path) as world:
        yield world


async def test_high_bug_is_told_to_both_leads_by_both_channels(told: Telling) -> None:
    ticket = told.new_ticket()
    await told.world.settle()
    [item] = told.world.items()
    assert [len(told.box(each)) for each in LEADS] == [1, 1]
    text = told.box(LEADS[0])[0].part("plain")
    for said in ("Dispatch board blank", "Acme", "high", ticket, f"#{item.id}"):
        assert said in text
    assert f"http://bridge.test/tickets/hubspot/{ticket}" in text
    cards = told.cards()
    assert len(cards) == 2
    assert {lead for lead in LEADS for card in cards if lead in card.text} == set(LEADS)
    assert await told.world.findings() == set()


async def test_other_severities_and_other_routes_are_told_to_nobody(quick: Telling) -> None:
    quick.new_ticket(priority="MEDIUM")
    quick.new_ticket(priority="LOW")
    quick.world.hubspot.person_creates_ticket(
        "A wish", "Please", "Development Request", "HIGH", quick.world.acme
    )
    await quick.world.settle()
    assert len(quick.world.items()) == 3
    assert (quick.cards(), quick.mail.mails) == ([], [])


async def test_bug_that_becomes_high_later_is_told_then_and_once(quick: Telling) -> None:
    ticket = quick.new_ticket(priority="MEDIUM")
    await quick.world.settle()
    assert quick.mail.mails == []
    quick.world.hubspot.person_edits_ticket(ticket, hs_ticket_priority="HIGH")
    await quick.world.settle()
    quick.world.hubspot.person_edits_ticket(ticket, hs_ticket_priority="MEDIUM")
    await quick.world.settle()
    quick.world.hubspot.person_edits_ticket(ticket, hs_ticket_priority="HIGH")
    await quick.world.settle()
    assert [len(quick.box(each)) for each in LEADS] == [1, 1]


async def test_whoever_acknowledged_is_told_no_more_and_the_other_is(told: Telling) -> None:
    told.new_ticket()
    await told.world.settle()
    page = await told.acknowledge(LEADS[0], "Ana <b>Lead</b>")
    assert "Acknowledged by Ana &lt;b&gt;Lead&lt;/b&gt;" in page
    assert "<form" not in page
    await told.pass_time()
    assert [len(told.box(each)) for each in LEADS] == [1, 2]
    assert str(told.box(LEADS[1])[1].message["Subject"]).startswith("Again: ")
    assert sum(LEADS[0] in card.text for card in told.cards()) == 1
    assert sum(LEADS[1] in card.text for card in told.cards()) == 2
    await told.acknowledge(LEADS[1])
    await told.pass_time()
    assert len(told.mail.mails) == 3
    assert set(await told.states()) == {NoticeState.ACKNOWLEDGED}


async def test_link_of_an_earlier_sending_still_acknowledges(quick: Telling) -> None:
    quick.new_ticket()
    await quick.world.settle()
    first = quick.ack_path(LEADS[0])
    await quick.pass_time()
    assert quick.ack_path(LEADS[0]) != first
    await quick.world.client.post(first, data={"name": "Ana"})
    await quick.pass_time()
    assert [len(quick.box(each)) for each in LEADS] == [2, 3]


async def test_looking_at_the_link_acknowledges_nothing(quick: Telling) -> None:
    quick.new_ticket()
    await quick.world.settle()
    path = quick.ack_path(LEADS[0])
    [item] = quick.world.items()
    for method in ("GET", "HEAD"):
        answer = await quick.world.client.request(method, path)
        if method == "GET":
            assert "Dispatch board blank" in answer.text
            assert f"/_workitems/edit/{item.id}'>" in answer.text
            assert "told again, every 15 minutes" in answer.text
            assert "form-action 'self'" in answer.headers["content-security-policy"]
            assert answer.headers["referrer-policy"] == "no-referrer"
    assert set(await quick.states()) == {NoticeState.DUE}
    await quick.pass_time()
    assert len(quick.box(LEADS[0])) == 2


async def test_token_that_nobody_was_given_opens_nothing(quick: Telling) -> None:
    quick.new_ticket()
    await quick.world.settle()
    for method in ("GET", "HEAD", "POST"):
        answer = await quick.world.client.request(method, "/ack/abc")
        assert answer.status_code == 404
    stored = str(await quick.rows())
    assert quick.ack_path(LEADS[0]).rpartition("/")[2] not in stored


async def test_nobody_is_told_again_once_somebody_has_taken_the_bug(told: Telling) -> None:
    told.new_ticket()
    await told.world.settle()
    [item] = told.world.items()
    told.world.boards.person_edits(
        item.id, {"System.AssignedTo": "Dana Dev <dana@acme.com>"}, "Dana Dev <dana@acme.com>"
    )
    await told.world.settle()
    assert set(await told.states()) == {NoticeState.OVER}
    page = await told.world.client.get(told.ack_path(LEADS[0]))
    assert "somebody has taken the work" in page.text
    assert "<form" not in page.text
    await told.pass_time()
    assert [len(told.box(each)) for each in LEADS] == [1, 1]


async def test_nobody_is_told_again_of_a_closed_ticket(quick: Telling) -> None:
    ticket = quick.new_ticket()
    await quick.world.settle()
    quick.world.hubspot.person_edits_ticket(ticket, hs_pipeline_stage="4")
    await quick.world.settle()
    await quick.pass_time()
    assert len(quick.mail.mails) == 2


async def test_silence_ends_the_repeating_after_eight_times_with_a_finding(quick: Telling) -> None:
    quick.new_ticket()
    await quick.world.settle()
    for _ in range(9):
        await quick.pass_time()
    assert [len(quick.box(each)) for each in LEADS] == [9, 9]
    assert set(await quick.states()) == {NoticeState.UNHEARD}
    assert "NOTICE_UNHEARD" in await quick.world.findings()
    for each in LEADS:
        await quick.acknowledge(each)
    await quick.world.settle()
    assert "NOTICE_UNHEARD" not in await quick.world.findings()


async def test_refusing_destination_is_a_finding_and_stops_nobody_else(quick: Telling) -> None:
    quick.mail.unknown.add(LEADS[0])
    quick.new_ticket()
    await quick.world.settle()
    assert len(quick.box(LEADS[1])) == 1
    assert len(quick.cards()) == 2
    assert await quick.world.findings() == {"NOTICE_REFUSED"}


async def test_refused_notice_is_sent_once_more_when_a_person_retries(quick: Telling) -> None:
    quick.mail.unknown.add(LEADS[0])
    quick.new_ticket()
    await quick.world.settle()
    [finding] = await found(quick.world, "NOTICE_REFUSED")
    assert (await work_on(quick.world, finding, "retry"))["state"] == "open"
    assert quick.box(LEADS[0]) == []
    quick.mail.unknown.clear()
    assert (await work_on(quick.world, finding, "retry"))["state"] == "resolved"
    assert len(quick.box(LEADS[0])) == 1
    assert NoticeState.REFUSED not in await quick.states()


async def test_refused_notice_whose_words_are_gone_cannot_be_retried(quick: Telling) -> None:
    quick.mail.unknown.add(LEADS[0])
    ticket = quick.new_ticket()
    await quick.world.settle()
    [finding] = await found(quick.world, "NOTICE_REFUSED")
    async with quick.world.hub.db.write() as connection:
        await stored.forget(connection, f"hubspot:{ticket}")
    path = f"/api/v1/findings/{finding['id']}/retry"
    answer = await quick.world.client.post(path, headers=quick.world.admin)
    assert answer.status_code == 409, answer.text
    assert "tell them yourself" in answer.text


async def test_recipient_not_taken_now_waits_alone_and_is_given_up_in_the_end(
    quick: Telling,
) -> None:
    quick.mail.busy.add(LEADS[0])
    quick.new_ticket()
    await quick.world.settle()
    assert [len(quick.box(each)) for each in LEADS] == [0, 1]
    await quick.pass_time()
    assert await quick.world.findings() == set()
    quick.mail.busy.clear()
    await quick.pass_time()
    assert len(quick.box(LEADS[0])) == 1
    quick.mail.busy.add(LEADS[0])
    for _ in range(notices.TRIES):
        await quick.pass_time()
    assert await quick.world.findings() >= {"NOTICE_REFUSED"}
    assert len(quick.box(LEADS[0])) == 1


async def test_outage_is_not_held_against_a_notice_whose_answer_is_lost_later(
    quick: Telling,
) -> None:
    hub = quick.world.hub
    quick.channel.retired = True
    quick.new_ticket()
    await quick.world.deliver_until_paused("internal")
    for _ in range(notices.TRIES):
        with pytest.raises(CallFailed):
            await notices.send_due(hub, "internal")
    quick.channel.retired = False
    quick.teams.dial.add(Fault("POST", FaultKind.RESET_AFTER))
    await notices.send_due(hub, "internal")
    assert len(quick.teams.dial.struck) == 1
    assert NoticeState.REFUSED not in await quick.states()
    assert sorted(each["tries"] for each in await quick.rows()) == [0, 0, 0, 1]


async def test_lost_answer_makes_the_same_mail_come_again_not_another(quick: Telling) -> None:
    quick.mail.lose_answers = 2
    quick.new_ticket()
    await quick.world.settle()
    await quick.pass_time()
    ids = [
        str(each.message["Message-ID"]) for each in quick.mail.mails if each.recipient == LEADS[0]
    ]
    assert len(ids) == 2
    assert ids[0] == ids[1]


async def test_channel_that_is_down_delays_neither_tickets_nor_the_other_channel(
    quick: Telling,
) -> None:
    down = quick.teams.dial.add(Fault("POST", FaultKind.RESET, times=10_000))
    ticket = quick.new_ticket()
    await quick.world.settle()
    assert len(quick.mail.mails) == 2
    assert quick.world.ticket(ticket)["work_items"]
    assert quick.cards() == []
    down.times = 0
    await quick.pass_time()
    assert len(quick.cards()) == 2


async def test_channel_without_credential_is_paused_and_goes_on_once_it_has_one(
    quick: Telling,
) -> None:
    quick.channel.retired = True
    quick.new_ticket()
    await quick.world.deliver_until_paused("internal")
    assert "AUTH_EXPIRED" in await quick.world.findings()
    quick.channel.retired = False
    async with quick.world.hub.db.write() as connection:
        await connection.execute(
            sa.update(records).where(records.c.key == "timer:notices:internal").values(not_before=0)
        )
    await quick.world.settle()
    assert (len(quick.cards()), len(quick.mail.mails)) == (2, 2)
    assert await quick.world.findings() == set()


async def test_channels_show_among_the_connections_and_can_be_checked(quick: Telling) -> None:
    client, admin = quick.world.client, quick.world.admin
    quick.new_ticket()
    await quick.world.settle()
    listed = (await client.get("/api/v1/connections", headers=admin)).json()["items"]
    roles = {each["name"]: each["roles"] for each in listed}
    assert roles["internal"] == roles["mail"] == ["notifier"]
    for name, said in (("internal", "none was sent"), ("mail", "support@acme.com")):
        answer = await client.post(f"/api/v1/connections/{name}/check", headers=admin)
        assert answer.status_code == 200, answer.text
        assert answer.json()["ok"], answer.text
        assert said in answer.text
        assert "Notices go out by" in answer.text
    answer = await client.get("/api/v1/connections/mail/schema", headers=admin)
    assert 400 <= answer.status_code < 500, answer.text
    assert (len(quick.cards()), len(quick.mail.mails)) == (2, 2)


async def test_channel_that_a_person_paused_sends_once_it_is_resumed(quick: Telling) -> None:
    client, admin = quick.world.client, quick.world.admin
    for what, body in (("pause", {"reason": "tidying up"}), ("resume", None)):
        answer = await client.post(f"/api/v1/connections/mail/{what}", headers=admin, json=body)
        assert answer.status_code == 200, answer.text
        if what == "pause":
            quick.new_ticket()
            await quick.world.settle()
            assert quick.mail.mails == []
            assert len(quick.cards()) == 2
    await quick.pass_time()
    assert len(quick.mail.mails) == 2


async def test_role_is_told_by_the_owner_whom_the_helpdesk_names(tmp_path: Path) -> None:
    mapping = WITH_NOTICES.replace("to: development_leads", "to: [csm]")
    async with telling(tmp_path, mapping=mapping) as told:
        hubspot = told.world.hubspot
        owner = hubspot.add_owner("maya@acme.com", "Maya", "Lindqvist")
        hubspot.person_creates_ticket(
            "Blank", "x", "Bug", "HIGH", told.world.acme, hubspot_owner_id=owner
        )
        await told.world.settle()
        assert len(told.box("maya@acme.com")) == 1
        assert await told.world.findings() == set()


async def test_role_that_nobody_plays_is_a_finding_and_the_others_are_told(tmp_path: Path) -> None:
    both = "to: [csm, development_leads]"
    mapping = WITH_NOTICES.replace("to: development_leads", both)
    async with telling(tmp_path, mapping=mapping) as told:
        told.new_ticket()
        await told.world.settle()
        assert [len(told.box(each)) for each in LEADS] == [1, 1]
        assert await told.world.findings() == {"NOBODY_TO_TELL"}
