"""The one way out to a helpdesk: it takes what passed the gate, by its type, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from bridge.domain.errors import PolicyViolation
from bridge.domain.mails import Addressee, Letter, MailWay
from bridge.domain.operations import SayToCustomer, ShowLetter
from bridge.domain.records import Observation
from bridge.domain.refs import TicketRef
from bridge.domain.texts import Audience, Releasable
from bridge.engine.hub import Hub
from bridge.ports.roles import Helpdesk
from bridge.ports.speaking import ContinuingHelpdesk, Message, Spoken


async def set_fields(
    hub: Hub, ticket: TicketRef, fields: Mapping[str, Releasable], revision: int | None
) -> Observation:
    """Write the ticket's fields in one call, as the helpdesk's role promises."""
    _require_released(fields.values())
    values = {name: each.value for name, each in fields.items()}
    return await _helpdesk(hub, ticket).set_fields(ticket.id, values, revision)


async def add_note(hub: Hub, ticket: TicketRef, html: Releasable) -> str:
    """Add an internal note to the ticket, as the helpdesk's role promises; its id."""
    _require_released([html])
    return await _helpdesk(hub, ticket).add_note(ticket.id, html.value)


async def say(hub: Hub, operation: SayToCustomer) -> Spoken:
    """Say a message to the ticket's customer, or open the ticket that continues it."""
    ticket, html = operation.ticket, operation.html
    _require_released([html])
    if html.audience is not Audience.CUSTOMER:
        raise PolicyViolation("a text that is not for customers was about to be said to one")
    speaking = hub.speaking(ticket.connection)
    message = Message(
        html.value,
        operation.marker,
        operation.recipients,
        operation.revision,
        operation.approved,
    )
    if not operation.follow_up:
        return await speaking.say(ticket.id, message)
    # Planned only where the manifest says `follows_up`: this takes it at its word.
    return await cast("ContinuingHelpdesk", speaking).follow_up(ticket.id, message)


async def addressee(hub: Hub, operation: SayToCustomer) -> Addressee:
    """Whom a letter about the ticket is for, as the helpdesk says."""
    ticket = operation.ticket
    mailed = hub.mailed(ticket.connection)
    return await mailed.addressee(ticket.id, operation.recipients, operation.approved)


async def send_letter(hub: Hub, operation: SayToCustomer, way: MailWay, to: Addressee) -> str:
    """Say a message to the ticket's customer by a letter; its message id."""
    _require_released([operation.html, way.subject])
    if {operation.html.audience, way.subject.audience} != {Audience.CUSTOMER}:
        raise PolicyViolation("a text that is not for customers was about to be sent to one")
    ticket = str(operation.ticket)
    letter = Letter(
        operation.marker, ticket, to, way.sender, way.reply_to, way.subject, operation.html
    )
    return await hub.mailer(way.via).send_letter(letter)


async def show_letter(hub: Hub, operation: ShowLetter) -> str:
    """Let the ticket show a letter that went out; nothing new leaves."""
    ticket = operation.ticket
    _require_released([operation.letter.html, operation.letter.subject])
    return await hub.mailed(ticket.connection).show_letter(ticket.id, operation.letter)


async def letter_shown(hub: Hub, operation: ShowLetter) -> str | None:
    """The helpdesk's id of a letter, if the ticket shows it; nothing leaves."""
    ticket = operation.ticket
    return await hub.mailed(ticket.connection).letter_shown(ticket.id, operation.letter)


async def redact_comment(hub: Hub, ticket: TicketRef, comment: str) -> None:
    """Blot out a comment of the ticket, as the helpdesk's role promises; nothing new leaves."""
    await hub.redacting(ticket.connection).redact_comment(ticket.id, comment)


def _helpdesk(hub: Hub, ticket: TicketRef) -> Helpdesk:
    # This is the one place that takes the whole role in place of its readable half.
    return cast("Helpdesk", hub.helpdesk(ticket.connection))


def _require_released(values: Iterable[object]) -> None:
    """Types hold where everything is typed; at this door it is asked once more."""
    for each in values:
        if not isinstance(each, Releasable) or each.audience is Audience.ENGINEERING:
            raise PolicyViolation("a text that the gate did not let pass was about to be written")
