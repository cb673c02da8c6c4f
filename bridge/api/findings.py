"""Findings: what a person must fix."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import HubHere, Viewer
from bridge.api.paging import Page, Paging, cut
from bridge.api.problems import for_callers
from bridge.api.shapes import Ref, Time, Word
from bridge.core import reasons
from bridge.domain.findings import Finding
from bridge.kit.clock import from_ms
from bridge.store import history
from bridge.store.database import Row

KIND = "findings"

router = APIRouter(tags=["inspector"])

State = Literal["open", "resolved", "ignored"]


class FindingQuery(Paging):
    """What the list is narrowed to."""

    state: State | None = None
    code: Word | None = Field(None, description="A reason code.", examples=["STATUS_UNMAPPED"])
    connection: Word | None = None


class FindingShape(BaseModel):
    """Something that a person must fix. It closes itself when its cause is gone."""

    model_config = ConfigDict(title="Finding")

    id: str
    code: str = Field(description="Reason code.", examples=["STATUS_UNMAPPED"])
    severity: Literal["info", "warning", "critical"]
    connection: str = Field(examples=["boards"])
    ref: Ref | None = Field(description="The record it is about, if it is about one.")
    sentence: str = Field(description="For support.")
    detail: str = Field(description="For admins.")
    what_to_do: str = Field(description="The way out.")
    first_seen_at: Time
    last_seen_at: Time
    count: int = Field(description="How often it was seen.", examples=[3])
    state: State


class FindingPage(Page[FindingShape]):
    """Findings, newest first."""


def finding_of(row: Row) -> FindingShape:
    """The finding of a stored row, in words."""
    said = Finding(row["code"], row["connection"], row["ref"] or None, row["topic"], row["data"])
    return FindingShape(
        id=row["id"],
        code=row["code"],
        severity=row["severity"],
        connection=row["connection"],
        ref=Ref.of_key(row["ref"]) if ":" in row["ref"] else None,
        sentence=reasons.finding_sentence(said),
        detail=reasons.finding_detail(said),
        what_to_do=reasons.finding_what_to_do(said),
        first_seen_at=from_ms(row["first_seen_at"]),
        last_seen_at=from_ms(row["last_seen_at"]),
        count=row["count"],
        state=row["state"],
    )


@router.get("/findings", responses=for_callers("bad_cursor"))
async def list_findings(
    hub: HubHere, _actor: Viewer, query: Annotated[FindingQuery, Query()]
) -> FindingPage:
    """What a person must fix, newest first."""
    async with hub.db.read() as connection:
        rows = await history.page_findings(
            connection,
            cursor=query.after(KIND),
            limit=query.limit + 1,
            state=query.state,
            code=query.code,
            name=query.connection,
        )
    kept, next_cursor = cut(rows, query.limit, KIND, "id")
    return FindingPage(items=[finding_of(each) for each in kept], next_cursor=next_cursor)
