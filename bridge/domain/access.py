"""Who acts: the four roles, and a name for the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AccessRole(StrEnum):
    """What a caller may do; each role may do what the ones before it may."""

    VIEWER = "viewer"
    CSM = "csm"
    OPERATOR = "operator"
    ADMIN = "admin"

    def covers(self, wanted: AccessRole) -> bool:
        """Whether this role may do what `wanted` may."""
        ranks = list(AccessRole)
        return ranks.index(self) >= ranks.index(wanted)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is calling: the name that stands in the audit log, and the role."""

    name: str
    role: AccessRole
