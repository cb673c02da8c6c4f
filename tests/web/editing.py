"""A mapping in force, tickets that the hub has seen, and forms as a browser sends them."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import httpx
import sqlalchemy as sa

from bridge.domain import records as facts
from bridge.domain.records import Fact, Observation, Source, Value
from bridge.domain.refs import Ref, TicketRef, WorkItemRef
from bridge.engine import activation, mapping_life
from bridge.store import records
from bridge.store.tables import audit_log
from tests.api.doors import Doors
from tests.unit.config.samples import GOOD

TEXT = "# Why it is so: ask Grace\n" + GOOD.replace(
    "label: Reported}", "label: Reported} # agreed with support"
)
PAGE = "/mappings/small"


async def in_force(doors: Doors, text: str = TEXT, by: str = "Grace") -> str:
    """The text, put in force; its hash."""
    current = await mapping_life.to_edit(doors.hub, "small")
    seen = frozenset() if current is None else frozenset({current.hash})
    await activation.save_draft(doors.hub, "small", text, by=by, seen=seen)
    return (await activation.activate(doors.hub, "small", None, by)).hash


async def drafted(doors: Doors, text: str, by: str = "Grace") -> str:
    """The text, kept as the newest draft; its hash."""
    return await activation.save_draft(doors.hub, "small", text, by=by, seen=frozenset({"*"}))


async def newest(doors: Doors) -> str:
    """The text that whoever edits begins with."""
    found = await mapping_life.to_edit(doors.hub, "small")
    assert found is not None
    return found.source


async def see(doors: Doors, ref: Ref, **said: Value) -> None:
    """The hub has read the record, and this is what it says."""
    now = doors.hub.now()
    at = now - timedelta(minutes=5)
    names = {"subject": facts.SUBJECT, "status": facts.STATUS, "key": facts.KEY}
    known = {names.get(name, name): Fact(value, at) for name, value in said.items()}
    known |= {facts.CREATED_AT: Fact(at.isoformat(), at)}
    seen = Observation(ref, known, now, Source.READ, whole=True)
    async with doors.hub.db.write() as connection:
        await records.observe(doors.hub.db, connection, seen, shown=lambda _: "", counter=None)


async def seen_bug(doors: Doors, id: str, status: str) -> None:
    """A ticket that was read, with a work item that stands at that status."""
    ticket = await doors.add_ticket(id)
    await see(doors, TicketRef("hubspot", id), kind="Bug", how_bad="HIGH", subject="It fails",
              work_stage="Reported", engineering_priority=None)  # fmt: skip
    await doors.add_link(ticket, f"9{id}")
    await see(doors, WorkItemRef("boards", f"9{id}"), status=status, key=f"#9{id}", Priority=1)


async def fields_of(browser: httpx.AsyncClient, path: str) -> dict[str, str]:
    """What the last form of the page would send if nobody typed anything."""
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return sent_by(answer.text)


def sent_by(page: str) -> dict[str, str]:
    """The same of a page that is at hand. The last form with a version in it is meant."""
    forms = re.findall(r"<form[^>]*>.*?</form>", page, re.DOTALL)
    form = [each for each in forms if 'name="seen"' in each or 'name="version"' in each]
    found: dict[str, str] = {}
    for each in form[:1]:
        for tag in re.findall(r"<input[^>]*>", each):
            named = re.search(r' name="([^"]*)"', tag)
            value = re.search(r' value="([^"]*)"', tag)
            is_off = 'type="checkbox"' in tag and " checked" not in tag
            if named and not is_off:
                found[named[1]] = html.unescape(value[1] if value else "")
        for named, inner in re.findall(r'<select name="([^"]*)"[^>]*>(.*?)</select>', each, re.S):
            chosen = re.search(r'<option value="([^"]*)" selected', inner)
            first = re.search(r'<option value="([^"]*)"', inner)
            found[named] = html.unescape((chosen or first or ["", ""])[1])
        for named, inner in re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>\n(.*?)</textarea>',
                                       each, re.S):  # fmt: skip
            found[named] = html.unescape(inner)
    return found


async def acts(doors: Doors) -> list[tuple[str, str, str]]:
    """Who did what in the audit log, and the note."""
    a = audit_log.c
    async with doors.hub.db.read() as connection:
        found = await connection.execute(
            sa.select(a.actor, a.action, a.detail)
            .where(a.action.like("mapping.%") | a.action.like("job.%"))
            .order_by(a.id)
        )
        return [(actor, action, detail.get("note", "")) for actor, action, detail in found]
