"""The search index, which trails behind, and its pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.jira.simulator import errors
from connectors.jira.simulator.errors import JiraProblem
from connectors.jira.simulator.jql import Query, parse
from connectors.jira.simulator.matching import Matcher
from connectors.jira.simulator.records import Issue, User
from connectors.jira.simulator.site import Site

_TOKEN_LIFE = timedelta(days=7)
_REMEMBERED = timedelta(minutes=10)


@dataclass(slots=True)
class Page:
    """Issues as the index knew them, and how to go on."""

    issues: list[Issue]
    token: str | None


class SearchIndex:
    """Old and new states of issues, and the tokens of searches under way."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._log: dict[str, list[tuple[datetime, Issue | None]]] = {}
        self._tokens: dict[str, tuple[datetime, list[str]]] = {}

    def touch(self, issue: Issue) -> None:
        """Note the state of an issue."""
        self._note(issue.id, issue.snapshot())

    def drop(self, issue: Issue) -> None:
        """Note that an issue is gone."""
        self._note(issue.id, None)

    def _note(self, id: str, state: Issue | None) -> None:
        now, log = self._site.now(), self._log.setdefault(id, [])
        log.append((now, state))
        old = now - max(_REMEMBERED, self._site.dials.search_lag)
        while len(log) > 1 and log[1][0] <= old:
            log.pop(0)

    def view(self) -> dict[str, Issue]:
        """Every issue that the index shows at this moment, by id."""
        dials, shown = self._site.dials, {}
        until = self._site.now() - dials.search_lag
        for id, log in self._log.items():
            states = [state for at, state in log if at <= until]
            if states and states[-1] is not None and id not in dials.search_hides:
                shown[id] = states[-1]
        return shown

    def find(self, user: User | None, jql: str, fresh: Iterable[str] = ()) -> list[Issue]:
        """The issues that fit, in order; those named as `fresh` as they are right now."""
        query = parse(jql)
        if query.where is None:
            raise JiraProblem(400, errors.UNBOUNDED)
        matcher = Matcher(self._site, user, self._site.now())
        matcher.check(query.where)
        shown = self.view()
        for id in fresh:
            shown.pop(id, None)
            if id in self._site.issues:
                shown[id] = self._site.issues[id]
        found = [
            issue
            for issue in shown.values()
            if self._site.may(user, "BROWSE_PROJECTS", issue.project)
            and matcher.fits(query.where, issue)
        ]
        return _ordered(found, query, matcher)

    def page(
        self, user: User | None, jql: str, token: str | None, size: int, fresh: Iterable[str]
    ) -> Page:
        """One page; a token goes on where its page ended and dies after seven days."""
        now, fresh = self._site.now(), list(fresh)
        if token is None:
            found = self.find(user, jql, fresh)
        else:
            made, ids = self._tokens.get(token, (now - _TOKEN_LIFE, []))
            if now - made >= _TOKEN_LIFE:
                raise JiraProblem(400, errors.BAD_PAGE_TOKEN)
            found = self._again(ids, fresh)
        here, rest = found[:size], found[size:]
        if not rest:
            return Page(here, None)
        made_token = f"Ch0{self._site.new_uuid().replace('-', '')}"
        self._tokens[made_token] = (now, [issue.id for issue in rest])
        return Page(here, made_token)

    def _again(self, ids: list[str], fresh: list[str]) -> list[Issue]:
        shown = self.view()
        shown |= {id: self._site.issues[id] for id in fresh if id in self._site.issues}
        return [shown[id] for id in ids if id in shown]


def _ordered(found: list[Issue], query: Query, matcher: Matcher) -> list[Issue]:
    result = sorted(found, key=lambda issue: int(issue.id), reverse=True)
    for name, down in reversed(query.order):
        result.sort(key=lambda issue: matcher.sort_key(name, issue), reverse=down)
    return result
