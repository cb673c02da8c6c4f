"""What a client sends for a field, made into what the site stores."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from connectors.jira.simulator import adf, errors
from connectors.jira.simulator.records import Field, Named, Project, Version
from connectors.jira.simulator.site import by_id_or_name
from connectors.jira.simulator.wiki import from_wiki, to_wiki

if TYPE_CHECKING:
    from connectors.jira.simulator.site import Site

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:?\d\d|Z)")


class FieldRefused(Exception):
    """A value that the field does not take; the sentence is the vendor's."""


class ValueReader:
    """Reads the values of one project's issues, in the spelling of one version of the API."""

    def __init__(self, site: Site, project: Project, api_version: int) -> None:
        self._site, self._project, self._version = site, project, api_version
        self._readers: dict[str, Callable[[Field, Any], Any]] = {
            "string": self._string,
            "text": self._text,
            "number": self._number,
            "date": self._date,
            "datetime": self._datetime,
            "option": self._option,
            "options": self._options,
            "cascading": self._cascading,
            "user": self._user,
            "users": self._users,
            "versions": self._versions,
            "components": self._components,
            "labels": self._labels,
            "priority": self._priority,
            "resolution": self._resolution,
            "issuetype": self._issue_type,
            "parent": self._parent,
        }

    def read(self, field: Field, given: Any) -> Any:
        """The stored value; `FieldRefused` with the vendor's sentence when there is none."""
        if given is None and field.kind not in ("labels", "versions", "components", "issuetype"):
            if field.id == "summary":
                raise FieldRefused("You must specify a summary of the issue.")
            return None
        return self._readers[field.kind](field, [] if given is None else given)

    def _string(self, field: Field, given: Any) -> str:
        if not isinstance(given, str):
            raise FieldRefused("Operation value must be a string")
        if field.id != "summary":
            if len(given) > 255:
                raise FieldRefused("The entered text is too long.")
            return given
        if not given.strip():
            raise FieldRefused("You must specify a summary of the issue.")
        if len(given) > 255:
            raise FieldRefused("Summary must be less than 255 characters.")
        if "\n" in given:
            raise FieldRefused("The summary is invalid because it contains newline characters.")
        return given

    def _text(self, field: Field, given: Any) -> dict[str, Any]:
        return read_document(self._site, given, self._version)

    def _number(self, field: Field, given: Any) -> float:
        if isinstance(given, bool) or not isinstance(given, int | float):
            raise FieldRefused("Operation value must be a number")
        return given

    def _date(self, field: Field, given: Any) -> str:
        try:
            return date.fromisoformat(given).isoformat()
        except (TypeError, ValueError):
            raise FieldRefused(
                "Operation value must be a string in the format 'yyyy-MM-dd'"
            ) from None

    def _datetime(self, field: Field, given: Any) -> datetime:
        if not isinstance(given, str) or not _STAMP.fullmatch(given):
            raise FieldRefused(
                "Operation value must be a string in the format 'yyyy-MM-dd'T'HH:mm:ss.SSSZ'"
            )
        return datetime.fromisoformat(given)

    def _pick(self, field: Field, entries: list[Named], given: Any) -> Named:
        found = by_id_or_name(entries, given)
        if found is None:
            raise FieldRefused(f"Specify a valid 'id' or 'name' for {field.name}")
        return found

    def _option(self, field: Field, given: Any) -> str:
        found = by_id_or_name(field.options, given)
        if found is None:
            raise FieldRefused(f"Specify a valid value for {field.name}")
        return found.id

    def _options(self, field: Field, given: Any) -> list[str]:
        return [self._option(field, entry) for entry in _listed(given)]

    def _cascading(self, field: Field, given: Any) -> tuple[str, str | None]:
        parent = self._option(field, given)
        child = given.get("child")
        if child is None:
            return parent, None
        found = by_id_or_name(field.children.get(parent, []), child)
        if found is None:
            raise FieldRefused(f"Specify a valid value for {field.name}")
        return parent, found.id

    def _user(self, field: Field, given: Any) -> str | None:
        if not isinstance(given, dict):
            raise FieldRefused("Operation value must be an object")
        account = given.get("accountId", given.get("id"))
        if account is None or account == "-1":
            return None
        if account not in self._site.users or not self._site.users[account].active:
            raise FieldRefused(f"User '{account}' cannot be assigned issues.")
        return str(account)

    def _users(self, field: Field, given: Any) -> list[str | None]:
        return [self._user(field, entry) for entry in _listed(given)]

    def _versions(self, field: Field, given: Any) -> list[str]:
        known = self._site.versions_of(self._project)
        return [_version(known, entry).id for entry in _listed(given)]

    def _components(self, field: Field, given: Any) -> list[str]:
        known = self._project.components
        return [self._pick(field, known, entry).id for entry in _listed(given)]

    def _labels(self, field: Field, given: Any) -> list[str]:
        for label in _listed(given):
            if not isinstance(label, str) or not label:
                raise FieldRefused("Operation value must be a string")
            if re.search(r"\s", label):
                raise FieldRefused(f"The label '{label}' contains spaces which is invalid.")
            if len(label) > 255:
                raise FieldRefused(f"The label '{label}' exceeds the maximum length.")
        return list(dict.fromkeys(given))

    def _priority(self, field: Field, given: Any) -> str:
        return self._pick(field, self._site.priorities, given).id

    def _resolution(self, field: Field, given: Any) -> str:
        return self._pick(field, self._site.resolutions, given).id

    def _issue_type(self, field: Field, given: Any) -> str:
        found = by_id_or_name(self._site.issue_types, given)
        if found is None:
            raise FieldRefused("Specify an issue type")
        return found.id

    def _parent(self, field: Field, given: Any) -> str:
        named = given.get("key") or given.get("id") if isinstance(given, dict) else None
        found = self._site.find(str(named)) if named else None
        if found is None or found.project is not self._project:
            raise FieldRefused("Could not find valid 'id' or 'key' for the parent issue.")
        return found.id


def read_document(site: Site, given: Any, api_version: int) -> dict[str, Any]:
    """Rich text as it is stored: a document on version 3, markup on version 2."""
    if api_version == 2:
        if not isinstance(given, str):
            raise FieldRefused("Operation value must be a string")
        if len(given) > adf.LONGEST:
            raise FieldRefused(errors.TOO_LONG)
        return from_wiki(given)
    if not adf.is_document(given):
        raise FieldRefused(errors.NOT_A_DOCUMENT)
    if adf.breaches(given):
        raise FieldRefused(site.dials.invalid_adf_sentence)
    if len(to_wiki(given)) > adf.LONGEST:
        raise FieldRefused(errors.TOO_LONG)
    return adf.rewritten(given) if site.dials.rewrite_adf else given


def _listed(given: Any) -> list[Any]:
    if not isinstance(given, list):
        raise FieldRefused("Operation value must be an array")
    return given


def _version(known: list[Version], given: Any) -> Version:
    named = given if isinstance(given, dict) else {}
    for version in known:
        if version.id == str(named.get("id", "")) or version.name == named.get("name"):
            return version
    raise FieldRefused(
        f"Version with id or name '{named.get('id') or named.get('name')}' does not exist."
    )
