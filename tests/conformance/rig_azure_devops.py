"""Azure DevOps Boards for the suite."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx

from bridge.domain.operations import ItemField, LaunchItem
from bridge.domain.refs import TicketRef
from connectors.azure_devops.simulator import AzureDevOpsSimulator
from tests.conformance.line import Line, RigClock
from tests.conformance.rig import WEBHOOK_URL, Refusal

_PAT, _USER, _PASSWORD = "pat-of-the-conformance-suite", "bridge", "hook-password-of-the-suite"
_STAMPS = ("System.ChangedDate", "System.ChangedBy", "System.Rev", "System.Watermark")


def _basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


class AzureDevOpsRig:
    """An organization with one project."""

    vendor = "azure_devops"
    home = "dev.azure.com"
    origin = "http://boards.test:8080"
    secrets: tuple[str, ...] = (_PAT, _basic("", _PAT), _PASSWORD, _basic(_USER, _PASSWORD))
    door_secret = _PASSWORD
    proof = "authorization"
    signs_body = False
    pause = timedelta(seconds=17)
    unknown_ids: Sequence[str] = ("999999", "", "x", "../1", "1?x=y", "-1", "0", "1" * 30)
    subject_field = "System.Title"
    long_field = "Microsoft.VSTS.TCM.ReproSteps"
    good_values: Sequence[ItemField] = (
        ItemField("System.Title", "Export fails on Mondays"),
        ItemField("System.State", "Active"),
        ItemField("Microsoft.VSTS.Common.Priority", 1),
        ItemField("System.Description", "<p>As a user</p>"),
    )
    wrong_values: Sequence[ItemField] = (
        ItemField("System.State", "Gone"),
        ItemField("Custom.Nope", "x"),
    )

    def __init__(self) -> None:
        self.clock = RigClock()
        self.sim = AzureDevOpsSimulator(pat=_PAT, clock=self.clock.now)
        self.sim.base_url = self.origin
        self.line = Line(self.sim.app, self.sim.faults)

    def settings(self, *door_secrets: str) -> dict[str, Any]:
        return {
            "vendor": "azure_devops",
            "organization": "acme",
            "project": "Platform",
            "token": _PAT,
            "base_url": self.origin,
            "webhook_user": _USER,
            "webhook_password": list(door_secrets),
        }

    def refusal(self, status: int, words: str) -> Refusal:
        said = {
            "$id": "1",
            "innerException": None,
            "message": words,
            "typeName": "Microsoft.TeamFoundation.SomeException, Microsoft.TeamFoundation",
            "typeKey": "SomeException",
        }
        headers = {"Content-Type": "application/json; charset=utf-8; api-version=7.1"}
        if status == 429:
            headers["Retry-After"] = str(int(self.pause.total_seconds()))
        return Refusal(headers, json.dumps(said).encode())

    def subscribe(self) -> None:
        self.sim.subscribe(WEBHOOK_URL, _USER, _PASSWORD)

    async def deliver(self, client: httpx.AsyncClient) -> int:
        return await self.sim.deliver(client)

    def lag(self, span: timedelta) -> None:
        self.sim.wiql_lag = self.sim.feed_lag = span

    def rewrite_html(self) -> None:
        self.sim.rewrite_html = True

    def person_creates(self, subject: str = "Export fails", body: str = "") -> str:
        return self.sim.person_creates("Bug", subject, **{"Microsoft.VSTS.TCM.ReproSteps": body})

    def person_edits(self, id: str, subject: str) -> None:
        self.sim.person_edits(id, {"System.Title": subject})

    def person_deletes(self, id: str) -> None:
        self.sim.person_deletes(id)

    def person_restores(self, id: str) -> None:
        self.sim.person_restores(id)

    def person_comments(self, id: str, html: str) -> str:
        return str(self.sim.person_comments(id, html))

    def state(self, id: str) -> Mapping[str, object]:
        item = self.sim.items[int(id)]
        kept = {name: value for name, value in item.fields.items() if name not in _STAMPS}
        links = [(each.rel, each.url, each.comment) for each in item.relations]
        return {**kept, "links": links, "comments": [each.text for each in item.comments]}

    def launch(self, marker: str) -> LaunchItem:
        return LaunchItem(
            ticket=TicketRef("support", "812"),
            route="bug",
            connection="desk",
            marker=marker,
            project=None,
            type="Bug",
            fields={"System.Title": "[Globex] Export fails"},
            back_link="https://desk.acme.example/tickets/812",
        )

    def person_clones(self, id: str) -> str:
        return self.sim.person_clones(id)

    def person_links(self, id: str, url: str, comment: str) -> None:
        self.sim.person_adds_hyperlink(id, url, comment)

    def item_ids(self) -> Sequence[str]:
        return [str(id) for id in self.sim.items]

    def file_content(self, attachment_id: str) -> bytes:
        return self.sim.attachments[attachment_id].content

    def related(self, id: str) -> Sequence[str]:
        relations = self.sim.items[int(id)].relations
        return [str(e.target) for e in relations if e.rel == "System.LinkTypes.Related"]

    def spellings(self, id: str) -> Sequence[str]:
        place = f"{self.origin}/acme"
        return (
            id,
            f" {id} ",
            f"#{id}",
            f"AB#{id}",
            f"{place}/Platform/_workitems/edit/{id}",
            f"{place}/Platform/_boards/board/t/Team/Stories/?workitem={id}",
            f"{place}/_apis/wit/workItems/{id}",
        )

    def foreign_spellings(self, id: str) -> Sequence[str]:
        return (
            "",
            "Export fails",
            f"JIRA-{id}",
            f"https://evil.example/acme/Platform/_workitems/edit/{id}",
            f"{self.origin}/other/Platform/_workitems/edit/{id}",
            f"{self.origin}/acme/Platform/_git/repository/pullrequest/{id}",
            f"javascript:{id}",
            "https://[",
        )
