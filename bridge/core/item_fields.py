"""Fields of a work item that its tickets own."""

from __future__ import annotations

from collections.abc import Mapping as Table

from bridge.core.facts import value_unmapped
from bridge.core.guide_words import is_named
from bridge.core.owned import Wish
from bridge.core.situation import ItemSituation, LinkedTicket
from bridge.core.stages import GONE
from bridge.core.values import canonical, digest
from bridge.domain.findings import Finding
from bridge.domain.links import LinkState
from bridge.domain.mapping import FieldPair
from bridge.domain.records import Value


def wishes_of_tickets(s: ItemSituation) -> tuple[list[Wish], list[Finding]]:
    """What the open tickets want each of the item's fields to be; where they disagree, nothing."""
    voices: dict[str, list[tuple[LinkedTicket, int, FieldPair]]] = {}
    for ticket in s.tickets:
        for index, pair in enumerate(_pairs(s, ticket)):
            if pair is not None:
                voices.setdefault(pair.work_item, []).append((ticket, index, pair))
    wishes: list[Wish] = []
    findings: list[Finding] = []
    for field, said in voices.items():
        wish, finding = _agreed(s, field, said)
        wishes.append(wish)
        findings += [finding] if finding else []
    return wishes, findings


def _pairs(s: ItemSituation, ticket: LinkedTicket) -> list[FieldPair | None]:
    """The ticket's pairs that it owns on this item; None keeps the others' places."""
    seen, mapping = ticket.observation, ticket.mapping
    if seen is None or mapping is None or ticket.closed or seen.presence in GONE:
        return []
    if ticket.link.state is not LinkState.ACTIVE:
        return []
    here = (None, s.ref.connection)
    return [p if p.owner == "ticket" and p.connection in here else None for p in mapping.fields]


def _agreed(
    s: ItemSituation, field: str, said: list[tuple[LinkedTicket, int, FieldPair]]
) -> tuple[Wish, Finding | None]:
    _, index, pair = said[0]
    purpose, rule = f"pair:{index}", f"fields[{index}]: owner ticket"
    inputs = tuple(_input(ticket, each) for ticket, _, each in said)

    def held(code: str, data: Table[str, str]) -> Wish:
        return Wish(field, purpose, held=code, data=data, rule=rule, inputs=inputs)

    values: list[Value] = []
    for ticket, _, each in said:
        seen = ticket.observation
        if seen is None or not (seen.whole or seen.knows(each.ticket)):
            return held("WAITING_TICKET_READ", {"item": str(ticket.link.ticket)}), None
        value = _translated(each, seen.value(each.ticket))
        if value is _UNMAPPED:
            finding = value_unmapped(s.ref, each.ticket, canonical(seen.value(each.ticket)))
            return held(finding.code, finding.data), finding
        if isinstance(value, str) and is_named(value, s.sentry):
            place = f'The field "{each.ticket}"'
            data = {"place": place, "done": NOT_MIRRORED, "source": each.ticket}
            return held(REFERENCE, data | {"ref": str(ticket.link.ticket)}), None
        values.append(value)
    if len({digest(each) for each in values}) > 1:
        data = {"field": field, "values": ", ".join(sorted({canonical(each) for each in values}))}
        return held("CONFLICT", data), Finding(
            "CONFLICT", s.ref.connection, str(s.ref), field, data
        )
    wish = Wish(field, purpose, values[0], rule=rule, inputs=inputs, enforce=pair.enforce)
    return wish, None


REFERENCE, NOT_MIRRORED = "SENTRY_REFERENCE", "it is not copied to the work item"
_UNMAPPED: Value = ["no entry in the table"]


def _translated(pair: FieldPair, value: Value) -> Value:
    """The other side's value; an empty one needs no table."""
    if pair.values is None or value in (None, ""):
        return value
    return pair.values.get(canonical(value), _UNMAPPED)


def _input(ticket: LinkedTicket, pair: FieldPair) -> str:
    seen = ticket.observation
    at = seen.at(pair.ticket) if seen is not None else None
    shown = canonical(seen.value(pair.ticket)) if seen is not None else ""
    return f"{ticket.link.ticket} {pair.ticket}={shown} ({at.isoformat() if at else 'never seen'})"
