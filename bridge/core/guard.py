"""The egress gate: the only maker of `Releasable`, so the only way to a ticket or a notice.

What may reach a ticket is an allow-list: stage wording, dates, keys, fields that the mapping
opts in one by one, and comments marked for the customer, each with the way to its work item. When
in doubt a text is held for a person; being held is an answer, never an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bridge.core.marked_text import after_mark, all_said, is_blank, with_last
from bridge.core.sentry_shapes import suspicion
from bridge.domain.texts import Audience, Releasable, Text
from bridge.kit.richtext.html_reading import read_html
from bridge.kit.richtext.html_writing import Shape, write_html
from bridge.kit.richtext.model import Line

CUSTOMER_MARK = "#customer"
HELD_FOR_REVIEW = "HELD_FOR_REVIEW"
LEAK_SUSPECT = "LEAK_SUSPECT"
AUDIENCE_BLOCK = "AUDIENCE_BLOCK"
WITHHELD = "(withheld)"


@dataclass(frozen=True, slots=True)
class Held:
    """A text that does not leave before a person says so. `reason` names the shape found."""

    code: str
    reason: str


def release_wording(text: str, rule: str) -> Releasable:
    """A text of the mapping's own: the customer may read it."""
    return Releasable(text, Audience.CUSTOMER, rule)


def release_date(day: date | None, rule: str) -> Releasable:
    """A date as an ISO date; empty where there is none. For support: the customer is told it."""
    return Releasable("" if day is None else day.isoformat(), Audience.SUPPORT, rule)


def release_keys(keys: tuple[str, ...], rule: str) -> Releasable:
    """The keys of the work items, for support."""
    return Releasable(", ".join(keys), Audience.SUPPORT, rule)


def release_pair(value: str, audience: Audience, rule: str) -> Releasable | Held:
    """The value of a field that the mapping opts in, unless it is not for a ticket's readers."""
    if audience is Audience.ENGINEERING:
        return Held(AUDIENCE_BLOCK, "the mapping keeps it for engineering")
    shape = suspicion(value)
    if shape is not None:
        return Held(LEAK_SUSPECT, shape)
    return Releasable(value, audience, rule)


def sayable(value: str, audience: Audience) -> str:
    """What an explanation may say of such a value: support reads it, who may not read all."""
    held = isinstance(release_pair(value, audience, "explained"), Held)
    return WITHHELD if held and value else value


def release_fact(value: str, audience: Audience, to: Audience, rule: str) -> Releasable | Held:
    """A fact of a ticket for a notice whose readers are `to`; customers are never told so."""
    if to is Audience.CUSTOMER or audience > to:
        return Held(AUDIENCE_BLOCK, "not for those who read there")
    shape = suspicion(value)
    return Releasable(value, audience, rule) if shape is None else Held(LEAK_SUSPECT, shape)


def restore_release(value: str, audience: Audience, rule: str) -> Releasable:
    """What the gate let through before, read back from where it was kept."""
    return Releasable(value, audience, rule)


def release_composed(text: str, parts: Sequence[Releasable], rule: str) -> Releasable:
    """Wording of our own around released parts; it is for those who may read all of them."""
    return Releasable(text, max((each.audience for each in parts), default=Audience.SUPPORT), rule)


def release_comment(text: Text, footer: Line = ()) -> Releasable | Held:
    """A work item's comment as an internal note, if its first line marks it for the customer.

    Its words and their structure leave, without the mark; `footer` is the hub's own line. What
    is looked through: the comment as it stands, and all that the result says or leads to.
    """
    body = after_mark(read_html(text.content), CUSTOMER_MARK)
    if body is None:
        return Held(HELD_FOR_REVIEW, "not marked for the customer")
    if any("sentry" in each.casefold() for each in text.origin):
        return Held(HELD_FOR_REVIEW, "sentry")
    made = write_html(body, Shape())
    shape = suspicion(text.content) or suspicion(all_said(body)) or suspicion(made)
    if shape is not None:
        return Held(HELD_FOR_REVIEW, shape)
    if is_blank(body):
        return Held(HELD_FOR_REVIEW, "empty")
    note = write_html(with_last(body, footer), Shape()) if footer else made
    return Releasable(note, Audience.SUPPORT, f"marked {CUSTOMER_MARK}")
