"""People of the organisation, in each of the shapes the service gives them."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_LABEL = re.compile(r"^\s*(?P<name>.*?)\s*<(?P<unique>[^<>]+)>\s*$")


@dataclass(frozen=True, slots=True)
class Identity:
    """One person or service account."""

    id: str
    display_name: str
    unique_name: str

    @property
    def label(self) -> str:
        """The string form: `Display <unique>`."""
        return f"{self.display_name} <{self.unique_name}>"

    @property
    def descriptor(self) -> str:
        """The graph's subject descriptor."""
        return "aad." + base64.urlsafe_b64encode(self.id.encode()).decode().rstrip("=")

    def ref(self, organisation_url: str) -> dict[str, Any]:
        """The IdentityRef that REST answers carry."""
        avatar = f"{organisation_url}/_apis/GraphProfile/MemberAvatars/{self.descriptor}"
        return {
            "displayName": self.display_name,
            "url": f"{organisation_url}/_apis/Identities/{self.id}",
            "_links": {"avatar": {"href": avatar}},
            "id": self.id,
            "uniqueName": self.unique_name,
            "imageUrl": avatar,
            "descriptor": self.descriptor,
        }

    def full(self) -> dict[str, Any]:
        """The Identity of the identities API and of connectionData."""
        return {
            "id": self.id,
            "descriptor": f"Microsoft.IdentityModel.Claims.ClaimsIdentity;{self.unique_name}",
            "subjectDescriptor": self.descriptor,
            "providerDisplayName": self.display_name,
            "isActive": True,
            "properties": {
                "Account": {"$type": "System.String", "$value": self.unique_name},
                "Mail": {"$type": "System.String", "$value": self.unique_name},
            },
            "resourceVersion": 2,
            "metaTypeId": 0,
        }


class IdentityBook:
    """Everybody in the organisation, and how a written value finds them."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self.people: list[Identity] = []

    def add(self, name: str, unique_name: str) -> Identity:
        """Add a person, or return the one who already has this unique name."""
        known = next((p for p in self.people if p.unique_name == unique_name), None)
        if known is not None:
            return known
        person = Identity(self._new_id(), name, unique_name)
        self.people.append(person)
        return person

    def named(self, label: str) -> Identity:
        """The person written as `Name <unique>`; added when new."""
        found = _LABEL.match(label)
        if found is None:
            raise ValueError(f"write a person as 'Name <unique>', not {label!r}")
        return self.add(found["name"], found["unique"])

    def matches(self, value: object) -> list[Identity]:
        """Everybody a written field value could mean; a field accepts exactly one."""
        if isinstance(value, dict):
            return self._by_ref(value)
        text = str(value).strip()
        label = _LABEL.match(text)
        wanted = (label["unique"] if label else text).casefold()
        exact = [p for p in self.people if wanted in (p.unique_name.casefold(), p.id)]
        return exact or [p for p in self.people if p.display_name.casefold() == wanted]

    def _by_ref(self, value: dict[str, Any]) -> list[Identity]:
        for key in ("descriptor", "id", "uniqueName"):
            if value.get(key):
                wanted = str(value[key]).casefold()
                own = {"descriptor": "descriptor", "id": "id", "uniqueName": "unique_name"}[key]
                return [p for p in self.people if str(getattr(p, own)).casefold() == wanted]
        name = str(value.get("displayName", "")).casefold()
        return [p for p in self.people if p.display_name.casefold() == name]

    def search(self, text: str) -> list[Identity]:
        """The identities API's General search: mail, account or start of the display name."""
        wanted = text.strip().casefold()
        return [
            p
            for p in self.people
            if p.unique_name.casefold() == wanted or p.display_name.casefold().startswith(wanted)
        ]
