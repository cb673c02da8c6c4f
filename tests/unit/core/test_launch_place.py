"""Where a launched item goes: project, phase and people, decided from what is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.core.facts import Facts
from bridge.core.launch_offers import Offer, launch_offers
from bridge.core.launch_place import ABSENT_AGE, PHASE_AGE, Placed, place
from bridge.core.situation import TicketSituation, TrackerView
from bridge.domain.mapping import LaunchSpec, Mapping
from bridge.domain.phases import KnownPhase, phase_key
from bridge.domain.records import (
    Company,
    Fact,
    Observation,
    ProjectInfo,
    Reference,
    Source,
    Value,
)
from bridge.domain.refs import TicketRef

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REF = TicketRef("hubspot", "812")
PROJECTS = (
    ProjectInfo("7", "Acme rollout", "ACME "),
    ProjectInfo("8", "Globex rollout", "Globex"),
    ProjectInfo("9", "Globex, second", "globex"),
)
SPEC: dict[str, Any] = {"in": "rl", "type": "TASK", "project": {"from": "customer"}}
MAPPING = Mapping.model_validate(
    {
        "mapping": "m",
        "helpdesk": "hubspot",
        "ticket": {"category": {"property": "kind"}, "customer": {}},
        "roles": {
            "csm": [{"owner": "owner_id"}],
            "lead": [{"association": "company", "property": "lead"}, {"property": "lead"}],
        },
        "stages": [{"id": "s", "label": "S"}],
        "routes": [{"id": "r", "when": {"field": "category", "is": "A"}, "launch": SPEC}],
    }
)


def placed(
    company: Company | None = None,
    phases: dict[str, KnownPhase] | None = None,
    values: dict[str, Value] | None = None,
    owners: dict[str, str] | None = None,
    **spec: Any,
) -> Placed:
    """Where the ticket's item would go."""
    given = company or Company("1", "Acme", {"name": "Acme"})
    facts = {name: Fact(value, NOW) for name, value in (values or {}).items()}
    seen = Observation(REF, facts, NOW, Source.READ, whole=True)
    reference = Reference(owners=owners or {})
    return place(
        LaunchSpec.model_validate(SPEC | spec),
        TrackerView("rl", Reference(projects=PROJECTS), phases=phases or {}),
        Facts(REF, seen, MAPPING, reference, given),
        {"csm": ("csm@acme.com",), "consultants": ("a@acme.com", "A@acme.com", "b@acme.com")},
        NOW,
    )


def test_project_is_the_one_whose_customer_bears_the_name_whatever_its_case() -> None:
    found = placed()
    assert (found.project, found.problems, found.outdated) == ("7", (), ())


@pytest.mark.parametrize(
    ("name", "code"), [("Initech", "PROJECT_NOT_FOUND"), ("GLOBEX", "PROJECT_AMBIGUOUS")]
)
def test_none_or_several_projects_are_a_problem_and_the_tracker_is_read_again(
    name: str, code: str
) -> None:
    found = placed(Company("1", name, {"name": name}))
    assert [each[0] for each in found.problems] == [code]
    assert (found.project, found.outdated) == (None, ("rl",))


def test_customer_who_is_not_known_yet_is_missing() -> None:
    assert placed(Company("1", "", {})).missing == ("customer",)


def test_project_by_an_id_in_a_field_must_be_one_that_is_there() -> None:
    by_ticket: Any = {"project": {"property": "rl"}}
    assert placed(values={"rl": "8"}, **by_ticket).project == "8"
    assert placed(values={"rl": "88"}, **by_ticket).problems[0][0] == "PROJECT_NOT_FOUND"
    assert placed(**by_ticket).missing == ("rl",)
    by_company: Any = {"project": {"association": "company", "property": "rl"}}
    assert placed(Company("1", "Acme", {"rl": "9"}), **by_company).project == "9"


def test_phase_that_nobody_looked_for_is_looked_up_first() -> None:
    found = placed(phase={"name": "Post Implementation", "create": True, "lasts": "30d"})
    assert found.look_up is not None
    assert found.look_up.key == "7/post implementation"
    assert (found.look_up.create, found.look_up.lasts) == (True, timedelta(days=30))
    assert found.problems == ()


@pytest.mark.parametrize(
    ("known", "phase", "codes", "look"),
    [
        (KnownPhase(NOW, "77"), "77", [], False),
        (KnownPhase(NOW - PHASE_AGE, "77"), "77", [], True),
        (KnownPhase(NOW), "", ["PHASE_NOT_FOUND"], False),
        (KnownPhase(NOW - ABSENT_AGE), "", ["PHASE_NOT_FOUND"], True),
        (KnownPhase(NOW, intended_at=NOW), "", [], True),
    ],
)
def test_what_is_known_of_a_phase_is_used_as_long_as_it_is_fresh(
    known: KnownPhase, phase: str, codes: list[str], look: bool
) -> None:
    found = placed(phases={phase_key("7", " POST x"): known}, phase="post X")
    assert (found.phase, [each[0] for each in found.problems]) == (phase, codes)
    assert (found.look_up is not None) is look


def test_people_are_named_by_role_group_or_address_each_once() -> None:
    company = Company("1", "Acme", {"name": "Acme", "lead": "lead@acme.com"})
    names = ["csm", "lead", "consultants", "LEAD@acme.com"]
    found = placed(company, assignees=names)
    assert found.assignees == ("csm@acme.com", "lead@acme.com", "a@acme.com", "b@acme.com")
    assert found.missing == ()


def test_name_that_leads_to_nobody_is_missing_and_never_left_out() -> None:
    found = placed(assignees=["csm", "lead"])
    assert (found.assignees, found.missing) == (("csm@acme.com",), ("lead",))


def test_owner_whom_the_helpdesk_did_not_have_yet_has_it_read_again() -> None:
    known: Any = {"values": {"owner_id": "501"}, "assignees": ["csm"]}
    assert placed(**known).outdated == ("hubspot",)
    found = placed(**known, owners={"501": "kim@acme.com"})
    assert (found.assignees, found.outdated) == (("kim@acme.com",), ())


def test_offer_whose_phase_alone_is_not_read_yet_calls_nothing_missing() -> None:
    launch = SPEC | {"phase": {"name": "Post Implementation", "create": True}, "settle": "0s"}
    routes = [{"id": "r", "when": {"field": "category", "is": "A"}, "launch": launch}]
    given = MAPPING.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
    known = Mapping.model_validate(given | {"routes": routes})
    tracker = TrackerView("rl", Reference(projects=PROJECTS))

    def offer(name: str) -> Offer:
        company = Company("1", name, {"name": name})
        seen = Observation(REF, {"kind": Fact("A", NOW)}, NOW, Source.READ, whole=True)
        s = TicketSituation(REF, seen, Reference(), known, company, trackers={"rl": tracker})
        [found] = launch_offers(s, Facts(REF, seen, known, Reference(), company), NOW)
        return found

    ready = offer("Acme")
    assert (ready.reads_phases, ready.missing, ready.cause) == (True, (), None)
    unclear = offer("")
    assert (unclear.reads_phases, unclear.missing) == (False, ("customer",))
