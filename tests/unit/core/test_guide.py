"""Where a ticket names something of error tracking: by its staff, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bridge.core.detector import KnownSentry
from bridge.core.facts import Facts
from bridge.core.guide import MOST, named_places, plan_guide
from bridge.core.launch_fields import prepare
from bridge.domain.guidance import Answer, Guided
from bridge.domain.mapping import LaunchSpec
from bridge.domain.records import (
    BODY,
    COMMENTS,
    SUBJECT,
    Comment,
    Fact,
    FieldInfo,
    Observation,
    Reference,
    Source,
)
from bridge.domain.refs import TicketRef
from tests.unit.core.examples import linked, mapping, ticket

NOW = datetime(2026, 5, 12, 8, 0, tzinfo=UTC)
REF = TicketRef("hubspot", "812")
KNOWN = KnownSentry(hosts=frozenset({"sentry.test"}), projects=frozenset({"checkout"}))
ADDRESS = "http://sentry.test/organizations/acme/issues/4711/"


def seen(*comments: Comment, **fields: str) -> Observation:
    facts = {name: Fact(value, NOW) for name, value in fields.items()}
    facts[COMMENTS] = Fact([each.as_value() for each in comments], NOW)
    return Observation(REF, facts, NOW, Source.READ, whole=True)


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        (Comment("1", f"<p>{ADDRESS}</p>"), [False]),
        (Comment("1", "<p>see CHECKOUT-1AB</p>"), [False]),
        # The projects are known, and this is none of theirs.
        (Comment("1", "<p>see OTHER-1AB</p>"), []),
        (Comment("1", f"<p>{ADDRESS}</p>", internal=False), [True]),
        (Comment("1", "<p>see CHECKOUT-1AB</p>", internal=False), [True]),
        (Comment("1", "<p>see OTHER-1AB, UTF-8</p>", internal=False), []),
        (Comment("1", f"<p>{ADDRESS}</p>", internal=False, inbound=True), []),
        (Comment("1", f"<p>{ADDRESS}</p>", own=True), []),
        (Comment("1", "<p>all is well</p>"), []),
        # The ticket's description, by staff: to the customer, or for staff alone.
        (Comment("1", f"<p>{ADDRESS}</p>", internal=False, opening=True), [True]),
        (Comment("1", f"<p>{ADDRESS}</p>", opening=True), [False]),
        (Comment("1", f"<p>{ADDRESS}</p>", internal=False, opening=True, inbound=True), []),
    ],
)
def test_a_place_is_what_staff_wrote_and_told_what_the_customer_reads(
    comment: Comment, told: list[bool]
) -> None:
    places = named_places(REF, seen(comment), mapping(), KNOWN)
    assert [each.told for each in places] == told
    assert all(each.source == "hubspot:812#comment/1" for each in places)


READS = mapping(
    fields=[
        {"ticket": name, "work_item": f"Custom.{n}", "owner": "ticket"}
        for n, name in enumerate(("subject", "content", "description", "work_notes"))
    ]
)


@pytest.mark.parametrize(
    ("fields", "led"),
    [
        ({"work_notes": ADDRESS}, True),
        ({"work_notes": ADDRESS, BODY: "<p>It fails.</p>"}, True),
        # The vendors' own names for what the customer wrote, and a copy of it.
        ({"content": f"As said: {ADDRESS}", BODY: f"<p>As said: {ADDRESS}</p>"}, False),
        ({"description": ADDRESS, BODY: f"<p>{ADDRESS}</p>"}, False),
        ({"subject": f"See {ADDRESS}", SUBJECT: f"See {ADDRESS}"}, False),
        ({"work_notes": f"he says: {ADDRESS}", BODY: f'<a href="{ADDRESS}">it</a>'}, False),
        # Beside what he quotes, staff name another one.
        ({"work_notes": f"{ADDRESS} {ADDRESS.replace('4711', '5')}", BODY: ADDRESS}, True),
    ],
)
def test_a_field_leads_by_what_the_customer_did_not_write_himself(
    fields: dict[str, str], led: bool
) -> None:
    assert bool(named_places(REF, seen(**fields), READS, KNOWN)) is led


def test_a_field_that_customers_may_fill_leads_to_nothing() -> None:
    theirs = FieldInfo("work_notes", "Notes", "text", customers_fill=True)
    written = seen(work_notes=ADDRESS)
    ours = {"work_notes": replace(theirs, customers_fill=False)}
    assert len(named_places(REF, written, READS, KNOWN, ours)) == 1
    assert named_places(REF, written, READS, KNOWN, {"work_notes": theirs}) == []


def test_of_very_many_references_so_many_are_acted_on_and_all_that_is_told_is_told() -> None:
    many = " ".join(ADDRESS.replace("4711", str(1000 + n)) for n in range(3 * MOST))
    inside = [Comment(str(n), many) for n in range(2)]
    outside = [Comment(str(10 + n), many, internal=False) for n in range(2)]
    places = named_places(REF, seen(*inside, *outside), mapping(), KNOWN)
    assert sum(len(each.references) for each in places if not each.told) == MOST
    assert sum(each.told for each in places) == 2


def test_a_field_goes_into_a_launched_item_without_the_line_that_names_an_error() -> None:
    spec = LaunchSpec.model_validate(
        {"in": "boards", "type": "Bug", "fields": {"Custom.Notes": {"from": "property:notes"}}}
    )
    facts = Facts(REF, seen(notes=f"On Safari\n{ADDRESS}"), mapping(), Reference(), None, KNOWN)
    [made] = prepare(spec, facts, Reference()).fields.values()
    assert str(made).startswith("On Safari\n(A line that names error tracking")
    assert "sentry.test" not in str(made)


def test_the_answer_names_no_item_that_is_tied_to_error_tracking_itself() -> None:
    place = Guided("hubspot:812#comment/1", "An internal note", Answer.RELATED)
    said = {}
    for born in (False, True):
        s = ticket(items=(replace(linked("7"), has_origin=born),), guide=(place,))
        [note], [finding] = (step := plan_guide(s, NOW)).operations, step.findings
        said[born] = note.html.value + finding.data["done"]
    assert "related to #7" in said[False]
    assert "#7" not in said[True]
    assert "related to the ticket&#x27;s work item" in said[True]
