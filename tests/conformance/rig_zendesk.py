"""Zendesk for the suite."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx

from connectors.zendesk.simulator import ZendeskSimulator
from tests.conformance.line import Line, RigClock
from tests.conformance.rig import WEBHOOK_URL, Refusal

_TOKEN, _SECRET = "zd-token-of-the-suite", "zd-signing-secret-of-the-suite"
_EMAIL = "hub@vendor.example"
_PAGE = 200
"""Rows of the export's page: fewer than the suite makes changes."""


class ZendeskRig:
    """An account with an agent for the hub."""

    vendor = "zendesk"
    home = "acme.zendesk.com"
    origin = "http://zendesk.test:8080"
    secrets: tuple[str, ...] = (
        _TOKEN,
        _SECRET,
        base64.b64encode(f"{_EMAIL}/token:{_TOKEN}".encode()).decode(),
    )
    door_secret = _SECRET
    proof = "x-zendesk-webhook-signature"
    signs_body = True
    pause = timedelta(seconds=23)
    unknown_ids: Sequence[str] = ("999999", "", "x", "../1", "1?include=users", "-1", "1" * 30)
    text_field = "subject"
    own_field = "Work stage"
    timed_field = "Category"
    wrong_values: Sequence[tuple[str, str]] = (("priority", "nuclear"), ("No such field", "x"))

    def __init__(self) -> None:
        self.clock = RigClock()
        self.sim = ZendeskSimulator(
            base_url=self.origin, api_token=_TOKEN, email=_EMAIL, clock=self.clock.now
        )
        self.sim.add_field("text", self.own_field)
        self._category = self.sim.add_field("tagger", self.timed_field, ["bug", "question"])
        self.sim.export_page = _PAGE
        # The suite's clock stands still, so all calls of a test fall into one window.
        self.sim.endpoint_limits.clear()
        self.line = Line(self.sim.app, self.sim.faults)

    def settings(self, *door_secrets: str) -> dict[str, Any]:
        return {
            "vendor": "zendesk",
            "subdomain": "acme",
            "email": _EMAIL,
            "token": _TOKEN,
            "base_url": self.origin,
            "webhook_secret": list(door_secrets),
        }

    def refusal(self, status: int, words: str) -> Refusal:
        if status == 429:
            headers = {"Content-Type": "text/plain", "Retry-After": str(self.pause.seconds)}
            return Refusal(headers, words.encode())
        said = {"error": "SomeError", "description": words}
        return Refusal({"Content-Type": "application/json"}, json.dumps(said).encode())

    def subscribe(self) -> None:
        self.sim.subscribe(WEBHOOK_URL).secret = _SECRET

    async def deliver(self, client: httpx.AsyncClient) -> int:
        return await self.sim.deliver(client)

    def lag(self, span: timedelta) -> None:
        self.sim.search_lag = span
        self.sim.export_holdback = max(span, timedelta(minutes=1))

    def rewrite_html(self) -> None:
        """It always wraps and cleans what it is given."""

    def person_creates(self, subject: str = "Export fails", body: str = "") -> str:
        text = body or "Export fails with error 500"
        given = [{"id": self._category, "value": "bug"}]
        return str(self.sim.customer_creates_ticket(subject, text, custom_fields=given))

    def person_edits(self, id: str, subject: str) -> None:
        self.sim.person_edits_ticket(int(id), subject=subject)

    def person_deletes(self, id: str) -> None:
        self.sim.person_deletes(int(id))

    def person_restores(self, id: str) -> None:
        self.sim.person_restores(int(id))

    def person_comments(self, id: str, html: str) -> str:
        self.sim.person_edits_ticket(int(id), comment={"html_body": html, "public": False})
        return str(self.sim.tickets[int(id)].comments[-1].id)

    def state(self, id: str) -> Mapping[str, object]:
        ticket = self.sim.tickets[int(id)]
        said = [(comment.html_body, comment.public) for comment in ticket.comments]
        return {**ticket.values, "custom": dict(ticket.custom), "comments": said}

    def person_attaches(self, id: str, name: str, content: bytes) -> None:
        files = self.sim.account.files
        upload = files.upload(name, content, "image/png", None, self.clock.now())
        comment = {"body": "See the file.", "public": False, "uploads": [upload.token]}
        self.sim.person_edits_ticket(int(id), comment=comment)

    def customer_writes(self, id: str, text: str) -> None:
        self.sim.customer_writes(int(id), text)

    def staff_answers(self, id: str, text: str) -> None:
        self.sim.agent_writes(int(id), text)

    def person_closes(self, id: str) -> None:
        self.sim.automation_closes(int(id))

    def shown_to_customer(self, id: str) -> str:
        comments = self.sim.tickets[int(id)].comments
        return "\n".join(comment.html_body for comment in comments if comment.public)

    def add_company(self, name: str, **properties: str) -> str:
        return str(self.sim.add_organization(name, organization_fields=properties))

    def app_links(self, id: str) -> Sequence[str]:
        keys = ("DEMO-7", "DEMO-9")
        for number, key in enumerate(keys, start=10007):
            self.sim.add_jira_link(int(id), str(number), key)
        return keys

    def add_company_choice(self, name: str, options: Mapping[str, str]) -> None:
        self.sim.add_organization_field(name, name.capitalize(), options)

    def person_assigns(self, id: str, company: str) -> None:
        self.sim.person_edits_ticket(int(id), organization_id=int(company))
