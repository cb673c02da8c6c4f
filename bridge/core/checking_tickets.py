"""What a mapping says of its tickets, against the live schema of the helpdesk. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Table

from bridge.core.check_result import Place, Result
from bridge.core.checking_ends import fields_of_ends, judge_ends
from bridge.core.checking_owned import judge_owned, owned_fields
from bridge.core.facts import PROPERTY
from bridge.core.likeness import listed, meant
from bridge.core.values import canonical
from bridge.core.wanted import promise_conditions, promised_facts
from bridge.domain.mapping import Condition, FromSource, Mapping
from bridge.domain.mapping_base import PropertySource
from bridge.domain.mapping_promises import SpanTable
from bridge.domain.records import FieldInfo
from bridge.domain.schema import Schema


def judge_tickets(mapping: Mapping, schema: Schema, place: Place) -> list[Result]:
    """Everything that the mapping names on the helpdesk's side."""
    look = _Look(mapping, schema, place)
    found = [
        *judge_owned(mapping, schema, place),
        *look.reads(),
        *look.tables(),
        *look.conditions(),
        *look.launches(),
        *look.promises(),
        *look.customer(place),
        *judge_ends(mapping, schema),
    ]
    if all(each.ok for each in found):
        names = {each.field for each in owned_fields(mapping)} | {n for _, n in look.named()}
        sentence = f"The {len(names)} ticket fields that {mapping.mapping} names fit."
        found.insert(0, Result(f"{mapping.mapping}: tickets", True, sentence))
    return [*found, *look.statuses(), *look.unrouted()]


def each_condition(condition: Condition) -> Iterator[Condition]:
    """The condition and every one inside it."""
    yield condition
    parts = [*(condition.all or []), *(condition.any or [])]
    for each in [*parts, *([condition.not_] if condition.not_ is not None else [])]:
        yield from each_condition(each)


class _Look:
    """One look at one mapping's words for tickets."""

    def __init__(self, mapping: Mapping, schema: Schema, place: Place) -> None:
        self._mapping = mapping
        self._place = place
        self._schema = schema
        self._fields = schema.reference.fields

    def _result(self, where: str, ok: bool, sentence: str, hint: str = "") -> Result:
        return Result(f"{self._mapping.mapping}: {where}", ok, sentence, hint)

    def named(self) -> Iterator[tuple[str, str]]:
        """Each field that the mapping reads, with where it is named."""
        facts = self._mapping.ticket
        yield "ticket.category", facts.category.property
        if facts.severity is not None:
            yield "ticket.severity", facts.severity.property
        names = [(where, each.field or "") for where, each in self._tests()]
        names += [(where, name) for where, each in self._sources() for name in each.names]
        names += [("promises", name) for name in sorted(promised_facts(self._mapping))]
        for where, name in names:
            if name.startswith(PROPERTY):
                yield where, name.removeprefix(PROPERTY)
        for index, pair in enumerate(self._mapping.fields):
            if pair.owner == "ticket":
                yield f"fields[{index}].ticket", pair.ticket
        yield from fields_of_ends(self._mapping)

    def _tests(self) -> Iterator[tuple[str, Condition]]:
        for index, route in enumerate(self._mapping.routes):
            for each in each_condition(route.when):
                yield f"routes[{index}].when", each
        for where, condition in (
            *promise_conditions(self._mapping),
            *_group_conditions(self._mapping),
        ):
            for each in each_condition(condition):
                yield where, each

    def _sources(self) -> Iterator[tuple[str, FromSource]]:
        for index, route in enumerate(self._mapping.routes):
            for field, value in (route.launch.fields if route.launch else {}).items():
                if isinstance(value, FromSource):
                    yield f'routes[{index}].launch.fields["{field}"]', value

    def reads(self) -> Iterator[Result]:
        """The fields that the mapping reads, where tickets have none of that name."""
        told = {each.field for each in owned_fields(self._mapping)}
        for where, name in self.named():
            if name not in self._fields and name not in told:
                told.add(name)
                near = meant(name, self._fields)
                make = f"Make it in {self._place.fields_at or self._place.title}"
                hint = f"{near} {make}." if near else f"{make}, or name one that is there."
                yield self._result(where, False, f"Tickets have no field {name}.", hint)

    def tables(self) -> Iterator[Result]:
        """Tables over a field's own values: each known to the field, and none of them left out."""
        facts = self._mapping.ticket
        for name, source in (("category", facts.category), ("severity", facts.severity)):
            if source is not None and source.values is not None:
                yield from self._table(f"ticket.{name}.values", source.property, source.values)
        for index, pair in enumerate(self._mapping.fields):
            if pair.owner == "ticket" and pair.values is not None:
                # Which values have an entry there is decided by value; labels count for nothing.
                where = f"fields[{index}].values"
                yield from self._table(where, pair.ticket, pair.values, labels=False)

    def _table(
        self, where: str, field: str, table: Iterable[str], *, labels: bool = True
    ) -> Iterator[Result]:
        info, keys = self._fields.get(field), [*table]
        if info is None or not info.options:
            return
        known = _names(info) if labels else tuple(value for value, _ in info.options)
        for key in keys:
            if key not in known:
                sentence = f'{field} has no value "{key}".'
                yield self._result(where, False, sentence, meant(key, known))
        bare = [
            v for v, label in info.options if v not in keys and (not labels or label not in keys)
        ]
        if bare:
            sentence = f"{len(bare)} values of {field} have no entry: {listed(bare)}."
            yield self._result(
                where, True, sentence, "A ticket with such a value raises a finding."
            )

    def conditions(self) -> Iterator[Result]:
        """The words that conditions test for: ones that a ticket can say."""
        for where, each in self._tests():
            known = self._words(each.field or "")
            wanted = each.in_ if each.in_ is not None else [each.is_]
            for word in [canonical(w) for w in wanted if w is not None and not isinstance(w, bool)]:
                if known is not None and word not in known:
                    sentence = f'{each.field} is never "{word}".'
                    yield self._result(where, False, sentence, meant(word, known))

    def launches(self) -> Iterator[Result]:
        """The words that tables of new work items translate: ones that a ticket can say."""
        for where, source in self._sources():
            rows = [row for row in (source.values or {}).values() if isinstance(row, dict)]
            yield from self._said(where, source.from_, source.values or ())
            yield from self._said(where, source.by or "", [word for row in rows for word in row])

    def promises(self) -> Iterator[Result]:
        """The words by which promises choose their spans, and the steps of the scale."""
        steps = [each.id for each in self._mapping.severities]
        yield from self._said("severities", "severity", steps)
        for index, each in enumerate(self._mapping.promises):
            table, where = each.span, f"promises[{index}].span"
            if isinstance(table, SpanTable):
                rows = [row for row in table.values.values() if isinstance(row, dict)]
                yield from self._said(where, table.from_, table.values)
                yield from self._said(where, table.by or "", [w for row in rows for w in row])

    def _said(self, where: str, name: str, words: Iterable[str]) -> Iterator[Result]:
        """That a ticket can say each of these words on that point."""
        known = self._words(name)
        if known is None:
            return
        for word in dict.fromkeys(words):
            if word not in known:
                sentence = f'{name} is never "{word}".'
                yield self._result(where, False, sentence, meant(word, known))

    def _words(self, name: str) -> tuple[str, ...] | None:
        """All that a ticket can say on that point; None where it may say anything."""
        facts = self._mapping.ticket
        sources: Table[str, PropertySource | None] = {
            "category": facts.category,
            "severity": facts.severity,
        }
        source = sources.get(name)
        if source is not None:
            words = self._own_words(source)
            own = () if source.default is None else (source.default,)
            return None if words is None else (*words, *own)
        info = self._fields.get(name.removeprefix(PROPERTY)) if name.startswith(PROPERTY) else None
        if name == "plan" and facts.customer is not None:
            info = (self._schema.company_fields or {}).get(facts.customer.plan or "")
        return _names(info) if info is not None and info.options else None

    def _own_words(self, source: PropertySource) -> tuple[str, ...] | None:
        if source.values is not None:
            return tuple(source.values.values())
        info = self._fields.get(source.property)
        return _names(info) if info is not None and info.options else None

    def customer(self, place: Place) -> Iterator[Result]:
        """The customer's fields, where they can be read."""
        source, fields = self._mapping.ticket.customer, self._schema.company_fields
        if source is None or fields is None:
            return
        for key, name in (("name", source.name), ("plan", source.plan)):
            if name and name not in fields:
                sentence = f"Customers in {place.title} have no field {name}."
                where = f"ticket.customer.{key}"
                yield self._result(where, False, sentence, meant(name, fields))

    def statuses(self) -> Iterator[Result]:
        """A helpdesk in which nothing is ever closed."""
        known = self._schema.reference.statuses.values()
        if known and not any(each.closed for each in known):
            sentence = "No status of tickets counts as closed."
            hint = "The hub then updates every ticket for ever; mark the last status as closed."
            yield self._result("tickets", True, sentence, hint)

    def unrouted(self) -> Iterator[Result]:
        """Categories that no route names; silent where a route may catch any ticket."""
        source = self._mapping.ticket.category
        info = self._fields.get(source.property)
        if info is None or not info.options or not self._every_route_names_categories():
            return
        routed = (c for where, c in self._tests() if where.startswith("routes"))
        tests = [c for c in routed if c.field == "category"]
        tested = {canonical(c.is_) for c in tests if c.is_ is not None}
        tested |= {canonical(each) for c in tests for each in c.in_ or ()}
        table = source.values
        free = [
            label
            for value, label in info.options
            if not {value, label, *([table[value]] if table and value in table else [])} & tested
        ]
        if free:
            sentence = f"No route names these categories: {listed(free)}."
            hint = "A ticket of one of them waits for a person's decision."
            yield self._result("routes", True, sentence, hint)

    def _every_route_names_categories(self) -> bool:
        for route in self._mapping.routes:
            parts = [c for c in each_condition(route.when) if c.field == "category"]
            plain = [c for c in parts if c.is_ is not None or c.in_ is not None]
            if not plain or len(plain) < len(parts) or _negates(route.when):
                return False
        return True


def _group_conditions(mapping: Mapping) -> Iterator[tuple[str, Condition]]:
    groups = {} if mapping.releases is None else mapping.releases.groups
    for name, group in groups.items():
        if group.when is not None:
            yield f"releases.groups.{name}.when", group.when


def _negates(condition: Condition) -> bool:
    return any(each.not_ is not None for each in each_condition(condition))


def _names(info: FieldInfo) -> tuple[str, ...]:
    """What an option may be called: its value, and after all values its label."""
    values, labels = zip(*info.options, strict=True)
    return tuple(dict.fromkeys((*values, *labels)))
