"""The mapping of one helpdesk: routes, stages, fields and wording. Data, no control flow.

These models are what a validated mapping file is (`bridge.config.mapping_files` reads, checks
and explains files; `mappings/schema.json` is exported from here). Unknown keys are refused.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from bridge.domain.launch_parts import PhaseSpec, ProjectSource, SubtaskSpec
from bridge.domain.mapping_base import Name, OneOrMore, Part, PropertySource, Slug, Span
from bridge.domain.mapping_closing import Closing, OnReply, ReplyMode
from bridge.domain.mapping_conditions import Condition, Scalar
from bridge.domain.mapping_escalation import Escalation
from bridge.domain.mapping_hygiene import Digest, Hygiene, ShowOnWorkItem
from bridge.domain.mapping_promises import CalendarSpec, PlanTier, Promise, SeverityLevel
from bridge.domain.mapping_releases import Dates, Releases
from bridge.domain.mapping_tell import Tell

__all__ = ["Condition", "OneOrMore", "PropertySource", "Scalar", "Slug"]
"""What this module hands on; what it defines is there besides."""

AudienceName = Literal["customer", "support", "engineering"]
Owner = Literal["ticket", "work_item"]


CONDITION_FIELDS = ("category", "severity", "customer", "plan", "subject")
"""What a condition may test besides `property:<name>`."""

TICKET_SOURCES = (
    "description", "subject", "severity", "category", "customer", "plan", "url", "key",
)  # fmt: skip
"""What `from` may take from the ticket besides `property:<name>`."""


class CustomerSource(Part):
    """Who the customer is: a record associated with the ticket."""

    association: Literal["company"] = Field("company", description="The kind of associated record.")
    name: str = Field("name", description="The company's property that names it.")
    plan: str | None = Field(None, description="The company's property that names its plan.")


class TicketFacts(Part):
    """Where the ticket keeps what routes and promises need."""

    category: PropertySource = Field(description="What kind of request it is; routes test it.")
    severity: PropertySource | None = Field(None, description="How bad it is.")
    customer: CustomerSource | None = Field(None, description="Who the customer is.")


class Stage(Part):
    """One step that a customer may hear of; stages are ordered, least advanced first."""

    id: Slug = Field(description="The stage's name in this file.")
    label: str = Field(
        min_length=1, max_length=120, description="What people read; customers may see it."
    )
    side: bool = Field(False, description="Off the main path (declined, on hold).")
    tell: Literal["draft", "send", "no"] = Field(
        "no",
        description="Whether reaching the stage asks for a message to the customer: `draft` (a "
        "person approves it), `send` (it goes by itself and keeps no promise), `no`.",
    )


ByRow = dict[str, Scalar]


class FromSource(Part):
    """A value taken from the ticket, by a table if `values` is given, or by one of two facts."""

    from_: str = Field(
        alias="from",
        description="`description`, `subject`, `severity`, `category`, `customer`, `plan`, `url`, "
        "`key`, or `property:<name>`.",
    )
    by: Name | None = Field(
        None,
        description="A second fact that decides with the first, named as in `from`: then a word's "
        "entry may be a table over this one.",
    )
    values: dict[str, Scalar | ByRow] | None = Field(
        None, description="The ticket's word → the work item's value; with `by` also a table."
    )

    @property
    def names(self) -> tuple[str, ...]:
        """The facts of the ticket that the value depends on."""
        return (self.from_,) if self.by is None else (self.from_, self.by)

    @property
    def results(self) -> tuple[Scalar, ...]:
        """Every value that the table holds."""
        rows = [] if self.values is None else list(self.values.values())
        return tuple(e for row in rows for e in (row.values() if isinstance(row, dict) else [row]))


LaunchValue = str | int | float | bool | FromSource
"""A constant, a text template (any str with `{{ }}`), or a value taken from the ticket."""


class LaunchSpec(Part):
    """What is created when a route matches."""

    in_: str = Field(alias="in", description="The tracker's connection.")
    project: Name | ProjectSource | None = Field(
        None, description="The tracker's project, where it has several: a name, or where it stands."
    )
    phase: Name | PhaseSpec | None = Field(
        None, description="The phase of the project, where the tracker has phases."
    )
    assignees: list[Name] = Field(
        default_factory=list,
        description="Who is to do it: roles, groups of `people` in bridge.yaml, e-mail addresses.",
    )
    subtasks: list[SubtaskSpec] = Field(
        default_factory=list, description="What is created below it, where the tracker can."
    )
    type: Name = Field(description="The work item type, as the tracker names it.")
    fields: dict[str, LaunchValue] = Field(
        default_factory=dict,
        description="Written once, when the item is created: a constant, a text with {{ }}, or "
        "{from: …}.",
    )
    attachments: bool = Field(False, description="Copy the ticket's files (screenshots) along.")
    settle: Span = Field(
        timedelta(seconds=20), description="How long to wait for values before a finding is raised."
    )

    @property
    def fixed_project(self) -> str | None:
        """The project that the route names itself; None where there is none, or a ticket says."""
        return self.project if isinstance(self.project, str) else None

    @property
    def wanted_phase(self) -> PhaseSpec | None:
        """The phase with its defaults."""
        return PhaseSpec(name=self.phase) if isinstance(self.phase, str) else self.phase


class RoleSource(Part):
    """One place where the e-mail address of whoever plays a role stands."""

    association: Literal["company"] | None = Field(
        None, description="Look at the customer instead of the ticket: `company`."
    )
    property: Name | None = Field(None, description="The field that holds an e-mail address.")
    owner: Name | None = Field(
        None, description="The field that holds one of the helpdesk's owners, by id."
    )

    @model_validator(mode="after")
    def _one_place(self) -> RoleSource:
        if (self.property is None) == (self.owner is None):
            raise ValueError("a source of a role is exactly one of: property, owner")
        return self


def _not_too_often(span: timedelta) -> timedelta:
    if span < timedelta(minutes=1):
        raise ValueError("must be at least 1m")
    return span


class Notify(Part):
    """Whom a route tells of a ticket that takes it, and by which way."""

    when: Condition | None = Field(
        None, description="Which of the route's tickets it is for; without it all of them."
    )
    to: OneOrMore | None = Field(
        None,
        description="Whom: groups of `people` in bridge.yaml, roles, e-mail addresses. Without it "
        "the channel as a whole.",
    )
    via: OneOrMore = Field(description="The connections that carry it: Teams or e-mail.")
    with_: list[Literal["link", "screenshot"]] = Field(
        default_factory=list,
        alias="with",
        description="What else it leads to: the work item (`link`), the ticket's files "
        "(`screenshot`).",
    )
    until_acknowledged: bool = Field(
        False, description="Tell again until each of them has acknowledged, or somebody took it."
    )
    resend: Annotated[Span, AfterValidator(_not_too_often)] = Field(
        timedelta(minutes=15), description="How long to wait before telling again."
    )


class Route(Part):
    """One rule: a ticket that matches `when` stays (`stay`) or launches a work item."""

    id: Slug = Field(description="The route's name in this file; never reuse one.")
    when: Condition = Field(description="Which tickets it is for.")
    stay: bool = Field(False, description="The ticket stays in the helpdesk.")
    launch: LaunchSpec | None = Field(None, description="What is created for the ticket.")
    notify: list[Notify] = Field(
        default_factory=list, description="Who is told of a ticket that takes the route."
    )

    @model_validator(mode="after")
    def _one_end(self) -> Route:
        if self.stay == (self.launch is not None):
            raise ValueError("a route either stays (stay: true) or has a launch")
        return self


class ShownStage(Part):
    """Where the ticket shows its stage."""

    property: Name = Field(description="The helpdesk's field to write.")
    show: Literal["label", "id"] = Field("label", description="Which of the two is written.")


class ShownFact(Part):
    """Where the ticket shows a fact."""

    property: Name = Field(description="The helpdesk's field to write.")


class ShowOnTicket(Part):
    """What the hub owns on the ticket."""

    stage: ShownStage | None = Field(None, description="The stage that the work has reached.")
    eta: ShownFact | None = Field(None, description="When it is expected, as an ISO date.")
    keys: ShownFact | None = Field(None, description="The work items' keys, separated by `, `.")
    enforce: bool = Field(True, description="Put a value back once when somebody edits it.")


class Comments(Part):
    """Which comments are copied, as whose note. `marked` = first line #dev / #customer."""

    to_work_item: Literal["none", "marked"] = Field(
        "none", description="Notes on the ticket whose first line is #dev."
    )
    to_ticket: Literal["none", "marked"] = Field(
        "none", description="Comments on the work item whose first line is #customer."
    )
    as_: Literal["internal_note", "draft"] = Field(
        "internal_note",
        alias="as",
        description="What they become on the ticket: `internal_note`, or a `draft` of a message to "
        "the customer, which a person looks at first.",
    )


class FieldPair(Part):
    """A field kept equal on ticket and work item; exactly one side owns it."""

    ticket: Name = Field(description="The helpdesk's field.")
    work_item: Name = Field(description="The tracker's field.")
    owner: Owner = Field(description="Which side people edit; the hub writes the other one.")
    connection: str | None = Field(
        None, description="The tracker's connection; needed where routes launch into several."
    )
    values: dict[str, Scalar] | None = Field(
        None, description="The owner's value → the other side's value."
    )
    audience: AudienceName = Field("support", description="Who may read the value.")
    enforce: bool = Field(False, description="Put a value back once when somebody edits it.")


RollUp = Literal["least_advanced", "most_advanced", "primary"]


class Mapping(Part):
    """A whole mapping file."""

    mapping: Slug = Field(description="The mapping's name; the same file keeps the same name.")
    helpdesk: Name = Field(description="The helpdesk's connection in bridge.yaml.")
    ticket: TicketFacts = Field(description="Where the ticket keeps what routes need.")
    roles: dict[Slug, list[RoleSource]] = Field(
        default_factory=dict,
        description="Who plays which part for a ticket: sources, the first that names somebody "
        "wins; else the group of that name in `people`.",
    )
    stages: list[Stage] = Field(
        min_length=1, description="What a customer may hear of, least advanced first."
    )
    routes: list[Route] = Field(min_length=1, description="Rules; the first that matches wins.")
    status: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="Per tracker connection: work item status (id or name) → stage id.",
    )
    rollup: RollUp = Field(
        "least_advanced", description="Which stage a ticket with several work items shows."
    )
    show_on_ticket: ShowOnTicket = Field(
        default_factory=ShowOnTicket, description="What the hub writes on the ticket."
    )
    show_on_work_item: ShowOnWorkItem = Field(
        default_factory=ShowOnWorkItem, description="What the hub writes on the work item."
    )
    comments: Comments = Field(
        default_factory=Comments, description="Which comments are copied; `marked` by a first line."
    )
    fields: list[FieldPair] = Field(
        default_factory=list, description="Further pairs that follow each other."
    )
    calendars: dict[Slug, CalendarSpec] = Field(
        default_factory=dict, description="Named hours by which promises count; `always` is there."
    )
    severities: list[SeverityLevel] = Field(
        default_factory=list, description="How bad it may be, worst first, with what each means."
    )
    plans: list[PlanTier] = Field(
        default_factory=list, description="The plans that customers have, highest first."
    )
    promises: list[Promise] = Field(
        default_factory=list, description="By when somebody must have been told or have acted."
    )
    tell: Tell = Field(
        default_factory=Tell, description="In which words customers are told of their stages."
    )
    eta: dict[str, Dates] = Field(
        default_factory=dict,
        description="Per tracker connection: the fields whose date counts, the first that has one; "
        "`iteration` is the end of the item's iteration. Without it the tracker's own.",
    )
    releases: Releases | None = Field(
        None, description="Released is not done: how releases come to customers, and when."
    )
    closing: Closing | None = Field(
        None, description="When a ticket counts as solved, and what the hub does about its end."
    )
    on_reply: ReplyMode | OnReply | None = Field(
        None,
        description="What a customer's reply on a solved ticket brings back. Without it the work "
        "item's people are told where `comments` copies notes to it.",
    )
    escalation: Escalation | None = Field(None, description="How a ticket is escalated.")
    hygiene: Hygiene | None = Field(None, description="The nightly look at what has come apart.")
    digests: list[Digest] = Field(
        default_factory=list, description="Lists that people are sent on their working days."
    )

    @property
    def replies(self) -> OnReply:
        """What a customer's reply on a solved ticket brings back, spelt out."""
        if isinstance(self.on_reply, OnReply):
            return self.on_reply
        told: ReplyMode = "no" if self.comments.to_work_item == "none" else "tell"
        return OnReply(item=self.on_reply or told)

    def stage(self, id: str) -> Stage | None:
        """The stage of that id."""
        return next((each for each in self.stages if each.id == id), None)

    def route(self, id: str) -> Route | None:
        """The route of that id."""
        return next((each for each in self.routes if each.id == id), None)

    def trackers(self) -> tuple[str, ...]:
        """The tracker connections that routes launch into, in order of appearance."""
        seen = dict.fromkeys(r.launch.in_ for r in self.routes if r.launch is not None)
        return tuple(seen)

    def notifiers(self) -> tuple[str, ...]:
        """The notifier connections that the mapping tells by, in order of appearance."""
        said = [via for route in self.routes for each in route.notify for via in each.via]
        said += [via for promise in self.promises for each in promise.tell for via in each.via]
        said += [] if self.escalation is None else self.escalation.via
        said += [via for digest in self.digests for via in digest.via]
        return tuple(dict.fromkeys(said))
