"""Labels and tags of the real vendors are nobody's to own."""

from __future__ import annotations

import pytest

from bridge.config.mapping_files import LoadedMapping, load_mapping
from tests.ready_made import bridge_text, known, text

PATCHES = "support-with-patches"
PAIR = "fields:\n  - {{ticket: {ticket}, work_item: {item}, owner: {owner}}}\n"


def _told(**pair: str) -> list[str]:
    mapping = text(PATCHES) + PAIR.format(**pair)
    loaded = load_mapping(mapping, "x.yaml", known=known(bridge_text(PATCHES)))
    return [] if isinstance(loaded, LoadedMapping) else [str(each) for each in loaded]


@pytest.mark.parametrize(
    ("ticket", "item", "owner", "field"),
    [
        ("Instance", "labels", "ticket", "work_item"),
        ("tags", "components", "work_item", "ticket"),
    ],
)
def test_pair_that_would_wipe_what_people_added_is_refused(
    ticket: str, item: str, owner: str, field: str
) -> None:
    [said] = _told(ticket=ticket, item=item, owner=owner)
    assert f"fields[0].{field}: " in said
    assert "each write would replace all of it" in said


def test_labels_may_be_read_for_a_field_of_the_ticket() -> None:
    assert _told(ticket="Engineering labels", item="labels", owner="work_item") == []
