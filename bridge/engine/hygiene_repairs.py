"""What one press does about what the nightly look found, by what the hub can do already."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.core import reasons
from bridge.core.hygiene import CODES, SEVERITY, Repair, repair_of
from bridge.domain.errors import BridgeError
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine import hygiene_filling, hygiene_owners, retrying_many
from bridge.engine import notices as telling
from bridge.engine.hub import Hub
from bridge.engine.hygiene_filling import CannotFill
from bridge.engine.linking import LinkExists, link, unlink
from bridge.engine.retrying import FindingResolved
from bridge.engine.right_way import SignalNeverOnTicket
from bridge.engine.wishes import launch_by_hand
from bridge.store import hygiene, notices, queue, retries, tokens
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row
from bridge.store.queue import ClaimClass, Mark


class RepairRefused(BridgeError):
    """What one press can do does not help here; the sentence names what does."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was done about a finding, in words for people."""

    finding: Row
    repair: Repair
    said: str


async def repair(hub: Hub, id: str, *, by: str, value: str = "") -> Repaired | None:
    """Repair what the finding says, and close it: the next look opens it again if it still is so.

    `value`: what a person gives where something is missing. None if there is none of that id.
    Raises FindingResolved, RepairRefused, NotAChoice, and what launching, linking and writing by
    hand raise; nothing is closed then.
    """
    async with hub.db.read() as connection:
        found = await retries.load_finding(connection, id)
    if found is None or found["code"] not in CODES:
        return None
    if found["state"] == "resolved":
        raise FindingResolved(f"Finding {id} is closed: it was repaired, or its cause is gone")
    chosen = repair_of(found["code"], found["data"])
    if chosen is SEVERITY:
        said = await _severity(hub, found, by, value)
    else:
        said = await _DEEDS[chosen.id](hub, found, by)
    async with hub.db.write() as connection:
        await retries.switch_finding(connection, id, "resolved", among={"open", "ignored"})
        await tokens.audit(
            connection,
            actor=by,
            action="hygiene.repaired",
            target=f"finding {id}",
            detail={
                "code": found["code"],
                "ref": found["ref"],
                "repair": chosen.id,
                "label": chosen.label,
                "item": found["topic"],
            },
            now=hub.now(),
        )
        after = await retries.load_finding(connection, id)
    hub.work_wake.set()
    return Repaired(found if after is None else after, chosen, said)


def _ticket(found: Row) -> TicketRef:
    return TicketRef(*split_ref(found["ref"]))


async def _launch(hub: Hub, found: Row, by: str) -> str:
    await launch_by_hand(hub, _ticket(found), found["data"]["route"], by=by, wait_s=0.0)
    return "Its work item is being created."


async def _unlink(hub: Hub, found: Row, by: str) -> str:
    async with hub.db.read() as connection:
        ids = await hygiene.live_links(connection, found["ref"], found["topic"])
    for each in ids:
        await unlink(hub, each, by=by)
    return "The ticket is off the work item." if ids else "It was off the work item already."


async def _inherit(hub: Hub, found: Row, by: str) -> str:
    name, id = split_ref(found["topic"])
    try:
        await link(hub, _ticket(found), name, id, by=by)
    except LinkExists:
        return "It was linked to this ticket already."
    except SignalNeverOnTicket as error:
        raise RepairRefused(str(error)) from None
    return "The work item is linked to this ticket."


async def _tell(hub: Hub, found: Row, by: str) -> str:
    async with hub.db.write() as connection:
        await queue.lock(hub.db, connection, [found["ref"]])
        route = found["data"].get("route", "")
        channels = await notices.tell_again(connection, found["ref"], route, hub.now())
        if not channels:
            raise RepairRefused(
                "There is no message that could be sent again: it never went out, or its words are "
                f"not kept any more. {reasons.what_to_do(found['code'], found['data'])}"
            )
        for name in channels:
            await queue.wake_timer(hub.db, connection, f"{telling.TIMER}:{name}")
        await _mark(hub, connection, found, by)
    return "They are told once more, with the button that says they know."


async def _draft(hub: Hub, found: Row, by: str) -> str:
    try:
        return await hygiene_filling.draft_message(hub, _ticket(found), by=by)
    except CannotFill as error:
        raise RepairRefused(str(error)) from None


async def _assign(hub: Hub, found: Row, by: str) -> str:
    try:
        said = await hygiene_owners.put_owners(hub, _ticket(found), found["topic"])
    except CannotFill as error:
        raise RepairRefused(str(error)) from None
    finally:
        # Whatever came of it, the next look goes by the task as it is.
        await _check(hub, found, by)
    return said


async def _severity(hub: Hub, found: Row, by: str, value: str) -> str:
    try:
        said = await hygiene_filling.set_severity(hub, _ticket(found), value, by=by)
    except CannotFill as error:
        raise RepairRefused(str(error)) from None
    return f"The ticket's severity is {said}."


async def _retry(hub: Hub, found: Row, by: str) -> str:
    job = await retrying_many.start(hub, found["data"]["code_meant"], [], by=by)
    return "None of them is open any more." if job is None else "All of them are tried again."


async def _check(hub: Hub, found: Row, by: str) -> str:
    async with hub.db.write() as connection:
        await _mark(hub, connection, found, by)
        item = found["topic"]
        ref = await retries.ref_of(connection, item) if item else None
        if ref is not None:
            await queue.mark(hub.db, connection, [Mark(ref, f"repair by {by}", read=True)])
    return "It is read again; the next look says whether it is well."


async def _mark(hub: Hub, connection: AsyncConnection, found: Row, by: str) -> None:
    mark = Mark(_ticket(found), f"repair by {by}", ClaimClass.PERSON, read=True)
    await queue.mark(hub.db, connection, [mark])


_DEEDS = {
    "launch": _launch,
    "unlink": _unlink,
    "inherit": _inherit,
    "tell": _tell,
    "draft": _draft,
    "assign": _assign,
    "retry": _retry,
    "check": _check,
}
