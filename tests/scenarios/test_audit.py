"""What stands in tickets already is found: by whomever it was written, and never quoted."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import sqlalchemy as sa
import typer

from bridge.cli.auditing import audited, report
from bridge.cli.output import Refused
from bridge.domain.refs import SignalRef, WorkItemRef, split_ref
from bridge.engine import auditing, auditing_reads, job_kinds
from bridge.engine.hub import Hub
from bridge.engine.jobs import Step
from bridge.kit.clock import SystemClock
from bridge.kit.faults import Fault, FaultKind
from bridge.store import audits, queue, retention, signals
from bridge.store.jobs import Job
from bridge.store.queue import Mark
from bridge.store.tables import jobs as jobs_table
from bridge.store.tables import reference_data
from connectors.jira.simulator import JiraSimulator
from connectors.sentry.simulator import SentrySimulator
from connectors.sentry.simulator.records import Issue
from connectors.zendesk.simulator import ZendeskSimulator
from tests.scenarios.test_jira import JIRA_YAML, make_jira
from tests.scenarios.test_signals import SENTRY
from tests.scenarios.world import World, open_world
from tests.scenarios.zendesk_shop import YAML, Ahead, make_zendesk

PAGE = "https://app.hubspot.com/contacts/24680135/record/0-5/{}"
ISSUE = "https://acme.sentry.io/issues/4509876543/"
NOTE = "the retry drops every second row whenever the cache is cold"


@dataclass
class Office:
    """A world with every vendor, and an audit to ask for."""

    world: World
    sentry: SentrySimulator
    jira: JiraSimulator
    zendesk: ZendeskSimulator

    async def bug(self, subject: str = "Export fails") -> tuple[str, Any]:
        """A ticket of HubSpot and its work item."""
        before = {each.id for each in self.world.items()}
        id = self.world.hubspot.person_creates_ticket(
            subject=subject, category="Bug", company_id=self.world.acme
        )
        await self.world.settle()
        [item] = [each for each in self.world.items() if each.id not in before]
        return id, item

    def ties(self, issue: Issue, item: Any) -> None:
        """A person links the item with Sentry's own button, which writes nothing to it."""
        url = f"http://boards.test/acme/Platform/_workitems/edit/{item.id}"
        vsts = self.sentry.add_integration("vsts", "boards.test")
        self.sentry.organization.link_tracker(issue, vsts.id, str(item.id), url)

    async def audit(self, **said: Any) -> dict[str, Any]:
        """The report of an audit; it quotes nothing of Sentry's."""
        answer = await self.world.client.post("/api/v1/audits", headers=self.world.admin, json=said)
        assert answer.status_code == 202, answer.text
        job = await self.world.settle_job(answer.json()["id"])
        assert job["state"] == "done", job["error"]
        result: dict[str, Any] = job["result"]
        assert self.sentry.canaries_planted.found_in(json.dumps(job)) == []
        for text in ("sentry.io", "4509876543", "cache is cold"):
            assert text not in json.dumps(job)
        return result


def said(result: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Code, ticket, item and place of every entry."""
    rows = [
        (each["code"], each["ticket"], each["item"], each["place"].split(" ")[0])
        for each in result["entries"]
    ]
    return sorted(rows)


@asynccontextmanager
async def open_office(folder: Path, database_url: str | None = None) -> AsyncIterator[Office]:
    clock = SystemClock()
    sentry = SentrySimulator(base_url="http://sentry.test", clock=clock.now)
    sentry.canaries = True
    sentry.subscribe("http://bridge.test/webhooks/sentry")
    jira, (zendesk, _) = make_jira(clock), make_zendesk(Ahead())
    zendesk.export_holdback = timedelta(0)
    place = "jira\n    launch_project: OPS"
    async with open_world(
        folder,
        bridge_yaml=YAML + JIRA_YAML + SENTRY.format(launch_in=place),
        database_url=database_url,
        others={"sentry.test": sentry, "jira.test": jira, "zendesk.test": zendesk},
    ) as world:
        yield Office(world, sentry, jira, zendesk)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with open_office(tmp_path) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
async def stored(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    """The same on both databases, for what the store knows."""
    url = request.getfixturevalue("migrated_postgres") if request.param == "postgresql" else None
    async with open_office(tmp_path, url) as opened:
        yield opened


async def test_what_the_hub_made_itself_is_no_violation(stored: Office) -> None:
    ticket, item = await stored.bug()
    issue = stored.sentry.error_occurs()
    related = {"related_to": {"connection": "boards", "id": str(item.id)}}
    path = f"/api/v1/signals/sentry/{issue.id}/launch?wait=10"
    answer = await stored.world.client.post(path, json=related, headers=stored.world.admin)
    assert answer.status_code == 201, answer.text
    marked = "<div>#customer</div><div>We found the cause and test the fix.</div>"
    stored.world.boards.person_comments(str(item.id), marked)
    stored.world.hubspot.person_adds_note(ticket, "<p>#dev</p><p>Can you look today?</p>")
    await stored.world.settle()
    result = await stored.audit()
    assert said(result) == []
    assert (result["signals"], result["tickets"]) == (1, 1)
    assert result["items"] >= 1


async def test_words_of_people_are_found_wherever_they_stand_in_a_ticket(office: Office) -> None:
    hubspot = office.world.hubspot
    hubspot.add_property("tickets", "fix_notes")
    id, _ = await office.bug()
    hubspot.customer_writes(id, f"Is it {ISSUE} perhaps?")
    noted = hubspot.person_adds_note(id, f'<p>See <a href="{ISSUE}">this</a>.</p>')
    hubspot.person_adds_note(id, f"<p>Ana wrote:</p><blockquote>{NOTE}</blockquote>")
    key = "https://0123456789abcdef0123456789abcdef@o447951.ingest.us.sentry.io/5899451"
    hubspot.person_edits_ticket(id, fix_notes=f"dsn {key}")
    await office.world.settle()
    result = await office.audit(connection="hubspot")
    ref = f"hubspot:{id}"
    assert said(result) == [
        ("AUDIT_DATA_SOURCE", ref, "", "Field"),
        ("AUDIT_SENTRY_NOTED", ref, "", "Internal"),
        ("AUDIT_SENTRY_SHOWN", ref, "", "Public"),
        ("AUDIT_SENTRY_SUSPECTED", ref, "", "Field"),
        ("AUDIT_SENTRY_SUSPECTED", ref, "", "Internal"),
    ]
    shown = {each["code"]: each for each in result["entries"]}
    assert shown["AUDIT_SENTRY_NOTED"]["place"] == f"Internal note {noted}"
    assert shown["AUDIT_SENTRY_SHOWN"]["severity"] == "critical"
    assert shown["AUDIT_SENTRY_SHOWN"]["ticket_url"].endswith(f"/{id}")
    assert shown["AUDIT_DATA_SOURCE"]["place"] == "Field fix_notes"
    assert "rotate" in shown["AUDIT_DATA_SOURCE"]["what_to_do"]


async def test_item_tied_by_sentrys_button_is_found_and_so_are_its_words_on_the_ticket(
    office: Office,
) -> None:
    id, item = await office.bug()
    issue = office.sentry.error_occurs()
    office.ties(issue, item)
    copied = office.sentry.copies.azure_comment(office.sentry.person_comments(issue, NOTE))
    office.world.boards.person_comments(str(item.id), copied)
    # Another tool carries the words on, set anew and with a line of its own.
    note = office.world.hubspot.customer_writes(id, f"Update from engineering: {NOTE.upper()}!")
    await office.world.settle()
    result = await office.audit()
    ref, tied = f"hubspot:{id}", f"boards:{item.id}"
    assert said(result) == [
        ("AUDIT_COPIED", ref, tied, "Public"),
        ("AUDIT_ITEM_TIED", ref, tied, ""),
    ]
    [copy] = [each for each in result["entries"] if each["code"] == "AUDIT_COPIED"]
    assert copy["place"] == f"Public comment {note}"
    assert copy["item_url"].endswith(f"/edit/{item.id}")


async def test_item_that_only_looks_as_if_sentry_wrote_to_it_is_a_suspicion(
    office: Office,
) -> None:
    id, item = await office.bug()
    description = office.sentry.copies.azure_description(office.sentry.error_occurs())
    office.world.boards.person_edits(str(item.id), {"System.Description": description})
    await office.world.settle()
    result = await office.audit()
    assert said(result) == [("AUDIT_ITEM_SUSPECTED", f"hubspot:{id}", f"boards:{item.id}", "")]


async def test_hyperlink_of_a_tied_item_that_leads_to_a_ticket_is_found(office: Office) -> None:
    id = office.world.hubspot.person_creates_ticket(subject="Help", company_id=office.world.acme)
    item = office.world.boards.items[int(office.world.boards.person_creates("Bug", "Leak"))]
    office.world.boards.person_adds_hyperlink(str(item.id), PAGE.format(id))
    await office.world.settle()
    assert said(await office.audit()) == []
    office.ties(office.sentry.error_occurs(), item)
    result = await office.audit()
    assert said(result) == [("AUDIT_LINKED_BESIDE", f"hubspot:{id}", f"boards:{item.id}", "A")]


async def test_zendesks_own_jira_app_is_named_and_what_it_joins_with_sentry(
    office: Office,
) -> None:
    ticket = office.zendesk.customer_creates_ticket("Export fails")
    issue_id = office.jira.person_creates("Export")
    office.zendesk.add_jira_link(ticket, issue_id, office.jira.issue(issue_id).key)
    await office.world.settle()
    ref, item = f"zendesk:{ticket}", f"jira:{issue_id}"
    assert said(await office.audit()) == [("AUDIT_APP_BESIDE", ref, item, "Zendesk's")]
    own = office.sentry.add_integration("jira", "acme.atlassian.net")
    key = office.jira.issue(issue_id).key
    office.sentry.person_links(office.sentry.error_occurs(), own, key)
    assert said(await office.audit()) == [("AUDIT_LINKED_BESIDE", ref, item, "Zendesk's")]


async def test_what_may_not_be_read_is_said(office: Office) -> None:
    ticket = office.zendesk.customer_creates_ticket("Export fails")
    await office.world.settle()
    forbidden = {"content-type": "application/json"}
    body = b'{"error": "Forbidden", "description": "You do not have access to this page."}'
    office.zendesk.faults.add(
        Fault("jira/links", FaultKind.ANSWER, times=9, status=403, headers=forbidden, body=body)
    )
    result = await office.audit(connection="zendesk")
    [entry] = result["entries"]
    assert (entry["code"], entry["ticket"]) == ("AUDIT_UNREAD", "")
    assert "admins only" in entry["rule"]
    assert str(ticket) not in entry["place"]


async def test_refusal_of_some_leaves_the_others_to_be_read(office: Office) -> None:
    id, item = await office.bug()
    office.world.hubspot.person_adds_note(id, f"<p>{ISSUE}</p>")
    office.sentry.error_occurs()
    await office.world.settle()
    said_no = {"content-type": "application/json"}
    for dial, line, body in (
        (office.sentry.faults, r"GET .*/external-issues/", b'{"detail": "no"}'),
        (office.world.boards.faults, r"(?i)workitemsbatch", b'{"message": "no", "typeKey": "X"}'),
    ):
        dial.add(Fault(line, FaultKind.ANSWER, times=9, status=400, headers=said_no, body=body))
    result = await office.audit(connection="hubspot")
    assert result["counts"] == {"AUDIT_SENTRY_NOTED": 1, "AUDIT_UNREAD": 3}
    places = sorted(e["place"] for e in result["entries"] if e["code"] == "AUDIT_UNREAD")
    assert places == [
        "What is linked to issues of sentry",
        "Work items of boards with hyperlinks",
        f"Work items of boards: {item.id}",
    ]


async def test_one_ticket_that_is_refused_or_gone_costs_none_of_the_others(office: Office) -> None:
    refused, gone, noted = (office.zendesk.customer_creates_ticket(f"No. {n}") for n in range(3))
    office.zendesk.agent_writes(noted, f"<p>{ISSUE}</p>", public=False)
    await office.world.settle()
    for ticket, status in ((refused, 422), (gone, 404)):
        office.zendesk.faults.add(
            Fault(
                rf"tickets/{ticket}/comments",
                FaultKind.ANSWER,
                times=99,
                status=status,
                headers={"content-type": "application/json"},
                body=b'{"error": "Said", "description": "Not this one."}',
            )
        )
    result = await office.audit(connection="zendesk")
    assert result["counts"] == {"AUDIT_SENTRY_NOTED": 1, "AUDIT_UNREAD": 1}
    [unread] = [each for each in result["entries"] if each["code"] == "AUDIT_UNREAD"]
    assert unread["place"] == f"Tickets of zendesk: {refused}"
    assert result["tickets"] == 1


async def test_only_the_asked_helpdesk_is_told_of_and_no_link_is_left_out(
    stored: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing_reads, "LINKS_AT_ONCE", 1)
    hub, born, bugs = stored.world.hub, SignalRef("sentry", "4711"), []
    for n in range(3):
        id, item = await stored.bug(f"Export {n} fails")
        bugs.append((f"hubspot:{id}", f"boards:{item.id}"))
        if n == 2:
            stored.ties(stored.sentry.error_occurs(), item)
    async with hub.db.write() as connection:
        await queue.mark(hub.db, connection, [Mark(born, "test")])
        for _, item in bugs[:2]:
            ref = WorkItemRef(*split_ref(item))
            await signals.add_origin(hub.db, connection, born, ref, by="test", now=hub.now())
    found = [("AUDIT_ITEM_TIED", ticket, item, "") for ticket, item in bugs]
    assert said(await stored.audit(connection="hubspot")) == sorted(found)
    assert said(await stored.audit(connection="zendesk")) == []


async def test_service_project_that_sentry_writes_to_is_found(office: Office) -> None:
    [portal] = [each for each in office.jira.site.projects if each.key == "OPS"]
    portal.kind = "service_desk"
    id = office.jira.person_creates("Asked in the portal", project="OPS")
    ticket = office.zendesk.customer_creates_ticket("Export fails")
    key = office.jira.issue(id).key
    office.zendesk.add_jira_link(ticket, id, key)
    own = office.sentry.add_integration("jira", "acme.atlassian.net")
    office.sentry.person_links(office.sentry.error_occurs(), own, key)
    await office.world.settle()
    codes = {each["code"]: each for each in (await office.audit())["entries"]}
    assert codes.keys() == {"AUDIT_LINKED_BESIDE", "AUDIT_FACES_CUSTOMERS"}
    assert codes["AUDIT_FACES_CUSTOMERS"]["item"] == f"jira:{id}"


async def test_each_step_keeps_its_own_finds_and_what_is_not_listed_is_counted(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "CHUNK", 1)
    monkeypatch.setattr(auditing, "MOST_LISTED", 2)
    world, hub = office.world, office.world.hub
    for n in range(3):
        id, item = await office.bug(f"Export {n} fails")
        world.hubspot.person_adds_note(id, f"<p>{ISSUE}</p>")
        if n == 0:
            office.ties(office.sentry.error_occurs(), item)
    await world.settle()
    seen: list[dict[str, Any]] = []
    original = auditing.prepare

    async def watched(hub: Hub, job: Job) -> Step:
        step = await original(hub, job)
        seen.append({"held": job.result, "shown": await auditing.result_of(hub, job)})
        return step

    monkeypatch.setitem(cast("dict[str, Any]", job_kinds.KINDS), auditing.KIND, watched)
    result = await office.audit(connection="hubspot")
    # The gravest are listed, the rest is counted; no step carried along what others found.
    assert [each["code"] for each in result["entries"]] == ["AUDIT_ITEM_TIED", "AUDIT_SENTRY_NOTED"]
    assert (result["counts"], result["unlisted"], result["tied"]) == (
        {"AUDIT_ITEM_TIED": 1, "AUDIT_SENTRY_NOTED": 3}, 2, 1,
    )  # fmt: skip
    assert all(each["held"]["entries"] == [] for each in seen)
    assert any(each["shown"]["entries"] for each in seen)
    async with hub.db.read() as connection:
        kinds = await connection.execute(sa.select(reference_data.c.kind))
        assert not [kind for kind in kinds.scalars() if kind.startswith("audit")]


async def test_what_a_cancelled_audit_has_kept_goes(office: Office) -> None:
    id, _ = await office.bug()
    office.world.hubspot.person_adds_note(id, f"<p>{ISSUE}</p>")
    await office.world.settle()
    hub = office.world.hub
    async with hub.db.write() as connection:
        for state, job in (("running", "live"), ("cancelled", "over")):
            await connection.execute(
                sa.insert(jobs_table).values(
                    id=job, kind=auditing.KIND, target="x", state=state, params={}, created_at=1,
                    created_by="x", updated_at=1,
                )
            )  # fmt: skip
            await audits.keep_entries(hub.db, connection, job, {"0:a": {"code": "X"}}, hub.now())
            again = await audits.keep_entries(
                hub.db, connection, job, {"0:a": {}, "0:b": {"code": "Y"}}, hub.now()
            )
            assert again == ["0:b"]
        await retention.drop_jobs(connection, hub.now() - timedelta(days=9000))
        assert len(await audits.listed(connection, "live", 9)) == 2
        assert await audits.listed(connection, "over", 9) == []


async def test_since_leaves_older_tickets_out(office: Office) -> None:
    id, _ = await office.bug()
    office.world.hubspot.person_adds_note(id, f"<p>{ISSUE}</p>")
    await office.world.settle()
    assert len((await office.audit())["entries"]) == 1
    now = office.world.hub.now().isoformat()
    later = await office.audit(connection="hubspot", since=now)
    assert (later["tickets"], later["entries"]) == (0, [])


async def test_one_audit_at_a_time_and_a_helpdesk_that_there_is(office: Office) -> None:
    post, headers = office.world.client.post, office.world.admin
    wrong = await post("/api/v1/audits", headers=headers, json={"connection": "boards"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_request")
    ahead = {"since": "2999-01-01T00:00:00Z"}
    assert (await post("/api/v1/audits", headers=headers, json=ahead)).status_code == 422
    first = await post("/api/v1/audits", headers=headers, json={})
    second = await post("/api/v1/audits", headers=headers, json={})
    assert (first.status_code, second.status_code) == (202, 409)
    assert first.json()["id"] in second.json()["detail"]
    assert (await office.world.settle_job(first.json()["id"]))["state"] == "done"


async def test_command_follows_the_audit_prints_it_and_ends_with_1(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    id, _ = await office.bug()
    office.world.hubspot.person_adds_note(id, f"<p>{ISSUE}</p>")
    await office.world.settle()
    transport = httpx.ASGITransport(office.world.app)
    headers = dict(office.world.admin)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://bridge.test", headers=headers
    ) as client:
        first = await audited(client, {}, quiet=False)
        again = await client.post("/api/v1/audits", json={})
        # Called while one is under way, it tells what that one finds.
        for other in ({"connection": "hubspot"}, {"since": "2026-05-12T00:00:00+00:00"}):
            with pytest.raises(Refused, match=again.json()["id"]):
                await audited(client, other, quiet=True)
        assert await audited(client, {}, quiet=True) == first
        assert again.status_code == 202
        assert (first["connection"], first["since"]) == (None, None)
    capsys.readouterr()
    with pytest.raises(typer.Exit) as ended:
        report(first, as_json=False)
    told = capsys.readouterr().out
    assert ended.value.exit_code == 1
    assert "AUDIT_SENTRY_NOTED" in told
    assert "1 found" in told
    assert ISSUE not in told
    with pytest.raises(typer.Exit):
        report(first, as_json=True)
    assert json.loads(capsys.readouterr().out)["counts"] == {"AUDIT_SENTRY_NOTED": 1}
    report({**first, "counts": {}, "entries": []}, as_json=False)
    assert "Nothing found" in capsys.readouterr().out
