"""Jira Cloud for the suite."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx

from bridge.domain.operations import ItemField, LaunchItem
from bridge.domain.refs import TicketRef
from connectors.jira.simulator import JiraSimulator, adf
from connectors.jira.simulator.wiki import from_wiki
from tests.conformance.line import Line, RigClock
from tests.conformance.rig import WEBHOOK_URL, Refusal

_EMAIL, _TOKEN = "hub@acme.example", "api-token-of-the-conformance-suite"
_SECRET = "webhook-secret-of-the-suite"


class JiraRig:
    """A site with one project."""

    vendor = "jira"
    home = "acme.atlassian.net"
    origin = "http://jira.test:8080"
    secrets: tuple[str, ...] = (
        _TOKEN,
        base64.b64encode(f"{_EMAIL}:{_TOKEN}".encode()).decode(),
        _SECRET,
    )
    door_secret = _SECRET
    proof = "x-hub-signature"
    signs_body = True
    pause = timedelta(seconds=17)
    unknown_ids: Sequence[str] = ("999999", "", "x", "../1", "1?x=y", "-1", "0", "1" * 30)
    subject_field = "summary"
    long_field = "description"
    good_values: Sequence[ItemField] = (
        ItemField("summary", "Export fails on Mondays"),
        ItemField("status", "In Progress"),
        ItemField("priority", "High"),
        ItemField("description", "<p>As a user</p>"),
    )
    wrong_values: Sequence[ItemField] = (
        ItemField("status", "Gone"),
        ItemField("customfield_99999", "x"),
    )

    def __init__(self) -> None:
        self.clock = RigClock()
        self.sim = JiraSimulator(
            email=_EMAIL, token=_TOKEN, base_url=f"https://{self.home}", clock=self.clock.now
        )
        # The hardest case: whoever clones an issue takes its marker along.
        self.sim.clone_copies_properties = True
        # The vendor does not say how long it pauses between two attempts.
        self.sim.retry_delays = (timedelta(minutes=1),) * 5
        self.line = Line(self.sim.app, self.sim.faults)

    def settings(self, *door_secrets: str) -> dict[str, Any]:
        return {
            "vendor": "jira",
            "site": f"https://{self.home}",
            "email": _EMAIL,
            "token": _TOKEN,
            "projects": ["DEMO"],
            "base_url": self.origin,
            "webhook_secret": list(door_secrets),
        }

    def refusal(self, status: int, words: str) -> Refusal:
        headers = {"Content-Type": "application/json;charset=UTF-8"}
        if status == 429:
            headers["Retry-After"] = str(int(self.pause.total_seconds()))
            headers["RateLimit-Reason"] = "jira-burst-based"
        said = {"errorMessages": [words], "errors": {}}
        return Refusal(headers, json.dumps(said).encode())

    def subscribe(self) -> None:
        self.sim.add_webhook(WEBHOOK_URL, _SECRET)

    async def deliver(self, client: httpx.AsyncClient) -> int:
        return await self.sim.deliver(client)

    def lag(self, span: timedelta) -> None:
        self.sim.search_lag = span

    def rewrite_html(self) -> None:
        self.sim.rewrite_adf = True

    def person_creates(self, subject: str = "Export fails", body: str = "") -> str:
        return self.sim.person_creates(subject, description=body)

    def person_edits(self, id: str, subject: str) -> None:
        self.sim.person_edits(id, {"summary": subject})

    def person_deletes(self, id: str) -> None:
        self.sim.person_deletes(id)

    def person_restores(self, id: str) -> None:
        raise AssertionError("nothing brings a deleted issue back")

    def person_comments(self, id: str, html: str) -> str:
        document = from_wiki(html) if html.strip() else adf.document(adf.paragraph(html))
        return self.sim.person_comments(id, document)

    def state(self, id: str) -> Mapping[str, object]:
        issue = self.sim.issue(id)
        links = [(each.global_id, each.object["url"]) for each in issue.remote_links]
        files = [each.filename for each in issue.attachments]
        comments = [each.body for each in issue.comments]
        return {**issue.fields, "links": links, "files": files, "comments": comments}

    def launch(self, marker: str) -> LaunchItem:
        return LaunchItem(
            ticket=TicketRef("support", "812"),
            route="bug",
            connection="desk",
            marker=marker,
            project=None,
            type="Bug",
            fields={"summary": "[Globex] Export fails"},
            back_link="https://desk.acme.example/tickets/812",
        )

    def person_clones(self, id: str) -> str:
        return self.sim.person_clones(id)

    def person_links(self, id: str, url: str, comment: str) -> None:
        link = {"object": {"url": url, "title": comment or url}}
        self.sim.jira.talk.remote_link(self.sim.ana, self.sim.issue(id), link)

    def item_ids(self) -> Sequence[str]:
        return list(self.sim.site.issues)

    def file_content(self, attachment_id: str) -> bytes:
        files = [f for issue in self.sim.site.issues.values() for f in issue.attachments]
        return next(each.content for each in files if each.id == attachment_id)

    def related(self, id: str) -> Sequence[str]:
        ends = [(each.inward, each.outward) for each in self.sim.site.links.values()]
        return [b if a == id else a for a, b in ends if id in (a, b)]

    def spellings(self, id: str) -> Sequence[str]:
        key, site = self.sim.issue(id).key, f"https://{self.home}"
        return (
            id,
            f" {id} ",
            key,
            key.lower(),
            f"{site}/browse/{key}",
            f"{site}/browse/{key}?focusedCommentId=1",
            f"{site}/jira/software/c/projects/DEMO/boards/1?selectedIssue={key}",
            f"{site}/jira/software/projects/DEMO/issues/{key}",
            f"{site}/servicedesk/customer/portal/3/{key}",
            f"{site}/jira/servicedesk/projects/DEMO/queues/custom/12/{key}",
            f"{self.origin}/rest/api/3/issue/{id}",
        )

    def foreign_spellings(self, id: str) -> Sequence[str]:
        key = self.sim.issue(id).key
        return (
            "",
            "Export fails",
            "OTHER-1",
            f"#{id}",
            f"https://evil.example/browse/{key}",
            f"https://other.atlassian.net/browse/{key}",
            f"https://{self.home}/wiki/spaces/DEMO/pages/{id}",
            f"javascript:{key}",
            "https://[",
        )
