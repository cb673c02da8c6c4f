"""From a template to an answer: everything is escaped, and the browser is told to stay careful."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from datetime import datetime
from importlib import resources
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from bridge.core.spoken import said_time
from bridge.kit.clock import rfc3339
from bridge.web.places import places_for

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex",
}
_WEB_ADDRESS = ("https://", "http://")


@functools.cache
def environment() -> Environment:
    """The templates of the package. A name that a template misspells is an error, not a gap."""
    made = Environment(
        loader=PackageLoader("bridge.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["moment"] = _moment
    made.filters["ago"] = _ago
    made.filters["address"] = address
    made.globals["asset"] = asset
    made.globals["page_of"] = page_of
    made.globals["customer_page"] = customer_page
    made.globals["places_for"] = places_for
    return made


def page(template: str, status: int = 200, /, **context: Any) -> HTMLResponse:
    """The page of that template."""
    text = environment().get_template(template).render(**context)
    return HTMLResponse(text, status, headers=dict(HEADERS))


def address(url: str | None) -> str:
    """The address if a browser may follow it: what a vendor sent may be any text."""
    return url if url is not None and url.startswith(_WEB_ADDRESS) else ""


def page_of(connection: str, id: str, kind: str = "tickets") -> str:
    """Where the page of a record is."""
    return f"/{kind}/{quote(connection, safe='')}/{quote(id, safe='')}"


def customer_page(name: str) -> str:
    """Where the page of a customer is. A name may hold any sign, so it is no part of a path."""
    return f"/customers?name={quote(name, safe='')}"


@functools.cache
def asset(name: str) -> str:
    """Where a file of ours is, with a mark of its content, so that browsers may keep it."""
    content = resources.files("bridge.web").joinpath("static", name).read_bytes()
    return f"/static/{name}?{hashlib.sha256(content).hexdigest()[:12]}"


def _moment(at: datetime | None, now: datetime) -> Markup:
    """A time as people say it, with its exact form for machines and for whoever points at it."""
    return _time(at, "" if at is None else said_time(at, now))


def _ago(at: datetime | None, now: datetime) -> Markup:
    """How far off a time is: in a list the rest is only in the way."""
    return _time(at, "" if at is None else said_time(at, now).rpartition(", ")[2])


def _time(at: datetime | None, said: str) -> Markup:
    if at is None:
        return Markup("&ndash;")
    exact = rfc3339(at)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, exact, said)
