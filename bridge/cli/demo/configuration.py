"""bridge.yaml and the mappings of the demo, as somebody would write them for these accounts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bridge
from bridge.cli.demo.cast import LEADS
from bridge.cli.demo.cast_desk import PROJECT
from bridge.cli.demo.desk import HUB_ACCOUNT, JIRA_SITE, SUBDOMAIN
from bridge.cli.demo.projects import SITE, STATUSES
from bridge.cli.demo.vendors import HOOK_USER, HookSecrets, Vendors

MAPPINGS = ("more/customer-success-rocketlane.yaml", "more/support-with-patches.yaml")
"""Ready-made ones, as they are: customer success on HubSpot, a support desk on Zendesk."""
_TIMING = {"sweep_s": 3, "debounce_ms": 100}
_LAUNCH_LIMIT = 10_000
"""An hour: a demo that is told to hurry launches more than people would."""
_UNHURRIED = {"rate": 50, "lists_per_minute": 3000}
"""The simulated Rocketlane has no limits, and nobody wants to watch the hub keep to them."""


def write_files(
    folder: Path, vendors: Vendors, hooks: HookSecrets, hub: str, at: Mapping[str, str]
) -> None:
    """Everything that the hub reads at its start; `at` holds the vendors' addresses."""
    mappings = folder / "mappings"
    mappings.mkdir(parents=True)
    (folder / "data").mkdir()
    for name in MAPPINGS:
        shutil.copy(shipped_mapping(name), mappings / Path(name).name)
    content = {
        "public_url": hub,
        "launch_limit": _LAUNCH_LIMIT,
        "connections": {
            **_customer_success(vendors, hooks, at),
            **_support_desk(vendors, hooks, at),
            **_channels(vendors),
        },
        "people": {"development_leads": list(LEADS)},
    }
    # JSON is YAML, so nothing has to be escaped by hand.
    (folder / "bridge.yaml").write_text(json.dumps(content, indent=2), encoding="utf-8")
    (folder / "bridge.yaml").chmod(0o600)


def _customer_success(
    vendors: Vendors, hooks: HookSecrets, at: Mapping[str, str]
) -> dict[str, Any]:
    helpdesk, boards, projects = vendors.helpdesk, vendors.boards, vendors.projects
    return {
        "hubspot": {
            "vendor": "hubspot",
            "base_url": at["hubspot"],
            "token": vendors.helpdesk_token,
            "webhook_secret": vendors.helpdesk_secret,
            "portal_id": helpdesk.portal.portal_id,
            "app_id": helpdesk.portal.app_id,
            "search_lag_s": 0,
            **_TIMING,
        },
        "boards": {
            "vendor": "azure_devops",
            "base_url": at["boards"],
            "organization": boards.organization,
            "project": boards.projects[0].name,
            "token": boards.pat,
            "webhook_user": HOOK_USER,
            "webhook_password": hooks.boards_password,
            **_TIMING,
        },
        "rocketlane": {
            "vendor": "rocketlane",
            "base_url": at["rocketlane"],
            "api_key": projects.key,
            "account": projects.rocketlane.account.email,
            "webhook_token": projects.hook_token,
            "site": SITE,
            "statuses": [
                {"value": value, "label": label, "category": category}
                for value, label, category in STATUSES
            ],
            **_UNHURRIED,
            **_TIMING,
        },
    }


def _support_desk(vendors: Vendors, hooks: HookSecrets, at: Mapping[str, str]) -> dict[str, Any]:
    desk = vendors.desk
    return {
        "zendesk": {
            "vendor": "zendesk",
            "base_url": at["zendesk"],
            "subdomain": SUBDOMAIN,
            "email": HUB_ACCOUNT,
            "token": desk.zendesk.api_token,
            "webhook_secret": hooks.zendesk,
            **_TIMING,
        },
        "jira": {
            "vendor": "jira",
            "base_url": at["jira"],
            "site": JIRA_SITE,
            "email": HUB_ACCOUNT,
            "token": desk.jira_token,
            "webhook_secret": hooks.jira,
            "projects": [PROJECT],
            "search_lag_s": 0,
            **_TIMING,
        },
        "sentry": {
            "vendor": "sentry",
            "base_url": at["sentry"],
            "organization": SUBDOMAIN,
            "token": desk.sentry.token,
            "client_secret": desk.sentry.client_secret,
            "launch_in": "jira",
            "launch_project": PROJECT,
            **_TIMING,
        },
    }


def _channels(vendors: Vendors) -> dict[str, Any]:
    return {
        "internal": {
            "vendor": "teams",
            "webhook_url": vendors.teams.url_of(vendors.channel),
        },
        "mail": {
            "vendor": "email",
            "host": vendors.mail.host,
            "port": vendors.mail.port,
            "sender": "Harborline Support <support@harborline.example>",
        },
    }


def shipped_mapping(name: str) -> Path:
    """A ready-made mapping: inside the wheel, or beside the package in a checkout."""
    package = Path(bridge.__file__).parent
    inside, beside = package / "_mappings" / name, package.parent / "mappings" / name
    return inside if inside.exists() else beside
