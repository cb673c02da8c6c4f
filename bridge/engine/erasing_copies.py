"""What an erasure asks and does at vendors, and what it must leave to people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.domain.errors import BridgeError, ConfigProblem, Paused, RecordMissing, Rejected
from bridge.domain.links import LedgerEntry, LedgerState
from bridge.domain.refs import split_ref
from bridge.engine.hub import CallFailed, Hub
from bridge.store import connections
from bridge.store.jobs import Job


@dataclass(slots=True)
class Report:
    """What an erasure has come to. `records` are treated whole; `mentioned` only say the name."""

    records: list[str] = field(default_factory=list)
    mentioned: list[str] = field(default_factory=list)
    cleared: int = 0
    payloads: int = 0
    rows: int = 0
    deleted: list[dict[str, str]] = field(default_factory=list)
    left: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, job: Job) -> Report:
        """What the job has come to so far."""
        return cls(**(job.result or {}))

    def as_json(self) -> dict[str, Any]:
        """The result of the job."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


async def require_unpaused(hub: Hub, name: str) -> None:
    """Raise if a person or a problem has paused the connection."""
    async with hub.db.read() as connection:
        state = await connections.load(connection, name)
    if state is not None and state.paused_by is not None:
        raise CallFailed(name, Paused(f"{name} is paused"))


async def people_with(hub: Hub, report: Report, name: str, email: str) -> list[str]:
    """The ids of the people with that address at a helpdesk; one that refuses is left to people."""
    await require_unpaused(hub, name)
    try:
        async with hub.calling(name):
            return await hub.helpdesk(name).find_people(email)
    except CallFailed as failure:
        if not isinstance(failure.cause, Rejected):
            raise
        what = "could not be asked who has the address: erase that person's tickets by their refs"
        _leave(report, f"{name}:", what, str(failure.cause))
        return []


async def delete_copy(hub: Hub, report: Report, item: str, entry: LedgerEntry) -> None:
    """Delete a copy, or say why a person must."""
    if entry.state not in (LedgerState.COPIED, LedgerState.INTENDED):
        return
    name, id = split_ref(item)
    is_file = entry.source.partition("#")[2].startswith("file/")
    what = "file" if is_file else "comment"
    try:
        tracker = hub.tracker(name)
        await require_unpaused(hub, name)
        async with hub.calling(name):
            if is_file:
                gone = await tracker.delete_file(id, entry.marker)
            elif gone := entry.target_id is not None:
                await tracker.delete_comment(id, str(entry.target_id))
    except ConfigProblem as error:
        _leave(report, item, f"a {what} copied from {_owner(entry)}", str(error))
        return
    except CallFailed as failure:
        cause: BridgeError = failure.cause
        if isinstance(cause, RecordMissing):
            return
        if not isinstance(cause, Rejected):
            raise
        _leave(report, item, f"a {what} copied from {_owner(entry)}", str(cause))
        return
    if gone:
        report.deleted.append({"ref": item, "what": what})
    elif not is_file and entry.state is LedgerState.INTENDED:
        _leave(report, item, f"perhaps a comment with the mark {entry.marker}")


def _owner(entry: LedgerEntry) -> str:
    return entry.source.partition("#")[0]


def _leave(report: Report, ref: str, what: str, why: str = "") -> None:
    entry = {"ref": ref, "what": what, "why": why}
    if entry not in report.left:
        report.left.append(entry)


def list_left(hub: Hub, report: Report, launched: Sequence[str]) -> None:
    """What the hub can't clear: the vendors' own records, and what their deletions leave."""
    for item in launched:
        what = "title and description were written from an erased ticket: clear them there"
        _leave(report, item, what)
    for name in sorted({split_ref(each["ref"])[0] for each in report.deleted}):
        port = hub.connections.get(name)
        if port is not None and port.manifest.deletion_leaves:
            _leave(report, f"{name}:", "deleted copies", port.manifest.deletion_leaves)
    for key in report.records:
        _leave(
            report,
            key,
            "the record itself: what its vendor still shows is read again when it changes",
        )
    for key in report.mentioned:
        _leave(report, key, "says the address: clear it there; copies of it were not deleted")
