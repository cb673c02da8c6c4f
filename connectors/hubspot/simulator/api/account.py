"""Account details, usage, OAuth tokens and the app's webhook settings.

https://developers.hubspot.com/docs/api/settings/account-information-api
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.hubspot.simulator.api.allowance import Allowance
from connectors.hubspot.simulator.api.asking import inputs_of, json_body
from connectors.hubspot.simulator.api.batches import batch_answer
from connectors.hubspot.simulator.portal import Portal
from connectors.hubspot.simulator.problems import ApiProblem, invalid, not_found
from connectors.hubspot.simulator.stamps import iso
from connectors.hubspot.simulator.subscriptions import Subscription


class Account:
    """Handlers of `/account-info` and `/oauth`."""

    def __init__(self, portal: Portal, allowance: Allowance) -> None:
        self._portal = portal
        self._allowance = allowance

    async def details(self, request: Request) -> Response:
        """Which account a token belongs to."""
        return JSONResponse(
            {
                "portalId": self._portal.portal_id,
                "accountType": "STANDARD",
                "timeZone": "UTC",
                "uiDomain": "app.hubspot.com",
                "dataHostingLocation": "eu1",
                "companyCurrency": "EUR",
                "additionalCurrencies": [],
                "utcOffset": "+00:00",
                "utcOffsetMilliseconds": 0,
            }
        )

    async def usage(self, request: Request) -> Response:
        """How much of the day's allowance is gone."""
        now = self._portal.clock()
        entry = {
            "name": "private-apps-api-calls-daily",
            "usageLimit": self._portal.dials.daily_limit,
            "currentUsage": self._allowance.used_today(now),
            "collectedAt": iso(now),
            "fetchStatus": "SUCCESS",
            "resetsAt": f"{iso(now)[:10]}T23:59:59.999Z",
        }
        return JSONResponse({"results": [entry]})

    async def issue_token(self, request: Request) -> Response:
        """A new access token for a code or a refresh token."""
        form = {key: str(value) for key, value in (await request.form()).items()}
        return JSONResponse(self._portal.tokens.issue(form, self._portal.clock()))

    async def token_info(self, request: Request) -> Response:
        """Which account an access token is for."""
        token = request.path_params["token"]
        left = self._portal.tokens.seconds_left(token, self._portal.clock())
        if left is None:
            raise not_found("Token", token)
        return JSONResponse(
            {
                "token": token,
                "hub_id": self._portal.portal_id,
                "hub_domain": "client.example",
                "app_id": self._portal.app_id,
                "user": "alex.agent@vendor.example",
                "user_id": 9001,
                "scopes": ["tickets"],
                "token_type": "access",
                "expires_in": left,
            }
        )


class WebhookSettings:
    """Handlers of the app's target address and subscriptions."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._subscriptions = portal.outbox.subscriptions

    def _check_app(self, request: Request) -> None:
        if self._portal.dials.service_key_mode:
            message = "A service key cannot manage webhooks"
            raise ApiProblem(403, "MISSING_SCOPES", message)
        if request.path_params["appId"] != str(self._portal.app_id):
            raise not_found("App", request.path_params["appId"])

    def _subscription(self, request: Request) -> Subscription:
        self._check_app(request)
        key = request.path_params["subscriptionId"]
        found = self._subscriptions.by_id.get(int(key) if key.isdigit() else 0)
        if found is None:
            raise not_found("Subscription", key)
        return found

    def _settings(self) -> dict[str, Any]:
        dials, now = self._portal.dials, iso(self._portal.clock())
        throttling = {"maxConcurrentRequests": dials.max_concurrent_requests}
        known = {"targetUrl": dials.webhook_url, "throttling": throttling}
        return known | {"createdAt": now, "updatedAt": now}

    async def settings(self, request: Request) -> Response:
        """Where webhooks go."""
        self._check_app(request)
        if self._portal.dials.webhook_url is None:
            raise not_found("Webhook settings of app", request.path_params["appId"])
        return JSONResponse(self._settings())

    async def set_settings(self, request: Request) -> Response:
        """Changes where webhooks go, and how many at once."""
        self._check_app(request)
        body, dials = await json_body(request), self._portal.dials
        target = body.get("targetUrl")
        if not isinstance(target, str) or not target.startswith("http"):
            raise invalid("targetUrl is required")
        dials.webhook_url = target
        throttling = body.get("throttling") or {}
        dials.max_concurrent_requests = int(throttling.get("maxConcurrentRequests", 10))
        return JSONResponse(self._settings())

    async def clear_settings(self, request: Request) -> Response:
        """204; nothing is sent any more."""
        self._check_app(request)
        self._portal.dials.webhook_url = None
        return Response(status_code=204)

    async def list_all(self, request: Request) -> Response:
        """Every subscription."""
        self._check_app(request)
        return JSONResponse({"results": [one.body() for one in self._subscriptions]})

    async def create(self, request: Request) -> Response:
        """201 with the subscription, inactive unless asked otherwise."""
        self._check_app(request)
        body = await json_body(request)
        made = self._subscriptions.add(
            str(body.get("eventType")),
            self._portal.clock(),
            property_name=body.get("propertyName"),
            object_type_id=body.get("objectTypeId"),
            active=bool(body.get("active", False)),
        )
        return JSONResponse(made.body(), 201)

    async def read(self, request: Request) -> Response:
        """One subscription."""
        return JSONResponse(self._subscription(request).body())

    async def update(self, request: Request) -> Response:
        """Switches a subscription on or off; nothing else can be changed."""
        subscription, body = self._subscription(request), await json_body(request)
        self._switch(subscription, bool(body.get("active")))
        return JSONResponse(subscription.body())

    async def remove(self, request: Request) -> Response:
        """204."""
        del self._subscriptions.by_id[self._subscription(request).id]
        return Response(status_code=204)

    async def batch_update(self, request: Request) -> Response:
        """Switches several on or off."""
        self._check_app(request)
        results = []
        for entry in inputs_of(await json_body(request)):
            found = self._subscriptions.by_id.get(int(entry.get("id") or 0))
            if found is None:
                raise not_found("Subscription", str(entry.get("id")))
            self._switch(found, bool(entry.get("active")))
            results.append(found.body())
        return batch_answer(self._portal, results, [])

    def _switch(self, subscription: Subscription, active: bool) -> None:
        subscription.active = active
        subscription.updated_at = self._portal.clock()
