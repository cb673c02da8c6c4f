"""Addresses of tickets' pages: those of this account, as people copy them."""

from __future__ import annotations

import pytest

from connectors.hubspot.facts import Account

ACCOUNT = Account("24680135", "app-eu1.hubspot.com")
RECORD = "https://app.hubspot.com/contacts/24680135/record/0-5/5158001"


@pytest.mark.parametrize(
    "url",
    [
        RECORD,
        f"  {RECORD}/?source=mail ",
        "https://app-eu1.hubspot.com/contacts/24680135/record/0-5/5158001",
        "https://app.hubspot.com/contacts/24680135/ticket/5158001",
        ACCOUNT.ticket_url("5158001"),
    ],
)
def test_page_of_a_ticket_names_the_ticket(url: str) -> None:
    assert ACCOUNT.ticket_id(url) == "5158001"


@pytest.mark.parametrize(
    "url",
    [
        RECORD.replace("24680135", "1"),
        RECORD.replace("0-5", "0-1"),
        RECORD.replace("https", "http"),
        RECORD.replace("app.hubspot.com", "app.hubspot.com.evil.test"),
        RECORD.replace("app.hubspot.com", "evilhubspot.com"),
        "https://app.hubspot.com/contacts/24680135/record/0-5/",
        "5158001",
        "http://[",
    ],
)
def test_any_other_address_names_none(url: str) -> None:
    assert ACCOUNT.ticket_id(url) is None
