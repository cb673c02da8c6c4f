"""Labels: what a text's way up to the gate means for whether it leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import guard
from bridge.core.detector import UNREADABLE, KnownSentry
from bridge.core.guard import Held, release_comment, release_pair, release_rewritten
from bridge.core.plain_text import paragraphs
from bridge.domain.texts import BORN, PROVEN, Audience, Releasable, Text

ORIGINS = st.lists(
    st.sampled_from(["boards:7", "jira:9", "boards:7#comment/1", "sentry:12", BORN, PROVEN]),
    max_size=4,
    unique=True,
).map(tuple)


@given(st.text(max_size=60), ORIGINS, st.booleans())
def test_text_of_a_signal_never_leaves_by_itself_and_proven_text_never_at_all(
    words: str, origin: tuple[str, ...], released: bool
) -> None:
    comment = Text(paragraphs(["#customer", words]), Audience.ENGINEERING, origin)
    gate = release_comment(comment, released=released)
    if comment.is_proven or (comment.of_signal and not released):
        assert isinstance(gate, Held)
    if isinstance(gate, Releasable):
        assert gate.audience is Audience.SUPPORT


PROVEN_TEXTS = [
    "https://acme.sentry.io/issues/4509876543/",
    "https://errors.acme.com/organizations/acme/issues/789/",
    "<a href='https://acme.sentry.io/issues/1'>here</a>",
    "<p>Jane Doe wrote:</p><blockquote>it broke</blockquote>",
    "Jane wrote:\n\n{quote}it broke{quote}",
]


@pytest.mark.parametrize("text", PROVEN_TEXTS)
def test_proven_text_is_held_though_a_person_released_it(text: str) -> None:
    html = Text(f"<p>#customer</p><p>Good news.</p>{text}", Audience.ENGINEERING)
    held = release_comment(html, released=True)
    assert isinstance(held, Held)
    assert held.rewrite_only
    field = release_pair(text, Audience.SUPPORT, "r", released=True)
    assert isinstance(field, Held)
    assert field.rewrite_only
    assert isinstance(release_rewritten(text), Held)


def test_known_host_is_proof() -> None:
    text = Text("<p>#customer</p><p>http://errors.acme.com/x</p>", Audience.ENGINEERING)
    assert isinstance(release_comment(text), Releasable)
    known = KnownSentry(hosts=frozenset({"errors.acme.com"}))
    held = release_comment(text, released=True, known=known)
    assert isinstance(held, Held)
    assert held.rewrite_only


@pytest.mark.parametrize("text", ["Our Sentry is a guard", "TypeError: x is undefined"])
def test_suspicious_text_leaves_once_a_person_released_it(text: str) -> None:
    html = Text(f"<p>#customer</p><p>{text}</p>", Audience.ENGINEERING, ("boards:7",))
    assert isinstance(release_comment(html), Held)
    assert isinstance(release_comment(html, released=True), Releasable)
    born = replace(html, origin=(*html.origin, BORN))
    held = release_comment(born, released=True)
    assert isinstance(held, Held)
    assert held.rewrite_only


@pytest.mark.parametrize("value", ["2026-12-24", "4.2", "12", "2026-05-12T08:30:00Z", ""])
def test_value_without_words_leaves_whatever_its_item_came_from(value: str) -> None:
    assert isinstance(release_pair(value, Audience.SUPPORT, "r", origin=(BORN,)), Releasable)
    words = release_pair("Fixed", Audience.SUPPORT, "r", origin=(BORN,))
    assert isinstance(words, Held)
    assert (words.code, words.rewrite_only) == ("HELD_FOR_REVIEW", False)


class _Fails(KnownSentry):
    """What is known of Sentry can't be read: every question to the detector fails."""

    def __getattribute__(self, name: str) -> Any:
        raise RecursionError(name)


def test_text_that_the_detector_fails_on_is_held_and_stops_nothing() -> None:
    known = _Fails()
    for released in (False, True):
        held = release_pair("Fixed.", Audience.SUPPORT, "r", known=known, released=released)
        assert isinstance(held, Held)
        assert (held.reason, held.rewrite_only) == (UNREADABLE, True)
    fact = guard.release_fact("Fixed.", Audience.SUPPORT, Audience.SUPPORT, "r", known)
    assert fact == Held("LEAK_SUSPECT", UNREADABLE)
    assert isinstance(release_rewritten("Fixed.", known=known), Held)


SHOP = KnownSentry(
    hosts=frozenset({"errors.acme.com", "10.0.0.5:9000"}), projects=frozenset({"shop"})
)


@pytest.mark.parametrize("text", ["fixed, was shop-1ab", "Shop-1AB is fixed"])
def test_short_id_of_a_known_project_is_held_in_whatever_letters(text: str) -> None:
    html = Text(f"<p>#customer</p><p>{text}</p>", Audience.ENGINEERING)
    assert isinstance(release_comment(html), Releasable)
    held = release_comment(html, known=SHOP)
    assert isinstance(held, Held)
    assert held.reason == "short id"


def test_text_that_no_one_can_read_is_never_released() -> None:
    word = "&#115;entry"
    for _ in range(6):
        # Each turn undoes one layer only, and nobody knows how many there are.
        word = quote(word, safe="").replace("%", "&#37;")
    held = release_comment(
        Text(f"<p>#customer</p><p>{word}</p>", Audience.ENGINEERING), released=True
    )
    assert isinstance(held, Held)
    assert held.rewrite_only


def test_quotation_is_proof_though_another_shape_stands_beside_it() -> None:
    html = "<p>#customer</p><p>Ada **wrote**: </p><blockquote>x Sentry</blockquote>"
    held = release_comment(Text(html, Audience.ENGINEERING), released=True)
    assert isinstance(held, Held)
    assert held.rewrite_only


@pytest.mark.parametrize(
    "value", ["10.0.0.5:9000/4509876", "4509876543", "https://errors.acme.com:443/x"]
)
def test_number_that_may_name_an_issue_is_looked_at_like_any_text(value: str) -> None:
    assert isinstance(release_pair(value, Audience.SUPPORT, "r", origin=(BORN,), known=SHOP), Held)
    words = release_rewritten(f"see {value}", known=SHOP)
    assert isinstance(words, Held) or value.isdigit()
