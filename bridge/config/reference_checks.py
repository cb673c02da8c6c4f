"""Connections and stages that a mapping names: do they exist, and are they of that kind?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bridge.config.cursor import Cursor
from bridge.config.problems import Complaint, suggest
from bridge.ports.manifest import ConnectionSettings, Manifest, Role


@dataclass(frozen=True, slots=True)
class MappingContext:
    """What a mapping may refer to: the connections of bridge.yaml and what each is for."""

    connections: Mapping[str, frozenset[Role]]
    people: tuple[str, ...] = ()
    """The named groups."""
    addressed: frozenset[str] = frozenset()
    """The notifiers that write to persons only."""
    phased: frozenset[str] = frozenset()
    """The trackers whose projects are customers' and have phases."""
    shared: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By connection, the fields that people add to, their case folded."""
    unwaiting: frozenset[str] = frozenset()
    """The helpdesks that know no status in which it is the customer's turn."""
    first_projects: Mapping[str, str] = field(default_factory=dict)
    """By tracker, the project whose keys its items have where a launch names no other."""
    finals: Mapping[str, str] = field(default_factory=dict)
    """By helpdesk, the status that only the vendor itself sets, its case folded."""
    mails: frozenset[str] = frozenset()
    """The mail servers that take letters to customers."""
    mailed: frozenset[str] = frozenset()
    """The helpdesks with tickets whose customers can be written to by mail alone."""

    @classmethod
    def of(
        cls,
        connections: Mapping[str, ConnectionSettings],
        manifests: Iterable[Manifest],
        people: Iterable[str] = (),
    ) -> MappingContext:
        """The context of a loaded bridge.yaml."""
        held = {each.vendor: each for each in manifests}
        facts = {name: held[each.vendor] for name, each in connections.items()}
        return cls(
            {name: each.roles for name, each in facts.items()},
            tuple(people),
            frozenset(name for name, each in facts.items() if each.addressed),
            frozenset(name for name, each in facts.items() if each.phases),
            {name: each.shared_fields for name, each in facts.items()},
            frozenset(name for name, each in facts.items() if not each.waits),
            {name: keys[0] for name, e in connections.items() if (keys := e.project_keys)},
            {name: each.final_status.casefold() for name, each in facts.items()},
            frozenset(name for name, each in facts.items() if each.mails),
            frozenset(name for name, each in facts.items() if each.shows_mail),
        )

    def having(self, role: Role) -> tuple[str, ...]:
        """The connections that have the role."""
        return tuple(name for name, roles in self.connections.items() if role in roles)


def check_references(mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    """Connections that are not there or of another kind, and stages that do not exist."""
    yield from check_connection(mapping.at("helpdesk"), Role.HELPDESK, known)
    for route in mapping.at("routes").each():
        yield from check_connection(route.at("launch", "in"), Role.TRACKER, known)
    for pair in mapping.at("fields").each():
        yield from check_connection(pair.at("connection"), Role.TRACKER, known)
    yield from _stages(mapping)
    yield from _status_tables(mapping, known)


def launched_into(mapping: Cursor) -> dict[str, Cursor]:
    """The trackers that routes launch into, each with the first route that does."""
    found: dict[str, Cursor] = {}
    for route in mapping.at("routes").each():
        tracker = route.at("launch", "in").text
        if tracker is not None:
            found.setdefault(tracker, route)
    return found


def check_connection(
    place: Cursor, role: Role, known: MappingContext, *, name: str | None = None
) -> Iterator[Complaint]:
    """That a connection is there and plays the role; `name`: where it is not what stands there."""
    name = name or place.text
    if name is None:
        return
    able = known.having(role)
    if name not in known.connections:
        hint = suggest(name, able, known=f"{role}s in bridge.yaml")
        yield place.complaint(f'no connection "{name}"', hint)
    elif name not in able:
        hint = suggest(name, able, known=f"{role}s in bridge.yaml")
        yield place.complaint(f'"{name}" is not a {role}', hint)


def _stages(mapping: Cursor) -> Iterator[Complaint]:
    seen: dict[str, int] = {}
    for index, stage in enumerate(mapping.at("stages").each()):
        name = stage.at("id").text
        if name is None:
            continue
        if name in seen:
            message = f'"{name}" is the id of stages[{seen[name]}] already'
            yield stage.at("id").complaint(message)
        seen.setdefault(name, index)


def _status_tables(mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    status = mapping.at("status")
    stages = [stage.at("id").text or "" for stage in mapping.at("stages").each()]
    for tracker, table in status.entries():
        yield from check_connection(table, Role.TRACKER, known, name=tracker)
        if table.value == {}:
            yield table.complaint("the table is empty", "every status of the tracker needs a stage")
        for _, stage in table.entries():
            if stage.text is not None and stage.text not in stages:
                yield stage.complaint(f'no stage "{stage.text}"', suggest(stage.text, stages))
    tables = dict(status.entries())
    for tracker, route in launched_into(mapping).items():
        if tracker in known.having(Role.TRACKER) and tracker not in tables:
            message = f'no table for "{tracker}", which routes[{route.path[-1]}] launches into'
            yield status.complaint(message, f"add {tracker}: {{<status>: <stage>}}")
