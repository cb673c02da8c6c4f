"""What Rocketlane says when it refuses: one exception, printed as its list of errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class RocketlaneProblem(Exception):
    """A refusal with its status, code, sentence and, where one is to blame, the field."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.field = status, code, field
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The JSON that goes with the refusal."""
        told = {"errorCode": self.code, "errorMessage": str(self)}
        return {"errors": [told | ({"field": self.field} if self.field else {})]}


def bad_request(message: str, field: str | None = None) -> RocketlaneProblem:
    """A 400, blaming a field where there is one."""
    return RocketlaneProblem(400, "BAD_REQUEST", f"Bad Request: {message}", field)


def not_found(what: str, id: object) -> RocketlaneProblem:
    """A 404: deleted, never there, or not for this key."""
    return RocketlaneProblem(404, "NOT_FOUND", f"No {what} found for the provided id {id}")


def not_authorized() -> RocketlaneProblem:
    """A 401: no key, a wrong one, or one that has expired."""
    return RocketlaneProblem(401, "NOT_AUTHORIZED", "Invalid api-key or the api-key has expired")
