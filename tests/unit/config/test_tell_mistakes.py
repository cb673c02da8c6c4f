"""Mistakes in the words for customers: the place, what is wrong, and what would be right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.config.mapping_files import LoadedMapping, load_mapping
from bridge.core.wording import TOLD
from tests.unit.config.samples import FILE, GOOD, KNOWN

TELL = """\
tell:
  signs: Your team
  language_from: {property: lang}
  audience_from: {property: role, values: {PU: power_user}, default: contact}
  wording:
    - {for: available, plan: [Elite], text: "{{ stage }} for {{ ticket.customer }}"}
    - {for: available, language: de, text: "{{ stage }}: {{ eta or 'bald' }}"}
    - {for: available, audience: power_user, text: "{{ ticket.key }} {{ release }}"}
    - {for: available, text: "Hello {{ contact | default('there') }}, {{ support }}"}
    - {for: eta_slipped, text: "Now {{ eta }}"}
    - {for: by_hand, text: "Hello"}
"""
CUSTOMER = "\n  customer: {association: company, plan: plan}"
TEXT = GOOD.replace("default: low}", "default: low}" + CUSTOMER, 1) + TELL


def _told(old: str, new: str) -> list[str]:
    assert old in TEXT
    loaded = load_mapping(TEXT.replace(old, new, 1), FILE, known=KNOWN)
    if isinstance(loaded, LoadedMapping):
        return []
    return [str(each).partition(": ")[2] for each in loaded]


def test_good_wording_is_loaded() -> None:
    loaded = load_mapping(TEXT, FILE, known=KNOWN)
    assert isinstance(loaded, LoadedMapping), loaded
    assert [each.for_ for each in loaded.mapping.tell.wording][3:] == [
        *("available", "eta_slipped", "by_hand")
    ]
    assert not _told("tell: draft", "tell: send")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "for: available, plan",
            "for: availible, plan",
            'tell.wording[0].for: no stage "availible"; did you mean "available"?',
        ),
        (
            "{id: reported,",
            "{id: by_hand,",
            (
                'stages[0].id: "by_hand" means something else in tell.wording; give the stage '
                "another id"
            ),
        ),
        (
            "{{ stage }} for",
            "{{ work_item.title }} for",
            (
                "tell.wording[0].text: work_item.title is in engineering's words, which no "
                "template can name"
            ),
        ),
        ("{{ stage }} for", "{{ stag }} for", "tell.wording[0].text: stag is not known. Did you"),
        ("Now {{ eta }}", "Now {{ sentry }}", "tell.wording[4].text: sentry is in engineering's"),
        (
            "for {{ ticket.customer }}",
            "see sentry.io",
            "tell.wording[0].text: the text names error tracking, of which no customer reads",
        ),
        ("signs: Your team", "signs: Team Sentry", 'tell.signs: "Team Sentry" names error'),
        (
            "signs: Your team",
            "signs: '{{ contact }}'",
            "tell.signs: is shown as it stands and can hold no {{ … }}",
        ),
        (
            CUSTOMER,
            "",
            "tell.wording[0].plan: fits no ticket: the key ticket.customer is not set",
        ),
        (
            "association: company, plan: plan",
            "association: company",
            "tell.wording[0].plan: fits no ticket: the key ticket.customer.plan is not set",
        ),
        (
            "  language_from: {property: lang}\n",
            "",
            (
                'tell.wording[1].language: no ticket is in "de": the key tell.language_from is not '
                "set; all are in en, as tell.language says"
            ),
        ),
        (
            "  audience_from: {property: role, values: {PU: power_user}, default: contact}\n",
            "",
            (
                "tell.wording[2].audience: no ticket tells who reads: the key "
                "tell.audience_from is not set"
            ),
        ),
        (
            "{PU: power_user}",
            "{PU: power-user}",
            (
                'tell.audience_from.values.PU: "power-user" is not who reads; did you mean '
                '"power_user"?'
            ),
        ),
        (
            ", values: {PU: power_user}, default: contact",
            "",
            "tell.audience_from: nothing says which values mean a power_user",
        ),
        (
            "plan: [Elite], ",
            "",
            "tell.wording[1]: is never used: tell.wording[0] is for every ticket of available",
        ),
        ("language: de", "language: German", "tell.wording[1].language:"),
        (
            "  signs: Your team\n",
            "  ranges: {parts_after: 36h}\n",
            'tell.ranges.parts_after: "36h" is no number of days',
        ),
        (
            "  signs: Your team\n",
            "  ranges: {parts_after: 45d, quarters_after: 45d}\n",
            "tell.ranges.quarters_after: no date is told as a part of a month",
        ),
    ],
)
def test_mistake_is_told_with_what_would_be_right(old: str, new: str, said: str) -> None:
    found = _told(old, new)
    assert any(each.startswith(said) for each in found), found


MAIL = "  mail: {via: mail, from: help@acme.com, reply_to: help@acme.com, subject: Yours}\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("via: mail", "via: internal", 'via: "internal" takes no letters'),
        ("from: help@", "from: help at ", "from: "),
        ("reply_to: help@acme.com", "reply_to: 'a@b.c, d@e.f'", "reply_to: "),
        ("Yours", "Your Sentry issue", 'subject: "Your Sentry issue" names error tracking'),
        ("Yours", "'{{ stage }}'", "subject: is shown as it stands"),
        ("", "", ""),
    ],
)
def test_mail_goes_by_a_server_that_takes_letters_from_one_plain_address(
    old: str, new: str, said: str
) -> None:
    text = TEXT.replace("  signs: Your team\n", "  signs: Your team\n" + MAIL.replace(old, new, 1))
    loaded = load_mapping(text, FILE, known=KNOWN)
    found = [] if isinstance(loaded, LoadedMapping) else [str(each) for each in loaded]
    assert bool(found) is bool(said)
    assert all(f"tell.mail.{said}" in each for each in found), found
    # In a helpdesk where every ticket is a conversation it would never be used.
    loaded = load_mapping(text, FILE, known=replace(KNOWN, mailed=frozenset()))
    assert isinstance(loaded, list)
    assert any("can be answered in its conversation" in str(each) for each in loaded)


@pytest.mark.parametrize("name", TOLD)
def test_names_of_messages_are_known_nowhere_else(name: str) -> None:
    [told] = _told("{{ ticket.subject }}", f"{{{{ {name} }}}}")
    assert f"{name} is known only in messages to the customer" in told
