"""The tables of values of a mapping: what stands on either side, and which values lack. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.core.mapping_grids import UNTABLED, Grid
from bridge.domain.mapping import FieldPair, FromSource, Scalar
from bridge.domain.mapping import Mapping as MappingData
from bridge.domain.mapping_base import PropertySource
from bridge.domain.records import STATUS, Reference

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """Where the values of one side stand: a field of a connection, or words of the mapping."""

    connection: str = ""
    field: str = ""

    @property
    def is_words(self) -> bool:
        """Whether the values are the mapping's own words."""
        return not self.field


@dataclass(frozen=True, slots=True)
class ValueTable:
    """A table of values. `entries` None: there is none yet, and values are taken as they are."""

    path: Path
    title: str
    left: Side
    right: Side
    entries: Mapping[str, Scalar] | None
    words: tuple[str, ...] = ()
    """Where the left side is the mapping's words: those that there are."""
    stages: bool = False
    """The right side is a stage."""
    grid: Grid | None = None
    """Where it is of a launched field: that field, and the route whose tickets it is for."""

    @property
    def id(self) -> str:
        """Its name in addresses."""
        return ".".join(str(each) for each in self.path)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A value of the left side, what it becomes, and on how many records it was last seen."""

    left: str
    label: str
    right: Scalar | None
    seen: int

    @property
    def lacks(self) -> bool:
        """Whether records have the value and the table has not."""
        return self.right is None and self.seen > 0


def value_tables(mapping: MappingData) -> list[ValueTable]:
    """Every table of one fact; those over two facts at once are grids."""
    return [
        *_statuses(mapping),
        *_facts(mapping),
        *(_pair(i, pair, mapping) for i, pair in enumerate(mapping.fields)),
        *_launched(mapping),
    ]


def table_rows(table: ValueTable, seen: Mapping[str, int], reference: Reference) -> list[TableRow]:
    """The rows: values that records have and the table lacks first, then the table's own.

    Last come those that the vendor offers and no record has.
    """
    labels = _labels(table, reference)
    held: dict[str, Scalar] = dict(table.entries or {})
    folded = {key.casefold(): key for key in held} if table.stages else {key: key for key in held}

    def key_of(value: str) -> str | None:
        for name in (value, labels.get(value, value)):
            found = folded.get(name.casefold() if table.stages else name)
            if found is not None:
                return found
        return None

    counts = dict.fromkeys(held, 0)
    further: dict[str, int] = {}

    def name_of(value: str) -> str:
        """What the file would call it: statuses go by the names that people know."""
        return labels.get(value, value) if table.stages else value

    for value, count in seen.items():
        key = key_of(value)
        if key is None:
            further[name_of(value)] = further.get(name_of(value), 0) + count
        else:
            counts[key] += count
    for value in (*labels, *table.words):
        if key_of(value) is None:
            further.setdefault(name_of(value), 0)
    rows = [
        *(TableRow(each, labels.get(each, each), None, count) for each, count in further.items()),
        *(TableRow(each, labels.get(each, each), held[each], counts[each]) for each in held),
    ]
    return sorted(rows, key=lambda row: (not row.lacks, row.right is None, -row.seen))


def right_options(table: ValueTable, mapping: MappingData, reference: Reference) -> list[str]:
    """What the right side can be: stages, words in use, or what the vendor offers."""
    if table.stages:
        return [each.id for each in mapping.stages]
    if table.right.is_words:
        held = [str(each) for each in (table.entries or {}).values()]
        return list(dict.fromkeys(held))
    info = reference.fields.get(table.right.field)
    return [] if info is None else [value for value, _ in info.options]


def _labels(table: ValueTable, reference: Reference) -> dict[str, str]:
    """The values that the vendor offers on the left side, with what people see of each."""
    if table.left.field == STATUS:
        return {each.id: each.label for each in reference.statuses.values()}
    info = reference.fields.get(table.left.field)
    return {} if info is None else dict(info.options)


def _statuses(mapping: MappingData) -> Iterator[ValueTable]:
    for tracker in dict.fromkeys([*mapping.trackers(), *mapping.status]):
        yield ValueTable(
            ("status", tracker),
            f"Statuses of {tracker} → stages",
            Side(tracker, STATUS),
            Side(),
            dict(mapping.status.get(tracker, {})),
            stages=True,
        )


def _facts(mapping: MappingData) -> Iterator[ValueTable]:
    facts: Sequence[tuple[str, PropertySource | None]] = (
        ("category", mapping.ticket.category),
        ("severity", mapping.ticket.severity),
    )
    for name, source in facts:
        if source is not None:
            yield ValueTable(
                ("ticket", name, "values"),
                f"{name.capitalize()}: {source.property} → the mapping's words",
                Side(mapping.helpdesk, source.property),
                Side(),
                source.values,
            )


def _pair(index: int, pair: FieldPair, mapping: MappingData) -> ValueTable:
    tracker = pair.connection or next(iter(mapping.trackers()), "")
    sides = Side(mapping.helpdesk, pair.ticket), Side(tracker, pair.work_item)
    left, right = sides if pair.owner == "ticket" else sides[::-1]
    title = f"Field pair: {left.field} → {right.field}"
    return ValueTable(("fields", index, "values"), title, left, right, pair.values)


def _launched(mapping: MappingData) -> Iterator[ValueTable]:
    for index, route in enumerate(mapping.routes):
        for field, value in ({} if route.launch is None else route.launch.fields).items():
            if not isinstance(value, FromSource) or value.by is not None:
                continue
            if not value.values and value.from_ in UNTABLED:
                continue
            assert route.launch is not None  # noqa: S101 - it has fields
            plain = None
            if value.values:
                plain = {k: v for k, v in value.values.items() if not isinstance(v, dict)}
            yield ValueTable(
                ("routes", index, "launch", "fields", field, "values"),
                f"At the launch of {route.id}: {value.from_} → {field}",
                _source(value.from_, mapping),
                Side(route.launch.in_, field),
                plain,
                words=_words(value.from_, mapping),
                grid=Grid(("routes", index, "launch", "fields", field), route, field, value),
            )


def _source(name: str, mapping: MappingData) -> Side:
    if name.startswith("property:"):
        return Side(mapping.helpdesk, name.removeprefix("property:"))
    return Side(mapping.helpdesk)


def _words(name: str, mapping: MappingData) -> tuple[str, ...]:
    source = {"category": mapping.ticket.category, "severity": mapping.ticket.severity}.get(name)
    if source is None or source.values is None:
        return ()
    words = [*source.values.values(), *([source.default] if source.default else [])]
    return tuple(dict.fromkeys(words))
