"""Answers against the vendor's description of its API, and samples of its own example app."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from connectors.sentry.simulator import SentrySimulator
from connectors.sentry.simulator.api import ROUTES
from tests.connectors.sentry.sentry_kit import HOOK, Door
from tests.contracts import need_contracts

_ORG = "organizations/{organization_id_or_slug}"
_ISSUE = f"{_ORG}/issues/{{issue_id}}"
_LAWFUL_GAPS = {
    # In the description, and in no answer that the hub reads.
    "derivedData", "stats", "inbox", "owners", "forecast", "lifetime", "filtered", "sessionCount",
    "integrationIssues", "sentryAppIssues", "latestEventHasAttachments", "matchingEventId",
    "matchingEventEnvironment",
}  # fmt: skip
_NOT_DESCRIBED = {"comments", "notes", "activities"}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    file: Path = need_contracts("sentry") / "facts.openapi.json"
    read: dict[str, Any] = json.loads(file.read_text())
    return read


def _as_json_schema(schema: Any) -> Any:
    """`nullable` of OpenAPI 3.0 in the words of JSON Schema; fields that are sent on request only
    are not required."""
    if isinstance(schema, list):
        return [_as_json_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _as_json_schema(value) for name, value in schema.items()}
    if isinstance(made.get("required"), list):
        made["required"] = [each for each in made["required"] if each not in _LAWFUL_GAPS]
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") is True else made


def _check(description: dict[str, Any], method: str, path: str, answer: httpx.Response) -> None:
    told = description["paths"][f"/api/0/{path}/"][method]["responses"][str(answer.status_code)]
    schema = told["content"]["application/json"]["schema"]
    jsonschema_rs.validator_for(_as_json_schema(schema)).validate(answer.json())


async def test_every_described_read_fits_the_description(
    sim: SentrySimulator, api: httpx.AsyncClient, description: dict[str, Any]
) -> None:
    issue = sim.error_occurs()
    jira = sim.add_integration("jira", "acme.atlassian.test", copies_comments=True)
    sim.person_links(issue, jira, "ABC-1")
    sim.organization.link_app(issue, "https://acme.atlassian.test/browse/ABC-2", "ABC", "2")
    sim.person_assigns(issue)
    sim.person_comments(issue)
    one = f"organizations/acme/issues/{issue.id}"
    for path, described in [
        ("organizations", "organizations"),
        ("organizations/acme/issues", f"{_ORG}/issues"),
        (one, _ISSUE),
        (f"organizations/acme/issues/{issue.short_id}", _ISSUE),
        (f"{one}/external-issues", f"{_ISSUE}/external-issues"),
        (f"organizations/acme/shortids/{issue.short_id}", f"{_ORG}/shortids/{{issue_id}}"),
        ("organizations/acme/projects", f"{_ORG}/projects"),
        ("organizations/acme/integrations", f"{_ORG}/integrations"),
        ("organizations/acme/sentry-app-installations", f"{_ORG}/sentry-app-installations"),
    ]:
        answer = await api.get(f"{path}/")
        assert answer.status_code == 200, (path, answer.text)
        _check(description, "get", described, answer)


async def test_every_described_write_fits_the_description(
    sim: SentrySimulator, api: httpx.AsyncClient, description: dict[str, Any]
) -> None:
    issue = sim.error_occurs()
    jira = sim.add_integration("jira", "acme.atlassian.test")
    body = {"issueId": issue.id, "webUrl": "https://x.test/1", "project": "ABC", "identifier": "1"}
    made = await api.post(
        f"sentry-app-installations/{sim.installation}/external-issues/", json=body
    )
    _check(description, "post", "sentry-app-installations/{uuid}/external-issues", made)
    linked = await api.put(
        f"organizations/acme/issues/{issue.id}/integrations/{jira.id}/",
        json={"externalIssue": "ABC-9"},
    )
    _check(description, "put", f"{_ISSUE}/integrations/{{integration_id}}", linked)


def test_every_address_is_one_of_the_description(description: dict[str, Any]) -> None:
    described = {
        (method, tuple("{}" if part.startswith("{") else part for part in path.split("/")[3:-1]))
        for path, methods in description["paths"].items()
        for method in methods
    }
    for route in ROUTES:
        parts = tuple("{}" if part.startswith("{") else part for part in route.parts)
        known = (route.method.lower(), parts) in described
        # The list form of an issue's integrations is served, and not in the description.
        beyond = parts[-1] in _NOT_DESCRIBED or parts[-2:] == ("{}", "integrations")
        assert known or beyond, route


async def test_a_webhook_holds_what_the_vendors_samples_hold(
    sim: SentrySimulator, door: Door
) -> None:
    samples = json.loads((need_contracts("sentry") / "samples" / "webhook-mocks.json").read_text())
    issue = sim.error_occurs()
    sim.person_assigns(issue)
    async with door.client() as client:
        await sim.deliver(client)
    created, assigned = door.bodies()
    for sample, said in [
        (samples["MOCK_ISSUE_CREATED_WEBHOOK"], created),
        (samples["MOCK_ISSUE_ASSIGNED_WEBHOOK"], assigned),
    ]:
        assert said["action"] == sample["action"]
        wanted = sample["data"]["issue"].keys() - {"isUnhandled"}
        assert wanted <= said["data"]["issue"].keys()
    assert list(created) == ["action", "installation", "data", "actor"]
    assert created["installation"] == {"uuid": sim.installation}


def test_the_samples_form_is_one_the_driver_can_press() -> None:
    file = need_contracts("sentry") / "samples" / "integration-schema.json"
    element = json.loads(file.read_text())["elements"][0]
    assert element["type"] == "issue-link"
    assert {"create", "link"} <= element.keys()
    assert HOOK.startswith("https://")
