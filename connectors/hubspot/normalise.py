"""From a stored delivery to hints. Pure and total: whatever the bytes, nothing is raised.

A delivery is an array of up to a hundred events of any types and accounts. What is said of one
ticket becomes one event; the order of an array means nothing, `occurredAt` does.
https://developers.hubspot.com/docs/api/webhooks
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from bridge.domain.events import Delivery, Event, Hint, Ignored, PrivacyDeletion, ReferenceChanged
from bridge.domain.records import AUTHOR, Fact
from bridge.domain.refs import Kind
from bridge.kit.clock import from_ms
from connectors.hubspot.facts import property_facts
from connectors.hubspot.payloads import WebhookEvent
from connectors.hubspot.properties import PropertyShapes, tidy

_NOUNS = {"0-5": "ticket", "0-2": "company", "0-1": "contact"}
_THIN = frozenset({"creation", "deletion", "restore"})


def parse_events(body: bytes) -> list[Any] | None:
    """The entries of a delivery's array; None where it is no JSON array."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, list) else None


def normalise(delivery: Delivery, shapes: PropertyShapes) -> tuple[Hint, ...] | Ignored:
    """What a delivery hints at; `Ignored` says why it hints at nothing."""
    entries = parse_events(delivery.body)
    if entries is None:
        return Ignored("the body is not a JSON array of events", unreadable=True)
    events = [event for entry in entries if (event := _read(entry)) is not None]
    hints = (*_ticket_events(events, shapes), *_other_hints(events))
    if hints:
        return hints
    if not events:
        return Ignored("the array holds no event that can be read", unreadable=True)
    kinds = sorted({tidy(event.subscription_type)[:60] for event in events})
    return Ignored(f"no event concerns a ticket: {', '.join(kinds[:5])}")


def _read(entry: Any) -> WebhookEvent | None:
    try:
        return WebhookEvent.model_validate(entry)
    except ValidationError:
        return None


def _type(event: WebhookEvent) -> tuple[str, str]:
    """Noun and verb of an event, the generic `object.*` form included."""
    noun, _, verb = event.subscription_type.partition(".")
    return (_NOUNS.get(event.object_type_id or "", "object") if noun == "object" else noun), verb


def _ticket_events(events: list[WebhookEvent], shapes: PropertyShapes) -> Iterator[Event]:
    """One event a ticket, and one a merge, in the order of their first appearance."""
    said: dict[tuple[str, str], list[WebhookEvent]] = {}
    for event in events:
        noun, verb = _type(event)
        if noun == "ticket" and verb == "merge" and event.new_object_id is not None:
            yield _merge(event, event.new_object_id)
        for id in _tickets_of(event, noun, verb):
            said.setdefault((event.portal_id, id), []).append(event)
    for (portal, id), about in said.items():
        yield _ticket_event(portal, id, about, shapes)


def _tickets_of(event: WebhookEvent, noun: str, verb: str) -> list[str]:
    if verb == "associationChange":
        return _associated_tickets(event, noun)
    known = verb in _THIN or verb == "propertyChange"
    return [event.object_id] if noun == "ticket" and known and event.object_id is not None else []


def _associated_tickets(event: WebhookEvent, noun: str) -> list[str]:
    """The tickets at the ends of an association, whichever end was subscribed to."""
    kind = event.association_type or ""
    ends = [
        (event.from_object_id, event.from_object_type_id == "0-5" or kind.startswith("TICKET_TO_")),
        (event.to_object_id, event.to_object_type_id == "0-5" or kind.endswith("_TO_TICKET")),
    ]
    found = [id for id, is_ticket in ends if id is not None and is_ticket]
    if not found and noun == "ticket" and event.from_object_id is not None:
        return [event.from_object_id]
    return found


def _merge(event: WebhookEvent, survivor: str) -> Event:
    olds = (event.primary_object_id, *event.merged_object_ids)
    return Event(
        Kind.TICKET,
        survivor,
        account=event.portal_id,
        thin=True,
        aliases=tuple(dict.fromkeys(id for id in olds if id is not None and id != survivor)),
    )


def _ticket_event(portal: str, id: str, about: list[WebhookEvent], shapes: PropertyShapes) -> Event:
    about = sorted(about, key=lambda each: each.occurred_at)
    facts: dict[str, Fact] = {}
    thin = False
    for event in about:
        name = tidy(event.property_name)
        if _type(event)[1] != "propertyChange" or not name:
            thin = True
            continue
        at = from_ms(event.occurred_at)
        made = property_facts(name, event.property_value, at, shapes)
        if not shapes.is_clear(name, event.property_value) or _contradicts(
            facts.get(name), made[name]
        ):
            # The value's form, or which of two came last, is for a read to say.
            thin = True
            for unsure in made:
                facts.pop(unsure, None)
            continue
        facts |= made
        if event.source_id:
            facts[AUTHOR] = Fact(tidy(event.source_id), at)
    return Event(Kind.TICKET, id, account=portal, facts=facts, thin=thin)


def _contradicts(earlier: Fact | None, later: Fact) -> bool:
    """Two values of one millisecond: nobody can tell which came last."""
    return earlier is not None and earlier.at == later.at and earlier.value != later.value


def _other_hints(events: list[WebhookEvent]) -> list[Hint]:
    """Conversations, companies and people, each said once."""
    hints: dict[tuple[str, str, str], Hint] = {}
    for event in events:
        if event.object_id is None:
            continue
        id, portal, kind = event.object_id, event.portal_id, _type(event)
        match kind:
            case ("conversation", "newMessage"):
                hint: Hint = Event(
                    Kind.TICKET, f"thread:{id}", account=portal, thin=True, via_alias=True
                )
            case ("conversation", "privacyDeletion"):
                hint = PrivacyDeletion(f"thread:{id}", portal)
            case ("contact", "privacyDeletion"):
                hint = PrivacyDeletion(id, portal)
            case ("company", "propertyChange"):
                hint = ReferenceChanged("company", id, portal)
            case _:
                continue
        hints[(portal, ".".join(kind), id)] = hint
    return list(hints.values())
