"""The blanks of the forms: as they begin they ask for nothing; what is typed changes its place."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import pytest

from bridge.config.mapping_edits import GONE, Edit, edited, said_after
from bridge.config.mapping_files import LoadedMapping, MappingContext, load_mapping
from bridge.config.mapping_rebase import edited_on_top
from bridge.config.yaml_lines import Plain, at, read_yaml
from bridge.ports.manifest import Role
from bridge.web.mapping_asking import asked_of
from bridge.web.mapping_blanks import YES, Blank, Group, given_by
from bridge.web.mapping_kinds import Known
from bridge.web.mapping_parts import PARTS
from tests.web.rich_mapping import RICH, TODAY, known_of

_READY = Path(__file__).resolve().parents[2] / "mappings"
_EVERYBODY = MappingContext(
    {
        **dict.fromkeys(("hubspot", "zendesk"), frozenset({Role.HELPDESK})),
        **dict.fromkeys(("boards", "jira", "rocketlane"), frozenset({Role.TRACKER})),
        **dict.fromkeys(("internal", "mail"), frozenset({Role.NOTIFIER})),
    },
    people=("development_leads", "on_call", "champions", "escalation_managers", "csm"),
    addressed=frozenset({"mail"}),
    phased=frozenset({"rocketlane"}),
)
_FILES = [e for e in sorted(_READY.rglob("*.yaml")) if not e.name.endswith(".bridge.yaml")]


@pytest.mark.parametrize("file", [*_FILES, None], ids=lambda e: "rich" if e is None else e.stem)
def test_form_as_it_begins_asks_for_nothing(file: Path | None) -> None:
    known = known_of(RICH)
    if file is not None:
        text = file.read_text(encoding="utf-8")
        loaded = load_mapping(text, file.name, known=_EVERYBODY)
        assert isinstance(loaded, LoadedMapping), loaded
        raw = read_yaml(text, file.name).mapping()
        known = Known(raw, loaded.mapping, _EVERYBODY, TODAY)
    for part in PARTS.values():
        groups = part.groups(known)
        given = given_by(groups, known.raw)
        asked = asked_of(known.raw, groups, given)
        assert (asked.edits, asked.wrong) == ([], {}), part.title
        # As a browser sends it, with its own ends of lines.
        sent = {name: value.replace("\n", "\r\n") for name, value in given.items()}
        assert asked_of(known.raw, groups, sent).edits == []


@pytest.mark.parametrize(
    ("part", "before", "after"),
    [
        ("wording", "plan: [Elite]", 'plan: [" Elite", "a, b", Elite  two]'),
        ("wording", "Hello {{ contact }},\n", "Hello {{ contact }},  \n"),
        ("wording", 'text: "Es ist da."', 'text: "  Es ist da. \\n\\n"'),
        ("severities", "in: [web, app]", 'in: ["we  b ", app]'),
        ("releases", "field: plan, is: Elite}, after", 'field: plan, is: "a  b\\n"}, after'),
        ("releases", "field: plan, is: Elite}, after", 'field: "property:a\\nb", is: x}, after'),
        ("releases", "field: plan, is: Elite}, after", 'field: "property:a\\vb", is: x}, after'),
        ("promises", "label: Update to", 'label: "Update  to'),
        ("escalation", "is: 2}", 'is: " 2 "}'),
        ("calendars", '{2026-12-31: "09:00-12:00"}', '{2026-12-31: ["09:00-12:00"]}'),
        ("plans", 'channels: "E-mail, phone"', 'channels: "E-mail,  phone "'),
    ],
)
def test_odd_spaces_and_shapes_ask_for_nothing(part: str, before: str, after: str) -> None:
    assert before in RICH
    text = RICH.replace(before, after)
    if 'label: "' in after:
        text = text.replace('"Update  to the customer', '"Update  to the customer "')
    known = known_of(text)
    groups = PARTS[part].groups(known)
    given = given_by(groups, known.raw)
    assert asked_of(known.raw, groups, given).edits == []
    stripped = {name: value.strip() for name, value in given.items()}
    assert asked_of(known.raw, groups, stripped).edits == []


def test_choice_whose_default_there_is_none_of_offers_it_all_the_same() -> None:
    text = RICH.replace("available", "done_now")
    known = Known(
        read_yaml(text, "mapping").mapping(), known_of(RICH).mapping.model_copy(
            update={"stages": known_of(RICH).mapping.stages[:1]}
        ), _EVERYBODY, TODAY,
    )  # fmt: skip
    blank = PARTS["releases"].groups(known)[0].blocks[0].blanks[1]
    assert (blank.given, blank.offers[0].value) == ("available", "available")


@pytest.mark.parametrize("file", [*_FILES, None], ids=lambda e: "rich" if e is None else e.stem)
def test_every_select_begins_with_one_of_its_options(file: Path | None) -> None:
    text = RICH if file is None else file.read_text(encoding="utf-8")
    loaded = load_mapping(text, "mapping", known=_EVERYBODY)
    assert isinstance(loaded, LoadedMapping)
    # A stage that a default names and the file does not have, too.
    bare = loaded.mapping.model_copy(update={"stages": loaded.mapping.stages[:1]})
    raw = read_yaml(text, "mapping").mapping()
    for mapping in (loaded.mapping, bare):
        for part in PARTS.values():
            groups = part.groups(Known(raw, mapping, _EVERYBODY, TODAY))
            new = [blank for group in groups if group.new for blank in group.new.blanks]
            for blank in (*_blanks(groups), *new):
                if not blank.in_file and blank.kind.shape in ("choice", "condition"):
                    begun = blank.given.partition("\n")[0]
                    assert begun in {each.value for each in blank.offers}, (part.title, blank.label)


def _typed(blank: Blank) -> dict[str, str]:
    """The form's inputs of this blank after somebody changed it."""
    name = blank.name
    if blank.kind.shape == "week":
        return {f"{name}-sat": "10:00-12:00"}
    if blank.kind.shape == "condition":
        return {f"{name}-field": "plan", f"{name}-words": "Elite, Standard"}
    if blank.kind.shape == "ticks":
        return {f"{name}-fri": YES}
    if blank.kind.shape == "tick":
        return {name: YES if not blank.given else ""}
    if blank.kind.shape == "choice":
        others = [each.value for each in blank.offers if each.value not in (blank.given, "")]
        return {name: others[0] if others else ""}
    if blank.label.startswith(("Its values", "Days with")):
        row = "2026-12-30 10:00-11:00" if blank.label.startswith("Days") else "french: fr"
        return {name: f"{blank.given}\n{row}".strip()}
    return {name: f"{blank.given}{', ' if blank.given and ', ' in blank.given else ''}7"}


def _blanks(groups: list[Group]) -> list[Blank]:
    found = [blank for group in groups for block in group.blocks for blank in block.blanks]
    return [each for each in found if not each.in_file]


@pytest.mark.parametrize("id", PARTS)
def test_each_blank_changes_its_own_place_and_nothing_besides(id: str) -> None:
    known = known_of(RICH)
    groups = PARTS[id].groups(known)
    given = given_by(groups, known.raw)
    typed: dict[str, str] = {}
    wanted: Plain = known.raw
    for blank in _blanks(groups):
        asked = asked_of(known.raw, groups, given | _typed(blank))
        assert [each.path for each in asked.edits] == [blank.path], blank.label
        wanted = said_after(wanted, asked.edits)
        typed |= _typed(blank)
    changed = edited(RICH, asked_of(known.raw, groups, given | typed).edits)
    assert read_yaml(changed, "mapping").mapping() == wanted
    kept = [each for each in RICH.splitlines() if each.strip().startswith("#")]
    assert [each for each in changed.splitlines() if each.strip().startswith("#")] == kept


@pytest.mark.parametrize(
    ("id", "typed", "line"),
    [
        ("wording", {"w2-text": "It is later: {{ eta }}."},
         '    - {for: eta_slipped, text: "It is later: {{ eta }}."}'),
        ("promises", {"p0-every": "4bh"}, "    every: 4bh # each day"),
        ("promises", {"p1-within-0-1": "2bh"}, "        high: {Elite: 1bh, Standard: 2bh}"),
        ("calendars", {"c0-hours-sat": "10:00-12:00", "c0-hours-fri": "08:00-18:00"},
         '    hours: {mon-fri: 08:00-18:00, sat: 10:00-12:00}'),
        ("releases", {"g0-after": "1d"},
         "    early: {when: {field: plan, is: Elite}, after: 1d} # they asked for it"),
        ("hygiene", {"at": "04:00"}, '  at: "04:00" # after the backup'),
    ],
)  # fmt: skip
def test_only_the_line_that_is_meant_changes(id: str, typed: dict[str, str], line: str) -> None:
    found = _lines(RICH, _after(id, typed))
    assert [each[1:] for each in found if each.startswith("+")] == [line]
    assert len(found) == 2


def _lines(before: str, after: str) -> list[str]:
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [each for each in found if each[:1] in "+-" and each[:3] not in ("+++", "---")]


@pytest.mark.parametrize("id", PARTS)
def test_each_entry_can_be_taken_away_and_nothing_else_goes(id: str) -> None:
    known = known_of(RICH)
    groups = PARTS[id].groups(known)
    given = given_by(groups, known.raw)
    for group in groups:
        if not group.entries:
            continue
        for block in group.blocks:
            asked = asked_of(known.raw, groups, {**given, f"{block.id}-gone": YES})
            if block.stays:
                assert asked.wrong == {f"{block.id}-gone": block.stays}
            else:
                assert asked.edits == [Edit(block.path, GONE)]
        going = [each for each in group.blocks if not each.stays]
        asked = asked_of(known.raw, groups, given | {f"{e.id}-gone": YES for e in going})
        said = read_yaml(edited(RICH, asked.edits), "mapping").mapping()
        left = at(said, group.path)
        assert (left is None) == (len(going) == len(group.blocks))
        assert {k: v for k, v in said.items() if k != group.path[0]} == {
            k: v for k, v in known_root(known.raw).items() if k != group.path[0]
        }


def known_root(raw: Plain) -> dict[str, Plain]:
    """The file's own table."""
    assert isinstance(raw, dict)
    return raw


def _after(id: str, form: dict[str, str]) -> str:
    known = known_of(RICH)
    groups = PARTS[id].groups(known)
    asked = asked_of(known.raw, groups, given_by(groups, known.raw) | form)
    assert asked.wrong == {}
    return edited(RICH, asked.edits)


def test_new_wording_stands_in_lines_of_its_own_and_may_move_to_the_front() -> None:
    text = "Hello,\r\n\r\nit is with you now: {{ ticket.subject }}."
    changed = _after(
        "wording", {"new-for": "reported", "new-text": text, "w2-place": "1", "signs": "Us"}
    )
    assert "    - for: reported\n      text: |-\n        Hello,\n\n        it is with" in changed
    assert "# What Elite customers read." in changed
    assert re.search(r"signs: Us +# never a name", changed)
    words = known_of(changed).mapping.tell.wording
    assert [each.for_ for each in words] == ["eta_slipped", "available", "available", "reported"]
    assert words[-1].text == text.replace("\r\n", "\n")


def test_new_promise_calendar_and_point_are_made_where_the_file_has_none() -> None:
    promise = _after(
        "promises",
        {
            "new-id": "plan-it", "new-within": "2bd", "new-kept": "eta_set", "new-to-0": "on_call",
            "new-via-0": "mail, internal", "new-calendar": "support", "new-when-field": "plan",
            "new-when-words": "Elite",
        },
    )  # fmt: skip
    assert (
        "  - id: plan-it\n    when: {field: plan, is: Elite}\n    within: 2bd\n"
        "    calendar: support\n    kept_by: eta_set\n"
        "    tell: {to: on_call, via: [mail, internal]}\n"
    ) in promise
    week = {f"new-hours-{day}": "9:00-17:00" for day in ("mon", "tue")}
    known = known_of(RICH)
    groups = PARTS["calendars"].groups(known)
    form = {**given_by(groups, known.raw), **week, "new-id": "night", "new-zone": ""}
    wrong = asked_of(known.raw, groups, form).wrong
    assert wrong["new-id"] == "there is night already: change it above"
    assert wrong["new-hours"].startswith("mon: “9:00-17:00”; hours are written 09:00-17:00")
    assert wrong["new-zone"] == "a name such as Europe/Berlin"


def test_new_group_of_customers_comes_before_whoever_is_left() -> None:
    changed = _after(
        "releases",
        {
            "new-id": "big",
            "new-when-field": "plan",
            "new-when-words": "Standard",
            "new-after": "3d",
        },
    )
    assert "big: {when: {field: plan, is: Standard}, after: 3d}" in changed
    spec = known_of(changed).mapping.releases
    assert spec is not None
    assert [name for name, each in spec.groups.items() if each.when is None] == ["rest"]


def test_words_that_a_condition_has_stay_numbers_or_text() -> None:
    text = RICH.replace(
        "{field: plan, is: Elite}, after: 0d", '{field: "property:n", in: ["5", 6]}'
    )
    groups = PARTS["releases"].groups(known_of(text))
    given = given_by(groups, known_of(text).raw)
    [edit] = asked_of(known_of(text).raw, groups, {**given, "g0-when-words": "5, 6, 7, no"}).edits
    assert edit.value == {"field": "property:n", "in": ["5", 6, 7, "no"]}


def test_part_is_turned_off_and_on_as_a_whole() -> None:
    known = known_of(RICH)
    groups = PARTS["hygiene"].groups(known)
    given = given_by(groups, known.raw)
    off = {name: value for name, value in given.items() if name != "hygiene-on"}
    without = edited(RICH, asked_of(known.raw, groups, off).edits)
    assert "after the backup" not in without
    plain = RICH.replace(" # after the backup", "")
    nothing = {**given, "at": "02:00", "escalated": "", "escalated-in": ""}
    emptied = edited(plain, asked_of(known.raw, groups, nothing).edits)
    assert known_of(emptied).mapping.hygiene is not None
    bare = known_of(GOOD_WITHOUT)
    groups = PARTS["hygiene"].groups(bare)
    begun = given_by(groups, bare.raw)
    assert asked_of(bare.raw, groups, {**begun, "at": "04:00"}).wrong == {
        "hygiene-on": "tick this as well, or empty the fields below"
    }
    on = asked_of(bare.raw, groups, {**begun, "at": "04:00", "hygiene-on": YES})
    assert edited(GOOD_WITHOUT, on.edits).endswith("hygiene: {at: 04:00}\n")


GOOD_WITHOUT = RICH.partition("# By these hours")[0]


def test_conflict_keeps_apart_what_stands_at_another_place_now() -> None:
    edits = [Edit(("tell", "wording", 2, "text"), "It moved.")]
    same = RICH.replace("signs: Your team at Acme", "signs: Acme")
    both = edited_on_top(RICH, same, edits)
    assert both is not None
    assert "It moved." in both
    assert "signs: Acme" in both
    front = RICH.replace("  wording:\n", "  wording:\n    - {for: reported, text: We have it.}\n")
    assert edited_on_top(RICH, front, edits) is None
