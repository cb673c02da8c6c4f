"""From what the hub wants to requests: addresses, parameters, bodies. Pure.

https://developers.hubspot.com/changelog (versions and their gaps)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from bridge.domain.mails import Addressee, SentLetter
from bridge.domain.schema import FieldKind, NewField
from bridge.kit.clock import rfc3339, to_ms
from bridge.kit.richtext.cutting import fit, fit_plain
from bridge.kit.richtext.html_reading import read_html_or_lines
from bridge.kit.richtext.html_writing import WITHOUT_TABLES, Shape, write_html
from bridge.kit.richtext.plain import write_plain
from connectors.hubspot.comments import EMAIL_PROPERTIES, NOTE_PROPERTIES, OUTGOING
from connectors.hubspot.facts import MERGED_IDS, MODIFIED
from connectors.hubspot.manifest import FIELD_CHARS, NOTE_CHARS
from connectors.hubspot.payloads import Address

_SHAPE = Shape(kinds=WITHOUT_TABLES)
"""Notes take "limited HTML"; that tables are part of it is not confirmed."""
PAGE = 200
"""Results of one search; the vendor's limit."""
_THREADS = 100
_LINK_S = 300
_NOTE_TO_TICKET, _EMAIL_TO_TICKET = 228, 224


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `search` calls share a small allowance of their own.

    `record`: the address names one record, and only then a 404 says that the record is missing.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    search: bool = False
    record: bool = False


@dataclass(frozen=True, slots=True)
class Paths:
    """Where each resource is, in one API version."""

    objects: str
    associations: str
    pipelines: str
    properties: str
    conversations: str
    account: str
    files: str
    owners: str

    @classmethod
    def of(cls, version: str) -> Paths:
        """The table of a version: `v3` (with the v4 associations) or a dated one."""
        if version == "v3":
            return cls(
                objects="/crm/v3/objects",
                associations="/crm/v4/associations",
                pipelines="/crm/v3/pipelines",
                properties="/crm/v3/properties",
                conversations="/conversations/v3/conversations",
                account="/account-info/v3",
                files="/files/v3/files",
                owners="/crm/v3/owners",
            )
        return cls(
            objects=f"/crm/objects/{version}",
            associations=f"/crm/associations/{version}",
            pipelines=f"/crm/pipelines/{version}",
            properties=f"/crm/properties/{version}",
            conversations=f"/conversations/conversations/{version}",
            account=f"/account-info/{version}",
            # 2026-09 has no signed addresses; 2026-03 is kept for files.
            files="/files/2026-03/files",
            owners=f"/crm/owners/{version}",
        )


def note_body(html: str) -> str:
    """A note's text as HubSpot takes it; cut, with a mark, where it is too long."""
    text = fit(read_html_or_lines(html), NOTE_CHARS, lambda each: len(write_html(each, _SHAPE)))
    return write_html(text, _SHAPE)


def rich_of(html: str) -> str:
    """A message's text as HubSpot is sent it."""
    return write_html(read_html_or_lines(html), _SHAPE)


class Renderer:
    """Makes every request of the connector, for one API version."""

    def __init__(self, version: str) -> None:
        self._at = Paths.of(version)

    def ticket(
        self,
        id: str,
        properties: Iterable[str],
        timed: Iterable[str] = (),
        associations: Iterable[str] = (),
        *,
        archived: bool = False,
    ) -> Request:
        """Read one ticket; an archived one is only shown when asked for."""
        lists = {
            "properties": ",".join(properties),
            "propertiesWithHistory": ",".join(timed),
            "associations": ",".join(associations),
            "archived": "true" if archived else "",
        }
        params = {name: value for name, value in lists.items() if value}
        return Request("GET", f"{self._at.objects}/tickets/{id}", params, record=True)

    def records(
        self, kind: str, ids: Sequence[str], properties: Iterable[str], timed: Iterable[str] = ()
    ) -> Request:
        """Read several records of a kind."""
        body: dict[str, Any] = {
            "properties": [*properties],
            "inputs": [{"id": id} for id in ids],
        }
        if named := [*timed]:
            body["propertiesWithHistory"] = named
        return Request("POST", f"{self._at.objects}/{kind}/batch/read", body=body)

    def notes(self, ids: Sequence[str]) -> Request:
        """Read several notes."""
        return self.records("notes", ids, NOTE_PROPERTIES)

    def associated(
        self, kind: str, inputs: Mapping[str, str | None], *, of: str = "tickets"
    ) -> Request:
        """Read records' associations with a kind; `inputs` is id → where its page begins."""
        given = [{"id": id} | ({"after": a} if a else {}) for id, a in inputs.items()]
        path = f"{self._at.associations}/{of}/{kind}/batch/read"
        return Request("POST", path, body={"inputs": given})

    def write(self, id: str, properties: Mapping[str, str]) -> Request:
        """Change a ticket's properties; an empty text clears one, a longer one is cut."""
        path = f"{self._at.objects}/tickets/{id}"
        given = {name: fit_plain(text, FIELD_CHARS) for name, text in properties.items()}
        return Request("PATCH", path, body={"properties": given}, record=True)

    def new_note(self, ticket_id: str, html: str, now: datetime) -> Request:
        """Write a note on a ticket's timeline; its time is mandatory."""
        link = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _NOTE_TO_TICKET}
        body = {
            "properties": {"hs_timestamp": rfc3339(now), "hs_note_body": note_body(html)},
            "associations": [{"to": {"id": ticket_id}, "types": [link]}],
        }
        return Request("POST", f"{self._at.objects}/notes", body=body, record=True)

    def emails(self, ids: Sequence[str]) -> Request:
        """Read several mails."""
        return self.records("emails", ids, EMAIL_PROPERTIES)

    def new_email(self, ticket_id: str, letter: SentLetter, to: Addressee | None) -> Request:
        """Keep a mail that went out on a ticket's timeline; its headers say from whom to whom."""
        link = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _EMAIL_TO_TICKET}
        headers = {
            "from": {"email": letter.sender},
            "to": [] if to is None else [{"email": to.address, "firstName": to.name}],
            "cc": [],
            "bcc": [],
        }
        properties = {
            "hs_timestamp": rfc3339(letter.at),
            "hs_email_direction": OUTGOING,
            "hs_email_status": "SENT",
            "hs_email_subject": letter.subject.value,
            "hs_email_html": rich_of(letter.html.value),
            "hs_email_text": write_plain(read_html_or_lines(letter.html.value)),
            "hs_email_headers": json.dumps(headers),
        }
        body = {
            "properties": properties,
            "associations": [{"to": {"id": ticket_id}, "types": [link]}],
        }
        return Request("POST", f"{self._at.objects}/emails", body=body, record=True)

    def changed(self, kind: str, since: datetime, until: datetime, after: int) -> Request:
        """Records of a kind changed between two times, from one id on, in the order of their ids.

        Paging by id and not by time: more than a page may share one stamp, and beyond 10,000
        results a search cannot be paged.
        """
        bounds = (
            (MODIFIED, "GTE", to_ms(since)),
            (MODIFIED, "LTE", to_ms(until)),
            ("hs_object_id", "GT", after),
        )
        filters = [{"propertyName": n, "operator": o, "value": str(v)} for n, o, v in bounds]
        return self._search(kind, filters, [MODIFIED], PAGE)

    def survivor(self, id: str) -> Request:
        """Find the ticket that `id` was merged into."""
        one = {"propertyName": MERGED_IDS, "operator": "CONTAINS_TOKEN", "value": id}
        return self._search("tickets", [one], [MERGED_IDS], 10)

    def people(self, email: str) -> Request:
        """Find the contacts with that e-mail address."""
        one = {"propertyName": "email", "operator": "EQ", "value": email}
        return self._search("contacts", [one], ["email"], 100)

    def _search(
        self, kind: str, filters: list[dict[str, str]], shown: list[str], limit: int
    ) -> Request:
        body = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": shown,
            "limit": limit,
            "after": "0",
        }
        return Request("POST", f"{self._at.objects}/{kind}/search", body=body, search=True)

    def threads(self, ticket_id: str, after: str | None) -> Request:
        """The conversation threads of a ticket."""
        params = {"associatedTicketId": ticket_id, "limit": str(_THREADS)}
        return Request("GET", f"{self._at.conversations}/threads", _paged(params, after))

    def threads_since(self, since: datetime, after: str | None) -> Request:
        """The conversations with a newer message, oldest news first, each with its ticket.

        https://developers.hubspot.com/docs/api-reference/conversations-conversations-v3/guide
        """
        params = {
            "latestMessageTimestampAfter": rfc3339(since),
            "sort": "latestMessageTimestamp",
            "association": "TICKET",
            "limit": str(_THREADS),
        }
        return Request("GET", f"{self._at.conversations}/threads", _paged(params, after))

    def messages(self, thread_id: str, after: str | None) -> Request:
        """What was said in a thread."""
        path = f"{self._at.conversations}/threads/{thread_id}/messages"
        return Request("GET", path, _paged({"limit": str(_THREADS)}, after), record=True)

    def message(
        self,
        thread_id: str,
        html: str,
        *,
        sender: str,
        recipients: Sequence[Address],
        channel: tuple[str | None, str | None],
        subject: str = "",
    ) -> Request:
        """Say something in a thread. Only `type` parts it from an internal comment."""
        to = [
            {
                "deliveryIdentifiers": [{"type": each.type, "value": each.value}],
                "recipientField": "TO",
            }
            for each in recipients
        ]
        body: dict[str, Any] = {
            "type": "MESSAGE",
            "text": write_plain(read_html_or_lines(html)),
            "richText": rich_of(html),
            "senderActorId": sender,
            "channelId": channel[0],
            "channelAccountId": channel[1],
            "recipients": to,
            "attachments": [],
            **({"subject": subject} if subject else {}),
        }
        path = f"{self._at.conversations}/threads/{thread_id}/messages"
        return Request("POST", path, body=body, record=True)

    def original(self, thread_id: str, message_id: str) -> Request:
        """The whole of a message that came back cut."""
        message = quote(message_id, safe="")
        path = f"{self._at.conversations}/threads/{thread_id}/messages/{message}"
        return Request("GET", f"{path}/original-content", record=True)

    def file(self, id: str) -> Request:
        """A file's metadata."""
        return Request("GET", f"{self._at.files}/{id}", record=True)

    def signed_url(self, id: str) -> Request:
        """An address that serves a private file for five minutes."""
        params = {"expirationSeconds": str(_LINK_S)}
        return Request("GET", f"{self._at.files}/{id}/signed-url", params, record=True)

    def company(self, id: str, properties: Iterable[str]) -> Request:
        """One company."""
        params = {"properties": ",".join(properties)}
        return Request("GET", f"{self._at.objects}/companies/{id}", params, record=True)

    def pipelines(self) -> Request:
        """Every pipeline of tickets."""
        return Request("GET", f"{self._at.pipelines}/tickets")

    def properties(self, kind: str = "tickets") -> Request:
        """Every property of tickets, or of another kind of records."""
        return Request("GET", f"{self._at.properties}/{kind}")

    def new_property(self, field: NewField, group: str) -> Request:
        """Define a property on tickets; there, in that group, people find it."""
        kind, shown = ("date", "date") if field.kind is FieldKind.DATE else ("string", "text")
        body = {
            "name": field.name,
            "label": field.label,
            "type": kind,
            "fieldType": shown,
            "groupName": group,
            "description": field.description,
        }
        return Request("POST", f"{self._at.properties}/tickets", body=body)

    def one_of(self, kind: str) -> Request:
        """One record of a kind, any."""
        return Request("GET", f"{self._at.objects}/{kind}", {"limit": "1"})

    def note_of_nobody(self) -> Request:
        """A change of nothing, on a note that is not there: it fails in one of two ways."""
        path = f"{self._at.objects}/notes/0"
        return Request("PATCH", path, body={"properties": {}}, record=True)

    def owners(self, after: str | None) -> Request:
        """A page of those who may be responsible for a record."""
        return Request("GET", self._at.owners, _paged({"limit": "500"}, after))

    def account(self) -> Request:
        """Which account the token belongs to."""
        return Request("GET", f"{self._at.account}/details")


def _paged(params: dict[str, str], after: str | None) -> dict[str, str]:
    return params if after is None else {**params, "after": after}
