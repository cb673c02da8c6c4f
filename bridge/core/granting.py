"""Who somebody is to the hub, and what they may do, by what a proven answer says of them.

What a provider passes on may be chosen by the person it is about: a name is shown and never
trusted, an address counts only if it was verified, and who acts is known by what can't be chosen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bridge.core.recipients import is_address
from bridge.core.values import digest
from bridge.domain.access import AccessRole, Actor, Person

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Granting:
    """Which role a person has, by a claim of the provider's answer."""

    claim: str
    roles: Mapping[str, AccessRole] = field(default_factory=dict)
    otherwise: AccessRole | None = None
    trust_email: bool = False

    @property
    def wanted(self) -> tuple[str, ...]:
        """The claims that an answer should bring."""
        top = self.claim if "://" in self.claim else self.claim.partition(".")[0]
        return ("email", top)


def person_of(claims: Mapping[str, Any], issuer: str, granting: Granting) -> Person | None:
    """The person that the claims are about; None if they have no role here."""
    role = _role_of(claims, granting)
    if role is None:
        return None
    email = _email_of(claims, granting)
    subject = str(claims["sub"])
    if not (subject.isascii() and subject.isprintable()):
        subject = digest([subject])
    name = email or f"{subject} at {urlsplit(issuer).netloc}"
    shown = shown_name(claims.get("name")) or shown_name(claims.get("preferred_username"))
    return Person(Actor(name, role), shown=shown or name, email=email, by_provider=True)


def shown_name(said: Any) -> str:
    """A name as it may stand on a page: one line without what turns or hides other text."""
    if not isinstance(said, str):
        return ""
    spaced = " ".join(said[: LONGEST_NAME * 4].split())
    kept = "".join(each for each in spaced if unicodedata.category(each)[0] != "C")
    return kept[:LONGEST_NAME].strip()


def _role_of(claims: Mapping[str, Any], granting: Granting) -> AccessRole | None:
    """The role that reaches furthest of those that the claim gives."""
    values = _values(claims, granting.claim)
    given = [granting.roles[each] for each in values if each in granting.roles]
    ranks = list(AccessRole)
    return max(given, key=ranks.index) if given else granting.otherwise


def _values(claims: Mapping[str, Any], claim: str) -> list[str]:
    """What stands in the claim: by its whole name, else by the names between its dots."""
    found: Any = claims.get(claim)
    if found is None:
        found = claims
        for each in claim.split("."):
            found = found.get(each) if isinstance(found, dict | Mapping) else None
    if isinstance(found, str):
        return [found]
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _email_of(claims: Mapping[str, Any], granting: Granting) -> str:
    """The address in small letters, if it is the person's own for sure; else empty."""
    said, verified = claims.get("email"), claims.get("email_verified")
    if not isinstance(said, str) or not said.isascii() or not is_address(said):
        return ""
    # Some providers write it as a text.
    sure = verified is True or verified == "true"
    trusted = granting.trust_email and verified is None
    return said.lower() if sure or trusted else ""
