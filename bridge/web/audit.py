"""The audit log: who did what, when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, field_validator
from starlette.responses import Response

from bridge.core.deeds import KINDS, deed
from bridge.domain.refs import split_ref
from bridge.kit.clock import from_ms
from bridge.ports.manifest import Role
from bridge.store import audit_log
from bridge.store.audit_log import AuditFilter
from bridge.store.database import Row
from bridge.web.rendering import page, page_of
from bridge.web.visitor import Admin, HubHere, Shown

router = APIRouter(include_in_schema=False)

SHOWN = 50


class Wanted(BaseModel):
    """What the log is narrowed to: all of it stands in the address."""

    who: Shown = Field("", max_length=200)
    what: Shown = Field("", max_length=40)
    record: Shown = Field("", max_length=1000)
    since: Shown = Field("", max_length=40)
    until: Shown = Field("", max_length=40)
    after: Shown = Field("", max_length=40)

    @field_validator("what")
    @classmethod
    def _kind(cls, what: str) -> str:
        """A kind that there is none of is all of them."""
        return what if what in KINDS else ""

    @property
    def narrowed(self) -> bool:
        """Whether somebody filters."""
        return bool(self.who or self.what or self.record or self.since or self.until)

    def but(self, **changes: str) -> str:
        """The address of the log with these changed."""
        said = {**self.model_dump(), "after": "", **changes}
        query = urlencode({name: value for name, value in said.items() if value})
        return f"/audit?{query}" if query else "/audit"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    at: datetime
    who: str
    sentence: str
    record: str
    page: str


@router.get("/audit")
async def audit_page(hub: HubHere, visitor: Admin, query: Annotated[Wanted, Query()]) -> Response:
    """Who did what, newest first."""
    wrong: dict[str, str] = {}
    since, until = _day(query.since, "since", wrong), _day(query.until, "until", wrong)
    if since is not None and until is not None and until < since:
        wrong["until"] = "This day is before the first one."
    looked = audit_log.Looked([], "")
    names: dict[str, str] = {}
    if not wrong:
        wanted = AuditFilter(
            actor=query.who.strip(),
            actions=KINDS[query.what][1] if query.what else (),
            about=query.record.strip(),
            since=since,
            until=None if until is None else until + timedelta(days=1),
        )
        async with hub.db.read(long=True) as connection:
            looked = await audit_log.page(connection, wanted, cursor=query.after, limit=SHOWN)
            names = await audit_log.names_of_tokens(connection, _tokens(looked.found))
    desks = hub.names(Role.HELPDESK)
    return page(
        "audit.html",
        422 if wrong else 200,
        visitor=visitor,
        now=hub.now(),
        wanted=query,
        wrong=wrong,
        kinds=[(id, label) for id, (label, _) in KINDS.items()],
        entries=[_entry(each, names, desks) for each in looked.found],
        next_page=query.but(after=looked.further) if looked.further else "",
        searched=bool(looked.further) and len(looked.found) < SHOWN,
        reach=audit_log.REACH,
        kept=hub.retention.transitions.days,
    )


def _entry(row: Row, names: dict[str, str], desks: list[str]) -> Entry:
    action, target = row["action"], row["target"]
    detail = dict(row["detail"])
    if action == "token.revoked":
        detail = {"name": names.get(target.removeprefix("token "), target)}
    done = deed(action, target, detail)
    where = ""
    if done.record:
        name, id = split_ref(done.record)
        where = page_of(name, id) if name in desks else ""
    return Entry(from_ms(row["at"]), row["actor"], done.sentence, done.record, where)


def _tokens(rows: list[Row]) -> list[str]:
    return [e["target"].removeprefix("token ") for e in rows if e["action"] == "token.revoked"]


def _day(said: str, name: str, wrong: dict[str, str]) -> datetime | None:
    """The beginning of that day; None, and what is wrong with it, if it is none."""
    if not said.strip():
        return None
    try:
        day = date.fromisoformat(said.strip())
    except ValueError:
        wrong[name] = "A day is written like 2026-05-12."
        return None
    return datetime.combine(day, time(), UTC)
