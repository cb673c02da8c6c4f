"""Who is meant by the names under `to:`: addresses, roles and groups, each person once."""

from __future__ import annotations

import re

from bridge.core.facts import PROPERTY, Facts
from bridge.domain.mapping import Notify, RoleSource
from bridge.domain.notices import People

_ADDRESS = re.compile(r"[^@\s<>()\[\],;:\"\\]{1,64}@[^@\s<>()\[\],;:\"\\]{1,255}")


def is_address(text: str) -> bool:
    """Whether the text is one plain e-mail address and nothing else."""
    return text.isprintable() and _ADDRESS.fullmatch(text) is not None


def recipients(notify: Notify, facts: Facts, people: People) -> tuple[list[str], list[str]]:
    """The addresses of everybody who is to be told, and the names that lead to nobody."""
    found: dict[str, str] = {}
    unresolved = []
    for name in notify.to or ():
        addresses = addresses_of(name, facts, people)
        if not addresses:
            unresolved.append(name)
        for each in addresses:
            found.setdefault(each.casefold(), each)
    return list(found.values()), unresolved


def addresses_of(name: str, facts: Facts, people: People) -> list[str]:
    """The addresses behind one name: an address, a role, else a group; none if it names nobody."""
    if "@" in name:
        return [name] if is_address(name) else []
    for source in facts.mapping.roles.get(name, ()):
        address = _read(source, facts)
        if is_address(address):
            return [address]
    return [each for each in people.get(name, ()) if is_address(each)]


def _read(source: RoleSource, facts: Facts) -> str:
    """What stands in the one place; empty where nothing does."""
    field = source.property or source.owner or ""
    if source.association is None:
        said = facts.read(f"{PROPERTY}{field}").word or ""
    elif facts.company is not None:
        said = facts.company.properties.get(field) or ""
    else:
        said = ""
    if source.owner is not None:
        return facts.reference.owners.get(said.strip(), "")
    return said.strip()
