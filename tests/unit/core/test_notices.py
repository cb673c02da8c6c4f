"""Whom a ticket tells: whoever must know, what may be said, and nobody twice in any order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.notices import ITEM_GRACE, notice_id
from bridge.core.plan import plan_ticket
from bridge.core.situation import Earlier, Plan, Telling, TicketSituation
from bridge.core.wanted import ticket_want
from bridge.domain.links import Launch, LaunchState
from bridge.domain.mapping import Mapping
from bridge.domain.notices import Channel, Notice, NoticeState
from bridge.domain.records import CUSTOMER, KEY, Fact, Observation, Source
from bridge.domain.texts import Audience
from tests.unit.core.examples import (
    COMPANY,
    CREATED,
    MAPPING,
    NOW,
    START,
    TICKET,
    linked,
    mapping,
    observation,
    ticket,
    ticket_facts,
)

LEADS = ("lead.one@acme.com", "lead.two@acme.com")
HIGH: dict[str, Any] = {
    "when": {"field": "severity", "is": "high"},
    "to": ["development_leads"],
    "via": ["internal", "mail"],
    "until_acknowledged": True,
}
CHANNELS = {
    "internal": Channel(Audience.SUPPORT, addressed=False),
    "mail": Channel(Audience.SUPPORT, addressed=True),
}
TELLING = Telling({"development_leads": LEADS}, CHANNELS, "https://bridge.test")
LAUNCHED = Launch(TICKET, "bug", "boards", "tb-1", LaunchState.CREATED, CREATED, "99")


def telling_mapping(*rules: dict[str, Any], **changes: Any) -> Mapping:
    """The example mapping, whose bugs are told by these rules."""
    bug = {**MAPPING["routes"][1], "notify": list(rules)}
    routes = [MAPPING["routes"][0], bug, MAPPING["routes"][2]]
    return mapping(routes=routes, **changes)


def high(**changes: Any) -> TicketSituation:
    """A High bug whose work item is there and that nobody was told of."""
    given: dict[str, Any] = {
        "mapping": telling_mapping(HIGH),
        "items": (linked("99"),),
        "launches": (LAUNCHED,),
        "telling": TELLING,
        **changes,
    }
    return ticket(given.pop("facts", None), **given)


def told(plan: Plan) -> set[tuple[str, str]]:
    """Channel and recipient of whatever is to be sent."""
    return {(each.channel, each.recipient) for each in plan.notices.new}


BOTH = {(channel, lead) for channel in CHANNELS for lead in LEADS}


def test_high_bug_tells_each_lead_by_each_channel() -> None:
    plan = plan_ticket(high(), NOW)
    assert told(plan) == BOTH
    [notice, *_] = plan.notices.new
    assert notice.content is not None
    said = {label: value.value for label, value in notice.content.facts}
    assert said == {
        "Subject": "Export <fails>",
        "Customer": "Initech",
        "Severity": "high",
        "Ticket": "812",
        "Work item": "#99",
        "Route": "bug",
    }
    assert notice.content.title.value == "High bug: Initech"


def test_an_item_that_is_tied_to_error_tracking_or_named_so_is_not_named() -> None:
    tied = replace(linked("99"), has_origin=True)
    for item, links in ((tied, 1), (linked("99", **{KEY: "SENTRY-9"}), 2)):
        rule = {"via": "internal", "with": ["link"]}
        plan = plan_ticket(high(items=(item,), mapping=telling_mapping(rule)), NOW)
        [notice] = plan.notices.new
        assert notice.content is not None
        said = {label: value.value for label, value in notice.content.facts}
        assert "Work item" not in said
        assert len(notice.content.links) == links
        assert "99" not in repr([label for label, _ in notice.content.links])


def test_other_severity_tells_nobody() -> None:
    normal = observation(TICKET, ticket_facts(hs_ticket_priority="MEDIUM"))
    assert told(plan_ticket(high(observation=normal), NOW)) == set()


def test_what_was_told_is_not_told_again() -> None:
    first = plan_ticket(high(), NOW)
    again = plan_ticket(high(notices=first.notices.new), NOW)
    assert (again.notices.new, again.notices.stop) == ((), ())


def test_item_on_its_way_is_waited_for_and_not_for_long() -> None:
    waiting = replace(LAUNCHED, state=LaunchState.INTENDED, work_item_id=None)
    s = high(items=(), launches=(waiting,))
    early = plan_ticket(s, CREATED + timedelta(seconds=5))
    assert told(early) == set()
    assert len(early.notices.coming) == 4
    assert early.wake_at is not None
    late = plan_ticket(s, CREATED + ITEM_GRACE)
    assert told(late) == BOTH
    assert late.notices.new[0].content is not None
    assert "Work item" not in dict(late.notices.new[0].content.facts)


def test_launch_that_lacks_a_value_is_told_of_with_its_item_unless_somebody_must_acknowledge() -> (
    None
):
    once = {"to": ["development_leads"], "via": ["mail"]}
    incomplete = observation(TICKET, ticket_facts(**{CUSTOMER: None}))
    given: dict[str, Any] = {"mapping": telling_mapping(once), "observation": incomplete}
    held = high(**given, company=None, items=(), launches=())
    plan = plan_ticket(held, NOW)
    assert {each.code for each in plan.findings} == {"INTAKE_INCOMPLETE"}
    assert told(plan) == set()
    urgent = replace(held, mapping=telling_mapping(HIGH))
    assert told(plan_ticket(urgent, NOW)) == BOTH
    assert told(plan_ticket(high(mapping=telling_mapping(once)), NOW)) == {
        ("mail", e) for e in LEADS
    }


@pytest.mark.parametrize("state", [LaunchState.REJECTED, LaunchState.UNDECIDED])
def test_item_that_does_not_come_is_not_waited_for(state: LaunchState) -> None:
    s = high(items=(), launches=(replace(LAUNCHED, state=state, work_item_id=None),))
    assert told(plan_ticket(s, CREATED)) == BOTH


def test_ticket_from_before_the_start_is_told_to_nobody() -> None:
    assert told(plan_ticket(high(start_mark=NOW), NOW)) == set()
    assert told(plan_ticket(high(start_mark=None), NOW)) == set()


def _since(s: TicketSituation, since: datetime, *earlier: Earlier) -> TicketSituation:
    return replace(s, telling=replace(TELLING, since=since, earlier=earlier))


def test_new_rule_tells_nobody_of_what_happened_before_it() -> None:
    before = Earlier(telling_mapping(), START)
    s = _since(high(), CREATED + timedelta(minutes=1), before)
    assert told(plan_ticket(s, NOW)) == set()


def test_rule_that_stays_tells_what_the_version_before_had_not_told_yet() -> None:
    before = Earlier(telling_mapping(HIGH), START)
    s = _since(high(), CREATED + timedelta(minutes=1), before)
    assert told(plan_ticket(s, NOW)) == BOTH


def test_launch_that_a_new_version_brings_is_news() -> None:
    before = Earlier(telling_mapping(), START)
    fresh = replace(LAUNCHED, intended_at=NOW)
    s = _since(high(launches=(fresh,)), NOW - timedelta(minutes=1), before)
    assert told(plan_ticket(s, NOW)) == BOTH


def test_whoever_took_the_work_ends_the_repeating_and_not_the_telling() -> None:
    taken = (linked("99", **{"@assignee": "Dana"}),)
    plan = plan_ticket(high(items=taken), NOW)
    assert told(plan) == BOTH
    assert not any(each.until_acknowledged for each in plan.notices.new)
    earlier = plan_ticket(high(), NOW).notices.new
    stopped = plan_ticket(high(items=taken, notices=earlier), NOW).notices.stop
    assert set(stopped) == {each.id for each in earlier}


def test_closed_ticket_drops_what_is_due() -> None:
    earlier = plan_ticket(high(), NOW).notices.new
    closed = observation(TICKET, ticket_facts(**{"@status": "4"}))
    plan = plan_ticket(high(observation=closed, notices=earlier), NOW)
    assert set(plan.notices.drop) == {each.id for each in earlier}
    assert plan.notices.new == ()


@pytest.mark.parametrize(
    "subject",
    [
        "PROJ-3F in sentry.io",
        'File "app.py", line 3, in render',
        "TypeError: undefined is not a function",
    ],
)
def test_what_looks_like_error_tracking_is_held_and_the_rest_is_told(subject: str) -> None:
    s = high(observation=observation(TICKET, ticket_facts(**{"@subject": subject})))
    plan = plan_ticket(s, NOW)
    assert told(plan) == BOTH
    for each in plan.notices.new:
        assert each.content is not None
        assert subject not in repr(each.content)
        assert each.content.held == ("Subject",)
    raised = plan_ticket(replace(s, notices=plan.notices.new), NOW).findings
    assert "NOTICE_HELD" in {each.code for each in raised}


def test_role_without_anybody_is_a_finding_and_silences_nobody_else() -> None:
    rule = {**HIGH, "to": ["csm", "development_leads"]}
    roles = {"csm": [{"property": "csm_mail"}, {"association": "company", "property": "csm"}]}
    s = high(mapping=telling_mapping(rule, roles=roles))
    plan = plan_ticket(s, NOW)
    assert told(plan) == BOTH
    assert "NOBODY_TO_TELL" in {each.code for each in plan.findings}


@pytest.mark.parametrize(
    ("facts", "company", "people", "address"),
    [
        ({"csm_mail": "a@acme.com"}, {"csm": "b@acme.com"}, (), "a@acme.com"),
        ({"csm_mail": ""}, {"csm": "b@acme.com"}, ("c@acme.com",), "b@acme.com"),
        ({"csm_mail": "no address"}, {"csm": None}, ("c@acme.com",), "c@acme.com"),
        ({"csm_mail": "a@b.c\r\nBcc: d@e.f"}, {}, ("c@acme.com",), "c@acme.com"),
        ({"owner": "7"}, {}, (), "owner@acme.com"),
    ],
)
def test_first_source_that_names_an_address_wins(
    facts: dict[str, Any], company: dict[str, Any], people: tuple[str, ...], address: str
) -> None:
    roles = {
        "csm": [
            {"property": "csm_mail"},
            {"association": "company", "property": "csm"},
            {"owner": "owner"},
        ]
    }
    rule = {**HIGH, "to": "csm", "via": "mail"}
    s = high(
        mapping=telling_mapping(rule, roles=roles),
        observation=observation(TICKET, ticket_facts(**facts)),
        company=replace(COMPANY, properties={**COMPANY.properties, **company}),
        telling=replace(TELLING, people={"csm": people} if people else {}),
    )
    s = replace(s, reference=replace(s.reference, owners={"7": "owner@acme.com"}))
    assert told(plan_ticket(s, NOW)) == {("mail", address)}


def test_channel_as_a_whole_is_told_where_nobody_is_named() -> None:
    rule = {"via": "internal", "with": ["link", "screenshot"]}
    facts = ticket_facts(**{"@attachments": [{"id": "1", "name": "a.png"}]})
    plan = plan_ticket(
        high(mapping=telling_mapping(rule), observation=observation(TICKET, facts)), NOW
    )
    assert told(plan) == {("internal", "")}
    content = plan.notices.new[0].content
    assert content is not None
    assert {label: url.value for label, url in content.links} == {
        "Open in Ticketbridge": "https://bridge.test/tickets/hubspot/812",
        "Open #99": "https://boards.test/99",
        "1 file of the ticket": "https://bridge.test/tickets/hubspot/812#files",
    }


def test_connection_that_is_gone_is_a_finding() -> None:
    s = high(telling=replace(TELLING, channels={"mail": CHANNELS["mail"]}))
    plan = plan_ticket(s, NOW)
    assert told(plan) == {("mail", lead) for lead in LEADS}
    assert "NO_CONNECTION" in {each.code for each in plan.findings}


@pytest.mark.parametrize(
    ("state", "code"),
    [(NoticeState.REFUSED, "NOTICE_REFUSED"), (NoticeState.UNHEARD, "NOTICE_UNHEARD")],
)
def test_notice_that_did_not_arrive_is_a_finding(state: NoticeState, code: str) -> None:
    earlier = [replace(each, state=state) for each in plan_ticket(high(), NOW).notices.new]
    plan = plan_ticket(high(notices=tuple(earlier)), NOW)
    assert {each.code for each in plan.findings} == {code}
    assert len(plan.findings) == 4


def test_what_a_rule_tests_is_read_with_its_own_time() -> None:
    wanted = ticket_want(telling_mapping(HIGH))
    assert wanted.timed == {"hs_ticket_category", "hs_ticket_priority"}


def test_id_is_the_same_for_ever() -> None:
    same = notice_id(TICKET, "bug", "mail", LEADS[0])
    assert same == notice_id(TICKET, "bug", "mail", LEADS[0].upper())
    assert same != notice_id(TICKET, "bug", "mail", LEADS[1])


# ------------------------------------------------------------------------------------- the law

RULES = (
    HIGH,
    {"to": ["development_leads", "lead.one@acme.com"], "via": ["mail"]},
    {"via": "internal"},
    {**HIGH, "to": ["LEAD.ONE@acme.com"], "until_acknowledged": False},
)
_events = st.lists(
    st.sampled_from(
        [
            "high", "low", "bug", "feature", "intended", "created", "rejected", "taken", "closed",
            "reopened", "reordered", "other rules", "acknowledged", "sent", "lost pass", "later",
        ]
    ),
    max_size=25,
)  # fmt: skip


@dataclass
class Life:
    """A ticket to which things happen, and the notices that its passes kept."""

    order: list[int]
    now: datetime = CREATED
    facts: dict[str, Fact] = field(
        default_factory=lambda: {n: Fact(v, CREATED) for n, v in ticket_facts().items()}
    )
    kept: dict[str, Notice] = field(default_factory=dict)
    sent: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    rules: list[dict[str, Any]] = field(default_factory=lambda: [RULES[0], RULES[1]])
    telling: Telling = field(default_factory=lambda: replace(TELLING, since=START))
    launches: tuple[Launch, ...] = ()
    taken: bool = False

    def happens(self, event: str) -> None:
        """One thing, half a minute after the one before."""
        self.now += timedelta(hours=1) if event == "later" else timedelta(seconds=30)
        if event in ("high", "low"):
            self.facts["hs_ticket_priority"] = Fact(event.upper(), self.now)
        elif event in ("bug", "feature"):
            self.facts["hs_ticket_category"] = Fact(event.capitalize(), self.now)
        elif event in ("closed", "reopened"):
            self.facts["@status"] = Fact("4" if event == "closed" else "1", self.now)
        elif event in ("intended", "created", "rejected"):
            launch = replace(LAUNCHED, state=LaunchState(event), intended_at=self.now)
            self.launches = (launch,)
        elif event in ("acknowledged", "sent"):
            state = NoticeState(event)
            self.kept = {id: replace(each, state=state) for id, each in self.kept.items()}
        elif event in ("reordered", "other rules"):
            self._new_version(event)
        elif event == "taken":
            self.taken = not self.taken

    def _new_version(self, event: str) -> None:
        before = Earlier(telling_mapping(*self.rules), self.telling.since)
        earlier = (before, *self.telling.earlier)[:3]
        picked = [RULES[each] for each in self.order]
        self.rules, self.order = picked if event == "reordered" else picked[:2], self.order[::-1]
        self.telling = replace(TELLING, since=self.now, earlier=earlier)

    def situation(self) -> TicketSituation:
        """The ticket as a pass finds it now."""
        made = any(each.state is LaunchState.CREATED for each in self.launches)
        item = linked("99", **({"@assignee": "Dana"} if self.taken else {}))
        return ticket(
            observation=Observation(TICKET, dict(self.facts), self.now, Source.READ),
            mapping=telling_mapping(*self.rules),
            items=(item,) if made else (),
            launches=self.launches,
            notices=tuple(self.kept.values()),
            telling=self.telling,
        )

    def passes(self) -> None:
        """A pass that is stored; one right after it has nothing to tell."""
        for each in plan_ticket(self.situation(), self.now).notices.new:
            assert each.id not in self.kept
            self.kept[each.id] = each
            self.sent[each.route, each.channel, each.recipient.casefold()] += 1
        assert plan_ticket(self.situation(), self.now).notices.new == ()


@given(_events, st.permutations(range(len(RULES))))
def test_nobody_is_told_twice_in_any_order_of_passes(events: list[str], order: list[int]) -> None:
    life = Life(order)
    for event in events:
        life.happens(event)
        # Where the process died before it could store anything, there is no pass.
        if event != "lost pass":
            life.passes()
    assert all(count == 1 for count in life.sent.values())
