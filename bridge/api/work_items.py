"""Work items: the tickets that hang on one, and whom it matters to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import HubHere, Viewer
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import LinkShape, Ref, Word
from bridge.domain.refs import WorkItemRef
from bridge.store import history, records, signals, views, work

LINKS_SHOWN = 200
"""How many links one answer holds; `GET /links?work_item=` pages through all."""

router = APIRouter(prefix="/work-items", tags=["work items"])


class Impact(BaseModel):
    """Whom a work item matters to."""

    tickets: int = Field(examples=[3])
    customers: list[str] = Field(examples=[["Acme", "Beta"]])
    plans: list[str] = Field(examples=[["Elite", "Standard"]])


class WorkItemShape(BaseModel):
    """A work item, from the side of its tickets."""

    model_config = ConfigDict(title="WorkItem")

    work_item: Ref
    links: list[LinkShape] = Field(description="Those that have not ended, oldest first.")
    impact: Impact
    relations: list[Ref] = Field(
        description="Work items that it is related to, without a word of what they are about: "
        "internal technical tasks beside a ticket's item, and the other way round."
    )
    internal: bool = Field(
        description="It was born of a signal: no ticket may hang on it.", examples=[False]
    )
    last_run: str | None = Field(
        description="The newest pass over it that is kept: GET /runs.",
        examples=["019aa2c4f0d1e2b3c4d5e6f708"],
    )


@router.get("/{connection}/{id}", responses=for_callers("not_found"))
async def get_work_item(
    hub: HubHere,
    _actor: Viewer,
    connection: Annotated[Word, Path(description="The tracker connection.", examples=["boards"])],
    id: Annotated[Word, Path(description="The item's stable id.", examples=["991"])],
) -> WorkItemShape:
    """The tickets that hang on a work item, their customers, and what it is related to."""
    key = f"{connection}:{id}"
    async with hub.db.read() as store:
        stored = await records.load(store, key)
        if stored is None or not isinstance(stored.ref, WorkItemRef):
            raise ApiProblem("not_found", f"No ticket was ever linked to a work item {key}")
        linked = await work.links_of_item(store, key, limit=LINKS_SHOWN)
        pairs = await signals.relations_of(store, stored.ref)
        others = [str(each.b if each.a == stored.ref else each.a) for each in pairs]
        tickets_seen = [str(each.ticket) for each in linked]
        seen = await views.observations(store, [key, *tickets_seen, *others])
        born = await work.with_origin(store, [key])
        tickets, customers, plans = await views.impact_of(store, key)
        last_run = await history.newest_run(store, key)
    return WorkItemShape(
        work_item=Ref.of_key(key, seen.get(key)),
        links=[LinkShape.of(each, seen) for each in linked],
        impact=Impact(tickets=tickets, customers=customers, plans=plans),
        relations=[Ref.of_key(each, seen.get(each)) for each in others],
        internal=bool(born),
        last_run=last_run,
    )
