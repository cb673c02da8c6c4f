"""Requests go where the vendor has published an endpoint, in every API version."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from connectors.hubspot.render import Renderer, Request
from tests.connectors.hubspot.hub_world import NOON
from tests.contracts import need_contracts


def _all(version: str) -> list[Request]:
    render = Renderer(version)
    return [
        render.ticket("1", ["subject"]),
        render.records("tickets", ["1"], ["subject"], ["hs_ticket_category"]),
        render.notes(["1"]),
        render.associated("companies", {"1": None}),
        render.write("1", {"subject": "x"}),
        render.new_note("1", "<p>x</p>", NOON),
        render.changed("tickets", NOON, NOON + timedelta(hours=1), 0),
        render.survivor("1"),
        render.file("1"),
        render.signed_url("1"),
        render.company("1", ["name"]),
        render.pipelines(),
        render.properties(),
        render.account(),
    ]


def test_every_request_has_a_published_endpoint() -> None:
    folder = need_contracts("hubspot")
    published = json.loads((folder / "from-apache2-sdk/endpoints.2026-03.json").read_text("utf-8"))
    patterns = {
        (each["method"], re.compile(re.sub(r"\{\w+\}", "[^/]+", each["path"])))
        for each in published
    }
    unknown = [
        f"{request.method} {request.path}"
        for request in _all("2026-03")
        if not any(m == request.method and p.fullmatch(request.path) for m, p in patterns)
    ]
    assert unknown == []


@pytest.mark.parametrize("version", ["2026-03", "2026-09"])
def test_dated_version_stands_in_every_path_but_those_of_files(version: str) -> None:
    paths = [request.path for request in _all(version)]
    assert {p for p in paths if version not in p and "/files/" not in p} == set()
    # 2026-09 cannot sign addresses of files.
    assert {p for p in paths if "/files/" in p} == {
        "/files/2026-03/files/1",
        "/files/2026-03/files/1/signed-url",
    }


def test_former_version_uses_the_former_paths() -> None:
    render = Renderer("v3")
    assert render.ticket("1", []).path == "/crm/v3/objects/tickets/1"
    assert render.associated("notes", {"1": None}).path == (
        "/crm/v4/associations/tickets/notes/batch/read"
    )
    assert render.threads("1", None).path == "/conversations/v3/conversations/threads"


def test_note_hangs_on_its_ticket_and_has_its_time() -> None:
    body = Renderer("2026-03").new_note("5158001", "<p>x</p>", NOON).body
    assert body == {
        "properties": {"hs_timestamp": "2026-11-22T12:00:00.000Z", "hs_note_body": "<p>x</p>"},
        "associations": [
            {
                "to": {"id": "5158001"},
                "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 228}],
            }
        ],
    }
