"""Who is meant by the names under `to:`: addresses, roles and groups, each person once."""

from __future__ import annotations

import re

from bridge.core.facts import PROPERTY, Facts
from bridge.domain.mapping import Notify, RoleSource
from bridge.domain.notices import People

OWNER = "csm"
"""The role of who looks after a customer."""

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


def owner_of(facts: Facts) -> str | None:
    """Whose customer the ticket is of: the address of who plays the role `csm`, in small letters.

    Only by what ticket and customer say: what belongs to a group is nobody's own.
    """
    return next((each.lower() for each in addresses_of(OWNER, facts, {})), None)


def names_unknown_owner(name: str, facts: Facts) -> bool:
    """Whether an owner plays the role whom the helpdesk did not have when it was read last."""
    said = [_said(each, facts) for each in facts.mapping.roles.get(name, ()) if each.owner]
    return any(each and each not in facts.reference.owners for each in said)


def _read(source: RoleSource, facts: Facts) -> str:
    """The address in the one place; empty where nothing stands there."""
    said = _said(source, facts)
    return said if source.owner is None else facts.reference.owners.get(said, "")


def _said(source: RoleSource, facts: Facts) -> str:
    field = source.property or source.owner or ""
    if source.association is None:
        return (facts.read(f"{PROPERTY}{field}").word or "").strip()
    held = facts.company.properties if facts.company is not None else {}
    return (held.get(field) or "").strip()
