"""Who gets in: nobody without a valid token, and no role beyond what it may do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.api.access import Access, AccessRole
from bridge.api.application import openapi_document
from bridge.store import tokens
from tests.api.doors import ADMIN, Doors, refused


def _routes() -> Iterator[tuple[str, str]]:
    for path, methods in openapi_document()["paths"].items():
        if path.startswith("/api/"):
            for method in methods:
                filled = path.replace("{connection}", "hubspot").replace("{id}", "7")
                yield method.upper(), filled.replace("{name}", "hubspot-success")


ROUTES = sorted(_routes())

NEEDED = {
    ("POST", "/api/v1/sign-in-links"): "admin",
    ("DELETE", "/api/v1/sign-in-links"): "admin",
    ("POST", "/api/v1/tickets/hubspot/7/check"): "csm",
    ("POST", "/api/v1/tickets/hubspot/7/escalate"): "csm",
    ("GET", "/api/v1/tickets/hubspot/7/intake"): "csm",
    ("GET", "/api/v1/escalations"): "csm",
    ("POST", "/api/v1/escalations/7/accept"): "operator",
    ("POST", "/api/v1/escalations/7/decline"): "operator",
    ("POST", "/api/v1/links"): "operator",
    ("DELETE", "/api/v1/links/7"): "operator",
    ("POST", "/api/v1/deliveries/7/replay"): "operator",
    ("POST", "/api/v1/deliveries/replay"): "operator",
    ("DELETE", "/api/v1/deliveries/7/payload"): "admin",
    ("POST", "/api/v1/tickets/hubspot/7/launch"): "operator",
    ("POST", "/api/v1/signals/hubspot/7/launch"): "operator",
    ("POST", "/api/v1/findings/7/retry"): "operator",
    ("POST", "/api/v1/findings/7/resolve"): "operator",
    ("POST", "/api/v1/findings/7/ignore"): "operator",
    ("GET", "/api/v1/drafts"): "csm",
    ("GET", "/api/v1/drafts/7"): "csm",
    ("POST", "/api/v1/drafts/7/approve"): "csm",
    ("POST", "/api/v1/drafts/7/discard"): "csm",
    ("POST", "/api/v1/tickets/hubspot/7/drafts"): "csm",
    ("POST", "/api/v1/hygiene"): "operator",
    ("POST", "/api/v1/hygiene/7/repair"): "operator",
    ("GET", "/api/v1/held"): "operator",
    ("GET", "/api/v1/promises"): "viewer",
    ("GET", "/api/v1/held/7"): "operator",
    ("POST", "/api/v1/held/7/release"): "operator",
    ("POST", "/api/v1/held/7/rewrite"): "operator",
    ("POST", "/api/v1/held/7/reject"): "operator",
    ("POST", "/api/v1/findings/7/redact"): "operator",
    ("POST", "/api/v1/releases/7/customers"): "operator",
    ("POST", "/api/v1/releases/7/reached"): "operator",
    ("PUT", "/api/v1/mappings/hubspot-success/draft"): "admin",
    ("POST", "/api/v1/mappings/hubspot-success/activate"): "admin",
    ("POST", "/api/v1/mappings/hubspot-success/campaign/pause"): "admin",
    ("POST", "/api/v1/mappings/hubspot-success/campaign/resume"): "admin",
    ("POST", "/api/v1/mappings/hubspot-success/campaign/cancel"): "admin",
    ("POST", "/api/v1/backfill"): "operator",
    ("POST", "/api/v1/audits"): "operator",
    ("POST", "/api/v1/tickets/hubspot/7/canary"): "admin",
    ("POST", "/api/v1/jobs/7/pause"): "operator",
    ("POST", "/api/v1/jobs/7/resume"): "operator",
    ("POST", "/api/v1/jobs/7/cancel"): "operator",
    ("POST", "/api/v1/erase"): "admin",
    ("POST", "/api/v1/connections/hubspot-success/pause"): "admin",
    ("POST", "/api/v1/connections/hubspot-success/resume"): "admin",
    ("POST", "/api/v1/connections/hubspot-success/check"): "admin",
    ("GET", "/api/v1/connections/hubspot-success/schema"): "admin",
    ("GET", "/api/v1/tokens"): "admin",
    ("POST", "/api/v1/tokens"): "admin",
    ("DELETE", "/api/v1/tokens/7"): "admin",
}
"""Every route that needs more than the role viewer."""

BODIES = {
    "/api/v1/tickets/hubspot/7/drafts": {"text": "x"},
    "/api/v1/releases/7/customers": {"helpdesk": "hubspot", "customer": "Acme", "reason": "asked"},
    "/api/v1/releases/7/reached": {"helpdesk": "hubspot", "group": "everyone"},
    "/api/v1/hygiene": {},
    "/api/v1/findings/7/redact": {"confirm": True, "reason": "x"},
    "/api/v1/connections/hubspot-success/pause": {"reason": "x"},
    "/api/v1/tokens": {"name": "x", "role": "admin"},
    "/api/v1/sign-in-links": {"name": "x", "role": "admin"},
    "/api/v1/erase": {"email": "ana@client.example"},
    "/api/v1/tickets/hubspot/7/launch": {"route": "bug"},
    "/api/v1/tickets/hubspot/7/escalate": {"reason": "x"},
    "/api/v1/escalations/7/accept": {"note": "x"},
    "/api/v1/escalations/7/decline": {"note": "x"},
    "/api/v1/held/7/release": {"reason": "x"},
    "/api/v1/held/7/rewrite": {"reason": "x", "text": "y"},
    "/api/v1/held/7/reject": {"reason": "x"},
    "/api/v1/deliveries/replay": {
        "connection": "hubspot",
        "since": "2026-05-12T08:00:00Z",
        "until": "2026-05-12T09:00:00Z",
    },
    "/api/v1/links": {
        "ticket": {"connection": "hubspot", "id": "7"},
        "work_item": {"connection": "boards", "id": "7"},
    },
}


def test_needed_roles_name_routes_that_exist() -> None:
    assert NEEDED.keys() <= set(ROUTES)


async def test_every_route_without_a_token_is_closed(quiet: Doors) -> None:
    before = await quiet.stored()
    for method, path in ROUTES:
        answer = await quiet.client.request(method, path, json=BODIES.get(path))
        refused(answer, 401, "unauthorised")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert await quiet.stored() == before


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer tb_nonsense",
        f"Basic {ADMIN}",
        ADMIN,
        f"Bearer {ADMIN}x",
        f"Bearer {ADMIN[:-1]}",
        f"Bearer {ADMIN} {ADMIN}",
        "Bearer \x80\xff",
    ],
)
async def test_token_of_nobody_opens_nothing(quiet: Doors, header: str) -> None:
    answer = await quiet.client.get(
        "/api/v1/tickets", headers={b"Authorization": header.encode("latin-1")}
    )
    refused(answer, 401, "unauthorised")


async def test_token_in_the_query_opens_nothing(quiet: Doors) -> None:
    refused(await quiet.client.get(f"/api/v1/tickets?token={ADMIN}"), 401, "unauthorised")


async def test_unknown_address_without_a_token_is_closed_too(quiet: Doors) -> None:
    refused(await quiet.client.get("/api/v1/nothing"), 401, "unauthorised")


async def test_no_token_configured_means_closed(quiet: Doors) -> None:
    quiet.app.state.access = Access()
    for header in ("Bearer", "Bearer ", "Bearer  ", 'Bearer ""'):
        answer = await quiet.client.get("/api/v1/tickets", headers={"Authorization": header})
        refused(answer, 401, "unauthorised")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_admin_token_of_the_environment_is_admin(quiet: Doors, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {ADMIN}"}
    assert (await quiet.client.get("/api/v1/tokens", headers=headers)).status_code == 200


async def test_local_token_is_admin_while_the_process_lives(quiet: Doors) -> None:
    headers = {"Authorization": "Bearer of-this-start"}
    refused(await quiet.client.get("/api/v1/tokens", headers=headers), 401, "unauthorised")
    quiet.app.state.access = replace(quiet.app.state.access, local_token="of-this-start")
    assert (await quiet.client.get("/api/v1/tokens", headers=headers)).status_code == 200


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_token_that_no_longer_holds_opens_nothing(doors: Doors, how: str) -> None:
    span = timedelta(seconds=-1) if how == "expired" else None
    id, secret = await doors.make_token("admin", span)
    headers = {"Authorization": f"Bearer {secret}"}
    if how == "revoked":
        assert (await doors.client.get("/api/v1/tickets", headers=headers)).status_code == 200
        async with doors.hub.db.write() as connection:
            assert await tokens.revoke(connection, id, doors.hub.now())
    before = await doors.stored()
    for method, path in ROUTES:
        answer = await doors.client.request(method, path, json=BODIES.get(path), headers=headers)
        refused(answer, 401, "unauthorised")
    assert await doors.stored() == before


@pytest.mark.parametrize("role", list(AccessRole))
async def test_role_opens_what_it_may_do_and_nothing_more(quiet: Doors, role: AccessRole) -> None:
    headers = await quiet.headers(role.value)
    before = await quiet.stored()
    for method, path in ROUTES:
        needed = AccessRole(NEEDED.get((method, path), "viewer"))
        if role.covers(needed):
            continue
        answer = await quiet.client.request(method, path, json=BODIES.get(path), headers=headers)
        said = refused(answer, 403, "forbidden")
        assert needed.value in said["detail"]
        assert role.value in said["detail"]
    assert await quiet.stored() == before


@pytest.mark.parametrize("role", list(AccessRole))
async def test_role_is_let_through_where_it_may(quiet: Doors, role: AccessRole) -> None:
    headers = await quiet.headers(role.value)
    for method, path in ROUTES:
        if role.covers(AccessRole(NEEDED.get((method, path), "viewer"))):
            answer = await quiet.client.request(
                method, path, json=BODIES.get(path), headers=headers
            )
            assert answer.status_code not in (401, 403), (method, path, answer.text)


async def test_stored_token_is_kept_only_as_a_digest(doors: Doors) -> None:
    _, secret = await doors.make_token("viewer")
    assert secret not in repr(await doors.stored())
