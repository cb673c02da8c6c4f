"""Property definitions and the rules a value must meet to be stored.

https://developers.hubspot.com/docs/api/crm/properties
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.hubspot.simulator.problems import InvalidValue
from connectors.hubspot.simulator.stamps import iso, iso_or_none, millis, parse_instant

DATE_ENTERED = "hs_v2_date_entered_"


@dataclass(slots=True)
class Option:
    """One allowed value of an enumeration."""

    value: str
    label: str
    hidden: bool = False
    description: str = ""


@dataclass(slots=True)
class PropertyDefinition:
    """What a property is called, holds and allows."""

    name: str
    label: str
    type: str = "string"
    field_type: str = "text"
    group: str = "ticketinformation"
    description: str = ""
    options: list[Option] = field(default_factory=list)
    unique: bool = False
    hidden: bool = False
    read_only: bool = False
    in_forms: bool = True
    hubspot_defined: bool = True
    external_options: bool = False
    archived: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def normalise(self, raw: object) -> str | None:
        """The value as it will be stored; raises `InvalidValueError` when it is not allowed."""
        text = _as_text(raw)
        if text is None or text == "":
            return None
        if self.type == "number":
            return self._number(text)
        if self.type in ("date", "datetime"):
            return self._time(text)
        if self.type == "bool":
            if text not in ("true", "false"):
                self._refuse("INVALID_OPTION", f"{text} was not one of the allowed options")
        elif self.type == "enumeration" and not self.external_options:
            self._check_options(text)
        return text

    def in_webhook(self, value: str | None) -> str:
        """The value as a webhook shows it: empty when cleared, dates as milliseconds."""
        if value is None:
            return ""
        if self.type in ("date", "datetime"):
            instant = parse_instant(value)
            return value if instant is None else str(millis(instant))
        return value

    def _number(self, text: str) -> str:
        try:
            float(text)
        except ValueError:
            self._refuse("INVALID_NUMBER", f"{text} was not a valid number")
        return text

    def _time(self, text: str) -> str:
        instant = parse_instant(text)
        if instant is None:
            self._refuse("INVALID_DATE", f"{text} was not a valid {self.type}")
            return text
        return iso(instant)[:10] if self.type == "date" else iso(instant)

    def _check_options(self, text: str) -> None:
        allowed = [option.value for option in self.options]
        several = self.field_type == "checkbox"
        chosen = [part for part in text.split(";") if part] if several else [text]
        for part in chosen:
            if part not in allowed:
                message = f"{part} was not one of the allowed options: {allowed}"
                self._refuse("INVALID_OPTION", message)

    def _refuse(self, code: str, message: str) -> None:
        raise InvalidValueError(InvalidValue(self.name, code, message))

    def body(self) -> dict[str, Any]:
        """The definition as the properties API writes it."""
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "groupName": self.group,
            "description": self.description,
            "options": [
                {
                    "label": option.label,
                    "value": option.value,
                    "hidden": option.hidden,
                    "displayOrder": order,
                    "description": option.description,
                }
                for order, option in enumerate(self.options)
            ],
            "displayOrder": -1,
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "formField": self.in_forms and not self.read_only,
            "calculated": False,
            "externalOptions": self.external_options,
            "hubspotDefined": self.hubspot_defined,
            "archived": self.archived,
            "modificationMetadata": {
                "archivable": not self.hubspot_defined,
                "readOnlyDefinition": self.hubspot_defined,
                "readOnlyOptions": False,
                "readOnlyValue": self.read_only,
            },
            "dataSensitivity": "non_sensitive",
            "createdAt": iso_or_none(self.created_at),
            "updatedAt": iso_or_none(self.updated_at),
        }


class InvalidValueError(Exception):
    """Carries the one value that a definition refused."""

    def __init__(self, problem: InvalidValue) -> None:
        super().__init__(problem.message)
        self.problem = problem


def _as_text(raw: object) -> str | None:
    """Numbers and booleans are taken, and become the strings they are kept as."""
    if raw is None:
        return None
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return str(raw)


@dataclass(slots=True)
class Schema:
    """The definitions of one object type, and what a plain GET shows of them."""

    definitions: dict[str, PropertyDefinition]
    defaults: tuple[str, ...]
    groups: dict[str, str]

    def find(self, name: str) -> PropertyDefinition | None:
        """The live definition of a name; stage dates exist for every stage without one."""
        if name.startswith(DATE_ENTERED):
            return PropertyDefinition(name, name, "datetime", "date", read_only=True)
        found = self.definitions.get(name)
        return None if found is None or found.archived else found

    def check(self, raw: dict[str, Any]) -> tuple[dict[str, str | None], list[InvalidValue]]:
        """Splits what a client sent into storable values and refusals."""
        values: dict[str, str | None] = {}
        problems: list[InvalidValue] = []
        for name, value in raw.items():
            definition = self.find(name)
            if definition is None:
                message = f'Property "{name}" does not exist'
                problems.append(InvalidValue(name, "PROPERTY_DOESNT_EXIST", message))
            elif definition.read_only:
                message = f'"{name}" is a read only property'
                problems.append(InvalidValue(name, "READ_ONLY_VALUE", message))
            else:
                try:
                    values[name] = definition.normalise(value)
                except InvalidValueError as refusal:
                    problems.append(refusal.problem)
        return values, problems
