"""In which words customers are told: the mapping's own first, then those that ship."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bridge.core.facts import Facts
from bridge.core.guard import Held, release_message
from bridge.core.plain_text import as_typed, said_paragraphs
from bridge.core.told_wording import (
    Occasion,
    Unsayable,
    Worded,
    filled_in,
    shipped,
    worded,
    wordings,
)
from bridge.core.wording import check_template
from bridge.domain.mapping_tell import BY_HAND, ETA_SLIPPED
from bridge.domain.records import COMMENTS, SUBJECT, Comment
from tests.unit.core.examples import (
    COMPANY,
    HELPDESK,
    MAPPING,
    TICKET,
    mapping,
    observation,
    ticket_facts,
)

AVAILABLE = Occasion("available", "Available to you", date(2026, 5, 12))


def facts(tell: dict[str, Any] | None = None, /, **more: Any) -> Facts:
    seen = observation(TICKET, ticket_facts(**more))
    return Facts(TICKET, seen, mapping(tell=tell or {}), HELPDESK, COMPANY)


def said(tell: dict[str, Any] | None = None, /, what: Occasion = AVAILABLE, **more: Any) -> str:
    found = worded(facts(tell, **more), what)
    assert isinstance(found, Worded), found
    return found.html


@pytest.mark.parametrize("reader", ["contact", "power_user"])
@pytest.mark.parametrize(
    "what", [*(each["id"] for each in MAPPING["stages"]), "scheduled", "x", ETA_SLIPPED, BY_HAND]
)
def test_words_that_ship_are_sayable_and_pass_the_gate(what: str, reader: str) -> None:
    assert check_template(shipped(what, reader), told=True) == []
    html = said(what=Occasion(what, "In review", date(2026, 5, 12), "5.4"))
    assert not isinstance(release_message(html, "x"), Held)
    assert "{{" not in html


def test_stage_of_ones_own_is_told_by_its_label_and_date() -> None:
    html = said(what=Occasion("in_review", "In review", date(2026, 5, 12)))
    assert "It now stands at: In review. We expect it on 12 May 2026." in html


def test_first_wording_that_fits_wins() -> None:
    wording = [
        {"for": "declined", "text": "no"},
        {"for": "available", "plan": ["Basic"], "text": "basic"},
        {"for": "available", "audience": "power_user", "text": "power"},
        {"for": "available", "plan": ["elite"], "text": "elite"},
        {"for": "available", "text": "anybody"},
    ]
    assert said({"wording": wording}) == "<p>elite</p>"
    role = {"property": "role", "values": {"PU": "power_user"}}
    assert said({"wording": wording, "audience_from": role}, role="PU") == "<p>power</p>"
    assert said({"wording": wording, "audience_from": role}, role=None) == "<p>elite</p>"


WORDING = [
    {"for": "available", "language": "de", "text": "Fertig am {{ eta }}"},
    {"for": "available", "language": "en", "text": "Done on {{ eta }}"},
]


@pytest.mark.parametrize(
    ("speaks", "html", "language"),
    [
        ("de", "<p>Fertig am 2026-05-12</p>", "de"),
        ("de_AT", "<p>Fertig am 2026-05-12</p>", "de"),
        ("fr", "<p>Done on 12 May 2026</p>", "en"),
        (None, "<p>Done on 12 May 2026</p>", "en"),
    ],
)
def test_customers_read_their_own_language_where_there_is_wording(
    speaks: str | None, html: str, language: str
) -> None:
    tell = {"wording": WORDING, "language_from": {"property": "lang"}}
    assert worded(facts(tell, lang=speaks), AVAILABLE) == Worded(html, language, AVAILABLE.eta)


def test_language_without_wording_falls_back_to_the_words_that_ship() -> None:
    tell = {"wording": WORDING[:1], "language_from": {"property": "lang"}}
    found = worded(facts(tell, lang="fr"), AVAILABLE)
    assert isinstance(found, Worded)
    assert (found.language, "you can use it now" in found.html) == ("en", True)


def test_power_user_reads_the_detail_and_a_contact_does_not() -> None:
    role = {"property": "role", "values": {"PU": "power_user"}, "default": "contact"}
    detail = "Reference 812, stage Available to you."
    assert detail in said({"audience_from": role}, role="PU")
    assert detail not in said({"audience_from": role})


def test_missing_value_is_named_and_no_text_made() -> None:
    tell = {"wording": [{"for": "available", "text": "{{ eta }} in {{ release }}, {{ stage }}"}]}
    found = worded(facts(tell), Occasion("available", "Available"))
    assert found == Unsayable("eta, release")


def test_customer_who_wrote_last_is_greeted_and_who_signs_signs() -> None:
    comments = [
        Comment("1", "", author="Ana", at="2026-03-01T10:00:00Z", inbound=True, internal=False),
        Comment("2", "", author="Bo <b>", at="2026-03-02T10:00:00Z", inbound=True, internal=False),
        Comment("3", "", author="Kim", at="2026-03-02T11:00:00Z", internal=False),
    ]
    more: dict[str, Any] = {COMMENTS: [each.as_value() for each in comments]}
    html = said({"signs": "Kim at Initech"}, **more)
    assert html.startswith("<p>Hello Bo &lt;b&gt;,</p>")
    assert html.endswith("<p>Kim at Initech</p>")


def test_address_is_no_name() -> None:
    comment = Comment("1", "", author="ana@client.example", inbound=True, internal=False)
    more: dict[str, Any] = {COMMENTS: [comment.as_value()]}
    assert said(**more).startswith("<p>Hello,</p>")


def test_values_of_the_ticket_are_escaped() -> None:
    more: dict[str, Any] = {SUBJECT: "<script>alert(1)</script>"}
    assert "<script>" not in said(**more)


@pytest.mark.parametrize(
    "text", ["Hello\n\nA & B <x>\nnext line\n\nBye", "one", "a\n\nb", "https://a.example/x y"]
)
def test_what_is_typed_is_read_back_as_it_was(text: str) -> None:
    assert as_typed(said_paragraphs(text)) == text
    assert said_paragraphs(as_typed(said_paragraphs(text))) == said_paragraphs(text)


@pytest.mark.parametrize(
    "words", ["", "<p></p>", "<p>See acme.sentry.io/issues/42</p>", "<p>Ada wrote:</p><p>x</p>"]
)
def test_nothing_and_what_gives_error_tracking_away_is_held(words: str) -> None:
    assert isinstance(release_message(words, "x"), Held)


def test_mappings_words_are_told_in_the_order_in_which_they_are_tried() -> None:
    stages = [{**each, "tell": "draft"} for each in MAPPING["stages"][3:4]]
    wording = [
        {"for": "available", "plan": ["Elite", "Pro"], "audience": "contact", "text": "elite"},
        {"for": "available", "language": "de", "text": "fertig"},
        {"for": "by_hand", "text": "hello"},
        {"for": "declined", "text": "of a stage that tells nobody"},
    ]
    told = wordings(mapping(stages=stages, status={}, tell={"wording": wording}))
    assert [(each.occasion, each.whom, each.ships) for each in told] == [
        ("Available to you", "contacts, plan Elite or Pro", False),
        ("Available to you", "who reads de", False),
        ("Available to you", "everybody else", True),
        ("the expected date has moved", "", True),
        ("a message by hand begins", "", False),
    ]
    assert wordings(mapping()) == []


def test_what_is_to_be_asked_stands_where_a_message_by_hand_leaves_room() -> None:
    assert filled_in("Hello,\n\n…\n\nAcme", "Since when?") == "Hello,\n\nSince when?\n\nAcme"
    assert filled_in("Hello,", "Since when?") == "Hello,\n\nSince when?"
    assert filled_in("Hello,\n\n…", "") == "Hello,\n\n…"
    assert filled_in("", "Since when?") == "Since when?"
