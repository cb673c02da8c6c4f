"""What a person's retry takes out of the way, so that the record's next pass tries once more."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from bridge.domain.links import LedgerState
from bridge.domain.refs import Kind, Ref, make_ref
from bridge.store.connection import AsyncConnection
from bridge.store.database import Row, row, rows
from bridge.store.tables import findings, ledger, records

LIMITED = "LAUNCH_LIMIT"


async def release(connection: AsyncConnection, key: str) -> None:
    """End the wait that earlier failures imposed on the record; a vendor's own limit still holds.

    That limit stands with the connection, not with the record.
    """
    await connection.execute(
        sa.update(records).where(records.c.key == key).values(not_before=0, attempts=0)
    )


async def ref_of(connection: AsyncConnection, key: str) -> Ref | None:
    """The ticket or work item of that key; None for a timer, or if the hub does not know it."""
    r = records.c
    found = await row(
        connection,
        sa.select(r.kind, r.connection, r.vendor_id).where(r.key == key, r.kind != "timer"),
    )
    if found is None:
        return None
    return make_ref(Kind(found["kind"]), found["connection"], found["vendor_id"])


async def forget_refused_copies(connection: AsyncConnection, key: str, source: str) -> int:
    """Let a copy or relation that the vendor refused be tried once more; how many there were."""
    result = await connection.execute(
        sa.delete(ledger).where(
            ledger.c.target_key == key,
            ledger.c.source == source,
            ledger.c.state == LedgerState.REJECTED.value,
        )
    )
    return result.rowcount


def tickets_at_the_limit(name: str) -> sa.Select[tuple[str]]:
    """The keys of the tickets or signals that wait because of the launch limit, as a select."""
    f = findings.c
    return sa.select(f.ref).where(f.code == LIMITED, f.connection == name, f.state != "resolved")


async def load_finding(connection: AsyncConnection, id: str) -> Row | None:
    """One finding."""
    return await row(connection, sa.select(findings).where(findings.c.id == id))


async def switch_finding(
    connection: AsyncConnection, id: str, to: str, *, among: Collection[str]
) -> bool:
    """Give the finding another state; False if it is in none of `among` now."""
    result = await connection.execute(
        sa.update(findings)
        .where(findings.c.id == id, findings.c.state.in_(sorted(among)))
        .values(state=to)
    )
    return bool(result.rowcount)


async def ignored_codes(connection: AsyncConnection, key: str) -> set[tuple[str, str]]:
    """Code and topic of what somebody chose to ignore about the record."""
    f = findings.c
    found = await rows(
        connection, sa.select(f.code, f.topic).where(f.ref == key, f.state == "ignored")
    )
    return {(each["code"], each["topic"]) for each in found}
