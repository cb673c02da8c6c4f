"""Rich text at every vendor: structure arrives, nothing acts, and no length refuses a text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.domain.operations import ItemField
from bridge.domain.records import BODY, SUBJECT, comments_of
from bridge.kit.richtext import html_to_text, read_html
from bridge.kit.richtext.plain import addresses_of
from bridge.ports.manifest import Manifest, Role
from bridge.ports.roles import Want
from connectors.registry import CONNECTORS
from tests.conformance.pages import page_of
from tests.conformance.rig import HelpdeskRig, TrackerRig
from tests.conformance.stand import Stand

Desk = Stand[HelpdeskRig]
Boards = Stand[TrackerRig]

MARK = "tb-0123456789abcdef0123"
WHOLE = "https://desk.acme.example/tickets/812"
SIGNATURE = f'<p>From <a href="{WHOLE}">ticket 812</a> · {MARK}</p>'
TALK = Want(comments=True)
RICH = (
    "<h2>Steps</h2><ul><li>Press <strong>Export</strong></li><li>Wait</li></ul>"
    "<blockquote><p>It <em>fails</em></p></blockquote><pre><code>a &lt; b\n  c</code></pre>"
    "<table><tbody><tr><th>Plan</th><th>Seats</th></tr><tr><td>Elite</td><td>40</td></tr></tbody>"
    '</table><p>see <a href="https://desk.acme.example/help?a=1&amp;b=2">the page</a></p>'
)
NASTY = (
    "<p onclick='x()'>a<script>alert(1)</script><img src=x onerror=x()>"
    '<a href="javascript:x()">go</a> <a href="#" data-vss-mention="version:2.0,1">@Ann</a> '
    "@&lt;8c8c7d32-6b1b-47f4-b2e9-30b477b5ab3d&gt; [~accountid:5b10]"
    "<iframe src='//x'></iframe></p>"
)
_MANIFESTS = [
    pytest.param(each.manifest, id=name)
    for name, each in CONNECTORS.items()
    if each.manifest.roles & {Role.HELPDESK, Role.TRACKER}
]


@pytest.mark.parametrize("manifest", _MANIFESTS)
def test_vendor_that_keeps_texts_says_how_long_they_may_be(manifest: Manifest) -> None:
    assert manifest.longest_comment
    assert manifest.longest_text
    assert page_of(manifest, "longest_comment")


def _squeezed(html: str) -> str:
    return "".join(html_to_text(html).split())


def _long(manifest: Manifest) -> str:
    """More than the vendor takes, whatever it counts."""
    more = "and again " * 90
    times = (manifest.longest_comment or 0) // 900 + 5
    return "<p>It <b>fails</b>.</p>" + f"<p>It fails {more}</p>" * times


def _assert_cut(html: str, text: str) -> None:
    lines = html_to_text(html).splitlines()
    assert lines[0] == "It fails."
    assert lines[-2] == "… cut here, the rest is in ticket 812"
    assert lines[-1] == f"From ticket 812 · {MARK}"
    assert addresses_of(read_html(html))[-2:] == [WHOLE, WHOLE]
    assert _squeezed(text).startswith("".join("".join(lines[:-3]).split()))


async def test_note_over_the_limit_arrives_cut_with_its_signature_and_the_way_on(
    desk: Desk,
) -> None:
    id, text = desk.rig.person_creates(), _long(desk.connection.manifest)
    made = await desk.helpdesk.add_note(id, text + SIGNATURE)
    seen = comments_of(await desk.helpdesk.fetch_ticket(id, TALK))
    (note,) = (each for each in seen if each.id == made)
    _assert_cut(note.html, text)


async def test_comment_over_the_limit_arrives_cut_with_its_signature_and_the_way_on(
    boards: Boards,
) -> None:
    item, text = await _item(boards), _long(boards.connection.manifest)
    made = await boards.tracker.add_comment(item, text + SIGNATURE)
    seen = comments_of(await boards.tracker.fetch_item(item, TALK))
    (comment,) = (each for each in seen if each.id == made)
    _assert_cut(comment.html, text)


async def _item(boards: Boards) -> str:
    return (await boards.tracker.create_item(boards.rig.launch(MARK))).ref.id


async def test_description_over_the_limit_is_launched_with_the_way_to_the_ticket(
    boards: Boards,
) -> None:
    launch = boards.rig.launch(MARK)
    field, text = boards.rig.long_field, _long(boards.connection.manifest)
    made = await boards.tracker.create_item(replace(launch, fields={**launch.fields, field: text}))
    seen = await boards.tracker.fetch_item(made.ref.id, Want())
    assert html_to_text(seen.text(BODY)).splitlines()[-1] == "… cut here, the rest is in the ticket"
    assert addresses_of(read_html(seen.text(BODY)))[-1] == launch.back_link


async def test_description_over_the_limit_is_written_with_the_way_to_the_whole(
    boards: Boards,
) -> None:
    id = await _item(boards)
    change = ItemField(boards.rig.long_field, _long(boards.connection.manifest), whole=WHOLE)
    seen = await boards.tracker.set_fields(id, [change], None)
    assert addresses_of(read_html(seen.text(BODY)))[-1] == WHOLE


async def test_subject_over_the_limit_is_launched_with_an_ellipsis(boards: Boards) -> None:
    launch = boards.rig.launch(MARK)
    subject = {boards.rig.subject_field: "It fails. " * 60}
    made = await boards.tracker.create_item(replace(launch, fields={**launch.fields, **subject}))
    seen = await boards.tracker.fetch_item(made.ref.id, Want())
    assert seen.text(SUBJECT).startswith("It fails. It fails.")
    assert seen.text(SUBJECT).endswith("…")
    assert 200 < len(seen.text(SUBJECT)) <= 255


async def test_structure_of_a_note_arrives(desk: Desk) -> None:
    id = desk.rig.person_creates()
    made = await desk.helpdesk.add_note(id, RICH + SIGNATURE)
    seen = comments_of(await desk.helpdesk.fetch_ticket(id, TALK))
    _assert_structure(next(each.html for each in seen if each.id == made))


@pytest.mark.parametrize("rewritten", [False, True])
async def test_structure_of_a_comment_arrives(boards: Boards, rewritten: bool) -> None:
    if rewritten:
        boards.rig.rewrite_html()
    item = await _item(boards)
    made = await boards.tracker.add_comment(item, RICH + SIGNATURE)
    seen = comments_of(await boards.tracker.fetch_item(item, TALK))
    _assert_structure(next(each.html for each in seen if each.id == made))


def _assert_structure(html: str) -> None:
    for part in (
        "<h2>Steps</h2>",
        "<li>Press <strong>Export</strong></li>",
        "<blockquote><p>It <em>fails</em></p></blockquote>",
        "<pre><code>a &lt; b\n  c</code></pre>",
        '<a href="https://desk.acme.example/help?a=1&amp;b=2">the page</a>',
    ):
        assert part in html
    # A table, or its rows as lines that can be read.
    assert "<td>Elite</td><td>40</td>" in html or "<p>Elite | 40</p>" in html


async def test_nothing_of_a_note_acts_or_calls_anybody(desk: Desk) -> None:
    id = desk.rig.person_creates()
    await desk.helpdesk.add_note(id, NASTY)
    _assert_harmless(_sent(desk.rig))


async def test_nothing_of_a_comment_acts_or_calls_anybody(boards: Boards) -> None:
    item = await _item(boards)
    await boards.tracker.add_comment(item, NASTY)
    _assert_harmless(_sent(boards.rig))


def _sent(rig: HelpdeskRig | TrackerRig) -> str:
    return rig.line.requests[-1].content.decode()


def _assert_harmless(body: str) -> None:
    assert "@Ann" in body
    for part in (
        "onclick", "onerror", "script", "javascript", "iframe", "data-vss", "alert(1)", "@<",
        "@&lt;", '"mention"',
    ):  # fmt: skip
        assert part not in body
