"""Digests: numbers first, each recipient once a day, and no word of error tracking."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bridge.core.digests import MOST, Entry, content_of, notices_of, title_of, told_key
from bridge.domain.mapping_hygiene import Digest
from bridge.domain.notices import Channel
from bridge.domain.texts import Audience

DAY = date(2026, 3, 6)
PEOPLE = {"reviewers": ("Jessica@acme.com", "kenton@acme.com")}
CHANNELS = {
    "internal": Channel(Audience.SUPPORT, addressed=False),
    "mail": Channel(Audience.SUPPORT, addressed=True),
}
STORY = Entry("#12", ("Initech", "A darker mode"), is_new=True)
OLDER = Entry("#7", ("Globex", "Export as CSV"))


def digest(**more: Any) -> Digest:
    said = {
        "id": "user-stories", "what": "review", "when": {"at": "16:00"}, "via": ["mail"],
        "to": ["reviewers", "JESSICA@acme.com"], "lacking": "Priority",
    }  # fmt: skip
    return Digest.model_validate({**said, **more})


def made(one: Digest, entries: list[Entry], day: date = DAY) -> list[Any]:
    return notices_of("hubspot", one, day, entries, CHANNELS, PEOPLE, base="https://hub.test")


def test_each_recipient_gets_one_and_the_same_one_whoever_makes_it() -> None:
    first, again = made(digest(), [STORY]), made(digest(), [OLDER])
    assert [each.recipient for each in first] == ["Jessica@acme.com", "kenton@acme.com"]
    assert [each.id for each in first] == [each.id for each in again]
    assert not {each.id for each in first} & {
        each.id for each in made(digest(), [STORY], date(2026, 3, 9))
    }
    assert not any(each.until_acknowledged for each in first)


def test_channel_as_a_whole_gets_one_and_a_mailbox_needs_a_name() -> None:
    [card] = made(digest(to=None, via=["internal", "mail"]), [STORY])
    assert (card.channel, card.recipient) == ("internal", "")


@pytest.mark.parametrize(
    ("entries", "title"),
    [
        ([], "User stories: every work item has a priority"),
        ([OLDER], "User stories: 1 work item waits for a priority"),
        (
            [OLDER, STORY],
            "User stories: 2 work items wait for a priority, 1 new since the last list",
        ),
    ],
)
def test_title_says_the_numbers(entries: list[Entry], title: str) -> None:
    assert title_of(digest(), entries) == title


def test_lines_name_the_item_its_customer_and_subject() -> None:
    content = content_of(digest(), [STORY, OLDER], Audience.SUPPORT, base="https://hub.test")
    assert [value.value for _, value in content.facts] == [
        "#12 · Initech · A darker mode (new)", "#7 · Globex · Export as CSV",
    ]  # fmt: skip
    assert content.links[0][1].value == "https://hub.test/"
    assert content.held == ()


def test_of_many_some_are_named_and_the_others_counted() -> None:
    many = [Entry(f"#{n}", ("Initech", "x")) for n in range(MOST + 3)]
    content = content_of(digest(), many, Audience.SUPPORT, base="https://hub.test")
    assert len(content.facts) == MOST + 1
    assert content.facts[-1][1].value == "3 more in Ticketbridge"


def test_what_names_error_tracking_is_held_and_the_rest_is_told() -> None:
    leak = Entry("#9", ("Initech", "see https://acme.sentry.io/issues/4411/"))
    content = content_of(digest(), [leak, OLDER], Audience.SUPPORT, base="https://hub.test")
    told = " ".join(value.value for _, value in content.facts)
    assert content.held == ("1",)
    assert "sentry" not in told.casefold()
    assert "Export as CSV" in told
    assert told_key("WEB-SENTRY-1", has_origin=False) == ""
    assert told_key("#12", has_origin=True) == ""
    assert told_key("#12", has_origin=False) == "#12"


def test_nothing_is_for_a_channel_that_customers_read() -> None:
    content = content_of(digest(), [STORY], Audience.CUSTOMER, base="https://hub.test")
    assert "darker" not in " ".join(value.value for _, value in content.facts)


def test_empty_day_is_said_or_left_out() -> None:
    [first, _] = made(digest(), [])
    assert first.content.title.value == "User stories: every work item has a priority"
    assert made(digest(when_empty="skip"), []) == []
