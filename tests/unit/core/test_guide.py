"""Where a ticket names something of error tracking: by its staff, and nobody else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridge.core.detector import KnownSentry
from bridge.core.facts import Facts
from bridge.core.guide import MOST, named_places
from bridge.core.launch_fields import prepare
from bridge.domain.mapping import LaunchSpec
from bridge.domain.records import COMMENTS, Comment, Fact, Observation, Reference, Source
from bridge.domain.refs import TicketRef
from tests.unit.core.examples import mapping

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
    ],
)
def test_a_place_is_what_staff_wrote_and_told_what_the_customer_reads(
    comment: Comment, told: list[bool]
) -> None:
    places = named_places(REF, seen(comment), mapping(), KNOWN)
    assert [each.told for each in places] == told
    assert all(each.source == "hubspot:812#comment/1" for each in places)


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
