"""Comments, audits, tags, files.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response

from connectors.zendesk.simulator import lifecycle, writing
from connectors.zendesk.simulator.api.asking import Ask, answer, nothing, page
from connectors.zendesk.simulator.problems import (
    Refusal,
    forbidden,
    invalid,
    not_found,
    unauthenticated,
)
from connectors.zendesk.simulator.records import Audit, Comment
from connectors.zendesk.simulator.render import audit_body, comment_body, user_body


def comments(ask: Ask) -> Response:
    account = ask.account
    found = list(account.ticket(ask.params["id"]).comments)
    if ask.query.get("sort") == "-created_at" or ask.query.get("sort_order") == "desc":
        found.reverse()

    def shown(comment: Comment) -> dict[str, Any]:
        return comment_body(account, comment)

    body = page(ask, "comments", found, shown, lambda comment: comment.id)
    if "users" in ask.query.get("include", "").split(","):
        people = {c.author_id for c in found} & account.users.keys()
        body["users"] = [user_body(account, account.users[n]) for n in sorted(people)]
    return answer(body)


def make_private(ask: Ask) -> Response:
    ticket = ask.account.ticket(ask.params["id"])
    lifecycle.make_private(ask.account, ticket, ask.params["comment"], ask.by)
    return answer({})


def redact(ask: Ask) -> Response:
    """Blots out what the given HTML marks, on closed tickets too, and for good."""
    if not ask.account.dials.may_redact:
        raise forbidden(as_object=ask.account.dials.forbidden_as_object)
    body = ask.json()
    if not isinstance(body.get("ticket_id"), int):
        raise invalid("ticket_id", "is required")
    ticket = ask.account.ticket(body["ticket_id"])
    marked = str(body.get("html_body") or "")
    comment = lifecycle.redact_marked(ask.account, ticket, ask.params["comment"], marked, ask.by)
    return answer({"comment": comment_body(ask.account, comment)})


def audits(ask: Ask) -> Response:
    found = ask.account.ticket(ask.params["id"]).audits

    def shown(audit: Audit) -> dict[str, Any]:
        return audit_body(ask.account, audit)

    return answer(page(ask, "audits", found, shown, lambda audit: audit.id))


def audit(ask: Ask) -> Response:
    for one in ask.account.ticket(ask.params["id"]).audits:
        if str(one.id) == ask.params["audit"]:
            return answer({"audit": audit_body(ask.account, one)})
    raise not_found()


def tags(ask: Ask) -> Response:
    return answer({"tags": ask.account.ticket(ask.params["id"]).tags})


def add_tags(ask: Ask) -> Response:
    return _tags(ask, "additional_tags", 200)


def set_tags(ask: Ask) -> Response:
    return _tags(ask, "tags", 201)


def remove_tags(ask: Ask) -> Response:
    _tags(ask, "remove_tags", 200)
    return nothing()


def _tags(ask: Ask, key: str, status: int) -> Response:
    body = ask.json()
    ticket = ask.account.ticket(ask.params["id"])
    given = {key: body.get("tags") or []}
    given |= {name: body[name] for name in ("safe_update", "updated_stamp") if name in body}
    writing.update(ask.account, ticket, given, ask.by)
    return answer({"tags": ticket.tags}, status)


def upload(ask: Ask) -> Response:
    files, query = ask.account.files, ask.query
    kind = ask.headers.get("content-type", "application/octet-stream")
    made = files.upload(
        query.get("filename", "file"), ask.content, kind, query.get("token"), ask.account.now()
    )
    shown = [files.render(file) for file in made.attachments]
    told = {"token": made.token, "attachment": shown[-1], "attachments": shown}
    return answer({"upload": told}, 201)


def drop_upload(ask: Ask) -> Response:
    if ask.account.files.uploads.pop(ask.params["token"], None) is None:
        raise not_found()
    return nothing()


def attachment(ask: Ask) -> Response:
    found = ask.account.files.find(ask.params["id"])
    return answer({"attachment": ask.account.files.render(found)})


def content(ask: Ask) -> Response:
    """A file's address sends on to the file host."""
    if ask.account.dials.private_attachments and "authorization" not in ask.headers:
        raise unauthenticated()
    ask.account.files.by_secret(ask.params["secret"])
    host = ask.account.dials.file_host or ask.account.base_url
    return Response(status_code=302, headers={"Location": f"{host}/files/{ask.params['secret']}"})


def file(ask: Ask) -> Response:
    """The file host: another party, to which a credential of ours is a leak."""
    files, host = ask.account.files, ask.account.dials.file_host
    if host is not None and ask.headers.get("host") != urlsplit(host).netloc:
        raise not_found()
    if host is not None and "authorization" in ask.headers:
        files.leaked.append(ask.headers["authorization"])
        raise Refusal(400, "Only one auth mechanism allowed")
    found = files.by_secret(ask.params["secret"])
    return Response(found.content, media_type=found.content_type)
