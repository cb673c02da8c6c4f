"""From what the hub wants to requests: addresses, parameters, bodies. Pure.

https://developer.zendesk.com/api-reference/ticketing/introduction/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bridge.kit.richtext.cutting import fit
from bridge.kit.richtext.html_reading import read_html_or_lines
from bridge.kit.richtext.html_writing import Shape, write_html
from bridge.kit.richtext.model import RichText
from bridge.kit.richtext.quiet import JOINER
from connectors.zendesk.facts import stamp_of
from connectors.zendesk.manifest import COMMENT_BYTES
from connectors.zendesk.payloads import Ticket

PREFIX = "/api/v2"
PAGE = 100
"""Entries of a list by cursor; the vendor's limit."""
EXPORT_PAGE = 1000
_SHAPE = Shape()
"""Tables too, as Zendesk itself keeps e-mails. No page lists the tags: not confirmed."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `record`: its address names one record, and only then a 404 says it is missing.

    `ticket`: the ticket that it changes; such calls have limits of their own, as `export` has.
    `key`: by which Zendesk knows a creation again for two hours.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    record: bool = False
    ticket: str = ""
    export: bool = False
    key: str = ""


def ticket(id: str) -> Request:
    """Read one ticket."""
    return Request("GET", f"{PREFIX}/tickets/{id}", record=True)


def tickets(ids: Sequence[str]) -> Request:
    """Read several tickets; those not shown are left out of the answer."""
    return Request("GET", f"{PREFIX}/tickets/show_many", {"ids": ",".join(ids)})


def one_ticket() -> Request:
    """One ticket, any: whether the agent may read them."""
    return Request("GET", f"{PREFIX}/tickets", {"page[size]": "1"})


def comments(id: str, after: str | None) -> Request:
    """What was said on a ticket, oldest first, with pictures in the text among the files."""
    params = {"include": "users", "include_inline_images": "true", "sort": "created_at"}
    return Request("GET", f"{PREFIX}/tickets/{id}/comments", _paged(params, after), record=True)


def audits(id: str, after: str | None) -> Request:
    """The history of a ticket, oldest first."""
    return Request("GET", f"{PREFIX}/tickets/{id}/audits", _paged({}, after), record=True)


def update(id: str, body: Mapping[str, Any], revision: int | None) -> Request:
    """Change a ticket, if `revision` is given only one that nobody has changed since.

    `safe_update` is left out to force: its value false acts like true.
    https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#updating-tickets-safely
    """
    return _change(id, {**body, **_guard(revision)})


def _guard(revision: int | None) -> dict[str, Any]:
    if revision is None:
        return {}
    return {"safe_update": True, "updated_stamp": stamp_of(revision)}


def note(id: str, html: str) -> Request:
    """Add an internal note. `public` is said outright: without it customers would read it.

    What is too long is cut here, with a mark: Zendesk cuts without a word, and the end of a note
    is what it is known by.
    """
    text = fit(read_html_or_lines(html), COMMENT_BYTES, lambda each: len(_body(each).encode()))
    return _change(id, {"comment": {"html_body": _body(text), "public": False}})


def message(id: str, html: str, marker: str, revision: int | None) -> Request:
    """Add a public comment, named in the metadata of its audit, which customers never see."""
    said = {"html_body": _message_body(html), "public": True}
    return _change(id, {"comment": said, "metadata": named(marker), **_guard(revision)})


def follow_up(source: Ticket, html: str, marker: str) -> Request:
    """A ticket that continues a closed one, begun by a public comment.

    Zendesk hands the tags on. That it hands on the requester is not confirmed: he is named.
    """
    body: dict[str, Any] = {
        "via_followup_source_id": int(source.id),
        "subject": source.subject,
        "comment": {"html_body": _message_body(html), "public": True},
        "metadata": named(marker),
    }
    if source.requester_id is not None:
        body["requester_id"] = int(source.requester_id)
    if source.email_cc_ids:
        body["email_cc_ids"] = [int(each) for each in source.email_cc_ids]
    if source.organization_id is not None:
        body["organization_id"] = int(source.organization_id)
    return Request("POST", f"{PREFIX}/tickets", body={"ticket": body}, key=marker)


def named(marker: str) -> dict[str, Any]:
    """The metadata by which an audit is known again."""
    return {"ticketbridge": {"message": marker}}


def length_of(html: str) -> int:
    """How many bytes the message is, of which a comment takes `COMMENT_BYTES`."""
    return len(_message_body(html).encode())


def _message_body(html: str) -> str:
    return _body(read_html_or_lines(html))


def _body(text: RichText) -> str:
    return inert(write_html(text, _SHAPE))


def redaction(id: str, comment_id: str, html_body: str) -> Request:
    """Blot out what is marked in a comment, on a closed ticket too. There is no way back."""
    body = {"ticket_id": int(id), "html_body": html_body}
    path = f"{PREFIX}/comment_redactions/{comment_id}"
    return Request("PUT", path, body=body, record=True, ticket=id)


def nothing() -> Request:
    """A change of a ticket that is not there: whether the agent may change tickets."""
    return Request("PUT", f"{PREFIX}/tickets/0", body={"ticket": {}}, record=True)


def inert(text: str) -> str:
    """The text without placeholders and statements, which Zendesk would fill in and carry out.

    https://support.zendesk.com/hc/en-us/articles/4408886858138
    """
    for mark in ("{", "%"):
        text = text.replace("{" + mark, "{" + JOINER + mark)
    # The second of three braces is the first of two.
    return text.replace("{{", "{" + JOINER + "{")


def _change(id: str, body: Mapping[str, Any]) -> Request:
    path = f"{PREFIX}/tickets/{id}"
    return Request("PUT", path, body={"ticket": dict(body)}, record=True, ticket=id)


def export(cursor: str | None, since: datetime) -> Request:
    """Tickets in the order in which they changed, from the cursor or a time on; admins only."""
    params = {"per_page": str(EXPORT_PAGE)}
    start = {"start_time": str(int(since.timestamp()))} if cursor is None else {"cursor": cursor}
    return Request("GET", f"{PREFIX}/incremental/tickets/cursor", {**params, **start}, export=True)


def attachment(id: str) -> Request:
    """A file's address and size."""
    return Request("GET", f"{PREFIX}/attachments/{id}", record=True)


def organization(id: str) -> Request:
    """One customer."""
    return Request("GET", f"{PREFIX}/organizations/{id}", record=True)


def one_organization() -> Request:
    """One customer, any: whether the agent may read them."""
    return Request("GET", f"{PREFIX}/organizations", {"page[size]": "1"})


def users(ids: Sequence[str]) -> Request:
    """The people of these ids; Zendesk takes a hundred."""
    return Request("GET", f"{PREFIX}/users/show_many", {"ids": ",".join(ids)})


def people(email: str) -> Request:
    """The people with that address."""
    return Request("GET", f"{PREFIX}/users/search", {"query": f"email:{email}"})


def me() -> Request:
    """Whose credential it is."""
    return Request("GET", f"{PREFIX}/users/me")


def ticket_fields(after: str | None) -> Request:
    """The fields of tickets."""
    return Request("GET", f"{PREFIX}/ticket_fields", _paged({}, after))


def staff(role: str, after: str | None) -> Request:
    """Those of the account's own people who have that role."""
    return Request("GET", f"{PREFIX}/users", _paged({"role": role}, after))


def custom_statuses() -> Request:
    """Every status of tickets, those out of use too."""
    return Request("GET", f"{PREFIX}/custom_statuses")


def organization_fields() -> Request:
    """The fields of customers."""
    return Request("GET", f"{PREFIX}/organization_fields")


def jira_links() -> Request:
    """A link of Zendesk's own Jira app, any."""
    return Request("GET", f"{PREFIX}/jira/links", {"page[size]": "1"})


def jira_links_of(id: str) -> Request:
    """The links of Zendesk's own Jira app with one ticket; a page takes a thousand."""
    return Request("GET", f"{PREFIX}/jira/links", {"filter[ticket_id]": id})


def webhooks(after: str | None) -> Request:
    """The account's webhooks."""
    return Request("GET", f"{PREFIX}/webhooks", _paged({}, after))


def numbered(request: Request, page: int) -> Request:
    """A further page of a list that has answered without cursors, though one was asked for.

    https://developer.zendesk.com/api-reference/introduction/pagination/
    """
    kept = {key: value for key, value in request.params.items() if not key.startswith("page[")}
    return replace(request, params={**kept, "page": str(page), "per_page": str(PAGE)})


def _paged(params: dict[str, str], after: str | None) -> dict[str, str]:
    more = {} if after is None else {"page[after]": after}
    return {**params, "page[size]": str(PAGE), **more}
