"""Sentry for the part of the suite that is about signals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

import httpx

from connectors.sentry.simulator import SentrySimulator
from connectors.sentry.simulator.records import Issue
from tests.conformance.line import Line, RigClock
from tests.conformance.rig import WEBHOOK_URL, Refusal

_TOKEN, _SECRET = "token-of-the-conformance-suite", "client-secret-of-the-suite"


class SignalRig(Protocol):
    """An account where errors are gathered, every text of them like no other."""

    vendor: str
    origin: str
    clock: RigClock
    line: Line
    secrets: tuple[str, ...]
    door_secret: str
    pause: timedelta
    unknown_ids: Sequence[str]

    def settings(self, *door_secrets: str) -> dict[str, Any]:
        """The connection's entry in bridge.yaml, its door opened by these secrets."""
        ...

    def refusal(self, status: int, words: str) -> Refusal:
        """The vendor's own answer of that status, its message holding the words."""
        ...

    def subscribe(self) -> None:
        """Have every change announced at `WEBHOOK_URL` from now on."""
        ...

    async def deliver(self, client: httpx.AsyncClient) -> int:
        """Post the webhooks that are due; how many requests that took."""
        ...

    def error_occurs(self) -> str:
        """Something breaks; the id of the new signal."""
        ...

    def person_changes(self, id: str) -> None:
        """A person changes its state, and says something about it."""
        ...

    def person_deletes(self, id: str) -> None:
        """A person deletes it."""
        ...

    def spellings(self, id: str) -> Sequence[str]:
        """The forms in which people name it."""
        ...

    def words_in(self, text: str) -> list[str]:
        """Which of the texts born there a text holds."""
        ...

    def words_of(self, id: str) -> str:
        """The title of a signal."""
        ...


class SentryRig:
    """An organization with two projects."""

    vendor = "sentry"
    origin = "http://errors.test:9000"
    secrets: tuple[str, ...] = (_TOKEN, _SECRET)
    door_secret = _SECRET
    pause = timedelta(seconds=17)
    unknown_ids: Sequence[str] = ("999999", "", "x", "../1", "1?x=y", "-1", "0", "1" * 30)

    def __init__(self) -> None:
        self.clock = RigClock()
        self.sim = SentrySimulator(
            base_url=self.origin, token=_TOKEN, client_secret=_SECRET, clock=self.clock.now
        )
        self.sim.canaries = True
        self.line = Line(self.sim.app, self.sim.faults)

    def settings(self, *door_secrets: str) -> dict[str, Any]:
        return {
            "vendor": "sentry",
            "organization": "acme",
            "token": _TOKEN,
            "client_secret": list(door_secrets),
            "launch_in": "boards",
            "base_url": self.origin,
        }

    def refusal(self, status: int, words: str) -> Refusal:
        headers = {"Content-Type": "application/json"}
        if status == 429:
            reset = self.clock.now() + self.pause
            headers["X-Sentry-Rate-Limit-Reset"] = str(int(reset.timestamp()))
        return Refusal(headers, json.dumps({"detail": words}).encode())

    def subscribe(self) -> None:
        self.sim.subscribe(WEBHOOK_URL)

    async def deliver(self, client: httpx.AsyncClient) -> int:
        return await self.sim.deliver(client)

    def _issue(self, id: str) -> Issue:
        return self.sim.organization.find(id)

    def error_occurs(self) -> str:
        return str(self.sim.error_occurs().id)

    def person_changes(self, id: str) -> None:
        self.sim.person_sets_status(self._issue(id), "resolved")
        self.sim.person_comments(self._issue(id))

    def person_deletes(self, id: str) -> None:
        self.sim.person_deletes(self._issue(id))

    def spellings(self, id: str) -> Sequence[str]:
        short = self._issue(id).short_id
        page = f"{self.origin}/organizations/acme/issues"
        return (id, f" {id} ", short, short.lower(), f"{page}/{id}/?project=1", f"{page}/{short}/")

    def words_in(self, text: str) -> list[str]:
        return self.sim.canaries_planted.found_in(text)

    def words_of(self, id: str) -> str:
        return self._issue(id).title


SIGNALS: Mapping[str, type[SentryRig]] = {"sentry": SentryRig}
