"""What is worth saying of a change in a ticket's timeline besides what changed."""

from __future__ import annotations

from bridge.core.outlook import Cause

MOVED = "moved"
"""`what` of a row that tells of an item that moved; its cause is the item's key."""
NETS = frozenset({"sweep", "patrol"})
"""Causes of looks that no notification asked for."""
WORK_ITEM = "work item "
"""How the cause of a ticket's pass begins that one of its items woke."""
CAMPAIGN = "campaign mapping "


def move_told(item: str, before: str | None, after: str | None) -> Cause:
    """The reason code of a row that tells of a move."""
    return Cause("ITEM_MOVED", {"item": item, "before": before or "", "after": after or ""})


def cause_of_change(ticket: str, cause: str, first_cause: str) -> Cause | None:
    """The reason code of another row, if there is one.

    `cause` is what woke the ticket, `first_cause` what woke the line that led there.
    """
    if first_cause in NETS:
        ref = cause.removeprefix(WORK_ITEM) if cause.startswith(WORK_ITEM) else ticket
        connection = ref.partition(":")[0]
        return Cause("EVENT_NEVER_ARRIVED", {"connection": connection, "found_by": first_cause})
    if first_cause.startswith(CAMPAIGN):
        mapping, _, version = first_cause.removeprefix(CAMPAIGN).partition(" ")
        return Cause("POLICY_CHANGED", {"mapping": mapping, "version": version})
    return None
