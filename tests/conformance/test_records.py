"""Reading, whatever the role: whole or missing, one by one or many at once, gone and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.errors import RecordMissing
from bridge.domain.records import (
    BODY,
    CHANGED_AT,
    COMMENTS,
    CREATED_AT,
    KEY,
    STATUS,
    SUBJECT,
    URL,
    Fact,
    Observation,
    Presence,
    Source,
    comments_of,
    parse_instant,
)
from bridge.ports.roles import Want
from tests.conformance.line import START
from tests.conformance.pages import comes_back
from tests.conformance.rig import Rig
from tests.conformance.rigs import RIGS
from tests.conformance.stand import EVERYTHING, NAME, Stand, standing

_ALWAYS = (SUBJECT, STATUS, URL, KEY, CREATED_AT, CHANGED_AT)


def _check_shape(facts: dict[str, Fact]) -> None:
    for name, fact in facts.items():
        text = json.dumps(fact.value, allow_nan=False, ensure_ascii=False)
        assert json.loads(text.encode()) == fact.value, name
        assert fact.at.utcoffset() == timedelta(0), name


async def _seen_every_way(stand: Stand[Rig], id: str) -> list[Observation]:
    """The record as a read, a batch and the list show it."""
    records = stand.records
    seen = [await records.fetch(id, EVERYTHING), *await records.fetch_many([id], EVERYTHING)]
    pages, _ = await stand.sweep(None, START, EVERYTHING)
    return [*seen, *(each for page in pages for each in page.observations)]


async def test_read_brings_the_whole_record_with_its_standard_facts(stand: Stand[Rig]) -> None:
    subject = 'Export of "A & B" fails <now>'
    id = stand.rig.person_creates(subject, "Press Export.")
    made = stand.rig.clock.now()
    changed = stand.rig.clock.advance(hours=2)
    stand.rig.person_edits(id, subject + "!")
    seen = await stand.records.fetch(id, Want())
    assert (seen.ref.connection, seen.ref.id, seen.ref.kind) == (NAME, id, stand.records.kind)
    assert (seen.whole, seen.source, seen.presence) == (True, Source.READ, Presence.PRESENT)
    assert [name for name in _ALWAYS if not seen.text(name)] == []
    assert seen.value(SUBJECT) == subject + "!"
    assert "Press Export." in seen.text(BODY)
    assert parse_instant(seen.text(CREATED_AT)) == made
    assert parse_instant(seen.text(CHANGED_AT)) == changed
    assert seen.text(URL).startswith(("https://", stand.rig.origin))
    assert seen.seen_at == changed


async def test_values_are_json_and_times_are_utc_whatever_way_the_record_is_seen(
    stand: Stand[Rig],
) -> None:
    id = stand.rig.person_creates("Export fails", "<p>Press <b>Export</b></p>")
    stand.rig.person_comments(id, "<p>Soon.</p>")
    stand.rig.subscribe()
    stand.rig.clock.advance(minutes=5)
    stand.rig.person_edits(id, "Umlaut ü")
    stand.rig.clock.advance(minutes=5)
    seen = await _seen_every_way(stand, id)
    assert {each.source for each in seen} >= {Source.READ, Source.LIST}
    for each in seen:
        assert each.seen_at.utcoffset() == timedelta(0)
        _check_shape(dict(each.facts))
    events = await stand.events()
    assert events
    for event in events:
        _check_shape(dict(event.facts))


async def test_batch_and_list_say_nothing_else_than_a_single_read(stand: Stand[Rig]) -> None:
    id = stand.rig.person_creates("Export fails", "<p>Press <b>Export</b></p>")
    stand.rig.person_comments(id, "<p>Soon.</p>")
    stand.rig.clock.advance(minutes=5)
    first, *others = await _seen_every_way(stand, id)
    assert len(others) >= 2
    assert {**others[0].facts} == {**first.facts}
    for other in others:
        assert {name: first.facts.get(name) for name in other.facts} == {**other.facts}


async def test_batch_leaves_out_what_is_not_shown(stand: Stand[Rig]) -> None:
    ids = [stand.rig.person_creates(f"T{number}") for number in range(3)]
    stand.rig.person_deletes(ids[1])
    asked = [*ids, *stand.rig.unknown_ids]
    seen = await stand.records.fetch_many(asked, Want())
    assert sorted(each.ref.id for each in seen) == sorted([ids[0], ids[2]])
    assert {each.presence for each in seen} == {Presence.PRESENT}
    assert await stand.records.fetch_many([], Want()) == []


async def test_batch_of_more_than_one_call_takes_brings_all(stand: Stand[Rig]) -> None:
    size = stand.manifest.batch_read
    ids = [stand.rig.person_creates(f"T{number}") for number in range(size + 1)]
    seen = await stand.records.fetch_many(ids, Want())
    assert sorted(each.ref.id for each in seen) == sorted(ids)


async def test_id_that_names_nothing_is_missing(stand: Stand[Rig]) -> None:
    stand.rig.person_creates()
    for unknown in stand.rig.unknown_ids:
        with pytest.raises(RecordMissing):
            await stand.records.fetch(unknown, Want())


async def test_deleted_record_is_deleted_or_missing_and_comes_back_restored(
    stand: Stand[Rig],
) -> None:
    id = stand.rig.person_creates()
    stand.rig.person_deletes(id)
    try:
        presence = (await stand.records.fetch(id, EVERYTHING)).presence
    except RecordMissing:
        presence = Presence.DELETED
    assert presence is Presence.DELETED
    if not comes_back(stand.manifest):
        return
    stand.rig.person_restores(id)
    seen = await stand.records.fetch(id, EVERYTHING)
    assert (seen.presence, seen.value(SUBJECT)) == (Presence.PRESENT, "Export fails")


async def test_comment_of_a_person_is_read_and_is_not_ours(stand: Stand[Rig]) -> None:
    id = stand.rig.person_creates()
    stand.rig.clock.advance(minutes=1)
    made = stand.rig.person_comments(id, "<p>It fails on <b>Mondays</b>.</p>")
    (comment,) = comments_of(await stand.records.fetch(id, Want(comments=True)))
    assert (comment.id, comment.own, comment.internal) == (made, False, True)
    assert "Mondays" in comment.html
    assert parse_instant(comment.at) == stand.rig.clock.now()


async def test_comments_are_a_fact_only_where_they_were_asked_for(stand: Stand[Rig]) -> None:
    id = stand.rig.person_creates()
    assert (await stand.records.fetch(id, Want(comments=True))).value(COMMENTS) == []
    stand.rig.person_comments(id, "<p>Soon.</p>")
    assert not (await stand.records.fetch(id, Want())).knows(COMMENTS)


class _Active(HTMLParser):
    """Finds what a browser would act upon."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "iframe", "object", "embed", "svg", "form", "base", "meta"):
            self.found.append(tag)
        for name, value in attrs:
            plain = "".join((value or "").split()).lower()
            if name.startswith("on") or plain.startswith(("javascript:", "data:", "vbscript:")):
                self.found.append(f"{tag} {name}={value}")


def _active(html: str) -> list[str]:
    parser = _Active()
    parser.feed(html)
    parser.close()
    return parser.found


def _html_of(facts: dict[str, Fact] | Observation) -> Iterator[str]:
    held = facts.facts if isinstance(facts, Observation) else facts
    body = held.get(BODY)
    if body is not None and isinstance(body.value, str):
        yield body.value
    comments = held.get(COMMENTS)
    for each in comments.value if comments is not None and isinstance(comments.value, list) else ():
        assert isinstance(each, dict)
        yield str(each["html"])


_NASTY = st.sampled_from(
    [
        "<p>plain</p>",
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//evil.example>",
        "<p onclick='x()'>press</p>",
        "<a href='javascript:x()'>go</a>",
        "<a href='jav&#x09;ascript:x()'>go</a>",
        "<img src=x onerror=x()>",
        "<svg/onload=x()>",
        "<iframe src='https://evil.example'></iframe>",
        "<b><i>open",
        "</p></div>",
        "<!-- <script> -->",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "a < b && c > d",
    ]
)


@pytest.mark.parametrize("vendor", RIGS)
@given(words=st.lists(_NASTY, min_size=1, max_size=4).map(" ".join))
@settings(max_examples=40)
async def test_html_that_a_person_wrote_does_nothing_in_a_browser(vendor: str, words: str) -> None:
    async with standing(RIGS[vendor]) as stand:
        stand.rig.subscribe()
        id = stand.rig.person_creates("Export fails", words)
        stand.rig.person_comments(id, words)
        found = [html for event in await stand.events() for html in _html_of(dict(event.facts))]
        stand.rig.clock.advance(minutes=5)
        for seen in await _seen_every_way(stand, id):
            found += _html_of(seen)
        assert len(found) >= 3
        assert [html for html in found if _active(html)] == []


@pytest.mark.parametrize(
    "html",
    ["<a href=' java\tscript:x'>", "<p onclick=x>", "<script>", "<svg>", "<img src='data:x'>"],
)
def test_rule_on_sample_finds_what_a_browser_acts_upon(html: str) -> None:
    assert _active(html)
    assert _active("<p>x <a href='https://example.com'>y</a> &lt;script&gt;</p>") == []
