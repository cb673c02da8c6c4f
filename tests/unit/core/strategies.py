"""Situations by the thousand: ordinary ones, and ones that no vendor should ever send."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from bridge.core.situation import ItemSituation, LinkedItem, LinkedTicket, TicketSituation
from bridge.domain.links import (
    Fingerprint,
    Launch,
    LaunchState,
    LedgerEntry,
    LedgerState,
    LinkState,
)
from bridge.domain.records import (
    ATTACHMENTS,
    COMMENTS,
    HYPERLINKS,
    STANDARD_FACTS,
    Attachment,
    Comment,
    Fact,
    Observation,
    Presence,
    Source,
    Value,
)
from bridge.domain.refs import WorkItemRef
from tests.unit.core.examples import (
    NOW,
    TICKET,
    item,
    linked,
    linked_ticket,
    mapping,
    ticket,
    ticket_facts,
)

STATUSES = ("New", "Active", "Resolved", "Closed", "Removed", "Parked", "Unheard of", "")
OWN_FIELDS = ("hs_ticket_category", "hs_ticket_priority", "work_stage", "work_eta", "work_items",
              "root_cause", "TargetDate", "DueDate", "RootCause", "Priority")  # fmt: skip

values: st.SearchStrategy[Value] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["Bug", "HIGH", "2026-04-01", "0001-01-01T00:00:00+14:00", "9999-12-31"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
rows: st.SearchStrategy[Value] = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "id": values,
            "html": values | st.sampled_from(["#dev x", "<p>#customer</p>y"]),
            "name": values,
            "size": values,
            "comment": values,
            "internal": values,
            "url": values,
        },
    )
    | values,
    max_size=3,
)
times = st.datetimes(timezones=st.just(UTC)) | st.sampled_from(
    [NOW, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
facts = st.dictionaries(
    st.sampled_from(sorted({*STANDARD_FACTS, *OWN_FIELDS})),
    st.builds(Fact, values | rows, times),
    max_size=12,
)


@st.composite
def wild_observations(draw: st.DrawFn, ref: Any) -> Observation:
    """Anything that could be stored of a record, sense or nonsense."""
    return Observation(
        ref,
        draw(facts),
        draw(times),
        draw(st.sampled_from(Source)),
        draw(st.none() | st.integers(0, 9)),
        draw(st.booleans()),
        draw(st.sampled_from([Presence.PRESENT, *Presence])),
    )


fingerprints = st.builds(
    Fingerprint,
    field=st.just("work_stage"),
    sent=st.text(max_size=4),
    came_back=st.none() | st.text(max_size=4),
    written_at=times,
    writes=st.lists(times, max_size=12).map(tuple),
    foreign_edits=st.lists(times, max_size=3).map(tuple),
    frozen_until=st.none() | times,
    frozen_code=st.none() | st.just("LOOP_BREAKER"),
)
launches = st.builds(
    Launch,
    ticket=st.just(TICKET),
    route=st.sampled_from(["bug", "feature", "gone"]),
    connection=st.sampled_from(["boards", "gone"]),
    marker=st.text(max_size=5),
    state=st.sampled_from(LaunchState),
    intended_at=times,
    work_item_id=st.none() | st.just("1"),
    probes=st.integers(0, 10_000_000),
)
entries = st.builds(
    LedgerEntry,
    source=st.sampled_from(["hubspot:812#file/1", "boards:1#comment/1", "hubspot:812#comment/1"]),
    content=st.text(max_size=4),
    state=st.sampled_from(LedgerState),
    marker=st.text(max_size=4),
    target_id=st.none(),
    intended_at=st.none() | times,
)


@st.composite
def wild_tickets(draw: st.DrawFn) -> TicketSituation:
    """A ticket's situation with arbitrary observations, rows and pairs."""
    items = [
        replace(linked(id, state=draw(st.sampled_from(LinkState))), observation=seen)
        for id in ("1", "2")
        for seen in [draw(st.none() | wild_observations(WorkItemRef("boards", id)))]
    ]
    pair = draw(st.none() | fingerprints)
    return ticket(
        observation=draw(wild_observations(TICKET)),
        items=tuple(items[: draw(st.integers(0, 2))]),
        launches=tuple(draw(st.lists(launches, max_size=2))),
        fingerprints={} if pair is None else {"work_stage": pair},
        ledger={each.source: each for each in draw(st.lists(entries, max_size=2))},
        launch_by_hand=draw(st.frozensets(st.sampled_from(["bug", "feature", "gone"]))),
        start_mark=draw(st.none() | times),
        mapping=mapping(rollup=draw(rollups)),
    )


@st.composite
def wild_items(draw: st.DrawFn) -> ItemSituation:
    """A work item's situation with arbitrary observations."""
    tickets = [
        replace(linked_ticket(id), observation=draw(st.none() | wild_observations(TICKET)))
        for id in ("1", "2")
    ]
    return item(
        *tickets[: draw(st.integers(0, 2))],
        observation=draw(wild_observations(WorkItemRef("boards", "99"))),
        ledger={each.source: each for each in draw(st.lists(entries, max_size=2))},
    )


rollups = st.sampled_from(["least_advanced", "most_advanced", "primary"])
comments = st.lists(
    st.builds(
        Comment,
        id=st.sampled_from("123"),
        html=st.sampled_from(
            ["<p>#customer</p>fixed", "<p>#dev</p>look", "#customer Ann wrote:", "hello", "#dev"]
        ),
        internal=st.booleans(),
        own=st.booleans(),
    ).map(Comment.as_value),
    max_size=3,
)
files = st.lists(
    st.builds(
        Attachment,
        id=st.sampled_from("123"),
        name=st.sampled_from(["a.png", "b.png"]),
        size=st.none() | st.sampled_from([1, 10_000_000]),
    ).map(Attachment.as_value),
    max_size=3,
)


@st.composite
def linked_items(draw: st.DrawFn) -> tuple[LinkedItem, ...]:
    """Up to three items in any status, some broken."""
    return tuple(
        linked(
            str(n),
            draw(st.sampled_from(STATUSES)),
            state=draw(st.sampled_from([LinkState.ACTIVE, LinkState.ACTIVE, LinkState.BROKEN])),
            TargetDate=draw(st.sampled_from([None, "2026-04-01", "soon"])),
            RootCause=draw(st.sampled_from([None, " x ", "<y>", "TypeError: z"])),
            **{COMMENTS: list(draw(comments))},
        )
        for n in range(draw(st.integers(0, 3)))
    )


@st.composite
def ordinary_tickets(draw: st.DrawFn) -> TicketSituation:
    """An open ticket as a vendor shows it, with fields filled in by hand or not."""
    shown = st.sampled_from([None, "", "In testing", "by hand"])
    facts = ticket_facts(
        hs_ticket_category=draw(st.sampled_from(["Bug", "Feature", "Success", None])),
        hs_ticket_priority=draw(st.sampled_from(["HIGH", "URGENT", None])),
        work_stage=draw(shown),
        work_eta=draw(st.sampled_from([None, "2026-04-01"])),
        work_items=draw(shown),
        root_cause=draw(shown),
        **{COMMENTS: []},
    )
    return ticket(facts, items=draw(linked_items()), mapping=mapping(rollup=draw(rollups)))


@st.composite
def ordinary_items(draw: st.DrawFn) -> ItemSituation:
    """A work item with tickets, some closed, with files and notes."""
    tickets: list[LinkedTicket] = []
    for n in range(draw(st.integers(0, 3))):
        made = linked_ticket(
            str(n),
            hs_ticket_priority=draw(st.sampled_from(["HIGH", "LOW", "URGENT", None])),
            **{COMMENTS: list(draw(comments)), ATTACHMENTS: list(draw(files))},
        )
        tickets.append(replace(made, closed=draw(st.booleans())))
    s = item(*tickets)
    shown: list[Value] = draw(
        st.lists(
            st.sampled_from(
                [{"url": "u", "comment": "theirs"}, {"url": "v", "comment": "ticketbridge:tb-0"}]
            ),
            max_size=2,
        )
    )
    more: dict[str, Value] = {HYPERLINKS: shown, ATTACHMENTS: [], COMMENTS: []}
    set_up = {name: Fact(value, NOW - timedelta(hours=1)) for name, value in more.items()}
    facts = {**s.observation.facts, **set_up}
    return replace(s, observation=replace(s.observation, facts=facts))
