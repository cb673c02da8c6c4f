"""The parts of the site, in the order of its menu, each for the roles that have use for it."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.domain.access import AccessRole


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the menu. `path` begins the address of every page that belongs to it."""

    path: str
    label: str
    role: AccessRole


PLACES = (
    Place("/", "Tickets", AccessRole.VIEWER),
    Place("/findings", "Findings", AccessRole.CSM),
    Place("/held", "Held texts", AccessRole.OPERATOR),
    Place("/deliveries", "Inspector", AccessRole.OPERATOR),
    Place("/health", "Health", AccessRole.VIEWER),
    Place("/mappings", "Mappings", AccessRole.ADMIN),
    Place("/people", "People", AccessRole.ADMIN),
    Place("/tokens", "Tokens", AccessRole.ADMIN),
    Place("/audit", "Audit log", AccessRole.ADMIN),
)


def places_for(role: AccessRole) -> list[Place]:
    """What somebody of that role finds in the menu."""
    return [each for each in PLACES if role.covers(each.role)]
