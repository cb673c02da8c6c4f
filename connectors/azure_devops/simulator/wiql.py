"""The part of the work item query language that clients of this service send."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.azure_devops.simulator import moments
from connectors.azure_devops.simulator.conditions import (
    Test,
    always,
    comparison,
    membership,
    value_of,
)
from connectors.azure_devops.simulator.errors import VendorError
from connectors.azure_devops.simulator.fields import Field
from connectors.azure_devops.simulator.identities import Identity
from connectors.azure_devops.simulator.records import Item, Project, Revision

if TYPE_CHECKING:
    from connectors.azure_devops.simulator.world import World


TEXT_LIMIT = 32_000
ROW_LIMIT = 20_000
_TOKEN = re.compile(
    r"\s*(?:(?P<field>\[[^\]]+\])|(?P<text>'(?:[^']|'')*')|(?P<op><>|<=|>=|[=<>(),])"
    r"|(?P<macro>@[a-z]+(?:\s*[+-]\s*\d+)?)|(?P<word>[a-z_.][\w.]*|\d+(?:\.\d+)?))",
    re.IGNORECASE,
)


def refused(message: str, key: str = "WorkItemTrackingQueryException") -> VendorError:
    """A query that the service does not run."""
    return VendorError(400, message, key)


@dataclass(slots=True)
class Query:
    """A parsed query: columns, the test, and the order."""

    columns: list[Field]
    test: Test
    order: list[tuple[Field, bool]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a query is asked in: macros and the precision of times."""

    project: Project | None
    me: Identity
    now: datetime
    exact_time: bool


class Parser:
    """Reads one query; raises what the service answers when it can't."""

    def __init__(self, world: World, text: str, scope: Scope) -> None:
        if len(text) > TEXT_LIMIT:
            raise refused("VS402339: The query exceeds the maximum length of 32K characters.")
        self._world, self._scope = world, scope
        self._tokens = self._split(text)
        self._at = 0

    @staticmethod
    def _split(text: str) -> list[str]:
        tokens, at = [], 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise refused(f"TF51006: The query statement is invalid near «{text[at:][:20]}».")
            tokens.append(found[0].strip())
            at = found.end()
        return tokens

    def parse(self) -> Query:
        """The whole query."""
        self._expect("select")
        columns = [self._field()]
        while self._accept(","):
            columns.append(self._field())
        self._expect("from")
        if not self._accept("workitems"):
            raise refused("TF51012: Only flat queries FROM WorkItems can be run here.")
        test: Test = always
        if self._accept("where"):
            test = self._any_of()
        order: list[tuple[Field, bool]] = []
        if self._accept("order"):
            self._expect("by")
            order.append(self._order())
            while self._accept(","):
                order.append(self._order())
        if self._at < len(self._tokens):
            raise refused(f"TF51006: The query statement is invalid near «{self._peek()}».")
        return Query(columns, test, order)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise refused("TF51006: The query statement ends too early.")
        self._at += 1
        return token

    def _accept(self, word: str) -> bool:
        if self._peek().casefold() != word:
            return False
        self._at += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise refused(f"TF51006: Expecting {word.upper()}, found «{self._peek()}».")

    def _field(self) -> Field:
        token = self._next()
        name = token.strip("[]")
        found = self._world.fields.find(name)
        if found is None:
            raise refused(
                f"TF51005: The query references a field that does not exist. "
                f"The error is caused by «{token}»."
            )
        return found

    def _order(self) -> tuple[Field, bool]:
        column = self._field()
        if self._accept("desc"):
            return column, True
        self._accept("asc")
        return column, False

    def _any_of(self) -> Test:
        choices = [self._all_of()]
        while self._accept("or"):
            choices.append(self._all_of())
        return lambda item, revision: any(test(item, revision) for test in choices)

    def _all_of(self) -> Test:
        needs = [self._one()]
        while self._accept("and"):
            needs.append(self._one())
        return lambda item, revision: all(test(item, revision) for test in needs)

    def _one(self) -> Test:
        if self._accept("not"):
            inner = self._one()
            return lambda item, revision: not inner(item, revision)
        if self._accept("("):
            inner = self._any_of()
            self._expect(")")
            return inner
        return self._condition()

    def _condition(self) -> Test:
        column = self._field()
        negated = self._accept("not")
        operator = self._next().casefold()
        if operator == "in":
            values = self._list(column)
            test = membership(column, values)
        elif operator in ("contains", "under", "=", "<>", "<", ">", "<=", ">="):
            value = self._value(column)
            test = comparison(column, operator, value, exact_time=self._scope.exact_time)
        else:
            raise refused(f"TF51006: The operator «{operator}» is not supported.")
        return (lambda item, revision: not test(item, revision)) if negated else test

    def _list(self, column: Field) -> list[Any]:
        self._expect("(")
        values = [self._value(column)]
        while self._accept(","):
            values.append(self._value(column))
        self._expect(")")
        return values

    def _value(self, column: Field) -> Any:
        token = self._next()
        if token.startswith("@"):
            return self._macro(token)
        text = token[1:-1].replace("''", "'") if token.startswith("'") else token
        if column.type == "dateTime":
            return self._date(text)
        if column.type in ("integer", "double"):
            return float(text)
        return text

    def _macro(self, token: str) -> Any:
        name, _, days = token.replace(" ", "").replace("-", "+-").partition("+")
        if name.casefold() == "@me":
            return self._scope.me.label
        if name.casefold() == "@today":
            midnight = self._scope.now.astimezone(UTC).replace(
                hour=0, minute=0, second=0, microsecond=0
            )
            return midnight + timedelta(days=int(days or 0))
        if name.casefold() == "@project":
            if self._scope.project is None:
                raise refused("TF51011: The macro @project needs a project in the address.")
            return self._scope.project.name
        raise refused(f"TF51003: The macro {token} is not supported.")

    def _date(self, text: str) -> datetime:
        try:
            moment = moments.parse(text)
        except ValueError:
            raise refused(f"TF51010: The date «'{text}'» can't be read.") from None
        if not self._scope.exact_time and len(text.strip()) > len("2026-01-01"):
            raise refused(
                "You cannot supply a time with the date when running a query using date "
                f"precision. The error is caused by «'{text}'»."
            )
        return moment


def run(world: World, query: Query) -> list[Item]:
    """The items that the index, as old as it is, says match; oldest id first unless ordered."""
    seen_until = world.now() - world.wiql_lag
    rows: list[tuple[Item, Revision]] = []
    for item in world.items.values():
        known = next((r for r in reversed(item.revisions) if r.at <= seen_until), None)
        if known is None or known.fields.get("System.IsDeleted"):
            continue
        if query.test(item, known):
            rows.append((item, known))
    rows.sort(key=lambda row: row[0].id)
    for column, descending in reversed(query.order):
        rows.sort(key=lambda row: _sort_key(value_of(row[0], row[1], column)), reverse=descending)
    if len(rows) > ROW_LIMIT:
        raise refused(
            "VS402337: The number of work items returned exceeds the size limit of 20000. "
            "Change the query to return fewer items.",
            "WorkItemTrackingQueryResultSizeLimitExceededException",
        )
    return [item for item, _revision in rows]


def _sort_key(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if not isinstance(value, str) else value.casefold())
