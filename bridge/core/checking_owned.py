"""The fields on tickets that a mapping gives to the hub: there, writable, of a fitting kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.core.check_result import Place, Result
from bridge.core.likeness import listed, nearest
from bridge.core.values import canonical
from bridge.domain.mapping import Mapping
from bridge.domain.records import FieldInfo
from bridge.domain.schema import FieldKind, NewField, Schema

_CREATE = "or let the hub make it: bridge check --create-properties"


@dataclass(frozen=True, slots=True)
class Owned:
    """A field that the hub writes. `words` are all that it may write there, if they are known.

    `exact`: of that very kind. Another field of a work item may be a number or a date, and what
    the ticket's field refuses of it only the vendor can say.
    """

    field: str
    where: str
    kind: FieldKind
    purpose: str
    words: tuple[str, ...] = ()
    exact: bool = True


def owned_fields(mapping: Mapping) -> list[Owned]:
    """The fields that the mapping gives to the hub, each once."""
    show, text = mapping.show_on_ticket, FieldKind.TEXT
    found: list[Owned] = []
    if show.stage is not None:
        words = tuple(e.label if show.stage.show == "label" else e.id for e in mapping.stages)
        where = "show_on_ticket.stage"
        found.append(Owned(show.stage.property, where, text, "the stage", words))
    if show.eta is not None:
        purpose = "the expected date"
        found.append(Owned(show.eta.property, "show_on_ticket.eta", FieldKind.DATE, purpose))
    if show.keys is not None:
        purpose = "the work items' keys"
        found.append(Owned(show.keys.property, "show_on_ticket.keys", text, purpose))
    for index, pair in enumerate(mapping.fields):
        if pair.owner == "work_item":
            words = tuple(canonical(each) for each in (pair.values or {}).values())
            purpose = f"{pair.work_item} of the work item"
            where = f"fields[{index}].ticket"
            found.append(Owned(pair.ticket, where, text, purpose, words, exact=False))
    first: dict[str, Owned] = {}
    for each in found:
        first.setdefault(each.field, each)
    return [*first.values()]


def missing_fields(mapping: Mapping, schema: Schema) -> list[NewField]:
    """The fields that the hub would own and that tickets do not have."""
    return [
        NewField(
            name=each.field,
            label=each.field.replace("_", " ").strip().capitalize() or each.field,
            kind=each.kind,
            description=f"Shows {each.purpose}. Ticketbridge writes it.",
        )
        for each in owned_fields(mapping)
        if each.field not in schema.reference.fields
    ]


def judge_owned(mapping: Mapping, schema: Schema, place: Place) -> Iterator[Result]:
    """What is wrong with the hub's own fields."""
    fields = schema.reference.fields
    for own in owned_fields(mapping):
        info = fields.get(own.field)
        if info is None:
            yield _missing(mapping, own, schema, place)
            continue
        said = _wrong_with(own, info, schema)
        if said is not None:
            yield Result(f"{mapping.mapping}: {own.where}", False, *said)


def _missing(mapping: Mapping, own: Owned, schema: Schema, place: Place) -> Result:
    writable = [name for name, info in schema.reference.fields.items() if not info.read_only]
    near = nearest(own.field, writable)
    kind = "a date" if own.kind is FieldKind.DATE else "single-line text"
    hint = f'Did you mean "{near}"? ' if near is not None else ""
    hint += f"Make it in {place.fields_at or place.title} as {kind}"
    hint += f", {_CREATE}" if place.creates_fields else "."
    sentence = f"Tickets have no field {own.field}, where the hub shows {own.purpose}."
    return Result(f"{mapping.mapping}: {own.where}", False, sentence, hint)


def _wrong_with(own: Owned, info: FieldInfo, schema: Schema) -> tuple[str, str] | None:
    """The sentence and the way out; None where the field fits."""
    if info.read_only:
        sentence = f"{own.field} is read-only, but the hub shows {own.purpose} there."
        return sentence, "Name a field that can be written."
    if info.options:
        values = {value for value, _ in info.options}
        lacking = [each for each in own.words if each not in values]
        if lacking:
            sentence = f"{own.field} has no option for: {listed(lacking)}."
            return sentence, "Add these options, or make the field a text."
        if own.exact and not own.words:
            sentence = f"{own.field} takes only its options, but the hub shows {own.purpose} there."
            return sentence, "Make the field a text, or name another."
        return None
    takes = schema.text_types | (schema.date_types if own.kind is FieldKind.DATE else frozenset())
    if own.exact and schema.text_types and info.type not in takes:
        needed = "a date or a text" if own.kind is FieldKind.DATE else "a text"
        sentence = f"{own.field} is of the type {info.type}, but {own.purpose} needs {needed}."
        return sentence, "Name another field, or make this one anew."
    return None
