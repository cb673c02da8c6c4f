"""The hub between HubSpot and Jira: launched once, followed by id, shown as it moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge.domain.refs import WorkItemRef
from bridge.engine.sweep import sweep
from bridge.kit.clock import SystemClock
from bridge.kit.faults import Fault, FaultKind
from bridge.store import connections, queue
from connectors.jira.simulator import JiraSimulator, adf
from connectors.jira.simulator.records import Issue
from tests.scenarios.test_explain import explain
from tests.scenarios.test_findings import found
from tests.scenarios.world import BRIDGE_YAML, World, open_world

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
SECRET = "jira-webhook-secret"

JIRA_YAML = f"""
  jira:
    vendor: jira
    site: https://acme.atlassian.net
    base_url: http://jira.test
    email: hub@acme.example
    token: token-test
    webhook_secret: {SECRET}
    projects: [DEMO, OPS]
    debounce_ms: 0
    sweep_s: 3600
    search_lag_s: 0
    probe_grace_s: 0.2
"""

MAPPING = """
mapping: hubspot-success
helpdesk: hubspot
ticket:
  category: {property: hs_ticket_category}
  severity:
    property: hs_ticket_priority
    values: {URGENT: high, HIGH: high, MEDIUM: normal, LOW: low}
    default: normal
  customer: {association: company, name: name, plan: success_plan}
stages:
  - {id: reported, label: Reported to engineering}
  - {id: in_development, label: In development}
  - {id: in_testing, label: In testing}
  - {id: available, label: Available to you, tell: draft}
routes:
  - id: bug
    when: {field: category, is: Bug}
    launch:
      in: jira
      project: DEMO
      type: Bug
      fields:
        summary: "[{{ ticket.customer }}] {{ ticket.subject }}"
        description: {from: description}
        priority: {from: severity, values: {high: High, normal: Medium, low: Low}}
      attachments: true
status:
  jira: {To Do: reported, In Progress: in_development, In Review: in_testing, Done: available}
rollup: least_advanced
show_on_ticket:
  stage: {property: work_stage}
  eta: {property: work_eta}
  keys: {property: work_items}
comments: {to_work_item: marked, to_ticket: marked, as: internal_note}
fields:
  - {ticket: engineering_priority, work_item: priority, owner: work_item}
"""
TICKET_MOVES = MAPPING.replace(
    "  - {ticket: engineering_priority, work_item: priority, owner: work_item}",
    "  - {ticket: engineering_priority, work_item: status, owner: ticket}",
)


@dataclass
class Scene:
    """The world with its Jira."""

    world: World
    jira: JiraSimulator

    @property
    def issues(self) -> list[Issue]:
        """The issues there are, oldest first."""
        return [*self.jira.site.issues.values()]

    async def bug(self, **more: Any) -> tuple[str, Issue]:
        """A bug ticket and the one issue that was made for it."""
        before = {each.id for each in self.issues}
        hubspot = self.world.hubspot
        given = {"subject": "Export fails", "category": "Bug", "company_id": self.world.acme}
        id = hubspot.person_creates_ticket(**{**given, **more})
        await self.world.settle()
        [issue] = [each for each in self.issues if each.id not in before]
        return id, issue


def make_jira(clock: Any) -> JiraSimulator:
    """A site with two projects and an administrator's webhook."""
    sim = JiraSimulator(clock=clock.now)
    sim.add_project("OPS", "Operations")
    sim.add_webhook("http://bridge.test/webhooks/jira", SECRET)
    return sim


@asynccontextmanager
async def open_scene(folder: Path, **more: Any) -> AsyncIterator[Scene]:
    """A world with HubSpot and Jira; `more` is the world's."""
    jira = make_jira(SystemClock())
    given = {"mapping": MAPPING, "bridge_yaml": BRIDGE_YAML + JIRA_YAML, **more}
    async with open_world(folder, others={"jira.test": jira}, **given) as world:
        yield Scene(world, jira)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
async def stored(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    """The same on both databases, for what the store decides."""
    url = request.getfixturevalue("migrated_postgres") if request.param == "postgresql" else None
    async with open_scene(tmp_path, database_url=url) as made:
        yield made


async def test_bug_is_launched_once_with_a_link_back_and_is_shown_on_the_ticket(
    scene: Scene,
) -> None:
    id, issue = await scene.bug(content="It stops at <b>10,000</b> rows.", priority="HIGH")
    assert issue.fields["summary"] == "[Acme] Export fails"
    assert issue.fields["labels"] == ["ticketbridge"]
    assert "10,000 rows" in adf.plain(issue.fields["description"])
    assert scene.jira.site.fields["priority"].id in issue.fields
    [link] = issue.remote_links
    assert id in link.object["url"]
    assert str(link.global_id).startswith("ticketbridge:tb-")
    shown = scene.world.ticket(id)
    assert shown["work_stage"] == "Reported to engineering"
    assert shown["work_items"] == issue.key == "DEMO-1"
    assert shown["engineering_priority"] == "High"
    assert not await scene.world.findings()


@pytest.mark.parametrize("kind", [FaultKind.RESET_AFTER, FaultKind.ANSWER_AFTER])
async def test_bug_whose_create_was_not_answered_is_launched_once(
    scene: Scene, kind: FaultKind
) -> None:
    scene.jira.faults.add(Fault(r"^POST /rest/api/3/issue$", kind, status=502))
    id, issue = await scene.bug()
    assert len(scene.issues) == 1
    assert scene.world.ticket(id)["work_items"] == issue.key
    assert len(issue.remote_links) == 1


async def test_moved_status_is_followed_with_one_write_and_no_read(scene: Scene) -> None:
    id, issue = await scene.bug()
    scene.world.calls.clear()
    scene.jira.person_moves_status(issue.id, "In Progress")
    await scene.world.settle()
    assert scene.world.ticket(id)["work_stage"] == "In development"
    assert [(c.connection, c.method) for c in scene.world.calls] == [("hubspot", "PATCH")]


async def test_date_of_the_fix_version_is_the_eta_and_moves_with_it(stored: Scene) -> None:
    id, issue = await stored.bug()
    sim, ticket = stored.jira, stored.world.ticket
    version = sim.add_version("1.4", release_date="2027-03-01")
    sim.person_edits(issue.id, {"fixVersions": [{"id": version.id}], "duedate": "2027-09-09"})
    await stored.world.settle()
    assert ticket(id)["work_eta"] == "2027-03-01"
    sim.person_edits_version(version, releaseDate="2027-04-15")
    await stored.world.settle()
    assert ticket(id)["work_eta"] == "2027-04-15"
    sim.person_edits_version(version, released=True)
    await stored.world.settle()
    assert ticket(id)["work_eta"] == "2027-09-09"


async def test_issue_that_moves_to_another_project_keeps_its_ticket(scene: Scene) -> None:
    id, issue = await scene.bug()
    new_key = scene.jira.person_moves_project(issue.id, "OPS")
    await scene.world.settle()
    assert scene.world.ticket(id)["work_items"] == new_key == "OPS-1"
    scene.jira.person_moves_status(issue.id, "In Progress")
    await scene.world.settle()
    assert scene.world.ticket(id)["work_stage"] == "In development"
    assert len(scene.issues) == 1


async def test_marked_comments_travel_both_ways_once(scene: Scene) -> None:
    id, issue = await scene.bug()
    hubspot = scene.world.hubspot
    hubspot.person_adds_note(id, "<p>#dev</p><p>Happens on <b>Safari</b> only.</p>")
    hubspot.person_adds_note(id, "<p>between us</p>")
    await scene.world.sweep("hubspot")
    [comment] = issue.comments
    assert "Safari" in adf.plain(comment.body)
    assert comment.properties["sd.public.comment"] == {"internal": True}
    document = adf.document(adf.paragraph("#customer"), adf.paragraph("Fix is under way."))
    scene.jira.person_comments(issue.id, document)
    scene.jira.person_comments(issue.id, adf.document(adf.paragraph("among engineers")))
    await scene.world.settle()
    notes = [note.properties["hs_note_body"] or "" for note in hubspot.notes.values()]
    assert sum("Fix is under way." in each for each in notes) == 1
    assert not any("among engineers" in each for each in notes)
    assert len(issue.comments) == 3


async def test_screenshot_is_attached_once(scene: Scene) -> None:
    id, issue = await scene.bug()
    picture = scene.world.hubspot.person_uploads("screen.png", PICTURE, "image/png")
    scene.world.hubspot.customer_writes(id, "see picture", [picture])
    await scene.world.settle()
    await scene.world.sweep("hubspot")
    [file] = issue.attachments
    assert file.content == PICTURE
    assert file.filename.startswith("screen~tb-")
    assert file.filename.endswith(".png")


async def test_limit_of_one_issue_holds_nobody_else_up(scene: Scene) -> None:
    id, issue = await scene.bug()
    answer = {"Retry-After": "1", "RateLimit-Reason": "jira-per-issue-on-write"}
    fault = Fault(rf"^POST .*/{issue.id}/comment$", FaultKind.ANSWER, status=429, headers=answer)
    scene.jira.faults.add(fault)
    scene.world.hubspot.person_adds_note(id, "<p>#dev</p><p>Safari only.</p>")
    await scene.world.sweep("hubspot")
    assert fault.times == 0
    assert len(issue.comments) == 1
    async with scene.world.hub.db.read() as connection:
        state = await connections.load(connection, "jira")
    assert state is not None
    assert state.throttled_until is None


async def test_links_that_were_made_before_a_limit_are_not_made_again(scene: Scene) -> None:
    _, issue = await scene.bug()
    world = scene.world
    for n in range(3):
        ticket = world.hubspot.person_creates_ticket(subject=str(n), company_id=world.acme)
        body = {
            "ticket": {"connection": "hubspot", "id": ticket},
            "work_item": {"connection": "jira", "id": issue.id},
        }
        linked = await world.client.post("/api/v1/links", json=body, headers=world.admin)
        assert linked.status_code < 300, linked.text
    await world.settle()
    assert len(issue.remote_links) == 4
    issue.remote_links.clear()
    added = f"POST .*/issue/{issue.id}/remotelink"
    for _ in range(2):
        scene.jira.faults.add(Fault(added, FaultKind.DELAY, delay_s=0.0))
    answer = {"Retry-After": "1", "RateLimit-Reason": "jira-per-issue-on-write"}
    limit = scene.jira.faults.add(Fault(added, FaultKind.ANSWER, status=429, headers=answer))
    before = _links_sent(scene)
    async with world.hub.db.write(durable=False) as connection:
        mark = queue.Mark(WorkItemRef("jira", issue.id), "again", read=True)
        await queue.mark(world.hub.db, connection, [mark])
    world.hub.work_wake.set()
    await world.settle()
    assert limit.times == 0
    assert len(issue.remote_links) == 4
    # Two went through, one met the limit, and the two that were left followed.
    assert _links_sent(scene) - before == 5


def _links_sent(scene: Scene) -> int:
    return len([e for e in scene.jira.calls if e.method == "POST" and "remotelink" in e.path])


async def test_webhooks_that_repeat_in_any_order_and_say_more_than_is_confirmed_change_nothing(
    scene: Scene,
) -> None:
    sim = scene.jira
    sim.reorder, sim.duplicate_rate = True, 0.7
    sim.comment_updates_issue = sim.remote_link_updates_issue = sim.rewrite_adf = True
    id, issue = await scene.bug(content="It <b>stops</b>.")
    for step in ("In Progress", "Ready for review", "In Progress"):
        sim.person_moves_status(issue.id, step)
    document = adf.document(adf.paragraph("#customer"), adf.paragraph("Fix is under way."))
    sim.person_comments(issue.id, document)
    await scene.world.settle()
    assert scene.world.ticket(id)["work_stage"] == "In development"
    notes = [n.properties["hs_note_body"] or "" for n in scene.world.hubspot.notes.values()]
    assert sum("Fix is under way." in each for each in notes) == 1
    assert (len(scene.issues), len(issue.remote_links)) == (1, 1)
    before = len(scene.world.writes("jira"))
    await scene.world.sweep("jira")
    await scene.world.sweep("hubspot")
    assert len(scene.world.writes("jira")) == before


async def test_sweep_finds_what_no_webhook_told(scene: Scene) -> None:
    id, issue = await scene.bug()
    scene.jira.drop_webhooks = 1
    scene.jira.person_moves_status(issue.id, "In Progress")
    await scene.world.settle()
    assert scene.world.ticket(id)["work_stage"] == "Reported to engineering"
    await scene.world.sweep("jira")
    assert scene.world.ticket(id)["work_stage"] == "In development"


async def test_check_finds_nothing_wrong_with_connection_and_mapping(scene: Scene) -> None:
    world = scene.world
    answer = await world.client.post("/api/v1/connections/jira/check", headers=world.admin)
    assert answer.status_code == 200, answer.text
    wrong = [each for each in answer.json()["results"] if not each["ok"]]
    assert wrong == []
    schema = await world.client.get("/api/v1/connections/jira/schema", headers=world.admin)
    assert schema.status_code == 200, schema.text
    assert "fixVersions.releaseDate" in schema.text


async def test_deleted_issue_breaks_its_link_and_leaves_the_ticket_as_it_was(stored: Scene) -> None:
    id, issue = await stored.bug()
    stored.jira.person_comments(issue.id, adf.document(adf.paragraph("Soon.")))
    await stored.world.settle()
    stored.jira.person_deletes(issue.id)
    await stored.world.settle()
    shown = stored.world.ticket(id)
    assert (shown["work_stage"], shown["work_items"]) == ("Reported to engineering", issue.key)
    assert {"LINK_BROKEN", "RECORD_MISSING"} <= await stored.world.findings()
    answer = await stored.world.client.get("/api/v1/links", headers=stored.world.admin)
    assert [each["state"] for each in answer.json()["items"]] == ["broken"]
    assert stored.issues == []


async def test_dead_token_pauses_the_connection_and_nothing_is_lost(scene: Scene) -> None:
    id, issue = await scene.bug()
    scene.jira.dead_token = True
    scene.world.hubspot.person_adds_note(id, "<p>#dev</p><p>Safari only.</p>")
    await sweep(scene.world.hub, "hubspot")
    await scene.world.deliver_until_paused("jira")
    assert "AUTH_EXPIRED" in await scene.world.findings()
    assert issue.comments == []
    scene.jira.dead_token = False
    await scene.world.sweep("jira")
    assert len(issue.comments) == 1
    assert "AUTH_EXPIRED" not in await scene.world.findings()


async def test_step_that_wants_a_field_is_a_finding_with_its_name(tmp_path: Path) -> None:
    async with open_scene(tmp_path, mapping=TICKET_MOVES) as scene:
        id, issue = await scene.bug()
        hubspot, ticket = scene.world.hubspot, scene.world.ticket
        hubspot.person_edits_ticket(id, engineering_priority="in progress")
        await scene.world.settle()
        assert ticket(id)["work_stage"] == "In development"
        hubspot.person_edits_ticket(id, engineering_priority="Done")
        await scene.world.settle()
        assert ticket(id)["work_stage"] == "In development"
        [finding] = await found(scene.world, "TRANSITION_BLOCKED")
        assert "Resolution (resolution)" in str(finding)
        assert issue.fields["resolution"] is None


async def test_ticket_is_explained_by_its_issues_key_and_address(stored: Scene) -> None:
    ticket, issue = await stored.bug()
    await stored.bug(subject="Import fails")
    page = f"https://acme.atlassian.net/browse/{issue.key}"
    for name in (issue.key, issue.key.lower(), page, f"jira:{issue.id}"):
        told = await explain(stored.world, name)
        assert told["ticket"]["id"] == ticket, name
    elsewhere = f"https://elsewhere.test/browse/{issue.key}"
    for name in (f"{issue.key}0", "DEMO-99", elsewhere):
        answer = await stored.world.client.get(
            "/api/v1/explain", params={"ref": name}, headers=stored.world.admin
        )
        assert answer.status_code == 404, name
