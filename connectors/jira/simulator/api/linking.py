"""Issue links, their types, remote links and files."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from connectors.jira.simulator import errors
from connectors.jira.simulator.api.asking import Ask, Routes, answer, empty
from connectors.jira.simulator.drafting import read_comment
from connectors.jira.simulator.errors import JiraProblem
from connectors.jira.simulator.records import Attachment, Issue, IssueLink, RemoteLink

_FILES_AT_ONCE = 60


def register(routes: Routes) -> None:
    """The addresses of this module."""
    routes.add("GET", "api/issueLinkType", types)
    routes.add("POST", "api/issueLink", link)
    routes.add("GET", "api/issueLink/{link}", read)
    routes.add("DELETE", "api/issueLink/{link}", unlink)
    many = "api/issue/{issue}/remotelink"
    routes.add("GET", many, remote_all)
    routes.add("POST", many, remote_add)
    routes.add("DELETE", many, remote_delete_global)
    routes.add("GET", f"{many}/{{link}}", remote_one)
    routes.add("PUT", f"{many}/{{link}}", remote_put)
    routes.add("DELETE", f"{many}/{{link}}", remote_delete)
    routes.add("POST", "api/issue/{issue}/attachments", attach)
    routes.add("GET", "api/attachment/meta", attachment_meta)
    routes.add("GET", "api/attachment/content/{file}", content)
    routes.add("GET", "api/attachment/{file}", attachment)
    routes.add("DELETE", "api/attachment/{file}", detach)


async def types(ask: Ask) -> Response:
    told = [ask.writer.link_type(kind) for kind in ask.site.link_types]
    return answer({"issueLinkTypes": told})


async def link(ask: Ask) -> Response:
    body = ask.json({"type", "inwardIssue", "outwardIssue", "comment"})
    kind = ask.jira.talk.link_type(body.get("type"))
    ends = []
    for name in ("inwardIssue", "outwardIssue"):
        given = body.get(name)
        if not isinstance(given, dict):
            raise errors.unreadable()
        ends.append(ask.site.see(ask.user, str(given.get("key") or given.get("id"))))
    for end in ends:
        ask.jira.allowance.take_write(end.id, ask.site.now())
    said = body.get("comment")
    document = read_comment(ask.site, said.get("body"), ask.version) if said else None
    ask.jira.talk.link(ask.user, kind, inward=ends[0], outward=ends[1])
    if said and document is not None:
        ask.jira.talk.comment(ask.user, ends[0], said | {"body": document})
    return empty(201)


def _link(ask: Ask) -> IssueLink:
    found = ask.site.links.get(ask.params["link"])
    if found is None:
        raise JiraProblem(404, f"No issue link with id '{ask.params['link']}' exists.")
    ask.site.see(ask.user, found.inward)
    ask.site.see(ask.user, found.outward)
    return found


async def read(ask: Ask) -> Response:
    found, writer, issues = _link(ask), ask.writer, ask.site.issues
    told = {
        "id": found.id,
        "self": writer.link("issueLink", found.id),
        "type": writer.link_type(found.type),
        "inwardIssue": writer.short_issue(issues[found.inward]),
        "outwardIssue": writer.short_issue(issues[found.outward]),
    }
    return answer(told)


async def unlink(ask: Ask) -> Response:
    ask.jira.talk.unlink(ask.user, _link(ask))
    return empty()


def _remote_body(ask: Ask, issue: Issue, held: RemoteLink) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": held.id,
        "self": ask.writer.link("issue", issue.key, "remotelink", str(held.id)),
    }
    optional = {
        "globalId": held.global_id,
        "application": held.application,
        "relationship": held.relationship,
    }
    return told | {k: v for k, v in optional.items() if v is not None} | {"object": held.object}


def _remote(ask: Ask, issue: Issue) -> RemoteLink:
    for held in issue.remote_links:
        if str(held.id) == ask.params["link"]:
            return held
    raise JiraProblem(404, "The remote issue link does not exist.")


def _remote_given(ask: Ask) -> dict[str, Any]:
    body = ask.json()
    target = body.get("object")
    if not isinstance(target, dict):
        raise errors.unreadable()
    refused = {name: f"'{name}' is required." for name in ("title", "url") if not target.get(name)}
    if len(str(body.get("globalId") or "")) > 255:
        refused["globalId"] = "'globalId' is longer than 255 characters."
    if refused:
        raise JiraProblem(400, errors=refused)
    return body


async def remote_all(ask: Ask) -> Response:
    issue = ask.issue()
    wanted = ask.query.get("globalId")
    if wanted is None:
        return answer([_remote_body(ask, issue, held) for held in issue.remote_links])
    return answer(_remote_body(ask, issue, _by_global_id(issue, wanted)))


def _by_global_id(issue: Issue, wanted: str) -> RemoteLink:
    for held in issue.remote_links:
        if held.global_id == wanted:
            return held
    raise JiraProblem(404, "The remote issue link does not exist.")


async def remote_add(ask: Ask) -> Response:
    issue = ask.written()
    held, new = ask.jira.talk.remote_link(ask.user, issue, _remote_given(ask))
    body = _remote_body(ask, issue, held)
    return answer({"id": body["id"], "self": body["self"]}, 201 if new else 200)


async def remote_one(ask: Ask) -> Response:
    issue = ask.issue()
    return answer(_remote_body(ask, issue, _remote(ask, issue)))


async def remote_put(ask: Ask) -> Response:
    issue = ask.written()
    ask.jira.talk.need(ask.user, "LINK_ISSUES", issue)
    ask.jira.talk.fill_remote_link(_remote(ask, issue), _remote_given(ask))
    ask.jira.index.touch(issue)
    return empty()


def _remove(ask: Ask, issue: Issue, held: RemoteLink) -> Response:
    if not ask.request.headers.get("content-type", "").startswith("application/json"):
        raise JiraProblem(415, "Unsupported Media Type")
    ask.jira.talk.need(ask.user, "LINK_ISSUES", issue)
    issue.remote_links.remove(held)
    ask.jira.index.touch(issue)
    return empty()


async def remote_delete(ask: Ask) -> Response:
    issue = ask.written()
    return _remove(ask, issue, _remote(ask, issue))


async def remote_delete_global(ask: Ask) -> Response:
    issue = ask.written()
    return _remove(ask, issue, _by_global_id(issue, ask.query.get("globalId", "")))


async def attach(ask: Ask) -> Response:
    issue = ask.written()
    if ask.request.headers.get("x-atlassian-token") != "no-check":
        raise JiraProblem(403, "XSRF check failed")
    async with ask.request.form() as form:
        given = [part for part in form.getlist("file") if isinstance(part, UploadFile)]
        files = [
            (p.filename or "", p.content_type or "application/octet-stream", await p.read())
            for p in given
        ]
    if not files:
        raise JiraProblem(400, "No file was sent in a part named 'file'.")
    limit = ask.site.dials.attachment_limit
    if len(files) > _FILES_AT_ONCE or any(len(raw) > limit for _, _, raw in files):
        raise JiraProblem(413, "The attachments are too many or too large.")
    made = [ask.jira.talk.attach(ask.user, issue, name, kind, raw) for name, kind, raw in files]
    return answer([ask.writer.attachment(file) for file in made])


async def attachment_meta(ask: Ask) -> Response:
    return answer({"enabled": True, "uploadLimit": ask.site.dials.attachment_limit})


def _file(ask: Ask) -> tuple[Issue, Attachment]:
    for issue in ask.site.issues.values():
        for file in issue.attachments:
            seen = ask.site.may(ask.user, "BROWSE_PROJECTS", issue.project)
            if file.id == ask.params["file"] and seen:
                return issue, file
    raise JiraProblem(404, f"The attachment with id '{ask.params['file']}' does not exist")


async def attachment(ask: Ask) -> Response:
    _, file = _file(ask)
    return answer(ask.writer.attachment(file) | {"id": int(file.id)})


async def content(ask: Ask) -> Response:
    _, file = _file(ask)
    if ask.query.get("redirect", "true") == "false":
        return Response(file.content, 200, {"Content-Type": file.mime_type})
    target = f"{ask.site.base_url}/rest/api/3/attachment/content/{file.id}?redirect=false"
    return Response(b"", 303, {"Location": target})


async def detach(ask: Ask) -> Response:
    issue, file = _file(ask)
    ask.jira.talk.detach(ask.user, issue, file)
    return empty()
