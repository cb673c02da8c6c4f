"""Whom an approved message goes to: each of the people for themselves, in words for who reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bridge.core.beside import BESIDE
from bridge.core.drafting import draft_digest, draft_id
from bridge.core.facts import Facts
from bridge.core.mailing import has_no_conversation
from bridge.core.receivers import Receiver, reached
from bridge.core.rewording import occasion_of
from bridge.core.told_wording import CONTACT, POWER_USER, Worded, reader_of, worded
from bridge.domain.drafts import Draft, DraftState
from bridge.domain.errors import BridgeError
from bridge.domain.records import Observation
from bridge.domain.refs import split_ref
from bridge.engine.hub import Hub
from bridge.store.database import Row


class NotOnTicket(BridgeError):
    """Somebody who was named as a recipient is not on the ticket."""


class NotDirected(BridgeError):
    """The helpdesk can't send a message to some of the people on a ticket."""


@dataclass(frozen=True, slots=True)
class Beside:
    """The same news in other words, for those who read otherwise."""

    text: str
    """As people type it."""
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What some of the people are told."""

    html: str
    eta: date | None
    recipients: tuple[str, ...]


def directs(hub: Hub, helpdesk: str) -> bool:
    """Whether a message there can be sent to some of those on the ticket."""
    port = hub.connections.get(helpdesk)
    return port is not None and port.manifest.directs


def answers_last(hub: Hub, helpdesk: str) -> bool:
    """Whether a message there goes to whoever wrote last, and to nobody else on the ticket."""
    port = hub.connections.get(helpdesk)
    return port is not None and port.manifest.answers_last


def reached_by(hub: Hub, seen: Observation, recipients: Sequence[str]) -> tuple[str, ...] | None:
    """The ids of those whom a message to the ticket reaches now; None where nobody knows."""
    return reached(seen, recipients, last=answers_last(hub, seen.ref.connection))


def by_letter(hub: Hub, seen: Observation | None) -> bool:
    """Whether the ticket's customer is written to by mail, which goes to one person."""
    if seen is None:
        return False
    name = seen.ref.connection
    active, port = hub.mappings.get(name), hub.connections.get(name)
    mails = port is not None and port.manifest.shows_mail
    return (
        mails
        and active is not None
        and active.data.tell.mail is not None
        and (has_no_conversation(seen))
    )


def chosen(
    hub: Hub, helpdesk: str, people: Sequence[Receiver], recipients: Sequence[str]
) -> tuple[str, ...]:
    """The recipients, each once; NotOnTicket or NotDirected where that can't be."""
    known = {each.id for each in people}
    strange = [each for each in recipients if each not in known]
    if strange:
        raise NotOnTicket(
            f"{strange[0]} is not on the ticket. Leave the recipients out to write to whoever is, "
            "or add the person in the helpdesk first"
        )
    if recipients and not directs(hub, helpdesk):
        raise NotDirected(
            f"In {helpdesk} everybody who is on a ticket reads an answer: it can't be sent to some "
            "of them. Leave the recipients out, or write to one of them by mail"
        )
    return tuple(dict.fromkeys(recipients))


def parts_of(first: Part, beside: Part | None, *, letter: bool) -> list[Part]:
    """What is sent, message by message; by mail each person gets one of their own."""
    parts = [first] if beside is None else [first, beside]
    if not letter:
        return parts
    return [
        replace(part, recipients=(each,) if each else ())
        for part in parts
        for each in (part.recipients or ("",))
    ]


def others(
    draft: Draft, parts: Iterable[Part], *, by: str, now: datetime, earlier: int
) -> list[Draft]:
    """The messages that go beside a draft, approved with it; `earlier`: how many did before.

    Each is a message of its own, sent, refused and recorded for itself, and taken back with the
    draft. A draft that is approved anew has others beside it, with ids of their own.
    """
    reason = f"{BESIDE}{draft.id}"
    return [
        Draft(
            draft_id(draft.ticket, f"{reason} no", number), draft.ticket, reason,
            part.html, draft_digest(part.html), DraftState.APPROVED, now, stage=draft.stage,
            eta=part.eta, release=draft.release, language=draft.language,
            recipients=part.recipients, approved_by=by, approved_at=now,
            approved_for=part.recipients or None,
        )
        for number, part in enumerate(parts, earlier)
    ]  # fmt: skip


def other_words(facts: Facts, draft: Draft, row: Row, now: datetime) -> Worded | None:
    """What the draft says to the other kind of reader, where the wording has more for them."""
    eta = None if row["eta_now"] is None else date.fromisoformat(row["eta_now"])
    said = occasion_of(facts, draft, row["stage_label"] or "", eta, now)
    if said is None:
        return None
    reader = other_reader(reader_of(facts))
    words = worded(facts, said, reader, name="")
    if not isinstance(words, Worded):
        # Wording that can't do without a name: whoever approves it sees which.
        words = worded(facts, said, reader)
    return words if isinstance(words, Worded) and words.html != draft.html else None


def other_reader(reader: str) -> str:
    """Of the two kinds of readers the other one."""
    return CONTACT if reader == POWER_USER else POWER_USER


def helpdesk_of(draft: Draft) -> str:
    """The connection of the draft's ticket."""
    return split_ref(draft.ticket)[0]
