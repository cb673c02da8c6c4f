"""Who acts: the four roles, a name for the audit log, and who has signed in."""

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


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has signed in to the pages."""

    actor: Actor
    shown: str = ""
    """What they are called on pages; the actor's name where nothing else is known."""
    email: str = ""
    """Their e-mail address in small letters, if it is theirs for sure."""
    by_provider: bool = False
    """Whether a provider vouches for them, and not a link that an admin made."""
