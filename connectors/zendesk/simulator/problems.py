"""Refusals and their bodies, which are not the same from one API of the vendor to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Refusal(Exception):
    """Raised wherever the vendor says no; `body` is text where the vendor sends plain text."""

    status: int
    body: dict[str, Any] | str
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.body}"


def not_found() -> Refusal:
    """404 for a thing that is not there, or not any more."""
    return Refusal(404, {"error": "RecordNotFound", "description": "Not found"})


def bad_request(name: str, description: str) -> Refusal:
    """400 for a request that makes no sense as a whole."""
    return Refusal(400, {"error": name, "description": description})


def unprocessable(name: str, description: str) -> Refusal:
    """422 with a name and a sentence, as search and exports refuse."""
    return Refusal(422, {"error": name, "description": description})


def unauthenticated() -> Refusal:
    """401."""
    return Refusal(401, {"error": "Couldn't authenticate you"})


def forbidden(*, as_object: bool) -> Refusal:
    """403 in one of its two shapes."""
    text = "You do not have access to this page. Please contact the account owner of this help desk"
    if as_object:
        return Refusal(403, {"error": {"title": "Forbidden", "message": text}})
    return Refusal(403, {"error": "Forbidden", "description": text})


def conflict() -> Refusal:
    """409 of a safe update; the wording is not confirmed."""
    text = "Safe Update prevented the update due to outdated ticket data."
    return Refusal(409, {"error": "UpdateConflict", "description": text})


def webhook_refusal(status: int, code: str, title: str, detail: str) -> Refusal:
    """An error of the webhooks API, which has a form of its own."""
    return Refusal(status, {"errors": [{"code": code, "title": title, "detail": detail}]})


class Findings:
    """What is wrong with a record, field by field; raised together, nothing half done."""

    def __init__(self) -> None:
        self._details: dict[str, list[dict[str, str]]] = {}

    def add(self, key: str, description: str) -> None:
        """One thing that is wrong; `key` is the field or `base`."""
        self._details.setdefault(key, []).append({"description": description})

    def raise_any(self) -> None:
        """422 with everything that was found."""
        if self._details:
            raise _record_invalid(self._details)


def invalid(key: str, description: str) -> Refusal:
    """422 for a single thing."""
    return _record_invalid({key: [{"description": description}]})


def _record_invalid(details: dict[str, list[dict[str, str]]]) -> Refusal:
    text = "Record validation errors"
    return Refusal(422, {"error": "RecordInvalid", "description": text, "details": details})
