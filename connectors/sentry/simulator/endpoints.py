"""What each address of the API answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request

from connectors.sentry.simulator.organization import Organization
from connectors.sentry.simulator.problems import bad_request, invalid, not_found
from connectors.sentry.simulator.records import Issue, TrackerIntegration, User

Answer = tuple[int, Any, dict[str, str]]
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, with what its address names."""

    org: Organization
    request: Request
    params: dict[str, str]
    content: bytes

    def issue(self) -> Issue:
        """The issue of the address."""
        return self.org.find(self.params["issue"])

    def json(self) -> dict[str, Any]:
        """The body, an object."""
        try:
            body = json.loads(self.content or b"{}")
        except ValueError:
            raise bad_request("JSON parse error") from None
        if not isinstance(body, dict):
            raise bad_request("Invalid data. Expected a dictionary.")
        return body

    def actor(self) -> dict[str, Any]:
        """Who writes over the API: the integration itself."""
        return {"type": "application", "id": self.org.app_uuid, "name": "Ticketbridge"}

    def writer(self) -> User:
        """The proxy user of the integration, who owns what it comments."""
        return User(1, "Ticketbridge", "ticketbridge@proxy.invalid")


def _page(ask: Ask, rows: list[Any], default: int = _PAGE) -> Answer:
    """A stretch of a list with its `Link` header: `cursor="<unused>:<offset>:<backwards>"`."""
    given = ask.request.query_params.get("limit", str(default))
    if not given.isdigit() or int(given) > _PAGE:
        raise bad_request(f"Invalid limit. Must be at most {_PAGE}.")
    size = min(int(given), ask.org.dials.page_size)
    cursor = ask.request.query_params.get("cursor", "0:0:0").split(":")
    if len(cursor) != 3 or not cursor[1].isdigit():
        raise bad_request("Invalid cursor parameter.")
    start = int(cursor[1])
    shown = rows[start : start + size]
    url = str(ask.request.url.include_query_params(cursor="@")).replace("%40", "@")
    links = [
        f'<{url.replace("@", mark)}>; rel="{rel}"; results="{str(more).lower()}"; cursor="{mark}"'
        for rel, mark, more in (
            ("previous", f"0:{max(0, start - size)}:1", start > 0),
            ("next", f"0:{start + size}:0", start + size < len(rows)),
        )
    ]
    return 200, shown, {"Link": ", ".join(links)}


def organizations(ask: Ask) -> Answer:
    """The organizations of the token: one."""
    org = ask.org
    row = {
        "id": "1",
        "slug": org.slug,
        "status": {"id": "active", "name": "active"},
        "name": org.slug.title(),
        "dateCreated": "2026-01-01T00:00:00.000000Z",
        "isEarlyAdopter": False,
        "require2FA": False,
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None},
        "links": {"organizationUrl": org.base_url, "regionUrl": org.base_url},
        "hasAuthProvider": False,
        "allowMemberInvite": True,
        "allowMemberProjectCreation": True,
        "allowSuperuserAccess": False,
    }
    return _page(ask, [row])


def projects(ask: Ask) -> Answer:
    """The projects."""
    return _page(ask, [ask.org.write.project(each) for each in ask.org.projects.values()])


def issues(ask: Ask) -> Answer:
    """Issues by the time they were last seen; those not resolved, unless `query` is empty."""
    query = ask.request.query_params.get("query", "is:unresolved")
    sort = ask.request.query_params.get("sort", "date")
    if sort not in ("date", "new"):
        raise bad_request("Invalid sort parameter.")
    shown_until = ask.org.now() - ask.org.dials.list_lag
    rows = [each for each in ask.org.issues.values() if each.last_seen <= shown_until]
    words = query.split()
    if "is:unresolved" in words:
        rows = [each for each in rows if each.status == "unresolved"]
    if "is:linked" in words:
        rows = [each for each in rows if each.app_links or any(each.tracker_links.values())]
    plain = [each for each in words if ":" not in each]
    for word in plain:
        rows = [each for each in rows if word.casefold() in each.title.casefold()]

    def newest(issue: Issue) -> datetime:
        return issue.last_seen if sort == "date" else issue.first_seen

    rows.sort(key=newest, reverse=True)
    return _page(ask, [ask.org.write.issue(each) for each in rows])


def issue(ask: Ask) -> Answer:
    """One issue, by its id or short id."""
    return 200, ask.org.write.details(ask.issue()), {}


def update_issue(ask: Ask) -> Answer:
    """Changes the members that were sent."""
    found, body = ask.issue(), ask.json()
    if "status" in body:
        ask.org.set_status(found, str(body["status"]), ask.actor(), body.get("statusDetails"))
    if "assignedTo" in body:
        ask.org.assign(found, _assignee(ask, str(body["assignedTo"])), ask.actor())
    return 200, ask.org.write.issue(found), {}


def _assignee(ask: Ask, given: str) -> User | None:
    if not given:
        return None
    wanted = given.removeprefix("user:")
    for user in ask.org.users:
        if wanted in (str(user.id), user.name, user.email):
            return user
    raise invalid("assignedTo", "Unknown actor input")


def notes(ask: Ask) -> Answer:
    """The comments, newest first."""
    return _page(ask, [ask.org.write.note(each) for each in reversed(ask.issue().notes)])


def add_note(ask: Ask) -> Answer:
    """A comment by the integration."""
    text = ask.json().get("text")
    if not isinstance(text, str) or not text:
        raise invalid("text", "This field is required.")
    return 201, ask.org.write.note(ask.org.add_note(ask.issue(), ask.writer(), text)), {}


def activities(ask: Ask) -> Answer:
    """What happened to the issue."""
    return 200, {"activity": ask.org.write.details(ask.issue())["activity"]}, {}


def app_links(ask: Ask) -> Answer:
    """The links that apps made."""
    return 200, [ask.org.write.app_link(each) for each in ask.issue().app_links], {}


def link_app(ask: Ask) -> Answer:
    """A link by our app, over the API."""
    if ask.params["uuid"] != ask.org.installation:
        raise not_found()
    body = ask.json()
    for name in ("issueId", "webUrl", "project", "identifier"):
        if name not in body:
            raise invalid(name, "This field is required.")
    found = ask.org.find(str(body["issueId"]))
    made = ask.org.link_app(
        found, str(body["webUrl"]), str(body["project"]), str(body["identifier"])
    )
    return 200, ask.org.write.app_link(made), {}


def short(ask: Ask) -> Answer:
    """What a short id means."""
    found = ask.org.find_short(ask.params["short"])
    said = {
        "organizationSlug": ask.org.slug,
        "projectSlug": found.project.slug,
        "groupId": str(found.id),
        "group": ask.org.write.issue(found),
        "shortId": found.short_id,
    }
    return 200, said, {}


def integrations(ask: Ask) -> Answer:
    """Sentry's own integrations, of one provider if asked so."""
    key = ask.request.query_params.get("provider_key")
    found = [each for each in ask.org.integrations.values() if key in (None, each.provider)]
    return _page(ask, [ask.org.write.integration(each) for each in found])


def issue_integrations(ask: Ask) -> Answer:
    """Each integration with the items it linked to the issue."""
    found = ask.issue()
    rows = [ask.org.write.linked_through(e, found) for e in ask.org.integrations.values()]
    return _page(ask, rows)


def _integration(ask: Ask) -> TrackerIntegration:
    given = ask.params["integration"]
    found = ask.org.integrations.get(int(given)) if given.isdigit() else None
    if found is None:
        raise not_found()
    return found


def link_tracker(ask: Ask) -> Answer:
    """Links an item that exists, through Sentry's own integration."""
    one, key = _integration(ask), ask.json().get("externalIssue")
    if not isinstance(key, str) or not key:
        raise invalid("externalIssue", "Issue ID is required")
    url = f"https://{one.domain}/browse/{key}"
    made = ask.org.link_tracker(ask.issue(), one.id, key, url)
    said = {"id": made.id, "key": key, "url": url, "integrationId": one.id, "displayName": key}
    return 201, said, {}


def installations(ask: Ask) -> Answer:
    """The apps that are installed: ours."""
    return 200, [ask.org.write.installation()], {}
