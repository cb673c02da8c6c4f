"""A ticket as other programs see it: the list, its timeline, and why it shows what it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bridge.api.paging import Page, Paging
from bridge.api.shapes import LinkShape, Ref, Time, Word, view_ref
from bridge.core import reasons
from bridge.core.changes_told import MOVED, cause_of_change, move_told
from bridge.core.outlook import Cause
from bridge.kit.clock import from_ms
from bridge.store.database import Row
from bridge.store.views import MOST_WORDS
from bridge.store.work import link_of

Need = Literal[
    "to_tell", "promise_at_risk", "waiting_on_customer", "with_engineering", "needs_decision"
]


class TicketQuery(Paging):
    """What the ticket list is narrowed to."""

    customer: Word | None = Field(
        None, description="The customer's name, exactly.", examples=["Acme"]
    )
    stage: Word | None = Field(None, description="A stage's id.", examples=["in_testing"])
    connection: Word | None = Field(
        None, description="The helpdesk connection.", examples=["hubspot"]
    )
    needs: Need | None = Field(None, description="The tab: what is to be done next.")
    release: Word | None = Field(
        None, description="A release's id.", examples=["3f1c9a0b7d5e2f4a6b8c"]
    )
    state: Literal["open", "closed"] | None = Field(
        None, description="Whether the helpdesk calls it closed; left out, both."
    )
    q: Word | None = Field(
        None,
        description=(
            "Words; each must occur in the subject, customer, key or item keys. The first "
            f"{MOST_WORDS} different ones count."
        ),
        examples=["export acme"],
    )


class StageShape(BaseModel):
    """The customer-facing step."""

    model_config = ConfigDict(title="Stage")

    id: str = Field(examples=["in_testing"])
    label: str = Field(examples=["In testing"])


class Eta(BaseModel):
    """Dates: what the customer was told, and what is known now."""

    told: str | None = Field(description="As last told to the customer.", examples=["2026-05-12"])
    now: str | None = Field(description="As known now.", examples=["2026-05-14"])


class NextPromise(BaseModel):
    """The promise that comes next: a broken one before others, then by when it is due."""

    label: str = Field(examples=["Daily update"])
    state: Literal["running", "paused", "at_risk", "breached", "unobservable"]
    kept_by: str = Field(description="What keeps it.", examples=["told_customer"])
    due_at: Time | None = Field(description="Null while its clock rests.")


class TicketRelease(BaseModel):
    """The release that a ticket waits for, or came with."""

    id: str = Field(examples=["3f1c9a0b7d5e2f4a6b8c"])
    name: str = Field(examples=["5.4"])
    group: str = Field(description="The customer's roll-out group.", examples=["pilot"])


class TicketShape(BaseModel):
    """One ticket as customer success sees it."""

    model_config = ConfigDict(title="Ticket")

    ticket: Ref
    subject: str = Field(examples=["Export fails on large tables"])
    customer: str | None = Field(examples=["Acme"])
    plan: str | None = Field(examples=["Elite"])
    category: str | None = Field(examples=["Bug"])
    severity: str | None = Field(examples=["high"])
    stage: StageShape | None
    links: list[LinkShape] = Field(description="Those that have not ended.")
    eta: Eta
    release: TicketRelease | None = Field(description="Null for work on no release.")
    last_told_at: Time | None = Field(description="The last message to the customer.")
    promise: NextPromise | None = Field(
        description="The next time by which somebody must be told something; more of it and all "
        "others: GET /promises."
    )
    needs: list[Need]
    internal_tasks: int = Field(
        description="Internal technical tasks; their content is never shown.", examples=[0]
    )
    closed: bool
    verdict: str = Field(description="First blocking reason code.", examples=["ROLLUP_HOLDS"])
    updated_at: Time


class TicketPage(Page[TicketShape]):
    """Tickets, by connection and id."""


def ticket_of(row: Row, linked: Sequence[Row], internal_tasks: int = 0) -> TicketShape:
    """The ticket of a row of the list, with the rows of its links."""
    ref = view_ref(row)
    links = []
    for each in linked:
        seen: Mapping[str, Mapping[str, Any] | None] = {each["work_item_key"]: each["observation"]}
        shape = LinkShape.of(link_of(each), seen)
        links.append(shape.model_copy(update={"ticket": ref}))
    stage = None
    if row["stage_id"] is not None:
        stage = StageShape(id=row["stage_id"], label=row["stage_label"] or row["stage_id"])
    return TicketShape(
        ticket=ref,
        subject=row["subject"],
        customer=row["customer"],
        plan=row["plan"],
        category=row["category"],
        severity=row["severity"],
        stage=stage,
        links=links,
        eta=Eta(told=row["eta_told"], now=row["eta"]),
        release=_release_of(row),
        last_told_at=None if row["last_told_at"] is None else from_ms(row["last_told_at"]),
        promise=_promise(row),
        needs=row["needs"],
        internal_tasks=internal_tasks,
        closed=row["closed"],
        verdict=row["verdict"],
        updated_at=from_ms(row["updated_at"]),
    )


def _promise(row: Row) -> NextPromise | None:
    if row["promise_state"] is None:
        return None
    due = row["promise_due_at"]
    return NextPromise(
        label=row["promise_title"],
        state=row["promise_state"],
        kept_by=row["promise_kept_by"],
        due_at=None if due is None else from_ms(due),
    )


def _release_of(row: Row) -> TicketRelease | None:
    if row["release_id"] is None:
        return None
    name, group = row["release_name"] or row["release_id"], row["rollout_group"] or ""
    return TicketRelease(id=row["release_id"], name=name, group=group)


class Happening(BaseModel):
    """One thing that happened to a ticket."""

    id: str = Field(examples=["019aa2c4f0d1e2b3c4d5e6f708"])
    at: Time
    what: str = Field(
        description="What changed: `stage`, `eta`, `keys`, `linked`, …", examples=["stage"]
    )
    before: str | None = Field(examples=["In development"])
    after: str | None = Field(examples=["In testing"])
    cause: str | None = Field(description="What woke the hub.", examples=["work item boards:991"])
    code: str | None = Field(
        description="Reason code, where there is more to say than what changed.",
        examples=["EVENT_NEVER_ARRIVED"],
    )
    sentence: str | None = Field(
        description="The code in words, for support.",
        examples=["The change was found by the periodic check, not by a notification."],
    )


class Timeline(Page[Happening]):
    """What happened to a ticket, newest first."""


def happening_of(row: Row, first_cause: str = "") -> Happening:
    """A row of the timeline; `first_cause` is what began the line that led to it."""
    cause = row["cause"] or ""
    if row["what"] == MOVED:
        found: Cause | None = move_told(cause, row["before"], row["after"])
    else:
        found = cause_of_change(row["record_key"], cause, first_cause)
    return Happening(
        id=row["id"],
        at=from_ms(row["at"]),
        what=row["what"],
        before=row["before"],
        after=row["after"],
        cause=row["cause"],
        code=None if found is None else found.code,
        sentence=None if found is None else reasons.sentence(found.code, found.data),
    )


class ReasonShape(BaseModel):
    """One reason, in words."""

    model_config = ConfigDict(title="Reason")

    code: str = Field(description="Reason code.", examples=["PAUSED"])
    sentence: str = Field(description="For support.")
    detail: str = Field(description="For admins.")
    what_to_do: str = Field(description="The next step; empty where there is none to take.")


class WouldShape(BaseModel):
    """One thing that would have to be otherwise, found by running the plan with it changed."""

    model_config = ConfigDict(title="Would")

    change: str = Field(examples=['#12 left "Parked" for "Resolved"'])
    effect: str = Field(examples=['show "In testing"'])
    sentence: str = Field(examples=['Would show "In testing" if #12 left "Parked" for "Resolved".'])


class FieldExplanation(BaseModel):
    """Why one field shows what it shows."""

    field: str = Field(description="The helpdesk's field.", examples=["work_stage"])
    desired: str | None = Field(examples=["In development"])
    observed: str | None = Field(examples=["In development"])
    verdict: str = Field(description="Reason code.", examples=["ROLLUP_HOLDS"])
    sentence: str
    rule: str = Field(description="The rule of the mapping that decided.")
    inputs: list[str] = Field(description="The facts it was decided from, with their times.")


class MappingShown(BaseModel):
    """The mapping in force."""

    name: str = Field(examples=["hubspot-success"])
    version: str = Field(description="The hash of its content.")


class ExplanationShape(BaseModel):
    """Why a ticket shows what it shows; made from what is stored, nothing is written."""

    model_config = ConfigDict(title="Explanation")

    ticket: Ref
    verdict: str = Field(description="First blocking reason code.", examples=["ROLLUP_HOLDS"])
    sentence: str = Field(description="For support.")
    detail: str = Field(description="For admins.")
    what_to_do: str = Field(description="The next step; empty where there is none to take.")
    also: list[ReasonShape] = Field(description="Further reasons, behind the first.")
    would_update_if: list[WouldShape] = Field(
        description="The smallest changes by which the ticket would be updated."
    )
    fields: list[FieldExplanation]
    mapping: MappingShown | None = Field(description="Null if none is in force.")
    checked_at: Time | None = Field(description="When this was worked out.")
    last_run: str | None = Field(description="The newest pass over it that is kept: GET /runs.")


class CheckOutcome(StrEnum):
    """`waiting`: not over when the caller's patience was; it goes on by itself."""

    CONVERGED = "converged"
    WAITING = "waiting"
    FAILED = "failed"


class CheckShape(BaseModel):
    """How a pass over the ticket ended."""

    model_config = ConfigDict(title="Check")

    run: str | None = Field(
        description="The pass; null if nothing came of it worth keeping.",
        examples=["019aa2c4f0d1e2b3c4d5e6f708"],
    )
    outcome: CheckOutcome
    operations: int = Field(description="How many effects on vendors it had.", examples=[1])
    explain: ExplanationShape | None
