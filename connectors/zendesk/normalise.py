"""From a stored delivery to hints. Pure and total: whatever the bytes, nothing is raised.

A delivery is one event, or what a trigger's action says; one save of an agent sends several.
Text is never taken from a delivery: comments are read.
https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from bridge.domain.events import Delivery, Event, Hint, Ignored, PrivacyDeletion, ReferenceChanged
from bridge.domain.records import AUTHOR, CHANGED_AT, Fact, Presence, parse_instant
from bridge.domain.refs import Kind
from connectors.zendesk.facts import detail_facts, thread_of
from connectors.zendesk.fields import SYSTEM, Learned, tidy, value_of
from connectors.zendesk.payloads import (
    Envelope,
    EventDetail,
    Id,
    Payload,
    SubjectOfEvent,
    TriggerBody,
)

_PREFIX = "zen:event-type:"
_PLAIN = frozenset(
    {"status_changed", "priority_changed", "type_changed", "subject_changed",
     "custom_status_changed", "agent_assignment_changed", "group_assignment_changed",
     "organization_changed", "submitter_changed", "brand_changed",
     "form_changed", "external_id_changed", "tags_changed"}
)  # fmt: skip
"""Events whose news stands in `detail`, all of it."""
_SILENT = frozenset(
    {"schedule_changed", "sla_policy_changed", "ola_policy_changed", "next_sla_breach_changed",
     "followers_changed", "csat_requested"}
)  # fmt: skip
_GONE = frozenset({"soft_deleted", "marked_as_spam"})
_CLEAR = frozenset({"text", "textarea", "tagger", "date", "regexp"})
"""Kinds of fields whose value has the same form in events and in the API."""


class _Merged(Payload):
    target_ticket_id: Id


class _Author(Payload):
    id: Any = None


class _Spoken(Payload):
    author: _Author = _Author()


class _SpokenEvent(Payload):
    comment: _Spoken = _Spoken()


def parse(body: bytes) -> Any:
    """The JSON of a body; None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def normalise(delivery: Delivery, learned: Learned) -> tuple[Hint, ...] | Ignored:
    """What a delivery hints at; `Ignored` says why it hints at nothing."""
    said = parse(delivery.body)
    if not isinstance(said, dict):
        return Ignored("the body is not a JSON object", unreadable=True)
    if "type" not in said and "ticket_id" in said:
        return _of_trigger(said)
    try:
        envelope = Envelope.model_validate(said)
    except ValidationError:
        return Ignored("the body is no event that can be read", unreadable=True)
    noun, _, verb = envelope.type.removeprefix(_PREFIX).partition(".")
    match noun:
        case "ticket":
            return _of_ticket(verb, envelope, learned)
        case "messaging_ticket":
            return _of_record(envelope)
        case "organization":
            return _of_organization(envelope)
        case _:
            return Ignored(f"the event concerns no ticket: {envelope.type}")


def _of_trigger(said: dict[str, Any]) -> tuple[Hint, ...] | Ignored:
    """A trigger's words are localised and not escaped: only the id is taken."""
    try:
        return (Event(Kind.TICKET, TriggerBody.model_validate(said).ticket_id, thin=True),)
    except ValidationError:
        return Ignored("the trigger's ticket_id is no id of a ticket", unreadable=True)


def _subject(envelope: Envelope) -> str | None:
    try:
        return SubjectOfEvent.model_validate(envelope.detail).id
    except ValidationError:
        return None


def _unnamed(envelope: Envelope) -> Ignored:
    return Ignored(f"{envelope.type} names no record", unreadable=True)


def _of_record(envelope: Envelope) -> tuple[Hint, ...] | Ignored:
    id = _subject(envelope)
    return _unnamed(envelope) if id is None else (Event(Kind.TICKET, id, thin=True),)


def _of_organization(envelope: Envelope) -> tuple[Hint, ...] | Ignored:
    id = _subject(envelope)
    return _unnamed(envelope) if id is None else (ReferenceChanged("company", id),)


def _of_ticket(verb: str, envelope: Envelope, learned: Learned) -> tuple[Hint, ...] | Ignored:
    id = _subject(envelope)
    if id is None:
        return _unnamed(envelope)
    if verb in _SILENT:
        return Ignored(f"the hub shows nothing of {envelope.type}")
    if verb == "merged":
        return _merge(id, envelope)
    if verb in _GONE or verb == "permanently_deleted":
        gone = Event(Kind.TICKET, id, facts=_when(envelope), thin=True, presence=Presence.DELETED)
        return (gone,) if verb in _GONE else (gone, PrivacyDeletion(thread_of(id)))
    if verb == "undeleted":
        return (Event(Kind.TICKET, id, facts=_when(envelope), thin=True),)
    facts = _details(envelope)
    if verb == "custom_field_changed":
        return (_field_event(id, envelope, facts),)
    if verb == "comment_added" and _is_own(envelope, learned):
        # The echo of the hub's own note: there is nothing in it to be read.
        kept = {name: fact for name, fact in facts.items() if name == CHANGED_AT}
        return (Event(Kind.TICKET, id, facts=kept, thin=not kept),)
    return (Event(Kind.TICKET, id, facts=facts, thin=verb not in _PLAIN or not facts),)


def _merge(id: str, envelope: Envelope) -> tuple[Hint, ...] | Ignored:
    """Sent for the ticket that vanished."""
    try:
        target = _Merged.model_validate(envelope.event).target_ticket_id
    except ValidationError:
        return _unnamed(envelope)
    if target == id:
        return (Event(Kind.TICKET, id, thin=True),)
    return (Event(Kind.TICKET, target, thin=True, aliases=(id,)),)


def _when(envelope: Envelope) -> dict[str, Fact]:
    """Who, and when by Zendesk's clock: a deletion moves no `updated_at`."""
    at = parse_instant(envelope.time) if isinstance(envelope.time, str) else None
    return {} if at is None else {AUTHOR: Fact(_actor(envelope), at)}


def _actor(envelope: Envelope) -> str | None:
    try:
        return EventDetail.model_validate(envelope.detail).actor_id
    except ValidationError:
        return None


def _details(envelope: Envelope) -> dict[str, Fact]:
    try:
        return detail_facts(EventDetail.model_validate(envelope.detail))
    except ValidationError:
        return {}


def _field_event(id: str, envelope: Envelope, facts: dict[str, Fact]) -> Event:
    """A custom field under both of its names; read where the form of the value is unsure."""
    # `custom_field` in one of the vendor's descriptions, `field` in another.
    field = envelope.event.get("custom_field") or envelope.event.get("field")
    current = envelope.event.get("current")
    changed = facts.get(CHANGED_AT)
    if not isinstance(field, dict) or not isinstance(current, dict) or changed is None:
        return Event(Kind.TICKET, id, facts=facts, thin=True)
    raw, number, title = current.get("value"), str(field.get("id") or ""), field.get("title")
    clear = field.get("type") in _CLEAR and (raw is None or isinstance(raw, str))
    if not clear or not (number.isascii() and number.isdecimal()) or len(number) > 20:
        return Event(Kind.TICKET, id, facts=facts, thin=True)
    names = [number]
    if isinstance(title, str) and tidy(title) and title not in SYSTEM and title[0] != "@":
        names.append(tidy(title))
    value = Fact(value_of(raw), changed.at)
    return Event(Kind.TICKET, id, facts=facts | dict.fromkeys(names, value))


def _is_own(envelope: Envelope, learned: Learned) -> bool:
    try:
        author = _SpokenEvent.model_validate(envelope.event).comment.author.id
    except ValidationError:
        return False
    return learned.own_id is not None and str(author) == learned.own_id
