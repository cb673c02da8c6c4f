"""What the simulator does that a client must survive; the state of the site counts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from json import dumps, loads

import pytest

from bridge.domain.errors import (
    OF_RECORD,
    CredentialProblem,
    RecordMissing,
    Rejected,
    Stale,
    Throttled,
    UnknownOutcome,
)
from bridge.domain.events import InboundRequest, Refused, Verified
from bridge.domain.operations import ItemField, ItemLink
from bridge.domain.records import AUTHOR, HYPERLINKS, attachments_of, comments_of
from bridge.kit.faults import FaultKind
from bridge.ports.roles import Want
from connectors.jira.simulator import PUBLISHED_ISSUE_WRITES, adf, signature
from tests.conformance.line import START, LetterBox
from tests.connectors.jira.client_kit import MARKER, Site, jira_site, launch
from tests.connectors.jira.jira_world import api_client

LINK = ItemLink("https://desk.acme.example/tickets/812", "ticketbridge:tb-812-bug")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with jira_site() as made:
        yield made


async def _content(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


# -------------------------------------------------------------------------------------- creating


async def test_create_sets_label_and_marker_by_itself(site: Site) -> None:
    seen = await site.tracker.create_item(launch())
    issue = site.sim.issue(seen.ref.id)
    assert issue.fields["labels"] == ["ticketbridge"]
    mark = {"marker": MARKER, "ticket": "https://desk.acme.example/tickets/812"}
    assert issue.properties == {"ticketbridge": mark}
    assert "x()" not in adf.plain(issue.fields["description"])
    assert seen.text("@key") == issue.key


async def test_lost_create_is_found_when_the_index_has_caught_up(site: Site) -> None:
    site.sim.search_lag = timedelta(seconds=40)
    site.fault("^POST /rest/api/3/issue$", FaultKind.RESET_AFTER)
    with pytest.raises(UnknownOutcome):
        await site.tracker.create_item(launch())
    assert await site.tracker.find_marked(MARKER, START) == []
    site.later(seconds=site.connection.manifest.create_probe_grace.total_seconds())
    (found,) = await site.tracker.find_marked(MARKER, START)
    assert ([found.id], found.own) == (list(site.sim.site.issues), True)


async def test_marked_issue_is_found_beyond_the_first_short_page(site: Site) -> None:
    for number in range(5):
        await site.tracker.create_item(launch(marker=f"tb-{number}"))
    site.sim.search_page_cap = 2
    (found,) = await site.tracker.find_marked("tb-4", START)
    assert site.sim.issue(found.id).properties["ticketbridge"]["marker"] == "tb-4"


async def test_marker_is_found_after_the_issue_moved_and_a_person_edited_its_labels(
    site: Site,
) -> None:
    site.sim.add_project("OPS", "Operations")
    id = (await site.tracker.create_item(launch())).ref.id
    site.sim.person_moves_project(id, "OPS")
    site.sim.person_edits(id, {"labels": ["theirs", "ticketbridge"]})
    (found,) = await site.tracker.find_marked(MARKER, START)
    assert found.id == id


async def test_launch_without_a_project_goes_to_the_only_one_or_is_refused(site: Site) -> None:
    async with jira_site(projects=["DEMO", "OPS"]) as several:
        with pytest.raises(Rejected) as refused:
            await several.tracker.create_item(launch())
        assert refused.value.field == "project"
        assert not several.sim.site.issues
        seen = await several.tracker.create_item(launch(project="DEMO"))
        assert several.sim.issue(seen.ref.id).project.key == "DEMO"


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"project": "NOPE"}, "project"), ({"type": "Nope"}, "issuetype")],
)
async def test_refused_create_names_what_is_wrong(
    site: Site, changed: dict[str, str], field: str
) -> None:
    with pytest.raises(Rejected) as refused:
        await site.tracker.create_item(launch(**changed))
    assert refused.value.field == field
    assert not site.sim.site.issues


# ------------------------------------------------------------------------------------- identity


async def test_issue_is_followed_by_its_id_when_its_key_changes(site: Site) -> None:
    site.sim.add_project("OPS", "Operations")
    id = site.sim.person_creates("Export fails")
    old = site.sim.issue(id).key
    new = site.sim.person_moves_project(id, "OPS")
    seen = await site.read(id)
    assert (seen.ref.id, seen.text("@key"), seen.text("@project")) == (id, new, "OPS")
    assert await site.tracker.resolve(old) == await site.tracker.resolve(new) == id


async def test_two_fields_of_one_name_are_told_apart_by_their_ids(site: Site) -> None:
    one = site.sim.add_field("Severity", "option", ("High", "Low"))
    two = site.sim.add_field("Severity", "option", ("High", "Low"))
    id = site.sim.person_creates("Export fails")
    await site.set(id, **{two.id: "Low"})
    assert site.sim.issue(id).fields.get(one.id) is None
    seen = await site.read(id)
    assert (seen.value(one.id), seen.value(two.id)) == (None, "Low")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "<p>why <strong>it</strong> fails</p>"),
        ("string", "one line"),
        ("number", 3.5),
        ("date", "2026-12-24"),
        ("datetime", "2026-12-24T10:00:00.000Z"),
        ("option", "High"),
        ("options", ["High", "Low"]),
    ],
)
async def test_custom_field_is_read_as_it_was_written(site: Site, kind: str, value: object) -> None:
    options = ("High", "Low") if kind.startswith("option") else ()
    field = site.sim.add_field("Ours", kind, options)
    seen = await site.tracker.create_item(launch(fields={"summary": "x", field.id: value}))
    assert (await site.read(seen.ref.id)).value(field.id) == value
    changed = await site.set(seen.ref.id, **{field.id: None})
    assert not changed.value(field.id)


async def test_address_for_tokens_with_scopes_serves_as_well_and_is_no_other_sites() -> None:
    """https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/"""
    gateway = "https://api.atlassian.com/ex/jira/"
    async with jira_site() as probe:
        cloud_id = probe.sim.site.cloud_id
    async with jira_site(base_url=gateway + cloud_id) as site:
        id = (await site.tracker.create_item(launch())).ref.id
        seen = await site.tracker.set_links(id, [LINK], [], None)
        assert seen.text("@url") == f"https://acme.atlassian.net/browse/{site.sim.issue(id).key}"
        ours = f"{gateway}{cloud_id}/rest/api/3/issue/{id}"
        assert await site.tracker.resolve(ours) == id
        assert await site.tracker.resolve(ours.replace(cloud_id, "another")) is None


# ----------------------------------------------------------------------------------- credentials


async def test_dead_token_that_is_answered_as_nobody_is_a_credential_problem(site: Site) -> None:
    site.sim.site.projects[0].public = True
    id = site.sim.person_creates("Export fails")
    site.sim.dead_token = True
    for attempt in (
        site.tracker.fetch_item(id, Want()),
        site.tracker.fetch_items([id], Want()),
        site.tracker.list_changed(None, START, Want()),
        site.tracker.find_marked(MARKER, START),
        site.tracker.fetch_item("999999", Want()),
        site.tracker.fetch_reference(),
    ):
        with pytest.raises(CredentialProblem):
            await attempt


async def test_issue_hidden_from_the_account_is_missing_not_deleted(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    site.sim.hidden_projects.add("DEMO")
    with pytest.raises(RecordMissing):
        await site.read(id)


async def test_permission_that_lacks_is_about_the_write_alone(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    site.sim.withheld.add("EDIT_ISSUES")
    with pytest.raises(Rejected):
        await site.set(id, summary="x")
    assert site.sim.issue(id).fields["summary"] == "Export fails"


# ---------------------------------------------------------------------------------------- writing


async def test_edit_with_one_refused_field_names_it(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    site.sim.site.projects[0].off_screen["edit"].add("duedate")
    with pytest.raises(Rejected) as refused:
        await site.tracker.set_fields(
            id, [ItemField("summary", "x"), ItemField("duedate", "2026-12-24")], None
        )
    assert (refused.value.field, "duedate" in str(refused.value)) == ("duedate", True)
    assert site.sim.issue(id).fields["summary"] == "Export fails"


async def test_conflict_is_stale_and_writes_nothing(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    site.sim.conflicts = 1
    with pytest.raises(Stale):
        await site.set(id, summary="x")
    assert (await site.set(id, summary="x")).text("@subject") == "x"


async def test_status_is_reached_by_where_a_step_leads_not_by_its_name(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    await site.set(id, status="In Progress")
    seen = await site.set(id, status="in review")
    assert (seen.text("@status"), seen.text("status")) == ("10001", "In Review")
    assert (await site.set(id, status="10000")).text("status") == "To Do"


async def test_status_without_a_way_from_here_is_refused_with_its_name(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    with pytest.raises(Rejected) as refused:
        await site.set(id, summary="x", status="In Review")
    assert refused.value.field == "status"
    assert "To Do" in str(refused.value)
    assert site.sim.issue(id).fields["summary"] == "Export fails"


async def test_status_that_is_there_already_makes_no_step(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    before = len(site.sim.issue(id).history)
    assert (await site.set(id, status="To Do")).text("status") == "To Do"
    assert len(site.sim.issue(id).history) == before


async def test_step_is_given_the_required_field_that_is_known(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    with pytest.raises(Rejected) as refused:
        await site.set(id, status="Done")
    assert "Resolution (resolution)" in str(refused.value)
    assert site.sim.issue(id).fields["status"] == "10000"
    seen = await site.set(id, status="Done", resolution="Won't Do", summary="x")
    assert (seen.text("resolution"), seen.text("summary")) == ("Won't Do", "x")
    async with jira_site(transition_fields={"resolution": "Done"}) as known:
        id = known.sim.person_creates("Export fails")
        seen = await known.set(id, status="Done")
        assert (seen.text("status"), seen.text("resolution")) == ("Done", "Done")


async def test_step_that_a_rule_refuses_is_refused(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    move = next(m for m in site.sim.site.projects[0].transitions if m.name == "In Progress")
    move.validator = "Only on Mondays."
    with pytest.raises(Rejected) as refused:
        await site.set(id, status="In Progress")
    assert "Mondays" not in str(refused.value)
    assert site.sim.issue(id).fields["status"] == "10000"


async def test_document_that_jira_respells_is_what_the_answer_shows(site: Site) -> None:
    site.sim.rewrite_adf = True
    id = site.sim.person_creates("Export fails")
    answer = await site.set(id, description="<p>a <b>b</b> c</p>")
    assert answer.text("description") == (await site.read(id)).text("@body")


# ------------------------------------------------------------------------------------- remote links


async def test_remote_link_is_one_for_each_ticket_however_often_it_is_set(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    site.fault("^POST .*/remotelink$", FaultKind.RESET_AFTER)
    with pytest.raises(Exception, match="did not answer"):
        await site.tracker.set_links(id, [LINK], [], None)
    moved = ItemLink("https://desk.acme.example/tickets/900", LINK.comment)
    await site.tracker.set_links(id, [LINK], [], None)
    seen = await site.tracker.set_links(id, [moved], [LINK], None)
    (held,) = site.sim.issue(id).remote_links
    assert (held.global_id, held.object["url"]) == (LINK.comment, moved.url)
    assert held.object["title"] == "Support ticket 900"
    assert seen.value(HYPERLINKS) == [{"url": moved.url, "comment": LINK.comment}]


async def test_link_that_only_looks_like_ours_is_left_alone(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    link = {"object": {"url": LINK.url, "title": LINK.comment}}
    site.sim.jira.talk.remote_link(site.sim.ana, site.sim.issue(id), link)
    await site.tracker.set_links(id, [], [LINK], None)
    assert len(site.sim.issue(id).remote_links) == 1


async def test_site_without_issue_linking_is_read_without_links(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    refusal = b'{"errorMessages": ["Issue linking is currently disabled."], "errors": {}}'
    json = {"Content-Type": "application/json"}
    site.fault("/remotelink$", status=403, headers=json, body=refusal)
    seen = await site.read(id)
    assert seen.whole
    assert not seen.knows(HYPERLINKS)


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("^POST .*/comment$", "Add comments"),
        ("^PUT .*/issue/[0-9]+", "Edit issues"),
        ("^POST .*/attachments$", "Create attachments"),
        ("^POST .*/remotelink", "Link issues"),
        ("^POST .*/issue$", "Create issues"),
    ],
)
async def test_refused_call_names_the_permission_that_it_needs(
    site: Site, path: str, permission: str
) -> None:
    id = site.sim.person_creates("Export fails")
    refusal = b'{"errorMessages": ["You do not have the permission."], "errors": {}}'
    site.fault(path, status=403, headers={"Content-Type": "application/json"}, body=refusal)
    attempts: dict[str, Callable[[], Awaitable[object]]] = {
        "Add comments": lambda: site.tracker.add_comment(id, "<p>x</p>"),
        "Edit issues": lambda: site.set(id, summary="x"),
        "Create attachments": lambda: site.tracker.attach(id, "a", _content(b"x"), 1, "tb-1"),
        "Link issues": lambda: site.tracker.set_links(id, [LINK], [], None),
        "Create issues": lambda: site.tracker.create_item(launch()),
    }
    with pytest.raises(Rejected, match=f"permission {permission} in the issue's project"):
        await attempts[permission]()


# --------------------------------------------------------------------------------- files, comments


async def test_upload_whose_answer_was_lost_is_found_by_its_mark(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    site.sim.person_attaches(id, "theirs.png", b"theirs")
    site.fault("^POST .*/attachments$", FaultKind.RESET_AFTER)
    with pytest.raises(UnknownOutcome):
        await site.tracker.attach(id, "shot.png", _content(b"ab", b"c"), 3, "tb-0123")
    files = {f.comment: f.name for f in attachments_of(await site.read(id))}
    assert files == {"": "theirs.png", "tb-0123": "shot.png"}
    assert [f.content for f in site.sim.issue(id).attachments] == [b"theirs", b"abc"]


async def test_file_beyond_the_limit_of_the_site_is_refused(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    site.sim.attachment_limit = 2
    with pytest.raises(Rejected):
        await site.tracker.attach(id, "shot.png", _content(b"abc"), 3, "tb-0123")
    assert site.sim.issue(id).attachments == []


async def test_file_that_is_shorter_than_announced_does_not_hang(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    with pytest.raises(Rejected):
        await site.tracker.attach(id, "shot.png", _content(b"abc"), 4, "tb-0123")
    assert site.sim.issue(id).attachments == []


async def test_comment_is_hidden_from_customers_of_a_service_project(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    made = await site.tracker.add_comment(id, "<p>Ann: it fails.</p>")
    (held,) = site.sim.issue(id).comments
    assert (held.id, held.properties["sd.public.comment"]) == (made, {"internal": True})
    (comment,) = comments_of(await site.read(id))
    assert (comment.internal, comment.own) == (True, True)


async def test_comment_says_whether_a_program_wrote_it(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    sentry = site.sim.add_user("Sentry", "sentry@apps.example", "app")
    for by in (None, sentry):
        site.sim.person_comments(id, adf.document(adf.paragraph("Soon.")), by)
    assert [each.app for each in comments_of(await site.read(id))] == [False, True]


async def test_comments_that_did_not_come_with_their_issue_are_all_read(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    for number in range(230):
        site.sim.person_comments(id, adf.document(adf.paragraph(str(number))))
    async with api_client(site.sim) as api:
        body = (await api.get(f"/rest/api/3/issue/{id}")).json()
    # Nothing promises that an answer holds all of them; its total says whether it does.
    body["fields"]["comment"]["comments"] = body["fields"]["comment"]["comments"][:20]
    json_type = {"Content-Type": "application/json"}
    site.fault(rf"^GET .*/issue/{id}\?", headers=json_type, status=200, body=dumps(body).encode())
    seen = await site.read(id)
    assert [each.html for each in comments_of(seen)] == [f"<p>{n}</p>" for n in range(230)]


# ------------------------------------------------------------------------------------------ limits


async def test_limit_of_one_issue_is_about_that_issue_alone(site: Site) -> None:
    ids = [site.sim.person_creates(f"T{number}") for number in range(2)]
    site.sim.issue_write_limits = PUBLISHED_ISSUE_WRITES
    for number in range(20):
        await site.set(ids[0], summary=str(number))
    with pytest.raises(Throttled) as limited:
        await site.tracker.add_comment(ids[0], "<p>x</p>")
    assert limited.value.scope == OF_RECORD
    assert limited.value.until <= site.clock.now() + timedelta(seconds=2)
    assert (await site.set(ids[1], summary="goes on")).text("@subject") == "goes on"
    site.later(seconds=3)
    await site.tracker.add_comment(ids[0], "<p>x</p>")


async def test_burst_limit_is_a_pause_of_the_connection(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    site.sim.burst_limits = {"PUT": 1}
    await site.set(id, summary="a")
    with pytest.raises(Throttled) as limited:
        await site.set(id, summary="b")
    assert limited.value.scope == ""
    assert limited.value.until == site.clock.now() + timedelta(seconds=1)


# ----------------------------------------------------------------------------------------- sweeping


async def test_issue_that_the_index_loses_for_a_while_is_not_lost_to_the_sweep(site: Site) -> None:
    id = site.sim.person_creates("Export fails")
    site.sim.search_hides.add(id)
    site.later(seconds=30)
    page = await site.tracker.list_changed(None, START, Want())
    assert page.observations == ()
    site.sim.search_hides.clear()
    site.later(seconds=30)
    page = await site.tracker.list_changed(page.cursor, START, Want())
    assert [each.ref.id for each in page.observations] == [id]


async def test_sweep_asks_by_a_span_whatever_the_zone_of_the_account(site: Site) -> None:
    site.sim.account.time_zone = "Asia/Kolkata"
    site.later(hours=3)
    since = site.later(minutes=1)
    id = site.sim.person_creates("Export fails")
    site.later(minutes=5)
    page = await site.tracker.list_changed(None, since, Want())
    assert [each.ref.id for each in page.observations] == [id]


async def test_search_that_jira_refuses_for_a_project_names_the_setting() -> None:
    async with jira_site(projects=["DEMO", "GONE"]) as site:
        with pytest.raises(Rejected, match="projects DEMO, GONE"):
            await site.tracker.list_changed(None, START, Want())


async def test_row_of_the_sweep_says_whose_change_the_last_one_was(site: Site) -> None:
    ana, own = site.sim.ana.account_id, site.sim.account.account_id
    id = site.sim.person_creates("Export fails")

    async def author() -> str:
        page = await site.tracker.list_changed(None, START, Want(comments=True))
        (seen,) = page.observations
        assert seen.text(AUTHOR) == (await site.read(id)).text(AUTHOR)
        return seen.text(AUTHOR)

    assert await author() == ana
    site.later(seconds=5)
    assert (await site.set(id, summary="x")).text(AUTHOR) == await author() == own
    site.later(seconds=5)
    site.sim.person_comments(id, adf.document(adf.paragraph("Soon.")))
    assert await author() == ana
    site.later(seconds=5)
    await site.tracker.add_comment(id, "<p>Ann: it fails.</p>")
    assert await author() == own


async def test_pages_of_a_sweep_go_on_with_the_query_of_the_first(site: Site) -> None:
    for number in range(5):
        site.sim.person_creates(f"T{number}")
    site.sim.search_page_cap = 2
    page = await site.tracker.list_changed(None, START, Want())
    while page.more:
        site.later(minutes=7)
        page = await site.tracker.list_changed(page.cursor, START, Want())
    queries = [loads(each.content)["jql"] for each in site.line.requests]
    assert (len(queries), len(set(queries))) == (3, 1)
    site.sim.search_page_cap = 100
    site.later(minutes=7)
    site.sim.person_creates("later")
    site.later(minutes=7)
    page = await site.tracker.list_changed(page.cursor, START, Want())
    assert "later" in [each.text("@subject") for each in page.observations]


async def test_token_that_jira_no_longer_takes_begins_the_window_again(site: Site) -> None:
    ids = [site.sim.person_creates(f"T{number}") for number in range(5)]
    site.sim.search_page_cap = 2
    first = await site.tracker.list_changed(None, START, Want())
    site.later(days=8)
    found: set[str] = set()
    cursor, more = first.cursor, first.more
    for _ in range(3):
        assert more
        page = await site.tracker.list_changed(cursor, START, Want())
        cursor, more = page.cursor, page.more
        found |= {each.ref.id for each in page.observations}
    assert (found, more) == (set(ids), False)


# --------------------------------------------------------------------------------------- the door


VECTORS = [
    (
        "It's a Secret to Everybody",
        "Hello World!",
        "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9",
    ),
    (
        "hub-jira-secret-1",
        (
            '{"timestamp":1730000000001,"webhookEvent":"comment_created",'
            '"comment":{"id":"10501","body":"Größe ✓ — ok"}}'
        ),
        "1b51eaea9aa8f52394bc3246999f1e4c7c4825db1f8157654e02ee8b8ac1676b",
    ),
]
"""The first is the example of https://developer.atlassian.com/cloud/jira/platform/webhooks/."""


async def _posted(site: Site) -> list[InboundRequest]:
    box = LetterBox()
    async with box.client() as client:
        await site.sim.deliver(client)
    return box.empty()


async def test_retry_has_the_same_key_and_a_replay_under_another_identifier_too(
    site: Site,
) -> None:
    site.sim.add_webhook("https://bridge.example.com/webhooks/jira", "hub-jira-secret-1")
    site.sim.duplicate_rate = 1.0
    site.sim.person_creates("Export fails")
    letters = await _posted(site)
    receiver, now = site.connection.receiver, site.clock.now()
    forged = {**letters[0].headers, "x-atlassian-webhook-identifier": "another"}
    letters.append(InboundRequest(letters[0].method, letters[0].url, {}, forged, letters[0].body))
    verdicts = [receiver.verify(each, now) for each in letters]
    assert len(verdicts) == 3
    assert len({each.keys for each in verdicts if isinstance(each, Verified)}) == 1
    assert not [each for each in verdicts if isinstance(each, Refused)]


@pytest.mark.parametrize("method", ["sha1", "SHA256", "sha512", ""])
async def test_signature_by_a_method_that_is_not_known_is_refused(site: Site, method: str) -> None:
    given = signature("hub-jira-secret-1", b"{}").partition("=")[2]
    request = InboundRequest("POST", "/", {}, {"x-hub-signature": f"{method}={given}"}, b"{}")
    assert isinstance(site.connection.receiver.verify(request, site.clock.now()), Refused)


@pytest.mark.parametrize(("secret", "body", "digest"), VECTORS)
async def test_signature_is_the_hash_of_the_bytes_as_they_came(
    secret: str, body: str, digest: str
) -> None:
    headers = {"x-hub-signature": f"sha256={digest}"}
    async with jira_site(webhook_secret=secret) as site:
        request = InboundRequest("POST", "/", {}, headers, body.encode())
        assert isinstance(site.connection.receiver.verify(request, START), Verified)
        other = InboundRequest("POST", "/", {}, headers, body.encode("utf-16"))
        assert isinstance(site.connection.receiver.verify(other, START), Refused)


async def test_link_that_has_no_type_or_no_other_end_is_refused_and_says_which(site: Site) -> None:
    one, other = [site.sim.person_creates(each) for each in ("one", "other")]
    with pytest.raises(Rejected, match="other issue 99999"):
        await site.tracker.relate(one, "99999")
    site.sim.site.link_types.clear()
    with pytest.raises(Rejected, match="Relates"):
        await site.tracker.relate(one, other)
    with pytest.raises(RecordMissing):
        await site.tracker.relate("99999", other)
