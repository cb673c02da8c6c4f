"""What a mapping says of the end of tickets and of escalation, against the live schema. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.core.check_result import Result
from bridge.core.closing import names_status
from bridge.core.likeness import meant
from bridge.core.values import canonical
from bridge.domain.mapping import Mapping
from bridge.domain.mapping_escalation import Escalation, FieldTest, IntakeFact
from bridge.domain.schema import Schema


def fields_of_ends(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Each field that these parts name, with where it is named."""
    closing, owner, spec = mapping.closing, mapping.replies.owner, mapping.escalation
    if closing is not None:
        for name, write in (("to", closing.to), ("reopen_to", closing.reopen_to)):
            if write is not None:
                yield f"closing.{name}.property", write.property
    if owner is not None:
        yield "on_reply.owner", owner
    if spec is not None:
        yield from _of_escalation(spec)
    if mapping.hygiene is not None:
        for index, each in enumerate(mapping.hygiene.ends):
            yield f"hygiene.ends.{index}", each.property


def _of_escalation(spec: Escalation) -> Iterator[tuple[str, str]]:
    for name, fact in spec.requires.items():
        yield f"escalation.requires.{name}", fact.property
    asked = spec.requested_by_field
    tests = {
        "impact": spec.impact,
        "versions": spec.versions,
        "open_to": spec.open_to,
        "requested_by_field": asked,
    }
    named = {name: test.property for name, test in tests.items() if test is not None}
    if asked is not None:
        words = {"reason": asked.reason, "contact": asked.contact}
        named |= {f"requested_by_field.{name}": each for name, each in words.items() if each}
    for name, field in named.items():
        yield f"escalation.{name}", field


def judge_ends(mapping: Mapping, schema: Schema) -> Iterator[Result]:
    """Statuses that the closing names, and values at which escalation holds, that no ticket has."""
    yield from _tests_of_escalation(mapping, schema)
    yield from _statuses(mapping, schema)


def _tests_of_escalation(mapping: Mapping, schema: Schema) -> Iterator[Result]:
    spec = mapping.escalation
    if spec is None:
        return
    tests: dict[str, IntakeFact | FieldTest | None] = {
        **{f"requires.{name}": each for name, each in spec.requires.items()},
        "impact": spec.impact,
        "open_to": spec.open_to,
        "requested_by_field": spec.requested_by_field,
    }
    for where, test in tests.items():
        info = None if test is None else schema.reference.fields.get(test.property)
        if test is None or info is None or isinstance(test.is_, bool | None) or not info.options:
            continue
        known = [word for option in info.options for word in option]
        if canonical(test.is_) not in known:
            sentence = f'{test.property} is never "{canonical(test.is_)}".'
            place = f"{mapping.mapping}: escalation.{where}.is"
            yield Result(place, False, sentence, meant(canonical(test.is_), known))


def _statuses(mapping: Mapping, schema: Schema) -> Iterator[Result]:
    closing, reference = mapping.closing, schema.reference
    if closing is None or not reference.statuses:
        return
    places = [("solved", each) for each in closing.solved]
    places += [("pending", each) for each in closing.pending]
    writes = (("to.value", closing.to), ("reopen_to.value", closing.reopen_to))
    places += [(name, write.value) for name, write in writes if write is not None]
    labels = [each.label for each in reference.statuses.values()]
    for where, name in places:
        if not any(names_status([name], each, reference) for each in reference.statuses):
            sentence = f'Tickets have no status "{name}".'
            place = f"{mapping.mapping}: closing.{where}"
            yield Result(place, False, sentence, meant(name, labels))
