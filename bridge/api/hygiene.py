"""Hygiene: what has come apart, one press that mends it, and a look right now."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bridge.api.access import AccessRole, HubHere, Operator, Viewer
from bridge.api.findings import FindingId, FindingShape, finding_of
from bridge.api.jobs import JobShape
from bridge.api.launches import REFUSALS, refused_launch
from bridge.api.paging import Page, Paging, cut
from bridge.api.problems import ApiProblem, RequestMistake, for_callers
from bridge.api.shapes import Word
from bridge.core.hygiene import CODES, TITLES, Repair, repair_of
from bridge.engine import hygiene
from bridge.engine.hygiene_filling import NotAChoice
from bridge.engine.hygiene_repairs import RepairRefused, repair
from bridge.engine.internal_tasks import hidden_from
from bridge.engine.retrying import FindingResolved
from bridge.engine.wishes import LaunchRefused
from bridge.store import hygiene as store
from bridge.store.database import Row

KIND = "hygiene"

router = APIRouter(tags=["inspector"])


class HygieneQuery(Paging):
    """What the list is narrowed to."""

    connection: Word | None = Field(
        None, description="Only this helpdesk's tickets.", examples=["hubspot"]
    )


class RepairShape(BaseModel):
    """What one press does about it."""

    model_config = ConfigDict(title="Repair")

    id: Literal[
        "launch", "unlink", "tell", "inherit", "retry", "check", "draft", "severity", "assign"
    ]
    label: str = Field(description="For people.", examples=["Launch the work item"])

    @classmethod
    def of(cls, repair: Repair) -> RepairShape:
        """The repair in the API's form."""
        return cls.model_validate({"id": repair.id, "label": repair.label})


class HygieneEntry(FindingShape):
    """A finding of the nightly look, and what mends it."""

    model_config = ConfigDict(title="HygieneEntry")

    title: str = Field(
        description="What all findings of the cause are called together.",
        examples=["Tickets that are engineering's and have no work item"],
    )
    repair: RepairShape


class HygienePage(Page[HygieneEntry]):
    """What has come apart, newest first."""


class RepairedShape(BaseModel):
    """What was done."""

    model_config = ConfigDict(title="Repaired")

    finding: FindingShape
    repair: RepairShape
    said: str = Field(description="For people.", examples=["Its work item is being created."])


class WantedLook(BaseModel):
    """Where to look."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"connection": "hubspot"}]}
    )

    connection: Word | None = Field(
        None,
        description="The helpdesk; it may be left out where only one mapping has `hygiene`.",
        examples=["hubspot"],
    )


class Given(BaseModel):
    """What is missing, given by whoever repairs."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"value": "HIGH"}]})

    value: Word = Field(description="For `severity`: the helpdesk's own value.", examples=["HIGH"])


def entry_of(row: Row, *, inside: bool, hidden: frozenset[str] = frozenset()) -> HygieneEntry:
    """The entry of a stored finding."""
    shape = finding_of(row, inside=inside, hidden=hidden)
    chosen = repair_of(row["code"], row["data"])
    return HygieneEntry(
        **shape.model_dump(), title=TITLES[row["code"]], repair=RepairShape.of(chosen)
    )


@router.get("/hygiene", responses=for_callers("bad_cursor"))
async def list_hygiene(
    hub: HubHere, actor: Viewer, query: Annotated[HygieneQuery, Query()]
) -> HygienePage:
    """What the last looks found that is still so, newest first.

    Each is a finding too, and is ignored or closed as one: `POST /findings/{id}/ignore`.
    """
    async with hub.db.read(long=True) as connection:
        rows = await store.open_of(
            connection,
            CODES,
            cursor=query.after(KIND),
            limit=query.limit + 1,
            name=query.connection,
        )
        kept, next_cursor = cut(rows, query.limit, KIND, "id")
        texts = [text for each in kept for text in (each["ref"], *each["data"].values())]
        hidden = await hidden_from(actor.role, hub, connection, texts)
    inside = actor.role.covers(AccessRole.OPERATOR)
    items = [entry_of(each, inside=inside, hidden=hidden) for each in kept]
    return HygienePage(items=items, next_cursor=next_cursor)


@router.post("/hygiene", status_code=202, responses=for_callers("not_configured", "too_large"))
async def look_now(hub: HubHere, actor: Operator, wanted: WantedLook) -> JobShape:
    """Look now, in the background, as every night; the look under way, if there is one.

    Only what is stored is looked at. The result counts `tickets`, and in `counts` what was found of
    each code.
    """
    helpdesks = sorted(hygiene.looked_after(hub))
    if not helpdesks:
        said = "No mapping has the key hygiene: add it, hygiene: {} is enough"
        raise ApiProblem("not_configured", said)
    name = wanted.connection or (helpdesks[0] if len(helpdesks) == 1 else None)
    if name not in helpdesks:
        what = f"{name!r} has no mapping with hygiene" if name else "is missing: there are several"
        mistake = RequestMistake(where="body.connection", what=what, right=", ".join(helpdesks))
        raise ApiProblem("invalid_request", f"connection: {what}", errors=[mistake])
    return JobShape.of(await hygiene.start(hub, name, by=actor.name))


@router.post(
    "/hygiene/{id}/repair",
    responses=for_callers(
        "not_found",
        "finding_resolved",
        "nothing_to_retry",
        "link_exists",
        "too_large",
        *REFUSALS,
    ),
)
async def repair_finding(
    hub: HubHere, actor: Operator, id: FindingId, given: Given | None = None
) -> RepairedShape:
    """Do what mends it, and close the finding; the next look opens it again if it still is so.

    The repair `severity` needs the value: it is written to the ticket in the helpdesk.
    """
    value = "" if given is None else given.value
    try:
        done = await repair(hub, id, by=actor.name, value=value)
    except NotAChoice as error:
        mistake = RequestMistake(where="body.value", what="is not one of them", right=str(error))
        raise ApiProblem("invalid_request", str(error), errors=[mistake]) from None
    except FindingResolved as error:
        raise ApiProblem("finding_resolved", str(error)) from None
    except RepairRefused as error:
        raise ApiProblem("nothing_to_retry", str(error)) from None
    except LaunchRefused as error:
        raise refused_launch(error) from None
    if done is None:
        raise ApiProblem("not_found", f"There is no finding {id!r}; GET /api/v1/hygiene lists them")
    return RepairedShape(
        finding=finding_of(done.finding), repair=RepairShape.of(done.repair), said=done.said
    )
