"""Problems: every refusal is problem+json (RFC 9457) with a stable `code`, documented as such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"

CODES: Mapping[str, tuple[int, str]] = {
    "unauthorised": (401, "No valid token"),
    "signature_refused": (401, "The request is not proven to be the vendor's"),
    "forbidden": (403, "The token's role does not allow this"),
    "not_found": (404, "There is no such thing"),
    "record_missing": (404, "The vendor shows no such record"),
    "method_not_allowed": (405, "This address does not take this method"),
    "link_exists": (409, "The two are linked already"),
    "already_active": (409, "This very content is in force"),
    "job_over": (409, "The job is over"),
    "job_running": (409, "Such a job is under way"),
    "payload_gone": (409, "The payload is not stored any more"),
    "finding_resolved": (409, "The finding is closed already"),
    "nothing_to_redact": (409, "Nothing can be blotted out here"),
    "nothing_to_retry": (409, "The hub can't try this again by itself"),
    "apart_already": (409, "The customer is set apart at the release too"),
    "not_apart": (409, "Nothing is said of that customer at the release"),
    "held_decided": (409, "The held text is decided already"),
    "draft_decided": (409, "The draft is decided already"),
    "held_text_gone": (409, "The held text is not stored any more"),
    "ticket_closed": (409, "The ticket is closed"),
    "escalation_open": (409, "An escalation of the ticket waits for a decision already"),
    "escalation_decided": (409, "The escalation is decided already"),
    "launch_undecided": (409, "It is not clear whether the work item was created"),
    "connection_paused": (409, "The connection is paused"),
    "not_paused": (409, "The connection is not paused"),
    "stale_draft": (412, "The mapping has moved on since it was looked at"),
    "held_changed": (412, "The held text was edited since it was looked at"),
    "draft_changed": (412, "The draft says something else than what was looked at"),
    "too_large": (413, "The body is too large"),
    "invalid_request": (422, "The request is not as documented"),
    "bad_cursor": (422, "The cursor is not one of this list"),
    "mapping_invalid": (422, "The mapping has mistakes"),
    "not_configured": (422, "The connection does not do this"),
    "sentry_never_on_ticket": (422, "A Sentry issue never hangs on a client's ticket"),
    "never_released": (422, "The text is error tracking's own, or looks like it"),
    "still_suspect": (422, "The words look like error tracking too"),
    "not_on_ticket": (422, "A recipient is not on the ticket"),
    "vendor_refused": (422, "The vendor refuses this"),
    "not_behind": (422, "No open ticket of the customer is in the release"),
    "unknown_group": (422, "The mapping has no such roll-out group"),
    "unknown_route": (422, "The mapping has no such route"),
    "route_stays": (422, "The route launches nothing"),
    "not_for_escalation": (422, "The mapping does not let this ticket be escalated"),
    "escalation_incomplete": (422, "What must be known before an escalation is missing"),
    "launch_incomplete": (422, "A value that the work item needs is missing"),
    "too_many": (422, "More than is taken at once"),
    "launch_limit": (429, "Very many work items were created within an hour"),
    "internal": (500, "Something went wrong in the hub"),
    "credential_problem": (502, "The vendor does not accept the connection's credential"),
    "vendor_unavailable": (503, "The vendor can't be reached now"),
    "store_busy": (503, "The store can't take this now"),
}
"""Every problem code with its status and title. Codes are never renamed."""

_ALL: list[JsonValue] = [*sorted(CODES)]


class RequestMistake(BaseModel):
    """One mistake in a request."""

    where: str = Field(description="Where it stands.", examples=["query.limit"])
    what: str = Field(description="What is wrong.", examples=["Input should be a valid integer"])
    right: str = Field(description="What would be right.", examples=["a number from 1 to 200"])


class MappingMistake(BaseModel):
    """One mistake in a mapping."""

    line: int = Field(description="Where it stands, from 1.", examples=[37])
    column: int = Field(examples=[7])
    path: str = Field(examples=["routes[1].launch.in"])
    message: str = Field(description="What is wrong.", examples=['no connection "board"'])
    hint: str = Field(
        description="What would be right; empty where nobody can say.",
        examples=['did you mean "boards"?'],
    )


class ProblemBody(BaseModel):
    """A refusal (RFC 9457). `code` is stable; `title` and `detail` are for people."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(description="The code as a URN.", examples=["urn:ticketbridge:not_found"])
    title: str = Field(description="What the code means.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong here, and the way out.")
    code: str = Field(description="The stable code.", json_schema_extra={"enum": _ALL})
    request_id: str = Field(description="The id under which the hub's log knows the request.")
    errors: list[RequestMistake] = Field(
        default_factory=list, description="Every mistake, where the code is `invalid_request`."
    )
    problems: list[MappingMistake] = Field(
        default_factory=list, description="Every mistake, where the code is `mapping_invalid`."
    )


class ApiProblem(Exception):
    """A refusal on its way out; `detail` says what is wrong here and names the way out."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[RequestMistake] = (),
        problems: Sequence[MappingMistake] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status, self.title = CODES[code]
        super().__init__(detail or self.title)
        self.code = code
        self.detail = detail or self.title
        self.errors = tuple(errors)
        self.problems = tuple(problems)
        self.headers = dict(headers or {})

    def response(self, request_id: str) -> JSONResponse:
        """The problem as an HTTP response."""
        body: dict[str, Any] = {
            "type": f"urn:ticketbridge:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
        }
        if self.errors:
            body["errors"] = [each.model_dump() for each in self.errors]
        if self.problems:
            body["problems"] = [each.model_dump() for each in self.problems]
        if self.status == HTTPStatus.UNAUTHORIZED and self.code == "unauthorised":
            self.headers.setdefault("WWW-Authenticate", 'Bearer realm="ticketbridge"')
        return JSONResponse(body, self.status, headers=self.headers, media_type=MEDIA_TYPE)


@dataclass(frozen=True, slots=True)
class Example:
    """How a problem looks in the documentation."""

    code: str

    def render(self) -> dict[str, Any]:
        """The OpenAPI example."""
        status, title = CODES[self.code]
        value = {
            "type": f"urn:ticketbridge:{self.code}",
            "title": title,
            "status": status,
            "detail": title,
            "code": self.code,
            "request_id": "019aa2c4f0d1e2b3c4d5e6f708",
        }
        if self.code == "invalid_request":
            value["errors"] = [
                {"where": "query.limit", "what": "must be a number", "right": "1 to 200"}
            ]
        if self.code == "mapping_invalid":
            mistake = {"line": 37, "column": 7, "path": "routes[1].launch.in"}
            said = {"message": 'no connection "board"', "hint": 'did you mean "boards"?'}
            value["problems"] = [mistake | said]
        return {"summary": title, "value": value}


def refusals(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may refuse with these codes, grouped by status."""
    grouped: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        status, title = CODES[code]
        entry = grouped.setdefault(
            status,
            {
                "description": "",
                "content": {
                    MEDIA_TYPE: {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "examples": {},
                    }
                },
            },
        )
        entry["description"] = "; ".join(
            filter(None, [entry["description"], f"{title} (`{code}`)"])
        )
        entry["content"][MEDIA_TYPE]["examples"][code] = Example(code).render()
    return grouped


def for_callers(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The refusals of an API route: those of every route, and these."""
    return refusals("unauthorised", "forbidden", "invalid_request", *codes, "internal")
