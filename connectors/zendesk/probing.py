"""What the hub's agent may do, found out by calls that change nothing, and the whole schema.

https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/
https://developer.zendesk.com/api-reference/ticketing/jira/links/
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from bridge.domain.errors import RecordMissing, Rejected, ScopeMissing
from bridge.domain.records import FieldInfo, Reference
from bridge.domain.schema import Hook, Pipeline, Probe, Remark, Right, Schema, Use
from connectors.zendesk import render
from connectors.zendesk.client import Client
from connectors.zendesk.payloads import (
    JiraLinks,
    OrganizationFields,
    Payload,
    User,
    Webhook,
    Webhooks,
)
from connectors.zendesk.reference import company_fields
from connectors.zendesk.render import Request

_TEXTS = frozenset({"text", "textarea", "subject"})
_DATES = frozenset({"date"})
_ADMIN = "admin (changes are listed for admins only)"
_GRANT = "Make the hub's agent an admin: Zendesk, Admin Center > People > Team members."
_CONDITIONAL = "conditional_ticket_events"
_EVENTS = {
    "created": "Ticket created",
    "status_changed": "Ticket status changed",
    "custom_status_changed": "Ticket custom status changed",
    "custom_field_changed": "Ticket custom field changed",
    "priority_changed": "Ticket priority changed",
    "subject_changed": "Ticket subject changed",
    "organization_changed": "Ticket organization changed",
    "comment_added": "Ticket comment added",
    "attachment_linked_to_comment": "Ticket attachment linked to comment",
    "merged": "Ticket merged",
    "soft_deleted": "Ticket soft deleted",
    "undeleted": "Ticket undeleted",
    "permanently_deleted": "Ticket permanently deleted",
}
"""The events that the hub needs, as the Admin Center names them."""
_NATIVE = Remark(
    "Zendesk's own Jira app also links tickets here ({key} is one), and may copy comments and "
    "statuses beside the hub.",
    "Switch its automatic copying off, or uninstall it: Zendesk, Admin Center > Apps.",
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A right, what it is for, and a call that needs it and does no harm."""

    name: str
    use: Use
    request: Request


_QUESTIONS = (
    _Asked("reading tickets", Use.RECORDS, render.one_ticket()),
    _Asked("changing tickets", Use.RECORDS, render.nothing()),
    _Asked("reading a ticket's history", Use.RECORDS, render.audits("0", None)),
    _Asked("reading organisations", Use.CUSTOMERS, render.one_organization()),
    _Asked("reading comments", Use.COMMENTS, render.comments("0", None)),
)


async def probe(client: Client, me: User, subdomain: str, door: str, *, open_: bool) -> Probe:
    """What the agent may do; CredentialProblem if Zendesk does not take the credential at all."""
    rights = [await _right(client, each) for each in _QUESTIONS]
    admin = me.role == "admin"
    why = "" if admin else f"The hub's agent has the role {me.role or 'unknown'}."
    rights.append(Right(_ADMIN, Use.RECORDS, admin, why, _GRANT))
    return Probe(
        f"{me.name} in {subdomain}.zendesk.com",
        tuple(rights),
        await _hooks(client, door) if open_ else (),
        door_open=open_,
        remarks=await _native_app(client),
    )


async def _right(client: Client, asked: _Asked) -> Right:
    try:
        # The ticket 0 is nobody's: what is forbidden there is forbidden everywhere.
        await client.ask(replace(asked.request, record=False), Payload)
    except ScopeMissing as lacking:
        return Right(asked.name, asked.use, False, f"{lacking}.", _GRANT)
    except (RecordMissing, Rejected) as nothing:
        # Let through, and it led to nothing, as it should; what else is refused says nothing.
        if not nothing.detail.startswith(("400", "404", "422")):
            raise
    return Right(asked.name, asked.use, True)


async def _hooks(client: Client, door: str) -> tuple[Hook, ...] | None:
    """How the webhooks stand that lead to the hub; None where the agent may not look at them."""
    found: list[Webhook] = []
    after: str | None = None
    try:
        while True:
            page = await client.ask(render.webhooks(after), Webhooks)
            found += page.webhooks
            if not page.meta.has_more or page.meta.after_cursor in (None, after):
                break
            after = page.meta.after_cursor
    except (ScopeMissing, RecordMissing, Rejected):
        return None
    mine = [each for each in found if _path(each.endpoint).rstrip("/") == door]
    active = [each for each in mine if each.status == "active"]
    if not active:
        wrong = (
            "No webhook leads to the hub." if not mine else "The webhook to the hub is inactive."
        )
        return (Hook("ticket events", wrong),)
    subscribed = {name.rpartition(".")[2] for each in active for name in each.subscriptions
                  if name.startswith("zen:event-type:ticket.")}  # fmt: skip
    if not subscribed:
        # What a trigger sends is for its conditions to say; nobody can tell from outside.
        return (Hook("what its triggers send"),)
    return tuple(
        Hook(title, "" if name in subscribed else f"The webhook is not subscribed to: {title}.")
        for name, title in _EVENTS.items()
    )


def _path(endpoint: str) -> str:
    try:
        return urlsplit(endpoint).path
    except ValueError:
        return ""


async def _native_app(client: Client) -> tuple[Remark, ...]:
    """A word of warning where Zendesk's own Jira app is at work; silent where nobody can see."""
    try:
        links = (await client.ask(render.jira_links(), JiraLinks)).links
    except (ScopeMissing, RecordMissing, Rejected):
        return ()
    if not links:
        return ()
    return (Remark(_NATIVE.sentence.format(key=links[0].issue_key or "an issue"), _NATIVE.advice),)


async def schema_of(client: Client, reference: Reference) -> Schema:
    """The whole schema around the reference data; all statuses are one row."""
    return Schema(
        reference=reference,
        pipelines=(Pipeline("statuses", "Ticket statuses", tuple(reference.statuses)),),
        company_fields=await _company_fields(client),
        text_types=_TEXTS,
        date_types=_DATES,
    )


async def _company_fields(client: Client) -> dict[str, FieldInfo] | None:
    try:
        found = await client.ask(render.organization_fields(), OrganizationFields)
    except ScopeMissing:
        return None
    return company_fields(found.organization_fields)
