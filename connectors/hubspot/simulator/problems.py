"""Refusals and their bodies.

Only `category` is stable; the wording follows reports of real answers.
https://developers.hubspot.com/docs/api/error-handling
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class InvalidValue:
    """One property that a write was refused for."""

    name: str
    code: str
    message: str


@dataclass(slots=True)
class ApiProblem(Exception):
    """Raised wherever the vendor says no; the API turns it into its error body."""

    status: int
    category: str
    message: str
    errors: Sequence[dict[str, Any]] = field(default_factory=tuple)
    context: dict[str, list[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message

    def body(self, correlation_id: str) -> dict[str, Any]:
        """The error body of a whole request."""
        body: dict[str, Any] = {
            "status": "error",
            "message": self.message,
            "correlationId": correlation_id,
            "category": self.category,
        }
        if self.errors:
            body["errors"] = list(self.errors)
        if self.context:
            body["context"] = self.context
        return body

    def entry(self) -> dict[str, Any]:
        """The same refusal as one entry of a batch answer's `errors`."""
        return {
            "status": "error",
            "category": self.category,
            "message": self.message,
            "context": self.context,
            "errors": list(self.errors),
            "links": {},
        }


def not_found(what: str, key: str) -> ApiProblem:
    """404 for a thing that is not there, or not any more."""
    return ApiProblem(404, "OBJECT_NOT_FOUND", f"{what} not found", context={"ids": [key]})


def invalid(message: str, code: str = "INVALID_INPUT") -> ApiProblem:
    """400 for a request that makes no sense as a whole."""
    return ApiProblem(
        400, "VALIDATION_ERROR", message, errors=({"message": message, "code": code},)
    )


def invalid_values(problems: Sequence[InvalidValue]) -> ApiProblem:
    """400 for properties with unusable values, one entry for each of them."""
    listed = [
        {"isValid": False, "message": p.message, "error": p.code, "name": p.name} for p in problems
    ]
    errors = tuple(
        {"message": p.message, "code": p.code, "context": {"propertyName": [p.name]}}
        for p in problems
    )
    text = f"Property values were not valid: {json.dumps(listed, separators=(',', ':'))}"
    return ApiProblem(400, "VALIDATION_ERROR", text, errors=errors)
