"""What a mapping says of work items, against the live schema of a tracker. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.core.check_result import Place, Result
from bridge.core.checking_dates import judge_dates
from bridge.core.likeness import listed, meant
from bridge.core.values import canonical
from bridge.core.wording import is_template
from bridge.domain.mapping import FieldPair, FromSource, LaunchSpec, LaunchValue, Mapping
from bridge.domain.schema import ItemType, Project, Schema, TypeField


def judge_items(mapping: Mapping, schema: Schema, place: Place) -> list[Result]:
    """Everything that the mapping names on the tracker's side."""
    look = _Look(mapping, schema, place)
    found = [
        *look.launches(),
        *look.statuses(),
        *look.pairs(),
        *judge_dates(mapping, schema, place),
    ]
    if all(each.ok for each in found):
        sentence = f"All that {mapping.mapping} names is in {place.title}."
        found.insert(0, Result(f"{mapping.mapping}: {place.name}", True, sentence))
    return [*found, *look.unmapped()]


class _Look:
    """One look at one mapping's words for the work items of one connection."""

    def __init__(self, mapping: Mapping, schema: Schema, place: Place) -> None:
        self._mapping = mapping
        self._schema = schema
        self._place = place

    def _result(self, where: str, ok: bool, sentence: str, hint: str = "") -> Result:
        return Result(f"{self._mapping.mapping}: {where}", ok, sentence, hint)

    def _specs(self) -> Iterator[tuple[str, LaunchSpec]]:
        for index, route in enumerate(self._mapping.routes):
            if route.launch is not None and route.launch.in_ == self._place.name:
                yield f"routes[{index}].launch", route.launch

    def launches(self) -> Iterator[Result]:
        """Projects, types and fields of what would be created."""
        for where, spec in self._specs():
            project = self._project(spec)
            if project is None and spec.fixed_project is None:
                continue  # a tracker without projects
            if project is None or not project.found:
                name = spec.fixed_project or (project.name if project else "")
                sentence = f"{self._place.title} shows no project {name}."
                known = self._schema.project_names or [
                    each.name for each in self._schema.projects if each.found
                ]
                yield self._result(f"{where}.project", False, sentence, meant(name, known))
                continue
            kind = _type(project, spec.type)
            if kind is None:
                sentence = f"The project {project.name} has no type {spec.type}."
                hint = meant(spec.type, [each.name for each in project.types])
                yield self._result(f"{where}.type", False, sentence, hint)
                continue
            yield from self._fields(where, spec, kind)

    def _project(self, spec: LaunchSpec) -> Project | None:
        projects = self._schema.projects
        if spec.fixed_project is None:
            return projects[0] if projects else None
        wanted = spec.fixed_project.casefold()
        return next((each for each in projects if each.name.casefold() == wanted), None)

    def _fields(self, where: str, spec: LaunchSpec, kind: ItemType) -> Iterator[Result]:
        fields = {name.casefold(): each for name, each in kind.fields.items()}
        for name, value in spec.fields.items():
            place, field = f'{where}.fields["{name}"]', fields.get(name.casefold())
            if field is None:
                yield self._no_field(place, name, kind)
            elif self._read_only(field.name):
                sentence = f"{field.name} is read-only in {self._place.title}."
                yield self._result(place, False, sentence, "Leave it out, or name another field.")
            else:
                yield from self._values(place, field, _said(value))
        given = {each.casefold() for each in spec.fields}
        for each in kind.fields.values():
            if each.required and each.name.casefold() not in given:
                sentence = f"{kind.name} requires {each.name}, and the route gives none."
                hint = f"Add it under {where}.fields."
                yield self._result(f"{where}.fields", False, sentence, hint)

    def _no_field(self, place: str, name: str, kind: ItemType) -> Result:
        known = self._schema.reference.fields.values()
        called = [e.name for e in known if e.label.casefold() == name.casefold()]
        hint = f'Did you mean "{called[0]}"?' if called else meant(name, kind.fields)
        return self._result(place, False, f"{kind.name} has no field {name}.", hint)

    def _read_only(self, name: str) -> bool:
        info = self._schema.reference.fields.get(name)
        return info is not None and info.read_only

    def _values(self, place: str, field: TypeField, words: Iterable[str]) -> Iterator[Result]:
        info = self._schema.reference.fields.get(field.name)
        if not field.options or (info is not None and info.type == "identity"):
            return
        for word in words:
            if word not in field.options:
                sentence = f'{field.name} does not take "{word}".'
                yield self._result(place, False, sentence, meant(word, field.options))

    def statuses(self) -> Iterator[Result]:
        """The statuses of the mapping's table: known to the tracker, by id or name."""
        known = self._schema.reference.statuses.values()
        names = {name.casefold() for each in known for name in (each.id, each.label)}
        for status in self._mapping.status.get(self._place.name, {}):
            if status.casefold() not in names:
                sentence = f'{self._place.title} has no status "{status}".'
                # One that has a stage already was not renamed from this.
                free = [each.label for each in known if not self._staged(each.id)]
                hint = meant(status, free or [each.label for each in known])
                yield self._result(f"status.{self._place.name}", False, sentence, hint)

    def unmapped(self) -> Iterator[Result]:
        """Statuses without a stage, counted: of the types that are launched, else of all."""
        launched: list[str] = []
        for _, spec in self._specs():
            project = self._project(spec)
            kind = None if project is None else _type(project, spec.type)
            launched += [] if kind is None else kind.statuses
        statuses = self._schema.reference.statuses
        bare = [
            statuses[id].label if id in statuses else id
            for id in dict.fromkeys(launched or statuses)
            if not self._staged(id)
        ]
        if bare:
            one = len(bare) == 1
            sentence = f"{len(bare)} {'status has' if one else 'statuses have'} no stage: "
            hint = "An item in such a status holds its tickets' stage; give it one, or leave it so."
            where = f"status.{self._place.name}"
            yield self._result(where, True, f"{sentence}{listed(bare)}.", hint)

    def _staged(self, id: str) -> bool:
        """Whether the mapping gives the status a stage, by its id or by its name."""
        table = {each.casefold() for each in self._mapping.status.get(self._place.name, {})}
        info = self._schema.reference.statuses.get(id)
        names = (id,) if info is None else (info.id, info.label)
        return any(each.casefold() in table for each in names)

    def pairs(self) -> Iterator[Result]:
        """Fields of work items that follow, or are followed by, a ticket's."""
        fields = self._schema.reference.fields
        for index, pair in self._own_pairs():
            where = f"fields[{index}].work_item"
            info = fields.get(pair.work_item)
            if info is None:
                called = [n for n, e in fields.items() if e.label == pair.work_item]
                hint = f'Did you mean "{called[0]}"?' if called else meant(pair.work_item, fields)
                sentence = f"{self._place.title} has no field {pair.work_item}."
                yield self._result(where, False, sentence, hint)
                continue
            if pair.owner == "ticket" and info.read_only:
                sentence = f"{pair.work_item} is read-only, but the ticket owns it."
                yield self._result(where, False, sentence, "Let the work item own it.")
            options = tuple(value for value, _ in info.options)
            if pair.values is None or not options or info.type == "identity":
                continue
            field = TypeField(pair.work_item, options=options)
            says = pair.values.values() if pair.owner == "ticket" else pair.values.keys()
            words = [canonical(each) for each in says]
            yield from self._values(f"fields[{index}].values", field, words)
            bare = [each for each in options if each not in words]
            if pair.owner == "work_item" and bare:
                sentence = f"{len(bare)} values of {pair.work_item} have no entry: {listed(bare)}."
                hint = "A work item with such a value raises a finding."
                yield self._result(f"fields[{index}].values", True, sentence, hint)

    def _own_pairs(self) -> Iterator[tuple[int, FieldPair]]:
        for index, pair in enumerate(self._mapping.fields):
            here = pair.connection is None and self._place.name in self._mapping.trackers()
            if here or pair.connection == self._place.name:
                yield index, pair


def _type(project: Project, name: str) -> ItemType | None:
    wanted = name.casefold()
    return next((each for each in project.types if each.name.casefold() == wanted), None)


def _said(value: LaunchValue) -> list[str]:
    """The words that the field would be given, as far as they are known before a ticket is."""
    if isinstance(value, FromSource):
        return [canonical(each) for each in value.results]
    if isinstance(value, str) and is_template(value):
        return []
    return [canonical(value)]
