"""What is known of Sentry is put together from the configuration and what was read before."""

from __future__ import annotations

from typing import Any

from bridge.domain.records import ProjectInfo, Reference
from bridge.engine.hub import Hub
from bridge.engine.known_sentry import learn
from bridge.kit.http import Wire
from bridge.store import connections
from connectors.registry import CONNECTORS
from tests.store.kit import Store

JIRA = {
    "site": "https://acme.atlassian.net",
    "email": "hub@acme.test",
    "token": "t",
    "projects": ["web", "OPS"],
}
SENTRY = {"organization": "acme", "token": "t", "launch_in": "jira"}


def hub_of(store: Store, **configured: dict[str, Any]) -> Hub:
    made = {}
    for name, settings in configured.items():
        vendor = name.partition("_")[0]
        connector = CONNECTORS[vendor]
        checked = connector.settings_model.model_validate({"vendor": vendor, **settings})
        made[name] = connector.connect(name, checked, Wire(clock=store.clock))
    return Hub(db=store.db, connections=made, public_url="http://hub.test")


async def test_host_projects_keys_and_accounts_are_known(store: Store) -> None:
    ours = {**SENTRY, "base_url": "https://Errors.acme.com:9443/", "accounts": ["557058:a"]}
    hub = hub_of(store, jira=JIRA, sentry=ours, sentry_b={**SENTRY, "accounts": ["557058:b"]})
    for name, slugs in (("sentry", ("Checkout", "web")), ("sentry_b", ("billing",))):
        read = Reference(projects=tuple(ProjectInfo(each, each) for each in slugs))
        async with store.db.write() as connection:
            await connections.store_reference(store.db, connection, name, read, store.clock.now())
    await learn(hub)
    assert hub.sentry.hosts == {"errors.acme.com:9443"}
    assert hub.sentry.projects == {"checkout", "web", "billing"}
    assert hub.sentry.tracker_keys == {"WEB", "OPS"}
    assert hub.sentry.accounts == {"557058:a", "557058:b"}


async def test_a_host_that_is_not_sentrys_alone_is_not_taken_for_it(store: Store) -> None:
    shared = {**SENTRY, "base_url": "https://tools.acme.com"}
    jira = {**JIRA, "base_url": "https://tools.acme.com/jira"}
    below = {**SENTRY, "base_url": "https://apps.acme.com/sentry"}
    hub = hub_of(store, jira=jira, sentry=shared, sentry_b=below)
    await learn(hub)
    assert hub.sentry.hosts == frozenset()


async def test_without_a_source_of_signals_nothing_is_known(store: Store) -> None:
    hub = hub_of(store, jira=JIRA)
    before = hub.sentry
    await learn(hub)
    assert hub.sentry is before
