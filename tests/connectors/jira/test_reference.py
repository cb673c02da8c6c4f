"""Statuses, fields, types and screens as a mapping may name them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bridge.domain.records import StatusCategory
from connectors.jira.simulator.records import Named, Status
from tests.connectors.jira.client_kit import Site, jira_site


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with jira_site() as made:
        yield made


async def test_category_is_told_by_its_key_whatever_people_call_it(site: Site) -> None:
    for group in site.sim.site.categories:
        group.name = "renamed"
    found = (await site.tracker.fetch_reference()).statuses
    assert {each.label: (each.category, each.closed) for each in found.values()} == {
        "To Do": (StatusCategory.PROPOSED, False),
        "In Progress": (StatusCategory.IN_PROGRESS, False),
        "In Review": (StatusCategory.IN_PROGRESS, False),
        "Done": (StatusCategory.COMPLETED, True),
    }


async def test_status_without_a_category_is_open_and_has_none(site: Site) -> None:
    nothing = next(each for each in site.sim.site.categories if each.key == "undefined")
    site.sim.site.statuses[1] = Status("3", "Odd", nothing)
    odd = (await site.tracker.fetch_reference()).statuses["3"]
    assert (odd.category, odd.closed) == (None, False)


async def test_rich_text_takes_html_and_what_no_screen_sets_is_read_only(site: Site) -> None:
    rich, line = site.sim.add_field("Cause", "text"), site.sim.add_field("Line", "string")
    fields = (await site.tracker.fetch_reference()).fields
    html = {name for name, each in fields.items() if each.type == "html"}
    assert html == {"description", "environment", rich.id}
    assert not fields[line.id].read_only
    assert not fields["status"].read_only
    for name in ("created", "updated", "creator", "attachment", "comment", "issuelinks"):
        assert fields[name].read_only, name


async def test_options_are_what_people_call_them(site: Site) -> None:
    field = site.sim.add_field("Severity", "option", ("High", "Low"))
    reference = await site.tracker.fetch_reference()
    assert reference.fields[field.id].options == (("High", "High"), ("Low", "Low"))
    assert ("Medium", "Medium") in reference.fields["priority"].options
    assert dict(reference.fields["status"].options).keys() >= {"To Do", "Done"}


async def test_required_field_of_a_screen_is_required(site: Site) -> None:
    field = site.sim.add_field("Severity", "option", ("High", "Low"))
    site.sim.site.projects[0].required.add(field.id)
    (project,) = (await site.tracker.fetch_schema()).projects
    bug = next(each for each in project.types if each.name == "Bug")
    assert {n for n, each in bug.fields.items() if each.required} == {"summary", field.id}
    assert bug.fields[field.id].options == ("High", "Low")


async def test_screen_of_more_than_a_page_is_read_whole(site: Site) -> None:
    made = {site.sim.add_field(f"F{number}", "string").id for number in range(120)}
    site.sim.site.issue_types += [Named(str(20_000 + n), f"Type {n}") for n in range(60)]
    (project,) = (await site.tracker.fetch_schema()).projects
    assert len(project.types) == 64
    assert all(made <= each.fields.keys() for each in project.types)
