"""What every connector must say before a check: its schema, and what its credential opens."""

from __future__ import annotations

import pytest

from bridge.domain.errors import CredentialProblem, Unavailable
from bridge.domain.schema import FieldKind, NewField, Probe, Use
from bridge.ports.roles import Want
from tests.conformance.rig import WEBHOOK_URL, HelpdeskRig, TrackerRig
from tests.conformance.stand import Stand

Desk = Stand[HelpdeskRig]
Boards = Stand[TrackerRig]

NEW = (
    NewField("tb_stage", "Tb stage", FieldKind.TEXT, "Shows the stage."),
    NewField("tb_eta", "Tb eta", FieldKind.DATE, "Shows the date."),
)


def _launch(boards: Boards) -> frozenset[tuple[str, str]]:
    launch = boards.rig.launch("m-1")
    return frozenset({(launch.project or "", launch.type)})


async def _probe(stand: Desk | Boards) -> Probe:
    if stand.connection.helpdesk is not None:
        return await stand.connection.helpdesk.probe()
    assert stand.connection.tracker is not None
    return await stand.connection.tracker.probe(WEBHOOK_URL)


async def test_schema_of_a_helpdesk_holds_its_reference_and_its_pipelines(desk: Desk) -> None:
    schema = await desk.helpdesk.fetch_schema()
    assert schema.reference == await desk.helpdesk.fetch_reference()
    assert schema.text_types
    listed = [status for each in schema.pipelines for status in each.statuses]
    assert sorted(listed) == sorted(schema.reference.statuses)
    assert schema.company_fields


async def test_schema_of_a_tracker_holds_its_reference_type_by_type(boards: Boards) -> None:
    schema = await boards.tracker.fetch_schema()
    assert schema.reference == await boards.tracker.fetch_reference()
    launch = boards.rig.launch("m-1")
    [project] = schema.projects
    [kind] = [each for each in project.types if each.name == launch.type]
    assert set(kind.statuses) <= schema.reference.statuses.keys()
    assert launch.fields.keys() <= kind.fields.keys()
    required = {each.name for each in kind.fields.values() if each.required}
    assert required <= launch.fields.keys()


async def test_project_that_is_not_there_is_told_beside_those_that_are(boards: Boards) -> None:
    schema = await boards.tracker.fetch_schema(frozenset({"No such project"}))
    assert [each.found for each in schema.projects] == [True, False]
    assert schema.projects[0].name in schema.project_names


async def test_good_credential_has_every_right_that_can_be_found_out(stand: Desk | Boards) -> None:
    found = await _probe(stand)
    assert found.account
    assert [each.name for each in found.rights if each.has is False] == []
    assert [each for each in found.rights if each.use is Use.RECORDS and each.has]
    assert found.door_open


async def test_probe_of_a_helpdesk_changes_no_ticket(desk: Desk) -> None:
    id = desk.rig.person_creates()
    before = dict(desk.rig.state(id))
    await desk.helpdesk.probe()
    assert desk.rig.state(id) == before


async def test_probe_of_a_tracker_makes_no_item(boards: Boards) -> None:
    before = list(boards.rig.item_ids())
    found = await boards.tracker.probe(WEBHOOK_URL, _launch(boards))
    without = await boards.tracker.probe(WEBHOOK_URL)
    assert len(found.rights) == len(without.rights) + 1
    assert list(boards.rig.item_ids()) == before


async def test_probe_without_a_way_to_the_vendor_or_without_its_trust_is_an_error(
    stand: Desk | Boards,
) -> None:
    stand.distrust()
    with pytest.raises(CredentialProblem):
        await _probe(stand)
    stand.rig.line.unreachable = True
    with pytest.raises(Unavailable):
        await _probe(stand)


async def test_door_without_a_secret_is_told(stand: Desk | Boards) -> None:
    stand.connection = stand.connect_as(stand.rig.settings())
    assert not (await _probe(stand)).door_open


async def test_fields_are_made_once_where_the_vendor_lets_the_hub(desk: Desk) -> None:
    if not desk.manifest.creates_fields:
        # Then a person makes them, and must be told where.
        assert desk.manifest.fields_at
        return
    for _ in range(2):
        await desk.helpdesk.create_fields(NEW)
    fields = (await desk.helpdesk.fetch_schema()).reference.fields
    assert {each.name: fields[each.name].label for each in NEW} == {
        "tb_stage": "Tb stage",
        "tb_eta": "Tb eta",
    }
    id = desk.rig.person_creates()
    await desk.helpdesk.set_fields(id, {"tb_stage": "In testing", "tb_eta": "2026-12-24"})
    seen = await desk.helpdesk.fetch_ticket(id, Want(frozenset({"tb_stage", "tb_eta"})))
    assert (seen.value("tb_stage"), seen.value("tb_eta")) == ("In testing", "2026-12-24")


async def test_manifest_says_where_a_person_sees_to_what_a_check_finds(
    stand: Desk | Boards,
) -> None:
    assert stand.manifest.credential_at
    assert stand.manifest.webhooks_at
    assert bool(stand.manifest.fields_at) is (stand.connection.helpdesk is not None)
