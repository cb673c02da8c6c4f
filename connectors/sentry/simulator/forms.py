"""The issue-link form of an app, as Sentry's page uses it: selects, then a button.

getsentry/sentry: external_requests/select_requester.py, external_requests/issue_link_requester.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from connectors.sentry.simulator.organization import Organization
from connectors.sentry.simulator.records import AppLink, Issue, User
from connectors.sentry.simulator.signing import compact, signature

_WANTED = ("webUrl", "project", "identifier")


@dataclass(frozen=True, slots=True)
class Pressed:
    """What came of pressing the button: the link Sentry keeps, or what the person is shown."""

    status: int
    link: AppLink | None = None
    message: str = ""


class Forms:
    """Asks the app's host; `root` is the scheme and host of the webhook's address."""

    def __init__(self, organization: Organization, root: str, prefix: str, secret: str) -> None:
        self._org = organization
        self._root = root
        self._prefix = prefix
        self._secret = secret

    def select_request(
        self, name: str, project: str, query: str = "", depends: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The request for the options of a select; what is signed is the empty body."""
        params = {"installationId": self._org.installation, "projectSlug": project}
        if query:
            params["query"] = query
        if depends is not None:
            params["dependentData"] = json.dumps(dict(depends))
        return {
            "method": "GET",
            "url": f"{self._root}{self._prefix}/options/{name}",
            "params": params,
            "headers": {
                "Content-Type": "application/json",
                "Request-ID": self._org.hex_id(),
                "Sentry-App-Signature": signature(self._secret, b""),
            },
        }

    async def options(
        self,
        client: httpx.AsyncClient,
        name: str,
        project: str,
        query: str = "",
        depends: Mapping[str, str] | None = None,
    ) -> list[tuple[str, str]]:
        """The (value, label) pairs of a select; ValueError where they would break the form."""
        answer = await client.request(**self.select_request(name, project, query, depends))
        rows = answer.json() if answer.is_success else None
        if not isinstance(rows, list):
            raise ValueError(f"the form shows an error: {answer.status_code} {answer.text}")
        for row in rows:
            fits = isinstance(row, dict) and {"label", "value"} <= row.keys()
            if not fits or not all(isinstance(row[each], str) for each in ("label", "value")):
                raise ValueError(f"the form shows an error: {row!r} is no option")
        return [(row["value"], row["label"]) for row in rows]

    def press_request(
        self, which: str, issue: Issue, fields: Mapping[str, Any], user: User, **changed: Any
    ) -> dict[str, Any]:
        """The request of the button: `create` or `link`; ids are numbers on the wire."""
        body = {
            "fields": dict(fields),
            "issueId": issue.id,
            "installationId": self._org.installation,
            "webUrl": self._org.write.page(issue),
            "project": {"slug": issue.project.slug, "id": issue.project.id},
            "actor": {"type": "user", "id": user.id, "name": user.name},
            **changed,
        }
        content = compact(body)
        return {
            "method": "POST",
            "url": f"{self._root}{self._prefix}/issue-link/{which}",
            "content": content,
            "headers": {
                "Content-Type": "application/json",
                "Request-ID": self._org.hex_id(),
                "Sentry-App-Signature": signature(self._secret, content),
            },
        }

    async def press(
        self,
        client: httpx.AsyncClient,
        which: str,
        issue: Issue,
        fields: Mapping[str, Any],
        user: User,
        **changed: Any,
    ) -> Pressed:
        """Press the button once. A second press makes a second request and a second row."""
        request = self.press_request(which, issue, fields, user, **changed)
        try:
            answer = await client.request(timeout=self._org.dials.form_timeout_s, **request)
        except (httpx.HTTPError, ConnectionError):
            return Pressed(0, message="no answer")
        said = _json(answer)
        if not answer.is_success:
            return Pressed(answer.status_code, message=str(said.get("message", "")))
        if not all(isinstance(said.get(each), str) for each in _WANTED):
            return Pressed(answer.status_code, message="invalid response")
        link = self._org.link_app(issue, said["webUrl"], said["project"], said["identifier"])
        return Pressed(answer.status_code, link)


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
