"""Tables of launched fields over two facts: what stands in them, and what lacks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.core.facts import Facts
from bridge.core.mapping_matches import SeenValue, pairs_seen, values_of
from bridge.core.routing import choose_route
from bridge.domain.mapping import FromSource, Route, Scalar
from bridge.domain.mapping import Mapping as MappingData
from bridge.domain.records import Reference

Path = tuple[str | int, ...]
UNTABLED = ("description", "subject", "url", "key")
"""Facts that may be any text, so that no table of them makes sense."""
MOST_ROWS, MOST_COLUMNS = 40, 15
"""Values that tickets have and the table lacks are offered up to that many."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of one field of a route's launch. `second` None: only one fact decides by now."""

    path: Path
    route: Route
    field: str
    source: FromSource

    @property
    def id(self) -> str:
        """Its name in addresses."""
        return ".".join(str(each) for each in self.path)

    @property
    def title(self) -> str:
        """What it is called."""
        by = f" and {self.source.by}" if self.source.by else ""
        return f"At the launch of {self.route.id}: {self.source.from_}{by} → {self.field}"

    @property
    def rows(self) -> dict[str, Scalar | dict[str, Scalar]]:
        """What the table holds by the first fact."""
        return dict(self.source.values or {})

    @property
    def columns(self) -> list[str]:
        """What the table holds by the second fact."""
        tables = [each for each in self.rows.values() if isinstance(each, dict)]
        return list(dict.fromkeys(key for each in tables for key in each))


@dataclass(frozen=True, slots=True)
class Crossing:
    """Two values that tickets have together, on how many, and whether the table has them."""

    row: str
    column: str
    tickets: int
    lacks: bool


def grids(mapping: MappingData) -> Iterator[Grid]:
    """Every launched field that a table over facts decides, or could."""
    for index, route in enumerate(mapping.routes):
        for field, value in ({} if route.launch is None else route.launch.fields).items():
            if isinstance(value, FromSource) and value.from_ not in UNTABLED:
                yield Grid(("routes", index, "launch", "fields", field), route, field, value)


def taking(route: Route, tickets: Sequence[Facts]) -> list[Facts]:
    """The tickets that take the route."""
    chosen = ((each, choose_route(each).route) for each in tickets)
    return [each for each, found in chosen if found is not None and found.id == route.id]


def crossings(grid: Grid, by: str, tickets: Sequence[Facts]) -> list[Crossing]:
    """What the tickets of the route say together; what lacks first, then the most frequent."""
    found, rows = [], grid.rows
    first_seen, second_seen = _seen_as(grid.source.from_, tickets), _seen_as(by, tickets)
    for (first, second), count in pairs_seen(grid.source.from_, by, tickets).items():
        row = _key(first, rows, first_seen)
        held = rows.get(row)
        column = second
        if isinstance(held, dict):
            column = _key(second, held, second_seen)
            lacks = column not in held
        else:
            column = _key(second, dict.fromkeys(grid.columns), second_seen)
            lacks = held is None
        found.append(Crossing(row, column, count, lacks))
    return sorted(found, key=lambda each: (not each.lacks, -each.tickets))


def _seen_as(fact: str, tickets: Sequence[Facts]) -> dict[str, str]:
    """What people see of each value of the fact."""
    readings = (each.read(fact) for each in tickets)
    return {
        each.word: each.labels[0]
        for each in readings
        if each.word is not None and len(each.labels) == 1
    }


def _key(value: str, held: Mapping[str, object], seen_as: Mapping[str, str]) -> str:
    """How the table calls the value: by itself, else by what people see of it."""
    label = seen_as.get(value, value)
    return value if value in held or label not in held else label


def further(
    held: Sequence[str],
    fact: str,
    mapping: MappingData,
    reference: Reference,
    tickets: Sequence[Facts],
    most: int,
) -> list[SeenValue]:
    """Values of the fact that the table does not hold yet."""
    seen = values_of(fact, mapping, reference, tickets)
    return [each for each in seen if each.value not in held and each.label not in held][:most]
