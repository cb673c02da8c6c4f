"""What a mapping says of dates and releases, against the live schema of a tracker. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Table

from bridge.core.check_result import Place, Result
from bridge.core.likeness import meant
from bridge.domain.mapping import Mapping
from bridge.domain.mapping_releases import ITERATION_SOURCE, ReleaseSource
from bridge.domain.records import FieldInfo
from bridge.domain.schema import Schema


def judge_dates(mapping: Mapping, schema: Schema, place: Place) -> Iterator[Result]:
    """Fields that hold no date, or are not there; iterations where the tracker has none."""
    named = mapping.eta.get(place.name, [])
    for index, name in enumerate(named):
        where = f"eta.{place.name}[{index}]"
        if name == ITERATION_SOURCE:
            yield from _iterations(mapping, where, schema, place, "a date")
            continue
        info = schema.reference.fields.get(name)
        if info is None:
            yield _no_field(mapping, where, name, schema, place)
        elif schema.date_types and info.type not in schema.date_types:
            sentence = f"{name} is of the type {info.type} in {place.title}, and holds no date."
            dates = [n for n, e in schema.reference.fields.items() if e.type in schema.date_types]
            yield _wrong(mapping, where, sentence, meant(name, dates) or "Name a field of a date.")
    source = None if mapping.releases is None else mapping.releases.sources.get(place.name)
    where = f"releases.sources.{place.name}"
    if source == ITERATION_SOURCE:
        yield from _iterations(mapping, where, schema, place, "a release")
    elif isinstance(source, ReleaseSource) and source.field not in schema.reference.fields:
        yield _no_field(mapping, f"{where}.field", source.field, schema, place)


def _iterations(
    mapping: Mapping, where: str, schema: Schema, place: Place, gives: str
) -> Iterator[Result]:
    if schema.reference.iteration_ends:
        return
    sentence = f"{place.title} shows no iteration with an end, so none gives {gives}."
    hint = "Set dates on the iterations in the tracker's project settings, or name a field."
    yield _wrong(mapping, where, sentence, hint)


def _no_field(mapping: Mapping, where: str, name: str, schema: Schema, place: Place) -> Result:
    fields = schema.reference.fields
    hint = f'Did you mean "{called}"?' if (called := _called(name, fields)) else ""
    sentence = f"{place.title} has no field {name}."
    return _wrong(mapping, where, sentence, hint or meant(name, fields) or "Name another field.")


def _called(label: str, fields: Table[str, FieldInfo]) -> str:
    """The field that people call so; empty where none is."""
    said = label.casefold()
    return next((name for name, each in fields.items() if each.label.casefold() == said), "")


def _wrong(mapping: Mapping, where: str, sentence: str, hint: str) -> Result:
    return Result(f"{mapping.mapping}: {where}", False, sentence, hint)
