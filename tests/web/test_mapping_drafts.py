"""Drafts: by file and by form, what is wrong beside its field, and two admins at once."""

from __future__ import annotations

import re

from bridge.domain.refs import TicketRef
from tests.api.doors import Doors
from tests.web.editing import (
    PAGE,
    TEXT,
    acts,
    drafted,
    fields_of,
    in_force,
    newest,
    see,
    seen_bug,
    sent_by,
)
from tests.web.people import form_token, signed_in

REWORDED = TEXT.replace("label: Reported}", "label: With our engineers}")
BAD = TEXT.replace("in: boards", "in: board").replace("least_advanced", "furthest")


def beside(page: str, name: str) -> str:
    """What stands beside the input; it must be told of to those who can't see it."""
    found = re.search(rf'<span class="wrong" id="w-{re.escape(name)}">([^<]*)</span>', page)
    assert found is not None, f"nothing stands beside {name}"
    assert re.search(rf'name="{re.escape(name)}"[^>]*aria-describedby="w-{re.escape(name)}"', page)
    return found[1]


async def test_text_is_kept_as_a_draft_and_shown_with_what_it_would_change(doors: Doors) -> None:
    version = await in_force(doors)
    browser = await signed_in(doors, "admin")
    form = await fields_of(browser, f"{PAGE}/edit")
    assert form["text"] == TEXT
    sent = {**form, "text": REWORDED.replace("\n", "\r\n"), "note": "clearer\nwords", "do": "keep"}
    answer = await browser.post(f"{PAGE}/edit", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}/preview?done=kept")
    assert await newest(doors) == REWORDED
    assert doors.hub.mappings["hubspot"].hash == version
    assert (await acts(doors))[-1] == ("Ada", "mapping.drafted", "clearer words")
    shown = (await browser.get(f"{PAGE}/preview?done=kept")).text
    assert "<ins>With our engineers</ins>" in shown


async def test_what_is_wrong_is_told_with_its_line_and_the_text_is_kept(doors: Doors) -> None:
    await in_force(doors)
    browser = await signed_in(doors, "admin")
    form = await fields_of(browser, f"{PAGE}/edit")
    before = await doors.stored()
    line = BAD.splitlines().index("      in: board") + 1
    for do in ("check", "keep"):
        sent = {**form, "text": BAD, "note": "x", "do": do}
        answer = await browser.post(f"{PAGE}/edit", data=sent)
        assert answer.status_code == 422
        assert f'data-line="{line}">line {line}</a> <code>routes[1].launch.in</code>' in answer.text
        assert "no connection &#34;board&#34;; did you mean &#34;boards&#34;?" in answer.text
        assert "&#34;furthest&#34; is not one of" in answer.text
        again = sent_by(answer.text)
        assert (again["text"], again["note"], again["seen"]) == (BAD, "x", form["seen"])
    assert await doors.stored() == before


async def test_good_text_is_checked_without_being_kept(doors: Doors) -> None:
    await in_force(doors)
    browser = await signed_in(doors, "admin")
    form = await fields_of(browser, f"{PAGE}/edit")
    before = await doors.stored()
    answer = await browser.post(f"{PAGE}/edit", data={**form, "text": REWORDED, "do": "check"})
    assert "Nothing is wrong with it. It is not kept yet." in answer.text
    assert sent_by(answer.text)["text"] == REWORDED
    assert await doors.stored() == before
    same = await browser.post(f"{PAGE}/edit", data={**form, "do": "keep"})
    assert (same.status_code, "there is nothing to keep" in same.text) == (409, True)


FILES = (
    (REWORDED.encode(), 200, "Nothing is wrong with the file. It is not kept yet."),
    (BAD.encode(), 422, "did you mean"),
    (b"\xff\xfe\x00", 422, "not UTF-8 text"),
    (TEXT.replace("mapping: small", "mapping: other").encode(), 422, "right: small"),
)


async def test_uploaded_file_stands_in_the_field_and_is_checked(doors: Doors) -> None:
    version = await in_force(doors)
    browser = await signed_in(doors, "admin")
    token, before = await form_token(browser), await doors.stored()
    for content, status, said in FILES:
        answer = await browser.post(
            f"{PAGE}/upload",
            data={"form_token": token, "seen": version},
            files={"file": ("small.yaml", content, "application/yaml")},
        )
        assert (answer.status_code, said in answer.text) == (status, True)
        if status == 200:
            assert sent_by(answer.text)["text"] == REWORDED
        assert sent_by(answer.text)["seen"] == version
    assert await doors.stored() == before


async def test_upload_without_a_file_or_with_too_much_is_refused_in_words(doors: Doors) -> None:
    await in_force(doors)
    browser = await signed_in(doors, "admin")
    token = {"form_token": await form_token(browser)}
    none = await browser.post(f"{PAGE}/upload", data=token, files={"file": ("", b"")})
    assert (none.status_code, "Choose a file first" in none.text) == (422, True)
    plain = await browser.post(f"{PAGE}/upload", data=token)
    assert (plain.status_code, "No file came" in plain.text) == (422, True)
    files = {"file": ("a.yaml", b"x" * (1024 * 1024 + 1))}
    much = await browser.post(f"{PAGE}/upload", data=token, files=files)
    assert (much.status_code, "1 MB" in much.text) == (413, True)


async def test_second_admin_sees_the_conflict_and_loses_nothing(doors: Doors) -> None:
    await in_force(doors)
    ada = await signed_in(doors, "admin", "Ada")
    form = await fields_of(ada, f"{PAGE}/edit")
    theirs = TEXT.replace("label: Available", "label: Yours now")
    await drafted(doors, theirs, by="Bob")
    sent = {**form, "text": REWORDED, "note": "why", "do": "keep"}
    answer = await ada.post(f"{PAGE}/edit", data=sent)
    assert answer.status_code == 409
    for said in (
        "Bob changed small after you had opened it",
        "<del>Available</del>", "<ins>Yours now</ins>", "<ins>With our engineers</ins>",
    ):  # fmt: skip
        assert said in answer.text
    assert await newest(doors) == theirs
    again = sent_by(answer.text)
    assert (again["text"], again["note"]) == (REWORDED, "why")
    kept = await ada.post(f"{PAGE}/edit", data={**again, "do": "keep"})
    assert kept.status_code == 303
    assert await newest(doors) == REWORDED


async def test_what_a_second_admin_typed_into_a_form_is_put_on_top_of_the_firsts(
    doors: Doors,
) -> None:
    await in_force(doors)
    ada = await signed_in(doors, "admin", "Ada")
    form = await fields_of(ada, f"{PAGE}/edit/stages")
    theirs = TEXT.replace("label: Available", "label: Yours now")
    await drafted(doors, theirs, by="Bob")
    sent = {**form, "label-0": "With our engineers"}
    answer = await ada.post(f"{PAGE}/edit/stages", data=sent)
    assert (answer.status_code, "Both together" in answer.text) == (409, True)
    assert await newest(doors) == theirs
    both = theirs.replace("label: Reported", "label: With our engineers")
    again = sent_by(answer.text)
    assert again["text"] == both
    assert (await ada.post(f"{PAGE}/edit", data={**again, "do": "keep"})).status_code == 303
    assert await newest(doors) == both


async def test_what_no_longer_fits_the_firsts_is_kept_in_a_file_of_its_own(doors: Doors) -> None:
    await in_force(doors)
    ada = await signed_in(doors, "admin", "Ada")
    form = await fields_of(ada, f"{PAGE}/edit/stages")
    first = "  - {id: reported, label: Reported}"
    theirs = TEXT.replace(first, f"  - {{id: heard, label: Heard}}\n{first}")
    await drafted(doors, theirs, by="Bob")
    sent = {**form, "label-0": "With our engineers"}
    answer = await ada.post(f"{PAGE}/edit/stages", data=sent)
    assert (answer.status_code, "Your file" in answer.text) == (409, True)
    mine = TEXT.replace("label: Reported", "label: With our engineers")
    assert sent_by(answer.text)["text"] == mine


async def test_words_are_changed_by_form_and_comments_stay(doors: Doors) -> None:
    await in_force(doors)
    browser = await signed_in(doors, "admin")
    form = await fields_of(browser, f"{PAGE}/edit/stages")
    assert (form["label-0"], form["tell-1"], form["rollup"]) == (
        "Reported", "draft", "least_advanced",
    )  # fmt: skip
    sent = {
        **form, "label-0": "With our engineers", "tell-0": "draft", "rollup": "primary",
        "new-id": "waiting", "new-label": "Waiting", "new-after": "0", "new-side": "yes",
    }  # fmt: skip
    answer = await browser.post(f"{PAGE}/edit/stages", data=sent)
    assert answer.status_code == 303, answer.text
    assert await newest(doors) == TEXT.replace(
        "  - {id: reported, label: Reported} # agreed with support\n",
        "  - {id: reported, label: With our engineers, tell: draft} # agreed with support\n"
        "  - {id: waiting, label: Waiting, side: true}\n",
    ).replace("rollup: least_advanced", "rollup: primary")


async def test_stages_change_places_and_a_mistake_is_told_at_the_right_one(doors: Doors) -> None:
    await in_force(doors)
    browser = await signed_in(doors, "admin")
    path = f"{PAGE}/edit/stages"
    form = await fields_of(browser, path)
    turned = {**form, "place-0": "2", "place-1": "1", "new-id": "x", "new-label": "X"}
    wrong = await browser.post(path, data={**turned, "label-1": "x" * 121})
    assert "120" in beside(wrong.text, "label-1")
    assert (await browser.post(path, data=turned)).status_code == 303
    first, second = "  - {id: reported, label: Reported}", "  - {id: available, label: Available"
    assert await newest(doors) == TEXT.replace(
        f"{first} # agreed with support\n{second}, tell: draft}}\n",
        f"{second}, tell: draft}}\n  - {{id: x, label: X}}\n{first} # agreed with support\n",
    )


WRONG_WORDS = (
    ({"label-0": " "}, "label-0", "must not be empty"),
    ({"label-0": "x" * 121}, "label-0", "120"),
    ({"label-1": "{{ ticket.subject }}"}, "label-1", "shown as it stands"),
    ({"label-0": "{{ issue.title }}"}, "label-0", "engineering"),
    ({"rollup": "furthest"}, "rollup", "is not one of"),
    ({"tell-1": "loudly"}, "tell-1", "is not one of"),
    ({"place-1": "first"}, "place-1", "a whole number"),
    ({"new-id": "x y", "new-label": "X"}, "new-id", "lower-case"),
    ({"new-id": "late"}, "new-label", "a new stage needs both"),
    ({"new-label": "Late"}, "new-id", "a new stage needs both"),
    ({"gone-0": "yes"}, "gone-0", "1 status leads to it"),
)


async def test_wrong_word_is_told_beside_its_field_and_what_was_typed_is_kept(doors: Doors) -> None:
    await in_force(doors)
    browser = await signed_in(doors, "admin")
    form = await fields_of(browser, f"{PAGE}/edit/stages")
    before = await doors.stored()
    for typed, name, said in WRONG_WORDS:
        sent = {**form, "label-1": "Kept words", "note": "kept too", **typed}
        answer = await browser.post(f"{PAGE}/edit/stages", data=sent)
        assert answer.status_code == 422
        if name == "gone-0":
            assert said in answer.text
        else:
            assert said in beside(answer.text, name)
        again = sent_by(answer.text)
        kept = {"label-1": sent["label-1"], "note": "kept too"} | typed
        shown = {
            each: again.get(each) for each in kept if not each.startswith(("gone", "tell", "roll"))
        }
        assert shown == {each: kept[each] for each in shown}
    assert await doors.stored() == before


async def test_stage_that_nothing_leads_to_is_taken_away(doors: Doors) -> None:
    extra = "  - {id: late, label: Late} # nobody uses it\n"
    text = TEXT.replace("routes:\n", f"{extra}# Which tickets.\nroutes:\n")
    await in_force(doors, text)
    browser = await signed_in(doors, "admin")
    form = await fields_of(browser, f"{PAGE}/edit/stages")
    answer = await browser.post(f"{PAGE}/edit/stages", data={**form, "gone-2": "yes"})
    assert answer.status_code == 303, answer.text
    assert await newest(doors) == text.replace(extra, "")


async def test_statuses_that_work_items_have_and_the_table_lacks_stand_first(doors: Doors) -> None:
    await in_force(doors)
    for id, status in (("1", "New"), ("2", "Triaged"), ("3", "Triaged")):
        await seen_bug(doors, id, status)
    browser = await signed_in(doors, "admin")
    path = f"{PAGE}/edit/values?at=status.boards"
    page = (await browser.get(path)).text
    assert "1 value that records have is" in page
    form = sent_by(page)
    assert (form["left-0"], form["right-0"]) == ("Triaged", "")
    assert "2 records" in page
    names = {form[f"left-{k}"]: k for k in range(3)}
    sent = {**form, "right-0": "reported", f"right-{names['Closed']}": ""}
    assert (await browser.post(path, data=sent)).status_code == 303
    assert await newest(doors) == TEXT.replace(
        "{New: reported, Closed: available}", "{New: reported, Triaged: reported}"
    )


async def test_table_of_severities_is_changed_by_the_values_of_tickets(doors: Doors) -> None:
    await in_force(doors)
    await see(doors, TicketRef("hubspot", "1"), how_bad="SEVERE")
    browser = await signed_in(doors, "admin")
    path = f"{PAGE}/edit/values?at=ticket.severity.values"
    form = await fields_of(browser, path)
    assert form["left-0"] == "SEVERE"
    sent = {**form, "right-0": "high"}
    assert (await browser.post(path, data=sent)).status_code == 303
    assert "values: {HIGH: high, LOW: low, SEVERE: high}" in await newest(doors)


WRONG_VALUES = (
    ("status.boards", {"right-0": "nowhere"}, "right-0", "nowhere"),
    ("status.boards", {"left-2": "", "right-2": "reported"}, "left-2", "say which value"),
    ("ticket.severity.values", {"right-0": "medium"}, "", "medium"),
)


async def test_wrong_value_is_told_beside_its_row_or_where_it_leads_to(doors: Doors) -> None:
    await in_force(doors)
    browser = await signed_in(doors, "admin")
    before = await doors.stored()
    for at, typed, name, said in WRONG_VALUES:
        path = f"{PAGE}/edit/values?at={at}"
        form = await fields_of(browser, path)
        answer = await browser.post(path, data={**form, **typed})
        assert answer.status_code == 422
        if name:
            assert said in beside(answer.text, name)
        else:
            # The new word has no entry in the table of the launch: that is elsewhere in the file.
            assert "Elsewhere in the file" in answer.text
            assert said in answer.text
    assert await doors.stored() == before


async def test_pair_turns_round_comes_and_goes(doors: Doors) -> None:
    await in_force(doors)
    browser = await signed_in(doors, "admin")
    path = f"{PAGE}/edit/fields"
    form = await fields_of(browser, path)
    new = {"new-ticket": "effort", "new-item": "Effort", "new-audience": "engineering"}
    sent = {**form, **new, "owner-0": "ticket", "enforce-0": "yes"}
    answer = await browser.post(path, data=sent)
    assert answer.status_code == 303, answer.text
    line = "  - {ticket: engineering_priority, work_item: Priority, owner: "
    assert await newest(doors) == TEXT.replace(
        f"{line}work_item}}\n",
        f"{line}ticket, enforce: true}}\n"
        "  - {ticket: effort, work_item: Effort, owner: work_item, audience: engineering}\n",
    )
    form = await fields_of(browser, path)
    sent = {**form, "gone-0": "yes", "gone-1": "yes"}
    assert (await browser.post(path, data=sent)).status_code == 303
    assert "fields:\n  -" not in await newest(doors)


WRONG_PAIRS = (
    ({"audience-0": "customer"}, "audience-0", "no customer may read it"),
    (
        {"new-ticket": "x", "new-item": "Y", "new-audience": "customer"},
        "new-audience",
        "no customer may read it",
    ),
    ({"new-ticket": "work_stage", "new-item": "Y"}, "new-ticket", "is written by"),
    ({"new-ticket": "kind", "new-item": "Y"}, "new-ticket", "is read by"),
    ({"new-ticket": "x"}, "new-item", "a field on both sides"),
    ({"owner-0": "nobody"}, "owner-0", "is not one of"),
)


async def test_pair_that_can_not_be_says_why_beside_it(doors: Doors) -> None:
    await in_force(doors)
    browser = await signed_in(doors, "admin")
    form = await fields_of(browser, f"{PAGE}/edit/fields")
    before = await doors.stored()
    for typed, name, said in WRONG_PAIRS:
        answer = await browser.post(f"{PAGE}/edit/fields", data={**form, **typed})
        assert answer.status_code == 422
        assert said in beside(answer.text, name)
    assert await doors.stored() == before


async def test_choice_that_is_impossible_is_greyed_with_its_reason(doors: Doors) -> None:
    await in_force(doors)
    page = (await (await signed_in(doors, "admin")).get(f"{PAGE}/edit/fields")).text
    assert '<option value="customer" disabled>' in page
    assert "Not customers: engineering writes it freely, so no customer may read it" in page


async def test_switches_are_turned_one_line_each(doors: Doors) -> None:
    await in_force(doors)
    browser = await signed_in(doors, "admin")
    path = f"{PAGE}/edit/switches"
    form = await fields_of(browser, path)
    assert {"to_ticket", "enforce"} <= form.keys()
    del form["to_ticket"]
    sent = {**form, "to_work_item": "yes", "ids": "yes", "attachments-1": "yes"}
    assert (await browser.post(path, data=sent)).status_code == 303
    after = await newest(doors)
    assert "comments: {to_ticket: none, to_work_item: marked}" in after
    assert "stage: {property: work_stage, show: id}" in after
    assert "      attachments: true\n" in after
    assert after.startswith("# Why it is so: ask Grace\n")


async def test_form_in_which_nothing_was_changed_says_so(doors: Doors) -> None:
    await in_force(doors)
    browser = await signed_in(doors, "admin")
    before = await doors.stored()
    for section in ("stages", "fields", "switches", "values?at=status.boards"):
        form = await fields_of(browser, f"{PAGE}/edit/{section}")
        answer = await browser.post(f"{PAGE}/edit/{section}", data=form)
        assert "Nothing was changed." in answer.text, section
    assert await doors.stored() == before


async def test_first_draft_of_a_mapping_is_written_on_a_page(doors: Doors) -> None:
    browser = await signed_in(doors, "admin")
    token = {"form_token": await form_token(browser)}
    wrong = await browser.post("/mappings/@new", data={**token, "text": BAD})
    assert (wrong.status_code, "did you mean" in wrong.text) == (422, True)
    for text in ("", "a: [", "- 1"):
        answer = await browser.post("/mappings/@new", data={**token, "text": text})
        assert answer.status_code == 422
    kept = await browser.post("/mappings/@new", data={**token, "text": TEXT})
    assert kept.headers["location"] == f"{PAGE}/preview?done=kept"
    assert await newest(doors) == TEXT
    twice = await browser.post("/mappings/@new", data={**token, "text": TEXT})
    assert (twice.status_code, "There is a mapping small already" in twice.text) == (422, True)


async def test_every_form_is_looked_at_without_keeping_anything(doors: Doors) -> None:
    await in_force(doors)
    browser = await signed_in(doors, "admin")
    before = await doors.stored()
    form = await fields_of(browser, f"{PAGE}/edit/stages")
    for label, status, said in (
        ("With our engineers", 200, "This is how it would be. Nothing is kept yet."),
        ("", 422, 'class="wrong"'),
    ):
        sent = {**form, "label-0": label, "do": "look"}
        answer = await browser.post(f"{PAGE}/edit/stages", data=sent)
        assert (answer.status_code, said in answer.text) == (status, True)
    assert await doors.stored() == before
