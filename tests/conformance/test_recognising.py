"""What every connector must make of the texts and addresses that people give it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bridge.domain.records import KEY, URL
from bridge.ports.roles import Want
from tests.conformance.rig import HelpdeskRig, TrackerRig
from tests.conformance.stand import Stand

HOSTILE = "[]:@%\\\x00\ud800℀٣²&;=?#/ \n"
"""Signs at which parsers of addresses have raised or been led astray."""
ENDLESS = "9" * 5000
"""More digits than Python makes a number of."""


def disfigured(page: str) -> Iterator[str]:
    """The address with a hostile sign at each of its places, cut off there, and made endless."""
    for place in range(len(page) + 1):
        for sign in HOSTILE:
            yield page[:place] + sign + page[place:]
            yield page[:place] + sign
    yield page + ENDLESS
    yield f"{page}&task={ENDLESS}&workitem={ENDLESS}&selectedIssue={ENDLESS}"
    yield page.partition("?")[0] + f"?task={ENDLESS}&workitem={ENDLESS}"


def _accepted(recognise: Callable[[str], str | None], pages: list[str]) -> set[str]:
    found = {recognise(text) for page in pages for text in disfigured(page)}
    return {each for each in found if each is not None}


async def test_item_is_recognised_without_asking_as_it_is_by_asking(
    boards: Stand[TrackerRig],
) -> None:
    id = (await boards.tracker.create_item(boards.rig.launch("m-1"))).ref.id
    key = (await boards.tracker.fetch_item(id, Want())).text(KEY)
    boards.rig.line.requests.clear()
    for text in boards.rig.spellings(id):
        assert boards.tracker.item_named(text) in (id, key), text
    for text in boards.rig.foreign_spellings(id):
        word = boards.tracker.item_named(text)
        assert word is None or "://" not in text, text
    assert boards.rig.line.requests == []


async def test_no_text_is_too_hostile_to_be_looked_at_for_an_item(
    boards: Stand[TrackerRig],
) -> None:
    id = (await boards.tracker.create_item(boards.rig.launch("m-1"))).ref.id
    pages = [each for each in boards.rig.spellings(id) if "://" in each]
    # What is made of it becomes part of a path: letters, digits and a dash, nothing else.
    for word in _accepted(boards.tracker.item_named, [*pages, id]):
        assert word.isascii(), word
        assert word.replace("-", "").replace("_", "").isalnum(), word


async def test_no_address_is_too_hostile_to_be_looked_at_for_a_ticket(
    desk: Stand[HelpdeskRig],
) -> None:
    id = desk.rig.person_creates()
    page = (await desk.helpdesk.fetch_ticket(id, Want())).text(URL)
    for word in _accepted(desk.helpdesk.ticket_id, [page]):
        assert word.isascii(), word
        assert word.isdigit(), word
