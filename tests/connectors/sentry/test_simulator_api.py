"""The API's quirks, each as a client meets it."""

from __future__ import annotations

import re

import httpx
import pytest

from connectors.sentry.simulator import SentrySimulator, short_ids
from tests.connectors.sentry.sentry_kit import HandClock, api_client

_ISSUES = "organizations/acme/issues/"


@pytest.mark.parametrize(
    ("number", "text"), [(1, "1"), (10, "A"), (32, "10"), (1000, "Z8"), (1335, "19Q")]
)
def test_short_ids_count_in_base_32(number: int, text: str) -> None:
    assert short_ids.encode(number) == text
    assert short_ids.decode(text.lower()) == number


async def test_an_issue_is_found_by_id_and_by_short_id_in_any_case(
    sim: SentrySimulator, api: httpx.AsyncClient
) -> None:
    issue = sim.error_occurs("front-end")
    assert issue.short_id == "FRONT-END-1"
    for name in (str(issue.id), "FRONT-END-1", "front-end-l"):
        assert (await api.get(f"{_ISSUES}{name}/")).json()["id"] == str(issue.id)
    assert (await api.get(f"{_ISSUES}FRONT-END-2/")).status_code == 404


async def test_without_the_last_slash_there_is_a_redirect(api: httpx.AsyncClient) -> None:
    answer = await api.get(_ISSUES.rstrip("/"))
    assert (answer.status_code, answer.headers["location"]) == (
        301,
        "/api/0/organizations/acme/issues/",
    )


async def test_the_list_is_of_unresolved_issues_unless_the_query_is_empty(
    sim: SentrySimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    first = sim.error_occurs()
    clock.move(seconds=5)
    second = sim.error_occurs()
    sim.person_sets_status(first, "resolved")
    plain = (await api.get(_ISSUES)).json()
    every = (await api.get(_ISSUES, params={"query": ""})).json()
    assert [row["id"] for row in plain] == [str(second.id)]
    assert [row["id"] for row in every] == [str(second.id), str(first.id)]


async def test_pages_are_turned_by_the_link_header(
    sim: SentrySimulator, api: httpx.AsyncClient
) -> None:
    sim.page_size = 2
    for _ in range(3):
        sim.error_occurs()
    first = await api.get(_ISSUES)
    [cursor] = re.findall(r'rel="next"; results="true"; cursor="([^"]+)"', first.headers["link"])
    second = await api.get(_ISSUES, params={"cursor": cursor})
    assert (len(first.json()), len(second.json())) == (2, 1)
    assert 'rel="next"; results="false"' in second.headers["link"]


async def test_a_limit_over_a_hundred_is_refused(api: httpx.AsyncClient) -> None:
    assert (await api.get(_ISSUES, params={"limit": "101"})).status_code == 400


async def test_the_limit_is_told_with_every_answer_and_429_says_no_retry_after(
    sim: SentrySimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    sim.calls_per_window = 1
    good, refused = await api.get(_ISSUES), await api.get(_ISSUES)
    assert good.headers["x-sentry-rate-limit-remaining"] == "0"
    assert refused.status_code == 429
    assert "retry-after" not in refused.headers
    assert int(refused.headers["x-sentry-rate-limit-reset"]) > clock.now().timestamp()
    assert (await api.get("organizations/acme/projects/")).status_code == 200
    clock.move(seconds=1)
    assert (await api.get(_ISSUES)).status_code == 200


async def test_a_wrong_token_is_401_and_a_missing_scope_403(sim: SentrySimulator) -> None:
    async with api_client(sim, "wrong") as stranger:
        assert (await stranger.get(_ISSUES)).status_code == 401
    sim.scopes = ("event:read",)
    async with api_client(sim) as client:
        assert (await client.get(_ISSUES)).status_code == 200
        assert (await client.get("organizations/acme/projects/")).status_code == 403


async def test_the_same_note_twice_within_the_hour_is_refused(
    sim: SentrySimulator, api: httpx.AsyncClient, clock: HandClock
) -> None:
    issue = sim.error_occurs()
    sim.person_comments(issue, "a race")
    with pytest.raises(Exception, match="already posted"):
        sim.person_comments(issue, "a race")
    clock.move(hours=1)
    sim.person_comments(issue, "a race")
    notes = (await api.get(f"{_ISSUES}{issue.id}/comments/")).json()
    assert [each["data"]["text"] for each in notes] == ["a race", "a race"]


async def test_a_link_over_the_api_is_a_new_row_each_time(
    sim: SentrySimulator, api: httpx.AsyncClient
) -> None:
    issue = sim.error_occurs()
    body = {"issueId": issue.id, "webUrl": "https://x.test/1", "project": "ABC", "identifier": "1"}
    for _ in range(2):
        await api.post(f"sentry-app-installations/{sim.installation}/external-issues/", json=body)
    links = (await api.get(f"{_ISSUES}{issue.id}/external-issues/")).json()
    assert [each["displayName"] for each in links] == ["ABC#1", "ABC#1"]


async def test_sentrys_own_link_shows_with_its_integration(
    sim: SentrySimulator, api: httpx.AsyncClient
) -> None:
    issue = sim.error_occurs()
    jira = sim.add_integration("jira", "acme.atlassian.test", copies_comments=True)
    sim.person_links(issue, jira, "ABC-1")
    [row] = (await api.get(f"{_ISSUES}{issue.id}/integrations/")).json()
    assert [each["key"] for each in row["externalIssues"]] == ["ABC-1"]
    [one] = (await api.get("organizations/acme/integrations/?provider_key=jira")).json()
    assert one["configData"] == {"sync_comments": True}


async def test_each_text_of_an_issue_and_each_note_can_be_a_canary(
    sim: SentrySimulator, api: httpx.AsyncClient
) -> None:
    sim.canaries = True
    issue = sim.error_occurs()
    sim.person_comments(issue)
    planted = sim.canaries_planted.planted
    assert len(planted) == 6
    shown = (await api.get(f"{_ISSUES}{issue.id}/")).text
    found = sim.canaries_planted.found_in(shown)
    # The stack trace is in no answer about the issue itself.
    assert set(planted) - set(found) == {issue.stack_trace}


def test_copies_have_the_words_that_the_integrations_write(sim: SentrySimulator) -> None:
    issue = sim.error_occurs()
    note = sim.person_comments(issue, "see <b>customer 7</b>")
    copies = sim.copies
    name = "Colleen Jones wrote:\n\n"
    assert copies.jira_comment(note) == name + "{quote}see <b>customer 7</b>{quote}"
    assert copies.azure_comment(note) == name + ("<blockquote>see <b>customer 7</b></blockquote>")
    assert copies.jira_description(issue).startswith("Sentry Issue: [CHECKOUT-1|http://")
    assert "?referrer=vsts_integration" in copies.azure_description(issue)
    assert "{code}This ticket was automatically created by Sentry via [High|" in (
        copies.jira_by_rule(issue, "High")
    )
    assert "\nThis work item was automatically created" in copies.azure_by_rule(issue, "High")
    assert copies.jira_server_link(issue).startswith("Linked Sentry Issue: [CHECKOUT-1|")
