"""The card: valid by Microsoft's schema, never too large, and no text in it means anything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from bridge.domain.errors import Rejected
from connectors.teams.manifest import MAX_BYTES
from connectors.teams.render import card, envelope, escape
from connectors.teams.simulator import complaints
from tests.connectors.notices import message
from tests.contracts import need_contracts


def _schema(version: str) -> Any:
    folder = need_contracts("teams")
    text = (folder / f"adaptive-card-{version}.0.json").read_text(encoding="utf-8-sig")
    return json.loads(text)


@pytest.mark.parametrize("version", ["1.4", "1.5"])
@pytest.mark.parametrize("mention", [True, False])
def test_card_fits_the_published_schema(version: str, mention: bool) -> None:
    made = card(message(held=("Subject",)), mention=mention)
    # What Teams adds is not part of the open schema.
    made.pop("msteams")
    errors = list(Draft7Validator(_schema(version)).iter_errors(made))
    assert [each.message for each in errors] == []


def test_card_says_the_facts_and_leads_to_the_hub_and_to_the_acknowledgement() -> None:
    made = card(message())
    facts = next(each for each in made["body"] if each["type"] == "FactSet")["facts"]
    assert {each["title"]: each["value"] for each in facts} == {
        "Subject": "Dispatch board blank",
        "Customer": "Acme",
        "Severity": "high",
        "Ticket": "812",
        "Work item": "#4711",
    }
    assert {each["title"]: each["url"] for each in made["actions"]} == {
        "I know, I see to it": "https://bridge.test/ack/token",
        "Open in Ticketbridge": "https://bridge.test/tickets/hubspot/812",
    }
    assert made["version"] == "1.4"


def test_card_shows_the_id_and_how_often_it_was_told() -> None:
    texts = [each.get("text", "") for each in card(message(attempt=3))["body"]]
    assert "Notice n-0123456789abcdef01234567, told 3 times" in texts


def test_card_without_a_recipient_mentions_and_names_nobody() -> None:
    made = card(message(recipient=""), mention=True)
    assert "entities" not in made["msteams"]
    assert "For " not in json.dumps(made)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**bold** _it_", r"\*\*bold\*\* \_it\_"),
        ("[pay here](https://evil.example)", r"\[pay here\]\(https://evil.example\)"),
        ("- a list", r"\- a list"),
        ("# a heading", r"\# a heading"),
        ("1. first", r"\1. first"),
        ("two\nlines", "two lines"),
        ("<at>Ana</at>", "<\u200bat>Ana<\u200b/at>"),
    ],
)
def test_text_is_shown_letter_by_letter(text: str, shown: str) -> None:
    assert escape(text) == shown


@given(st.dictionaries(st.sampled_from(["Subject", "Customer", "Ticket"]), st.text(max_size=400)))
def test_any_text_gives_a_card_that_is_shown(facts: dict[str, str]) -> None:
    said = {label: f"x{text}" for label, text in facts.items() if "entry" not in text}
    try:
        sent = message(facts=said)
    except AssertionError:
        return
    body = envelope(sent, mention=True)
    assert len(body) <= MAX_BYTES
    assert complaints(json.loads(body), len(body)) == []


def test_many_long_facts_are_cut_until_the_card_fits() -> None:
    facts = {f"Fact {n}": "é" * 300 for n in range(60)}
    body = envelope(message(facts=facts), mention=False)
    assert len(body) <= MAX_BYTES
    assert body.decode().count("…") == 60


def test_card_that_can_never_fit_is_refused() -> None:
    links = {f"Open {n}": "https://acme.test/" + "x" * 2000 for n in range(20)}
    with pytest.raises(Rejected):
        envelope(message(links=links), mention=False)
