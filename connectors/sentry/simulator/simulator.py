"""The simulator as tests and the demo hold it: one organization, its dials, people, door, forms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.types import ASGIApp

from bridge.kit.faults import FaultDial
from connectors.sentry.simulator.api import Api
from connectors.sentry.simulator.calls import Call, CallRecorder
from connectors.sentry.simulator.copies import Copies
from connectors.sentry.simulator.dials import Dials
from connectors.sentry.simulator.forms import Forms
from connectors.sentry.simulator.organization import Organization
from connectors.sentry.simulator.outbox import Hook, HookRequest
from connectors.sentry.simulator.records import (
    AppLink,
    Issue,
    Note,
    TrackerIntegration,
    TrackerLink,
)

_FLUSH_S = 0.05


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SentrySimulator(Dials):
    """One organization, in memory. `base_url` is what its answers name as its address."""

    def __init__(
        self,
        *,
        base_url: str = "http://sentry.acme.test",
        organization: str = "acme",
        token: str = "sentry-token-test",
        client_secret: str = "sentry-client-secret-1",
        seed: int = 0,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        super().__init__()
        self.token = token
        self.client_secret = client_secret
        self._clock = clock
        self.organization = Organization(
            self, clock, base_url=base_url, slug=organization, seed=seed
        )
        self.organization.add_project("checkout")
        self.organization.add_project("front-end", platform="javascript")
        self.person = self.organization.add_user("Colleen Jones", "colleen@vendor.example")
        self.copies = Copies(self.organization)
        self.canaries_planted = self.organization.canaries
        self.calls: list[Call] = []
        self.faults = FaultDial(Api(self.organization, lambda: self.token))
        self.app: ASGIApp = CallRecorder(self.faults, self.calls, clock)

    @property
    def base_url(self) -> str:
        """The address that answers name."""
        return self.organization.base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self.organization.base_url = url

    @property
    def installation(self) -> str:
        """The uuid under which our integration is installed."""
        return self.organization.installation

    # what happens

    def error_occurs(self, project: str = "checkout", **given: str) -> Issue:
        """An error nobody has seen yet: a new issue, its texts as given."""
        return self.organization.new_issue(project, given)

    def error_recurs(self, issue: Issue) -> None:
        """One more event of an issue."""
        self.organization.seen_again(issue)

    def _actor(self) -> dict[str, Any]:
        return {"type": "user", "id": self.person.id, "name": self.person.name}

    def person_sets_status(self, issue: Issue, status: str, **details: Any) -> None:
        """A person resolves, reopens (`unresolved`) or archives (`ignored`)."""
        self.organization.set_status(issue, status, self._actor(), details)

    def person_assigns(self, issue: Issue) -> None:
        """A person takes it."""
        self.organization.assign(issue, self.person, self._actor())

    def person_comments(self, issue: Issue, text: str | None = None) -> Note:
        """A person writes a note; a canary where no words are given and canaries are on."""
        if text is None:
            text = self.canaries_planted.plant("note") if self.canaries else "looks like a race"
        return self.organization.add_note(issue, self.person, text)

    def person_deletes(self, issue: Issue) -> None:
        """A person deletes the issue."""
        self.organization.delete(issue)

    def add_integration(
        self, provider: str, domain: str, *, copies_comments: bool = False
    ) -> TrackerIntegration:
        """An admin installs Sentry's own integration: `jira`, `vsts`."""
        org = self.organization
        name = {"jira": "Jira", "vsts": "Azure DevOps"}.get(provider, provider)
        made = TrackerIntegration(org.next_id(), provider, name, domain, copies_comments)
        org.integrations[made.id] = made
        return made

    def person_links(self, issue: Issue, through: TrackerIntegration, key: str) -> TrackerLink:
        """A person links a tracker's item with Sentry's own button."""
        url = f"https://{through.domain}/browse/{key}"
        return self.organization.link_tracker(issue, through.id, key, url)

    def app_links(self, issue: Issue) -> list[AppLink]:
        """The links that our app made."""
        return issue.app_links

    # webhooks and forms

    def subscribe(
        self, url: str, resources: Sequence[str] = ("issue",), secret: str | None = None
    ) -> Hook:
        """An admin sets the webhook's address and the resources it is for."""
        hook = Hook(url, secret or self.client_secret, tuple(resources))
        self.organization.outbox.hooks.append(hook)
        return hook

    def forms(self, url: str, prefix: str) -> Forms:
        """The form of the app whose webhook leads to `url`; its addresses begin with `prefix`."""
        split = urlsplit(url)
        root = f"{split.scheme}://{split.netloc}"
        return Forms(self.organization, root, prefix, self.client_secret)

    @property
    def pending(self) -> list[HookRequest]:
        """Deliveries that are still to be made."""
        return self.organization.outbox.waiting

    @property
    def delivered(self) -> list[HookRequest]:
        """Every attempt at a delivery."""
        return self.organization.outbox.made

    async def deliver(self, client: httpx.AsyncClient, *, now: datetime | None = None) -> int:
        """Makes the deliveries that are due and tells how many those were."""
        return await self.organization.outbox.deliver(client, now or self._clock())

    @asynccontextmanager
    async def running(
        self, client: httpx.AsyncClient, flush_s: float = _FLUSH_S
    ) -> AsyncIterator[None]:
        """Delivers in the background, as things happen, until the block ends."""

        async def flush() -> None:
            while True:
                if self.pending:
                    await self.deliver(client)
                await asyncio.sleep(flush_s)

        timer = asyncio.create_task(flush())
        try:
            yield
        finally:
            timer.cancel()
            await asyncio.gather(timer, return_exceptions=True)
