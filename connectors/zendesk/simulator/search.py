"""Search: a query language over an index that trails behind.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/search/
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from connectors.zendesk.simulator.problems import unprocessable
from connectors.zendesk.simulator.render import organization_body, user_body
from connectors.zendesk.simulator.stamps import parse

if TYPE_CHECKING:
    from connectors.zendesk.simulator.account import Account

MOST_ROWS = 1000
_TERM = re.compile(
    r'(?P<no>-)?(?P<key>\w+)(?P<op>:|>=|<=|>|<)(?P<value>"[^"]*"|\S+)|"(?P<quoted>[^"]*)"|(?P<word>\S+)'
)
_ORDER = ("new", "open", "pending", "hold", "solved", "closed")
_TIMES = {"updated": "updated_at", "created": "created_at"}
_PEOPLE = {"requester": "requester_id", "assignee": "assignee_id", "submitter": "submitter_id"}

Row = dict[str, Any]


def refused(description: str) -> Exception:
    """422 of a search that can't be carried out."""
    return unprocessable("invalid", f"Invalid search: {description}")


def rows(account: Account, kind: str | None) -> list[Row]:
    """What the index holds, each row with its `result_type`."""
    seen_at = account.now() - account.dials.search_lag
    found: list[Row] = []
    if kind in (None, "ticket"):
        for ticket in account.tickets.values():
            past = [row for at, row in ticket.versions if at <= seen_at]
            gone = not past or past[-1]["status"] in ("deleted", "scrubbed")
            if not gone and not account.archived(ticket):
                found.append(past[-1] | {"result_type": "ticket"})
    if kind in (None, "user"):
        people = (u for u in account.users.values() if u.updated_at <= seen_at)
        found += [user_body(account, user) | {"result_type": "user"} for user in people]
    if kind in (None, "organization"):
        companies = (o for o in account.organizations.values() if not o.deleted)
        found += [
            organization_body(account, company) | {"result_type": "organization"}
            for company in companies
            if company.updated_at <= seen_at
        ]
    return found


def kind_in(query: str) -> str | None:
    """The `type:` of a query."""
    found = re.search(r"\btype:(\w+)", query)
    return found[1] if found else None


def matching(account: Account, query: str, kind: str | None) -> list[Row]:
    """The rows that a query finds, in no order that means anything."""
    tests = [_test(account, term) for term in _TERM.finditer(query)]
    return [row for row in rows(account, kind) if all(test(row) for test in tests)]


def ordered(found: list[Row], by: str | None, order: str | None) -> list[Row]:
    """Sorted as asked; the newest first is what the vendor does by default."""
    names = {"updated_at", "created_at", "priority", "status", "ticket_type"}
    if by is not None and by not in names:
        raise refused(f"sort_by {by} is not supported")
    name = by or "created_at"
    backwards = (order or "desc") != "asc"
    return sorted(found, key=lambda row: (str(row.get(name) or ""), row["id"]), reverse=backwards)


def _test(account: Account, term: re.Match[str]) -> Callable[[Row], bool]:
    if term["key"] is None:
        wanted = (term["quoted"] or term["word"] or "").casefold()
        return lambda row: wanted in _text(row)
    key, op, value = term["key"], term["op"], term["value"].strip('"')
    if key in ("order_by", "sort", "type"):
        return lambda _row: True
    test = _key_test(account, key, op, value)
    if term["no"]:
        return lambda row: not test(row)
    return test


def _key_test(account: Account, key: str, op: str, value: str) -> Callable[[Row], bool]:
    if key in _TIMES:
        moment = parse(value)
        if moment is None:
            raise refused(f"{value} is not a date")
        name = _TIMES[key]
        return lambda row: _compare(op, parse(row[name]), moment)
    if key == "status":
        if value not in _ORDER:
            raise refused(f"{value} is not a status")
        rank = _ORDER.index(value)
        return lambda row: (
            row.get("status") in _ORDER and _compare(op, _ORDER.index(row["status"]), rank)
        )
    if key == "tags":
        wanted = set(value.split(","))
        return lambda row: bool(wanted & set(row.get("tags") or ()))
    if key in _PEOPLE:
        name = _PEOPLE[key]
        return lambda row: _is_person(account, row.get(name), value)
    if key.startswith("custom_field_"):
        number = key.removeprefix("custom_field_")
        return lambda row: any(
            str(own["id"]) == number and str(own["value"]) == value
            for own in row.get("custom_fields") or ()
        )
    names = {"ticket_type": "type", "organization": "organization_id", "group": "group_id"}
    return lambda row: str(row.get(names.get(key, key))).casefold() == value.casefold()


def _is_person(account: Account, user_id: Any, value: str) -> bool:
    user = account.users.get(user_id or 0)
    return user is not None and value.casefold() in (
        str(user.id),
        (user.email or "").casefold(),
        user.name.casefold(),
    )


def _compare(op: str, left: Any, right: Any) -> bool:
    if op == ":":
        same: bool = left == right
        return same
    if op in (">", ">="):
        more: bool = left > right or (op == ">=" and left == right)
        return more
    less: bool = left < right or (op == "<=" and left == right)
    return less


def _text(row: Row) -> str:
    names = ("subject", "description", "name", "email")
    return " ".join(str(row.get(name) or "") for name in names).casefold()
