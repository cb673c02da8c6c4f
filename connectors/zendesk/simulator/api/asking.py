"""One request as a route sees it, and the answers that routes give."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.responses import Response

from connectors.zendesk.simulator.account import Account
from connectors.zendesk.simulator.problems import bad_request
from connectors.zendesk.simulator.records import By

_T = TypeVar("_T")
MOST_PER_PAGE = 100
_MOST_PAGES = 100


@dataclass(slots=True)
class Ask:
    """A request that was let in."""

    account: Account
    by: By
    path: str
    params: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    content: bytes

    def json(self) -> dict[str, Any]:
        """The body, which must be a JSON object; no body is an empty one."""
        if not self.content:
            return {}
        try:
            body = json.loads(self.content)
        except ValueError:
            body = None
        if body is None and self.content.strip() == b"null":
            return {}
        if not isinstance(body, dict):
            raise bad_request("Unprocessable Entity", "Server could not parse JSON")
        return body

    def record(self, name: str) -> dict[str, Any]:
        """The object that the body holds under the name of its kind."""
        found = self.json().get(name)
        if not isinstance(found, dict):
            raise bad_request("ParameterMissing", f"Required parameter missing: {name}")
        return found

    def ids(self, name: str = "ids") -> list[int]:
        """A list of ids of the query, at most a hundred."""
        found = [int(part) for part in self.query.get(name, "").split(",") if part.isdigit()]
        if len(found) > MOST_PER_PAGE:
            raise bad_request("TooManyValues", f"{name} exceeded the limit of {MOST_PER_PAGE}")
        return found

    def number(self, name: str, default: int, most: int) -> int:
        """A positive number of the query, cut at what the vendor allows."""
        text = self.query.get(name, "")
        if text and not (text.isdigit() and int(text) > 0):
            raise bad_request("InvalidPaginationParameter", f"{name} is invalid")
        return min(int(text), most) if text else default

    def address(self, **changed: str) -> str:
        """This request's address with other parameters."""
        kept = {
            k: v for k, v in self.query.items() if not k.startswith("page") and k not in changed
        }
        return f"{self.account.base_url}{self.path}?{urlencode(kept | changed)}"


Handler = Callable[[Ask], Response]


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    content = json.dumps(body, ensure_ascii=False).encode()
    return Response(content, status, headers, media_type="application/json; charset=utf-8")


def nothing() -> Response:
    """204."""
    return Response(status_code=204)


def page(
    ask: Ask,
    name: str,
    items: Sequence[_T],
    shown: Callable[[_T], Any],
    key: Callable[[_T], Any],
    *,
    cursor: bool = False,
) -> dict[str, Any]:
    """One page of sorted items: by cursor where the request asks for it, else by offset."""
    if cursor or any(name.startswith("page[") for name in ask.query):
        return _by_cursor(ask, name, items, shown, key)
    size = ask.number("per_page", MOST_PER_PAGE, MOST_PER_PAGE)
    number = ask.number("page", 1, 10**9)
    if number > _MOST_PAGES:
        text = "Number of pages exceeded the limit: use cursor pagination"
        raise bad_request("InvalidPaginationDepth", text)
    part = items[(number - 1) * size : number * size]
    more = number * size < len(items)
    return {
        name: [shown(item) for item in part],
        "count": len(items),
        "next_page": ask.address(page=str(number + 1), per_page=str(size)) if more else None,
        "previous_page": ask.address(page=str(number - 1), per_page=str(size))
        if number > 1
        else None,
    }


def _by_cursor(
    ask: Ask,
    name: str,
    items: Sequence[_T],
    shown: Callable[[_T], Any],
    key: Callable[[_T], Any],
) -> dict[str, Any]:
    size = ask.number("page[size]", MOST_PER_PAGE, MOST_PER_PAGE)
    places = [key(item) for item in items]
    keys = [json.dumps(place) for place in places]
    start, end = 0, size
    if after := ask.query.get("page[after]"):
        start = _past(after, places)
        end = start + size
    elif before := ask.query.get("page[before]"):
        end = _past(before, places, inclusive=False)
        start = max(0, end - size)
    part = items[start:end]
    more = end < len(items)
    first, last = (_closed(keys[start]), _closed(keys[start + len(part) - 1])) if part else ("", "")
    return {
        name: [shown(item) for item in part],
        "meta": {
            "has_more": more,
            "after_cursor": last or None,
            "before_cursor": first or None,
        },
        "links": {
            "next": ask.address(**{"page[after]": last, "page[size]": str(size)}) if more else None,
            "prev": ask.address(**{"page[before]": first, "page[size]": str(size)})
            if start
            else None,
        },
    }


def _closed(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _past(cursor: str, places: list[Any], *, inclusive: bool = True) -> int:
    """How many items come before a cursor, whether or not its own item is still there."""
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor))
    except (binascii.Error, ValueError):
        text = "page[after] or page[before] is not valid"
        raise bad_request("InvalidPaginationParameter", text) from None
    if place in places:
        return places.index(place) + inclusive
    backwards = len(places) > 1 and places[0] > places[-1]
    return sum((other > place) if backwards else (other < place) for other in places)
