"""Labels: what is made of texts is for no more readers than each of them, and forgets no way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import guard
from bridge.core.detector import UNREADABLE, KnownSentry
from bridge.core.guard import Held, release_comment, release_pair, release_rewritten
from bridge.core.plain_text import paragraphs, text_of
from bridge.domain.texts import BORN, PROVEN, Audience, Releasable, Text, joined

AUDIENCES = st.sampled_from(Audience)
ORIGINS = st.lists(
    st.sampled_from(["boards:7", "jira:9", "boards:7#comment/1", "sentry:12", BORN, PROVEN]),
    max_size=4,
    unique=True,
).map(tuple)
TEXTS = st.builds(Text, st.text(max_size=30), AUDIENCES, ORIGINS)

CHANGES: list[Callable[[Text], Text]] = [
    lambda text: text.made(text_of),
    lambda text: text.made(lambda content: paragraphs([content])),
    lambda text: text.made(lambda _: ""),
    lambda text: text.cut(5),
    lambda text: text.cut(0, ""),
    lambda text: text.held_to(Audience.CUSTOMER),
    lambda text: joined([text, text], ", "),
    lambda text: joined([Text("Dear customer", Audience.CUSTOMER), text]),
    lambda text: text + Text("", Audience.CUSTOMER),
    lambda text: Text("", Audience.CUSTOMER) + text,
]


def label(text: Text) -> tuple[Audience, frozenset[str]]:
    return text.audience, frozenset(text.origin)


@given(TEXTS, TEXTS, TEXTS)
def test_join_is_associative_and_its_label_commutative_and_idempotent(
    a: Text, b: Text, c: Text
) -> None:
    assert (a + b) + c == a + (b + c) == joined([a, b, c])
    assert label(a + b) == label(b + a)
    assert label(a + a) == label(a)


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_join_is_for_the_readers_of_its_most_restrictive_part(parts: list[Text]) -> None:
    whole = joined(parts, " ")
    assert whole.audience == max(each.audience for each in parts)
    assert set(whole.origin) == {way for each in parts for way in each.origin}
    assert whole.of_signal is any(each.of_signal for each in parts)
    assert len(whole.origin) == len(set(whole.origin))


@given(TEXTS, st.lists(st.sampled_from(CHANGES), max_size=6))
def test_no_change_of_a_text_lowers_its_label(
    text: Text, changes: list[Callable[[Text], Text]]
) -> None:
    changed = text
    for each in changes:
        changed = each(changed)
    assert changed.audience >= text.audience
    assert set(text.origin) <= set(changed.origin)


@given(st.text(max_size=40), st.integers(0, 12), st.sampled_from(["", "…", "[cut here]"]))
def test_cut_text_is_never_longer_than_asked_for(content: str, longest: int, end: str) -> None:
    cut = Text(content, Audience.SUPPORT, (BORN,)).cut(longest, end)
    assert len(cut.content) <= longest
    assert (cut.content == content) is (len(content) <= longest)


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
    born = html.held_to(Audience.SUPPORT, BORN)
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
