"""Writing to the simulator: creates, probes, fields, links, files, comments."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bridge.domain import records
from bridge.domain.errors import Rejected, Stale, Unavailable, UnknownOutcome
from bridge.domain.operations import ItemField, ItemLink
from bridge.domain.records import Source, attachments_of
from bridge.kit.faults import FaultKind
from bridge.ports.roles import Want
from connectors.azure_devops.manifest import MANIFEST
from connectors.azure_devops.simulator import Field
from tests.connectors.azure_devops.client_kit import START, boards, launch

TO_TICKET = ItemLink("https://desk.acme.example/tickets/812", "ticketbridge:m-812-bug")
OTHER = ItemLink("https://desk.acme.example/tickets/813", "ticketbridge:l-2")
ACTIVE = [ItemField("System.State", "Active")]


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_launched_item_carries_everything_from_its_first_revision() -> None:
    async with boards() as world:
        seen = await world.tracker.create_item(launch())
        item = world.sim.items[int(seen.ref.id)]
        assert len(world.calls) == 1
    assert (seen.revision, seen.whole, seen.source) == (1, True, Source.WRITE)
    assert (item.rev, item.type, item.title) == (1, "Bug", "[Globex] Export fails")
    assert item.tags == ["ticketbridge"]
    assert seen.value(records.HYPERLINKS) == [{"url": TO_TICKET.url, "comment": TO_TICKET.comment}]
    assert seen.value(records.BODY) == "<p>Press <strong>Export</strong></p>"


async def test_launch_goes_to_the_project_of_the_route() -> None:
    async with boards(sim={"projects": ("Platform", "My Web")}) as world:
        seen = await world.tracker.create_item(launch(project="My Web", type="User Story",
                                                      fields={"System.Title": "Wish"}))  # fmt: skip
        assert seen.value(records.PROJECT) == "My Web"


async def test_refused_field_is_named() -> None:
    fields = {"System.Title": "T", "Microsoft.VSTS.Common.Priority": 9}
    async with boards() as world:
        with pytest.raises(Rejected, match=r"Microsoft\.VSTS\.Common\.Priority") as caught:
            await world.tracker.create_item(launch(fields=fields))
        assert caught.value.field == "Microsoft.VSTS.Common.Priority"
        with pytest.raises(Rejected) as caught:
            await world.tracker.create_item(launch(fields={"System.Title": "", "Custom.Nope": "x"}))
        assert caught.value.field == "Custom.Nope"


@pytest.mark.parametrize("wrong", [{"type": "Nonsense"}, {"project": "Nowhere"}])
async def test_launch_into_what_does_not_exist_is_rejected(wrong: dict[str, str]) -> None:
    async with boards() as world:
        with pytest.raises(Rejected, match="does not exist"):
            await world.tracker.create_item(launch(**wrong))
        assert world.sim.items == {}


async def test_launch_whose_reply_was_lost_is_found_by_its_marker() -> None:
    async with boards() as world:
        world.fault("POST .*workitems", FaultKind.RESET_AFTER)
        with pytest.raises(UnknownOutcome):
            await world.tracker.create_item(launch())
        world.later(minutes=5)
        [found] = await world.tracker.find_marked("m-812-bug", START)
        assert (found.id, found.own, found.created_at) == ("1", True, START)
        assert await world.tracker.find_marked("m-812-bug", START + timedelta(minutes=9)) == [found]
        assert await world.tracker.find_marked("m-812", START) == []
        assert await world.tracker.find_marked("m-812-bug", START + timedelta(minutes=11)) == []


async def test_clone_is_found_with_its_own_author_and_time() -> None:
    async with boards() as world:
        id = (await world.tracker.create_item(launch())).ref.id
        later = world.later(minutes=3)
        clone = world.sim.person_clones(id)
        first, second = await world.tracker.find_marked("m-812-bug", START)
        assert (first.id, first.own) == (id, True)
        assert (second.id, second.own, second.created_at) == (clone, False, later)


async def test_query_that_lags_finds_nothing_yet() -> None:
    async with boards() as world:
        world.sim.wiql_lag = timedelta(seconds=20)
        await world.tracker.create_item(launch())
        assert await world.tracker.find_marked("m-812-bug", START) == []
        world.later(seconds=MANIFEST.create_probe_grace.total_seconds())
        assert len(await world.tracker.find_marked("m-812-bug", START)) == 1


async def test_fields_are_written_at_the_given_revision_only() -> None:
    async with boards() as world:
        id = (await world.tracker.create_item(launch())).ref.id
        seen = await world.tracker.set_fields(id, ACTIVE, 1)
        assert (seen.revision, seen.text(records.STATUS), seen.whole) == (2, "Active", True)
        with pytest.raises(Stale):
            await world.tracker.set_fields(id, ACTIVE, 1)
        assert (await world.tracker.set_fields(id, ACTIVE, None)).revision == 3
        with pytest.raises(Rejected) as caught:
            await world.tracker.set_fields(id, [ItemField("System.State", "Gone")], None)
        assert caught.value.field == "System.State"


async def test_fields_are_cleared_whether_they_are_empty_or_not() -> None:
    async with boards() as world:
        id = (await world.tracker.create_item(launch())).ref.id
        names = ("Microsoft.VSTS.TCM.ReproSteps", "System.AssignedTo", "System.Description")
        seen = await world.tracker.set_fields(id, [ItemField(n, None) for n in names], 1)
        assert seen.value(records.BODY) == ""


async def test_long_text_in_markdown_is_read_and_stays_markdown_when_it_is_written() -> None:
    field = "Microsoft.VSTS.TCM.ReproSteps"
    html = "<p>now <em>fails</em> with a*b*c</p><ul><li>1</li></ul>"
    async with boards() as world:
        id = (await world.tracker.create_item(launch())).ref.id
        item = world.sim.items[int(id)]
        item.formats[field] = "markdown"
        world.sim.person_edits(id, {field: "# Steps\n\n- Press **Export**"})
        seen = await world.tracker.fetch_item(id, Want())
        kept = "<h1>Steps</h1><ul><li>Press <strong>Export</strong></li></ul>"
        assert seen.value(records.BODY) == kept
        seen = await world.tracker.set_fields(id, [ItemField(field, html)], None)
        assert item.fields[field] == "now *fails* with a\\*b\\*c\n\n- 1"
        assert seen.value(records.BODY) == html


async def test_line_over_the_limit_is_cut_and_a_short_one_is_left_as_it_is() -> None:
    async with boards() as world:
        world.sim.add_field(Field("Custom.Said", "Said", "string"))
        await world.tracker.fetch_reference()
        id = (await world.tracker.create_item(launch())).ref.id
        for text, kept in (("a  b", "a  b"), ("so " * 200, "so " * 84 + "so…")):
            seen = await world.tracker.set_fields(id, [ItemField("Custom.Said", text)], None)
            assert seen.value("Custom.Said") == kept


async def test_lost_reply_of_a_guarded_write_is_repeated_without_a_second_effect() -> None:
    async with boards() as world:
        id = (await world.tracker.create_item(launch())).ref.id
        world.fault("PATCH", FaultKind.RESET_AFTER)
        with pytest.raises(Unavailable):
            await world.tracker.set_fields(id, ACTIVE, 1)
        with pytest.raises(Stale):
            await world.tracker.set_fields(id, ACTIVE, 1)
        assert world.sim.items[int(id)].rev == 2


async def test_links_are_added_and_removed_in_one_write() -> None:
    async with boards() as world:
        id = (await world.tracker.create_item(launch())).ref.id
        world.sim.person_adds_hyperlink(id, TO_TICKET.url, "a person's own")
        seen = await world.tracker.set_links(id, [OTHER], [TO_TICKET], 2)
        assert seen.revision == 3
        assert seen.value(records.HYPERLINKS) == [
            {"url": TO_TICKET.url, "comment": "a person's own"},
            {"url": OTHER.url, "comment": OTHER.comment},
        ]
        assert [call.method for call in world.calls] == ["POST", "GET", "PATCH"]


async def test_links_only_added_cost_one_call() -> None:
    async with boards() as world:
        id = (await world.tracker.create_item(launch())).ref.id
        await world.tracker.set_links(id, [OTHER], [], 1)
        assert [call.method for call in world.calls] == ["POST", "PATCH"]


async def test_links_of_another_revision_are_stale() -> None:
    async with boards() as world:
        id = (await world.tracker.create_item(launch())).ref.id
        world.sim.person_moves_state(id, "Active")
        for remove in ([], [TO_TICKET]):
            with pytest.raises(Stale):
                await world.tracker.set_links(id, [OTHER], remove, 1)


async def test_link_is_not_added_twice_where_no_revision_is_given() -> None:
    async with boards() as world:
        id = (await world.tracker.create_item(launch())).ref.id
        seen = await world.tracker.set_links(id, [TO_TICKET], [OTHER], None)
        assert seen.revision == 1
        assert len(world.sim.items[int(id)].relations) == 1


async def test_file_is_uploaded_and_hung_on_the_item() -> None:
    async with boards() as world:
        id = (await world.tracker.create_item(launch())).ref.id
        content = chunks(b"abc", b"def")
        seen = await world.tracker.attach(id, "screen shot.png", content, None, "m#1")
        [found] = attachments_of(seen)
        assert (found.name, found.size, found.comment) == ("screen shot.png", 6, "m#1")
        assert world.sim.attachments[found.id].content == b"abcdef"


@pytest.mark.parametrize("size", [None, 60 * 1024 * 1024 + 1])
async def test_file_that_is_too_large_is_rejected_before_it_hangs(size: int | None) -> None:
    parts = [b"x" * 1024 * 1024] * 61
    async with boards() as world:
        id = (await world.tracker.create_item(launch())).ref.id
        with pytest.raises(Rejected, match="60 MB"):
            await world.tracker.attach(id, "big.bin", chunks(*parts), size, "m#1")
        assert world.sim.items[int(id)].rev == 1


@pytest.mark.parametrize("size", [2, 4])
async def test_file_of_another_length_than_announced_is_rejected(size: int) -> None:
    async with boards() as world:
        id = (await world.tracker.create_item(launch())).ref.id
        with pytest.raises(Rejected, match="than the helpdesk says"):
            await world.tracker.attach(id, "a.bin", chunks(b"abc"), size, "m#1")


async def test_lost_upload_may_be_repeated_but_a_lost_link_must_be_looked_for() -> None:
    async with boards() as world:
        id = (await world.tracker.create_item(launch())).ref.id
        world.fault("POST .*attachments", FaultKind.RESET_AFTER)
        with pytest.raises(Unavailable):
            await world.tracker.attach(id, "a.bin", chunks(b"abc"), 3, "m#1")
        world.fault("PATCH", FaultKind.RESET_AFTER)
        with pytest.raises(UnknownOutcome):
            await world.tracker.attach(id, "a.bin", chunks(b"abc"), 3, "m#1")
        assert [each.comment for each in world.sim.items[int(id)].relations][1:] == ["m#1"]


async def test_comment_is_added_clean_and_once() -> None:
    async with boards() as world:
        id = (await world.tracker.create_item(launch())).ref.id
        given = await world.tracker.add_comment(id, "<p onclick=x()>Hi</p>")
        [made] = world.sim.items[int(id)].comments
        assert (given, made.text) == (str(made.id), "<p>Hi</p>")
        for kind in (FaultKind.RESET_AFTER, FaultKind.RESET, FaultKind.ANSWER_AFTER):
            world.fault("POST .*comments", kind)
            with pytest.raises(UnknownOutcome):
                await world.tracker.add_comment(id, "<p>again</p>")
        world.transport.unreachable = True
        with pytest.raises(Unavailable):
            await world.tracker.add_comment(id, "<p>never sent</p>")
