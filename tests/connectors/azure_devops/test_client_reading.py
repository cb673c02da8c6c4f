"""Reading from the simulator: items, comments, the feed, reference data."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import pytest

from bridge.domain import records
from bridge.domain.errors import RecordMissing, Rejected
from bridge.domain.records import (
    Presence,
    Source,
    StatusCategory,
    attachments_of,
    comments_of,
)
from bridge.kit.faults import FaultKind
from bridge.ports.roles import Want
from tests.connectors.azure_devops.client_kit import START, boards, launch

WANT = Want()
COMMENTS = Want(comments=True)


async def test_item_is_read_with_all_its_facts() -> None:
    async with boards() as world:
        world.sim.add_user("Bo", "Bo@Acme.example")
        id = world.sim.person_creates(
            "Bug",
            "Broken",
            by="Bo <Bo@Acme.example>",
            **{
                "Microsoft.VSTS.TCM.ReproSteps": "<p>Steps<script>x</script></p>",
                "System.AssignedTo": "Bo@Acme.example",
            },
        )
        world.sim.person_adds_hyperlink(id, "https://example.com/x", "by hand")
        seen = await world.tracker.fetch_item(id, Want(fields=frozenset({"Custom.Unset"})))
    assert str(seen.ref) == f"boards:{id}"
    assert (seen.whole, seen.revision, seen.source) == (True, 2, Source.READ)
    assert seen.value(records.SUBJECT) == "Broken"
    assert seen.value(records.BODY) == "<p>Steps</p>"
    assert seen.value(records.STATUS) == "New"
    assert seen.value(records.TYPE) == "Bug"
    assert seen.value(records.PROJECT) == "Platform"
    assert seen.value(records.KEY) == f"#{id}"
    assert seen.value(records.URL) == f"https://dev.azure.com/acme/Platform/_workitems/edit/{id}"
    assert seen.value(records.ASSIGNEE) == "Bo"
    assert seen.value("System.AssignedTo") == "Bo <Bo@Acme.example>"
    assert seen.value(records.AUTHOR) == "ana@acme.example"
    assert seen.value(records.CREATED_AT) == "2026-03-02T09:00:00.000Z"
    assert seen.value(records.HYPERLINKS) == [
        {"url": "https://example.com/x", "comment": "by hand"}
    ]
    assert seen.value(records.ATTACHMENTS) == []
    assert not seen.knows(records.COMMENTS)
    assert seen.knows("Custom.Unset")
    assert {fact.at for fact in seen.facts.values()} == {START}


async def test_description_of_another_type_is_its_body() -> None:
    async with boards() as world:
        fields = {"System.Description": "<p>As a user</p>"}
        id = world.sim.person_creates("User Story", "Wish", **fields)
        seen = await world.tracker.fetch_item(id, WANT)
    assert seen.value(records.BODY) == "<p>As a user</p>"


async def test_comments_are_read_oldest_first_across_pages_when_wanted() -> None:
    async with boards() as world:
        id = world.sim.person_creates("Bug", "Broken")
        for number in range(203):
            world.sim.person_comments(id, f"<p>{number}<script>x</script></p>")
        world.sim.person_deletes_comment(id, world.sim.items[int(id)].comments[5].id)
        await world.tracker.add_comment(id, "<p>ours</p>")
        found = comments_of(await world.tracker.fetch_item(id, COMMENTS))
    assert len(found) == 203
    assert (found[0].html, found[0].author, found[0].own) == ("<p>0</p>", "Ana Dev", False)
    assert found[0].author_id == "ana@acme.example"
    assert (found[-1].html, found[-1].own, found[-1].internal) == ("<p>ours</p>", True, True)


async def test_item_without_comments_costs_no_further_call() -> None:
    async with boards() as world:
        id = world.sim.person_creates("Bug", "Broken")
        seen = await world.tracker.fetch_item(id, COMMENTS)
        assert seen.value(records.COMMENTS) == []
        assert len(world.calls) == 1


async def test_item_in_the_recycle_bin_is_deleted() -> None:
    async with boards() as world:
        id = world.sim.person_creates("Bug", "Broken")
        world.sim.person_deletes(id)
        seen = await world.tracker.fetch_item(id, WANT)
        assert seen.presence is Presence.DELETED
        assert (seen.whole, seen.revision) == (True, 2)
        world.sim.person_restores(id)
        assert (await world.tracker.fetch_item(id, WANT)).presence is Presence.PRESENT


async def test_item_that_is_nowhere_is_missing() -> None:
    async with boards() as world:
        id = world.sim.person_creates("Bug", "Broken")
        world.sim.person_destroys(id)
        for gone in (id, "999", "no-number", "../wiql"):
            with pytest.raises(RecordMissing):
                await world.tracker.fetch_item(gone, WANT)


async def test_bin_that_may_not_be_looked_into_proves_nothing() -> None:
    async with boards() as world:
        id = world.sim.person_creates("Bug", "Broken")
        world.sim.person_deletes(id)
        world.fault("GET .*recyclebin", status=403, headers={"Content-Type": "application/json"})
        with pytest.raises(RecordMissing):
            await world.tracker.fetch_item(id, WANT)


async def test_many_items_are_read_200_a_call_without_those_not_shown() -> None:
    async with boards() as world:
        ids = [world.sim.person_creates("Task", f"T{number}") for number in range(201)]
        world.sim.person_deletes(ids[0])
        seen = await world.tracker.fetch_items([*ids, "4711", "x"], WANT)
        assert [each.ref.id for each in seen] == ids[1:]
        assert [call.path for call in world.calls] == ["_apis/wit/workitemsbatch"] * 2


async def test_item_of_another_project_is_read_and_commented_where_it_is() -> None:
    async with boards(sim={"projects": ("Platform", "My Web")}) as world:
        id = world.sim.person_creates("Bug", "Broken")
        assert (await world.tracker.fetch_item(id, WANT)).value(records.PROJECT) == "Platform"
        world.sim.person_moves_project(id, "My Web")
        with pytest.raises(RecordMissing):
            await world.tracker.add_comment(id, "<p>lost</p>")
        assert await world.tracker.add_comment(id, "<p>found</p>")
        assert [each.text for each in world.sim.items[int(id)].comments] == ["<p>found</p>"]


async def test_feed_goes_on_from_its_cursor_even_after_the_last_page() -> None:
    async with boards() as world:
        ids = [world.sim.person_creates("Task", f"T{number}") for number in range(201)]
        first = await world.tracker.list_changed(None, START, WANT)
        assert (first.more, len(first.changed_ids)) == (True, 200)
        rest = await world.tracker.list_changed(first.cursor, START, WANT)
        assert (rest.more, rest.changed_ids) == (False, (ids[200],))
        idle = await world.tracker.list_changed(rest.cursor, START, WANT)
        assert (idle.more, idle.changed_ids, idle.observations) == (False, (), ())
        world.sim.person_moves_state(ids[3], "Active")
        world.sim.person_deletes(ids[4])
        page = await world.tracker.list_changed(idle.cursor, START, WANT)
        assert page.changed_ids == (ids[3], ids[4])
        [row] = page.observations
        assert (row.ref.id, row.text(records.STATUS), row.whole) == (ids[3], "Active", False)


async def test_feed_begins_at_the_given_time() -> None:
    async with boards() as world:
        world.sim.person_creates("Task", "old")
        since = world.later(hours=1)
        new = world.sim.person_creates("Task", "new")
        assert (await world.tracker.list_changed(None, since, WANT)).changed_ids == (new,)


async def test_cursor_the_vendor_no_longer_takes_begins_again() -> None:
    async with boards() as world:
        id = world.sim.person_creates("Task", "T")
        page = await world.tracker.list_changed("of another age", START, WANT)
        assert page.changed_ids == (id,)
        world.fault("workitemrevisions", status=400, times=2)
        with pytest.raises(Rejected):
            await world.tracker.list_changed(page.cursor, START, WANT)


async def test_feed_of_several_projects_leaves_out_the_others() -> None:
    async with boards(projects=["Web"], sim={"projects": ("Platform", "Web", "Other")}) as world:
        ids = [world.sim.person_creates("Task", p, p) for p in ("Platform", "Web", "Other")]
        page = await world.tracker.list_changed(None, START, WANT)
        assert page.changed_ids == tuple(ids[:2])


async def test_project_may_be_named_by_its_id() -> None:
    async with boards() as world:
        project = world.sim.projects[0].id  # the same in every simulator of one seed
    async with boards(project=project) as world:
        id = world.sim.person_creates("Bug", "Broken")
        page = await world.tracker.list_changed(None, START, WANT)
        assert page.changed_ids == (id,)


async def test_reference_tells_states_types_fields_iterations_and_account() -> None:
    async with boards() as world:
        world.sim.add_iteration("Platform\\Sprint 1", date(2026, 3, 2), date(2026, 3, 13))
        world.sim.add_iteration("Platform\\R1\\Sprint 2", None, date(2026, 3, 27))
        found = await world.tracker.fetch_reference()
    closed = {name for name, status in found.statuses.items() if status.closed}
    assert closed == {"Closed", "Removed"}
    assert found.statuses["Resolved"].category is StatusCategory.RESOLVED
    assert found.statuses["Active"].label == "Active"
    assert found.types[:2] == ("User Story", "Bug")
    assert found.iteration_ends["Platform\\Sprint 1"] == date(2026, 3, 13)
    priority = found.fields["Microsoft.VSTS.Common.Priority"]
    assert priority.options == (("1", "1"), ("2", "2"), ("3", "3"), ("4", "4"))
    assert ("Bug", "Bug") in found.fields["System.WorkItemType"].options
    assert found.fields["System.ChangedBy"].read_only
    assert found.account_name == "Hub Service"
    assert "hub@acme.example" in found.account_ids
    assert len(found.account_ids) == 2


async def test_own_writes_are_known_by_the_account() -> None:
    async with boards() as world:
        seen = await world.tracker.create_item(launch())
        assert seen.text(records.AUTHOR) in (await world.tracker.fetch_reference()).account_ids


async def test_attachment_is_seen_with_its_id_size_and_comment() -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b"12345"

    async with boards() as world:
        id = world.sim.person_creates("Bug", "Broken")
        await world.tracker.attach(id, "a/b.txt", content(), 5, "m1")
        [found] = attachments_of(await world.tracker.fetch_item(id, WANT))
    assert (found.name, found.size, found.comment) == ("a_b.txt", 5, "m1")
    assert len(found.id) == 36


async def test_nothing_is_followed_and_the_credential_goes_with_every_call() -> None:
    async with boards(token=" pat-test\n") as world:
        id = world.sim.person_creates("Bug", "Broken")
        await world.tracker.fetch_item(id, WANT)
        world.fault("GET", FaultKind.ANSWER, status=302, headers={"Location": "https://evil/"})
        calls = len(world.sim.calls)
        with pytest.raises(Exception, match="access token"):
            await world.tracker.fetch_item(id, WANT)
        assert len(world.sim.calls) == calls + 1
