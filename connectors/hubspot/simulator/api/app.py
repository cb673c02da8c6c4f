"""The API put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from connectors.hubspot.simulator.api import prefixes
from connectors.hubspot.simulator.api.account import Account, WebhookSettings
from connectors.hubspot.simulator.api.allowance import Allowance
from connectors.hubspot.simulator.api.associating import Associations
from connectors.hubspot.simulator.api.batches import Batches
from connectors.hubspot.simulator.api.conversing import Conversations
from connectors.hubspot.simulator.api.filing import Files
from connectors.hubspot.simulator.api.gate import Gate
from connectors.hubspot.simulator.api.metadata import OwnersApi, Pipelines, Properties
from connectors.hubspot.simulator.api.objects import Objects
from connectors.hubspot.simulator.portal import Portal
from connectors.hubspot.simulator.problems import ApiProblem

_Handler = Callable[[Request], Awaitable[Response]]
_Entry = tuple[str, str, _Handler]
_MERGEABLE = ("tickets", "companies", "contacts")


def build_api(portal: Portal) -> ASGIApp:
    """The vendor's API over one account."""
    allowance = Allowance(portal.dials)

    async def refuse(_request: Request, error: Exception) -> Response:
        if not isinstance(error, ApiProblem):
            raise error
        return JSONResponse(error.body(portal.correlation_id()), error.status)

    async def unknown(_request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        known = error.status_code == 405
        category = "METHOD_NOT_ALLOWED" if known else "OBJECT_NOT_FOUND"
        problem = ApiProblem(error.status_code, category, "resource not found")
        return JSONResponse(problem.body(portal.correlation_id()), error.status_code)

    app = Starlette(
        routes=build_routes(portal, allowance),
        exception_handlers={ApiProblem: refuse, HTTPException: unknown},
    )
    app.router.redirect_slashes = False
    return Gate(app, portal, allowance)


def build_routes(portal: Portal, allowance: Allowance) -> list[Route]:
    """Every address of the API with its handler."""
    return [
        *_object_routes(portal),
        *_association_routes(portal),
        *_metadata_routes(portal),
        *_conversation_routes(portal),
        *_file_routes(portal),
        *_account_routes(portal, allowance),
    ]


def _under(roots: tuple[str, ...], *entries: _Entry) -> list[Route]:
    return [
        Route(root + path, handler, methods=[method])
        for root in roots
        for method, path, handler in entries
    ]


def _object_routes(portal: Portal) -> list[Route]:
    one, many = Objects(portal), Batches(portal)
    merges: list[_Entry] = [("POST", f"/{name}/merge", one.merge) for name in _MERGEABLE]
    return _under(
        prefixes.OBJECTS,
        *merges,
        ("POST", "/contacts/gdpr-delete", one.gdpr_delete),
        ("GET", "/{objectType}", one.list_all),
        ("POST", "/{objectType}", one.create),
        ("POST", "/{objectType}/search", one.search),
        ("POST", "/{objectType}/batch/read", many.read),
        ("POST", "/{objectType}/batch/create", many.create),
        ("POST", "/{objectType}/batch/update", many.update),
        ("POST", "/{objectType}/batch/upsert", many.upsert),
        ("POST", "/{objectType}/batch/archive", many.archive),
        ("GET", "/{objectType}/{objectId}", one.read),
        ("PATCH", "/{objectType}/{objectId}", one.update),
        ("DELETE", "/{objectType}/{objectId}", one.archive),
    )


def _association_routes(portal: Portal) -> list[Route]:
    links = Associations(portal)
    of_record = "/{objectType}/{objectId}/associations"
    between = "/{fromObjectType}/{toObjectType}"
    return [
        *_under(
            prefixes.ASSOCIATION_WRITES,
            ("PUT", of_record + "/default/{toObjectType}/{toObjectId}", links.write_default),
            ("PUT", of_record + "/{toObjectType}/{toObjectId}", links.write),
            ("DELETE", of_record + "/{toObjectType}/{toObjectId}", links.remove),
        ),
        *_under(prefixes.ASSOCIATION_LISTS, ("GET", of_record + "/{toObjectType}", links.list_all)),
        *_under(
            prefixes.ASSOCIATION_BATCHES,
            ("GET", between + "/labels", links.labels),
            ("POST", between + "/batch/read", links.batch_read),
            ("POST", between + "/batch/create", links.batch_create),
            ("POST", between + "/batch/associate/default", links.batch_default),
            ("POST", between + "/batch/archive", links.batch_archive),
        ),
    ]


def _metadata_routes(portal: Portal) -> list[Route]:
    lines, fields, owners = Pipelines(portal), Properties(portal), OwnersApi(portal)
    pipeline = "/{objectType}/{pipelineId}"
    stage = pipeline + "/stages/{stageId}"
    return [
        *_under(
            prefixes.PIPELINES,
            ("GET", "/{objectType}", lines.list_all),
            ("POST", "/{objectType}", lines.create),
            ("GET", pipeline, lines.read),
            ("PATCH", pipeline, lines.update),
            ("DELETE", pipeline, lines.archive),
            ("GET", pipeline + "/stages", lines.stages),
            ("POST", pipeline + "/stages", lines.create_stage),
            ("GET", stage, lines.read_stage),
            ("PATCH", stage, lines.update_stage),
            ("DELETE", stage, lines.archive_stage),
        ),
        *_under(
            prefixes.PROPERTIES,
            ("GET", "/{objectType}", fields.list_all),
            ("POST", "/{objectType}", fields.create),
            ("GET", "/{objectType}/groups", fields.groups),
            ("POST", "/{objectType}/groups", fields.create_group),
            ("POST", "/{objectType}/batch/create", fields.batch_create),
            ("POST", "/{objectType}/batch/read", fields.batch_read),
            ("GET", "/{objectType}/{propertyName}", fields.read),
            ("PATCH", "/{objectType}/{propertyName}", fields.update),
            ("DELETE", "/{objectType}/{propertyName}", fields.archive),
        ),
        # One official SDK calls the list with a trailing slash, the other without.
        *_under(
            prefixes.OWNERS,
            ("GET", "", owners.list_all),
            ("GET", "/", owners.list_all),
            ("GET", "/{ownerId}", owners.read),
        ),
    ]


def _conversation_routes(portal: Portal) -> list[Route]:
    talk = Conversations(portal)
    thread = "/threads/{threadId}"
    return _under(
        prefixes.CONVERSATIONS,
        ("GET", "/threads", talk.threads),
        ("GET", thread, talk.thread),
        ("PATCH", thread, talk.update),
        ("PUT", thread + "/assignee", talk.assign),
        ("GET", thread + "/messages", talk.messages),
        ("POST", thread + "/messages", talk.post),
        ("GET", thread + "/messages/{messageId}", talk.message),
        ("GET", thread + "/messages/{messageId}/original-content", talk.original),
        ("GET", "/actors/{actorId}", talk.actor),
        ("POST", "/actors/batch/read", talk.actors),
    )


def _file_routes(portal: Portal) -> list[Route]:
    files = Files(portal)
    return [
        *_under(
            prefixes.FILE_TRANSFERS,
            ("POST", "", files.upload),
            ("GET", "/{fileId}/signed-url", files.signed_url),
        ),
        *_under(
            prefixes.FILES,
            ("GET", "/{fileId}", files.read),
            ("DELETE", "/{fileId}", files.archive),
        ),
        Route("/filemanager/signed/{fileId}/{name}", files.signed_download),
        Route("/hubfs/{portalId}/{fileId}/{name}", files.plain_download),
    ]


def _account_routes(portal: Portal, allowance: Allowance) -> list[Route]:
    account, hooks = Account(portal, allowance), WebhookSettings(portal)
    return [
        *_under(
            prefixes.ACCOUNT,
            ("GET", "/details", account.details),
            ("GET", "/api-usage/daily/private-apps", account.usage),
        ),
        *_under(prefixes.TOKENS, ("POST", "", account.issue_token)),
        Route("/oauth/v1/access-tokens/{token}", account.token_info),
        *_under(
            prefixes.WEBHOOKS,
            ("GET", "/{appId}/settings", hooks.settings),
            ("PUT", "/{appId}/settings", hooks.set_settings),
            ("DELETE", "/{appId}/settings", hooks.clear_settings),
            ("GET", "/{appId}/subscriptions", hooks.list_all),
            ("POST", "/{appId}/subscriptions", hooks.create),
            ("POST", "/{appId}/subscriptions/batch/update", hooks.batch_update),
            ("GET", "/{appId}/subscriptions/{subscriptionId}", hooks.read),
            ("PATCH", "/{appId}/subscriptions/{subscriptionId}", hooks.update),
            ("DELETE", "/{appId}/subscriptions/{subscriptionId}", hooks.remove),
        ),
    ]
