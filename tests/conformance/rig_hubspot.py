"""HubSpot for the suite."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx

from connectors.hubspot.simulator import HubSpotSimulator
from tests.conformance.line import Line, RigClock
from tests.conformance.rig import WEBHOOK_URL, Refusal

_TOKEN, _SECRET = "pat-na1-conformance-7d1e", "app-secret-of-the-conformance-suite"
_PORTAL, _APP, _AGENT = 24680135, 1357911, 9001
_STAMPS = ("hs_lastmodifieddate", "hs_lastactivitydate", "notes_last_updated")


class HubSpotRig:
    """An account with one app."""

    vendor = "hubspot"
    home = "api.hubapi.com"
    origin = "http://hubspot.test:8080"
    secrets: tuple[str, ...] = (_TOKEN, _SECRET)
    door_secret = _SECRET
    proof = "x-hubspot-signature-v3"
    signs_body = True
    pause = timedelta(seconds=10)
    unknown_ids: Sequence[str] = ("999999", "", "x", "../1", "1?archived=true", "-1", "1" * 30)
    text_field = "subject"
    own_field = "work_stage"
    timed_field = "hs_ticket_category"
    wrong_values: Sequence[tuple[str, str]] = (
        ("hs_ticket_priority", "NUCLEAR"),
        ("no_such_property", "x"),
    )

    def __init__(self) -> None:
        self.clock = RigClock()
        self.sim = HubSpotSimulator(
            portal_id=_PORTAL,
            app_id=_APP,
            token=_TOKEN,
            client_secret=_SECRET,
            clock=self.clock.now,
        )
        self.sim.add_property("tickets", self.own_field)
        self.line = Line(self.sim.app, self.sim.faults)

    def settings(self, *door_secrets: str) -> dict[str, Any]:
        return {
            "vendor": "hubspot",
            "token": _TOKEN,
            "portal_id": _PORTAL,
            "app_id": _APP,
            "speaks_as": _AGENT,
            "base_url": self.origin,
            "webhook_secret": list(door_secrets),
        }

    def refusal(self, status: int, words: str) -> Refusal:
        said: dict[str, Any] = {
            "status": "error",
            "message": words,
            "correlationId": "0f0c1e9e-4b4b-4c4c-9d9d-1a2b3c4d5e6f",
            "category": "VALIDATION_ERROR",
            "errors": [{"message": words, "code": "INVALID"}],
        }
        if status == 429:
            said |= {"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}
        return Refusal({"Content-Type": "application/json"}, json.dumps(said).encode())

    def subscribe(self) -> None:
        self.sim.webhook_url = WEBHOOK_URL
        self.sim.subscribe_all()

    async def deliver(self, client: httpx.AsyncClient) -> int:
        return await self.sim.deliver(client)

    def lag(self, span: timedelta) -> None:
        self.sim.search_lag = span

    def rewrite_html(self) -> None:
        self.sim.rewrite_rich_text = True

    def person_creates(self, subject: str = "Export fails", body: str = "") -> str:
        return self.sim.person_creates_ticket(subject, content=body or None, category="Bug")

    def person_edits(self, id: str, subject: str) -> None:
        self.sim.person_edits_ticket(id, subject=subject)

    def person_deletes(self, id: str) -> None:
        self.sim.person_deletes(id)

    def person_restores(self, id: str) -> None:
        self.sim.person_restores(id)

    def person_comments(self, id: str, html: str) -> str:
        return self.sim.person_adds_note(id, html)

    def state(self, id: str) -> Mapping[str, object]:
        ticket = self.sim.tickets[id]
        kept = {name: v for name, v in ticket.properties.items() if name not in _STAMPS}
        return {**kept, "notes": [note.properties["hs_note_body"] for note in ticket.notes]}

    def person_attaches(self, id: str, name: str, content: bytes) -> None:
        file = self.sim.person_uploads(name, content, "image/png")
        self.sim.person_adds_note(id, "<p>See the file.</p>", [file])

    def customer_writes(self, id: str, text: str) -> None:
        self.sim.customer_writes(id, text)

    def staff_answers(self, id: str, text: str) -> None:
        self.sim.agent_replies(id, text)

    def person_closes(self, id: str) -> None:
        self.sim.person_edits_ticket(id, hs_pipeline_stage="4")

    def shown_to_customer(self, id: str) -> str:
        threads = (each for each in self.sim.threads.values() if each.ticket_id == id)
        return "\n".join(
            f"{message.text} {message.rich_text}"
            for thread in threads
            for message in thread.messages
            if message.type == "MESSAGE"
        )

    def add_company(self, name: str, **properties: str) -> str:
        return self.sim.add_company(name, **properties)

    def app_links(self, id: str) -> Sequence[str]:
        return ()

    def add_company_choice(self, name: str, options: Mapping[str, str]) -> None:
        self.sim.add_property("companies", name, "enumeration", "select", options)

    def person_assigns(self, id: str, company: str) -> None:
        self.sim.person_associates(id, company)
