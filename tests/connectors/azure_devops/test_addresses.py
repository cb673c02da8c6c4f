"""Which texts name a work item of ours."""

from __future__ import annotations

import pytest

from connectors.azure_devops.addresses import Place

CLOUD = Place("https://dev.azure.com", "acme")
SERVER = Place("https://tfs.acme.example:8443", "Default Collection")


@pytest.mark.parametrize(
    "text",
    [
        "123",
        " #123 ",
        "AB#123",
        "ab#123",
        "0123",
        "https://dev.azure.com/acme/Platform/_workitems/edit/123",
        "https://dev.azure.com/acme/Platform/_workitems/edit/123/",
        "HTTPS://DEV.AZURE.COM/ACME/Platform/_WorkItems/Edit/123?triage=true#x",
        "https://dev.azure.com/acme/My%20Team/_boards/board/t/X/Stories/?workitem=123",
        "https://dev.azure.com/acme/Platform/_backlogs/backlog/?a=b&workItem=123",
        "https://dev.azure.com/acme/Platform/_queries/edit/9/?workitem=123",
        "https://dev.azure.com/acme/Platform/_workitems?id=123&_a=edit",
        "https://dev.azure.com/acme/web/wi.aspx?pcguid=c12d&id=123",
        "https://dev.azure.com/acme/_apis/wit/workItems/123",
        "https://acme.visualstudio.com/Platform/_workitems/edit/123",
        "https://acme.visualstudio.com/DefaultCollection/Platform/_workitems/edit/123",
    ],
)
def test_id_key_or_own_address_names_the_item(text: str) -> None:
    assert CLOUD.item_id(text) == "123"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#",
        "AB123",
        "PROJ-123",
        "12.3",
        "-1",
        "0",
        "99999999999",
        "4294967296",
        "١٢٣",
        "https://dev.azure.com/other/Platform/_workitems/edit/123",
        "https://dev.azure.com/other/acme/_workitems/edit/123",
        "https://dev.azure.com.evil.example/acme/Platform/_workitems/edit/123",
        "https://evil.example/acme/Platform/_workitems/edit/123",
        "https://other.visualstudio.com/Platform/_workitems/edit/123",
        "https://dev.azure.com:8443/acme/Platform/_workitems/edit/123",
        "https://dev.azure.com/acme/Platform/_git/repo/pullrequest/123",
        "https://dev.azure.com/acme/Platform/_build/results?buildId=123&id=123",
        "https://dev.azure.com/acme/Platform/_workitems/edit/123x",
        "https://[bad/acme/_workitems/edit/123",
        "https://dev.azure.com:x/acme/_workitems/edit/123",
        "javascript:/_workitems/edit/123",
    ],
)
def test_anything_else_names_nothing(text: str) -> None:
    assert CLOUD.item_id(text) is None


def test_server_of_ones_own_is_known_by_host_port_and_collection() -> None:
    path = "/Default%20Collection/Platform/_workitems/edit/5"
    assert SERVER.item_id(f"https://tfs.acme.example:8443{path}") == "5"
    assert SERVER.item_id(f"https://tfs.acme.example{path}") is None
    assert SERVER.item_id("https://defaultcollection.visualstudio.com/_workitems/edit/5") is None


def test_page_address_is_percent_encoded() -> None:
    page = SERVER.page_url("My Project", 5)
    assert page == (
        "https://tfs.acme.example:8443/Default%20Collection/My%20Project/_workitems/edit/5"
    )
    assert SERVER.item_id(page) == "5"
