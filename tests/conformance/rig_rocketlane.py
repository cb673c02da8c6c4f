"""Rocketlane for the suite."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx

from bridge.domain.operations import ItemField, LaunchItem
from bridge.domain.refs import TicketRef
from connectors.rocketlane.simulator import RocketlaneSimulator
from tests.conformance.line import Line, RigClock
from tests.conformance.rig import WEBHOOK_URL, Refusal

_KEY, _TOKEN = "key-of-the-conformance-suite", "hook-token-of-the-suite"
_CODES = {401: "NOT_AUTHORIZED", 404: "NOT_FOUND", 429: "TOO_MANY_REQUEST"}
_MAIL = "hub@acme.example"


class RocketlaneRig:
    """An account with one project, of the customer Globex."""

    vendor = "rocketlane"
    home = "api.rocketlane.com"
    origin = "http://rocketlane.test:8080"
    secrets: tuple[str, ...] = (_KEY, _TOKEN)
    door_secret = _TOKEN
    proof = "x-bridge-token"
    signs_body = False
    pause = timedelta(seconds=17)
    unknown_ids: Sequence[str] = ("999999", "", "x", "../1", "1?x=y", "-1", "0", "1" * 30)
    subject_field = "taskName"
    long_field = "taskDescription"
    good_values: Sequence[ItemField] = (
        ItemField("taskName", "Export fails on Mondays"),
        ItemField("status", 2),
        ItemField("dueDate", "2026-12-24"),
        ItemField("progress", 40),
        ItemField("taskDescription", "<p>As a user</p>"),
    )
    wrong_values: Sequence[ItemField] = (
        ItemField("status", 99),
        ItemField("dueDate", "tomorrow"),
        ItemField("priority", "High"),
        ItemField("fields.7", "x"),
    )

    def __init__(self) -> None:
        self.clock = RigClock()
        self.sim = RocketlaneSimulator(
            api_key=_KEY, email=_MAIL, base_url=self.origin, clock=self.clock.now
        )
        self.project = self.sim.add_project("Globex rollout", "Globex")
        self.line = Line(self.sim.app, self.sim.faults)

    def settings(self, *door_secrets: str) -> dict[str, Any]:
        return {
            "vendor": "rocketlane",
            "api_key": _KEY,
            "account": _MAIL,
            "project": "Globex rollout",
            "base_url": self.origin,
            "webhook_token": list(door_secrets),
            "lists_per_minute": 600_000,
        }

    def refusal(self, status: int, words: str) -> Refusal:
        said = {"errorCode": _CODES.get(status, "BAD_REQUEST"), "errorMessage": words}
        headers = {"Content-Type": "application/json"}
        if status == 429:
            until = self.clock.now() + self.pause
            headers["X-Retry-After"] = str(int(until.timestamp() * 1000))
        return Refusal(headers, json.dumps({"errors": [said]}).encode())

    def subscribe(self) -> None:
        self.sim.add_webhook(WEBHOOK_URL, headers={"X-Bridge-Token": _TOKEN})

    async def deliver(self, client: httpx.AsyncClient) -> int:
        return await self.sim.deliver(client)

    def lag(self, span: timedelta) -> None:
        self.sim.list_lag = span

    def rewrite_html(self) -> None:
        self.sim.rewrite_html = True

    def person_creates(self, subject: str = "Export fails", body: str = "") -> str:
        return self.sim.person_creates(subject, self.project, taskDescription=body)

    def person_edits(self, id: str, subject: str) -> None:
        self.sim.person_edits(id, taskName=subject)

    def person_deletes(self, id: str) -> None:
        self.sim.person_deletes(id)

    def person_restores(self, id: str) -> None:
        self.sim.person_restores(id)

    def person_comments(self, id: str, html: str) -> str:
        return self.sim.person_comments(id, html)

    def state(self, id: str) -> Mapping[str, object]:
        task = self.sim.task(id)
        comments = [(each.content, each.private) for each in task.comments]
        return {
            "name": task.name,
            "description": task.description,
            "note": task.private_note,
            "status": task.status,
            "dates": (task.start, task.due, task.progress),
            "fields": dict(task.fields),
            "comments": comments,
        }

    def launch(self, marker: str) -> LaunchItem:
        return LaunchItem(
            ticket=TicketRef("support", "812"),
            route="post-implementation",
            connection="desk",
            marker=marker,
            project=str(self.project.id),
            type="TASK",
            fields={"taskName": "[Globex] Export fails"},
            back_link="https://desk.acme.example/tickets/812",
        )

    def person_clones(self, id: str) -> str:
        return self.sim.person_clones(id)

    def person_links(self, id: str, url: str, comment: str) -> None:
        link = f'<p><a target="_blank" href="{url}">look</a> {comment}</p>'
        self.sim.person_edits(id, taskPrivateNote=self.sim.task(id).private_note + link)

    def item_ids(self) -> Sequence[str]:
        return [str(id) for id in self.sim.workspace.tasks]

    def file_content(self, attachment_id: str) -> bytes:
        raise AssertionError("tasks have no files")

    def related(self, id: str) -> Sequence[str]:
        return ()

    def spellings(self, id: str) -> Sequence[str]:
        site = "https://app.rocketlane.com"
        return (
            id,
            f" {id} ",
            f"#{id}",
            f"{site}/projects/{self.project.id}?task={id}",
            f"{site}/projects/{self.project.id}/tasks/{id}",
            f"{self.origin}/api/1.0/tasks/{id}",
        )

    def foreign_spellings(self, id: str) -> Sequence[str]:
        return (
            "",
            "Export fails",
            f"ABC-{id}",
            f"https://evil.example/projects/1?task={id}",
            f"https://app.rocketlane.com/projects/{id}",
            f"https://app.rocketlane.com/projects/1?task={id}x",
            f"javascript:{id}",
            "https://[",
        )
