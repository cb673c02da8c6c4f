"""When an owned field is written, restored, left alone or frozen."""

from __future__ import annotations

from datetime import timedelta

from bridge.core.fingerprints import (
    Decision,
    Move,
    Observed,
    after_refusal,
    after_write,
    decide,
    is_blank,
)
from bridge.core.values import digest
from bridge.domain.links import Fingerprint
from bridge.domain.records import FieldInfo, Value
from tests.unit.core.examples import NOW

HOUR = timedelta(hours=1)


def seen(value: Value, at_hours: float = 0) -> Observed:
    return Observed(value, True, NOW + at_hours * HOUR)


def written(value: Value, answer: Observed, hours: float = 0) -> Fingerprint:
    return after_write("f", None, value, answer, now=NOW + hours * HOUR)


def decided(
    pair: Fingerprint | None,
    desired: Value,
    observed: Observed,
    *,
    enforce: bool = True,
    hours: float = 0,
    info: FieldInfo | None = None,
) -> Decision:
    now = NOW + hours * HOUR
    return decide("f", pair, desired, observed, enforce=enforce, now=now, info=info)


OLD_FIELD = FieldInfo("f", "Field", "enumeration", (("a", "A"), ("b", "B")))
NEW_FIELD = FieldInfo("f", "Field", "enumeration", (("a", "A"), ("b", "B"), ("x", "X")))


def refused(pair: Fingerprint | None, value: Value) -> Fingerprint:
    return after_refusal("f", pair, value, info=OLD_FIELD, reason="not an option", now=NOW)


def test_equal_value_never_written_by_us_is_adopted() -> None:
    decision = decided(None, "a", seen("a"))
    assert decision.move is Move.KEEP
    assert decision.fingerprint is not None
    assert decided(decision.fingerprint, "b", seen("a")).move is Move.WRITE


def test_rewritten_text_is_in_step_with_what_came_back() -> None:
    pair = written("<P>x</P>", seen("<p>x</p>"))
    assert decided(pair, "<P>x</P>", seen("<p>x</p>")).verdict == "IN_SYNC"


def test_answer_without_body_is_completed_by_the_next_look_only() -> None:
    pair = written("A", Observed(), hours=1)
    older = decided(pair, "A", seen("before", 0), hours=2)
    assert (older.move, older.fingerprint) == (Move.KEEP, None)
    newer = decided(pair, "A", seen("a", 1.5), hours=2)
    assert newer.fingerprint is not None
    assert newer.fingerprint.came_back == digest("a")


def test_half_pair_does_not_take_old_news_for_the_new_wish() -> None:
    pair = written("B", Observed(), hours=1)
    assert decided(pair, "A", seen("A", 0), hours=2).move is Move.WRITE


def test_foreign_edit_is_restored_once_then_the_field_freezes() -> None:
    pair = written("a", seen("a"))
    first = decided(pair, "a", seen("x"), hours=1)
    assert first.move is Move.RESTORE
    pair = after_write("f", pair, "a", seen("a"), now=NOW + HOUR, restore=True)
    second = decided(pair, "a", seen("y"), hours=2)
    assert (second.move, second.verdict, second.finding) == (Move.LEAVE, "HUMAN_OVERRIDE", True)
    assert second.fingerprint is not None
    assert decided(second.fingerprint, "b", seen("y"), hours=20).move is Move.LEAVE
    assert decided(second.fingerprint, "b", seen("y"), hours=27).move is Move.WRITE


def test_foreign_edit_a_day_later_is_restored_again() -> None:
    pair = written("a", seen("a"))
    pair = after_write("f", pair, "a", seen("a"), now=NOW + HOUR, restore=True)
    assert decided(pair, "a", seen("y"), hours=26).move is Move.RESTORE


def test_foreign_edit_where_nothing_is_enforced_stands() -> None:
    decision = decided(written("a", seen("a")), "a", seen("x"), enforce=False)
    assert (decision.move, decision.verdict, decision.finding) == (
        Move.LEAVE,
        "HUMAN_OVERRIDE",
        False,
    )


def test_eleventh_write_within_an_hour_freezes_for_an_hour() -> None:
    pair: Fingerprint | None = None
    for n in range(10):
        assert decided(pair, n, Observed(), hours=n / 100).move is Move.WRITE
        pair = after_write("f", pair, n, seen(n), now=NOW + n / 100 * HOUR)
    flapping = decided(pair, 99, seen(9), hours=0.2)
    assert (flapping.verdict, flapping.finding) == ("LOOP_BREAKER", True)
    assert decided(flapping.fingerprint, 99, seen(9), hours=1.3).move is Move.WRITE


def test_value_that_is_not_ours_is_never_blanked() -> None:
    assert decided(None, "", seen("by hand")).move is Move.LEAVE
    assert decided(None, "", Observed()).writes is False
    assert decided(written("a", seen("a")), "", seen("a")).move is Move.WRITE


def test_number_and_its_text_are_the_same_value() -> None:
    assert decided(written(2, seen(2)), "2", seen(2.0)).verdict == "IN_SYNC"


def test_refused_value_is_not_sent_again_and_says_why() -> None:
    for pair in (refused(None, "x"), refused(written("a", seen("a")), "x")):
        decision = decided(pair, "x", seen("a"), info=OLD_FIELD)
        assert (decision.move, decision.verdict) == (Move.LEAVE, "FIELD_INVALID")
        assert decision.finding
        assert decision.data == {"field": "f", "reason": "not an option"}


def test_another_value_than_the_refused_one_is_sent() -> None:
    pair = refused(written("a", seen("a")), "x")
    assert decided(pair, "b", seen("a"), info=OLD_FIELD).move is Move.WRITE
    after = after_write("f", pair, "b", seen("b"), now=NOW)
    assert decided(after, "x", seen("b"), info=OLD_FIELD).move is Move.WRITE


def test_refused_value_is_sent_again_once_the_field_has_changed() -> None:
    pair = refused(written("a", seen("a")), "x")
    assert decided(pair, "x", seen("a"), info=NEW_FIELD).move is Move.WRITE
    relabelled = FieldInfo("f", "Called otherwise", "enumeration", OLD_FIELD.options)
    assert decided(pair, "x", seen("a"), info=relabelled).move is Move.LEAVE


def test_refused_value_that_somebody_entered_by_hand_is_as_desired() -> None:
    for pair in (refused(None, "x"), refused(written("a", seen("a")), "x")):
        decision = decided(pair, "x", seen("x"), info=OLD_FIELD)
        assert (decision.move, decision.verdict) == (Move.KEEP, "IN_SYNC")


def test_value_taken_before_a_refusal_still_counts_as_ours() -> None:
    pair = refused(written("a", seen("a")), "x")
    assert decided(pair, "a", seen("a"), info=OLD_FIELD).verdict == "IN_SYNC"
    assert decided(pair, "", seen("a"), info=OLD_FIELD).move is Move.WRITE
    assert not is_blank(pair)


def test_field_where_everything_was_refused_is_not_ours_to_blank() -> None:
    pair = refused(None, "x")
    assert is_blank(pair)
    assert decided(pair, "", seen("by hand"), info=OLD_FIELD).move is Move.LEAVE
