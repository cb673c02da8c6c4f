"""The way to a provider and back in a real browser: its cookies, redirects and policies."""

from __future__ import annotations

import re

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from bridge.config.sign_in import SignIn
from bridge.engine.provider_sign_in import callback, sign_in_by
from bridge.kit.http import Wire
from tests.browser.conftest import Site
from tests.oidc.journeys import Journeys, serving
from tests.oidc.provider import CLIENT, SECRET


async def test_somebody_signs_in_by_the_provider_and_out_again(site: Site) -> None:
    with serving() as issuer:
        said = {
            "name": "Acme",
            "issuer": issuer,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "roles": {"Support": "csm"},
        }
        site.doors.hub.sign_in_by = sign_in_by(SignIn.model_validate(said), Wire())
        async with Journeys(issuer) as provider:
            await provider.behave(back=callback(site.address))
        context = await site.browser.new_context(base_url=site.address, color_scheme="dark")
        page = await context.new_page()
        await page.goto("/tickets/hubspot/801")
        assert (await Axe().run(page)).response["violations"] == []
        await page.get_by_role("link", name="Sign in with Acme").click()
        # Back where they wanted to go, with no trace of the way in the address.
        await page.wait_for_url(f"{site.address}/tickets/hubspot/801")
        await page.get_by_text("Ada Lovelace").first.click()
        await expect(page.get_by_text("(ada@acme.com)")).to_be_visible()
        await page.get_by_role("button", name="Sign out", exact=True).click()
        await page.wait_for_url(re.compile(r"/sign-in\?left=provider$"))
        there = page.get_by_role("link", name="Sign out of Acme too")
        assert (await there.get_attribute("href") or "").startswith(f"{issuer}/end?client_id=")
        assert (await Axe().run(page)).response["violations"] == []
        await page.goto("/")
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
