"""What is sent: patches, queries and names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.operations import ItemField, ItemLink
from connectors.azure_devops import render
from connectors.azure_devops.payloads import Relation
from tests.connectors.azure_devops.client_kit import launch


def written(request: render.Request) -> dict[str, Any]:
    """Field values of a patch by field."""
    return {
        each["path"].removeprefix("/fields/"): each["value"]
        for each in request.json
        if each["path"].startswith("/fields/")
    }


def test_create_carries_fields_tag_back_link_and_marker_in_one_call() -> None:
    request = render.create(launch(type="User Story"), "My Project")
    assert request.method == "POST"
    assert request.path == "My%20Project/_apis/wit/workitems/$User%20Story"
    assert request.content_type == "application/json-patch+json"
    assert request.query == {"$expand": "all", "api-version": "7.1"}
    assert written(request) == {
        "System.Title": "[Globex] Export fails",
        "Microsoft.VSTS.TCM.ReproSteps": "<p>Press <strong>Export</strong></p>",
        "Microsoft.VSTS.Common.Priority": 1,
        "System.Tags": "ticketbridge",
    }
    assert request.json[-1] == {
        "op": "add",
        "path": "/relations/-",
        "value": {
            "rel": "Hyperlink",
            "url": "https://desk.acme.example/tickets/812",
            "attributes": {"comment": "ticketbridge:m-812-bug"},
        },
    }


def test_create_keeps_given_tags_beside_ours_and_sends_no_empty_field() -> None:
    fields = {"System.Title": "T", "System.Tags": "customer; Ticketbridge", "Custom.A": None}
    sent = written(render.create(launch(fields=fields), "P"))
    assert sent == {"System.Title": "T", "System.Tags": "customer; ticketbridge"}


def test_title_is_one_line_of_at_most_255_characters() -> None:
    sent = written(render.create(launch(fields={"System.Title": "a\n\nb " + "x" * 300}), "P"))
    assert sent["System.Title"].startswith("a b xxx")
    assert len(sent["System.Title"]) == 255


def test_plain_text_in_an_html_field_keeps_its_lines() -> None:
    fields = {"System.Description": "1 < 2\nnext", "Custom.Notes": "a\nb"}
    sent = written(render.create(launch(fields=fields), "P"))
    assert sent["System.Description"] == "<p>1 &lt; 2<br>next</p>"
    assert sent["Custom.Notes"] == "a\nb"


def test_fields_are_guarded_by_the_revision_first() -> None:
    fields = [ItemField("System.State", "Active"), ItemField("System.AssignedTo", None)]
    request = render.set_fields("13", fields, 3)
    assert (request.method, request.path) == ("PATCH", "_apis/wit/workitems/13")
    assert request.json == [
        {"op": "test", "path": "/rev", "value": 3},
        {"op": "add", "path": "/fields/System.State", "value": "Active"},
        {"op": "add", "path": "/fields/System.AssignedTo", "value": ""},
    ]
    assert render.set_fields("13", fields, None).json[0]["op"] == "add"


def test_links_are_removed_last_position_first() -> None:
    request = render.set_links("13", [ItemLink("https://d/1", "c")], [1, 4, 2], 3)
    paths = [each["path"] for each in request.json]
    assert paths == ["/rev", "/relations/4", "/relations/2", "/relations/1", "/relations/-"]


def test_link_is_found_by_address_and_comment_among_hyperlinks_only() -> None:
    def relation(rel: str, url: str, comment: str | None) -> Relation:
        return Relation(rel=rel, url=url, attributes={"comment": comment})

    relations = [
        relation("System.LinkTypes.Related", "https://d/1", "c"),
        relation("Hyperlink", "https://d/1", "a person's"),
        relation("Hyperlink", "https://d/1", "c"),
        relation("Hyperlink", "https://d/2", None),
    ]
    assert render.link_indices(relations, [ItemLink("https://d/1", "c")]) == [2]
    assert render.link_indices(relations, [ItemLink("https://d/2", "")]) == [3]


def test_query_asks_for_the_tag_and_the_exact_time() -> None:
    request = render.query_tagged(datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC))
    assert request.query["timePrecision"] == "true"
    assert request.json["query"] == (
        "SELECT [System.Id] FROM WorkItems WHERE [System.Tags] CONTAINS 'ticketbridge' AND "
        "[System.CreatedDate] >= '2026-03-02T09:00:01.000Z' ORDER BY [System.CreatedDate]"
    )


def test_comment_is_sent_clean() -> None:
    request = render.add_comment("P", "13", "<p onclick=x()>Hi</p><script>x</script>")
    assert request.json == {"text": "<p>Hi</p>"}
    assert request.query == {"format": "html", "api-version": "7.1-preview.4"}


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("screen.png", "screen.png"),
        ("..\\..\\etc/passwd", "etc_passwd"),
        ('a<b>:"c|d?.tar.gz', "a_b_c_d_.tar.gz"),
        ("", "attachment"),
        ("...", "attachment"),
        ("x" * 200 + ".png", "x" * 116 + ".png"),
        ("a\r\nb.txt", "a_b.txt"),
    ],
)
def test_file_name_is_made_safe(name: str, sent: str) -> None:
    assert render.file_name(name) == sent


@given(st.text(max_size=300))
def test_file_name_of_any_text_is_short_and_plain(name: str) -> None:
    sent = render.file_name(name)
    assert 0 < len(sent) <= 120
    assert not set(sent) & set('\\/:*?"<>|#%&\n\0')
    sent.encode()
