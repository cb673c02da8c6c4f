"""Mapping files: text in, either a valid mapping or everything that is wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from bridge.config.calendar_checks import check_calendars
from bridge.config.closing_checks import check_closing
from bridge.config.cursor import Cursor
from bridge.config.escalation_checks import check_escalation
from bridge.config.explain import explain
from bridge.config.hygiene_checks import check_hygiene
from bridge.config.notice_checks import check_notices
from bridge.config.owner_checks import check_owners
from bridge.config.place_checks import check_places
from bridge.config.problems import Complaint, Problem
from bridge.config.promise_checks import check_promises
from bridge.config.reference_checks import MappingContext, check_references
from bridge.config.release_checks import check_releases
from bridge.config.route_checks import check_routes
from bridge.config.shared_checks import check_shared
from bridge.config.shown_checks import check_shown
from bridge.config.tell_checks import check_tell
from bridge.config.told_checks import check_told
from bridge.config.yaml_lines import read_yaml
from bridge.domain.mapping import Mapping

__all__ = [
    "LoadedFolder",
    "LoadedMapping",
    "MappingContext",
    "content_hash",
    "load_folder",
    "load_mapping",
]


@dataclass(frozen=True, slots=True)
class LoadedMapping:
    """A mapping that may be activated. `hash` names its content, `text` is what was written."""

    mapping: Mapping
    file: str
    text: str
    hash: str


@dataclass(frozen=True, slots=True)
class LoadedFolder:
    """What a folder of mapping files holds; files with problems are not among `mappings`."""

    mappings: tuple[LoadedMapping, ...]
    problems: tuple[Problem, ...]


def load_mapping(
    text: str | bytes, file: str, *, known: MappingContext
) -> LoadedMapping | list[Problem]:
    """The mapping in `text`, or every mistake in it at once, in the order of lines; total."""
    document = read_yaml(text, file)
    if document.root is None:
        return document.problems
    data = document.mapping()
    complaints: list[Complaint] = []
    mapping: Mapping | None = None
    try:
        mapping = Mapping.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        complaints = explain(error, Mapping, data)
    complaints += _check(Cursor(data), known)
    problems = [*document.problems, *(document.problem(each) for each in complaints)]
    if mapping is None or problems:
        return sorted(dict.fromkeys(problems), key=lambda each: (each.line, each.column))
    written = text if isinstance(text, str) else text.decode("utf-8-sig")
    return LoadedMapping(mapping, file, written, content_hash(mapping))


def _check(mapping: Cursor, known: MappingContext) -> Iterator[Complaint]:
    yield from check_references(mapping, known)
    yield from check_routes(mapping)
    yield from check_owners(mapping)
    yield from check_shown(mapping)
    yield from check_told(mapping, known)
    yield from check_tell(mapping, known)
    yield from check_shared(mapping, known)
    yield from check_notices(mapping, known)
    yield from check_calendars(mapping)
    yield from check_promises(mapping, known)
    yield from check_places(mapping, known)
    yield from check_releases(mapping, known)
    yield from check_closing(mapping, known)
    yield from check_escalation(mapping, known)
    yield from check_hygiene(mapping, known)


def content_hash(mapping: Mapping) -> str:
    """The SHA-256 of what the mapping says, whatever the layout and comments of its file.

    What a file leaves to its default is left out: a release that adds a key with a default
    must not make every stored mapping look changed.
    """
    said = mapping.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    canonical = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def load_folder(folder: Path, *, known: MappingContext) -> LoadedFolder:
    """Every YAML file of the folder; also says where two are for one name or helpdesk.

    A folder that does not exist holds none.
    """
    mappings: list[LoadedMapping] = []
    problems: list[Problem] = []
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        file = f"{folder.name}/{path.name}"
        try:
            content = path.read_bytes()
        except OSError as error:
            problems.append(Problem(file, 1, 1, "", f"can't be read: {error.strerror}"))
            continue
        loaded = load_mapping(content, file, known=known)
        mistakes = loaded if isinstance(loaded, list) else list(_twice(loaded, mappings))
        problems.extend(mistakes)
        if isinstance(loaded, LoadedMapping) and not mistakes:
            mappings.append(loaded)
    return LoadedFolder(tuple(mappings), tuple(problems))


def _twice(loaded: LoadedMapping, earlier: list[LoadedMapping]) -> Iterator[Problem]:
    document = read_yaml(loaded.text, loaded.file)
    for other in earlier:
        for key, value in (
            ("mapping", loaded.mapping.mapping),
            ("helpdesk", loaded.mapping.helpdesk),
        ):
            if getattr(other.mapping, key) == value:
                message = f'"{value}" has a mapping already, in {other.file}'
                yield document.problem(Complaint((key,), message, "one file per helpdesk"))
