"""What a provider's answer must be to prove anything: each lie of a provider is refused."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bridge.config.sign_in import SignIn
from bridge.engine.provider_sign_in import SignInBy, check_provider, sign_in_by
from bridge.kit.clock import ManualClock, SystemClock
from bridge.kit.http import Wire
from bridge.kit.oidc.errors import Declined, NoProvider, NotProven
from bridge.kit.oidc.parts import Begun
from tests.oidc.journeys import Journeys, said_in
from tests.oidc.provider import BACK

CLOCK = SystemClock()


async def claims(by: SignInBy, provider: Journeys, *, late: timedelta = timedelta(0)) -> Any:
    """What the provider's answer proves, the whole way."""
    address, begun = await by.provider.begin(BACK)
    answer = said_in(await provider.there(address))
    return await by.provider.finish(answer, begun, BACK, CLOCK.now() + late)


async def test_honest_answer_says_who_came(by: SignInBy, provider: Journeys) -> None:
    said = await claims(by, provider)
    assert (said["sub"], said["name"], said["groups"]) == (
        "u-1",
        "Ada Lovelace",
        ["Everybody", "Support"],
    )


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        ("nonce", "nonce is wrong"),
        ("no nonce", "nonce is wrong"),
        ("audience", "aud is wrong"),
        ("no audience", "aud is wrong"),
        ("two audiences", "azp is wrong"),
        ("azp", "azp is wrong"),
        ("issuer", "iss is wrong"),
        ("issuer's neighbour", "iss is wrong"),
        ("expired", "has expired"),
        ("no expiry", "exp is wrong"),
        ("endless", "exp is wrong"),
        ("of the future", "iat is wrong"),
        ("not before", "nbf is wrong"),
        ("access token of another", "at_hash is wrong"),
        ("nobody", "sub is wrong"),
        ("somebody empty", "does not say who"),
        ("alg none", "not accepted"),
        ("alg none in capitals", "not accepted"),
        ("no signature", "none of the keys"),
        ("signed by the client's secret", "not accepted"),
        ("signed by the public key as a secret", "not accepted"),
        ("signed by a stranger", "none of the keys"),
        ("signed by an unknown key", "none of the keys"),
        ("changed afterwards", "none of the keys"),
        ("garbage", "can't be read"),
        ("no token", "no proof"),
        ("answer of another issuer", "another provider's"),
    ],
)
async def test_lie_proves_nothing(by: SignInBy, provider: Journeys, lie: str, said: str) -> None:
    await provider.behave(lie)
    with pytest.raises(NotProven, match=said):
        await claims(by, provider)


@pytest.mark.parametrize(
    "way",
    ["two audiences with azp", "key without a name", "expired a moment ago", "secret in the form"],
)
async def test_what_the_standard_allows_is_taken(
    by: SignInBy, provider: Journeys, way: str
) -> None:
    await provider.behave(way)
    assert (await claims(by, provider))["sub"] == "u-1"


async def test_proof_is_measured_by_the_hubs_clock(by: SignInBy, provider: Journeys) -> None:
    assert await claims(by, provider, late=timedelta(minutes=5, seconds=30))
    with pytest.raises(NotProven, match="expired"):
        await claims(by, provider, late=timedelta(minutes=7))


async def test_new_key_is_fetched_once_and_the_old_one_no_longer_counts(
    by: SignInBy, provider: Journeys
) -> None:
    await claims(by, provider)
    await provider.behave(rotate=True)
    assert await claims(by, provider)
    assert await claims(by, provider)
    asked = await provider.behave()
    assert asked["/jwks"] == 1
    assert "/.well-known/openid-configuration" not in asked


async def test_keys_that_were_withdrawn_count_no_longer_after_an_hour(
    settings: SignIn, provider: Journeys
) -> None:
    clock = ManualClock(CLOCK.now())
    by = sign_in_by(settings, Wire(clock=clock))
    await by.provider.keys()
    await provider.behave()
    clock.advance(timedelta(minutes=59))
    await by.provider.keys()
    assert "/jwks" not in await provider.behave()
    clock.advance(timedelta(minutes=2))
    await by.provider.keys()
    asked = await provider.behave()
    assert (asked["/jwks"], asked["/.well-known/openid-configuration"]) == (1, 1)
    await by.provider.aclose()


async def test_code_is_worth_nothing_without_what_the_browser_kept(
    by: SignInBy, provider: Journeys
) -> None:
    address, begun = await by.provider.begin(BACK)
    answer = said_in(await provider.there(address))
    thief = Begun(begun.state, begun.nonce, Begun.new().verifier)
    with pytest.raises(Declined, match="no longer knows this sign-in"):
        await by.provider.finish(answer, thief, BACK, CLOCK.now())


async def test_code_is_worth_nothing_a_second_time(by: SignInBy, provider: Journeys) -> None:
    address, begun = await by.provider.begin(BACK)
    answer = said_in(await provider.there(address))
    assert await by.provider.finish(answer, begun, BACK, CLOCK.now())
    with pytest.raises(Declined):
        await by.provider.finish(answer, begun, BACK, CLOCK.now())


@pytest.mark.parametrize("change", [{"state": "x"}, {"state": ""}, {"state": "ü"}, {"code": ""}])
async def test_answer_of_another_sign_in_is_none(
    by: SignInBy, provider: Journeys, change: dict[str, str]
) -> None:
    address, begun = await by.provider.begin(BACK)
    answer = {**said_in(await provider.there(address)), **change}
    with pytest.raises(NotProven):
        await by.provider.finish(answer, begun, BACK, CLOCK.now())
    # Nothing was asked: the code is still worth what it was.
    assert "/token" not in await provider.behave()


async def test_wrong_secret_is_told_as_such(settings: SignIn, provider: Journeys) -> None:
    wrong = settings.model_copy(update={"client_id": "ticketbridge"})
    by = sign_in_by(SignIn(**{**wrong.model_dump(), "client_secret": "another"}), Wire())
    with pytest.raises(Declined, match="client_id and client_secret"):
        await claims(by, provider)
    await by.provider.aclose()


async def test_provider_without_time_is_told_as_such(by: SignInBy, provider: Journeys) -> None:
    await provider.behave("no time")
    with pytest.raises(Declined, match="no time just now"):
        await claims(by, provider)


async def test_claims_told_at_userinfo_only_are_asked_for_if_wanted(
    by: SignInBy, provider: Journeys
) -> None:
    await provider.behave(besides=["groups"])

    async def told(*wanted: str) -> Any:
        address, begun = await by.provider.begin(BACK)
        answer = said_in(await provider.there(address))
        return await by.provider.finish(answer, begun, BACK, CLOCK.now(), wanted=wanted)

    assert "groups" not in await told("email")
    assert (await told("email", "groups"))["groups"] == ["Everybody", "Support"]
    await provider.behave("other sub", besides=["groups"])
    with pytest.raises(NotProven, match="two people"):
        await told("groups")


async def test_address_and_its_verification_are_never_of_two_sources(
    by: SignInBy, provider: Journeys
) -> None:
    # The signed proof names an address and not whether it is verified; userinfo says it is.
    await provider.behave(besides=["email_verified", "groups"])
    address, begun = await by.provider.begin(BACK)
    answer = said_in(await provider.there(address))
    said = await by.provider.finish(answer, begun, BACK, CLOCK.now(), wanted=("groups",))
    assert said["email"] == "Ada@Acme.com"
    assert "email_verified" not in said


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        ("discovery of another issuer", "another issuer"),
        ("discovery with a plain address", "https://"),
        ("discovery without keys", "no jwks_uri"),
        ("discovery without a safe algorithm", "signs with none of"),
        ("discovery without S256", "PKCE"),
        ("discovery elsewhere", "not followed"),
        ("discovery without end", "longer than"),
        ("discovery in HTML", "no JSON object"),
        ("discovery fails", "status 500"),
        ("no keys", "publishes no key"),
    ],
)
async def test_provider_that_can_not_be_trusted_is_not_used_and_the_check_says_why(
    by: SignInBy, provider: Journeys, lie: str, said: str
) -> None:
    await provider.behave(lie)
    with pytest.raises(NoProvider, match=said):
        await claims(by, provider)
    [result] = await check_provider(by, "https://bridge.test")
    assert not result.ok
    assert said in result.sentence
    assert result.what_to_do


async def test_provider_that_is_ill_is_left_alone_for_a_moment_however_many_press(
    settings: SignIn, provider: Journeys
) -> None:
    clock = ManualClock(CLOCK.now())
    by = sign_in_by(settings, Wire(clock=clock))
    await provider.behave("discovery fails")
    tries = await asyncio.gather(
        *(by.provider.begin(BACK) for _ in range(20)), return_exceptions=True
    )
    assert all(isinstance(each, NoProvider) for each in tries)
    asked = await provider.behave()
    assert asked["/.well-known/openid-configuration"] == 1
    clock.advance(timedelta(seconds=6))
    await asyncio.gather(*(by.provider.begin(BACK) for _ in range(20)))
    assert (await provider.behave())["/.well-known/openid-configuration"] == 1
    await by.provider.aclose()


async def test_provider_that_is_not_there_is_told_as_such(settings: SignIn) -> None:
    by = sign_in_by(SignIn(**{**settings.model_dump(), "issuer": "http://127.0.0.1:1"}), Wire())
    with pytest.raises(NoProvider, match="does not answer"):
        await by.provider.begin(BACK)
    await by.provider.aclose()


async def test_check_of_a_good_provider_names_the_address_to_register(
    by: SignInBy, provider: Journeys
) -> None:
    results = await check_provider(by, "https://bridge.test")
    assert all(each.ok for each in results)
    assert any(BACK in each.sentence for each in results)


async def test_no_cookie_of_the_provider_is_kept_and_its_pages_are_not_followed(
    by: SignInBy, provider: Journeys
) -> None:
    await claims(by, provider)
    asked = await provider.behave()
    assert asked.keys() == {
        "/test/behave", "/.well-known/openid-configuration", "/authorize", "/token", "/jwks",
    }  # fmt: skip


def test_what_the_browser_keeps_survives_its_cookie() -> None:
    begun = Begun.new()
    assert Begun.unpacked(begun.packed()) == begun
    for other in ("", "a.b.c", begun.state, f"{begun.packed()}.x"):
        assert Begun.unpacked(other) is None
    assert begun.verifier not in repr(begun)
