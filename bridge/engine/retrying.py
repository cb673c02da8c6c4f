"""Findings worked on by a person: tried once more, closed, or ignored while their cause lasts."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Table

from bridge.core import reasons
from bridge.domain.errors import BridgeError
from bridge.domain.refs import Ref, TicketRef, WorkItemRef, split_ref
from bridge.engine import notices as telling
from bridge.engine import speaking
from bridge.engine.hub import Hub
from bridge.engine.wishes import launch_by_hand
from bridge.store import deliveries, notices, queue, refusals, retries, tokens, wishes
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row
from bridge.store.queue import TIMER, ClaimClass, Mark

OF_A_CONNECTION = frozenset({"REMOTE_DOWN", "AUTH_EXPIRED", "CREDENTIAL_SUSPECT"})
"""Found at a whole connection: trying again is asking it once more, as its sweep does."""


class FindingResolved(BridgeError):
    """The finding is closed: there is nothing left to do about it."""


class NothingToRetry(BridgeError):
    """Nothing that the hub could try again would take the finding's cause away."""


class PayloadGone(BridgeError):
    """The delivery's payload is not stored any more: it can't be read again."""


async def retry(hub: Hub, id: str, *, by: str) -> Row | None:
    """Take out of the way what the finding waits for, and have it tried once more, before all else.

    The finding as it then is; None if there is none of that id. It closes by itself if the new
    try succeeds. Raises FindingResolved, NothingToRetry, PayloadGone, and what `launch_by_hand`
    raises.
    """
    found = await _open(hub, id)
    if found is None:
        return None
    if found["code"] == "RECATEGORISED":
        await _launch_instead(hub, found, by)
    async with hub.db.write() as connection:
        if found["code"] != "RECATEGORISED":
            await _clear_the_way(hub, connection, found, by)
        # Unreadable deliveries close nothing by themselves: raised anew if it fails again.
        state = "resolved" if found["code"] == "DELIVERY_UNREADABLE" else "open"
        await _switch(connection, found, state)
        await _audit(hub, connection, found, "finding.retried", by)
    hub.intake_wake.set()
    hub.work_wake.set()
    return await _load(hub, id)


async def resolve(hub: Hub, id: str, *, by: str) -> Row | None:
    """Close the finding until its cause is seen again; None if there is none of that id."""
    return await _closed(hub, id, "resolved", by)


async def ignore(hub: Hub, id: str, *, by: str) -> Row | None:
    """Close the finding as long as its cause lasts; None if there is none of that id.

    It opens again only when its cause has ended and then begun anew.
    """
    return await _closed(hub, id, "ignored", by)


async def _closed(hub: Hub, id: str, state: str, by: str) -> Row | None:
    found = await _open(hub, id)
    if found is None or found["state"] == state:
        return found
    async with hub.db.write() as connection:
        ref = await retries.ref_of(connection, found["ref"])
        if ref is not None:
            # The lists that people see are written by the record's own pass.
            mark = Mark(ref, f"finding {state} by {by}", ClaimClass.PERSON)
            await queue.mark(hub.db, connection, [mark])
        if state == "resolved" and found["code"] in speaking.OF_A_MESSAGE:
            await speaking.take_word(hub, connection, found["code"], found["topic"])
        await _switch(connection, found, state)
        await _audit(hub, connection, found, f"finding.{state}", by)
    hub.work_wake.set()
    return await _load(hub, id)


async def _load(hub: Hub, id: str) -> Row | None:
    async with hub.db.read() as connection:
        return await retries.load_finding(connection, id)


async def _open(hub: Hub, id: str) -> Row | None:
    found = await _load(hub, id)
    if found is not None and found["state"] == "resolved":
        raise FindingResolved(f"Finding {id} is closed: its cause is gone, or somebody closed it")
    return found


async def _switch(connection: AsyncConnection, found: Row, state: str) -> None:
    """Change the state; FindingResolved if it was closed meanwhile, and nothing is kept."""
    among = {"open", "ignored"}
    if not await retries.switch_finding(connection, found["id"], state, among=among):
        raise FindingResolved(f"Finding {found['id']} was closed a moment ago")


async def _audit(hub: Hub, connection: AsyncConnection, found: Row, action: str, by: str) -> None:
    await tokens.audit(
        connection,
        actor=by,
        action=action,
        target=f"finding {found['id']}",
        detail={"code": found["code"], "connection": found["connection"], "ref": found["ref"]},
        now=hub.now(),
    )


async def _launch_instead(hub: Hub, found: Row, by: str) -> None:
    """The category changed: launch the new route, and end the link to the old one's item."""
    data: Table[str, str] = found["data"]
    ticket = TicketRef(*split_ref(found["ref"]))
    # Findings of before name the item by its ref alone.
    item = WorkItemRef(*split_ref(data.get("ref") or data["item"]))
    await launch_by_hand(hub, ticket, data["to"], by=by, wait_s=0.0, ends=item)


async def _clear_the_way(hub: Hub, connection: AsyncConnection, found: Row, by: str) -> None:
    code, key, name = found["code"], found["ref"], found["connection"]
    if code == "DELIVERY_UNREADABLE":
        delivery = found["data"].get("delivery", "")
        if not await deliveries.reopen(connection, delivery):
            raise PayloadGone(f"The payload of delivery {delivery} is not stored any more")
        return
    if code in OF_A_CONNECTION:
        await _wake_timer(hub, connection, f"sweep:{name}")
        return
    if key.startswith(f"{TIMER}:"):
        await _wake_timer(hub, connection, key.removeprefix(f"{TIMER}:"))
        return
    ref = await retries.ref_of(connection, key)
    if ref is None:
        data = {"connection": name, "ref": key, **found["data"]}
        raise NothingToRetry(
            f"The hub can't try this again by itself. {reasons.what_to_do(code, data)}".strip()
        )
    if code == retries.LIMITED:
        await _lift_limit(hub, connection, found)
    await queue.mark(hub.db, connection, [_again(ref)])
    await retries.release(connection, key)
    if code in speaking.OF_A_MESSAGE:
        if not await speaking.say_anew(hub, connection, code, found["topic"], by):
            raise NothingToRetry("The message's words are not kept any more: tell them yourself")
        return
    await _forget_refusal(hub, connection, code, key, found["topic"])


async def _forget_refusal(
    hub: Hub, connection: AsyncConnection, code: str, key: str, topic: str
) -> None:
    """What the vendor refused once may be tried once more."""
    match code:
        case "LAUNCH_REJECTED":
            await wishes.take_back_rejected(connection, key, topic)
        case "LAUNCH_UNDECIDED":
            await wishes.look_again(connection, key, topic)
        case "FIELD_INVALID":
            await refusals.forget(hub.db, connection, [key])
        case "COPY_REJECTED" | "RELATION_REJECTED":
            await retries.forget_refused_copies(connection, key, topic)
        case "NOTICE_REFUSED":
            await _tell_anew(hub, connection, key, topic)


async def _tell_anew(hub: Hub, connection: AsyncConnection, key: str, topic: str) -> None:
    channel, _, whom = topic.rpartition(":")
    if not await notices.send_anew(connection, key, channel, whom, hub.now()):
        raise NothingToRetry("The notice's words are not kept any more: tell them yourself")
    await _wake_timer(hub, connection, f"{telling.TIMER}:{channel}")


def _again(ref: Ref) -> Mark:
    return Mark(ref, "retry", ClaimClass.PERSON, read=True)


async def _wake_timer(hub: Hub, connection: AsyncConnection, name: str) -> None:
    await queue.wake_timer(hub.db, connection, name)
    await retries.release(connection, f"{TIMER}:{name}")


def _launched_in(hub: Hub, name: str) -> Iterable[str]:
    """The trackers that the connection's tickets, or signals, launch in."""
    port, active = hub.connections.get(name), hub.mappings.get(name)
    if port is not None and port.signals is not None:
        return [port.signals.launch_place.connection]
    return () if active is None else active.data.trackers()


async def _lift_limit(hub: Hub, connection: AsyncConnection, found: Row) -> None:
    """Launches are counted anew from now, and all that waited for it goes on."""
    # Records before connections, as a launch locks them.
    await queue.mark_where(
        hub.db,
        connection,
        retries.tickets_at_the_limit(found["connection"]),
        cause="launch limit lifted",
        claim_class=ClaimClass.FAN_OUT,
    )
    # A signal's item may go to a tracker that a person chose for it.
    chosen = found["data"].get("tracker")
    for name in [chosen] if chosen else _launched_in(hub, found["connection"]):
        await wishes.lift_limit(connection, name, hub.now())
