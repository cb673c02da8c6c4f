"""Released is not done: at which stage a ticket waits, for what, and until when (C18, O13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.core.mirror import mirror
from bridge.core.plan import plan_ticket
from bridge.core.reasons import sentence
from bridge.core.releases import CUSTOMER_CHANGED, planned_for, release_id, weighs_stray
from bridge.core.situation import TicketSituation
from bridge.domain.mapping import Mapping
from bridge.domain.records import CUSTOMER, PLANNED, RELEASES, STATUS, Presence
from bridge.domain.refs import WorkItemRef
from bridge.domain.releases import KnownRelease, ReleasesAround, Stray
from bridge.store.releases_codec import releases_from_json, releases_to_json
from tests.unit.core.examples import (
    BOARDS,
    NOW,
    item_facts,
    linked,
    mapping,
    observation,
    ticket,
    ticket_facts,
)

DAY = date(2026, 3, 10)
ID = release_id("boards", "5")
GROUPS = {"elite": {"when": {"field": "plan", "is": "Elite"}}, "everyone": {"after": "7d"}}


def releasing(**more: Any) -> Mapping:
    """The example mapping with releases."""
    return mapping(releases={"until_then": "in_testing", "groups": GROUPS, **more})


def version(id: str = "5", *, released: bool = False, day: date | None = DAY) -> dict[str, Any]:
    """A release as the fact holds it."""
    text = None if day is None else day.isoformat()
    return {"id": id, "name": f"5.{id}", "day": text, "released": released}


def done(*versions: dict[str, Any], id: str = "1", status: str = "Closed", **more: Any) -> Any:
    """A work item that is planned for these."""
    ids = [each["id"] for each in versions]
    return linked(id, status, **{PLANNED: list(versions), RELEASES: ids}, **more)


def known(reached: dict[str, date] | None = None, **left: tuple[str, ...]) -> ReleasesAround:
    """What is kept of release 5."""
    return ReleasesAround({ID: KnownRelease("5.5", DAY, None, reached or {})}, left)


def situation(*items: Any, made: Mapping | None = None, **more: Any) -> TicketSituation:
    """The ticket of Initech, whose plan is Elite, with these items."""
    return ticket(items=items, mapping=made or releasing(), **more)


def test_done_waits_for_its_release_and_the_explanation_says_which() -> None:
    plan = plan_ticket(situation(done(version(released=True))), NOW)
    assert (plan.stage, plan.verdict) == ("in_testing", "RELEASE_PENDING")
    assert (plan.verdict_data["release"], plan.verdict_data["group"]) == ("5.5", "elite")
    assert plan.in_release is not None
    assert (plan.in_release.id, plan.in_release.reached) == (ID, False)


def test_group_for_whoever_is_left_takes_nobody_from_a_group_below_it() -> None:
    for name, plan in (("elite", "Elite"), ("everyone", "Standard")):
        turned = {"everyone": {"after": "7d"}, "elite": {"when": {"field": "plan", "is": plan}}}
        made = releasing(groups=turned)
        told = plan_ticket(situation(done(version(released=True)), made=made), NOW)
        assert told.verdict_data["group"] == name


def test_ticket_is_available_once_a_person_said_so_and_not_before_the_day() -> None:
    s = situation(done(version(released=True)), releases=known({"elite": DAY}))
    before = plan_ticket(s, NOW)
    assert (before.stage, before.eta) == ("in_testing", DAY)
    assert before.wake_at == datetime(2026, 3, 10, tzinfo=UTC)
    assert plan_ticket(s, before.wake_at).stage == "available"
    other = situation(done(version(released=True)), releases=known({"everyone": date(2026, 3, 1)}))
    assert plan_ticket(other, NOW).stage == "in_testing"


def test_customer_who_is_set_apart_goes_by_their_own_day_and_the_group_by_its() -> None:
    """Both ways: held back though the group has it, and given early."""
    item = done(version(released=True))

    def stage(exceptions: dict[str, date | None], reached: dict[str, date] | None = None) -> Any:
        release = KnownRelease("5.5", DAY, None, reached or {}, exceptions)
        return plan_ticket(situation(item, releases=ReleasesAround({ID: release})), NOW)

    since = {"elite": date(2026, 3, 1)}
    assert stage({}, since).stage == "available"
    held = stage({"Initech": None}, since)
    assert (held.stage, held.verdict) == ("in_testing", "RELEASE_PENDING")
    assert "set apart from their group until somebody says otherwise" in sentence(
        held.verdict, held.verdict_data
    )
    later = stage({"Initech": DAY}, since)
    assert (later.stage, later.eta, later.wake_at) == (
        *("in_testing", DAY),
        datetime(2026, 3, 10, tzinfo=UTC),
    )
    assert stage({"Initech": date(2026, 3, 1)}).stage == "available"
    assert stage({"Globex": None}, since).stage == "available"


def test_company_stays_set_apart_when_renamed_and_a_namesake_is_held_back_in_doubt() -> None:
    item, since = done(version(released=True)), {"elite": date(2026, 3, 1)}
    facts = ticket_facts() | {CUSTOMER: "4711"}

    def stage(release: KnownRelease) -> Any:
        around = ReleasesAround({ID: release})
        return plan_ticket(situation(item, facts=facts, releases=around), NOW).stage

    known = KnownRelease("5.5", DAY, None, since)
    assert stage(replace(known, exceptions={"4711": None})) == "in_testing"
    assert stage(replace(known, namesakes={"Initech": None})) == "in_testing"
    # By the name alone nobody gets it before their group.
    early = {"Initech": date(2026, 3, 1)}
    assert stage(KnownRelease("5.5", DAY, None, {}, namesakes=early)) == "in_testing"


def test_ticket_of_a_customer_set_apart_who_is_another_now_waits_and_is_asked_about() -> None:
    item, has_it = done(version(released=True)), {"elite": date(2026, 3, 1)}

    def planned(was: str, day: date | None, reached: dict[str, date] | None) -> tuple[Any, bool]:
        known = KnownRelease("5.5", DAY, None, reached or {}, {"12": day}, {was: day})
        around = ReleasesAround({ID: known}, strays={ID: Stray(was, day)})
        plan = plan_ticket(situation(item, releases=around), NOW)
        return plan.stage, any(each.code == CUSTOMER_CHANGED for each in plan.findings)

    assert planned("Umbrella", None, has_it) == ("in_testing", True)
    assert planned("Umbrella", DAY, has_it) == ("in_testing", True)
    # What they had before their group is given to nobody early; with it nothing is lost.
    assert planned("Umbrella", date(2026, 3, 1), None) == ("in_testing", True)
    assert planned("Umbrella", date(2026, 3, 1), has_it) == ("available", False)
    # Whoever has the name still is known by it, and is asked about no more.
    assert planned("Initech", None, has_it) == ("in_testing", False)


def test_ticket_astray_is_asked_about_while_it_is_closed_or_its_work_elsewhere_or_unseen() -> None:
    """The finding is what holds it back: it must outlive whatever may come back."""
    known = KnownRelease("5.5", DAY, None, {"elite": date(2026, 3, 1)}, {"12": None})
    around = ReleasesAround({ID: known}, strays={ID: Stray("Umbrella")})
    here = done(version(released=True))
    closed, unseen = ticket_facts(**{STATUS: "4"}), replace(here, observation=None)
    told: list[tuple[Any, dict[str, Any]]] = [(here, {"facts": closed}), (unseen, {})]
    told += [(done(version("6")), {}), (done(), {})]
    for item, more in told:
        s = situation(item, releases=around, **more)
        found = [each for each in plan_ticket(s, NOW).findings if each.code == CUSTOMER_CHANGED]
        assert [(each.topic, each.data["release"]) for each in found] == [(ID, "5.5")]
    s = situation(here, releases=around)
    for presence in Presence:
        seen = replace(s, observation=replace(s.observation, presence=presence))
        # Merged into another it is no more; not seen it may come back.
        assert weighs_stray(seen, ID) is (presence in (Presence.PRESENT, Presence.MERGED))
        assert weighs_stray(seen, "another") is (presence is Presence.MERGED)


def test_mapping_without_releases_and_work_on_none_know_of_no_waiting() -> None:
    plain = situation(done(version()), made=mapping())
    assert plan_ticket(plain, NOW).stage == "available"
    assert plan_ticket(plain, NOW).in_release is None
    assert plan_ticket(situation(done()), NOW).stage == "available"


def test_stage_before_done_is_shown_as_it_is() -> None:
    assert plan_ticket(situation(done(version(), status="Active")), NOW).stage == "in_development"
    assert plan_ticket(situation(done(version(), status="Removed")), NOW).stage == "declined"


def test_of_several_releases_of_an_item_the_first_that_reaches_the_customer_counts() -> None:
    both = done(version("5"), version("6", day=date(2026, 3, 1)))
    ready = ReleasesAround(
        {release_id("boards", "6"): KnownRelease("5.6", reached={"elite": date(2026, 3, 1)})}
    )
    assert plan_ticket(situation(both, releases=ready), NOW).stage == "available"


def test_of_several_items_the_last_release_is_the_tickets() -> None:
    ready = known({"elite": date(2026, 3, 1)})
    second = done(version("6", day=date(2026, 4, 1)), id="2")
    plan = plan_ticket(situation(done(version()), second, releases=ready), NOW)
    assert plan.in_release is not None
    assert (plan.in_release.name, plan.stage) == ("5.6", "in_testing")
    assert plan.verdict == "RELEASE_PENDING"


def test_deleted_release_holds_stage_and_date_and_says_so() -> None:
    ref = str(WorkItemRef("boards", "1"))
    gone = ReleasesAround(known().known, {ref: (ID,)})
    s = situation(done(), releases=gone)
    plan = plan_ticket(s, NOW)
    assert (plan.stage, plan.verdict) == ("in_testing", "RELEASE_GONE")
    assert [each.code for each in plan.findings] == ["RELEASE_GONE"]
    [shown] = [each for each in plan.verdicts if each.purpose == "eta"]
    assert (shown.desired, shown.verdict) == (None, "RELEASE_GONE")
    # Planned anew it is like any other; reached before it was deleted, it is with the customer.
    again = replace(s, items=(done(version("6")),))
    assert plan_ticket(again, NOW).findings == ()
    reached = ReleasesAround(known({"elite": DAY}).known, gone.left)
    late = datetime(2026, 3, 11, tzinfo=UTC)
    assert plan_ticket(replace(s, releases=reached), late).stage == "available"


def test_sources_of_a_mapping_stand_for_releases() -> None:
    facts = item_facts(
        "1", **{"@iteration": "Platform\\S1", "System.Tags": "hot; release-5.4", "Fix": " 5.4 "}
    )
    seen = observation(WorkItemRef("boards", "1"), facts)
    sources = {
        "iteration": ("Platform\\S1", "S1", date(2026, 5, 29)),
        "Fix": ("5.4", "5.4", None),
        "release-": ("release-5.4", "release-5.4", None),
    }
    for said, expected in sources.items():
        source: Any = {"field": "Fix"} if said == "Fix" else said
        source = {"field": "System.Tags", "begins": said} if said == "release-" else source
        made = releasing(sources={"boards": source})
        [found] = planned_for(made, "boards", seen, BOARDS.reference)
        assert (found.vendor_id, found.name, found.day) == expected
        assert found.released is None


def test_item_that_was_seen_before_releases_were_kept_in_full_waits_too() -> None:
    old = linked("1", "Closed", **{RELEASES: ["5"]})
    assert plan_ticket(situation(old), NOW).stage == "in_testing"


def test_renamed_release_is_the_same() -> None:
    first, second = (
        planned_for(
            releasing(),
            "boards",
            observation(WorkItemRef("boards", "1"), {PLANNED: [version() | {"name": name}]}),
            BOARDS.reference,
        )
        for name in ("5.4", "Spring")
    )
    assert first[0].id == second[0].id != release_id("jira", "5")


@given(st.sampled_from(["New", "Active", "Resolved", "Closed", "Removed"]), st.booleans())
def test_release_never_brings_a_ticket_further_than_its_work(status: str, released: bool) -> None:
    order = [each.id for each in releasing().stages]
    item = done(version(released=released), status=status)
    with_it = mirror(situation(item), NOW).stage
    without = mirror(situation(item, made=mapping()), NOW).stage
    assert with_it is not None
    assert without is not None
    assert order.index(with_it) <= order.index(without)


def test_what_is_kept_of_releases_comes_back_as_it_was() -> None:
    kept = ReleasesAround(
        {
            ID: KnownRelease(
                "5.5", DAY, NOW, {"elite": DAY}, {"9": None, "8": DAY}, {"Initech": None}
            ),
            "x": KnownRelease("y"),
        },
        {"boards:1": (ID,)},
        {ID: Stray("Umbrella", DAY), "x": Stray("Acme")},
    )
    assert releases_from_json(releases_to_json(kept)) == kept
    assert releases_from_json(None) == ReleasesAround()
