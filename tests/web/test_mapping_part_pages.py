"""What a mapping promises and tells, changed by form: the pages as an admin uses them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.engine import mapping_life
from bridge.web.mapping_parts import PARTS
from tests.api.doors import Doors, open_doors
from tests.scenarios.world import BRIDGE_YAML
from tests.web.editing import PAGE, drafted, fields_of, in_force, newest, sent_by
from tests.web.people import signed_in
from tests.web.rich_mapping import RICH, told_by


def beside(page: str, name: str) -> str:
    """What stands beside the input, told of to those who can't see it, too."""
    found = re.search(rf'<span class="wrong" id="w-{re.escape(name)}">([^<]*)</span>', page)
    assert found is not None, f"nothing stands beside {name}"
    assert f'aria-describedby="w-{name}"' in page
    return found[1]


@pytest.fixture
async def rich(tmp_path: Path) -> AsyncIterator[Doors]:
    """The rich mapping in force."""
    async with open_doors(tmp_path, bridge_yaml=told_by(BRIDGE_YAML)) as doors:
        await in_force(doors, RICH)
        yield doors


async def test_every_part_opens_and_keeps_nothing_that_nobody_changed(rich: Doors) -> None:
    browser = await signed_in(rich, "admin")
    listed = (await browser.get(f"{PAGE}/edit")).text
    before = await rich.stored()
    for part in PARTS:
        assert f'href="{PAGE}/edit/{part}"' in listed
        form = await fields_of(browser, f"{PAGE}/edit/{part}")
        answer = await browser.post(f"{PAGE}/edit/{part}", data={**form, "do": "keep"})
        assert answer.status_code == 200, part
        assert "Nothing was changed." in answer.text, part
    assert await rich.stored() == before


async def test_wording_is_looked_at_first_and_kept_with_its_comments(rich: Doors) -> None:
    browser = await signed_in(rich, "admin")
    path = f"{PAGE}/edit/wording"
    begun = await browser.get(path)
    assert re.search(r"It moved to \d+ [A-Z][a-z]+ \d{4}\.", begun.text)
    assert "{{ ticket.subject }}" in begun.text
    form = sent_by(begun.text)
    typed = {
        **form,
        "w2-text": "About “{{ ticket.subject }}” RD-17: it is now {{ eta }}.",
        "new-for": "reported",
        "new-text": "Hello {{ contact }},\r\n\r\nwe <b>have</b> it.",
    }
    before = await rich.stored()
    looked = await browser.post(path, data={**typed, "do": "look"})
    assert looked.status_code == 200
    assert "About “The export stops at 500 rows” RD-17: it is now" in looked.text
    assert "“RD-17” is a key: a customer can&#39;t look it up." in looked.text
    assert "<p>Hello Maria,</p>" in looked.text
    assert "we &lt;b&gt;have&lt;/b&gt; it." in looked.text
    assert sent_by(looked.text)["w2-text"] == typed["w2-text"]
    assert await rich.stored() == before
    assert (await browser.post(path, data={**typed, "do": "keep"})).status_code == 303
    kept = await newest(rich)
    assert "    # What Elite customers read.\n" in kept
    assert "    - for: reported\n      text: |-\n        Hello {{ contact }},\n" in kept


WRONG = (
    ("wording", {"w2-text": "It is {{ etta }}."}, "w2-text", "etta is not known"),
    ("wording", {"w2-text": ""}, "w2-text", "say what the customer reads"),
    ("wording", {"new-text": "x"}, "new-for", "say when these words are used"),
    ("wording", {"w1-place": "soon"}, "w1-place", "a whole number"),
    ("promises", {"p0-every": "often"}, "p0-every", "a span is a number and a unit"),
    ("promises", {"p0-within": "1h"}, "p0-label", "exactly one of"),
    ("promises", {"p0-to-0": "nobody"}, "p0-to-0", "nobody"),
    ("promises", {"p0-when-words": ""}, "p0-when", "say which words"),
    ("calendars", {"c0-zone": "Europe/Berlim"}, "c0-zone", "no time zone is called"),
    ("calendars", {"c0-hours-mon": "9-5"}, "c0-hours", "hours are written"),
    ("severities", {"s0-criteria": ""}, "s0-criteria", "say when"),
    ("plans", {"l0-policy": "somewhere"}, "l0-policy", ""),
    ("releases", {"zone": "Mars"}, "zone", ""),
    ("closing", {"solved-after": "5m"}, "solved-after", "at least 1h"),
    ("escalation", {"new-id": "since"}, "new-property", "name the helpdesk"),
    ("digests", {"d0-at": "25:00"}, "d0-at", ""),
    ("hygiene", {"done": "long"}, "done", "a span is"),
    ("hygiene", {"new-label": "Spare keys"}, "new-property", "name the helpdesk"),
)


async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(rich: Doors) -> None:
    browser = await signed_in(rich, "admin")
    before = await rich.stored()
    forms = {part: await fields_of(browser, f"{PAGE}/edit/{part}") for part in PARTS}
    for part, typed, name, said in WRONG:
        form = forms[part]
        sent = {**form, **typed, "note": "why", "do": "keep"}
        answer = await browser.post(f"{PAGE}/edit/{part}", data=sent)
        assert answer.status_code == 422, (part, typed)
        assert said in beside(answer.text, name), (part, typed)
        again = sent_by(answer.text)
        assert {key: again.get(key, "") for key in typed} == typed, (part, typed)
        assert again["note"] == "why"
    assert await rich.stored() == before


async def test_promise_says_itself_in_words_also_as_it_would_be(rich: Doors) -> None:
    browser = await signed_in(rich, "admin")
    path = f"{PAGE}/edit/promises"
    begun = (await browser.get(path)).text
    said = "the customer hears from us at least every 1 business day, until the ticket is solved"
    assert f"Where plan is Elite: {said}, by the hours of support." in begun
    assert "On call is told by mail 2 business hours before it is due" in begun
    # What the form has no blank for is named, and stays.
    assert "tell (2) until_acknowledged: yes" in begun
    form = sent_by(begun)
    looked = await browser.post(path, data={**form, "p0-every": "4bh", "do": "look"})
    assert "hears from us at least every 4 business hours" in looked.text
    assert (await newest(rich)) == RICH
    assert (await browser.post(path, data={**form, "p0-every": "4bh"})).status_code == 303
    assert await newest(rich) == RICH.replace("every: 1bd #", "every: 4bh #")


async def test_plans_stand_side_by_side_with_what_each_gives(rich: Doors) -> None:
    browser = await signed_in(rich, "admin")
    page = (await browser.get(f"{PAGE}/edit/plans")).text
    row = re.search(r'<th scope="row">Update to the customer</th>(.*?)</tr>', page, re.DOTALL)
    assert row is not None
    assert re.findall(r"<span[^>]*>([^<]*)</span>", row[1]) == [
        "at least every 1 business day, by the hours of support", "nothing",
    ]  # fmt: skip


async def test_calendar_shows_its_week_and_the_next_days_that_are_closed(rich: Doors) -> None:
    browser = await signed_in(rich, "admin")
    page = (await browser.get(f"{PAGE}/edit/calendars")).text
    assert "08:00 to 12:00 and 13:00 to 16:00" in page
    assert page.count("public holiday") + page.count("closed by the mapping") == 5
    assert 'disabled aria-describedby="stays-c0"' in page
    looked = await browser.post(
        f"{PAGE}/edit/calendars",
        data={**sent_by(page), "c0-hours-sat": "10:00-12:00", "do": "look"},
    )
    assert "10:00 to 12:00" in looked.text


async def test_second_admins_form_goes_on_top_or_is_shown_as_a_conflict(rich: Doors) -> None:
    browser = await signed_in(rich, "admin")
    path = f"{PAGE}/edit/severities"
    form = await fields_of(browser, path)
    theirs = RICH.replace("signs: Your team at Acme", "signs: Acme")
    await drafted(rich, theirs, by="Bob")
    answer = await browser.post(path, data={**form, "s0-criteria": "It is down."})
    assert answer.status_code == 409
    again = sent_by(answer.text)
    assert "signs: Acme # never a name" in again["text"]
    assert re.search(r"criteria: It is down\.\} +# worst", again["text"])
    base = await mapping_life.to_edit(rich.hub, "small")
    assert base is not None
    assert base.source == theirs


async def test_forms_are_an_admins_alone(rich: Doors) -> None:
    browser = await signed_in(rich, "operator")
    for part in PARTS:
        assert (await browser.get(f"{PAGE}/edit/{part}")).status_code == 403


async def test_digest_says_itself_in_words(rich: Doors) -> None:
    browser = await signed_in(rich, "admin")
    page = (await browser.get(f"{PAGE}/edit/digests")).text
    assert (
        "On call gets by mail, Mon and Thu at 08:30 (UTC): work items that nobody has given a "
        "priority."
    ) in page
    assert "on the days of support at 09:00 (UTC): customers who are to be told. Nothing is" in page
