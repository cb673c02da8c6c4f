"""Promises kept, warned of and broken, over nights, weekends, holidays and restarts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.scenarios.promised import Firm, Moved, Story, minutes, story
from tests.scenarios.test_explain import explain
from tests.scenarios.test_process_escalation import FIELDS as CRITICAL_FIELDS
from tests.scenarios.test_process_escalation import WORKFLOW
from tests.scenarios.test_process_products import FIELDS as PRODUCTS

ON_CALL, CARRIER, CHAMPIONS = "on.call@acme.com", "lead.one@acme.com", "champions@acme.com"


def local(text: str, zone: str = "America/New_York") -> datetime:
    """A reading of the clock on the wall there."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


NIGHT = local("2026-12-05T22:00")


def critical_firm(start: datetime) -> Firm:
    return Firm(Moved(start), CRITICAL_FIELDS, ("DEV",), WORKFLOW)


CRITICAL = {
    "Severity": "critical",
    "Impact": "work_stopped",
    "Environment": "production",
    "Escalation": "bug",
}
AT_RISK_TRIAGE = "At risk: Triage of a critical ticket (Client 0)"
BROKEN_TRIAGE = "Broken: Triage of a critical ticket (Client 0)"
BROKEN_STATUS = "Broken: First status with an ETA (Client 0)"


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Story]:
    firm = critical_firm(NIGHT)
    async with firm.mail.running(), story(tmp_path, "escalation-to-jira", firm) as told:
        yield told


async def test_critical_ticket_at_night_is_triaged_and_answered_with_a_date(night: Story) -> None:
    """O2, O4, O5, O6, O7: on-call hears of it, and a word without a date keeps nothing."""
    await night.at(NIGHT + minutes(1))
    ticket = night.asks("Nobody can pay", **CRITICAL)
    await night.at(NIGHT + minutes(2))
    states = await night.states(ticket)
    assert states == {"triage": "running", "status": "running", "eta": "running"}
    await night.at(NIGHT + minutes(8))
    assert (await night.states(ticket))["triage"] == "at_risk"
    assert night.told(ON_CALL) == [AT_RISK_TRIAGE]
    night.zendesk.person_edits_ticket(ticket, assignee_id=night.zendesk.agent_id, status="open")
    await night.at(NIGHT + minutes(9))
    assert (await night.states(ticket))["triage"] == "kept"
    # It is at risk no more, so nobody is told of it again.
    await night.at(NIGHT + minutes(16))
    assert night.told(ON_CALL) == [AT_RISK_TRIAGE]
    night.zendesk.agent_writes(ticket, "We are on it.")
    await night.at(NIGHT + minutes(30))
    assert (await night.states(ticket))["status"] == "running"
    [issue] = night.firm.jira.site.issues.values()
    night.firm.jira.person_edits(issue.id, {"duedate": "2026-12-10"})
    await night.settle()
    night.zendesk.agent_writes(ticket, "It will work again on 10 December 2026.")
    await night.at(NIGHT + minutes(70))
    assert (await night.states(ticket))["status"] == "kept"
    assert "PROMISE_BROKEN" not in await night.world.findings()


async def test_broken_promise_is_told_once_over_a_restart_and_clocks_that_jump(
    tmp_path: Path,
) -> None:
    """O3, O5, O6, O19: the hub is away as it falls due; on-call hears at night, managers by day."""
    firm = critical_firm(NIGHT)
    name = "escalation-to-jira"
    async with firm.mail.running():
        async with story(tmp_path, name, firm) as told:
            await told.at(NIGHT + minutes(1))
            ticket = told.asks("Nobody can pay", **CRITICAL)
            await told.at(NIGHT + minutes(2))
            assert told.told(ON_CALL) == []
        firm.clock.move_to(NIGHT + minutes(50))
        async with story(tmp_path, name, firm) as told:
            await told.at(NIGHT + minutes(51))
            # Of the triage that broke meanwhile the breach is told, and no warning any more.
            assert sorted(set(told.told(ON_CALL))) == [
                "At risk: First status with an ETA (Client 0)", BROKEN_TRIAGE,
            ]  # fmt: skip
            assert "PROMISE_BROKEN" in await told.world.findings()
            shown = await told.world.client.get(
                f"/api/v1/tickets/zendesk/{ticket}", headers=told.world.admin
            )
            assert "promise_at_risk" in shown.json()["needs"]
            assert shown.json()["promise"]["state"] == "breached"
            # Why the managers have not heard of it yet is explained.
            said = await explain(told.world, f"zendesk:{ticket}")
            [waits, *_] = [each for each in said["also"] if each["code"] == "OUTSIDE_HOURS"]
            assert "when their hours begin: 7 December, 14:00 UTC" in waits["sentence"]
            # Nobody says a word: the managers are the next to know, at night too.
            await told.at(NIGHT + minutes(61))
            assert told.told(CARRIER) == []
            await told.at(NIGHT + minutes(77))
            assert told.told(CARRIER) == [BROKEN_STATUS]
            for moment in (NIGHT + minutes(20), NIGHT + minutes(79), NIGHT + minutes(64)):
                await told.at(moment)
            assert told.told(CARRIER) == [BROKEN_STATUS]
        # By day, after one more restart, the office hears of what happened at night; once.
        firm.clock.move_to(local("2026-12-07T09:01"))
        async with story(tmp_path, name, firm) as told:
            await told.at(local("2026-12-07T09:02"))
            assert sorted(told.told(CARRIER)) == sorted(
                [BROKEN_STATUS, BROKEN_STATUS, BROKEN_TRIAGE]
            )
            await told.at(local("2026-12-07T12:00"))
            assert len(told.told(CARRIER)) == 3
            # A word that comes too late ends it, and it stays late.
            told.zendesk.agent_writes(ticket, "We are sorry.")
            told.zendesk.person_edits_ticket(ticket, assignee_id=told.zendesk.agent_id)
            await told.at(local("2026-12-07T12:05"))
            [late] = [e for e in await told.promises(state="breached") if e["promise"] == "triage"]
            assert (late["pressing"], late["ended_at"] is None) == (False, False)


async def test_update_each_business_day_over_weekend_holiday_and_pending(tmp_path: Path) -> None:
    """C10, D1, D11: weekends have hours, holidays have none, and Pending rests the clock."""
    start = local("2026-12-23T10:00", "America/Chicago")
    fields = {**PRODUCTS, "Region": ("tagger", ("us", "au"))}
    projects = ("PROE", "PRO", "HOME", "SHARE", "IDEAS")
    firm = Firm(Moved(start), fields, projects, (("Won't Do", "done"),))
    async with firm.mail.running(), story(tmp_path, "products-and-severities", firm) as told:
        await told.at(start + minutes(1))
        ticket = told.asks("A question", Severity="severity_3", Product="crashplan_pro")
        await told.settle()

        async def due() -> str | None:
            [found] = await told.promises(promise="update")
            return None if found["due_at"] is None else str(found["due_at"])[:16]

        async def chicago(text: str) -> None:
            await told.at(local(text, "America/Chicago"))

        # Christmas is closed, the Saturday after it has hours of its own.
        assert await due() == "2026-12-24T16:01"
        await chicago("2026-12-24T08:30")
        assert told.told(CHAMPIONS) == ["At risk: Update to the customer (Client 0)"]
        told.zendesk.agent_writes(ticket, "We look into it.")
        await told.settle()
        assert await due() == "2026-12-26T15:00"
        # They ask the customer for more: the clock rests over the weekend and longer.
        told.zendesk.person_edits_ticket(ticket, status="pending")
        await chicago("2026-12-30T09:00")
        [found] = await told.promises()
        assert (found["state"], found["paused_for"]) == ("paused", "customer")
        assert (await told.world.client.get(
            "/api/v1/tickets?needs=waiting_on_customer", headers=told.world.admin
        )).json()["items"] != []  # fmt: skip
        told.zendesk.customer_writes(ticket, "Here it is.")
        await told.settle()
        [found] = await told.promises()
        assert (found["state"], found["paused_for"]) == ("running", None)
        # Nobody writes for two business days more than one: told once, and counted each day.
        await chicago("2027-01-05T10:00")
        broken = "Broken: Update to the customer (Client 0)"
        assert told.told(CHAMPIONS).count(broken) == 1
        assert (await told.states(ticket)) == {"update": "breached"}
        [found] = await told.promises()
        assert (found["kept_before"], found["missed"]) == (1, 5)
        measured = (await told.world.client.get("/metrics")).text
        name = 'bridge_promises_turned_total{connection="zendesk",state="breached"}'
        assert f"{name} 5.0" in measured


async def test_two_replicas_tell_each_person_once(tmp_path: Path, migrated_postgres: str) -> None:
    """O5, O6: both look, one of them tells."""
    firm = critical_firm(NIGHT)
    other = tmp_path / "other"
    other.mkdir()
    name = "escalation-to-jira"
    async with (
        firm.mail.running(),
        story(tmp_path, name, firm, database_url=migrated_postgres) as told,
        story(other, name, firm, database_url=migrated_postgres) as second,
    ):
        await told.at(NIGHT + minutes(1))
        for number in range(4):
            told.asks(f"Nobody can pay {number}", **CRITICAL)
        await told.at(NIGHT + minutes(2))
        for moment in (6, 16, 41, 61, 77):
            firm.clock.move_to(NIGHT + minutes(moment))
            second.world.hub.work_wake.set()
            await told.settle()
        for client in range(4):
            status = f"Broken: First status with an ETA (Client {client})"
            assert told.told(CARRIER).count(status) == 1
