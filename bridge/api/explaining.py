"""Explanations in words, and the door for people who have a key or an address, not a ref."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator, Field

from bridge.api.access import HubHere, Viewer
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.shapes import PRINTABLE, Ref, printable, view_ref
from bridge.api.ticket_shapes import (
    ExplanationShape,
    FieldExplanation,
    MappingShown,
    ReasonShape,
    WouldShape,
)
from bridge.core import reasons
from bridge.core.outlook import Cause
from bridge.engine.explain import Explanation, explain_ticket
from bridge.engine.finding_refs import UnknownRef, ticket_named
from bridge.engine.hub import Hub
from bridge.engine.right_way import names_signal, refusal
from bridge.store import history, signals, views

router = APIRouter(tags=["tickets"])

Name = Annotated[
    str,
    Field(min_length=1, max_length=1000, json_schema_extra={"pattern": PRINTABLE}),
    AfterValidator(printable),
]


@router.get("/explain", responses=for_callers("not_found", "sentry_never_on_ticket"))
async def explain_by_name(
    hub: HubHere,
    _actor: Viewer,
    ref: Annotated[
        Name,
        Query(
            description="A ticket or work item by ref, id, key or its address at the vendor.",
            examples=["hubspot:812"],
        ),
    ],
) -> ExplanationShape:
    """Why the ticket that `ref` names shows what it shows; a work item stands for its ticket."""
    if "://" in ref and names_signal(hub, "", ref):
        raise ApiProblem("sentry_never_on_ticket", str(await refusal(hub, "", ref, None)))
    try:
        ticket = await ticket_named(hub, ref)
    except UnknownRef as unknown:
        raise ApiProblem("not_found", str(unknown)) from None
    found = await explain_ticket(hub, ticket, asked=ref.strip().rpartition(":")[2])
    if found is None:
        raise ApiProblem("not_found", f"The hub knows no ticket {ticket}.")
    return await explanation_of(hub, found)


async def explanation_of(hub: Hub, found: Explanation) -> ExplanationShape:
    """The explanation in words."""
    async with hub.db.read() as store:
        row = await views.load(store, str(found.ticket))
        last_run = await history.newest_run(store, str(found.ticket))
        tasks = await signals.internal_tasks(store, [str(found.ticket)])
    ref = Ref.of_key(str(found.ticket)) if row is None else view_ref(row)
    now, names = found.checked_at, found.names
    also = [*found.also, *_beside(tasks.get(str(found.ticket), 0))]
    mapping = None
    if found.mapping is not None and found.version is not None:
        mapping = MappingShown(name=found.mapping, version=found.version)
    return ExplanationShape(
        ticket=ref,
        verdict=found.verdict,
        sentence=reasons.sentence(found.verdict, found.data, now=now, names=names),
        detail=reasons.detail(found.verdict, found.data, now=now),
        what_to_do=reasons.what_to_do(found.verdict, found.data, now=now, names=names),
        also=[
            ReasonShape(
                code=each.code,
                sentence=reasons.sentence(each.code, each.data, now=now, names=names),
                detail=reasons.detail(each.code, each.data, now=now),
                what_to_do=reasons.what_to_do(each.code, each.data, now=now, names=names),
            )
            for each in also
        ],
        would_update_if=[
            WouldShape(change=each.change, effect=each.effect, sentence=each.sentence)
            for each in found.would
        ],
        fields=[
            FieldExplanation(
                field=each.field,
                desired=each.desired,
                observed=each.observed,
                verdict=each.verdict,
                sentence=reasons.sentence(each.verdict, each.data, now=now, names=names),
                rule=each.rule,
                inputs=list(each.inputs),
            )
            for each in found.fields
        ],
        mapping=mapping,
        checked_at=found.checked_at,
        last_run=last_run,
    )


def _beside(tasks: int) -> list[Cause]:
    """That engineering has internal tasks beside the ticket's work: how many, and no more."""
    if not tasks:
        return []
    said = "1 internal technical task" if tasks == 1 else f"{tasks} internal technical tasks"
    return [Cause("INTERNAL_TASKS", {"tasks": said})]
