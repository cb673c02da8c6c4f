"""What a customer can read of error tracking: told at once, blotted out by a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bridge.kit.clock import SystemClock
from bridge.store.tables import audit_log
from connectors.email.simulator import EmailSimulator
from connectors.sentry.simulator import SentrySimulator
from connectors.teams.simulator import TeamsSimulator
from tests.scenarios.test_findings import found
from tests.scenarios.test_guide import answers, page
from tests.scenarios.test_signals import SENTRY, signals_world
from tests.scenarios.world import World
from tests.scenarios.zendesk_shop import Shop, open_shop

CHANNELS = """
  internal: {{vendor: teams, webhook_url: "{teams}", base_url: "http://teams.test", sweep_s: 3600}}
  mail: {{vendor: email, host: 127.0.0.1, port: {port}, sender: "Support <support@acme.com>"}}
people:
  leak_alarm: [lead.one@acme.com]
"""


async def redact(world: World, id: str, **body: Any) -> httpx.Response:
    said = {"confirm": True, "reason": "our reply held an address"} | body
    return await world.client.post(f"/api/v1/findings/{id}/redact", json=said, headers=world.admin)


@pytest.mark.parametrize("closes", [False, True])
async def test_an_address_in_a_reply_is_told_at_once_and_quoted_nowhere(
    tmp_path: Path, closes: bool
) -> None:
    teams, mail = TeamsSimulator("http://teams.test"), EmailSimulator()
    channel = teams.add_workflow()
    async with mail.running():
        yaml = CHANNELS.format(teams=teams.url_of(channel), port=mail.port)
        async with signals_world(tmp_path, more_yaml=yaml, apps={"teams.test": teams.app}) as scene:
            ticket, _ = await scene.bug()
            issue = scene.sentry.error_occurs()
            scene.world.hubspot.agent_replies(ticket, f"We see it: {page(scene, issue)}")
            if closes:
                scene.world.hubspot.person_edits_ticket(ticket, hs_pipeline_stage="4")
            await scene.world.settle()
            [told] = await found(scene.world, "SENTRY_TOLD")
            assert told["severity"] == "critical"
            [card], [letter] = channel.shown, mail.box("lead.one@acme.com")
            for text in (json.dumps(told), repr(card), letter.part("plain")):
                assert str(issue.id) not in text
                assert "sentry.test" not in text
            assert "names our error tracking" in letter.part("plain")
            # It leads to no item, and to no answer: what the customer reads stays as it is.
            assert len(scene.world.items()) == 1
            assert answers(scene) == []
            # Told once, however often it is looked at.
            await scene.world.sweep("hubspot")
            assert len(channel.shown) == len(mail.box("lead.one@acme.com")) == 1


async def test_where_nobody_can_be_told_that_is_said_and_hubspot_can_blot_out_nothing(
    tmp_path: Path,
) -> None:
    async with signals_world(tmp_path) as scene:
        ticket, _ = await scene.bug()
        scene.world.hubspot.agent_replies(ticket, page(scene, scene.sentry.error_occurs()))
        await scene.world.settle()
        [told] = await found(scene.world, "SENTRY_TOLD")
        assert "redact" not in told["what_to_do"]
        [nobody] = await found(scene.world, "NOBODY_TO_TELL")
        assert "leak_alarm" in nobody["sentence"]
        answer = await redact(scene.world, told["id"])
        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_redact")
        assert "HubSpot" in answer.json()["detail"]
        other = await redact(scene.world, nobody["id"])
        assert other.json()["code"] == "nothing_to_redact"


async def _told(shop: Shop, sentry: SentrySimulator) -> tuple[int, int, dict[str, Any]]:
    """A reply to a customer that names an issue: ticket, comment, finding."""
    ticket, _ = await shop.bug()
    issue = sentry.error_occurs()
    address = sentry.organization.write.page(issue)
    comment = shop.zendesk.agent_writes(ticket, f"It is {address} & known")
    await shop.world.settle()
    [told] = await found(shop.world, "SENTRY_TOLD")
    return ticket, comment, told


def _sentry() -> SentrySimulator:
    sentry = SentrySimulator(base_url="http://sentry.test", clock=SystemClock().now)
    sentry.subscribe("http://bridge.test/webhooks/sentry")
    return sentry


async def test_a_person_has_a_reply_blotted_out_in_zendesk_and_the_finding_closes(
    tmp_path: Path,
) -> None:
    sentry = _sentry()
    yaml = SENTRY.format(launch_in="boards")
    async with open_shop(tmp_path, more_yaml=yaml, others={"sentry.test": sentry}) as shop:
        ticket, comment, told = await _told(shop, sentry)
        assert "redact" in told["what_to_do"]
        unsure = await redact(shop.world, told["id"], confirm=False)
        assert unsure.status_code == 422
        shop.zendesk.account.dials.may_redact = False
        refused = await redact(shop.world, told["id"])
        assert refused.json()["code"] == "vendor_refused", refused.text
        shop.zendesk.account.dials.may_redact = True
        answer = await redact(shop.world, told["id"])
        assert answer.status_code == 200, answer.text
        await shop.world.settle()
        [kept] = [e for e in shop.zendesk.tickets[ticket].comments if e.id == comment]
        assert set(kept.body) == {"▇"}
        assert "sentry" not in kept.html_body
        assert "SENTRY_TOLD" not in await shop.world.findings()
        again = await redact(shop.world, told["id"])
        assert again.json()["code"] == "finding_resolved"
        audit = await _audited(shop.world)
        assert [each[0] for each in audit] == [
            "finding.redacting", "finding.redacting", "finding.redacted",
        ]  # fmt: skip
        assert all(each[1]["reason"] == "our reply held an address" for each in audit)


async def test_what_a_customer_quotes_in_zendesk_and_an_internal_note_raise_no_alarm(
    tmp_path: Path,
) -> None:
    sentry = _sentry()
    yaml = SENTRY.format(launch_in="boards")
    async with open_shop(tmp_path, more_yaml=yaml, others={"sentry.test": sentry}) as shop:
        ticket, item = await shop.bug()
        issue = sentry.error_occurs()
        address = sentry.organization.write.page(issue)
        shop.zendesk.customer_writes(ticket, f"What is {address}?")
        shop.zendesk.agent_writes(ticket, f"For us: {address}", public=False)
        await shop.world.settle()
        assert "SENTRY_TOLD" not in await shop.world.findings()
        assert len(shop.world.items()) == 2
        [answer] = [each for each in shop.notes(ticket) if "error tracking" in each]
        assert f"related to #{item}" in answer


@pytest.mark.parametrize("public", [True, False])
async def test_an_address_in_the_first_words_of_an_agent_is_told_or_guided_like_any(
    tmp_path: Path, public: bool
) -> None:
    sentry = _sentry()
    yaml = SENTRY.format(launch_in="boards")
    async with open_shop(tmp_path, more_yaml=yaml, others={"sentry.test": sentry}) as shop:
        issue = sentry.error_occurs()
        address = sentry.organization.write.page(issue)
        kim = shop.zendesk.add_customer("Kim", "kim@x.example", shop.acme)
        ticket = shop.zendesk.agent_creates_ticket(
            "Export", f"We see {address}", public=public, requester=kim
        )
        shop.decides(ticket)
        await shop.world.settle()
        first = shop.zendesk.tickets[ticket].comments[0].id
        answered = [each for each in shop.notes(ticket) if "error tracking" in each]
        told = await found(shop.world, "SENTRY_TOLD")
        assert len(told) == public
        assert len(answered) == (not public)
        # Its own item, and the signal's only where the words were for staff alone.
        [own] = [e for e in shop.world.items() if issue.short_id not in repr(e.fields)]
        assert len(shop.world.items()) == (1 if public else 2)
        assert "sentry" not in repr([own.fields, own.comments])
        if public:
            assert told[0]["severity"] == "critical"
            answer = await redact(shop.world, told[0]["id"])
            assert answer.status_code == 200, answer.text
            await shop.world.settle()
            assert "sentry" not in shop.zendesk.tickets[ticket].comments[0].html_body
            assert "SENTRY_TOLD" not in await shop.world.findings()
            assert first == shop.zendesk.tickets[ticket].comments[0].id


async def test_the_first_message_of_a_conversation_that_staff_begin_is_told(tmp_path: Path) -> None:
    async with signals_world(tmp_path) as scene:
        world = scene.world
        address = page(scene, scene.sentry.error_occurs())
        ticket = world.hubspot.person_creates_ticket(
            subject="Export", category="Bug", company_id=world.acme
        )
        world.hubspot.agent_replies(ticket, f"We see {address}")
        await world.settle()
        [told] = await found(world, "SENTRY_TOLD")
        assert told["severity"] == "critical"


async def _audited(world: World) -> list[tuple[str, dict[str, Any]]]:
    async with world.hub.db.read() as connection:
        rows = await connection.execute(
            sa.select(audit_log.c.action, audit_log.c.detail)
            .where(audit_log.c.action.like("finding.redact%"))
            .order_by(audit_log.c.id)
        )
        return [(action, detail) for action, detail in rows]
