"""Reading a mapping out of a request: YAML as it came, JSON written out as YAML."""

from __future__ import annotations

import json
import re
from typing import Any

from fastapi import Request

from bridge.api.bodies import read_json
from bridge.api.problems import ApiProblem, MappingMistake, RequestMistake
from bridge.config.problems import Problem

_YAML = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"})
_JSON = "application/json"

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The whole mapping (docs/mapping.md), as YAML or as JSON.",
        "content": {
            "application/yaml": {"schema": {"type": "string"}},
            _JSON: {"schema": {"type": "object"}},
        },
    }
}
"""How the body stands in the OpenAPI document."""

ANY_BODY: dict[str, Any] = {
    "requestBody": {
        **BODY["requestBody"],
        "content": {"application/yaml": {"schema": {}}, _JSON: {"schema": {}}},
    }
}
"""The same where the body may be anything, because the answer says what is wrong with it."""

_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""What JSON may hold as it is, while YAML takes it for a line's end or for no text at all."""


class NotJson(Exception):
    """The body claims to be JSON and is not; `mistake` says where."""

    def __init__(self, mistake: MappingMistake) -> None:
        super().__init__(mistake.message)
        self.mistake = mistake


async def mapping_text(request: Request) -> str | bytes:
    """The mapping as YAML; ApiProblem if the body says it is something else, or NotJson."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if said in _YAML:
        return body
    if said == _JSON:
        return json_as_yaml(body)
    what, right = f"{said or 'nothing'} is not a mapping", f"application/yaml or {_JSON}"
    mistake = RequestMistake(where="header.content-type", what=what, right=right)
    raise ApiProblem("invalid_request", f"content-type: {what}; right: {right}", errors=[mistake])


def json_as_yaml(body: bytes) -> str:
    """The JSON document as YAML of the same meaning (JSON may be indented with tabs, say)."""
    try:
        data = read_json(body)
        written = json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False)
    except json.JSONDecodeError as error:
        raise _not_json(error.msg.lower(), error.lineno, error.colno) from None
    except RecursionError:
        raise _not_json("it is nested too deep") from None
    except ValueError as error:  # no UTF-8, a key twice, a number that is none
        raise _not_json(
            "it is not UTF-8" if isinstance(error, UnicodeError) else str(error)
        ) from None
    return _ESCAPED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", written) + "\n"


def mistake_of(problem: Problem) -> MappingMistake:
    """The mistake as callers see it."""
    return MappingMistake(
        line=problem.line,
        column=problem.column,
        path=problem.path,
        message=problem.message,
        hint=problem.hint,
    )


def _not_json(why: str, line: int = 1, column: int = 1) -> NotJson:
    message = f"this is not JSON: {why[:300]}"
    return NotJson(MappingMistake(line=line, column=column, path="", message=message, hint=""))
