"""The client against the simulator: what is read, what is never read, and what errors mean."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from bridge.domain import records
from bridge.domain.errors import (
    CredentialProblem,
    RecordMissing,
    Rejected,
    ScopeMissing,
    Throttled,
    Unavailable,
)
from bridge.domain.records import Observation
from bridge.domain.texts import Audience
from bridge.kit.faults import Fault, FaultKind
from bridge.kit.http import Wire
from connectors.registry import CONNECTORS
from connectors.sentry.addresses import Place
from connectors.sentry.simulator import SentrySimulator
from tests.connectors.sentry.connector_kit import Here
from tests.connectors.sentry.sentry_kit import NOON, HandClock


@pytest.fixture
def here(sim: SentrySimulator, clock: HandClock) -> Here:
    return Here(sim, clock)


async def test_an_observation_has_ids_states_and_addresses_and_no_text(
    sim: SentrySimulator, here: Here
) -> None:
    sim.canaries = True
    issue = sim.error_occurs()
    sim.person_comments(issue)
    seen = await here.signals.fetch_signal(str(issue.id))
    assert seen.text(records.STATUS) == "unresolved"
    assert seen.text(records.KEY) == "CHECKOUT-1"
    assert seen.text(records.URL).endswith(f"/organizations/acme/issues/{issue.id}/")
    assert sim.canaries_planted.found_in(repr(seen)) == []


async def test_words_are_for_engineers_and_say_where_they_come_from(
    sim: SentrySimulator, here: Here
) -> None:
    issue = sim.error_occurs(title="TypeError: secret of Globex")
    words = await here.signals.fetch_words(str(issue.id))
    assert words.title.content == "TypeError: secret of Globex"
    assert words.title.audience is Audience.ENGINEERING
    assert words.title.origin == (f"sentry:sentry:{issue.id}",)


async def test_names_of_an_issue_lead_to_its_id(sim: SentrySimulator, here: Here) -> None:
    sim.error_occurs()
    issue = sim.error_occurs("front-end")
    id = str(issue.id)
    for text in (
        id, f" {id} ", "FRONT-END-1", "front-end-1",
        f"http://sentry.acme.test/organizations/acme/issues/{id}/?project=1",
        f"http://sentry.acme.test/organizations/acme/issues/{id}/events/latest/",
        f"http://sentry.acme.test/acme/front-end/issues/{id}/",
        f"http://sentry.acme.test/api/0/issues/{id}/",
        f"http://sentry.acme.test/api/0/organizations/acme/issues/{id}/",
        "http://sentry.acme.test/organizations/acme/issues/FRONT-END-1/",
    ):  # fmt: skip
        assert await here.signals.resolve(text) == id, text
    for text in (
        "", "x", "../1", "FRONT-END-99", "https://docs.sentry.io/platforms/python/",
        f"https://sentry.io/organizations/acme/issues/{id}/",
        f"http://sentry.acme.test.evil.example/organizations/acme/issues/{id}/",
        f"http://sentry.acme.test/organizations/other/issues/{id}/", "https://[",
    ):  # fmt: skip
        assert await here.signals.resolve(text) is None, text


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://acme.sentry.io/issues/4509876543/", "4509876543"),
        ("https://acme.sentry.io/issues/CHECKOUT-1AB", "CHECKOUT-1AB"),
        ("https://sentry.io/organizations/acme/issues/CLI-G/", "CLI-G"),
        ("https://sentry.io/acme/issues/123", "123"),
        ("https://us.sentry.io/organizations/acme/issues/32886/", "32886"),
        ("https://other.sentry.io/issues/4509876543/", None),
        ("https://sentry.io/organizations/other/issues/1/", None),
        ("https://notsentry.io/issues/123/", None),
        ("https://acme.sentry.io.evil.com/issues/123/", None),
        ("https://acme.sentry.io/replays/346789a703f6454384f1de473b8b9fcc/", None),
    ],
)
def test_addresses_of_the_cloud_name_issues_of_our_organization(
    url: str, named: str | None
) -> None:
    assert Place("https://sentry.io", "acme").names(url) == named


async def test_what_sentry_linked_itself_is_found_whoever_linked_it(
    sim: SentrySimulator, here: Here
) -> None:
    issue = sim.error_occurs()
    jira = sim.add_integration("jira", "acme.atlassian.test")
    sim.person_links(issue, jira, "ABC-7")
    sim.organization.link_app(issue, "https://acme.atlassian.test/browse/ABC-9", "ABC", "9")
    assert await here.signals.linked_pages(str(issue.id)) == (
        "https://acme.atlassian.test/browse/ABC-7",
        "https://acme.atlassian.test/browse/ABC-9",
    )


async def test_of_notes_only_the_ids_of_their_copies_are_read(
    sim: SentrySimulator, here: Here
) -> None:
    sim.canaries, sim.page_size = True, 2
    issue = sim.error_occurs()
    for number in range(3):
        sim.person_comments(issue).external_id = str(100 + number)
    sim.person_comments(issue)
    copies = await here.signals.copied_comments(str(issue.id))
    assert copies == {"100", "101", "102"}


async def test_the_projects_are_read_over_all_pages_or_left_out_without_the_right(
    sim: SentrySimulator, here: Here
) -> None:
    sim.page_size = 2
    for number in range(5):
        sim.organization.add_project(f"pump-{number}")
    read = await here.signals.fetch_reference()
    assert {each.id for each in read.projects} >= {f"pump-{number}" for number in range(5)}
    sim.scopes = ("event:read",)
    less = await here.signals.fetch_reference()
    assert (less.projects, less.statuses) == ((), read.statuses)


async def test_a_sweep_finds_what_no_webhook_told_over_several_pages(
    sim: SentrySimulator, here: Here, clock: HandClock
) -> None:
    sim.page_size = 2
    old = sim.error_occurs()
    clock.move(hours=1)
    first = await here.signals.list_changed(None, NOON + timedelta(minutes=30))
    assert (first.observations, first.more) == ((), True)
    first = await here.signals.list_changed(first.cursor, NOON)
    assert (first.observations, first.more) == ((), False)
    new = [sim.error_occurs() for _ in range(3)]
    clock.move(seconds=1)
    sim.error_recurs(old)
    cursor, found, more = first.cursor, [], True
    while more:
        page = await here.signals.list_changed(cursor, NOON)
        found += [each.ref.id for each in page.observations]
        cursor, more = page.cursor, page.more
    assert set(found) == {str(each.id) for each in (old, *new)}
    clock.move(hours=1)
    later = sim.error_occurs()
    page = await here.signals.list_changed(cursor, NOON)
    # Each sweep looks back a little: the newest of the last one is seen once more.
    assert [each.ref.id for each in page.observations] == [str(later.id), str(old.id)]


async def test_each_sweep_ends_with_a_page_of_what_is_linked_and_says_so_without_a_word(
    sim: SentrySimulator, here: Here, clock: HandClock
) -> None:
    sim.page_size = 2
    linked = [sim.error_occurs() for _ in range(3)]
    sim.error_occurs()
    vsts = sim.add_integration("vsts", "boards.test")
    for each in linked:
        sim.organization.link_tracker(each, vsts.id, "7", f"http://boards.test/{each.id}")
    clock.move(hours=1)
    cursor: str | None = None
    seen: list[Observation] = []
    for _ in range(2):
        # Nothing happens any more: the list by time has one empty page, then comes a page of these.
        page = await here.signals.list_changed(cursor, NOON + timedelta(minutes=30))
        page = await here.signals.list_changed(page.cursor, NOON)
        assert not page.more
        seen += page.observations
        cursor = page.cursor
    assert sorted(each.ref.id for each in seen) == sorted(str(each.id) for each in linked)
    assert len({each.text(records.LINKED) for each in seen}) == 3
    assert "boards.test" not in repr(seen)


async def test_a_resolved_issue_is_in_the_sweep_as_well(sim: SentrySimulator, here: Here) -> None:
    issue = sim.error_occurs()
    sim.person_sets_status(issue, "resolved")
    [seen] = (await here.signals.list_changed(None, NOON)).observations
    assert seen.text(records.STATUS) == "resolved"


async def test_many_are_read_without_those_that_are_gone(sim: SentrySimulator, here: Here) -> None:
    kept, gone = sim.error_occurs(), sim.error_occurs()
    sim.person_deletes(gone)
    seen = await here.signals.fetch_signals([str(gone.id), str(kept.id)])
    assert [each.ref.id for each in seen] == [str(kept.id)]
    with pytest.raises(RecordMissing):
        await here.signals.fetch_signal(str(gone.id))


@pytest.mark.parametrize("id", ["", "x", "../projects", "1?a=b", "0", "-1", "1" * 20])
async def test_an_id_that_is_none_reaches_no_address(here: Here, id: str) -> None:
    with pytest.raises(RecordMissing):
        await here.signals.fetch_signal(id)
    assert here.calls == []


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, b'{"detail":"said"}', Rejected),
        (401, b'{"detail":"said"}', CredentialProblem),
        (403, b'{"detail":"said"}', ScopeMissing),
        (404, b'{"detail":"said"}', RecordMissing),
        (302, b"", CredentialProblem),
        (418, b"said", Rejected),
        (500, b"said", Unavailable),
        (503, b"<html>said</html>", Unavailable),
        (200, b"<html>said</html>", CredentialProblem),
        (200, b'{"said":1}', CredentialProblem),
    ],
)
async def test_an_answer_means_what_happens_next_and_its_words_are_not_repeated(
    sim: SentrySimulator, here: Here, status: int, body: bytes, error: type[Exception]
) -> None:
    issue = sim.error_occurs()
    kind = "application/json" if body.startswith(b"{") else "text/html"
    headers = {"Content-Type": kind}
    sim.faults.add(Fault("", FaultKind.ANSWER, status=status, headers=headers, body=body))
    with pytest.raises(error) as raised:
        await here.signals.fetch_signal(str(issue.id))
    assert "said" not in str(raised.value) + getattr(raised.value, "detail", "")


async def test_a_limit_ends_with_its_window(
    sim: SentrySimulator, here: Here, clock: HandClock
) -> None:
    issue = sim.error_occurs()
    sim.calls_per_window = 1
    await here.signals.fetch_signal(str(issue.id))
    with pytest.raises(Throttled) as throttled:
        await here.signals.fetch_signal(str(issue.id))
    assert clock.now() < throttled.value.until <= clock.now() + timedelta(seconds=2)
    clock.move(seconds=2)
    await here.signals.fetch_signal(str(issue.id))


async def test_silence_is_unavailable(sim: SentrySimulator, clock: HandClock) -> None:
    here = Here(sim, clock)

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    silent = CONNECTORS["sentry"].connect(
        "sentry", here.connection.settings, Wire(httpx.MockTransport(refuse), clock=clock)
    )
    assert silent.signals is not None
    with pytest.raises(Unavailable):
        await silent.signals.fetch_signal("1")


async def test_the_probe_names_the_right_that_is_missing(sim: SentrySimulator, here: Here) -> None:
    every = await here.signals.probe()
    assert {each.name: each.has for each in every.rights} == dict.fromkeys(
        ("event:read", "org:read", "project:read"), True
    )
    sim.scopes = ("event:read",)
    less = await here.signals.probe()
    assert [each.name for each in less.rights if not each.has] == ["org:read", "project:read"]
    assert "Organization: Read" in less.rights[1].grant


async def test_an_installation_is_known_by_its_id_and_asked_for_once(
    sim: SentrySimulator, here: Here
) -> None:
    assert await here.signals.knows_installation(sim.installation)
    asked = len(here.calls)
    assert await here.signals.knows_installation(sim.installation)
    assert len(here.calls) == asked
    assert not await here.signals.knows_installation("7a485448-a9e2-4c85-8a3c-4f44175783c9")


async def test_nothing_is_ever_written(sim: SentrySimulator, here: Here) -> None:
    issue = sim.error_occurs()
    id = str(issue.id)
    await here.signals.fetch_words(id)
    await here.signals.linked_pages(id)
    await here.signals.copied_comments(id)
    await here.signals.list_changed(None, NOON)
    await here.signals.probe()
    assert {each.method for each in here.calls} == {"GET"}
    assert all(call.status == 200 for call in sim.calls)
