"""Who a proven answer says somebody is, and what that opens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.granting import LONGEST_NAME, Granting, person_of, shown_name
from bridge.domain.access import AccessRole, Person

ISSUER = "https://login.acme.com/realm"
GRANTING = Granting(
    "groups",
    {"Support": AccessRole.CSM, "Admins": AccessRole.ADMIN, "Leads": AccessRole.OPERATOR},
)
ADA = {
    "sub": "u-1",
    "name": "Ada Lovelace",
    "email": "Ada@Acme.com",
    "email_verified": True,
    "groups": ["Everybody", "Support"],
}


def person(granting: Granting = GRANTING, **said: Any) -> Person | None:
    """Who that is, if the provider says this besides."""
    return person_of({**ADA, **said}, ISSUER, granting)


def role(granting: Granting = GRANTING, **said: Any) -> AccessRole | None:
    """What they may do."""
    found = person(granting, **said)
    return None if found is None else found.actor.role


@pytest.mark.parametrize(
    ("groups", "wanted"),
    [
        (["Leads"], AccessRole.OPERATOR),
        (["Support", "Admins", "Leads"], AccessRole.ADMIN),
        ("Support", AccessRole.CSM),
        (["Everybody"], None),
        ([], None),
        (None, None),
        ("support", None),
        ("Support Admins", None),
        ({"Support": 1}, None),
        ([["Admins"], {"Admins": True}, 7], None),
    ],
)
def test_role_is_the_furthest_that_a_group_gives(groups: Any, wanted: AccessRole | None) -> None:
    assert role(groups=groups) == wanted


def test_others_are_refused_or_get_the_role_that_the_configuration_says() -> None:
    lenient = Granting("groups", GRANTING.roles, AccessRole.VIEWER)
    assert role(groups=["Everybody"]) is None
    assert role(lenient, groups=["Everybody"]) is AccessRole.VIEWER
    assert role(lenient, groups=["Support"]) is AccessRole.CSM


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("https://acme.com/groups", {"https://acme.com/groups": ["Support"]}),
        ("realm_access.roles", {"realm_access": {"roles": ["Support"]}}),
        ("realm_access.roles", {"realm_access.roles": ["Support"]}),
    ],
)
def test_claim_may_have_a_long_name_or_lie_inside_another(claim: str, said: dict[str, Any]) -> None:
    granting = Granting(claim, GRANTING.roles)
    assert role(granting, **said) is AccessRole.CSM
    assert role(granting, realm_access="Support") is None


@pytest.mark.parametrize(
    ("said", "trusted", "known"),
    [
        ({"email_verified": True}, False, True),
        ({"email_verified": "true"}, False, True),
        ({"email_verified": False}, False, False),
        ({"email_verified": False}, True, False),
        ({"email_verified": "false"}, True, False),
        ({"email_verified": 1}, False, False),
        ({"email_verified": None}, False, False),
        ({"email_verified": None}, True, True),
        ({"email": "Ada <ada@acme.com>"}, True, False),
        ({"email": "ada@acme.com, boss@acme.com"}, True, False),
        ({"email": "\u0430da@acme.com"}, True, False),
        ({"email": ["ada@acme.com"]}, True, False),
    ],
)
def test_address_counts_only_if_it_is_the_persons_own(
    said: dict[str, Any], trusted: bool, known: bool
) -> None:
    found = person(Granting("groups", GRANTING.roles, trust_email=trusted), **said)
    assert found is not None
    assert found.email == ("ada@acme.com" if known else "")
    assert found.actor.name == ("ada@acme.com" if known else "u-1 at login.acme.com")
    assert found.shown == "Ada Lovelace"


def test_name_that_somebody_chose_never_acts() -> None:
    found = person(name="BRIDGE_ADMIN_TOKEN", email=None, preferred_username="command line")
    assert found is not None
    assert found.actor.name == "u-1 at login.acme.com"


def test_subjects_that_are_not_plain_text_stay_apart() -> None:
    names = {
        found.actor.name
        for sub in ("\u202e1", "\u202e2", "1", "a\nb", "a b")
        if (found := person(email=None, sub=sub)) is not None
    }
    assert len(names) == 5
    assert all(each.isascii() and each.isprintable() for each in names)


@given(st.text(max_size=600))
def test_shown_name_is_one_line_without_what_turns_or_hides_text(said: str) -> None:
    shown = shown_name(said)
    assert len(shown) <= LONGEST_NAME
    assert shown == shown.strip()
    assert not {"\u202e", "\u2066", "\u200b", "\n", "\x00"} & set(shown)


@given(st.dictionaries(st.text(max_size=20), st.none() | st.booleans() | st.text() | st.integers()))
def test_whatever_a_provider_says_somebody_is_told_or_refused(said: dict[str, Any]) -> None:
    found = person_of({**said, "sub": "u-1"}, ISSUER, GRANTING)
    assert found is None or found.actor.role in AccessRole
