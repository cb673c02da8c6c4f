"""The body of a create, an edit or a transition, read as a whole before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.jira.simulator import errors
from connectors.jira.simulator.errors import JiraProblem
from connectors.jira.simulator.records import Field, Issue, Project
from connectors.jira.simulator.values import FieldRefused, ValueReader, read_document

if TYPE_CHECKING:
    from connectors.jira.simulator.site import Site

_LISTS = {"labels", "versions", "components", "options", "users"}
_PROPERTY_LIMIT = 32_768


@dataclass(slots=True)
class Draft:
    """What a body asks for, in stored values."""

    fields: dict[str, Any] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    history_metadata: dict[str, Any] | None = None


class Drafting:
    """Reads one body; every fault is collected, and one fault refuses it all."""

    def __init__(
        self, site: Site, project: Project, screen: set[str], issue: Issue | None, version: int
    ) -> None:
        self._site, self._screen, self._issue, self._version = site, screen, issue, version
        self._reader = ValueReader(site, project, version)
        self._refused: dict[str, str] = {}
        self._draft = Draft()

    def read(self, body: Mapping[str, Any], needed: set[str]) -> Draft:
        """The draft; 400 that names every field at fault, those left out that are needed too."""
        fields, update = body.get("fields") or {}, body.get("update") or {}
        if not isinstance(fields, dict) or not isinstance(update, dict):
            raise errors.unreadable()
        for name in fields.keys() & update.keys():
            self._refused[name] = f"Field '{name}' cannot appear in both 'fields' and 'update'"
        for name, given in fields.items():
            self._set(name, given)
        for name, operations in update.items():
            self._apply(name, operations)
        for name in sorted(needed):
            if not self._value(name) and name not in self._refused:
                self._refused[name] = _required(self._site.fields[name])
        if self._refused:
            raise JiraProblem(400, errors=self._refused)
        self._draft.properties = read_properties(body.get("properties"))
        self._draft.history_metadata = body.get("historyMetadata")
        return self._draft

    def _value(self, name: str) -> Any:
        if name in self._draft.fields:
            return self._draft.fields[name]
        return self._issue.fields.get(name) if self._issue else None

    def _known(self, name: str) -> Field | None:
        found = self._site.fields.get(name)
        if found is None or not found.editable or name not in self._screen:
            self._refused[name] = errors.off_screen(name)
            return None
        return found

    def _set(self, name: str, given: Any) -> None:
        known = self._known(name)
        if known is None or known.kind == "project":
            return
        try:
            self._draft.fields[name] = self._reader.read(known, given)
        except FieldRefused as refusal:
            self._refused[name] = str(refusal)

    def _apply(self, name: str, operations: Any) -> None:
        if not isinstance(operations, list) or not all(
            isinstance(op, dict) and len(op) == 1 for op in operations
        ):
            raise errors.unreadable()
        for operation in operations:
            ((verb, given),) = operation.items()
            if name == "comment":
                self._comment(verb, given)
            elif name == "issuelinks" and verb == "add":
                self._draft.links.append(given)
            elif verb in ("set", "edit"):
                self._set(name, given)
            else:
                self._change_list(name, verb, given)

    def _comment(self, verb: str, given: Any) -> None:
        if verb != "add" or not isinstance(given, dict):
            self._refused["comment"] = errors.BAD_COMMENT
            return
        try:
            body = read_comment(self._site, given.get("body"), self._version)
        except JiraProblem as problem:
            self._refused |= problem.errors
        else:
            self._draft.comments.append(given | {"body": body})

    def _change_list(self, name: str, verb: str, given: Any) -> None:
        known = self._known(name)
        if known is None:
            return
        if known.kind not in _LISTS or verb not in ("add", "remove"):
            self._refused[name] = f"Operation '{verb}' is not supported for field '{name}'."
            return
        try:
            (entry,) = self._reader.read(known, [given])
        except FieldRefused as refusal:
            self._refused[name] = str(refusal)
            return
        rest = [held for held in self._value(name) or [] if held != entry]
        self._draft.fields[name] = [*rest, entry] if verb == "add" else rest


def read_comment(site: Site, given: Any, api_version: int) -> dict[str, Any]:
    """The document of a comment; 400 with the vendor's words when there is none."""
    try:
        document = read_document(site, given, api_version)
    except FieldRefused as refusal:
        told = str(refusal) if str(refusal) == errors.TOO_LONG else errors.BAD_COMMENT
        raise JiraProblem(400, errors={"comment": told}) from None
    if not document["content"]:
        raise JiraProblem(400, errors={"comment": errors.BAD_COMMENT})
    return document


def read_properties(given: Any) -> dict[str, Any]:
    """Entity properties that come with a create, an edit or a comment."""
    read: dict[str, Any] = {}
    for entry in given or []:
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str):
            raise errors.unreadable()
        read[check_property_key(entry["key"])] = entry.get("value")
    return read


def check_property_key(key: str) -> str:
    """The key, if it is not too long."""
    if not 0 < len(key) <= 255:
        raise JiraProblem(400, "The property key cannot be longer than 255 characters.")
    return key


def check_property_size(raw: bytes) -> None:
    """400 for a value over 32,768 characters."""
    if len(raw.decode(errors="replace")) > _PROPERTY_LIMIT:
        raise JiraProblem(
            400, f"The property value cannot be longer than {_PROPERTY_LIMIT} characters."
        )


def _required(known: Field) -> str:
    if known.id == "summary":
        return "You must specify a summary of the issue."
    return f"{known.name} is required."
