"""The ticket list and one ticket, as customer success sees them."""

from __future__ import annotations

import pytest

from bridge.store import history, records
from tests.api.doors import Doors, ids


def _names(answer: object) -> list[str]:
    return [each["ticket"]["id"] for each in answer.json()["items"]]  # type: ignore[attr-defined]  # httpx.Response


async def test_ticket_is_told_in_full_with_its_links(doors: Doors) -> None:
    ref = await doors.add_ticket("812")
    link = await doors.add_link(ref, "991")
    answer = await doors.ask("GET", "/tickets/hubspot/812")
    said = answer.json()
    assert (await doors.ask("GET", "/tickets")).json() == {"items": [said], "next_cursor": None}
    assert said["updated_at"].endswith("Z")
    [linked] = said["links"]
    ticket = {"connection": "hubspot", "id": "812", "key": "#812",
              "url": "http://hubspot.test/tickets/812"}  # fmt: skip
    assert linked == {
        "id": link,
        "ticket": ticket,
        "work_item": {"connection": "boards", "id": "991", "key": None, "url": None},
        "route": "bug",
        "state": "active",
        "created_at": linked["created_at"],
        "created_by": "route bug",
    }
    expected = {
        "ticket": ticket, "subject": "Export fails", "customer": "Acme", "plan": "Elite",
        "category": "Bug", "severity": "high",
        "stage": {"id": "in_testing", "label": "In testing"},
        "eta": {"told": None, "now": "2026-12-24"}, "last_told_at": None, "promise": None,
        "needs": ["with_engineering"], "internal_tasks": 0, "closed": False, "verdict": "IN_SYNC",
    }  # fmt: skip
    assert {name: said[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["0", "1", "2", "3"]),
        ("customer=Beta", ["2"]),
        ("customer=beta", []),
        ("stage=scheduled", ["3"]),
        ("connection=hubspot", ["0", "1", "2", "3"]),
        ("connection=boards", []),
        ("needs=needs_decision", ["2", "3"]),
        ("needs=to_tell", []),
        ("q=EXPORT", ["0", "1", "3"]),
        ("q=export beta", []),
        ("q=login beta", ["2"]),
        ("q=%25", []),
        ("q=_", []),
        ("customer=Acme&needs=needs_decision", ["3"]),
        ("state=open", ["1", "2", "3"]),
        ("state=closed&q=export", ["0"]),
    ],
)
async def test_list_is_narrowed_by_its_filters(doors: Doors, query: str, found: list[str]) -> None:
    await doors.add_ticket("1")
    await doors.add_ticket(
        "2", customer="Beta", subject="Login slow", needs=("needs_decision", "with_engineering")
    )
    await doors.add_ticket("3", stage_id="scheduled", needs=("needs_decision",))
    await doors.add_ticket("0", customer="Gone", closed=True, stage_id="gone", needs=())
    assert _names(await doors.ask("GET", f"/tickets?{query}")) == found


async def test_pages_of_the_list_hold_every_ticket_once(doors: Doors) -> None:
    for number in range(1, 8):
        await doors.add_ticket(str(number), needs=("needs_decision",))
    seen, cursor = [], None
    for _ in range(3):
        query = {"limit": 3, "needs": "needs_decision"} | ({"cursor": cursor} if cursor else {})
        page = await doors.ask("GET", "/tickets", params=query)
        seen += _names(page)
        cursor = page.json()["next_cursor"]
    assert cursor is None
    assert sorted(seen) == list("1234567")


async def test_ticket_merged_away_answers_with_what_it_became(doors: Doors) -> None:
    kept = await doors.add_ticket("812")
    async with doors.hub.db.write() as connection:
        await records.set_aliases(doors.hub.db, connection, kept, ["700"])
    for path in ("/tickets/hubspot/700", "/tickets/hubspot/700/explain"):
        said = (await doors.ask("GET", path)).json()
        assert said["ticket"]["id"] == "812"


async def test_timeline_is_paged_newest_first(doors: Doors) -> None:
    ref = await doors.add_ticket("812")
    async with doors.hub.db.write() as connection:
        for before, after in (
            (None, "Reported"),
            ("Reported", "In testing"),
            ("In testing", "Out"),
        ):
            await history.add_transition(
                connection, str(ref), "stage", before=before, after=after,
                cause="work item boards:991", now=doors.hub.now(),
            )  # fmt: skip
    first = await doors.ask("GET", "/tickets/hubspot/812/timeline?limit=2")
    cursor = first.json()["next_cursor"]
    second = await doors.ask("GET", f"/tickets/hubspot/812/timeline?limit=2&cursor={cursor}")
    assert len(set(ids(first) + ids(second))) == 3
    happened = [*first.json()["items"], *second.json()["items"]]
    assert sorted(str(each["after"]) for each in happened) == ["In testing", "Out", "Reported"]
    assert happened[0]["cause"] == "work item boards:991"


async def test_ticket_never_looked_at_is_explained_as_such(doors: Doors) -> None:
    await doors.add_ticket("812")
    said = (await doors.ask("GET", "/tickets/hubspot/812/explain")).json()
    assert said["verdict"] == "NO_MAPPING"
    assert said["sentence"]
    assert said["fields"] == []
    assert said["mapping"] is None


async def test_work_item_tells_whom_it_matters_to(doors: Doors) -> None:
    for id, said in (("1", {}), ("2", {"customer": "Beta", "plan": None}), ("3", {})):
        await doors.add_link(await doors.add_ticket(id, **said), "991")
    said = (await doors.ask("GET", "/work-items/boards/991")).json()
    assert said["impact"] == {"tickets": 3, "customers": ["Acme", "Beta"], "plans": ["Elite"]}
    assert [each["ticket"]["id"] for each in said["links"]] == ["1", "2", "3"]


async def test_reading_changes_nothing(doors: Doors) -> None:
    ref = await doors.add_ticket("812")
    await doors.add_link(ref, "991")
    await doors.headers("viewer")
    before = await doors.stored()
    for path in ("/tickets", "/tickets/hubspot/812", "/tickets/hubspot/812/timeline",
                 "/tickets/hubspot/812/explain", "/links", "/findings", "/deliveries",
                 "/work-items/boards/991",
                 "/connections"):  # fmt: skip
        assert (await doors.ask("GET", path)).status_code == 200
    assert await doors.stored() == before
