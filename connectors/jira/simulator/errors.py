"""What Jira says when it refuses: one exception, printed as an ErrorCollection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PAYLOAD = "Invalid request payload. Refer to the REST API documentation and try again."
NOT_JSON = "There was an error parsing JSON. Check that your request body is valid."
SIGN_IN = "Client must be authenticated to access this resource."
NO_ISSUE = "Issue does not exist or you do not have permission to see it."
UNBOUNDED = (
    "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
)
BAD_PAGE_TOKEN = "The provided next page token is invalid or expired."
OLD_SEARCH = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
TOO_LONG = "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
NOT_A_DOCUMENT = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
BAD_COMMENT = "Comment body is not valid!"


class JiraProblem(Exception):
    """A refusal with its status, its sentences, and its sentences by field.

    `bare` leaves `errors` out, as Jira does for bodies that it could not read.
    """

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        bare: bool = False,
    ) -> None:
        super().__init__(*messages)
        self.status = status
        self.messages = list(messages)
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})
        self.bare = bare

    def body(self) -> dict[str, Any]:
        """The JSON that goes with the refusal."""
        told: dict[str, Any] = {"errorMessages": self.messages}
        return told if self.bare else told | {"errors": self.errors}


class NoEndpoint(Exception):
    """A path or method that Jira does not serve: `application/problem+json`."""

    def __init__(self, status: int, method: str, path: str) -> None:
        super().__init__(method, path)
        self.status, self.method, self.path = status, method, path

    def body(self) -> dict[str, Any]:
        """The problem document."""
        title = "Not Found" if self.status == 404 else "Method Not Allowed"
        detail = f"No endpoint {self.method} {self.path}."
        if self.status == 405:
            detail = f"Method '{self.method}' is not supported."
        return {
            "type": "about:blank",
            "title": title,
            "status": self.status,
            "detail": detail,
            "instance": self.path,
        }


def field_problem(**errors: str) -> JiraProblem:
    """A 400 that blames fields."""
    return JiraProblem(400, errors=errors)


def off_screen(field: str) -> str:
    """What Jira says of a field that the screen does not hold."""
    return f"Field '{field}' cannot be set. It is not on the appropriate screen, or unknown."


def no_issue() -> JiraProblem:
    """An issue that is deleted, never existed, or is hidden from the caller: all the same."""
    return JiraProblem(404, NO_ISSUE)


def unreadable() -> JiraProblem:
    """A body with a member that the operation does not know."""
    return JiraProblem(400, PAYLOAD, bare=True)
