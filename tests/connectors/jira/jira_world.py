"""A site with a clock that only tests move, a receiver that keeps what it is sent, and schemas."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from connectors.jira.simulator import JiraSimulator

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "hub-jira-secret-1"
URL = "https://hub.example.test/webhooks/jira"
BASE = "http://jira.test"


@dataclass
class HandClock:
    """A clock that stands still until it is moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> datetime:
        """Moves on, and tells the new time."""
        self.now += timedelta(**span)
        return self.now


@dataclass
class Receiver:
    """An endpoint for webhooks; `answers` are used up first, then everything is taken."""

    answers: list[int] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)

    def client(self) -> httpx.AsyncClient:
        """A client whose every request ends here."""
        return httpx.AsyncClient(transport=httpx.MockTransport(self._take))

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status = self.answers.pop(0) if self.answers else 200
        if status == 0:
            raise httpx.ConnectError("refused")
        return httpx.Response(status)

    def bodies(self) -> list[dict[str, Any]]:
        """What was posted, in order."""
        return [json.loads(request.content) for request in self.requests]

    def events(self) -> list[str]:
        """The names of the events, in order."""
        return [body["webhookEvent"] for body in self.bodies()]


def api_client(
    sim: JiraSimulator, token: str | None = "token-test", bearer: str | None = None
) -> httpx.AsyncClient:
    """A client of the simulated API: the account's, an app's, or nobody's."""
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    auth = ("hub@acme.example", token) if token and not bearer else None
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(sim.app), base_url=BASE, headers=headers, auth=auth
    )


def text_document(text: str) -> dict[str, Any]:
    """A document of one paragraph."""
    inside = [{"type": "text", "text": text}]
    return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": inside}]}


def new_issue(**fields: Any) -> dict[str, Any]:
    """The body of a create."""
    given = {"project": {"key": "DEMO"}, "issuetype": {"name": "Bug"}, "summary": "Export fails"}
    return {"fields": given | fields}


async def make(api: httpx.AsyncClient, **fields: Any) -> str:
    """A new issue through the API; returns its id."""
    answer = await api.post("/rest/api/3/issue", json=new_issue(**fields))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def fields_of(api: httpx.AsyncClient, id: str) -> dict[str, Any]:
    """The fields of an issue, read now."""
    answer = await api.get(f"/rest/api/3/issue/{id}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()["fields"]
    return told


class Contract:
    """The vendor's published description; null stands for "not set", which it does not say."""

    def __init__(self, folder: Path) -> None:
        text = (folder / "jira-cloud-v3.reduced.json").read_text()
        self.document: dict[str, Any] = json.loads(text)

    def faults(self, name: str, body: Any) -> list[str]:
        """What in a body contradicts a schema; `[Name]` is a list of them."""
        one: dict[str, Any] = {"$ref": f"#/components/schemas/{name.strip('[]')}"}
        wanted = {"type": "array", "items": one} if name.startswith("[") else one
        schema = wanted | {"components": self.document["components"]}
        found = Draft202012Validator(schema).iter_errors(_without_null(body))
        return [f"{fault.json_path}: {fault.message}" for fault in found]


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_null(v) for k, v in value.items() if v is not None}
    return [_without_null(v) for v in value] if isinstance(value, list) else value
