"""Findings: what a person must fix, and what they decide about it."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import AccessRole, HubHere, Operator, Viewer
from bridge.api.launches import REFUSALS, refused_launch
from bridge.api.links import RefText
from bridge.api.paging import Page, Paging, cut
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import Ref, Time, Word
from bridge.core import reasons
from bridge.core.traced import INTERNAL
from bridge.domain.findings import Finding
from bridge.engine.internal_tasks import hidden_from
from bridge.engine.retrying import FindingResolved, NothingToRetry, PayloadGone, ignore
from bridge.engine.retrying import resolve as close
from bridge.engine.retrying import retry as try_again
from bridge.engine.wishes import LaunchRefused
from bridge.kit.clock import from_ms
from bridge.store import history, retries
from bridge.store.database import Row

KIND = "findings"

router = APIRouter(tags=["inspector"])

State = Literal["open", "resolved", "ignored"]
FindingId = Annotated[
    Word, Path(description="A finding's id.", examples=["019aa2c4f0d1e2b3c4d5e6f708"])
]


class FindingQuery(Paging):
    """What the list is narrowed to."""

    state: State | None = None
    code: Word | None = Field(None, description="A reason code.", examples=["STATUS_UNMAPPED"])
    connection: Word | None = Field(None, examples=["boards"])
    ref: RefText | None = Field(
        None, description="The record it is about.", examples=["hubspot:812"]
    )


class FindingShape(BaseModel):
    """Something that a person must fix. It closes itself when its cause is gone."""

    model_config = ConfigDict(title="Finding")

    id: str = Field(examples=["019aa2c4f0d1e2b3c4d5e6f708"])
    code: str = Field(description="Reason code.", examples=["STATUS_UNMAPPED"])
    severity: Literal["info", "warning", "critical"]
    connection: str = Field(examples=["boards"])
    ref: Ref | None = Field(
        description="The record it is about, if it is about one. Below operator null for signals "
        "and internal tasks."
    )
    sentence: str = Field(
        description="For support.",
        examples=['Engineering uses a status we have no customer wording for ("Triaged").'],
    )
    detail: str = Field(
        description="For operators; empty for other roles.",
        examples=["Status Triaged of boards has no stage."],
    )
    what_to_do: str = Field(
        description="The way out.",
        examples=["Add the status to the mapping, or move the work item on."],
    )
    first_seen_at: Time
    last_seen_at: Time
    count: int = Field(description="How often it was seen.", examples=[3])
    state: State


class FindingPage(Page[FindingShape]):
    """Findings, newest first."""


def finding_of(
    row: Row, *, inside: bool = True, hidden: frozenset[str] = frozenset()
) -> FindingShape:
    """The finding of a stored row, in words. `inside`: for an operator; `hidden`: refs that the
    caller must not learn of.
    """
    names = dict.fromkeys(hidden, INTERNAL)
    said = Finding(row["code"], row["connection"], row["ref"] or None, row["topic"], row["data"])
    return FindingShape(
        id=row["id"],
        code=row["code"],
        severity=row["severity"],
        connection=row["connection"],
        ref=Ref.of_key(row["ref"]) if ":" in row["ref"] and row["ref"] not in hidden else None,
        sentence=reasons.finding_sentence(said, names),
        detail=reasons.finding_detail(said) if inside else "",
        what_to_do=reasons.finding_what_to_do(said, names),
        first_seen_at=from_ms(row["first_seen_at"]),
        last_seen_at=from_ms(row["last_seen_at"]),
        count=row["count"],
        state=row["state"],
    )


@router.get("/findings", responses=for_callers("bad_cursor"))
async def list_findings(
    hub: HubHere, actor: Viewer, query: Annotated[FindingQuery, Query()]
) -> FindingPage:
    """What a person must fix, newest first."""
    async with hub.db.read(long=True) as connection:
        rows = await history.page_findings(
            connection,
            cursor=query.after(KIND),
            limit=query.limit + 1,
            state=query.state,
            code=query.code,
            name=query.connection,
            ref=query.ref,
        )
        kept, next_cursor = cut(rows, query.limit, KIND, "id")
        hidden = await hidden_from(actor.role, hub, connection, _texts(kept))
    inside = actor.role.covers(AccessRole.OPERATOR)
    items = [finding_of(each, inside=inside, hidden=hidden) for each in kept]
    return FindingPage(items=items, next_cursor=next_cursor)


def _texts(rows: Iterable[Row]) -> list[object]:
    """What the findings are about and filled with."""
    return [text for each in rows for text in (each["ref"], *each["data"].values())]


@router.get("/findings/{id}", responses=for_callers("not_found"))
async def get_finding(hub: HubHere, actor: Viewer, id: FindingId) -> FindingShape:
    """One finding, closed ones too."""
    async with hub.db.read() as connection:
        row = await retries.load_finding(connection, id)
        if row is None:
            raise _unknown(id)
        hidden = await hidden_from(actor.role, hub, connection, _texts([row]))
    return finding_of(row, inside=actor.role.covers(AccessRole.OPERATOR), hidden=hidden)


@router.post(
    "/findings/{id}/retry",
    responses=for_callers(
        "not_found", "finding_resolved", "nothing_to_retry", "payload_gone", *REFUSALS
    ),
)
async def retry_finding(hub: HubHere, actor: Operator, id: FindingId) -> FindingShape:
    """Have the hub try once more, before all other work; the finding closes if it succeeds.

    A refused launch or copy is sent once more, the pause above the launch limit ends, a delivery
    that could not be read is read again. After a change of category: the new route is launched, and
    the link to the old work item ends as soon as the new one is linked.
    """
    return await _worked_on(id, try_again(hub, id, by=actor.name))


@router.post("/findings/{id}/resolve", responses=for_callers("not_found", "finding_resolved"))
async def resolve_finding(hub: HubHere, actor: Operator, id: FindingId) -> FindingShape:
    """Close the finding. It opens again as soon as its cause is seen again."""
    return await _worked_on(id, close(hub, id, by=actor.name))


@router.post("/findings/{id}/ignore", responses=for_callers("not_found", "finding_resolved"))
async def ignore_finding(hub: HubHere, actor: Operator, id: FindingId) -> FindingShape:
    """Keep the finding closed while its cause lasts; once that ended, it may open anew."""
    return await _worked_on(id, ignore(hub, id, by=actor.name))


async def _worked_on(id: str, work: Awaitable[Row | None]) -> FindingShape:
    try:
        row = await work
    except FindingResolved as error:
        raise ApiProblem("finding_resolved", str(error)) from None
    except NothingToRetry as error:
        raise ApiProblem("nothing_to_retry", str(error)) from None
    except PayloadGone as error:
        raise ApiProblem("payload_gone", str(error)) from None
    except LaunchRefused as error:
        raise refused_launch(error) from None
    if row is None:
        raise _unknown(id)
    return finding_of(row)


def _unknown(id: str) -> ApiProblem:
    return ApiProblem("not_found", f"There is no finding {id!r}; GET /api/v1/findings lists them")
