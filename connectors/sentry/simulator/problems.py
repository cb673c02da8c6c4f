"""Refusals and their bodies: `{"detail": …}`, or a map of fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Refusal(Exception):
    """Raised wherever the vendor says no."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.body}"


def not_found() -> Refusal:
    """404 for a thing that is not there, or that the token may not see."""
    return Refusal(404, {"detail": "The requested resource does not exist"})


def bad_request(detail: str) -> Refusal:
    """400 for a request that makes no sense as a whole."""
    return Refusal(400, {"detail": detail})


def invalid(name: str, problem: str) -> Refusal:
    """400 for a field."""
    return Refusal(400, {name: [problem]})


def unauthenticated() -> Refusal:
    """401."""
    return Refusal(401, {"detail": "Invalid token"})


def forbidden() -> Refusal:
    """403 for a token without the scope."""
    return Refusal(403, {"detail": "You do not have permission to perform this action."})
