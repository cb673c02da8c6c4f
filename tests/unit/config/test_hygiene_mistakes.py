"""Mistakes about weight, hygiene and digests: the line, and what would be right."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bridge.config.mapping_files import LoadedMapping, load_mapping
from bridge.core.wanted import item_fields, item_shows, ticket_want
from bridge.domain.mapping_hygiene import ImpactField
from tests.unit.config.samples import FILE, GOOD, KNOWN

TEXT = (
    GOOD.replace(
        "  category: {property: kind}\n",
        "  category: {property: kind}\n  customer: {association: company, plan: plan}\n",
    )
    + """\
show_on_work_item:
  impact: {property: Custom.Weight}
  plans: [Elite, Premium]
hygiene:
  at: "02:30"
  time_zone: America/Chicago
  escalated: {property: escalated, in: ["yes"]}
  done_after: 2d
digests:
  - id: stories
    what: review
    when: {at: "16:00", time_zone: Europe/Berlin, days: mon-fri, not_on: [2026-12-25]}
    to: development_leads
    via: [internal, mail]
    routes: [bug]
    lacking: Microsoft.VSTS.Common.Priority
  - id: night
    what: hygiene
    when: {at: "07:00", days: [mon, thu]}
    via: internal
    when_empty: skip
"""
)


def _told(old: str, new: str) -> list[str]:
    assert old in TEXT
    loaded = load_mapping(TEXT.replace(old, new, 1), FILE, known=KNOWN)
    return [] if isinstance(loaded, LoadedMapping) else [str(each) for each in loaded]


def test_good_file_is_loaded_with_everything_it_says() -> None:
    loaded = load_mapping(TEXT, FILE, known=KNOWN)
    assert isinstance(loaded, LoadedMapping), loaded
    mapping = loaded.mapping
    assert mapping.show_on_work_item.impact == ImpactField(property="Custom.Weight")
    assert mapping.hygiene is not None
    assert mapping.hygiene.done_after == timedelta(days=2)
    stories, night = mapping.digests
    assert (stories.to, stories.when.not_on) == (["development_leads"], [date(2026, 12, 25)])
    assert (night.when.days, night.when.time_zone, night.via) == (
        ["mon", "thu"],
        "UTC",
        ["internal"],
    )
    assert mapping.notifiers() == ("internal", "mail")


def test_what_weight_and_digests_name_is_read_and_is_no_news_to_tickets() -> None:
    loaded = load_mapping(TEXT, FILE, known=KNOWN)
    assert isinstance(loaded, LoadedMapping)
    named = {"Custom.Weight", "Microsoft.VSTS.Common.Priority"}
    assert named <= item_fields([loaded.mapping], "boards").fields
    assert not named & item_shows([loaded.mapping], "boards")
    assert "escalated" in ticket_want(loaded.mapping).fields


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('at: "02:30"', 'at: "25:00"', "hygiene.at: "),
        (
            "time_zone: America/Chicago", "time_zone: CST",
            "hygiene.time_zone: is no time zone; right is a name such as America/Chicago",
        ),
        ("days: mon-fri", "days: mon-fry", 'digests[0].when.days: "mon-fry" names no days; did'),
        ("days: [mon, thu]", "days: []", "digests[1].when.days: it would never go out; right:"),
        ("days: [mon, thu]", "days: [mon, thursday]", "digests[1].when.days[1]"),
        ("to: development_leads", "to: nobody", 'digests[0].to: nobody is called "nobody"'),
        ("via: internal\n", "via: mail\n", '"mail" needs to know whom to write to; add to:'),
        ("via: internal\n", "via: boards\n", 'digests[1].via: "boards" is not a notifier'),
        ("id: night", "id: stories", 'digests[1].id: "stories" is the id of digests[0] already'),
        ("routes: [bug]", "routes: [bugs]", 'digests[0].routes[0]: no route "bugs"; did you mean'),
        ("routes: [bug]", "routes: [easy]", 'route "easy" launches nothing'),
        ("what: hygiene", "what: to_tel", "digests[1].what: "),
        (
            "    lacking: Microsoft.VSTS.Common.Priority\n", "",
            "digests[0]: a review needs lacking: the tracker's field",
        ),
        ("plans: [Elite, Premium]", "plans: [Elite, elite]", "stands in the order already"),
        (", plan: plan}", "}", "show_on_work_item.plans: no ticket has a plan"),
        ("Custom.Weight", "System.Tags", "show_on_work_item.impact.property: "),
    ],
)  # fmt: skip
def test_mistake_is_told_with_its_place_and_what_is_right(old: str, new: str, said: str) -> None:
    told = _told(old, new)
    assert any(said in each for each in told), told


def test_digest_of_a_night_that_there_is_none_of_is_refused() -> None:
    start = TEXT.index("hygiene:\n")
    told = load_mapping(TEXT[:start] + TEXT[TEXT.index("digests:\n") :], FILE, known=KNOWN)
    assert isinstance(told, list)
    assert ["the key hygiene is not set" in str(each) for each in told] == [True]


def test_field_that_a_pair_writes_is_not_the_weights_too() -> None:
    pair = "  - {ticket: how, work_item: Custom.Weight, owner: ticket}\n"
    told = _told("fields:\n  - {ticket", f"fields:\n{pair}  - {{ticket")
    assert any("a field has one owner" in each for each in told), told


def test_role_can_not_be_sent_a_digest() -> None:
    told = load_mapping(
        TEXT.replace("to: development_leads", "to: csm")
        + "roles:\n  csm: [{property: csm_mail}]\n",
        FILE,
        known=KNOWN,
    )
    assert isinstance(told, list)
    assert '"csm" is a role: a digest is about many tickets' in str(told[0])
