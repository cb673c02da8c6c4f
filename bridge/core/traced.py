"""What came of a delivery, in sentences: why a record was looked at, and what was done."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from collections.abc import Mapping as Table
from typing import Any

DOING: Table[str, str] = {
    "LaunchItem": "Create the work item",
    "ProbeLaunch": "Look whether the work item was created",
    "LaunchSignal": "Create the internal work item",
    "ProbeSignal": "Look whether the internal work item was created",
    "SetTicketFields": "Write what the ticket shows",
    "SetItemFields": "Write the work item's fields",
    "SetItemLinks": "Write the work item's links",
    "CopyAttachment": "Copy a file to the work item",
    "AddItemComment": "Copy a comment to the work item",
    "AddSubtask": "Create a subtask",
    "AddTicketNote": "Copy a comment to the ticket as a note",
    "SayToCustomer": "Tell the customer",
    "FindSaid": "Look whether the customer was told",
    "ShowLetter": "Show on the ticket what the customer was sent by mail",
    "RelateItem": "Relate the work item to another one",
}
CAME: Table[str, str] = {
    "intended": "no answer yet",
    "done": "done",
    "skipped": "there was nothing to do",
    "rejected": "refused",
    "deferred": "put off",
    "unknown": "no clear answer",
}
_DONE: Table[str, tuple[str, str]] = {
    "LaunchItem": ("a work item was created", "{n} work items were created"),
    "LaunchSignal": ("a work item was created", "{n} work items were created"),
    "SetTicketFields": ("a ticket was updated", "{n} tickets were updated"),
    "SetItemFields": ("a work item was updated", "{n} work items were updated"),
    "SetItemLinks": ("a work item was linked back", "{n} work items were linked back"),
    "CopyAttachment": ("a file was copied", "{n} files were copied"),
    "AddItemComment": ("a comment was copied", "{n} comments were copied"),
    "AddSubtask": ("a subtask was created", "{n} subtasks were created"),
    "AddTicketNote": ("a note was added to a ticket", "{n} notes were added to tickets"),
    "SayToCustomer": ("a customer was told", "{n} messages went to customers"),
    "ShowLetter": ("a ticket shows a mail that was sent", "{n} tickets show mail that was sent"),
    "RelateItem": ("two work items were related", "{n} work items were related"),
}
PER_RECORD = frozenset({"SetTicketFields", "SetItemFields", "SetItemLinks"})
"""Kinds of operations of which the records are counted, and not the writes."""
INTERNAL = "an internal technical task"
"""What support is told of whatever was made for an error that engineering tracks, and no more."""
OTHERWISE = "because: "
"""How a cause begins that there are no words for."""
_CAUSES: Table[str, str] = {
    "check": "because somebody asked for it",
    "retry": "because somebody had it tried again",
    "sweep": "because a sweep found a change",
    "patrol": "because every record is looked at now and then",
}
_NEIGHBOUR = re.compile(r"(?:ticket|work item) (\S+:\S+)")
"""How a record says that it woke another one."""
_WANTING = re.compile(r"wanted by (\S+:\S+)")
"""How a record says that it can't go on without another one."""


def because(woken_by: str, names: Table[str, str] | None = None) -> str:
    """Why a record was looked at; `names` are what people call the records, by ref."""
    if woken_by.startswith("delivery:"):
        return "because this delivery came"
    for pattern, what in ((_NEIGHBOUR, "had changed"), (_WANTING, "needed to know it")):
        found = pattern.fullmatch(woken_by)
        if found is not None:
            return f"because {(names or {}).get(found[1], found[1])} {what}"
    return _CAUSES.get(woken_by) or f"{OTHERWISE}{woken_by}"


def because_in_short(woken_by: str, hidden: Collection[str]) -> str:
    """The same for whoever must not learn of the hidden refs, nor of the machine's own words."""
    said = because(woken_by, dict.fromkeys(hidden, INTERNAL))
    # In words of the machine a signal may be named.
    return "for a reason of the hub's own" if said.startswith(OTHERWISE) else said


def operation_told(kind: str, state: str, detail: str) -> str:
    """One operation and what came of it."""
    more = f" ({detail.rstrip('.')})" if detail else ""
    return f"{DOING.get(kind, kind)}: {CAME.get(state, state)}{more}."


def call_told(made: Table[str, Any]) -> str:
    """One call to a vendor, as a run keeps it."""
    status = made["status"]
    answer = f"answered {status}" if status else "did not answer"
    attempt = f", attempt {made['attempt']}" if made["attempt"] > 1 else ""
    return f"{made['connection']} {answer} to {made['method']} {made['path']}{attempt}."


def done_told(operations: Table[tuple[str, str], int]) -> str:
    """All that was written, in a few words; empty where nothing was."""
    counts = {kind: n for (kind, state), n in operations.items() if state == "done"}
    said = [
        (one if counts[kind] == 1 else many.format(n=counts[kind]))
        for kind, (one, many) in _DONE.items()
        if kind in counts
    ]
    told = ", ".join(said)
    return f"{told[:1].upper()}{told[1:]}." if told else ""


def in_short(
    state: str, reason: str | None, woken: int, waiting: Sequence[tuple[bool, str]], any_runs: bool
) -> str:
    """What became of a delivery that woke so many records.

    `waiting`: those that no pass has ended for since, each with whether the hub gave up on it and
    what went wrong.
    """
    if state == "received":
        return "It is stored and waits to be read."
    said = (reason or "").rstrip(".")
    if not woken:
        return f"It woke no record: {said or 'it was about none that the hub knows'}."
    count = "one record" if woken == 1 else f"{woken} records"
    if any(dead for dead, _ in waiting):
        return f"It concerned {count}; the hub gave up on one and waits for a person."
    if waiting:
        why = next((error for _, error in waiting if error), None)
        return f"It concerned {count}; not all were looked at yet{f': {why}' if why else ''}."
    if any_runs:
        return f"It concerned {count}; what came of it stands below."
    return f"It concerned {count}; nothing had to be changed{f' ({said})' if said else ''}."
