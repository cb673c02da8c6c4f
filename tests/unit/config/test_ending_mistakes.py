"""Mistakes about closing, replies and escalation: the path, and what would be right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.config.mapping_files import LoadedMapping, load_mapping
from tests.unit.config.samples import FILE, GOOD, KNOWN

KNOWING = replace(KNOWN, finals={"hubspot": "archived"})
TEXT = (
    GOOD
    + """\
closing:
  solved: [Solved]
  pending: [Waiting]
  solved_after: 2d
  pending_after: 7d
  to: {property: hs_pipeline_stage, value: Closed}
  reopen_to: {property: hs_pipeline_stage, value: Open}
  survey_channels: [survey]
on_reply: {item: reopen, reopen_to: {boards: Active}, owner: hubspot_owner_id}
escalation:
  requires:
    reproduced: {property: reproduced, is: true}
  severity: true
  impact: {property: impact}
  versions: {property: version, major: ["12", "11"]}
  deciders: [development_leads, mia@acme.com]
  via: [mail]
"""
)


def told(old: str, new: str) -> list[str]:
    """What is said of the file with that part exchanged."""
    assert old in TEXT
    loaded = load_mapping(TEXT.replace(old, new, 1), FILE, known=KNOWING)
    return [] if isinstance(loaded, LoadedMapping) else [str(each) for each in loaded]


def test_good_file_is_loaded_with_everything_it_says() -> None:
    loaded = load_mapping(TEXT, FILE, known=KNOWING)
    assert isinstance(loaded, LoadedMapping), loaded
    assert loaded.mapping.replies.reopen_to == {"boards": "Active"}
    assert loaded.mapping.escalation is not None
    assert "mail" in loaded.mapping.notifiers()


@pytest.mark.parametrize(
    ("on_reply", "item"), [("tell", "tell"), ("no", "no"), ("{item: tell}", "tell")]
)
def test_reply_may_be_said_in_one_word(on_reply: str, item: str) -> None:
    whole = "{item: reopen, reopen_to: {boards: Active}, owner: hubspot_owner_id}"
    loaded = load_mapping(TEXT.replace(whole, on_reply), FILE, known=KNOWING)
    assert isinstance(loaded, LoadedMapping), loaded
    assert loaded.mapping.replies.item == item


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("solved: [Solved]\n", "solved: []\n", "closing.solved_after: closes nothing"),
        (
            "  to: {property: hs_pipeline_stage, value: Closed}\n",
            "",
            "closing.solved_after: needs to know the status that closes a ticket",
        ),
        (
            "  solved_after: 2d\n  pending_after: 7d\n",
            "",
            "closing.to: is never written",
        ),
        ("solved_after: 2d", "solved_after: 5m", "closing.solved_after: must be at least 1h"),
        ("[Waiting]", "[solved]", 'closing.pending[0]: "solved" counts as solved already'),
        ("value: Closed", "value: Solved", "is one of the statuses that count as solved"),
        *(
            ("value: Open}", f"value: {name}}}", f"opens nothing: it counts as {counts}")
            for name, counts in (
                ("solved", "solved"),
                ("Waiting", "pending"),
                ("CLOSED", "closed"),
            )
        ),
        ("value: Closed", "value: Archived", "is final there, and the helpdesk sets it by itself"),
        ("{boards: Active}", "{board: Active}", 'on_reply.reopen_to.board: no connection "board"'),
        (
            "{item: reopen, reopen_to: {boards: Active}, owner: hubspot_owner_id}",
            "reopen",
            "on_reply: reopens work items and does not say to which status",
        ),
        ("item: reopen,", "item: tell,", "on_reply.reopen_to: is never written"),
        (
            "owner: hubspot_owner_id",
            "owner: kind",
            "is read by ticket.category.property",
        ),
        ("development_leads, mia", "development_lead, mia", 'did you mean "development_leads"?'),
        ("via: [mail]", "via: [boards]", '"boards" is not a notifier'),
        ("  via: [mail]\n", "", "escalation.deciders: nobody is told"),
        (
            "deciders: [development_leads, mia@acme.com]\n  ",
            "",
            '"mail" needs to know whom to write to',
        ),
        ("    reproduced:", "    impact:", "escalation.requires.impact: impact has a place of its"),
        ('"12", ', '"12.3", ', 'is more than a major version; write "12"'),
    ],
)
def test_mistake_is_told_with_what_would_be_right(old: str, new: str, said: str) -> None:
    mistakes = told(old, new)
    assert any(said in each for each in mistakes), mistakes
