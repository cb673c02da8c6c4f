"""What a mapping says against what a vendor has: each line of the check, which never fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.check_result import Place, Result
from bridge.core.checking import Heard, judge_pause, judge_probe, judge_webhooks, needs
from bridge.core.checking_items import judge_items
from bridge.core.checking_owned import missing_fields
from bridge.core.checking_tickets import judge_tickets
from bridge.domain.mapping import Mapping
from bridge.domain.records import FieldInfo, Reference, StatusInfo
from bridge.domain.schema import (
    FieldKind,
    Hook,
    ItemType,
    Probe,
    Project,
    Right,
    Schema,
    TypeField,
    Use,
)

NOW = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)
DOOR = "https://bridge.example.com/webhooks/desk"
DESK = Place("desk", "The desk", "menu T", "menu W", "menu F", creates_fields=True)
BOARDS = Place("boards", "The boards")

SAID: dict[str, Any] = {
    "mapping": "success",
    "helpdesk": "desk",
    "ticket": {
        "category": {"property": "kind"},
        "severity": {"property": "urgency", "values": {"HIGH": "high", "LOW": "low"}},
        "customer": {"name": "name", "plan": "tier"},
    },
    "stages": [{"id": "reported", "label": "Reported"}, {"id": "done", "label": "Available"}],
    "routes": [
        {"id": "stay", "when": {"field": "category", "is": "Question"}, "stay": True},
        {
            "id": "bug",
            "when": {"field": "category", "is": "Bug"},
            "launch": {
                "in": "boards",
                "type": "Bug",
                "fields": {
                    "System.Title": "{{ ticket.subject }}",
                    "Priority": {"from": "severity", "values": {"high": 1, "low": 3}},
                },
                "attachments": True,
            },
        },
    ],
    "status": {"boards": {"New": "reported", "Closed": "done"}},
    "show_on_ticket": {
        "stage": {"property": "work_stage"},
        "eta": {"property": "work_eta"},
        "keys": {"property": "work_items"},
    },
    "fields": [{"ticket": "shown_priority", "work_item": "Priority", "owner": "work_item"}],
}
MAPPING = Mapping.model_validate(SAID)


def options(*words: str) -> tuple[tuple[str, str], ...]:
    return tuple((each, each.capitalize()) for each in words)


def ticket_fields(**changed: FieldInfo | None) -> dict[str, FieldInfo]:
    known: dict[str, FieldInfo | None] = {
        "kind": FieldInfo("kind", "Kind", "choice", options("Question", "Bug")),
        "urgency": FieldInfo("urgency", "Urgency", "choice", options("HIGH", "LOW")),
        "work_stage": FieldInfo("work_stage", "Stage", "text"),
        "work_eta": FieldInfo("work_eta", "ETA", "day"),
        "work_items": FieldInfo("work_items", "Items", "text"),
        "shown_priority": FieldInfo("shown_priority", "Priority", "number"),
    }
    return {name: info for name, info in (known | changed).items() if info is not None}


def desk(**changed: FieldInfo | None) -> Schema:
    return Schema(
        Reference(
            statuses={"1": StatusInfo("1", "New"), "4": StatusInfo("4", "Closed", closed=True)},
            fields=ticket_fields(**changed),
        ),
        company_fields={n: FieldInfo(n, n, "text") for n in ("name", "tier")},
        text_types=frozenset({"text"}),
        date_types=frozenset({"day"}),
    )


def boards(*more: TypeField, statuses: tuple[str, ...] = ("New", "Closed")) -> Schema:
    fields = {
        "System.Title": TypeField("System.Title", required=True),
        "Priority": TypeField("Priority", options=("1", "2", "3")),
    }
    bug = ItemType("Bug", statuses, fields | {each.name: each for each in more})
    return Schema(
        Reference(
            statuses={each: StatusInfo(each, each) for each in statuses},
            fields={n: FieldInfo(n, n.rpartition(".")[2], "string") for n in bug.fields},
        ),
        projects=(Project("Platform", types=(bug,)),),
    )


def mapped(**changed: Any) -> Mapping:
    return Mapping.model_validate(SAID | changed)


def wrong(results: list[Result]) -> list[Result]:
    return [each for each in results if not each.ok]


def hints(results: list[Result]) -> list[Result]:
    return [each for each in results if each.ok and each.what_to_do]


def test_fitting_schema_leaves_nothing_wrong_and_nothing_to_do() -> None:
    for results in (judge_tickets(MAPPING, desk(), DESK), judge_items(MAPPING, boards(), BOARDS)):
        assert [(each.ok, each.what_to_do) for each in results] == [(True, "")]


TYPO = FieldInfo("work_etas", "ETA", "day")


@pytest.mark.parametrize(
    ("changed", "where", "says", "do"),
    [
        ({"work_stage": None}, "show_on_ticket.stage", "no field work_stage", "menu F"),
        ({"work_eta": None, "work_etas": TYPO}, "show_on_ticket.eta", "no field", '"work_etas"'),
        ({"work_items": None}, "show_on_ticket.keys", "no field", "bridge check --create"),
        ({"shown_priority": None}, "fields[0].ticket", "no field shown_priority", "Make it"),
        (
            {"work_eta": FieldInfo("work_eta", "ETA", "number")},
            "show_on_ticket.eta",
            "of the type number",
            "Name another",
        ),
        (
            {"work_stage": FieldInfo("work_stage", "Stage", "choice", options("Reported"))},
            "show_on_ticket.stage",
            "no option for: Available",
            "Add these options",
        ),
        (
            {"work_items": FieldInfo("work_items", "Items", "choice", options("a"))},
            "show_on_ticket.keys",
            "takes only its options",
            "a text",
        ),
        (
            {"work_items": FieldInfo("work_items", "Items", "text", read_only=True)},
            "show_on_ticket.keys",
            "read-only",
            "can be written",
        ),
        ({"kind": None}, "ticket.category", "no field kind", ""),
        (
            {"urgency": FieldInfo("urgency", "U", "choice", options("HIGHEST", "LOW"))},
            "ticket.severity.values",
            'urgency has no value "HIGH"',
            '"HIGHEST"',
        ),
        (
            {"kind": FieldInfo("kind", "Kind", "choice", options("Question", "Bugs"))},
            "routes[1].when",
            'category is never "Bug"',
            '"Bugs"',
        ),
    ],
)
def test_ticket_field_that_does_not_fit_is_told_with_its_place_and_the_way_out(
    changed: dict[str, Any], where: str, says: str, do: str
) -> None:
    found = wrong(judge_tickets(MAPPING, desk(**changed), DESK))
    assert [each.what for each in found] == [f"success: {where}"]
    assert says in found[0].sentence
    assert do in found[0].what_to_do


def test_word_of_a_launch_table_that_no_ticket_says_is_told() -> None:
    table = {"from": "severity", "values": {"hihg": 1, "low": 3}}
    mapping = _launch(fields={"Priority": table})
    [one] = wrong(judge_tickets(mapping, desk(), DESK))
    assert (one.sentence, one.what_to_do) == ('severity is never "hihg".', 'Did you mean "high"?')


def test_field_of_the_customer_that_is_not_there_is_told_only_where_it_can_be_seen() -> None:
    schema = replace(desk(), company_fields={"name": FieldInfo("name", "Name", "text")})
    [one] = wrong(judge_tickets(MAPPING, schema, DESK))
    assert one.what == "success: ticket.customer.plan"
    assert wrong(judge_tickets(MAPPING, replace(schema, company_fields=None), DESK)) == []


def test_value_without_an_entry_and_category_without_a_route_are_hints() -> None:
    schema = desk(
        urgency=FieldInfo("urgency", "U", "choice", options("HIGH", "LOW", "URGENT")),
        kind=FieldInfo("kind", "Kind", "choice", options("Question", "Bug", "Praise")),
    )
    results = judge_tickets(MAPPING, schema, DESK)
    assert wrong(results) == []
    said = " ".join(each.sentence for each in hints(results))
    assert "1 values of urgency have no entry: URGENT" in said
    assert "No route names these categories: Praise" in said


def test_category_is_no_hint_where_a_route_may_catch_any_ticket() -> None:
    anything = {"id": "rest", "when": {"field": "subject", "present": True}, "stay": True}
    schema = desk(kind=FieldInfo("kind", "Kind", "choice", options("Question", "Bug", "Praise")))
    assert hints(judge_tickets(mapped(routes=[*SAID["routes"], anything]), schema, DESK)) == []


def test_helpdesk_without_a_closed_status_is_a_hint() -> None:
    reference = replace(desk().reference, statuses={"1": StatusInfo("1", "New")})
    [one] = hints(judge_tickets(MAPPING, replace(desk(), reference=reference), DESK))
    assert "counts as closed" in one.sentence


def test_missing_fields_are_only_the_hubs_own() -> None:
    schema = desk(work_stage=None, work_eta=None, urgency=None, shown_priority=None)
    assert {each.name: each.kind for each in missing_fields(MAPPING, schema)} == {
        "work_stage": FieldKind.TEXT,
        "work_eta": FieldKind.DATE,
        "shown_priority": FieldKind.TEXT,
    }


def _launch(**changed: Any) -> Mapping:
    bug = SAID["routes"][1]
    return mapped(routes=[SAID["routes"][0], bug | {"launch": bug["launch"] | changed}])


@pytest.mark.parametrize(
    ("mapping", "schema", "where", "says", "do"),
    [
        (_launch(project="Platfrom"), boards(), "launch.project", "no project", '"Platform"'),
        (_launch(type="Bgu"), boards(), "launch.type", "no type Bgu", '"Bug"'),
        (
            _launch(fields={"System.Title": "x", "Prioritty": 1}),
            boards(),
            'launch.fields["Prioritty"]',
            "Bug has no field",
            '"Priority"',
        ),
        (
            _launch(fields={"System.Title": "x", "Priority": 9}),
            boards(),
            'launch.fields["Priority"]',
            'does not take "9"',
            "1, 2, 3",
        ),
        (
            _launch(fields={"Priority": 1}),
            boards(),
            "launch.fields",
            "Bug requires System.Title",
            "routes[1].launch.fields",
        ),
        (
            MAPPING,
            boards(TypeField("Custom.Team", required=True)),
            "launch.fields",
            "Bug requires Custom.Team",
            "Add it",
        ),
    ],
)
def test_launch_that_the_tracker_would_refuse_is_told(
    mapping: Mapping, schema: Schema, where: str, says: str, do: str
) -> None:
    [one] = wrong(judge_items(mapping, schema, BOARDS))
    assert one.what == f"success: routes[1].{where}"
    assert says in one.sentence
    assert do in one.what_to_do


def test_status_that_was_renamed_is_told_and_the_new_one_counted() -> None:
    results = judge_items(MAPPING, boards(statuses=("New", "Closed down")), BOARDS)
    [one] = wrong(results)
    assert (one.sentence, one.what_to_do) == (
        'The boards has no status "Closed".',
        'Did you mean "Closed down"?',
    )
    [hint] = hints(results)
    assert hint.sentence == "1 status has no stage: Closed down."


def test_status_is_known_by_id_or_name_in_any_letter_case() -> None:
    schema = boards()
    statuses = {"7": StatusInfo("7", "NEW"), "8": StatusInfo("8", "closed")}
    bug = replace(schema.projects[0].types[0], statuses=("7", "8"))
    schema = replace(
        schema,
        reference=replace(schema.reference, statuses=statuses),
        projects=(Project("Platform", types=(bug,)),),
    )
    assert [(e.ok, e.what_to_do) for e in judge_items(MAPPING, schema, BOARDS)] == [(True, "")]


def test_field_of_a_pair_is_there_writable_and_takes_its_values() -> None:
    pair = {"ticket": "urgency", "work_item": "Priority", "owner": "ticket"}
    schema = boards()
    [one] = wrong(judge_items(mapped(fields=[pair | {"work_item": "Prio"}]), schema, BOARDS))
    assert one.what == "success: fields[0].work_item"
    fields = {"Priority": FieldInfo("Priority", "P", "integer", options("1", "2"), True)}
    fields |= {"System.Title": FieldInfo("System.Title", "Title", "string")}
    schema = replace(schema, reference=replace(schema.reference, fields=fields))
    launchless = _launch(fields={"System.Title": "x"}).model_dump(by_alias=True, mode="json")
    mapping = Mapping.model_validate(launchless | {"fields": [pair | {"values": {"HIGH": 5}}]})
    said = [each.sentence for each in wrong(judge_items(mapping, schema, BOARDS))]
    assert said == [
        "Priority is read-only, but the ticket owns it.",
        'Priority does not take "5".',
    ]


def test_needs_follow_from_what_the_mapping_does() -> None:
    assert needs([MAPPING], "desk") == {Use.RECORDS, Use.CUSTOMERS, Use.FILES}
    assert needs([MAPPING], "boards") == {Use.RECORDS, Use.FILES}
    assert Use.COMMENTS in needs([mapped(comments={"to_ticket": "marked"})], "desk")
    assert needs([], "desk") == {Use.RECORDS}


def test_lacking_right_is_wrong_only_where_something_needs_it() -> None:
    probe = Probe(
        "account 7",
        (
            Right("tickets", Use.RECORDS, True),
            Right("files", Use.FILES, False, grant="Tick files."),
            Right("talk", Use.TALK, False, grant="Tick talk."),
            Right("secret", Use.RECORDS, None, grant="Look yourself."),
        ),
    )
    [one] = wrong(judge_probe(DESK, probe, frozenset({Use.RECORDS, Use.FILES})))
    assert (one.what, one.what_to_do) == ("right files", "Tick files.")
    calm = judge_probe(DESK, probe, frozenset({Use.RECORDS}))
    assert wrong(calm) == []
    assert [each.what for each in hints(calm)] == ["right talk", "right secret"]


def test_webhooks_are_told_by_their_state_and_by_the_last_that_came() -> None:
    heard = Heard(known=True, last_delivery_at=NOW - timedelta(minutes=4))
    hooks = (Hook("updated"), Hook("deleted", "It is disabled."))
    results = judge_webhooks(DESK, Probe("x", hooks=hooks), heard, DOOR, NOW)
    [one] = wrong(results)
    assert (one.sentence, DOOR in one.what_to_do) == ("It is disabled.", True)
    assert any("08:26 UTC, 4 min ago" in each.sentence for each in results)


@pytest.mark.parametrize(
    ("probe", "heard", "says"),
    [
        (Probe("x", door_open=False), Heard(known=True), "No secret for webhooks is set"),
        (Probe("x"), Heard(known=True), "No webhook has come yet."),
        (Probe("x"), Heard(), "only once the hub has run"),
    ],
)
def test_webhooks_that_have_not_come_are_a_hint(probe: Probe, heard: Heard, says: str) -> None:
    [one] = judge_webhooks(DESK, probe, heard, DOOR, NOW)
    assert one.ok
    assert says in one.sentence
    assert one.what_to_do


@pytest.mark.parametrize(
    ("heard", "says"),
    [
        (Heard(known=True, repairs=1), "No webhook has ever come, and a sweep found a change."),
        (Heard(known=True, repairs=7), "No webhook has ever come, and sweeps found 7 changes."),
        (
            Heard(known=True, last_delivery_at=NOW - timedelta(hours=9), silent=True),
            "Webhooks have stopped: the last one came 11 May, 23:30 UTC, 9 h ago",
        ),
    ],
)
def test_webhooks_that_should_have_come_are_wrong(heard: Heard, says: str) -> None:
    [one] = judge_webhooks(DESK, Probe("x"), heard, DOOR, NOW)
    assert not one.ok
    assert one.sentence.startswith(says)
    assert DOOR in one.what_to_do


def test_pause_by_a_person_is_wrong_and_one_by_the_hub_only_while_the_credential_is_bad() -> None:
    person = Heard(known=True, paused_by="person", paused_reason="we move")
    [one] = judge_pause(DESK, person, accepted=True)
    assert (one.ok, "we move" in one.sentence) == (False, True)
    hub = Heard(known=True, paused_by="credential", paused_reason="401")
    assert [each.ok for each in judge_pause(DESK, hub)] == [False]
    assert [each.ok for each in judge_pause(DESK, hub, accepted=True)] == [True]
    assert judge_pause(DESK, Heard(known=True)) == []


def test_ends_and_escalation_name_what_tickets_have() -> None:
    ends = {
        "closing": {"solved": ["Solvd"], "reopen_to": {"property": "status", "value": "Open"}},
        "on_reply": {"owner": "owner_id"},
        "escalation": {
            "requires": {"steps": {"property": "stepps"}},
            "impact": {"property": "kind"},
        },
    }
    statuses = {each: StatusInfo(each, each.capitalize()) for each in ("open", "solved")}
    fields = {each: FieldInfo(each, each, "text") for each in ("kind", "steps", "status")}
    schema = Schema(Reference(statuses=statuses, fields=fields))
    found = judge_tickets(Mapping.model_validate({**SAID, **ends}), schema, DESK)
    said = {(each.what, each.sentence, each.what_to_do) for each in found if not each.ok}
    places = {what.partition(": ")[2]: (sentence, hint) for what, sentence, hint in said}
    assert places["closing.solved"][0] == 'Tickets have no status "Solvd".'
    assert "Solved" in places["closing.solved"][1]
    assert places["on_reply.owner"][0] == "Tickets have no field owner_id."
    assert "steps" in places["escalation.requires.steps"][1]
    assert not {"closing.reopen_to.value", "escalation.impact"} & places.keys()


words = st.sampled_from(
    ["kind", "urgency", "work_stage", "work_eta", "Priority", "System.Title", "Bug", "Platform",
     "New", "HIGH", "boards", "desk", ""]
) | st.text(max_size=12)  # fmt: skip
infos = st.builds(
    FieldInfo, words, words, words, st.lists(st.tuples(words, words), max_size=4).map(tuple),
    st.booleans(),
)  # fmt: skip
references = st.builds(
    Reference,
    statuses=st.dictionaries(words, st.builds(StatusInfo, words, words), max_size=4),
    fields=st.dictionaries(words, infos, max_size=6),
    types=st.lists(words, max_size=3).map(tuple),
)
type_fields = st.builds(
    TypeField, words, st.booleans(), st.lists(words, max_size=3).map(tuple)
)  # fmt: skip
types = st.builds(
    ItemType, words, st.lists(words, max_size=4).map(tuple),
    st.dictionaries(words, type_fields, max_size=4),
)  # fmt: skip
schemas = st.builds(
    Schema,
    reference=references,
    projects=st.lists(
        st.builds(Project, words, st.booleans(), st.lists(types, max_size=3).map(tuple)),
        max_size=3,
    ).map(tuple),
    project_names=st.lists(words, max_size=3).map(tuple),
    company_fields=st.none() | st.dictionaries(words, infos, max_size=3),
    text_types=st.frozensets(words, max_size=2),
    date_types=st.frozensets(words, max_size=2),
)
mappings = st.sampled_from(
    [
        MAPPING,
        _launch(project="Platform"),
        mapped(fields=[{"ticket": "urgency", "work_item": "Priority", "owner": "ticket",
                        "values": {"HIGH": 1}}]),
        mapped(status={}, show_on_ticket={}, fields=[]),
    ]
)  # fmt: skip


@given(mappings, schemas)
def test_check_of_any_schema_is_a_list_in_which_every_line_says_something(
    mapping: Mapping, schema: Schema
) -> None:
    results = judge_tickets(mapping, schema, DESK) + judge_items(mapping, schema, BOARDS)
    assert results
    assert all(each.what and each.sentence for each in results)
    # What the hub could make, it was told to be missing.
    told = " ".join(each.sentence for each in wrong(results))
    assert all(f"no field {each.name}" in told for each in missing_fields(mapping, schema))


# ------------------------------------------- dates, releases, promises and escalation

STEPS = [{"id": "high", "criteria": "down"}, {"id": "urgent", "criteria": "worse"}]
SPANS = {"from": "severity", "values": {"high": "1h", "hihg": "2h"}}
RELEASES: dict[str, Any] = {
    "until_then": "reported", "available": "done",
    "groups": {
        "early": {"when": {"field": "property:kind", "is": "Bugs"}, "after": "0d"}, "rest": {},
    },
}  # fmt: skip
ESCALATION = {
    "requires": {"steps": {"property": "repro_steps"}},
    "impact": {"property": "urgency", "is": "SEVERE"},
    "requested_by_field": {"property": "kind", "is": "Bug"},
}


@pytest.mark.parametrize(
    ("changed", "where", "says", "do"),
    [
        ({"severities": STEPS}, "severities", 'severity is never "urgent"', "It has: high, low"),
        (
            {"promises": [{"id": "a", "within": SPANS, "kept_by": "linked"}]},
            "promises[0].span", 'severity is never "hihg"', '"high"',
        ),
        (
            {"releases": RELEASES},
            "releases.groups.early.when", 'property:kind is never "Bugs"', '"Bug"',
        ),
        (
            {"escalation": {**ESCALATION, "impact": None}},
            "escalation.requires.steps", "no field repro_steps", "Make it in menu F",
        ),
        (
            {"escalation": {**ESCALATION, "requires": {}}},
            "escalation.impact.is", 'urgency is never "SEVERE"', "HIGH",
        ),
    ],
)  # fmt: skip
def test_what_promises_releases_and_escalation_name_is_held_against_the_tickets(
    changed: dict[str, Any], where: str, says: str, do: str
) -> None:
    [one] = wrong(judge_tickets(mapped(**changed), desk(), DESK))
    assert one.what == f"success: {where}"
    assert says in one.sentence
    assert do in one.what_to_do


@pytest.mark.parametrize(
    ("changed", "where", "says", "do"),
    [
        ({"eta": {"boards": ["Due"]}}, "eta.boards[0]", "no field Due", 'Did you mean "Deu"?'),
        ({"eta": {"boards": ["Priority"]}}, "eta.boards[0]", "holds no date", "It has: Deu."),
        ({"eta": {"boards": ["iteration"]}}, "eta.boards[0]", "no iteration", "Set dates"),
        (
            {"releases": {**RELEASES, "groups": {}, "sources": {"boards": "iteration"}}},
            "releases.sources.boards", "none gives a release", "Set dates",
        ),
        (
            {"releases": {**RELEASES, "groups": {}, "sources": {"boards": {"field": "Patch"}}}},
            "releases.sources.boards.field", "no field Patch", "Did you mean",
        ),
    ],
)  # fmt: skip
def test_what_dates_and_releases_name_is_held_against_the_tracker(
    changed: dict[str, Any], where: str, says: str, do: str
) -> None:
    schema = boards()
    fields = {
        **schema.reference.fields,
        "Deu": FieldInfo("Deu", "Deu", "dateTime"),
        "Tag": FieldInfo("Tag", "Patch", "string"),
    }
    schema = replace(
        schema,
        reference=replace(schema.reference, fields=fields),
        date_types=frozenset({"dateTime"}),
    )
    [one] = wrong(judge_items(mapped(**changed), schema, BOARDS))
    assert one.what == f"success: {where}"
    assert says in one.sentence
    assert do in one.what_to_do
    good = {"eta": {"boards": ["Deu"]}, "releases": {**RELEASES, "sources": {}}}
    assert wrong(judge_items(mapped(**good), schema, BOARDS)) == []
