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

    @property
    def is_for_admins(self) -> bool:
        """Whether it stands apart where there is little room."""
        return self.role is AccessRole.ADMIN


PLACES = (
    Place("/", "Tickets", AccessRole.VIEWER),
    Place("/releases", "Releases", AccessRole.VIEWER),
    Place("/escalations", "Escalations", AccessRole.CSM),
    Place("/promises", "Promises", AccessRole.VIEWER),
    Place("/findings", "Findings", AccessRole.CSM),
    Place("/hygiene", "Hygiene", AccessRole.CSM),
    Place("/held", "Held texts", AccessRole.OPERATOR),
    Place("/deliveries", "Inspector", AccessRole.OPERATOR),
    Place("/health", "Health", AccessRole.VIEWER),
    Place("/mappings", "Mappings", AccessRole.ADMIN),
    Place("/people", "People", AccessRole.ADMIN),
    Place("/tokens", "Tokens", AccessRole.ADMIN),
    Place("/audit", "Audit log", AccessRole.ADMIN),
)

_ELSEWHERE = {"runs": "deliveries"}
"""The first words of addresses whose part is called otherwise."""


def places_for(role: AccessRole) -> list[Place]:
    """What somebody of that role finds in the menu."""
    return [each for each in PLACES if role.covers(each.role)]


def place_of(path: str, role: AccessRole) -> Place:
    """The part that an address belongs to; the tickets where it is none for that role."""
    first = _ELSEWHERE.get(path.split("/")[1], path.split("/")[1])
    fits = [each for each in places_for(role) if each.path == f"/{first}"]
    return fits[0] if fits else PLACES[0]
