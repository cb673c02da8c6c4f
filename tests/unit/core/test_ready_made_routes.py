"""The ready-made mappings do as the documents say that they are written from, ticket by ticket."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass

import pytest

from bridge.core.facts import Facts
from bridge.core.launch_fields import Prepared, prepare
from bridge.core.routing import RouteChoice, choose_route, match
from bridge.core.stages import stage_of
from bridge.domain.mapping import LaunchSpec, Mapping
from bridge.domain.records import BODY, KEY, SUBJECT, URL, Company, Reference, Value
from bridge.domain.refs import TicketRef
from tests.ready_made import mapping_of
from tests.unit.core.examples import observation

PATCHES = "support-with-patches"
ESCALATION = "escalation-to-jira"
PRODUCTS = "products-and-severities"
LIFECYCLE = "production-or-implementation"
FIVE = "customer-success-rocketlane"
NOTHING = Reference()


@dataclass(frozen=True)
class Desk:
    """A helpdesk with one of the mappings."""

    mapping: Mapping

    def facts(self, said: Table[str, Value], plan: str | None = None) -> Facts:
        """A ticket of Initech that says this."""
        ref = TicketRef(self.mapping.helpdesk, "812")
        standard: dict[str, Value] = {
            SUBJECT: "Export fails", BODY: "<p>Press it.</p>", KEY: "#812", URL: "https://d.test/812",
        }  # fmt: skip
        company = Company("7", "Initech", {"name": "Initech", "plan": plan})
        return Facts(ref, observation(ref, {**standard, **said}), self.mapping, NOTHING, company)

    def choice(self, said: Table[str, Value]) -> RouteChoice:
        """What becomes of it."""
        return choose_route(self.facts(said))

    def route(self, said: Table[str, Value]) -> str | None:
        """The route that it takes; None if a person must decide."""
        chosen = self.choice(said).route
        return None if chosen is None else chosen.id

    def launch(self, said: Table[str, Value]) -> LaunchSpec:
        """What it launches."""
        chosen = self.choice(said).route
        assert chosen is not None
        assert chosen.launch is not None
        return chosen.launch

    def prepared(self, said: Table[str, Value], plan: str | None = None) -> Prepared:
        """The fields of the work item that it launches."""
        return prepare(self.launch(said), self.facts(said, plan), NOTHING)

    def told(self, said: Table[str, Value]) -> list[tuple[tuple[str, ...], tuple[str, ...], bool]]:
        """Who is told of it, by which ways, and whether until they acknowledge."""
        facts = self.facts(said)
        route = choose_route(facts).route
        assert route is not None
        return [
            (tuple(each.to or ()), tuple(each.via), each.until_acknowledged)
            for each in route.notify
            if each.when is None or match(each.when, facts)
        ]

    def stages(self, connection: str, *statuses: str) -> list[str]:
        """What a customer may hear as the work item goes through these statuses."""
        found = [stage_of(self.mapping, connection, each, NOTHING) for each in statuses]
        return [each.label if each is not None else "?" for each in found]

    def drafts(self) -> list[str]:
        """The stages at which somebody must tell the customer."""
        return [each.id for each in self.mapping.stages if each.tell == "draft"]


def desk(name: str) -> Desk:
    return Desk(mapping_of(name))


BUG: dict[str, Value] = {
    "Escalation": "bug", "Reproduced": True, "Instance": "sandbox", "priority": "high",
}  # fmt: skip


class TestPatches:
    """Clarizen: C9, C12 to C18."""

    @pytest.mark.parametrize(
        ("said", "route"),
        [
            (BUG, "bug"),
            ({**BUG, "Reproduced": False}, None),
            ({**BUG, "Reproduced": None}, None),
            ({"Escalation": "resolved_in_support", "Reproduced": True}, "resolved-in-support"),
            ({"Escalation": None, "Reproduced": True}, None),
        ],
    )
    def test_only_what_is_reproduced_and_not_solved_becomes_a_bug(
        self, said: Table[str, Value], route: str | None
    ) -> None:
        assert desk(PATCHES).route(said) == route

    @pytest.mark.parametrize(
        ("severity", "plan", "priority"),
        [
            ("urgent", "Standard", "Highest"),
            ("high", "Elite", "Highest"),
            ("high", "Premium", "High"),
            ("normal", "Elite", "High"),
            ("normal", "Standard", "Medium"),
            ("low", "Elite", "Medium"),
            ("low", "Standard", "Lowest"),
            (None, "Premium", "Medium"),
        ],
    )
    def test_severity_and_plan_decide_how_soon(
        self, severity: str | None, plan: str, priority: str
    ) -> None:
        made = desk(PATCHES).prepared({**BUG, "priority": severity}, plan)
        assert made.fields == {
            "summary": "[Initech] Export fails",
            "description": "<p>Press it.</p>",
            "environment": "Sandbox",
            "priority": priority,
            "labels": f"plan-{plan.lower()}",
        }

    def test_what_is_not_asked_or_known_holds_the_bug(self) -> None:
        on = desk(PATCHES)
        assert on.prepared(BUG).missing == ("plan",)
        assert on.prepared({**BUG, "Instance": None}, "Elite").missing == ("property:Instance",)
        assert on.told(BUG) == [(("csm",), ("mail",), False)]

    def test_fix_goes_through_the_patch_to_the_customer(self) -> None:
        on = desk(PATCHES)
        way = ("To Do", "Planned", "In Progress", "In QA", "Committed", "Patch QA")
        assert on.stages("jira", *way, "Managed Services", "Done") == [
            each.label for each in on.mapping.stages if not each.side
        ]
        assert on.drafts() == ["available", "declined"]


ESCALATED: dict[str, Value] = {
    "Escalation": "bug",
    "Severity": "critical",
    "Impact": "work_stopped",
    "Environment": "production",
}


class TestEscalation:
    """OPS-COM: O4, O16, O21 to O27."""

    def test_what_the_front_line_settles_stays(self) -> None:
        on = desk(ESCALATION)
        assert on.route({"Escalation": "front_line"}) == "front-line"
        assert on.route(ESCALATED) == "bug"
        assert on.route({**ESCALATED, "Escalation": None}) is None

    @pytest.mark.parametrize(
        ("severity", "impact", "priority"),
        [
            ("critical", "inconvenience", "Highest"),
            ("high", "work_stopped", "Highest"),
            ("high", "inconvenience", "High"),
            ("normal", "work_stopped", "High"),
            ("low", "inconvenience", "Lowest"),
        ],
    )
    def test_severity_and_impact_decide_together(
        self, severity: str, impact: str, priority: str
    ) -> None:
        said = {**ESCALATED, "Severity": severity, "Impact": impact, "Environment": "preview"}
        assert desk(ESCALATION).prepared(said).fields == {
            "summary": "Export fails",
            "description": "<p>Press it.</p>",
            "environment": "Preview",
            "priority": priority,
            "labels": f"severity-{severity};impact-{impact.replace('_', '-')}",
        }

    @pytest.mark.parametrize(
        ("field", "missing"), [("Severity", "severity"), ("Impact", "property:Impact")]
    )
    def test_neither_may_be_left_out(self, field: str, missing: str) -> None:
        made = desk(ESCALATION).prepared({**ESCALATED, field: None})
        assert (made.fields, made.missing) == ({}, (missing,))

    def test_those_on_call_hear_of_critical_bugs_until_they_say_so(self) -> None:
        on = desk(ESCALATION)
        owners = (("escalation_managers",), ("mail",), False)
        assert on.told(ESCALATED) == [(("on_call",), ("mail",), True), owners]
        assert on.told({**ESCALATED, "Severity": "high"}) == [owners]

    def test_quality_assurance_is_a_step_and_the_client_hears_of_the_release(self) -> None:
        on = desk(ESCALATION)
        assert on.stages("jira", "In Progress", "In QA", "Ready for release", "Done") == [
            "In development", "In quality assurance", "In an upcoming release", "Available to you",
        ]  # fmt: skip
        assert on.drafts() == ["available", "declined"]


CRASH: dict[str, Value] = {
    "Assessment": "bug",
    "Severity": "severity_2",
    "Product": "crashplan_proe",
    "Topic": "other",
    "Major version": "newest",
    "Operating system": "Windows 7",
    "Steps to reproduce": "Press it twice.",
    "Computer ID": "4711-guid",
}


class TestProducts:
    """Code42: D3, D9, D10, D12, D23, D25 to D27."""

    @pytest.mark.parametrize(
        ("product", "route", "project"),
        [
            ("crashplan_proe", "proe-bug", "PROE"),
            ("crashplan_pro", "pro-bug", "PRO"),
            ("crashplan_home", "home-bug", "HOME"),
            ("shareplan", "shareplan-bug", "SHARE"),
        ],
    )
    def test_product_decides_which_team_it_goes_to(
        self, product: str, route: str, project: str
    ) -> None:
        on, said = desk(PRODUCTS), {**CRASH, "Product": product}
        assert on.route(said) == route
        assert (on.launch(said).project, on.launch(said).type) == (project, "Bug")
        assert on.prepared(said).fields["priority"] == "High"

    @pytest.mark.parametrize(
        ("change", "route"),
        [
            ({"Assessment": "configuration_change"}, "configuration-change"),
            ({"Assessment": "feature_request", "Major version": "older"}, "feature-request"),
            ({"Major version": "previous"}, "proe-bug"),
            ({"Major version": "older"}, "unsupported-version"),
            ({"Major version": None}, None),
            ({"Product": None}, None),
            ({"Assessment": None}, None),
        ],
    )
    def test_assessment_and_version_decide_the_rest(
        self, change: Table[str, Value], route: str | None
    ) -> None:
        assert desk(PRODUCTS).route({**CRASH, **change}) == route

    def test_unsupported_version_is_told_to_the_champions(self) -> None:
        said = {**CRASH, "Major version": "older"}
        assert desk(PRODUCTS).told(said) == [(("champions",), ("mail",), False)]

    @pytest.mark.parametrize(
        ("severity", "topic", "priority"),
        [
            ("severity_1", "other", "Highest"),
            ("severity_2", "other", "High"),
            ("severity_2", "restore", "Highest"),
            ("severity_3", "backup", "High"),
            ("severity_3", "account", "Medium"),
            ("severity_4", "other", "Low"),
        ],
    )
    def test_restores_and_backups_come_first_within_a_severity(
        self, severity: str, topic: str, priority: str
    ) -> None:
        made = desk(PRODUCTS).prepared({**CRASH, "Severity": severity, "Topic": topic})
        assert made.fields["priority"] == priority

    def test_bug_takes_steps_and_system_and_nothing_personal(self) -> None:
        on = desk(PRODUCTS)
        made = on.prepared(CRASH).fields
        assert made["description"] == "Press it twice."
        assert made["environment"] == "Windows 7"
        assert "4711-guid" not in str(made)
        steps = on.prepared({**CRASH, "Steps to reproduce": "1. Press <it>\n2. Wait"}).fields
        assert steps["description"] == "1. Press &lt;it&gt;<br>2. Wait"
        missing = on.prepared({**CRASH, "Steps to reproduce": " "}).missing
        assert missing == ("property:Steps to reproduce",)


PROBLEM: dict[str, Value] = {
    "Finding": "problem",
    "Severity": "high",
    "Lifecycle": "production",
    "Asked by": "power_user",
}


class TestLifecycle:
    """ClickSoftware: K1, K2, K6, K8, K11, K14."""

    @pytest.mark.parametrize(
        ("change", "route"),
        [
            ({}, "bug"),
            ({"Asked by": "partner"}, "bug"),
            ({"Asked by": "contact"}, "logged-by-a-contact"),
            ({"Asked by": None}, None),
            ({"Lifecycle": "implementation"}, "implementation"),
            ({"Lifecycle": "implementation", "Asked by": "partner"}, "implementation"),
            ({"Lifecycle": "implementation", "Asked by": "contact"}, "logged-by-a-contact"),
            ({"Lifecycle": None}, None),
            ({"Finding": "question"}, "question"),
        ],
    )
    def test_production_or_implementation_and_who_asked(
        self, change: Table[str, Value], route: str | None
    ) -> None:
        assert desk(LIFECYCLE).route({**PROBLEM, **change}) == route

    def test_implementation_is_a_task_of_the_lead_in_the_customers_project(self) -> None:
        on, said = desk(LIFECYCLE), {**PROBLEM, "Lifecycle": "implementation"}
        spec = on.launch(said)
        assert (spec.in_, spec.assignees) == ("rocketlane", ["implementation_lead"])
        assert spec.project is not None
        assert not isinstance(spec.project, str)
        assert spec.project.from_ == "customer"
        assert on.prepared(said).fields["taskName"] == "Export fails"

    @pytest.mark.parametrize(
        ("severity", "plan", "priority"),
        [
            ("critical", "Basic", "Highest"),
            ("high", "Premium", "Highest"),
            ("high", "Basic", "High"),
            (None, "Basic", "Medium"),
            ("low", "Premium", "Medium"),
        ],
    )
    def test_premium_comes_first_within_a_severity(
        self, severity: str | None, plan: str, priority: str
    ) -> None:
        made = desk(LIFECYCLE).prepared({**PROBLEM, "Severity": severity}, plan)
        assert made.fields["priority"] == priority

    def test_both_ways_lead_through_the_same_steps(self) -> None:
        on = desk(LIFECYCLE)
        assert on.stages("jira", "To Do", "In Progress", "Done") == on.stages(
            "rocketlane", "To do", "In progress", "Completed"
        )


def test_proposal_goes_to_the_client_and_back() -> None:
    # H21
    on = desk(FIVE)
    way = ("To do", "In progress", "Proposal with client", "Proposal accepted", "Completed")
    assert on.stages("rocketlane", *way, "Proposal declined") == [
        "Reported to our team",
        "Being worked on",
        "Proposal with you",
        "Proposal accepted",
        "Available to you",
        "Not planned",
    ]
    assert on.drafts() == ["proposal", "available", "declined"]
