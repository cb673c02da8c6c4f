"""An account with a clock that only tests move, a receiver that keeps what it is sent, schemas."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from connectors.rocketlane.simulator import RocketlaneSimulator

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
URL = "https://hub.example.test/webhooks/rocketlane?token=hook-secret-1"
BASE = "http://rocketlane.test"
TASKS = "/api/1.0/tasks"


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
            raise httpx.ReadTimeout("slow")
        return httpx.Response(status)

    def bodies(self) -> list[dict[str, Any]]:
        """What was posted, in order."""
        return [json.loads(request.content) for request in self.requests]


def api_client(sim: RocketlaneSimulator, key: str | None = "key-test") -> httpx.AsyncClient:
    """A client of the simulated API."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(sim.app),
        base_url=BASE,
        headers={"api-key": key} if key else {},
    )


async def make(api: httpx.AsyncClient, project: int, **members: Any) -> dict[str, Any]:
    """A new task through the API; everything that is told of it."""
    body = {"taskName": "Export fails", "project": {"projectId": project}} | members
    answer = await api.post(TASKS, json=body, params={"includeAllFields": "true"})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


class Contract:
    """The vendor's published description; additional members are faults, so that none is ours."""

    def __init__(self, folder: Path) -> None:
        self.document: dict[str, Any] = json.loads((folder / "facts.openapi.json").read_text())
        for name, schema in self.document["components"]["schemas"].items():
            # Lists show what an entry may hold; their example entities say "object" for values.
            if name.endswith("FieldPublicResponseAPIEntity"):
                schema["properties"]["fieldValue"] = {}
            if "properties" in schema:
                schema["additionalProperties"] = False

    def faults(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What in an answer contradicts its description."""
        answers = self.document["paths"][f"/1.0/{path}"][method.lower()]["responses"]
        schema = answers[str(status)]["content"]["application/json"]["schema"]
        wanted = schema | {"components": self.document["components"]}
        found = Draft202012Validator(wanted).iter_errors(body)
        return [f"{fault.json_path}: {fault.message}" for fault in found]
