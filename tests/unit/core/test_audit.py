"""What an audit makes of texts: places and rules, violations and suspicions, the same words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.audit import (
    AT_SENTRY,
    ORIGIN,
    Entry,
    Joined,
    judge_item,
    judge_joined,
    judge_ticket,
    judge_tie,
    ties_of,
)
from bridge.core.detector import KnownSentry
from bridge.core.sameness import same_words, words_of
from bridge.domain.records import (
    BODY,
    COMMENTS,
    CUSTOMER_FACING,
    HYPERLINKS,
    SUBJECT,
    Comment,
    Fact,
    Observation,
    Source,
    Value,
)
from bridge.domain.refs import TicketRef, WorkItemRef
from tests.unit.core.examples import NOW

TICKET, ITEM = TicketRef("hubspot", "812"), WorkItemRef("boards", "991")
ISSUE = "https://acme.sentry.io/issues/4509876543/"
OWN = KnownSentry(hosts=frozenset({"sentry.acme.internal:9000"}), accounts=frozenset({"app-7"}))
LEADS: Value = [{"url": ISSUE, "comment": ""}]
WORDS = "the retry drops every second row whenever the cache is cold"


def seen(ref: TicketRef | WorkItemRef, *comments: Comment, **facts: Value) -> Observation:
    """A record with these comments and facts."""
    values: dict[str, Value] = {**facts, COMMENTS: [each.as_value() for each in comments]}
    held = {name: Fact(value, NOW) for name, value in values.items()}
    return Observation(ref, held, NOW, Source.READ, whole=True)


def note(html: str, id: str = "7", **more: object) -> Comment:
    """An internal comment."""
    return Comment(id=id, html=html, **more)  # type: ignore[arg-type]  # named by each test


def judged(*comments: Comment, **facts: Value) -> list[tuple[str, str]]:
    """Code and place of what the ticket's own texts show."""
    found = judge_ticket(TICKET, seen(TICKET, *comments, **facts), ["fix_notes"], OWN)
    return [(each.code, each.place) for each in found]


@pytest.mark.parametrize(
    ("comment", "code", "place"),
    [
        (note(f"<p>{ISSUE}</p>"), "AUDIT_SENTRY_NOTED", "Internal note 7"),
        (note(f"<p>{ISSUE}</p>", own=True), "AUDIT_SENTRY_NOTED", "Internal note 7"),
        (note(f"<p>{ISSUE}</p>", internal=False), "AUDIT_SENTRY_SHOWN", "Public comment 7"),
        (
            note("http://sentry.acme.internal:9000/organizations/dev/issues/42/", internal=False),
            "AUDIT_SENTRY_SHOWN",
            "Public comment 7",
        ),
        (
            note(f"<p>Ana wrote:</p><blockquote>{WORDS}</blockquote>"),
            "AUDIT_SENTRY_SUSPECTED",
            "Internal note 7",
        ),
        (
            note(f"https://{'a' * 32}@o1.ingest.us.sentry.io/5", own=True),
            "AUDIT_DATA_SOURCE",
            "Internal note 7",
        ),
    ],
)
def test_comment_is_told_with_its_place(comment: Comment, code: str, place: str) -> None:
    assert judged(comment) == [(code, place)]


@pytest.mark.parametrize(
    "comment",
    [
        note("<p>It still fails with error 500.</p>", internal=False),
        note("<p>See https://docs.sentry-tools.example/issues/5</p>".replace("sentry-", "our-")),
        note("<p>In the service of sentry duty</p>", own=True),
    ],
)
def test_other_words_are_not(comment: Comment) -> None:
    assert judged(comment) == []


def test_clients_own_stack_trace_is_no_suspicion_but_an_address_is_told() -> None:
    trace = 'Traceback (most recent call last): File "a.py", line 3'
    assert judged(**{SUBJECT: "Export fails", BODY: trace}) == []
    assert judged(**{SUBJECT: f"see {ISSUE}"}) == [("AUDIT_SENTRY_SHOWN", "Subject")]


def test_field_that_only_repeats_the_description_is_told_once() -> None:
    text = f"It is {ISSUE} again"
    assert judged(**{BODY: f"<p>{text}</p>", "fix_notes": text}) == [
        ("AUDIT_SENTRY_SHOWN", "Description")
    ]
    assert judged(fix_notes=ISSUE) == [("AUDIT_SENTRY_SHOWN", "Field fix_notes")]


def test_ties_are_told_with_the_surest_first() -> None:
    item = seen(
        ITEM,
        note("Ana wrote:<blockquote>x</blockquote>", author_id="app-7"),
        **{BODY: f"Sentry Issue: {ISSUE}", HYPERLINKS: LEADS},
    )
    rules = [each.sure for each in ties_of(item, OWN, origin=True, at_sentry=True)]
    assert rules == [True, True, True, False, False, False]
    assert ties_of(seen(ITEM, note("<p>fixed</p>")), OWN, origin=False, at_sentry=False) == ()
    [proven] = ties_of(
        seen(ITEM, note("<p>x</p>")), OWN, origin=False, at_sentry=False, proven=frozenset({"7"})
    )
    assert proven.sure


def test_what_joins_the_two_decides_what_is_said() -> None:
    weak = ties_of(
        seen(ITEM, **{HYPERLINKS: LEADS}),
        OWN,
        origin=False,
        at_sentry=False,
    )
    codes = [
        [each.code for each in judge_tie(TICKET, ITEM, ties, beside)]
        for ties, beside in (
            ((ORIGIN,), ""),
            ((AT_SENTRY,), "An app"),
            (weak, ""),
            (weak, "An app"),
        )
    ]
    assert codes == [
        ["AUDIT_ITEM_TIED"],
        ["AUDIT_LINKED_BESIDE"],
        ["AUDIT_ITEM_SUSPECTED"],
        ["AUDIT_ITEM_SUSPECTED"],
    ]
    assert judge_tie(TICKET, ITEM, ()) == []


@pytest.mark.parametrize(
    ("source", "ties", "proven", "found"),
    [
        (note(f"Ana wrote:<blockquote>{WORDS}</blockquote>"), (), (), True),
        (note(WORDS), (ORIGIN,), (), True),
        (note(WORDS), (AT_SENTRY,), ("7",), True),
        (note(WORDS), (), (), False),
        (note(WORDS, own=True), (ORIGIN,), (), False),
        (note("some other words that stand in no ticket"), (ORIGIN,), (), False),
    ],
)
def test_words_of_the_item_are_known_again_on_the_ticket(
    source: Comment, ties: tuple[object, ...], proven: tuple[str, ...], *, found: bool
) -> None:
    ticket = seen(TICKET, note(f"<p>Update:</p><p>{WORDS.title()}!</p>", id="9", internal=False))
    joined = Joined(ITEM, seen(ITEM, source), ties, frozenset(proven))  # type: ignore[arg-type]  # as listed
    told = [each for each in judge_joined(TICKET, ticket, joined) if each.code == "AUDIT_COPIED"]
    assert [each.place for each in told] == (["Public comment 9"] if found else [])
    assert judge_joined(TICKET, None, joined) == judge_tie(TICKET, ITEM, joined.ties)


def test_item_that_customers_read_is_told_only_where_sentry_surely_is() -> None:
    portal, inside = seen(ITEM, **{CUSTOMER_FACING: True}), seen(ITEM, **{CUSTOMER_FACING: False})
    told = Entry("AUDIT_FACES_CUSTOMERS", None, ITEM, "", AT_SENTRY.rule)
    assert judge_item(ITEM, portal, (AT_SENTRY,)) == [told]
    assert judge_item(ITEM, portal, ()) == []
    assert judge_item(ITEM, inside, (AT_SENTRY,)) == []


@given(st.text(max_size=300), st.text(max_size=300))
def test_judgement_is_total_and_quotes_nothing(one: str, other: str) -> None:
    ticket = seen(TICKET, note(one), **{SUBJECT: other, BODY: one, "fix_notes": other})
    item = seen(ITEM, note(other), **{BODY: one})
    joined = Joined(ITEM, item, (ORIGIN,))
    found = [
        *judge_ticket(TICKET, ticket, ["fix_notes"], OWN),
        *judge_joined(TICKET, ticket, joined),
        *judge_item(ITEM, item, ties_of(item, OWN, origin=False, at_sentry=False)),
    ]
    places = {"Subject", "Description", "Field fix_notes", "Internal note 7", ""}
    assert {each.place for each in found} <= places


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (WORDS, f"<p>Ana wrote:</p><blockquote>{WORDS}</blockquote>", True),
        (WORDS, WORDS.upper().replace(" ", "<br>"), True),
        (WORDS, " ".join(WORDS.split()[:8]), True),
        (WORDS, "the retry works and every export has all its rows now", False),
        ("it works now", "it works now", False),
        ("", "", False),
    ],
)
def test_the_same_words_are_known_however_they_are_set(one: str, other: str, *, same: bool) -> None:
    assert same_words(words_of(one), words_of(other)) is same
    assert same_words(words_of(other), words_of(one)) is same


def test_a_description_by_staff_is_judged_as_what_staff_say_and_once() -> None:
    trace = "TypeError: x is not a function"
    body = {BODY: f"<p>{trace}</p>"}
    assert judged(**body) == []
    opening = note(trace, internal=False, opening=True)
    assert judged(opening, **body) == [("AUDIT_SENTRY_SUSPECTED", "Description")]
    led = note(ISSUE, internal=False, opening=True)
    assert judged(led, **{BODY: ISSUE}) == [("AUDIT_SENTRY_SHOWN", "Description")]
    inside = note(ISSUE, internal=True, opening=True)
    assert judged(inside, **{BODY: ISSUE}) == [("AUDIT_SENTRY_NOTED", "Description")]
