"""The law of observations: order and repetition of webhooks do not matter."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.merge import changed, merge_observation, mirror_digest
from bridge.domain.records import (
    CHANGED_AT,
    COMMENTS,
    STATUS,
    Fact,
    Observation,
    Presence,
    Source,
    Value,
)
from bridge.domain.refs import WorkItemRef
from tests.unit.core.examples import NOW
from tests.unit.core.strategies import wild_observations

ITEM = WorkItemRef("boards", "99")
NAMES = (STATUS, COMMENTS, "Title", "Due", "Area")


@st.composite
def histories(draw: st.DrawFn) -> list[Observation]:
    """What webhooks tell of a record's life: some the whole of it, some only what changed.

    Several changes may carry the same time, as vendors' clocks are coarse; of those only whole
    revisions can be put in order, so partial news changes each field once a tick.
    """
    state: dict[str, Fact] = {}
    told: list[Observation] = []
    at = NOW
    for revision in range(draw(st.integers(1, 8))):
        whole = draw(st.booleans())
        at += timedelta(seconds=draw(st.integers(0 if whole and told and told[-1].whole else 1, 3)))
        values: dict[str, Value] = draw(
            st.dictionaries(st.sampled_from(NAMES), st.none() | st.sampled_from("abc"), max_size=3)
        )
        news = {name: Fact(value, at) for name, value in values.items()}
        state = {**state, **news}
        state = {n: f for n, f in state.items() if n.startswith("@") or f.value is not None}
        # Not every whole record that a vendor shows has its comments with it.
        shown = {n: f for n, f in state.items() if n != COMMENTS or draw(st.booleans())}
        carried = {n: Fact(f.value, at) for n, f in shown.items()} if whole else news
        told.append(
            Observation(
                ITEM,
                {**carried, CHANGED_AT: Fact(at.isoformat(), at)},
                NOW + timedelta(seconds=draw(st.integers(0, 60))),
                Source.WEBHOOK,
                revision,
                whole,
                draw(st.sampled_from([Presence.PRESENT, Presence.PRESENT, Presence.DELETED])),
            )
        )
        state = {**state, **carried} if whole else state
    return told


def joined(told: list[Observation]) -> Observation:
    merged: Observation | None = None
    for each in told:
        merged = merge_observation(merged, each)
    assert merged is not None
    return merged


@settings(max_examples=400)
@given(histories(), st.data())
def test_any_order_and_repetition_leads_to_the_same_knowledge(
    told: list[Observation], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(told), max_size=4))
    shuffled = data.draw(st.permutations([*told, *again]))
    assert joined(shuffled) == joined(told)


@given(histories())
def test_same_news_twice_changes_nothing(told: list[Observation]) -> None:
    merged = joined(told)
    for each in told:
        assert merge_observation(merged, each) == merged
        assert changed(merged, merge_observation(merged, each)) == frozenset()


@given(wild_observations(ITEM), wild_observations(ITEM))
def test_any_two_observations_can_be_joined(one: Observation, other: Observation) -> None:
    merged = merge_observation(merge_observation(None, one), other)
    assert mirror_digest(merged, ["RootCause"])
    assert changed(merged, merged) == frozenset()
