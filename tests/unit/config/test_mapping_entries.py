"""Entries of the shipped mappings that go, move or come: each keeps its own comments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.config.mapping_edits import GONE, CantEdit, Edit, Moved, edited
from bridge.config.problems import Path as Place
from bridge.config.yaml_lines import Plain, read_yaml
from tests.shipped import SHIPPED

FOLDER = Path(__file__).resolve().parents[3] / "mappings"
READY_MADE = sorted(p for p in FOLDER.rglob("*.yaml") if not p.name.endswith(".bridge.yaml"))
WORDED = (
    SHIPPED
    + """\

tell:
  wording:
    # when work begins
    - for: launched
      text: |-
        Dear customer,

        # we have begun

    # when it is done
    - for: available
      text: |
        It is done.

        Yours
      # ours: it ends the letter
    # without a word
    - for: declined
      text: |-
        No.

        # really
"""
)


def plain(text: str) -> dict[str, Any]:
    return dict(read_yaml(text, "x").mapping())


def lists_of(data: Plain, path: Place = ()) -> Iterator[tuple[Place, list[Any]]]:
    """Every list in the file that has more than one entry."""
    if isinstance(data, list) and len(data) > 1:
        yield path, data
    for part, each in (
        data.items()
        if isinstance(data, dict)
        else enumerate(data if isinstance(data, list) else [])
    ):
        yield from lists_of(each, (*path, part))


def asked(text: str, edit: Edit) -> dict[str, Any]:
    """What the file has to say afterwards."""
    data = plain(text)
    at: Any = data
    for part in edit.path[:-1]:
        at = at[part]
    place = edit.path[-1]
    if isinstance(edit.value, Moved):
        at.insert(edit.value.to, at.pop(place))
    elif edit.value is GONE:
        del at[place]
    else:
        at.insert(place, edit.value)
    return data


_BESIDE = re.compile(r"(?:^|\s)(#.*)$")


def told(text: str) -> Counter[tuple[str, str]]:
    """Each comment with the line that it is about, up to where a list stands in it.

    That is its own, the next one, or the one above where the next stands less deep.
    """
    lines = [each for each in text.splitlines() if each.strip()]
    deep = [len(each) - len(each.lstrip()) for each in lines]
    alone = [each.lstrip().startswith("#") for each in lines]
    found: Counter[tuple[str, str]] = Counter()
    for i, line in enumerate(lines):
        beside = _BESIDE.search(line)
        if beside is None:
            continue
        after = next((k for k in range(i, len(lines)) if not alone[k]), None)
        above = next((k for k in range(i, -1, -1) if not alone[k]), None)
        if after is None or deep[after] < deep[i]:
            after = above
        found[beside[1], "" if after is None else lines[after].strip().split("[")[0]] += 1
    return found


REFUSED = re.compile("lines of its own$|stand below it$|only repeats here|changing another$")
"""Within a line nothing moves, and what is repeated stays as it is and above."""


def holds(text: str, edit: Edit) -> None:
    """The edit is made, or refused for such a reason; each comment stays with its entry."""
    after, refused = "", ""
    try:
        after = edited(text, [edit])
    except CantEdit as error:
        refused = str(error)
    if refused:
        assert REFUSED.search(refused), edit
        assert "&" in text or "own" in refused, edit
        return
    assert plain(after) == asked(text, edit), edit
    if edit.value is GONE:
        cut = "\n".join((Counter(text.splitlines()) - Counter(after.splitlines())).elements())
        assert all(said in cut for said, _ in told(text) - told(after)), edit
        assert not told(after) - told(text), edit
    else:
        assert told(after) == told(text), edit


@pytest.mark.parametrize(
    "text",
    [*(path.read_text() for path in READY_MADE), WORDED],
    ids=[*(path.stem for path in READY_MADE), "worded"],
)
def test_every_entry_of_every_list_can_come_go_and_move_with_its_own_comments(text: str) -> None:
    seen = set()
    for place, entries in lists_of(plain(text)):
        last = len(entries) - 1
        of_words = not isinstance(entries[0], dict)
        if of_words and place[-1] in seen:
            # Lists within a line are alike.
            continue
        seen.add(place[-1])
        holds(text, Edit((*place, last + 1), "a new one"))
        for at, entry in enumerate(entries):
            if at in (0, last) or isinstance(entry, dict):
                holds(text, Edit((*place, at), GONE))
            if isinstance(entry, dict):
                holds(text, Edit((*place, at), Moved(0 if at else last)))


def test_new_entry_stands_above_what_is_said_about_the_next_one() -> None:
    new: dict[str, Plain] = {"id": "late", "when": {"field": "category", "is": "Late"}}
    end = "    stay: true\n\n# H5, H22"
    line = "  - {id: late, when: {field: category, is: Late}}\n"
    made = edited(SHIPPED, [Edit(("routes", 4), new)])
    assert made == SHIPPED.replace(end, end.replace("\n\n", f"\n{line}\n"))
    first = edited(SHIPPED, [Edit(("routes", 0), new, before=True)])
    assert first == SHIPPED.replace("  # H4: easy", f"{line}  # H4: easy")
    key = edited(SHIPPED, [Edit(("status", "boards", "Blocked"), "scheduled")])
    assert key == SHIPPED.replace(
        "Removed: declined\n", "Removed: declined\n    Blocked: scheduled\n"
    )


def test_text_of_several_lines_at_the_end_of_the_file_goes_and_moves() -> None:
    letter = "Dear customer,\n\nit is done.\n\nYours"
    words: list[Plain] = [
        {"for": each, "text": f"{each}\n{letter}"} for each in ("launched", "available")
    ]
    text = edited(SHIPPED, [Edit(("tell", "wording"), words)])
    assert plain(text)["tell"]["wording"] == words
    for edit in [Edit(("tell", "wording", 1), Moved(0)), Edit(("tell", "wording", 1), GONE)]:
        assert plain(edited(text, [edit])) == asked(text, edit)


def test_text_of_several_lines_takes_no_comment_of_the_next_entry_along() -> None:
    after = edited(WORDED, [Edit(("tell", "wording", 0), GONE)])
    assert (
        after
        == WORDED.replace(WORDED[WORDED.index("    # when work") :], "\n")
        + WORDED[WORDED.index("    # when it is done") :]
    )
    after = edited(WORDED, [Edit(("tell", "wording", 2, "text"), GONE)])
    assert after.endswith("    # without a word\n    - for: declined\n")


def test_list_is_written_anew_above_what_is_said_about_the_next_section() -> None:
    begin, end = SHIPPED.index("  - {id: reported"), SHIPPED.index("\n# The first route")
    after = edited(SHIPPED, [Edit(("stages",), [{"id": "a", "label": "A"}])])
    assert after == f"{SHIPPED[: begin - 1]} [{{id: a, label: A}}]\n{SHIPPED[end:]}"


def test_only_entry_goes_with_the_comments_in_it() -> None:
    after = edited(WORDED, [Edit(("tell", "wording"), GONE)])
    assert after == WORDED[: WORDED.index("\ntell:\n")] + "\ntell: {}\n"


def test_first_key_of_an_entry_goes_and_the_next_stands_at_its_dash() -> None:
    text = SHIPPED.replace(
        "    notify:\n      - when: {field: severity, is: high}\n        to:",
        "    notify:\n      - when: {field: severity, is: high}\n        # both\n        to:",
    )
    after = edited(text, [Edit(("routes", 2, "notify", 0, "when"), GONE)])
    assert after == SHIPPED.replace(
        "- when: {field: severity, is: high}\n        to:", "# both\n      - to:"
    )


SHARED = (FOLDER / "more" / "products-and-severities.yaml").read_text()


def test_entry_that_repeats_another_moves_and_goes_by_its_own_lines() -> None:
    lines = SHARED[SHARED.index("  - id: shareplan-bug") : SHARED.index("\nstatus:")]
    assert edited(SHARED, [Edit(("routes", 6), GONE)]) == SHARED.replace(lines, "")
    moved = SHARED.replace(lines, "").replace("  - id: home-bug", f"{lines}  - id: home-bug")
    assert edited(SHARED, [Edit(("routes", 6), Moved(5))]) == moved
    for edit in [Edit(("routes", 3), GONE), Edit(("routes", 6), Moved(3))]:
        with pytest.raises(CantEdit, match=r"“\*bug” repeats what “&bug” says"):
            edited(SHARED, [edit])
    with pytest.raises(CantEdit, match="only repeats here"):
        edited(SHARED, [Edit(("routes", 6, "launch", "fields", "labels"), GONE)])
