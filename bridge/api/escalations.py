"""Escalations: asking for one, and deciding about it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bridge.api.access import Csm, HubHere, Operator
from bridge.api.held import SAYING, Said
from bridge.api.launches import REFUSALS, refused_launch
from bridge.api.paging import Page, cut
from bridge.api.problems import ApiProblem, for_callers
from bridge.api.queues import QueueQuery
from bridge.api.shapes import LinkShape, Ref, Time, Word, printable
from bridge.api.tickets import Connection, TicketId, known_ticket
from bridge.domain.escalations import EscalationRequest, EscalationState
from bridge.domain.links import Link
from bridge.domain.refs import TicketRef, split_ref
from bridge.engine import escalating
from bridge.engine.escalating import EscalationRefused, Verdict
from bridge.engine.hub import Hub
from bridge.engine.wishes import LaunchRefused
from bridge.store import escalations, views

KIND = "escalations"

router = APIRouter(tags=["tickets"])

EscalationId = Annotated[
    Word, Path(description="A request's id.", examples=["es-019aa2c4f0d1e2b3c4d5e6f708"])
]
State = Literal["open", "accepted", "declined"]
Line = Annotated[
    str,
    Field(max_length=400, json_schema_extra={"pattern": r"^[^\x00-\x1f]*$"}),
    AfterValidator(printable),
]


class EscalationQuery(QueueQuery[State]):
    """What the list is narrowed to."""

    owner: Word | None = Field(
        None, description="Who carries the ticket.", examples=["mia@acme.example"]
    )


class WantedEscalation(BaseModel):
    """Why a ticket is to be escalated, and whom to talk to."""

    model_config = ConfigDict(extra="forbid")

    reason: Said = Field(
        min_length=1,
        max_length=2000,
        description="Why, in words for whoever decides.",
        examples=["They can not restore since Monday; 40 users wait."],
        json_schema_extra={"pattern": SAYING},
    )
    contact: Line = Field(
        "",
        description="Whom at the customer to talk to, and how.",
        examples=["Kim Roe, kim@client.example"],
    )


class WantedDecision(BaseModel):
    """What whoever decides says to it."""

    model_config = ConfigDict(extra="forbid")

    note: Said = Field(
        min_length=1,
        max_length=2000,
        description="Why it was decided so.",
        examples=["Reproduced with version 12."],
        json_schema_extra={"pattern": SAYING},
    )


class WantedAcceptance(WantedDecision):
    """The same, and who carries the ticket from now on."""

    owner: Line = Field(
        "",
        description="Who carries the ticket; left out, whoever accepts.",
        examples=["mia@acme.example"],
    )
    route: Line = Field(
        "", description="A route to launch in place of the ticket's own.", examples=["bug"]
    )
    anyway: bool = Field(
        False,
        description="Accept though points of the checklist are not known. Severity and impact, "
        "where the mapping requires them, can't be passed over.",
    )


class EscalationShape(BaseModel):
    """A request to escalate a ticket, and what was decided."""

    model_config = ConfigDict(title="Escalation")

    id: str = Field(examples=["es-019aa2c4f0d1e2b3c4d5e6f708"])
    ticket: Ref
    state: State
    reason: str = Field(examples=["They can not restore since Monday; 40 users wait."])
    contact: str = Field(examples=["Kim Roe, kim@client.example"])
    asked_by: str = Field(examples=["token ada"])
    asked_at: Time
    missing: list[str] = Field(
        description="What the ticket did not say when it was asked for.", examples=[["Impact"]]
    )
    decided_by: str | None = Field(examples=["token mia"])
    decided_at: Time | None
    note: str | None = Field(examples=["Reproduced with version 12."])
    owner: str | None = Field(
        description="Who carries the ticket, once it was accepted.", examples=["mia@acme.example"]
    )
    route: str | None = Field(description="The route that was launched for it.", examples=["bug"])


class EscalationPage(Page[EscalationShape]):
    """Requests, newest first."""


class DecidedEscalation(EscalationShape):
    """A request that was just decided, with the link to the work item that was made for it."""

    model_config = ConfigDict(title="DecidedEscalation")

    link: LinkShape | None = Field(
        description="Null where nothing is launched, or not made yet: the ticket shows it then."
    )


@router.post(
    "/tickets/{connection}/{id}/escalate",
    status_code=201,
    responses=for_callers(
        "not_found",
        "record_missing",
        "ticket_closed",
        "escalation_open",
        "not_for_escalation",
        "not_configured",
    ),
)
async def escalate_ticket(
    hub: HubHere, actor: Csm, connection: Connection, id: TicketId, wanted: WantedEscalation
) -> EscalationShape:
    """Ask that a ticket be escalated. An operator decides; those whom the mapping names are told.

    What the ticket does not say yet keeps nobody from asking: `missing` names it.
    """
    ref = await known_ticket(hub, connection, id)
    try:
        request = await escalating.ask(
            hub, ref, reason=wanted.reason, contact=wanted.contact, by=actor.name
        )
    except EscalationRefused as error:
        raise ApiProblem(error.code, str(error)) from None
    return EscalationShape(**_said(request, await _named(hub, request)))


@router.get("/escalations", responses=for_callers("bad_cursor"))
async def list_escalations(
    hub: HubHere, _actor: Csm, query: Annotated[EscalationQuery, Query()]
) -> EscalationPage:
    """Requests to escalate tickets, newest first."""
    async with hub.db.read() as connection:
        rows = await escalations.page(
            connection,
            cursor=query.after(KIND),
            limit=query.limit + 1,
            state=query.in_state,
            ticket=query.ticket,
            owner=query.owner,
        )
    kept, next_cursor = cut(rows, query.limit, KIND, "id")
    items = [
        EscalationShape(
            **_said(
                escalations.request_of(each),
                _ref(each["ticket_key"], each["key"], each["url"]),
            )
        )
        for each in kept
    ]
    return EscalationPage(items=items, next_cursor=next_cursor)


@router.post(
    "/escalations/{id}/accept",
    responses=for_callers(*REFUSALS, "not_found", "escalation_decided", "escalation_incomplete"),
)
async def accept_escalation(
    hub: HubHere,
    actor: Operator,
    id: EscalationId,
    wanted: WantedAcceptance,
    wait: Annotated[
        float, Query(ge=0, le=60, allow_inf_nan=False, description="Seconds to wait for the item.")
    ] = 20.0,
) -> DecidedEscalation:
    """Accept: the ticket's route is launched, unless work is linked already or it launches none.

    A launch that can't be leaves the request waiting; what the tracker refuses later is a finding
    of the ticket.
    """
    verdict = Verdict(
        EscalationState.ACCEPTED,
        actor.name,
        wanted.note,
        wanted.owner,
        wanted.route,
        wanted.anyway,
    )
    return await _decide(hub, id, verdict, wait)


@router.post("/escalations/{id}/decline", responses=for_callers("not_found", "escalation_decided"))
async def decline_escalation(
    hub: HubHere, actor: Operator, id: EscalationId, wanted: WantedDecision
) -> DecidedEscalation:
    """Decline: nothing is launched, and whoever asked reads the note."""
    return await _decide(hub, id, Verdict(EscalationState.DECLINED, actor.name, wanted.note), 0.0)


async def _decide(hub: Hub, id: str, verdict: Verdict, wait_s: float) -> DecidedEscalation:
    try:
        found = await escalating.decide(hub, id, verdict, wait_s=wait_s)
    except EscalationRefused as error:
        raise ApiProblem(error.code, str(error)) from None
    except LaunchRefused as error:
        raise refused_launch(error) from None
    if found is None:
        raise ApiProblem(
            "not_found", f"There is no escalation {id!r}; GET /api/v1/escalations lists them"
        )
    request, link = found
    shape = None if link is None else await _link(hub, link)
    return DecidedEscalation(**_said(request, await _named(hub, request)), link=shape)


async def _link(hub: Hub, link: Link) -> LinkShape:
    async with hub.db.read() as store:
        seen = await views.observations(store, {str(link.ticket), str(link.work_item)})
    return LinkShape.of(link, seen)


async def _named(hub: Hub, request: EscalationRequest) -> Ref:
    async with hub.db.read() as store:
        row = await views.load(store, request.ticket)
    return _ref(request.ticket, *(("", "") if row is None else (row["key"], row["url"])))


def _ref(key: str, called: str | None, url: str | None) -> Ref:
    ref = TicketRef(*split_ref(key))
    return Ref(connection=ref.connection, id=ref.id, key=called or None, url=url or None)


def _said(request: EscalationRequest, ticket: Ref) -> dict[str, Any]:
    return {
        "id": request.id,
        "ticket": ticket,
        "state": request.state.value,
        "reason": request.reason,
        "contact": request.contact,
        "asked_by": request.asked_by,
        "asked_at": request.asked_at,
        "missing": list(request.missing),
        "decided_by": request.decided_by or None,
        "decided_at": request.decided_at,
        "note": request.note or None,
        "owner": request.owner or None,
        "route": request.route or None,
    }
