"""What `bridge check` finds out at Jira: rights by name, and the state of the webhook."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bridge.domain.errors import Rejected
from bridge.domain.schema import Probe
from connectors.jira.simulator import EVENTS
from tests.connectors.jira.client_kit import Site, jira_site, launch

DOOR = "https://bridge.example.com/webhooks/jira"
SECRET = "hub-jira-secret-1"
BUG = frozenset({("", "Bug")})


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with jira_site() as made:
        yield made


def _wrong(found: Probe) -> list[str]:
    assert found.hooks is not None
    return [each.wrong for each in found.hooks if each.wrong]


async def test_everything_is_there(site: Site) -> None:
    site.sim.add_webhook(DOOR, SECRET)
    found = await site.tracker.probe(DOOR, BUG)
    assert found.account == "Hub Service"
    assert [(each.name, each.has) for each in found.rights] == [
        ("Work in DEMO", True),
        ("Create issues in DEMO", True),
    ]
    assert _wrong(found) == []


async def test_permissions_that_lack_are_named(site: Site) -> None:
    site.sim.withheld |= {"LINK_ISSUES", "CREATE_ATTACHMENTS", "CREATE_ISSUES"}
    work, create = (await site.tracker.probe(DOOR, BUG)).rights
    assert (work.has, create.has) == (False, False)
    assert "Link issues" in work.why
    assert "Create attachments" in work.why
    assert "Create issues" in create.why


async def test_project_that_is_not_shown_is_no_right(site: Site) -> None:
    site.sim.hidden_projects.add("DEMO")
    (work,) = (await site.tracker.probe(DOOR, BUG)).rights
    assert work.has is False


async def test_create_screen_without_labels_is_told_before_a_launch_fails(site: Site) -> None:
    site.sim.site.projects[0].off_screen["create"].add("labels")
    lacking = [each for each in (await site.tracker.probe(DOOR, BUG)).rights if each.has is False]
    assert [each.name for each in lacking] == ["Labels on Bug in DEMO"]
    with pytest.raises(Rejected) as refused:
        await site.tracker.create_item(launch())
    assert refused.value.field == "labels"


@pytest.mark.parametrize("url", ["https://elsewhere.example/webhooks/jira", DOOR + "2"])
async def test_webhook_that_leads_elsewhere_does_not_count(site: Site, url: str) -> None:
    site.sim.add_webhook(url, SECRET)
    (wrong,) = _wrong(await site.tracker.probe(DOOR))
    assert DOOR in wrong


async def test_webhook_without_secret_body_life_or_events_is_told(site: Site) -> None:
    hook = site.sim.add_webhook(DOOR, None)
    assert "no secret" in _wrong(await site.tracker.probe(DOOR))[0]
    hook.secret, hook.exclude_body = SECRET, True
    assert "excludes the body" in _wrong(await site.tracker.probe(DOOR))[0]
    hook.exclude_body, hook.enabled = False, False
    assert "disabled" in _wrong(await site.tracker.probe(DOOR))[0]
    hook.enabled, hook.events = True, [each for each in EVENTS if "version" not in each]
    wrong = _wrong(await site.tracker.probe(DOOR))
    assert len(wrong) == 4
    assert all("Version" in each for each in wrong)


async def test_events_may_be_spread_over_several_webhooks(site: Site) -> None:
    site.sim.add_webhook(DOOR, SECRET, [each for each in EVENTS if each.startswith("jira:")])
    site.sim.add_webhook(DOOR + "?x=1", SECRET, [e for e in EVENTS if e.startswith("comment")])
    assert _wrong(await site.tracker.probe(DOOR)) == []


async def test_account_that_is_no_administrator_cannot_look_at_webhooks(site: Site) -> None:
    site.sim.account.admin = False
    found = await site.tracker.probe(DOOR)
    assert (found.hooks, found.rights[0].has) == (None, True)
