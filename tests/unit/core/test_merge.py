"""Observations joined, and what of a change matters to tickets."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bridge.core.merge import PRESENCE, changed, merge_observation, mirror_digest, misses_comments
from bridge.domain.records import (
    ATTACHMENTS,
    COMMENTS,
    KEY,
    STATUS,
    Comment,
    Fact,
    Observation,
    Presence,
    Source,
    Value,
)
from bridge.domain.refs import WorkItemRef
from tests.unit.core.examples import NOW

ITEM = WorkItemRef("boards", "99")


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def seen(facts: dict[str, tuple[Value, float]], minutes: float = 0, **more: Any) -> Observation:
    made = {name: Fact(value, at(when)) for name, (value, when) in facts.items()}
    settings: dict[str, Any] = {"source": Source.WEBHOOK, "seen_at": at(minutes), **more}
    return Observation(ITEM, made, **settings)


def joined(*observations: Observation) -> Observation:
    merged: Observation | None = None
    for each in observations:
        merged = merge_observation(merged, each)
    assert merged is not None
    return merged


def test_older_value_never_replaces_a_newer_one() -> None:
    merged = joined(seen({"a": ("new", 2)}), seen({"a": ("old", 1), "b": ("x", 1)}))
    assert (merged.value("a"), merged.value("b")) == ("new", "x")


def test_whole_of_an_older_revision_is_dropped() -> None:
    new = seen({STATUS: ("Closed", 2)}, whole=True, revision=6)
    old = seen({STATUS: ("Active", 2), "x": ("y", 2)}, whole=True, revision=5)
    merged = joined(new, old)
    assert (merged.value(STATUS), merged.knows("x"), merged.revision) == ("Closed", False, 6)


def test_whole_drops_fields_it_no_longer_has_but_keeps_what_it_never_carries() -> None:
    first = seen({"x": ("y", 1), COMMENTS: ([], 1), ATTACHMENTS: ([], 1)}, source=Source.READ)
    merged = joined(first, seen({STATUS: ("New", 2)}, whole=True, revision=2))
    assert not merged.knows("x")
    assert merged.knows(COMMENTS)
    assert merged.knows(ATTACHMENTS)


def test_comments_of_a_read_that_a_webhook_overtook_are_known() -> None:
    first = seen({STATUS: ("New", 1), COMMENTS: ([], 1)}, whole=True, revision=9)
    said: Value = ["said"]
    read = seen(
        {STATUS: ("Active", 3), COMMENTS: (said, 3)}, whole=True, revision=11, source=Source.READ
    )
    overtook = seen({STATUS: ("Closed", 4)}, whole=True, revision=12)
    for told in ((first, read, overtook), (first, overtook, read), (overtook, read, first)):
        merged = joined(*told)
        assert (merged.value(STATUS), merged.value(COMMENTS)) == ("Closed", said)
    # What the newer one carries itself stands against all that is older.
    none_left = seen({COMMENTS: ([], 5)}, whole=True, revision=13, source=Source.READ)
    assert joined(first, none_left, read).value(COMMENTS) == []


def test_partial_news_older_than_a_whole_one_adds_nothing() -> None:
    whole = seen({STATUS: ("New", 5)}, whole=True)
    assert not joined(whole, seen({"x": ("gone since", 3)})).knows("x")
    assert joined(whole, seen({"x": ("new", 6)})).value("x") == "new"


def test_answer_of_a_write_beats_a_webhook_of_the_same_time() -> None:
    write = seen({"a": ("kept", 1)}, source=Source.WRITE)
    hook = seen({"a": ("zzz", 1)})
    assert joined(write, hook).value("a") == "kept"
    assert joined(hook, write).value("a") == "kept"


def test_missing_takes_two_looks_ten_minutes_apart() -> None:
    here = seen({KEY: ("1", 0)}, source=Source.READ)
    lost = [seen({}, m, source=Source.READ, presence=Presence.ABSENT) for m in (1, 10, 11)]
    assert joined(here, *lost[:2]).presence is Presence.ABSENT
    assert joined(here, *lost).presence is Presence.MISSING
    back = seen({KEY: ("1", 0)}, 20, source=Source.READ)
    assert joined(here, *lost, back).presence is Presence.PRESENT
    assert joined(here, lost[0], back, lost[2]).presence is Presence.PRESENT


def test_one_not_found_takes_no_proof_back() -> None:
    gone = seen({}, 1, presence=Presence.DELETED)
    absent = seen({}, 2, source=Source.READ, presence=Presence.ABSENT)
    assert joined(gone, absent).presence is Presence.DELETED


def test_late_news_of_a_deleted_record_does_not_revive_it() -> None:
    gone = seen({"a": ("x", 5)}, 5, presence=Presence.DELETED)
    assert joined(gone, seen({"a": ("w", 3)}, 9)).presence is Presence.DELETED
    assert joined(gone, seen({"a": ("w", 8)}, 9)).presence is Presence.PRESENT


def test_webhook_that_only_names_a_deleted_record_does_not_revive_it() -> None:
    gone = seen({}, minutes=5, presence=Presence.DELETED)
    of_a_part = seen({}, minutes=6)
    looked = seen({}, minutes=7, source=Source.READ, presence=Presence.ABSENT)
    merged = joined(seen({STATUS: ("New", 1)}, whole=True), gone, of_a_part)
    assert merged.presence is Presence.DELETED
    assert joined(merged, looked).presence is Presence.DELETED
    back = seen({STATUS: ("New", 1)}, minutes=8, source=Source.READ, whole=True)
    assert joined(merged, back).presence is Presence.PRESENT


def test_change_is_told_by_value_and_presence() -> None:
    old = joined(seen({"a": ("x", 1), "b": ("x", 1)}))
    new = joined(old, seen({"a": ("x", 2), "b": ("y", 2)}, presence=Presence.DELETED))
    assert changed(old, new) == {"b", PRESENCE}
    assert changed(old, old) == frozenset()
    assert changed(None, old) == {"a", "b", PRESENCE}


def test_digest_changes_only_with_what_tickets_may_show() -> None:
    base = seen({STATUS: ("New", 1), "Title": ("a", 1), "Due": ("2026-01-01", 1)})
    other = seen({STATUS: ("New", 2), "Title": ("b", 2), "Due": ("2026-01-01", 2)})
    later = seen({STATUS: ("New", 2), "Due": ("2026-01-02", 2)})
    assert mirror_digest(base, ["Due"]) == mirror_digest(other, ["Due"])
    assert mirror_digest(base, ["Due"]) != mirror_digest(later, ["Due"])
    assert mirror_digest(base) != mirror_digest(seen({STATUS: ("Active", 1)}))
    plain, marked = (Comment("1", html).as_value() for html in ("<p>x</p>", "<p>#customer x</p>"))
    chat = seen({STATUS: ("New", 1), COMMENTS: ([plain], 1)})
    told = seen({STATUS: ("New", 1), COMMENTS: ([plain, marked], 1)})
    assert mirror_digest(chat) == mirror_digest(seen({STATUS: ("New", 1)}))
    assert mirror_digest(told) != mirror_digest(chat)


def test_count_that_moved_without_its_comments_says_that_one_is_missed() -> None:
    before = seen({"Count": (1, 0), COMMENTS: ([], 0)})
    more, with_them = seen({"Count": (2, 1)}, 1), seen({"Count": (2, 1), COMMENTS: ([], 1)}, 1)

    def missed(new: Observation, counter: str | None = "Count", old: Any = before) -> bool:
        after = new if old is None else merge_observation(old, new)
        return misses_comments(old, after, new, counter)

    assert missed(more)
    assert not missed(with_them)
    assert not missed(seen({"Count": (1, 1)}, 1))
    assert not missed(more, counter=None)
    assert not missed(more, old=None)
    assert not missed(more, old=seen({"Count": (1, 0)}))
    # A read that something overtook brings the first comments, and fewer than there are by now.
    late = seen({"Count": (1, 0), COMMENTS: (["one"], 0)}, whole=True)
    newer = joined(seen({"Count": (2, 1)}, 1, whole=True))
    assert missed(late, old=newer)
    assert not missed(late, old=joined(seen({"Count": (1, 1)}, 1, whole=True)))
    assert not missed(late, old=joined(seen({"Count": (0, -1)}, -1, whole=True)))
