"""Which issues fit a query, as the one who asks may see them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from connectors.jira.simulator import adf
from connectors.jira.simulator.errors import JiraProblem
from connectors.jira.simulator.jql import Clause, Node, Value, clauses
from connectors.jira.simulator.records import Issue, User

if TYPE_CHECKING:
    from connectors.jira.simulator.site import Site

_ALIASES = {
    "type": "issuetype", "issuekey": "key", "issue": "key", "id": "key",
    "fixversion": "fixVersions",
    "affectedversion": "versions", "due": "duedate", "component": "components",
    "createddate": "created", "updateddate": "updated", "label": "labels",
    "resolved": "resolutiondate",
}  # fmt: skip
_TIMES = {"created", "updated", "duedate", "resolutiondate"}
_EXTRA = {"key", "statuscategory", "text"}
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(r"([-+]?\d+)([mhdw])")
_REMOTE = "issuesWithRemoteLinksByGlobalId"


class Matcher:
    """Compares issues with a query for one caller at one time."""

    def __init__(self, site: Site, user: User | None, now: datetime) -> None:
        self._site, self._user, self._now = site, user, now
        zone = user.time_zone if user is not None else "Etc/UTC"
        self._zone: tzinfo = UTC if zone == "Etc/UTC" else ZoneInfo(zone)

    def check(self, where: Node | None) -> None:
        """400 for what makes no sense, and for names that a strict site does not have."""
        strict = self._user is not None and self._site.dials.strict_jql
        for clause in clauses(where):
            name = self._name(clause.field)
            if name is not None:
                self._check_operands(name, clause)
            if strict:
                self._check_known(name, clause)

    def _check_operands(self, name: str, clause: Clause) -> None:
        timed = name in _TIMES
        if clause.operator in (">", ">=", "<", "<=") and not timed:
            raise JiraProblem(
                400,
                f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.",
            )
        for value in clause.values:
            if value.empty or (value.arguments is not None and value.text == _REMOTE):
                continue
            if timed:
                self._limit(value)
            else:
                self._meant(value)

    def _check_known(self, name: str | None, clause: Clause) -> None:
        if name is None:
            raise JiraProblem(
                400,
                f"Field '{clause.field}' does not exist or you do not have permission to view it.",
            )
        known = self._known(name)
        for value in clause.values:
            plain = not value.empty and value.arguments is None
            if known is not None and plain and value.text.casefold() not in known:
                raise JiraProblem(
                    400,
                    f"The value '{value.text}' does not exist for the field '{clause.field}'.",
                )

    def fits(self, node: Node | None, issue: Issue) -> bool:
        """Whether an issue fits."""
        if node is None:
            return True
        if isinstance(node, Clause):
            return self._clause(node, issue)
        results = (self.fits(part, issue) for part in node.parts)
        if node.word == "NOT":
            return not next(results)
        return all(results) if node.word == "AND" else any(results)

    def sort_key(self, name: str, issue: Issue) -> tuple[int, Any]:
        """What to order by; issues without a value come last on the way up."""
        real = self._name(name) or "created"
        if real == "key":
            return 0, int(issue.id)
        if real in _TIMES:
            at = self._time_of(real, issue)
            return (1, 0) if at is None else (0, at.timestamp())
        words = sorted(self.words(real, issue))
        return (0, words[0]) if words else (1, "")

    def _name(self, given: str) -> str | None:
        name = _ALIASES.get(given.casefold(), given)
        if name.casefold() in _EXTRA:
            return name.casefold()
        found = self._site.field_named(name)
        return found.id if found is not None else None

    def _known(self, name: str) -> set[str] | None:
        """The values that exist for a field; None where any may be asked for."""
        site = self._site
        if name == "project":
            seen = [p for p in site.projects if site.may(self._user, "BROWSE_PROJECTS", p)]
            return {w.casefold() for p in seen for w in (p.key, p.id, p.name)}
        entries: dict[str, Iterable[Any]] = {
            "issuetype": site.issue_types,
            "status": site.statuses,
            "priority": site.priorities,
            "resolution": site.resolutions,
            "fixVersions": site.versions.values(),
        }
        if name in entries:
            return {w.casefold() for e in entries[name] for w in (e.id, e.name)}
        return None

    def words(self, name: str, issue: Issue) -> set[str]:
        """What an issue answers to in a field, in small letters; ids and names alike."""
        site, value = self._site, issue.fields.get(name)
        project = issue.project
        simple: dict[str, list[str]] = {
            "key": [issue.id, issue.key, *issue.old_keys],
            "project": [project.id, project.key, project.name],
            "creator": [issue.creator.account_id],
        }
        if name in simple:
            return {word.casefold() for word in simple[name]}
        if name == "statuscategory":
            group = site.status(issue.fields["status"]).category
            return {word.casefold() for word in (group.id, group.key, group.name)}
        if value is None:
            return set()
        return {w.casefold() for w in self._words_of(name, value)}

    def _words_of(self, name: str, value: Any) -> list[str]:
        site, known = self._site, self._site.fields[name]
        values = list(value) if isinstance(value, list | tuple) else [value]
        entries: dict[str, Iterable[Any]] = {
            "issuetype": site.issue_types,
            "status": site.statuses,
            "priority": site.priorities,
            "resolution": site.resolutions,
            "versions": site.versions.values(),
            "option": known.options,
            "options": known.options,
            "cascading": known.options,
        }
        if known.kind in entries:
            return [w for e in entries[known.kind] if e.id in values for w in (e.id, e.name)]
        if known.kind in ("user", "users"):
            users = [site.users[v] for v in values if v]
            return [w for u in users for w in (u.account_id, u.email, u.name)]
        if known.kind == "parent":
            return [w for v in values if v in site.issues for w in (v, site.issues[v].key)]
        return [adf.plain(v) if isinstance(v, dict) else str(v) for v in values]

    def _clause(self, clause: Clause, issue: Issue) -> bool:
        name, operator = self._name(clause.field), clause.operator
        if name is None:
            return False
        if operator in ("~", "!~"):
            return self._contains(name, clause.values[0].text, issue) is (operator == "~")
        if name in _TIMES and operator not in ("IS", "IS NOT"):
            return self._compare(operator, self._time_of(name, issue), clause.values[0])
        if any(v.arguments is not None and v.text == _REMOTE for v in clause.values):
            asked = {a for v in clause.values for a in v.arguments or ()}
            linked = any(link.global_id in asked for link in issue.remote_links)
            return linked is (operator in ("=", "IN"))
        held = self.words(name, issue)
        if any(v.empty for v in clause.values):
            return (not held) is (operator in ("=", "IS", "IN"))
        hit = bool(held & {self._meant(v) for v in clause.values})
        # "!=" and "NOT IN" leave out issues that have no value at all.
        return hit if operator in ("=", "IN") else bool(held) and not hit

    def _meant(self, value: Value) -> str:
        if value.arguments is not None:
            if value.text.casefold() == "currentuser":
                return self._user.account_id.casefold() if self._user else ""
            raise JiraProblem(400, f"Unable to find JQL function '{value.text}()'.")
        return value.text.casefold()

    def _contains(self, name: str, text: str, issue: Issue) -> bool:
        names = ("summary", "description") if name == "text" else (name,)
        held = " ".join(w for n in names for w in self.words(n, issue))
        wanted = [word.rstrip("*") for word in re.findall(r"[\w*-]+", text.casefold())]
        return bool(wanted) and all(word in held for word in wanted)

    def _time_of(self, name: str, issue: Issue) -> datetime | None:
        if name in ("created", "updated"):
            at: datetime = getattr(issue, name)
            return at
        value = issue.fields.get(name)
        if isinstance(value, str):
            return datetime.fromisoformat(value).replace(tzinfo=self._zone)
        return value if isinstance(value, datetime) else None

    def _compare(self, operator: str, at: datetime | None, value: Value) -> bool:
        if at is None:
            return False
        limit = self._limit(value)
        # The language knows minutes: what a date names begins at its first second.
        results = {
            ">": at > limit,
            ">=": at >= limit,
            "<": at < limit,
            "<=": at <= limit,
            "=": at == limit,
            "!=": at != limit,
        }
        return results[operator]

    def _limit(self, value: Value) -> datetime:
        if value.arguments is not None:
            today = self._now.astimezone(self._zone).replace(
                hour=0, minute=0, second=0, microsecond=0
            )
            starts = {"now": self._now, "startofday": today}
            if value.text.casefold() not in starts:
                raise JiraProblem(400, f"Unable to find JQL function '{value.text}()'.")
            return starts[value.text.casefold()]
        if _SPAN.fullmatch(value.text):
            amount, unit = re.findall(_SPAN, value.text)[0]
            return self._now + timedelta(**{_UNITS[unit]: int(amount)})
        for form in ("%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M", "%Y/%m/%d"):
            try:
                return datetime.strptime(value.text, form).replace(tzinfo=self._zone)
            except ValueError:
                continue
        if value.text.isdigit():
            return datetime.fromtimestamp(int(value.text) / 1000, UTC)
        raise JiraProblem(
            400,
            f"Date value '{value.text}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
            "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', "
            "'4w 2d'.",
        )
