"""From work items' statuses to one stage: the roll-up, and who holds it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Table
from dataclasses import dataclass
from dataclasses import field as with_default

from bridge.core.guard import tells_nothing
from bridge.core.situation import LinkedItem
from bridge.domain.findings import Finding
from bridge.domain.links import LinkState
from bridge.domain.mapping import Mapping, Stage
from bridge.domain.records import KEY, STATUS, Presence, Reference
from bridge.domain.refs import TicketRef

GONE = (Presence.DELETED, Presence.MISSING, Presence.MERGED)
UNREAD = "WAITING_ITEM_READ"
"""Where no status is known yet: a tracker's answer to a create need not bring it."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where one work item stands: its stage, or the code of what keeps us from knowing it."""

    item: LinkedItem
    stage: Stage | None
    code: str = ""
    status: str = ""
    label: str = ""
    waits: str = ""
    """The code of what keeps a done item back from the customer: its release."""
    waits_for: Table[str, str] = with_default(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RollUpResult:
    """The stage of the ticket, or None and the step that holds it.

    `waiting` is the step that keeps a roll-up back while others are further on, `decided` the one
    whose stage it is.
    """

    stage: Stage | None
    holder: Step | None = None
    waiting: Step | None = None
    ahead: int = 0
    decided: Step | None = None


def stage_of(mapping: Mapping, connection: str, status: str, reference: Reference) -> Stage | None:
    """The stage that the mapping gives a status, by its id, else by its label."""
    table = {key.casefold(): stage for key, stage in mapping.status.get(connection, {}).items()}
    info = reference.statuses.get(status)
    names = [status] if info is None else [status, info.label]
    found = next((table[n.casefold()] for n in names if n.casefold() in table), None)
    return None if found is None else mapping.stage(found)


def is_broken(item: LinkedItem) -> bool:
    """Whether the work item can't be seen any more."""
    if item.link.state is LinkState.BROKEN:
        return True
    return item.observation is not None and item.observation.presence in GONE


def name_of(item: LinkedItem) -> str:
    """What people call the work item: its key, else its id."""
    key = item.observation.text(KEY) if item.observation is not None else ""
    return key or item.link.work_item.id


def told_name(item: LinkedItem) -> str:
    """What those outside engineering may read of which item it is; empty where that is nothing.

    An item that error tracking is tied to has no name for them, nor has one whose key says so.
    """
    name = name_of(item)
    return "" if item.has_origin or not tells_nothing(name) else name


def step_of(mapping: Mapping, item: LinkedItem) -> Step:
    """Where the work item stands."""
    seen = item.observation
    if is_broken(item) or seen is None:
        return Step(item, None, "LINK_BROKEN")
    status = seen.text(STATUS)
    if not status:
        return Step(item, None, UNREAD)
    reference = item.tracker.reference
    info = reference.statuses.get(status)
    label = info.label if info is not None else status
    stage = stage_of(mapping, item.link.work_item.connection, status, reference)
    return Step(item, stage, "" if stage else "STATUS_UNMAPPED", status, label)


def roll_up(mapping: Mapping, steps: list[Step]) -> RollUpResult:
    """The one stage of several items; side stages count only where there is no other."""
    if mapping.rollup == "primary":
        return _primary(steps)
    holder = next((each for each in steps if each.stage is None), None)
    if holder is not None or not steps:
        return RollUpResult(None, holder)
    on_path = [each for each in steps if each.stage and not each.stage.side] or steps
    order = {stage.id: index for index, stage in enumerate(mapping.stages)}
    ranked = sorted(on_path, key=lambda each: order[each.stage.id] if each.stage else 0)
    chosen = ranked[-1] if mapping.rollup == "most_advanced" else ranked[0]
    ahead = sum(each.stage != chosen.stage for each in ranked)
    if mapping.rollup == "most_advanced" or not ahead:
        return RollUpResult(chosen.stage, decided=chosen)
    return RollUpResult(chosen.stage, None, chosen, ahead, chosen)


def stage_findings(ref: TicketRef, steps: list[Step]) -> tuple[Finding, ...]:
    """A finding for each status without a stage and for each link that is broken."""
    counts = Counter(_place(each) for each in steps if each.code == "STATUS_UNMAPPED")
    found: dict[tuple[str, str], Finding] = {}
    for step in steps:
        if step.code in ("", UNREAD):
            continue
        topic = str(step.item.link.work_item)
        if step.code == "STATUS_UNMAPPED":
            topic = ":".join(_place(step))
        data = {**holder_data(step), "count": str(counts.get(_place(step), 1))}
        finding = Finding(step.code, ref.connection, str(ref), topic, data)
        found.setdefault((step.code, topic), finding)
    return tuple(found.values())


def holder_data(step: Step) -> dict[str, str]:
    """What names the item that holds a stage, for people."""
    return {
        "item": name_of(step.item),
        "ref": str(step.item.link.work_item),
        "connection": step.item.link.work_item.connection,
        "status": step.status,
        "label": step.label,
        "stage": step.stage.label if step.stage else "",
    }


def _place(step: Step) -> tuple[str, str]:
    return step.item.link.work_item.connection, step.status


def _primary(steps: list[Step]) -> RollUpResult:
    for step in steps:
        if step.stage is None:
            return RollUpResult(None, step)
        if not step.stage.side:
            return RollUpResult(step.stage, decided=step)
    first = steps[0] if steps else None
    return RollUpResult(None if first is None else first.stage, decided=first)
